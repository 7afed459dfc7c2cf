//! Server, gateway and agents together: the programs as they are built.
//!
//! A gateway has another address than its server, 127.0.0.2, so that who went
//! where can be told apart; agents come from 127.0.0.1.

mod agents;
mod canary;
mod console;
mod offices;
mod restarts;
mod revoked;
mod strangers;
mod tls;

use sekisho_testkit::{Direction, Gateway};
use serde_json::{Value, json};

use crate::host::{EVERY_ACCOUNT, Host};
use crate::plane::Api;
use crate::run::{program, run};
use crate::site::Site;

/// A gateway that the server dials, at work.
fn gateway(site: &Site, name: &str) -> Gateway {
    gateway_in(site, name, &Direction::ServerDials)
}

/// A gateway at work.
fn gateway_in(site: &Site, name: &str, direction: &Direction) -> Gateway {
    let mut gateway = Gateway::start_new(&program("sekisho-gateway"), name);
    let string = gateway.pairing_string();
    pair(site, &gateway, direction, &string);
    gateway.await_service();
    gateway
}

/// Makes a gateway one of the site, by the REST API.
fn pair(site: &Site, gateway: &Gateway, direction: &Direction, string: &str) -> Value {
    gateway.pair(direction, string, |path, body| post(site, path, body))
}

/// What the API made of a body.
#[track_caller]
fn post(site: &Site, path: &str, body: &Value) -> Value {
    let answer = Api::of(site, &site.token()).post(path, &body.to_string(), None);
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()
}

/// All of loopback is one office with room for a test, so that nobody there is
/// limited as a single address is, or banned.
fn make_room(site: &Site, gateway: &mut Gateway) {
    let limits = json!({ "connections": 1000, "handshakes_per_s": 1000, "enrolments_per_s": 1000 });
    let office = json!({ "name": "loopback", "networks": ["127.0.0.0/8"], "limits": limits });
    configured(gateway, || drop(post(site, "/api/v1/offices", &office)));
}

/// Waits until a gateway works by another configuration, which `change` makes.
fn configured(gateway: &mut Gateway, change: impl FnOnce()) {
    let before = gateway.number("config_version");
    change();
    gateway.until("another configuration", |gateway| gateway.number("config_version") > before);
}

/// A host with an account and an agent that was enrolled at a gateway.
fn host_behind(site: &Site, gateway: &Gateway, name: &str, account: &str) -> Host {
    let mut host = Host::new(name);
    host.add(account);
    host.settings(EVERY_ACCOUNT);
    host.enrol_at(&gateway.agents.to_string(), &site.key()).ok();
    host.start_agent();
    host
}

/// Waits until so many agents are parked at a gateway.
#[track_caller]
fn await_parked(gateway: &mut Gateway, count: u64) {
    gateway.until(&format!("{count} parked"), |gateway| gateway.number("parked") == count);
}

/// What an agent says of itself.
fn status(host: &Host) -> Value {
    let said = run(&mut host.agent_command(&["status", "--json"]), b"").ok();
    serde_json::from_str(&said).expect("JSON")
}
