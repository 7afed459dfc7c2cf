//! A database that does not answer: 503, nothing half-done, and all goes on
//! when it is back.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::host::{HOLDING, Host};
use crate::plane::Api;
use crate::run::{run, until};
use crate::site::{Site, text};

/// Another program that holds the database's write lock.
struct Lock {
    child: Child,
    input: ChildStdin,
}

impl Lock {
    fn take(site: &Site) -> Self {
        let mut child = Command::new("sqlite3")
            .args(["-batch", "-cmd", ".timeout 10000"])
            .arg(site.database())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sqlite3 starts");
        let mut input = child.stdin.take().expect("piped");
        input.write_all(b"begin exclusive; select 'locked';\n").expect("it reads");
        let mut line = String::new();
        let output = child.stdout.take().expect("piped");
        BufReader::new(output).read_line(&mut line).expect("it answers");
        assert_eq!(line.trim(), "locked");
        Self { child, input }
    }

    fn release(mut self) {
        self.input.write_all(b"rollback;\n.quit\n").expect("it reads");
        drop(self.input);
        assert!(self.child.wait().expect("our child").success());
    }
}

#[test]
fn a_locked_database_is_503_and_nothing_is_half_done() {
    let site = Site::start();
    let host = Host::enrolled(&site, "locked-db", &["svc-one"]);
    let account = site.await_account("svc-one");
    site.cli(&["reset", &account]).ok();
    let before = site.reveal(&account);
    let api = Api::of(&site, &site.token());
    let count = "select (select count(*) from orders), (select count(*) from secret_versions), \
                 (select count(*) from enrolment_keys), (select count(*) from resources)";
    let counted = site.sql(count);

    let lock = Lock::take(&site);
    let reset = format!("/api/v1/accounts/{account}/reset");
    let refused = [
        api.post(&reset, r#"{"reason":"locked"}"#, None),
        api.post("/api/v1/resources", r#"{"name":"web-9","platform":"linux"}"#, Some("db-1")),
        // A reveal that cannot be audited is no reveal.
        api.post(
            &format!("/api/v1/accounts/{account}/reveal"),
            r#"{"reason":"locked","purpose":"show"}"#,
            None,
        ),
    ];
    for answer in &refused {
        assert_eq!((answer.status, answer.code().as_str()), (503, "unavailable"), "{answer:?}");
        assert!(!answer.body.contains(&before), "a secret in a refusal");
    }
    lock.release();

    assert_eq!(site.sql(count), counted, "nothing is half-done");
    // The same key for a repeat works: the refusal was not stored.
    let again =
        api.post("/api/v1/resources", r#"{"name":"web-9","platform":"linux"}"#, Some("db-1"));
    assert_eq!(again.status, 201, "{}", again.body);
    assert_eq!(site.reveal(&account), before);
    site.cli(&["reset", &account]).ok();
    assert!(host.takes("svc-one", &site.reveal(&account)));
    site.audit_is_intact();
}

fn await_refusal(host: &Host) {
    until("the agent being refused", 20, || {
        host.log().contains("the server cannot work at the moment").then_some(())
    });
}

#[test]
fn an_agent_outlasts_a_locked_database() {
    let site = Site::start();
    let host = Host::enrolled(&site, "locked-db-agent", &["svc-one"]);
    let account = site.await_account("svc-one");
    host.wrap_chpasswd(HOLDING);
    host.bash("touch /run/hold");
    let order = site.give_reset(&account);
    host.await_file("/run/called");

    // The receipt comes while nobody can write it down.
    let lock = Lock::take(&site);
    host.bash("rm /run/hold");
    await_refusal(&host);
    lock.release();

    let order = site.await_order(&order, &["committed"]);
    assert_eq!(text(&order, "operation"), "reset");
    assert!(host.takes("svc-one", &site.reveal(&account)));
    site.audit_is_intact();
}

/// A PostgreSQL server that can be stopped and started again. It ends with
/// the pipe that only we hold, however we end.
pub(crate) struct PostgreSql {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    folder: String,
}

/// Listens only on a socket in its own folder, says so, then does as told.
const POSTGRESQL: &str = r#"
set -e
folder=$(mktemp -d /tmp/sekisho-e2e-pg-XXXXXX)
cd "$folder"
"$1/initdb" -D data -U postgres --auth=trust -N -E UTF8 --locale=C.UTF-8 >log 2>&1
start() { "$1/pg_ctl" -D data -w -l log -o "-k $folder -c listen_addresses=" start >>log 2>&1; }
stop() { "$1/pg_ctl" -D data -w -m immediate stop >>log 2>&1; }
start "$1"
echo "$folder"
while read -r word; do "$word" "$1"; echo "$word"; done
stop "$1" || true
cd /
rm -rf "$folder"
"#;

/// The folder of PostgreSQL's programs.
pub(crate) fn programs() -> std::path::PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed");
    let programs = versions.flatten().map(|entry| entry.path().join("bin")).max();
    programs.expect("PostgreSQL is installed")
}

impl PostgreSql {
    pub(crate) fn start() -> Self {
        // PostgreSQL refuses to run as root.
        let mut child = Command::new("runuser")
            .args(["-u", "postgres", "--", "sh", "-c", POSTGRESQL, "sh"])
            .arg(programs())
            .current_dir(Path::new("/"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let mut own = Self { child, input, output, folder: String::new() };
        own.folder = own.line();
        own
    }

    /// The settings of a server that works on it.
    pub(crate) fn settings(&self) -> String {
        format!("[database]\nurl = {:?}", self.url())
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}", self.folder)
    }

    /// What SQL says about the database.
    #[track_caller]
    pub(crate) fn sql(&self, statement: &str) -> String {
        let mut command = Command::new("psql");
        command.args(["-XAtq", "-U", "postgres", "-h", &self.folder, "-c", statement]);
        run(&mut command, b"").ok().trim().to_owned()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("readable");
        assert!(!line.is_empty(), "PostgreSQL did not do it; see its log in {}", self.folder);
        line.trim().to_owned()
    }

    /// `start` or `stop`; the stop is one without a chance to tidy up.
    pub(crate) fn tell(&mut self, word: &str) {
        let input = self.input.as_mut().expect("open until the end");
        writeln!(input, "{word}").expect("it reads");
        assert_eq!(self.line(), word);
    }
}

impl Drop for PostgreSql {
    fn drop(&mut self) {
        drop(self.input.take());
        // It stops the database and removes its folder.
        let _ = self.child.wait();
    }
}

#[test]
fn a_database_that_is_gone_is_503_until_it_is_back() {
    let mut database = PostgreSql::start();
    let site = Site::start_on(&database.settings());
    let host = Host::enrolled(&site, "gone-db", &["svc-one"]);
    let account = site.await_account("svc-one");
    let api = Api::of(&site, &site.token());
    host.wrap_chpasswd(HOLDING);
    host.bash("touch /run/hold");
    let order = site.give_reset(&account);
    host.await_file("/run/called");

    database.tell("stop");
    host.bash("rm /run/hold");
    for path in ["/api/v1/accounts", "/api/v1/audit", "/readyz"] {
        let answer = api.get(path);
        assert_eq!(answer.status, 503, "{path}: {answer:?}");
    }
    assert_eq!(api.get("/api/v1/orders").code(), "unavailable");
    assert_eq!(api.get("/healthz").status, 200, "the server itself lives");
    assert_eq!(site.cli(&["accounts", "list"]).code, 4);
    await_refusal(&host);
    database.tell("start");

    let order = site.await_order(&order, &["committed"]);
    assert_eq!(text(&order, "operation"), "reset");
    assert!(host.takes("svc-one", &site.reveal(&account)));
    assert_eq!(api.get("/readyz").status, 200);
    site.cli(&["verify", &account]).ok();
    site.audit_is_intact();
}

/// An older copy in the place of the database: the server has seen more, also
/// when no agent has.
#[test]
fn an_older_copy_of_the_database_sends_the_site_into_recovery() {
    let mut site = Site::start();
    assert_eq!(site.stop(), Some(0));
    let copy = site.folder.path().join("older.db");
    std::fs::copy(site.database(), &copy).expect("a copy of a database nobody uses");
    site.serve();
    site.key();
    let head = site.data_dir().join("audit-head");
    let newest = format!(" {} ", site.sql("select head_seq from audit_chains"));
    until("the newest line being written down", 20, || {
        std::fs::read_to_string(&head).is_ok_and(|text| text.contains(&newest)).then_some(())
    });
    site.kill();
    for log in ["sekisho.db-wal", "sekisho.db-shm"] {
        // It is there only if the server left it.
        let _ = std::fs::remove_file(site.data_dir().join(log));
    }
    std::fs::copy(&copy, site.database()).expect("the copy takes its place");

    // No second bundle of a version that agents may hold.
    let mut rotate = site.server_words(&["keys", "rotate", "receipt"]);
    run(rotate.arg("--without-backup"), b"").refused_with("older data");
    site.serve();
    let api = Api::of(&site, &site.token());
    let refused = api.get("/readyz");
    assert_eq!((refused.status, refused.code().as_str()), (503, "recovery"), "{refused:?}");
    let audited = site.json(&["audit", "list", "--all"])["items"].to_string();
    assert!(audited.contains("database_found_older"), "{audited}");

    let key = site.secret_file("recovery", &site.recovery_key);
    let mut recover = site.server_command("recover");
    run(recover.args(["--recovery-key-file", &key]), b"").ok();
    assert_eq!(api.get("/readyz").status, 200);
    site.key();
    site.audit_is_intact();
}
