//! What is blocked or revoked is cut off, and what is left goes on.

use std::collections::BTreeSet;

use sekisho_testkit::Gateway;

use super::{await_parked, gateway, host_behind, status};
use crate::host::Host;
use crate::run::until;
use crate::site::{Site, text};

/// The promise: within so many seconds.
const PROMISED_S: u64 = 2;

#[test]
fn a_blocked_device_is_cut_off_and_stays_out_until_it_is_approved_again() {
    let site = Site::start();
    let mut gateway = gateway(&site, "dmz-1");
    let blocked = host_behind(&site, &gateway, "blocked-host", "svc-one");
    let _other = host_behind(&site, &gateway, "other-host", "svc-two");
    let account = site.await_account("svc-one");
    await_parked(&mut gateway, 2);
    assert_eq!(gateway.number("connections"), 2);

    site.cli(&["devices", "block", "blocked-host", "--reason", "stolen"]).ok();
    until("its live connection cut", PROMISED_S, || {
        (gateway.number("connections") == 1).then_some(())
    });
    assert_eq!(gateway.number("parked"), 1, "the other one is not touched");
    gateway.until("a second try refused", |gateway| gateway.refused("revoked") > 0);
    site.cli(&["reset", &account]).refused_with("approved");

    // Also a gateway that was started meanwhile knows.
    gateway.kill();
    gateway.start();
    gateway.await_service();
    await_parked(&mut gateway, 1);
    gateway.until("refused again", |gateway| gateway.refused("revoked") > 0);
    site.cli(&["devices", "unblock", "blocked-host"]).ok();
    site.cli(&["devices", "approve", "blocked-host"]).ok();
    until("it coming back", 90, || (gateway.number("parked") == 2).then_some(()));
    site.cli(&["reset", &account]).ok();
    assert!(blocked.takes("svc-one", &site.reveal(&account)));
    site.audit_is_intact();
}

/// The one of two gateways at which the agent is, and the other.
fn used_and_other(gateways: [Gateway; 2]) -> [Gateway; 2] {
    let used = until("a parked agent", 30, || {
        gateways.iter().position(|gateway| gateway.number("parked") == 1)
    });
    let [first, second] = gateways;
    if used == 0 { [first, second] } else { [second, first] }
}

/// The gateways that an agent knows.
fn known(host: &Host) -> Vec<String> {
    let ways = status(host)["last_status"]["ways"].as_array().cloned().unwrap_or_default();
    let gateways = ways.iter().filter(|way| way["kind"] == "gateway");
    gateways.map(|way| text(way, "address")).collect()
}

/// Also those that are at another gateway, and have nothing else to do.
#[test]
fn agents_that_wait_hear_of_a_newer_trust_bundle() {
    let site = Site::start();
    let gateways = ["dmz-1", "dmz-2"].map(|name| gateway(&site, name));
    let host = host_behind(&site, &gateways[0], "waiting-host", "svc-one");
    let [used, other] = used_and_other(gateways);
    let both = BTreeSet::from([used.agents, other.agents].map(|address| address.to_string()));
    until("both gateways known", 15, || {
        (known(&host).into_iter().collect::<BTreeSet<_>>() == both).then_some(())
    });
    site.cli(&["gateways", "revoke", other.name(), "--reason", "stolen", "--yes"]).ok();
    until("one way less", 15, || (known(&host) == [used.agents.to_string()]).then_some(()));
    assert_eq!(used.number("parked"), 1);
    assert_eq!(other.status()["links"], 0);
    site.audit_is_intact();
}

#[test]
fn agents_of_a_revoked_gateway_find_the_other_one() {
    let site = Site::start();
    let gateways = ["dmz-1", "dmz-2"].map(|name| gateway(&site, name));
    let host = host_behind(&site, &gateways[0], "moving-host", "svc-one");
    let account = site.await_account("svc-one");
    let [mut used, mut other] = used_and_other(gateways);
    let bundle = status(&host)["bundle_version"].as_u64().expect("a number");

    site.cli(&["gateways", "revoke", used.name(), "--reason", "stolen", "--yes"]).ok();
    until("its links closed", PROMISED_S, || (used.status()["links"] == 0).then_some(()));
    await_parked(&mut other, 1);
    // Its agents hear of the newer trust bundle, which does not name it.
    until("a newer bundle", 15, || {
        (status(&host)["bundle_version"].as_u64() > Some(bundle)).then_some(())
    });
    until("one way less", 15, || (known(&host) == [other.agents.to_string()]).then_some(()));
    site.cli(&["reset", &account]).ok();
    assert!(host.takes("svc-one", &site.reveal(&account)));

    // Its key is worth nothing any more, whatever it does.
    let shown = site.json(&["gateways", "show", used.name()]);
    assert_eq!(text(&shown, "state"), "revoked", "{shown}");
    used.kill();
    used.start();
    assert_eq!((&used.status()["serving"], &used.status()["links"]), (&false.into(), &0.into()));
    await_parked(&mut other, 1);
    assert_eq!(used.status()["links"], 0, "nobody dials it");
    site.audit_is_intact();
}

#[test]
fn a_gateway_that_dies_in_the_middle_of_an_order_loses_nothing() {
    let site = Site::start();
    let gateways = ["dmz-1", "dmz-2"].map(|name| gateway(&site, name));
    let host = host_behind(&site, &gateways[0], "two-ways-host", "svc-one");
    let account = site.await_account("svc-one");
    let [mut used, mut other] = used_and_other(gateways);
    host.wrap_chpasswd(
        "echo begun >> /run/begun; touch /run/called; \
         while test -e /run/hold; do sleep 0.05; done; exec /run/chpasswd \"$@\"",
    );
    host.bash("touch /run/hold");
    let order = site.give_reset(&account);
    host.await_file("/run/called");
    used.kill();
    host.bash("rm /run/hold");
    let ended = site.await_order(&order, &["committed"]);
    assert_eq!(ended["attempt"], 1, "{ended}");
    assert_eq!(host.bash("cat /run/begun"), "begun\n");
    assert!(host.takes("svc-one", &site.reveal(&account)));
    await_parked(&mut other, 1);
    // Given while the first is away, and while it is back.
    site.cli(&["reset", &account]).ok();
    used.start();
    used.await_service();
    site.cli(&["reset", &account]).ok();
    assert!(host.takes("svc-one", &site.reveal(&account)));
    site.audit_is_intact();
}
