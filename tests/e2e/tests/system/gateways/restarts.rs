//! Server and gateway end and begin again, politely and by `kill -9`: nobody is
//! woken for nothing, and no order is lost or carried out twice.

use std::sync::Arc;

use sekisho_seal::enrolment_key::EnrolmentKeyText;
use sekisho_testkit::fleet::{ACCOUNT, Fleet, Plan};
use sekisho_testkit::probe::Talk;

use super::{await_parked, gateway, host_behind, make_room};
use crate::run::until;
use crate::site::{Site, text};

const AGENTS: usize = 12;

/// `chpasswd` says that it begins, and waits as long as it is held.
const NOTED: &str = "echo begun >> /run/begun; touch /run/called; \
     while test -e /run/hold; do sleep 0.05; done; exec /run/chpasswd \"$@\"";

#[test]
fn parked_agents_stay_parked_while_their_server_starts_anew() {
    let mut site = Site::start();
    let mut gateway = gateway(&site, "dmz-1");
    make_room(&site, &mut gateway);
    let key = site.key_with(&["--window", "--pre-approved"]);
    let plan = Plan {
        server: gateway.agents.to_string().parse().expect("an address"),
        key: Arc::new(EnrolmentKeyText::parse(&key).expect("a key")),
        agents: AGENTS,
        threads: 2,
        begin_per_s: None,
    };
    let fleet = Fleet::enrol(&plan, |_| {}).expect("a window takes every host");
    fleet.start();
    until("every host's account", 60, || (site.account_names().len() == AGENTS).then_some(()));
    await_parked(&mut gateway, AGENTS as u64);
    let handshakes = gateway.number("handshakes");
    let sessions = site.sql("select count(*) from device_sessions");

    site.kill();
    gateway.until("its server gone", |gateway| gateway.status()["links"] == 0);
    assert_eq!(gateway.number("parked"), AGENTS as u64);
    site.serve();
    gateway.await_service();
    assert_eq!(gateway.number("parked"), AGENTS as u64, "nobody has noticed");

    // An order wakes its own agent and nobody else.
    let account = |agent: usize| {
        let host = Fleet::host_name(agent);
        let accounts = site.items(&["accounts", "list"]);
        let account = accounts.iter().find(|account| text(&account["resource"], "name") == host);
        text(account.expect("every host has one"), "id")
    };
    let accounts = [0, AGENTS - 1].map(account);
    let orders = accounts.clone().map(|account| site.give_reset(&account));
    for order in &orders {
        site.await_order(order, &["committed"]);
    }
    await_parked(&mut gateway, AGENTS as u64);
    let mut began: Vec<usize> = fleet.notebook().take().iter().map(|began| began.agent).collect();
    began.sort_unstable();
    assert_eq!(began, [0, AGENTS - 1]);
    for (agent, account) in [0, AGENTS - 1].into_iter().zip(&accounts) {
        let works = fleet.host(agent).password(ACCOUNT);
        assert_eq!(works.expose_str(), Some(site.reveal(account).as_str()));
    }
    // No storm: no handshake, no Hello, and no fetch but those of the orders.
    assert_eq!(gateway.number("handshakes"), handshakes);
    assert_eq!(site.sql("select count(*) from device_sessions"), sessions);
    let calls = |path: &str| site.metric("sekisho_agent_calls_total", path);
    assert_eq!(calls("/agent/v1/hello"), 0.0);
    assert!((1.0..=4.0).contains(&calls("/agent/v1/fetch")), "{}", calls("/agent/v1/fetch"));
    site.audit_is_intact();
}

