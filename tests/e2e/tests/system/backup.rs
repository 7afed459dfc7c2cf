//! Backups, restores and moves with the real programs.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::database::PostgreSql;
use crate::host::{HOLDING, Host};
use crate::plane::Api;
use crate::run::{run, until};
use crate::site::{ADMINISTRATOR, PASSWORD, Site, text};

/// The last line a command printed, as JSON.
fn result(printed: &str) -> Value {
    let last = printed.lines().last().expect("it prints something");
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {last}"))
}

impl Site {
    fn back_up(&self, to: &Path) -> PathBuf {
        let mut command = self.server_command("backup");
        let made = run(command.args(["--json", "--keep", "3", "--to"]).arg(to), b"").ok();
        PathBuf::from(text(&result(&made), "path"))
    }

    /// A verb that takes a backup and the recovery key.
    fn with_backup(&self, verb: &str, from: &Path) -> Command {
        let key = self.secret_file("recovery-key", &self.recovery_key);
        let mut command = self.server_command(verb);
        command.arg("--from").arg(from).args(["--recovery-key-file", &key]);
        command
    }

    fn sign_in_again(&self) {
        let password = self.secret_file("pw", PASSWORD);
        self.cli(&["login", "--user", ADMINISTRATOR, "--password-file", &password]).ok();
    }

    /// Every value that may work, once there is only one.
    fn settled(&self, account: &str) -> String {
        let known = || {
            // Several values are an exit code of their own.
            let shown = self.cli(&["reveal", account, "--reason", "test", "--json"]).stdout;
            let values = result(&shown)["values"].as_array().expect("a list of values").clone();
            (values.len() == 1).then(|| text(&values[0], "value"))
        };
        until("one value", 30, known)
    }
}

/// The whole way: a backup while a reset is on its way, a reset that the
/// backup does not know, a machine that is lost, another kind of database.
#[test]
fn a_site_restored_on_postgresql_learns_what_it_forgot() {
    let mut site = Site::start();
    let host = Host::enrolled(&site, "restored-host", &["svc-one", "svc-two"]);
    let (one, two) = (site.await_account("svc-one"), site.await_account("svc-two"));
    site.cli(&["reset", &one]).ok();
    host.wrap_chpasswd(HOLDING);
    host.bash("touch /run/hold");
    let order = site.give_reset(&two);
    host.await_file("/run/called");
    let backups = tempfile::tempdir().expect("a folder");
    let backup = site.back_up(backups.path());
    host.bash("rm /run/hold");
    site.await_order(&order, &["committed"]);
    site.cli(&["reset", &one]).ok();
    let (forgotten, second) = (site.reveal(&one), site.reveal(&two));

    let drilled = run(site.with_backup("backup-drill", &backup).arg("--json"), b"").ok();
    assert!(result(&drilled)["inspected"]["secrets"].as_u64() > Some(5), "{drilled}");
    assert!(site.json(&["status"])["last_drill_at"].is_string());

    // The machine is gone: database, key file and all.
    site.kill();
    let database = PostgreSql::start();
    site.lose_machine(&database.settings());
    run(&mut site.with_backup("restore", &backup), b"").ok();
    let again = run(&mut site.with_backup("restore", &backup), b"");
    again.refused_with("the database is not empty");
    site.serve();
    site.sign_in_again();
    site.cli(&["reset", &one]).refused_with("recovery");
    until("the escrows of both accounts", 60, || {
        (database.sql("select count(distinct account) from escrows") == "2").then_some(())
    });
    let key = site.secret_file("recovery-key", &site.recovery_key);
    let recovered =
        run(site.server_command("recover").args(["--json", "--recovery-key-file", &key]), b"").ok();
    assert!(result(&recovered)["recovered"].as_u64() >= Some(1), "{recovered}");

    assert_eq!(until_it_is(&site, &one, &forgotten), forgotten);
    assert_eq!(until_it_is(&site, &two, &second), second);
    assert!(host.takes("svc-one", &forgotten) && host.takes("svc-two", &second));
    for (account, name) in [(&one, "svc-one"), (&two, "svc-two")] {
        site.cli(&["reset", account]).ok();
        assert!(host.takes(name, &site.reveal(account)));
    }
    site.audit_is_intact();
    // And the restored site can be backed up itself.
    let backup = site.back_up(backups.path());
    run(&mut site.with_backup("backup-drill", &backup), b"").ok();
}

/// A value that works is found out by a check; until then several are shown.
fn until_it_is(site: &Site, account: &str, value: &str) -> String {
    until("the value that works", 60, || {
        let shown = site.settled(account);
        (shown == value).then_some(shown)
    })
}

