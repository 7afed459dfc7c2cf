//! The gateway in its place: agents on the internet, the gateway in a DMZ, the
//! server in a LAN, and between them a firewall that lets nothing from the DMZ into
//! the LAN. With the programs as they are.

use std::net::{IpAddr, SocketAddr};
use std::process::Command;

use tempfile::TempDir;
use xtask::networks::{
    AGENTS_PORT, API_PORT, GATEWAY, GatewayMachine, Namespace, Networks, PRIVATE_PORT, Reached,
    SERVER,
};

use crate::host::{EVERY_ACCOUNT, Host};
use crate::run::{program, run, until};
use crate::site::{Site, eprint_log, text};

/// A gateway on its machine in the DMZ.
struct Gateway {
    machine: GatewayMachine,
    _folder: TempDir,
}

impl Gateway {
    /// One that runs and belongs to nobody.
    fn start(networks: &Networks) -> Self {
        let folder = tempfile::Builder::new().prefix("sekisho-e2e-").tempdir().expect("a folder");
        let program = program("sekisho-gateway");
        let id = "fedcba9876543210fedcba9876543210";
        let mut machine = GatewayMachine::install(&program, networks, folder.path(), id)
            .expect("a machine in the DMZ");
        machine.start().expect("the gateway starts");
        let mut gateway = Self { machine, _folder: folder };
        gateway.await_status("a gateway that runs", |status| status["running"] == true);
        gateway
    }

    /// Makes it one of the site's, as an administrator does.
    #[track_caller]
    fn pair(&mut self, site: &Site) {
        let string = self.machine.pairing_string().expect("a pairing string");
        let public = GatewayMachine::public_address();
        let pair = ["gateways", "pair", "dmz", "--public", &public, "--pairing-file", "-"];
        site.cli_with(&pair, &string).ok();
        self.await_agents();
    }

    #[track_caller]
    fn await_status(&mut self, what: &str, is_it: impl Fn(&serde_json::Value) -> bool) {
        until(what, 60, || {
            self.machine.check_alive().expect("the gateway runs");
            is_it(&self.machine.status().expect("a status")).then_some(())
        });
    }

    /// Waits until agents can come.
    #[track_caller]
    fn await_agents(&mut self) {
        until("a gateway that serves agents", 60, || {
            self.machine.serves_agents().expect("it runs").then_some(())
        });
    }

    /// Waits until an agent waits at it for orders.
    #[track_caller]
    fn await_waiting(&mut self) {
        self.await_status("an agent that waits at the gateway", |status| {
            status["status"]["parked"] == 1
        });
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprint_log("gateway", &self.machine.log());
        }
    }
}

/// A host on the internet, which knows the gateway's name and is not enrolled.
fn far_host(networks: &Networks, name: &str) -> Host {
    let host = Host::new_in(&networks.internet, name);
    GatewayMachine::name_to(&host.system).expect("a line in its file of names");
    host.add("svc-one");
    host.settings(EVERY_ACCOUNT);
    host
}

/// Resets the account of a waiting agent; its host must take what the server knows.
#[track_caller]
fn reset(site: &Site, host: &Host, account: &str) {
    let order = site.give_reset(account);
    // Sooner than an agent looks by itself, which is after 240 s.
    site.await_order(&order, &["committed"]);
    assert!(host.takes("svc-one", &site.reveal(account)), "what the server knows works");
}

#[track_caller]
fn reach(from: &Namespace, to: IpAddr, port: u16) -> Reached {
    from.reach(SocketAddr::new(to, port)).expect("tried")
}

