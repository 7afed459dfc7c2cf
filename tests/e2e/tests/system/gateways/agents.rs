//! Agents outside reach their server through the gateway, those in the LAN
//! directly, with the same programs and settings.

use sekisho_testkit::Direction;
use serde_json::Value;

use super::{await_parked, gateway, gateway_in, host_behind};
use crate::host::{EVERY_ACCOUNT, Host};
use crate::run::{free_ports, run, until};
use crate::site::{Site, text};

/// Where an agent may go: address, kind, whether it is there now.
fn ways(host: &Host) -> Vec<(String, String, bool)> {
    let said = run(&mut host.agent_command(&["status", "--json"]), b"").ok();
    let said: Value = serde_json::from_str(&said).expect("JSON");
    let ways = said["last_status"]["ways"].as_array().cloned().unwrap_or_default();
    let in_use = |way: &Value| way["in_use"] == true;
    ways.iter().map(|way| (text(way, "address"), text(way, "kind"), in_use(way))).collect()
}

/// Enrols, waits for its approval, is discovered, reset and woken.
fn lives_behind_a_gateway(name: &str, direction: impl FnOnce(&Site) -> Direction) {
    let site = Site::start();
    let mut gateway = gateway_in(&site, "dmz-1", &direction(&site));
    let mut host = Host::new(name);
    host.add("svc-one");
    host.settings(EVERY_ACCOUNT);
    let address = gateway.agents.to_string();
    let said = host.enrol_at(&address, &site.key_with(&[])).ok();
    assert!(said.contains("waiting for an administrator"), "{said}");
    assert!(!said.contains("warning"), "{said}");
    host.start_agent();
    until("the agent asking", 20, || host.log().contains("not approved").then_some(()));
    site.cli(&["devices", "approve", name]).ok();
    // It asks again after 15 s.
    let account = until("the account", 40, || site.find_account("svc-one"));

    // A parked wait is ended by an order: the next look that comes by itself
    // would be minutes away.
    await_parked(&mut gateway, 1);
    site.cli(&["reset", &account]).ok();
    let first = site.reveal(&account);
    assert!(host.takes("svc-one", &first));
    await_parked(&mut gateway, 1);
    site.cli(&["verify", &account]).ok();
    site.cli(&["reset", &account]).ok();
    let second = site.reveal(&account);
    assert!(host.takes("svc-one", &second) && !host.takes("svc-one", &first));

    assert_eq!(ways(&host), [(address, "gateway".to_owned(), true)]);
    let device = site.json(&["devices", "show", name]);
    assert_eq!(device["last_gateway"]["name"], "dmz-1", "{device}");
    let shown = site.json(&["gateways", "show", "dmz-1"]);
    assert_eq!(shown["connected"], true, "{shown}");
    assert_eq!(site.metric("sekisho_agents_waiting", ""), 0.0, "nobody waits at the server");
    site.audit_is_intact();
}

#[test]
fn an_agent_lives_behind_a_gateway_that_the_server_dials() {
    lives_behind_a_gateway("outer-host", |_| Direction::ServerDials);
}

#[test]
fn an_agent_lives_behind_a_gateway_that_dials_the_server() {
    lives_behind_a_gateway("classic-host", |site| Direction::GatewayDials(site.agents()));
}

#[test]
fn agents_in_the_lan_go_directly_and_those_outside_through_the_gateway() {
    let site = Site::start();
    // Enrolled before there was a gateway.
    let mut lan = Host::enrolled(&site, "lan-host", &["svc-lan"]);
    let in_lan = site.await_account("svc-lan");
    let mut gateway = gateway(&site, "dmz-1");
    let wan = host_behind(&site, &gateway, "wan-host", "svc-wan");
    let outside = site.await_account("svc-wan");
    await_parked(&mut gateway, 1);
    until("the one in the LAN waiting", 20, || {
        (site.metric("sekisho_agents_waiting", "") == 1.0).then_some(())
    });
    let orders = [&in_lan, &outside].map(|account| site.give_reset(account));
    for order in &orders {
        site.await_order(order, &["committed"]);
    }
    assert!(lan.takes("svc-lan", &site.reveal(&in_lan)));
    assert!(wan.takes("svc-wan", &site.reveal(&outside)));
    let last_gateway = |host| site.json(&["devices", "show", host])["last_gateway"].take();
    assert!(last_gateway("lan-host").is_null());
    assert_eq!(last_gateway("wan-host")["name"], "dmz-1");

    // With its next Hello it learns of the gateway, by the trust bundle.
    lan.kill_agent();
    lan.start_agent();
    let direct = (site.agents(), "direct".to_owned(), true);
    let through = gateway.agents.to_string();
    let known = [direct, (through.clone(), "gateway".to_owned(), false)];
    until("both ways", 20, || (ways(&lan) == known).then_some(()));
    // Taken out of the LAN, it finds its server by what it has learnt.
    let [nobody] = free_ports();
    lan.settings(&format!("server = \"127.0.0.1:{nobody}\"\n{EVERY_ACCOUNT}"));
    await_parked(&mut gateway, 2);
    assert!(ways(&lan).contains(&(through, "gateway".to_owned(), true)), "{:?}", ways(&lan));
    site.cli(&["reset", &in_lan]).ok();
    assert!(lan.takes("svc-lan", &site.reveal(&in_lan)));
    site.audit_is_intact();
}
