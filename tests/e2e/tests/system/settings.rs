//! Settings of the agent take effect without a restart.

use crate::host::Host;
use crate::run::until;
use crate::site::{Site, text};

#[test]
fn a_changed_filter_holds_from_the_next_discovery_on() {
    let site = Site::start();
    let host = Host::enrolled(&site, "reload-host", &["svc-one", "ops-two"]);
    site.await_account("svc-one");
    assert!(site.find_account("root").is_some());
    let agent = host.agent_pid();
    let sessions = site.sql("select count(*) from device_sessions");

    // Settings that cannot be used change nothing.
    host.settings("[accounts]\nnames = \"(\"\n");
    until("the complaint", 20, || {
        host.log().contains("the changed settings are not used").then_some(())
    });
    host.settings("[accounts]\nnames = \"^svc-\"\n");
    until("the new settings", 20, || host.log().contains("settings changed").then_some(()));
    let resource = text(&site.items(&["resources", "list"])[0], "id");
    site.cli(&["resources", "discover", &resource]).ok();

    let order = &site.items(&["orders", "list"])[0];
    assert_eq!(text(order, "operation"), "discover");
    // What the filter leaves out is not gone from the host, and is not lost.
    let root = site.json(&["accounts", "show", &site.account("root")]);
    assert_eq!(text(&root, "presence"), "present");
    host.add("ops-three");
    host.add("svc-four");
    site.cli(&["resources", "discover", &resource]).ok();
    assert!(site.find_account("svc-four").is_some());
    assert!(site.find_account("ops-three").is_none());
    assert_eq!(host.agent_pid(), agent, "without a restart");
    assert_eq!(site.sql("select count(*) from device_sessions"), sessions, "nor a new session");
}
