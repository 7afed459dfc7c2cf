//! a remote office with its gateway, its limits and its install line; and
//! what its names lead to.

use std::net::IpAddr;

use sekisho_testkit::Gateway;
use sekisho_testkit::probe::Talk;
use serde_json::{Value, json};

use super::{await_parked, configured, gateway, post, status};
use crate::host::{EVERY_ACCOUNT, Host};
use crate::run::until;
use crate::site::{Site, text};

/// Enrolments in a second that the office of this test may make; ten times as
/// many at once.
const PER_S: usize = 2;

/// So many calls of the enrolment class somebody may make, until one is refused.
fn calls(gateway: &Gateway, from: &str) -> usize {
    let from: IpAddr = from.parse().expect("an address");
    let mut talk = Talk::open(gateway.agents, "127.0.0.2", Some(from)).expect("a handshake");
    for count in 0..100 {
        let reply = talk.ask("GET", "/agent/v1/bundle/0", &[], b"").expect("an answer");
        if reply.status == 429 {
            assert!(reply.header("retry-after").is_some(), "{reply:?}");
            return count;
        }
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    panic!("{from} is not limited");
}

#[test]
fn an_office_enrols_by_its_gateway_within_limits_of_its_own() {
    let site = Site::start();
    let mut gateway = gateway(&site, "dmz-1");
    let id = text(&site.json(&["gateways", "show", "dmz-1"]), "id");
    let limits = json!({ "connections": 50, "handshakes_per_s": 20, "enrolments_per_s": PER_S });
    let office = json!({
        "name": "Osaka", "networks": ["127.0.7.0/24"], "gateways": [id], "limits": limits,
    });
    let mut made = Value::Null;
    configured(&mut gateway, || made = post(&site, "/api/v1/offices", &office));

    // The line names the office's gateway, and the key goes with it.
    let path = format!("/api/v1/offices/{}/install-line", text(&made, "id"));
    let line = post(&site, &path, &json!({ "use": "once" }));
    let address = gateway.agents.to_string();
    assert_eq!(text(&line, "address"), address);
    let command = text(&line, "command");
    let expected =
        format!("sudo sekisho-agent install --server {address} && sudo sekisho-agent start");
    assert_eq!(command, expected);
    let mut host = Host::new("osaka-host");
    host.add("svc-one");
    host.settings(EVERY_ACCOUNT);
    let said = host.enrol_at(&text(&line, "address"), &text(&line, "key")).ok();
    assert!(said.contains("waiting for an administrator"), "{said}");
    site.cli(&["devices", "approve", "osaka-host"]).ok();
    host.start_agent();
    let account = site.await_account("svc-one");
    site.cli(&["reset", &account]).ok();
    assert!(host.takes("svc-one", &site.reveal(&account)));

    // The office shares its limits, whichever of its addresses somebody has.
    let first = calls(&gateway, "127.0.7.9");
    assert!((PER_S * 10..PER_S * 20).contains(&first), "{first}");
    let second = calls(&gateway, "127.0.7.10");
    assert!(second < PER_S * 10, "{second}");
    // Others have those of one address.
    let other = calls(&gateway, "127.0.9.9");
    assert!((10..20).contains(&other), "{other}");
    assert_eq!(gateway.refused("banned"), 0);
    let relayed = gateway.number("relayed");
    assert!(relayed >= (first + second + other) as u64, "{relayed}");
    site.audit_is_intact();
}

/// The gateways of an office come first for its agents, whatever order they would
/// have by chance, and in the order it was changed to.
#[test]
fn agents_of_an_office_take_its_gateways_in_its_order() {
    let site = Site::start();
    let mut gateways = ["dmz-1", "dmz-2"].map(|name| gateway(&site, name));
    let addresses = [0, 1].map(|at: usize| gateways[at].agents.to_string());
    let [first, second] = &addresses;
    let add = ["offices", "add", "Osaka", "--gateway", "dmz-1", "--gateway", "dmz-2"];
    configured(&mut gateways[0], || drop(site.cli(&add).ok()));
    let office = text(&site.json(&["offices", "show", "Osaka"]), "id");
    let path = format!("/api/v1/offices/{office}/install-line");
    let line = post(&site, &path, &json!({ "use": "once" }));
    assert_eq!(text(&line, "address"), *first);
    let mut host = Host::new("osaka-host");
    host.add("svc-one");
    host.settings(EVERY_ACCOUNT);
    host.enrol_at(&text(&line, "address"), &text(&line, "key")).ok();
    site.cli(&["devices", "approve", "osaka-host"]).ok();
    host.start_agent();
    let account = site.await_account("svc-one");
    // Whichever it enrolled or began with.
    await_ways(&host, &[first, second]);
    await_parked(&mut gateways[0], 1);
    await_parked(&mut gateways[1], 0);

    let twice = ["offices", "set", "Osaka", "--gateway", "dmz-2", "--gateway", "dmz-2"];
    site.cli(&twice).refused_with("more than once");
    let change = ["offices", "set", "Osaka", "--gateway", "dmz-2", "--gateway", "dmz-1"];
    site.cli(&change).ok();
    let shown = site.json(&["offices", "show", "Osaka"]);
    let named: Vec<_> = shown["gateways"].as_array().expect("gateways").iter().collect();
    assert_eq!(named.iter().map(|one| text(one, "name")).collect::<Vec<_>>(), ["dmz-2", "dmz-1"]);
    // It is told with the next fetch, which an order brings, and the agent goes there
    // once that is carried out: its next wait is there.
    site.cli(&["reset", &account]).ok();
    await_ways(&host, &[second, first]);
    await_parked(&mut gateways[1], 1);
    await_parked(&mut gateways[0], 0);

    // The next start begins with it.
    host.kill_agent();
    await_parked(&mut gateways[1], 0);
    host.start_agent();
    await_parked(&mut gateways[1], 1);
    assert_eq!(gateways[0].number("parked"), 0);
    site.cli(&["reset", &account]).ok();
    assert!(host.takes("svc-one", &site.reveal(&account)));
    site.audit_is_intact();
}

/// Waits until an agent shows these ways, best first.
#[track_caller]
fn await_ways(host: &Host, addresses: &[&String]) {
    until("the ways in this order", 30, || {
        let ways = status(host)["last_status"]["ways"].as_array().cloned().unwrap_or_default();
        let shown: Vec<String> = ways.iter().map(|way| text(way, "address")).collect();
        shown.iter().eq(addresses.iter().copied()).then_some(())
    });
}

#[test]
fn what_a_name_leads_to_is_told_before_agents_find_out() {
    let site = Site::start();
    let mut gateway = gateway(&site, "dmz-1");
    let port = gateway.agents.port();
    let public = ["127.0.0.2", "localhost", "nowhere.invalid"].map(|name| format!("{name}:{port}"));
    let [own, inner, nowhere] = &public;
    let set = ["gateways", "set", "dmz-1", "--public", own, "--public", inner, "--public", nowhere];
    configured(&mut gateway, || drop(site.cli(&set).ok()));
    // Its certificate follows the names without a restart.
    gateway.until("a certificate for all names", |gateway| {
        let names = gateway.status()["status"]["certificate"]["names"].take();
        names.as_array().is_some_and(|names| names.len() == 3)
    });
    let check = |name: &str| {
        let checks = site.json(&["gateways", "names", "dmz-1"]);
        let checks = checks["names"].as_array().cloned().unwrap_or_default();
        let found = checks.into_iter().find(|check| check["name"] == name);
        found.unwrap_or_else(|| panic!("{name} was not looked at"))
    };
    // Told with the gateway's next status.
    gateway.until("the certificate told", |_| check("localhost")["gateway_certificate"] == true);
    assert_eq!(text(&check("127.0.0.2"), "lan_reaches"), "gateway");
    gateway.until("its own look", |_| text(&check("127.0.0.2"), "wan_reaches") == "gateway");
    // One name, two addresses: inside it is the server.
    assert_eq!(text(&check("localhost"), "lan_reaches"), "server");
    let nowhere = check("nowhere.invalid");
    assert_eq!(text(&nowhere, "lan_reaches"), "nothing");
    assert_eq!(text(&nowhere, "wan_reaches"), "nothing");
    assert!(!text(&nowhere, "problem").is_empty(), "{nowhere}");
}