#[test]
fn a_gateway_that_starts_anew_says_come_back_until_its_server_has_dialled() {
    let mut site = Site::start();
    let mut gateway = gateway(&site, "dmz-1");
    let host = host_behind(&site, &gateway, "patient-host", "svc-one");
    let account = site.await_account("svc-one");
    await_parked(&mut gateway, 1);
    let sessions = site.sql("select count(*) from device_sessions");

    // Nobody is there to dial.
    site.kill();
    gateway.kill();
    gateway.start();
    assert_eq!(gateway.status()["serving"], false);
    let ask = |method, path| {
        let mut talk = Talk::open(gateway.agents, "127.0.0.2", None).expect("it shakes hands");
        talk.ask(method, path, &[], b"").expect("an answer")
    };
    for (method, path) in [
        ("GET", "/agent/v1/bundle/0"),
        ("POST", "/agent/v1/enrol"),
        ("POST", "/agent/v1/hello"),
        ("POST", "/agent/v1/fetch"),
        ("GET", "/agent/v1/wait/01a2015a-c083-78b9-bf67-2b24cdb84124/240"),
    ] {
        let reply = ask(method, path);
        assert_eq!(reply.status, 503, "{method} {path}: {reply:?}");
        let seconds = reply.header("retry-after").and_then(|seconds| seconds.parse().ok());
        assert!(seconds.is_some_and(|seconds: u32| (1..=30).contains(&seconds)), "{reply:?}");
    }
    assert_eq!(ask("GET", "/api/v1/me").status, 404);
    until("the agent noticing", 30, || host.log().contains("not connected").then_some(()));
    assert_eq!(gateway.refused("certificate_needed"), 0, "who waits has done nothing wrong");

    site.serve();
    gateway.await_service();
    await_parked(&mut gateway, 1);
    assert_eq!(site.sql("select count(*) from device_sessions"), sessions, "the same session");
    site.cli(&["reset", &account]).ok();
    assert!(host.takes("svc-one", &site.reveal(&account)));
    site.audit_is_intact();
}

/// A handshake for each refusal would only be more work for whoever has too much.
#[test]
fn an_agent_that_is_told_to_come_again_keeps_its_connection() {
    let mut site = Site::start();
    let mut gateway = gateway(&site, "dmz-1");
    let mut host = host_behind(&site, &gateway, "told-host", "svc-one");
    await_parked(&mut gateway, 1);
    host.kill_agent();
    site.kill();
    gateway.until("its server gone", |gateway| gateway.status()["links"] == 0);
    let handshakes = gateway.number("handshakes");
    host.start_agent();
    gateway.until("the agent asking", |gateway| gateway.refused("no_server") >= 3);
    assert_eq!(gateway.number("handshakes"), handshakes + 1);

    site.serve();
    gateway.await_service();
    await_parked(&mut gateway, 1);
    assert_eq!(gateway.number("handshakes"), handshakes + 1);
}

#[test]
fn whoever_is_killed_in_the_middle_of_a_reset_it_is_committed_once() {
    let mut site = Site::start();
    let mut gateway = gateway(&site, "dmz-1");
    let host = host_behind(&site, &gateway, "cut-host", "svc-one");
    let account = site.await_account("svc-one");
    host.wrap_chpasswd(NOTED);
    let troubles = || host.log().matches("not connected").count();
    for victim in ["server", "gateway", "both"] {
        await_parked(&mut gateway, 1);
        host.bash("rm -f /run/called /run/begun; touch /run/hold");
        let order = site.give_reset(&account);
        host.await_file("/run/called");
        let before = troubles();
        if victim != "gateway" {
            site.kill();
        }
        if victim != "server" {
            gateway.kill();
        }
        host.bash("rm /run/hold");
        until("a report that does not arrive", 30, || (troubles() > before).then_some(()));
        if victim != "server" {
            gateway.start();
        }
        if victim != "gateway" {
            site.serve();
        }
        let ended = until("the order's end", 120, || {
            let order = site.order(&order);
            (text(&order, "state") == "committed").then_some(order)
        });
        assert_eq!(ended["attempt"], 1, "{victim}: {ended}");
        assert_eq!(host.bash("cat /run/begun"), "begun\n", "{victim}: it was begun once");
        assert!(host.takes("svc-one", &site.reveal(&account)), "{victim}");
    }
    site.audit_is_intact();
}
