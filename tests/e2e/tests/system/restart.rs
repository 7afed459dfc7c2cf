//! Power cuts in the middle of a reset: nothing is ever lost.

use crate::host::Host;
use crate::run::until;
use crate::site::{Site, text};

/// `chpasswd` says that it was called, and waits until it may go on.
const HELD_BEFORE: &str = "echo $$ > /run/pid; touch /run/called; while test -e /run/hold; do sleep 0.05; done; exec /run/chpasswd \"$@\"";

/// `chpasswd` changes the password, says so, and does not end.
const HELD_AFTER: &str =
    "/run/chpasswd \"$@\"; touch /run/changed; while test -e /run/hold; do sleep 0.05; done";

#[test]
fn a_server_that_dies_after_delivery_learns_the_outcome() {
    let mut site = Site::start();
    let host = Host::enrolled(&site, "cut-server", &["svc-one"]);
    let account = site.await_account("svc-one");
    host.wrap_chpasswd(HELD_BEFORE);
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
    host.wrap_chpasswd(HELD_BEFORE);
    host.bash("touch /run/hold");

    let order = site.give_reset(&account);
    host.await_file("/run/called");
    host.kill_agent();
    // What the agent had started ends with nothing done, as at a power cut.
    host.bash("kill -KILL $(cat /run/pid)");
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
