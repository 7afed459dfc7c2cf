//! Many agents at once: real ones, in one process, on hosts that are not.

use std::collections::BTreeSet;
use std::sync::Arc;

use sekisho_seal::enrolment_key::EnrolmentKeyText;
use sekisho_testkit::fleet::{ACCOUNT, Fleet, Plan};

use crate::run::until;
use crate::site::{Site, text};

const AGENTS: usize = 50;
const RESETS: usize = 12;

fn await_waiting(site: &Site) {
    until("every agent waiting", 60, || {
        (site.metric("sekisho_agents_waiting", "") == AGENTS as f64).then_some(())
    });
}

/// The account of an agent's host.
fn account_of(site: &Site, agent: usize) -> String {
    let host = Fleet::host_name(agent);
    let accounts = site.items(&["accounts", "list"]);
    let account = accounts.iter().find(|account| text(&account["resource"], "name") == host);
    text(account.expect("every host has one"), "id")
}

#[test]
fn a_fleet_is_woken_one_by_one_and_outlives_its_server() {
    let mut site = Site::start();
    let key = site.key_with(&["--window", "--pre-approved"]);
    let plan = Plan {
        server: site.agents().parse().expect("an address"),
        key: Arc::new(EnrolmentKeyText::parse(&key).expect("a key")),
        agents: AGENTS,
        threads: 2,
        begin_per_s: None,
    };
    let fleet = Fleet::enrol(&plan, |_| {}).expect("a window takes every host");
    fleet.start();
    until("every host's account", 60, || (site.account_names().len() == AGENTS).then_some(()));
    await_waiting(&site);
    assert!(fleet.notebook().take().is_empty(), "nobody was asked for anything yet");

    // Each order wakes its own device and nobody else.
    let fetches = site.metric("sekisho_agent_calls_total", "/agent/v1/fetch");
    let accounts: Vec<String> = (0..RESETS).map(|agent| account_of(&site, agent)).collect();
    let orders: Vec<String> = accounts.iter().map(|account| site.give_reset(account)).collect();
    for order in &orders {
        site.await_order(order, &["committed"]);
    }
    let began: Vec<usize> = fleet.notebook().take().iter().map(|began| began.agent).collect();
    assert_eq!(began.len(), RESETS, "each was carried out once: {began:?}");
    assert_eq!(began.into_iter().collect::<BTreeSet<_>>(), (0..RESETS).collect());
    for agent in [0, RESETS - 1] {
        let works = fleet.host(agent).password(ACCOUNT);
        assert_eq!(works.expose_str(), Some(site.reveal(&accounts[agent]).as_str()));
    }
    await_waiting(&site);
    // One fetch takes the order, and one finds that there is no other.
    let fetched = site.metric("sekisho_agent_calls_total", "/agent/v1/fetch") - fetches;
    assert!(fetched <= (2 * RESETS) as f64, "{fetched} fetches for {RESETS} orders");

    // A server that comes back is no reason to begin anew: nobody says Hello.
    let sessions = site.sql("select count(*) from device_sessions");
    site.kill();
    site.serve();
    await_waiting(&site);
    assert_eq!(site.metric("sekisho_agent_calls_total", "/agent/v1/hello"), 0.0);
    assert_eq!(site.sql("select count(*) from device_sessions"), sessions);
    let refused = site.metric("sekisho_agent_calls_total", "status=\"503\"");
    assert_eq!(refused, 0.0, "nobody was turned away");
    let order = site.give_reset(&accounts[0]);
    site.await_order(&order, &["committed"]);
    let works = fleet.host(0).password(ACCOUNT);
    assert_eq!(works.expose_str(), Some(site.reveal(&accounts[0]).as_str()));
    site.audit_is_intact();
}
