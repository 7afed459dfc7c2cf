//! A database that does not answer: 503, nothing half-done, and all goes on
//! when it is back.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::host::Host;
use crate::plane::Api;
use crate::run::until;
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
    let credentials = std::fs::read_to_string(site.folder.path().join("cli/credentials"));
    let credentials = credentials.expect("signed in");
    let token = credentials.lines().find_map(|line| line.strip_prefix("token = "));
    let api = Api::of(&site, token.expect("a token").trim_matches('"'));
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

#[test]
fn an_agent_outlasts_a_locked_database() {
    let site = Site::start();
    let host = Host::enrolled(&site, "locked-db-agent", &["svc-one"]);
    let account = site.await_account("svc-one");
    host.wrap_chpasswd("touch /run/called; while test -e /run/hold; do sleep 0.05; done; exec /run/chpasswd \"$@\"");
    host.bash("touch /run/hold");
    let order = site.give_reset(&account);
    host.await_file("/run/called");

    // The receipt comes while nobody can write it down.
    let lock = Lock::take(&site);
    host.bash("rm /run/hold");
    until("the agent being refused", 20, || {
        host.log().contains("the server cannot work at the moment").then_some(())
    });
    lock.release();

    let order = site.await_order(&order, &["committed"]);
    assert_eq!(text(&order, "operation"), "reset");
    assert!(host.takes("svc-one", &site.reveal(&account)));
    site.audit_is_intact();
}
