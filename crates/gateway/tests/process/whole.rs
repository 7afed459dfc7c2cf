//! The program as it is shipped, with a server: paired, connected, upgraded.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sekisho_seal::gateway::PairingText;

use crate::gateway::{Gateway, is_alive, until};
use crate::server::{NAME, Server};

fn private(gateway: &Gateway) -> SocketAddr {
    let status = gateway.status();
    status["listening"]["private"].as_str().expect("an address").parse().expect("an address")
}

fn pairing_string(gateway: &Gateway, more: &[&str]) -> PairingText {
    let printed = gateway.run(&[&["pair", "--json"], more].concat()).json();
    PairingText::parse(printed["pairing_string"].as_str().expect("text")).expect("readable")
}

/// A gateway that runs and relays, and its server.
fn at_work() -> (Gateway, Arc<Server>) {
    let mut gateway = Gateway::with_program(env!("CARGO_BIN_EXE_sekisho-gateway"));
    gateway.start();
    let server = Arc::new(Server::new());
    let address = private(&gateway);
    server.pair(&pairing_string(&gateway, &[]), address).expect("paired");
    until("the link is taken", || server.try_dial(address).then_some(()));
    await_service(&gateway);
    (gateway, server)
}

/// Until it serves, with a certificate. Nobody asks it before that: who is
/// refused too often is banned.
fn await_service(gateway: &Gateway) {
    until("a gateway that serves, with a certificate", || {
        let status = gateway.status();
        let names = &status["status"]["certificate"]["names"];
        (status["serving"] == true && names[0] == NAME).then_some(())
    });
}

#[test]
fn a_paired_gateway_serves_agents_and_remembers_it() {
    let (mut gateway, server) = at_work();
    server.ask_time(gateway.agents()).expect("relayed");
    let status = gateway.status();
    assert_eq!(status["belongs"]["name"], "dmz-1");
    assert_eq!(status["pairing_left_s"], serde_json::Value::Null);
    gateway.run(&["pair"]).refused_with("this gateway is paired already, as 'dmz-1'");
    let shown = gateway.run(&["status"]).ok();
    assert!(shown.contains("configuration 1") && shown.contains(NAME), "{shown}");
    // After a restart it waits for its server, and relays nothing before.
    gateway.kill();
    gateway.start();
    let status = gateway.status();
    assert_eq!((&status["belongs"]["name"], &status["serving"]), (&"dmz-1".into(), &false.into()));
    assert!(server.ask_time(gateway.agents()).is_err());
    server.dial(private(&gateway)).expect("the gateway takes the link");
    await_service(&gateway);
    server.ask_time(gateway.agents()).expect("relayed again");
}

#[test]
fn the_program_hands_over_and_no_call_of_an_agent_fails() {
    let (mut gateway, server) = at_work();
    let (first, agents, dialled) = (gateway.pid(), gateway.agents(), server.dialled());
    let done = Arc::new(AtomicBool::new(false));
    let asking = std::thread::spawn({
        let (server, done) = (server.clone(), done.clone());
        move || {
            let mut answers = Vec::new();
            while !done.load(Ordering::SeqCst) {
                answers.push(server.ask_time(agents));
            }
            answers
        }
    });
    let file = gateway.write_copy("next", env!("CARGO_BIN_EXE_sekisho-gateway"), "second");
    let backups = gateway.path("backups").display().to_string();
    let file = file.display().to_string();
    let done_json =
        gateway.run(&["upgrade", &file, "--backup-dir", &backups, "--drain", "2", "--json"]).json();
    let second = u32::try_from(done_json["pid"].as_u64().expect("a process")).expect("an id");
    assert_eq!(gateway.wait(), 0, "{}", gateway.log());
    done.store(true, Ordering::SeqCst);
    let answers = asking.join().expect("it asked");
    let failed: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert!(failed.is_empty() && answers.len() > 10, "{failed:?} of {}", answers.len());
    assert!(server.dialled() > dialled, "the server was asked to dial again");
    assert_eq!((gateway.pid(), gateway.agents()), (second, agents));
    assert!(!is_alive(first));
    server.ask_time(agents).expect("relayed by the new process");
}

#[test]
fn an_unpaired_gateway_is_nobodys_and_has_another_key() {
    let (gateway, server) = at_work();
    let address = private(&gateway);
    gateway.run(&["unpair"]).refused_with("give --yes");
    let before = std::fs::read(gateway.state_dir().join("link.key")).expect("a key");
    assert!(gateway.run(&["unpair", "--yes"]).ok().contains("refuses all agents"));
    until("the link is closed", || (gateway.status()["links"] == 0).then_some(()));
    assert!(server.ask_time(gateway.agents()).is_err());
    assert!(!server.try_dial(address), "the site's server is nobody here");
    let text = pairing_string(&gateway, &[]);
    assert!(std::fs::read(gateway.state_dir().join("link.key")).expect("a key") != before);
    server.pair(&text, address).expect("paired again");
    until("the link is taken", || server.try_dial(address).then_some(()));
    await_service(&gateway);
    server.ask_time(gateway.agents()).expect("relayed again");
    let again = server.pair(&text, address).expect_err("used up");
    assert!(again.starts_with("404"), "{again}");
}
