//! INV-3 at the gateway: what passes through it, it does not see. Canaries are
//! planted, a whole cycle is run, and then its memory image, its files and its
//! log are searched for them.

use std::fs;
use std::path::PathBuf;

use sekisho_seal::gateway::PairingText;
use sekisho_testkit::probe::{Talk, connect};
use sekisho_testkit::{Direction, Gateway, memory};
use serde_json::{Value, json};

use super::{await_parked, configured, pair, post};
use crate::canary::{Canaries, Places, forms};
use crate::host::{EVERY_ACCOUNT, Host, STATE};
use crate::run::{program, until};
use crate::site::{ADMINISTRATOR, PASSWORD, Site, text};

/// A name that is known to be in its memory, its files and its log.
const CONTROL: &str = "canary-control-gateway-7731";

/// Every form of every value, with its name.
fn all_forms(canaries: &Canaries) -> Vec<(String, Vec<u8>)> {
    let of = |(name, value): &(String, Vec<u8>)| {
        forms(value).into_iter().map(|form| (name.clone(), form)).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = canaries.values.iter().flat_map(of).collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn a_gateway_knows_no_secret_of_what_passes_through_it() {
    let mut canaries = Canaries::default();
    let site = Site::start();
    canaries.plant("administrator's password", PASSWORD);
    canaries.plant("sign-in token", &site.token());
    let mut gateway = Gateway::start_new(&program("sekisho-gateway"), CONTROL);

    // Its pairing, looked at by its own command while the string is open.
    let string = gateway.pairing_string();
    let secret = PairingText::parse(&string).expect("a string").secret;
    canaries.plant("pairing string", &string);
    canaries.values.push(("secret of the pairing".to_owned(), secret.expose().to_vec()));
    assert!(gateway.status()["pairing_left_s"].is_number());
    pair(&site, &gateway, &Direction::ServerDials, &string);
    gateway.await_service();
    let office = json!({ "name": format!("office of {CONTROL}"), "networks": ["127.0.0.0/8"] });
    configured(&mut gateway, || drop(post(&site, "/api/v1/offices", &office)));

    // Enrolment, discovery, reset, verification.
    let mut host = Host::new("canary-host");
    host.add("svc-one");
    host.settings(EVERY_ACCOUNT);
    let key = site.key();
    canaries.plant_key("enrolment key", &key);
    host.enrol_at(&gateway.agents.to_string(), &key).ok();
    host.start_agent();
    let account = site.await_account("svc-one");
    await_parked(&mut gateway, 1);
    site.cli(&["reset", &account]).ok();
    let generated = site.reveal(&account);
    canaries.plant("password that was set", &generated);
    site.cli(&["verify", &account]).ok();
    site.cli(&["reset", &account]).ok();
    canaries.plant("second password that was set", &site.reveal(&account));
    let inside = PathBuf::from(format!("/proc/{}/root", host.agent_pid()));
    let identity = inside.join(STATE.trim_start_matches('/')).join("identity.key");
    let identity = fs::read(identity).expect("the agent's key");
    // PKCS#8 of a P-256 key: the number itself is at its place.
    let number = identity.get(36..68).expect("a private key").to_vec();
    assert_eq!(identity[34..36], [0x04, 0x20], "32 bytes follow");
    canaries.values.push(("agent's identity key".to_owned(), identity));
    canaries.values.push(("number of the agent's identity key".to_owned(), number));

    // A person signs in through it and reveals.
    site.cli(&["gateways", "set", CONTROL, "--pass-through", "on"]).ok();
    until("an open listener", 10, || connect(gateway.pass_through, None).ok().map(drop));
    let mut talk = Talk::open(gateway.pass_through, "localhost", None).expect("a handshake");
    let (origin, json) = (("origin", "https://localhost"), ("content-type", "application/json"));
    let body = format!(r#"{{"name":"{ADMINISTRATOR}","password":"{PASSWORD}"}}"#);
    let signed_in = talk.ask("POST", "/api/v1/session", &[origin, json], body.as_bytes());
    let signed_in = signed_in.expect("an answer");
    assert_eq!(signed_in.status, 200);
    let cookie = signed_in.header("set-cookie").expect("a cookie");
    let cookie = cookie.split(['=', ';']).nth(1).expect("its value");
    canaries.plant("session cookie", cookie);
    let token = format!("Bearer {}", site.token());
    let headers = [("authorization", token.as_str()), json];
    let path = format!("/api/v1/accounts/{account}/reveal");
    let body = br#"{"reason":"test","purpose":"show"}"#;
    let shown = talk.ask("POST", &path, &headers, body).expect("an answer");
    let shown: Value = serde_json::from_slice(&shown.body).expect("JSON");
    assert_eq!(text(&shown["values"][0], "value"), site.reveal(&account));
    await_parked(&mut gateway, 1);

    // What it does hold: its own key of the link, in memory and on disk.
    let own = fs::read(gateway.state_dir().join("link.key")).expect("its key");
    let known = [("its own key", own.clone()), ("the control word", CONTROL.as_bytes().to_vec())];
    let known = known.map(|(name, value)| (name.to_owned(), value));
    let found = memory::find(gateway.pid(), &known).expect("root looks at every process");
    for (name, _) in &known {
        assert!(found.iter().any(|(it, _)| it == name), "the search does not find {name}");
    }
    let forms_of_all = all_forms(&canaries);
    let found = memory::find(gateway.pid(), &forms_of_all).expect("root looks at every process");
    assert!(found.is_empty(), "in its memory: {found:#?}");

    let mut places = Places::default();
    places.tree("the gateway", gateway.folder());
    places.text("its log", gateway.log());
    places.text("its status", gateway.status().to_string());
    let mut page = Talk::open(gateway.private, "127.0.0.2", None).expect("a handshake");
    let page = page.ask("GET", "/getstatus.json", &[], b"").expect("an answer");
    places.text("its page", String::from_utf8(page.body).expect("text"));
    assert!(places.holding(&[CONTROL.as_bytes().to_vec()]).len() >= 2, "in files and in the log");
    assert!(!places.holding(&[own]).is_empty());
    for (name, form) in forms_of_all {
        let found = places.holding(&[form]);
        assert!(found.is_empty(), "{name} in {found:?}");
    }
    assert!(canaries.values.len() >= 8, "{}", canaries.values.len());
}
