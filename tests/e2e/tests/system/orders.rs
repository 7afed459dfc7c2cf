//! Orders for hosts that are away, and for hosts where something is in the
//! way.

use crate::host::{FIRST_PASSWORD, HOLDING, Host};
use crate::run::until;
use crate::site::{Site, sql_id, text};

#[test]
fn an_order_for_a_device_that_never_returns_can_be_withdrawn() {
    let site = Site::start();
    let mut host = Host::enrolled(&site, "gone-host", &["svc-one"]);
    let account = site.await_account("svc-one");
    host.kill_agent();

    let order = site.give_reset(&account);
    assert_eq!(text(&site.order(&order), "state"), "queued");
    // One reset at a time, also for somebody who insists (RST-3).
    site.cli(&["reset", &account, "--no-wait"]).refused_with(&order);
    let waited = site.cli(&["reset", &account, "--timeout", "1s"]);
    assert_ne!(waited.code, 0, "{}", waited.said());

    site.cli(&["orders", "cancel", &order]).ok();
    assert_eq!(text(&site.order(&order), "state"), "cancelled");
    let states = "select group_concat(state) from secret_versions";
    assert_eq!(site.sql(states), "rejected", "its candidate worked nowhere, and is kept");
    site.cli(&["orders", "cancel", &order]).refused_with("cancelled");

    // The account is free again, and the host knows nothing of what was
    // withdrawn when it does return.
    let order = site.give_reset(&account);
    host.start_agent();
    site.await_order(&order, &["committed"]);
    assert!(host.takes("svc-one", &site.reveal(&account)));
    site.cli(&["orders", "cancel", &order]).refused_with("committed");
    assert_eq!(site.sql(states), "rejected,current");
    site.audit_is_intact();
}

#[test]
fn a_delivered_order_cannot_be_withdrawn() {
    let site = Site::start();
    let host = Host::enrolled(&site, "delivered-host", &["svc-one"]);
    let account = site.await_account("svc-one");
    host.wrap_chpasswd(HOLDING);
    host.bash("touch /run/hold");
    let order = site.give_reset(&account);
    host.await_file("/run/called");

    site.cli(&["orders", "cancel", &order]).refused_with("delivered");
    host.bash("rm /run/hold");
    site.await_order(&order, &["committed"]);
    assert!(host.takes("svc-one", &site.reveal(&account)));
}

#[test]
fn account_files_that_are_locked_are_waited_for() {
    let site = Site::start();
    let host = Host::enrolled(&site, "busy-host", &["svc-one"]);
    let account = site.await_account("svc-one");
    // As an editor of the account files holds them: a lock with the number of
    // a process that lives.
    host.bash("printf 1 > /etc/passwd.lock");

    let order = site.give_reset(&account);
    let order = site.await_order(&order, &["not_applied"]);
    let detail = text(&order["result"], "detail");
    assert!(detail.contains("lock"), "{order}");
    assert!(host.takes("svc-one", FIRST_PASSWORD), "nothing was changed");
    let next = text(&order["result"], "retried_as");
    assert_eq!(text(&site.order(&next), "state"), "queued");
    let same = "select count(distinct candidate_version), count(*) from orders \
                where operation = 'reset'";
    assert_eq!(site.sql(same), "1|2", "the same candidate, in a new order");
    assert_eq!(site.sql("select state from secret_versions"), "candidate");

    // A minute goes by, as the database sees it.
    host.bash("rm /etc/passwd.lock");
    let changed = site.sql(&format!(
        "update orders set not_before = created_at where id = {}; select changes()",
        sql_id(&next)
    ));
    assert_eq!(changed, "1");
    let resource = text(&site.items(&["resources", "list"])[0], "id");
    site.cli(&["resources", "discover", &resource]).ok();
    let next = site.await_order(&next, &["committed"]);
    assert_eq!(next["attempt"], 2);
    assert!(host.takes("svc-one", &site.reveal(&account)));
    site.audit_is_intact();
}

#[test]
fn a_password_changed_by_hand_is_found_out() {
    let site = Site::start();
    let host = Host::enrolled(&site, "meddled-host", &["svc-one"]);
    let account = site.await_account("svc-one");
    site.cli(&["reset", &account]).ok();
    host.run("chpasswd", &[], b"svc-one:Changed-By-Hand-1\n").ok();

    let verified = site.cli(&["verify", &account, "--json"]);
    assert_eq!(verified.code, 1);
    assert!(verified.stdout.contains("out_of_sync"), "{}", verified.said());
    site.cli(&["reset", &account]).ok();
    until("the account in sync", 10, || (site.cli(&["verify", &account]).code == 0).then_some(()));
    assert!(host.takes("svc-one", &site.reveal(&account)));
}