#[test]
fn a_site_moves_to_postgresql_while_people_read() {
    let mut site = Site::start();
    let host = Host::enrolled(&site, "moved-host", &["svc-one"]);
    let account = site.await_account("svc-one");
    site.cli(&["reset", &account]).ok();
    let known = site.reveal(&account);
    // Enough to be killed in the middle.
    site.sql(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000) \
         insert into sign_in_attempts select 'name' || i, 'x', 1, i, null from n; \
         select changes()",
    );
    let database = PostgreSql::start();
    let url = site.secret_file("url", &database.url());
    let migrate = |site: &Site| {
        let mut command = site.server_command("migrate-to");
        command.args(["--json", "--url-file", &url]);
        command
    };

    let mut argv = site.server_command("migrate-to");
    let refused = run(argv.arg("postgres://ann:hunter2@db.example/x"), b"");
    assert!(!refused.said().contains("hunter2"));
    refused.refused_with("--url-file");
    database.sql("create table wiki (page text)");
    run(&mut migrate(&site), b"").refused_with("'wiki'");
    database.sql("drop table wiki");

    let api = Api::of(&site, &site.token());
    let mut child = migrate(&site).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut first = String::new();
    let printed = child.stdout.take().expect("piped");
    BufReader::new(printed).read_line(&mut first).expect("readable");
    assert_eq!(result(&first)["step"], "copy", "{first}");
    assert_eq!(api.get("/api/v1/accounts").status, 200, "people read");
    child.kill().expect("our child");
    child.wait().expect("our child");
    // Nothing has happened: the site goes on where it is.
    site.cli(&["reset", &account]).ok();
    let newer = site.reveal(&account);
    assert_ne!(newer, known);

    let moved = result(&run(&mut migrate(&site), b"").ok());
    assert_eq!(moved["resumed"], true);
    assert!(moved["rows"].as_u64() > Some(30_000), "{moved}");
    assert_eq!(api.get("/api/v1/accounts").status, 200);
    let refused = api.post("/api/v1/resources", r#"{"name":"web-9","platform":"linux"}"#, None);
    assert_eq!((refused.status, refused.code().as_str()), (503, "unavailable"));
    site.kill();
    run(&mut site.server_command("run"), b"").refused_with("the site was moved to postgres://");

    site.set_database(&database.settings());
    site.serve();
    assert_eq!(site.reveal(&account), newer);
    site.cli(&["reset", &account]).ok();
    assert!(host.takes("svc-one", &site.reveal(&account)));
    site.audit_is_intact();
    let again = run(&mut migrate(&site), b"");
    again.refused_with("the site is in postgres://");
}

/// A file system with room for almost nothing.
fn on_a_small_disk(folder: &Path, command: &Command) -> (i32, String, String) {
    let script = "mount -t tmpfs -o size=64k,mode=700 small \"$1\"; shift; folder=$1; shift; \
                  \"$@\"; code=$?; echo; find \"$folder\" -mindepth 1; exit $code";
    let mut outer = Command::new("unshare");
    outer.args(["--mount", "bash", "-c", script, "small"]).arg(folder).arg(folder);
    outer.arg(command.get_program()).args(command.get_args());
    let ran = run(&mut outer, b"");
    (ran.code, ran.stdout, ran.stderr)
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let site = Site::start();
    // More than the small disk holds, and more than it can hold compressed.
    site.sql(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000) \
         insert into sign_in_attempts select 'name' || i, 'x', 1, i, null from n; \
         select changes()",
    );
    let folder = tempfile::tempdir().expect("a folder");
    let mut backup = site.server_command("backup");
    backup.arg("--to").arg(folder.path());
    let (code, left, said) = on_a_small_disk(folder.path(), &backup);
    assert_ne!(code, 0);
    assert!(said.contains("nothing was kept") && said.contains("No space left"), "{said}");
    assert_eq!(left.trim(), "", "{said}");

    let made = site.back_up(folder.path());
    let mut target = Site::create();
    target.recovery_key.clone_from(&site.recovery_key);
    target.lose_machine("");
    let data = target.data_dir();
    std::fs::create_dir(&data).expect("a folder");
    let (code, left, said) = on_a_small_disk(&data, &target.with_backup("restore", &made));
    assert_ne!(code, 0);
    assert!(said.contains("nothing was restored"), "{said}");
    assert_eq!(left.trim(), "", "{said}");
    assert!(!target.folder.path().join("kek/kek").exists(), "no key without a site");
}