#[test]
fn everything_works_while_nothing_goes_from_the_dmz_into_the_lan() {
    let networks = Networks::start().expect("networks with a firewall between them");
    let mut site = Site::start_in(&networks);
    let mut gateway = Gateway::start(&networks);
    assert_eq!(gateway.machine.user().expect("it runs"), "sekisho-gateway");
    let mut host = far_host(&networks, "far-host");
    let key = site.key();
    let address = GatewayMachine::public_address();
    let unpaired = host.enrol_at(&address, &key);
    assert_ne!(unpaired.code, 0, "a gateway of nobody's serves nobody: {}", unpaired.said());

    gateway.pair(&site);
    host.enrol_at(&address, &key).ok();
    host.start_agent();
    let account = site.await_account("svc-one");
    let devices = site.items(&["devices", "list"]);
    assert_eq!(text(&devices[0]["last_gateway"], "name"), "dmz", "the server's own record");
    let shown = site.cli(&["devices", "show", "far-host"]).ok();
    assert!(shown.contains("the gateway dmz"), "{shown}");
    gateway.await_waiting();
    reset(&site, &host, &account);

    // All that, and still no way for whoever has the gateway.
    assert!(networks.dmz_is_kept_from(&[AGENTS_PORT, API_PORT]).expect("tried"));
    // Nor for the internet, but for the one port that agents need.
    for (to, port) in
        [(SERVER, AGENTS_PORT), (SERVER, API_PORT), (GATEWAY, API_PORT), (GATEWAY, PRIVATE_PORT)]
    {
        assert_eq!(reach(&networks.internet, to, port), Reached::Forbidden, "{to}:{port}");
    }

    // The server away and back: agents stay where they wait.
    site.kill();
    gateway.await_status("a gateway without its server", |status| status["serving"] == false);
    assert_eq!(gateway.machine.status().expect("a status")["status"]["parked"], 1);
    site.serve();
    gateway.await_agents();
    reset(&site, &host, &account);

    // The gateway away and back, with nothing but what it has on its disk.
    gateway.machine.kill().expect("it ran");
    gateway.machine.start().expect("the gateway starts");
    gateway.await_agents();
    gateway.await_waiting();
    reset(&site, &host, &account);
    assert!(networks.dmz_is_kept_from(&[AGENTS_PORT, API_PORT]).expect("tried"));

    // Revoked: nothing passes any more.
    site.cli(&["gateways", "revoke", "dmz", "--reason", "test", "--yes"]).ok();
    gateway.await_status("a gateway without its server", |status| status["serving"] == false);
    let order = site.give_reset(&account);
    assert_eq!(text(&site.order(&order), "state"), "queued");
    site.audit_is_intact();
}

/// The console through the gateway: not at all, unless it is switched on; then
/// unopened, with the server's own certificate.
#[test]
fn the_console_passes_through_only_while_it_is_switched_on() {
    let networks = Networks::start().expect("networks with a firewall between them");
    networks.open_pass_through().expect("a port more");
    let site = Site::start_in(&networks);
    let mut gateway = Gateway::start(&networks);
    gateway.pair(&site);
    let ca_file = site.ca_file();
    let ask = |path: &str| {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--max-time", "10", "--cacert"]).arg(&ca_file);
        curl.args(["--write-out", "\n%{http_code}", "--connect-to"]);
        curl.arg(format!("localhost:{API_PORT}:{GATEWAY}:{API_PORT}"));
        curl.arg(format!("https://localhost:{API_PORT}{path}"));
        run(&mut networks.internet.enter(&curl), b"")
    };
    let nobody = |at: SocketAddr| matches!(networks.internet.reach(at), Ok(Reached::No(_)));
    let door = SocketAddr::new(GATEWAY, API_PORT);
    assert!(nobody(door), "off until somebody switches it on");

    site.cli(&["gateways", "set", "dmz", "--pass-through", "on"]).ok();
    until("an answer of the server's", 20, || {
        let asked = ask("/api/v1/devices");
        (asked.code == 0 && asked.stdout.ends_with("\n401")).then_some(())
    });
    assert!(networks.dmz_is_kept_from(&[AGENTS_PORT, API_PORT]).expect("tried"));

    site.cli(&["gateways", "set", "dmz", "--pass-through", "off"]).ok();
    until("a closed door", 20, || nobody(door).then_some(()));
    assert_ne!(ask("/api/v1/devices").code, 0);
    site.audit_is_intact();
}
