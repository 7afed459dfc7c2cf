//! Power cuts in the middle of a reset: nothing is ever lost.

use crate::host::{EVERY_ACCOUNT, FIRST_PASSWORD, HOLDING, Host, STATE};
use crate::run::until;
use crate::site::{Site, sql_id, text};

/// `chpasswd` changes the password, says so, and does not end.
const HELD_AFTER: &str =
    "/run/chpasswd \"$@\"; touch /run/changed; while test -e /run/hold; do sleep 0.05; done";

#[test]
fn a_server_that_dies_after_delivery_learns_the_outcome() {
    let mut site = Site::start();
    let host = Host::enrolled(&site, "cut-server", &["svc-one"]);
    let account = site.await_account("svc-one");
    host.wrap_chpasswd(HOLDING);
    host.bash("touch /run/hold");

    let order = site.give_reset(&account);
    host.await_file("/run/called");
    assert_eq!(text(&site.order(&order), "state"), "delivered");
    let sessions = site.sql("select count(*) from device_sessions");
    site.kill();
    host.bash("rm /run/hold");
    until("the agent noticing", 20, || host.log().contains("not connected").then_some(()));
    site.serve();

    let order = site.await_order(&order, &["committed"]);
    assert_eq!(order["attempt"], 1);
    assert!(host.takes("svc-one", &site.reveal(&account)));
    // The session outlived the server: a restart is no storm of Hellos.
    assert_eq!(site.sql("select count(*) from device_sessions"), sessions);
    site.cli(&["verify", &account]).ok();
    site.cli(&["reset", &account]).ok();
    assert!(host.takes("svc-one", &site.reveal(&account)));
    site.audit_is_intact();
}

#[test]
fn an_agent_that_dies_after_the_change_commits_by_looking() {
    let site = Site::start();
    let mut host = Host::enrolled(&site, "cut-agent-late", &["svc-one"]);
    let account = site.await_account("svc-one");
    host.wrap_chpasswd(HELD_AFTER);
    host.bash("touch /run/hold");

    let order = site.give_reset(&account);
    host.await_file("/run/changed");
    host.kill_agent();
    host.bash("rm /run/hold");
    host.start_agent();

    let order = site.await_order(&order, &["committed"]);
    assert!(order["result"].to_string().contains("a check found that it works"), "{order}");
    assert!(host.takes("svc-one", &site.reveal(&account)));
    // It was not run a second time: one reset, one look at how it ended.
    assert_eq!(site.sql("select count(*) from orders where operation = 'reset'"), "1");
    assert_eq!(site.sql("select count(*) from orders where operation = 'verify'"), "1");
    site.audit_is_intact();
}

#[test]
fn an_agent_that_dies_before_the_change_is_asked_again() {
    let site = Site::start();
    let mut host = Host::enrolled(&site, "cut-agent-early", &["svc-one"]);
    let account = site.await_account("svc-one");
    // A base whose working can be seen.
    site.cli(&["reset", &account]).ok();
    let base = site.reveal(&account);
    host.wrap_chpasswd(HOLDING);
    host.bash("touch /run/hold");

    let order = site.give_reset(&account);
    host.await_file("/run/called");
    host.kill_agent();
    // What the agent had started ends with it: nothing changes a password
    // later, behind the back of whoever looks what works.
    until("the end of chpasswd", 5, || {
        // Nobody reaps it: the first process of a scratch system is `cat`.
        let state = "sed -n 's/^State:[[:space:]]*\\(.\\).*/\\1/p' /proc/$(cat /run/pid)/status";
        (host.bash(state).trim() == "Z").then_some(())
    });
    assert!(host.takes("svc-one", &base));
    host.bash("rm /run/hold");
    host.start_agent();

    let order = site.await_order(&order, &["not_applied"]);
    let next = text(&order["result"], "retried_as");
    site.await_order(&next, &["committed"]);
    let newest = site.reveal(&account);
    assert_ne!(newest, base);
    assert!(host.takes("svc-one", &newest) && !host.takes("svc-one", &base));
    site.audit_is_intact();
}

/// Whether `sekisho-agent status` says this of the agent.
fn says(host: &Host, word: &str) -> Option<()> {
    let said = crate::run::run(&mut host.agent_command(&["status"]), b"").ok();
    said.lines().any(|line| line.starts_with("agent") && line.contains(word)).then_some(())
}

#[test]
fn a_server_that_is_asked_to_end_does_so_and_is_missed_by_nobody() {
    let mut site = Site::start();
    let mut host = Host::enrolled(&site, "polite-host", &["svc-one"]);
    let account = site.await_account("svc-one");
    site.cli(&["reset", &account]).ok();
    let sessions = site.sql("select count(*) from device_sessions");

    // The agent has a wait parked there, and that holds nobody up.
    assert_eq!(site.stop(), Some(0));
    assert!(!site.database().with_extension("db-wal").exists(), "the log is folded in");
    until("the agent saying that it cannot connect", 20, || says(&host, "trying to connect"));
    site.serve();
    // It goes on in the session it had, and says so.
    until("the agent saying that it is connected", 20, || says(&host, "connected since"));

    site.cli(&["reset", &account]).ok();
    assert!(host.takes("svc-one", &site.reveal(&account)));
    assert_eq!(site.sql("select count(*) from device_sessions"), sessions);
    site.audit_is_intact();
    host.kill_agent();
    assert_eq!(says(&host, "not running"), Some(()));
}

#[test]
fn an_agent_whose_disk_is_full_changes_nothing() {
    let site = Site::start();
    let mut host = Host::new("full-host");
    host.add("svc-one");
    host.settings(EVERY_ACCOUNT);
    host.enrol(&site, &site.key()).ok();
    host.bash(&format!(
        "cp -a {STATE} /run/kept; mount -t tmpfs -o size=256k,mode=700 small {STATE}; \
         cp -a /run/kept/. {STATE}"
    ));
    host.start_agent();
    let account = site.await_account("svc-one");
    let resource = text(&site.items(&["resources", "list"])[0], "id");
    // Two turns of the agent, so that it has nothing of its own to write.
    site.cli(&["resources", "discover", &resource]).ok();
    site.cli(&["resources", "discover", &resource]).ok();
    host.bash(&format!("cat /dev/zero > {STATE}/filler 2>/dev/null || true"));

    // The escrow cannot be kept, so the change is not begun (RST-1).
    let order = site.give_reset(&account);
    let order = site.await_order(&order, &["not_applied"]);
    assert!(text(&order["result"], "detail").contains("cannot be written"), "{order}");
    assert!(host.takes("svc-one", FIRST_PASSWORD), "nothing was changed");
    let next = text(&order["result"], "retried_as");
    let asked = site.sql("select count(*) from order_deliveries");
    assert!(asked.parse::<u32>().expect("a number") < 20, "it was delivered {asked} times");

    host.bash(&format!("rm {STATE}/filler"));
    let changed = site.sql(&format!(
        "update orders set not_before = created_at where id = {}; select changes()",
        sql_id(&next)
    ));
    assert_eq!(changed, "1");
    site.cli(&["resources", "discover", &resource]).ok();
    site.await_order(&next, &["committed"]);
    assert!(host.takes("svc-one", &site.reveal(&account)));
    site.audit_is_intact();
}
