//! The gateway: the program as it is shipped, paired, dialled and configured by
//! a double of its server.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use hyper::body::Bytes;
use sekisho_gatewaykit::{Call, NAME, Server, Site, Told};
use sekisho_seal::gateway::PairingText;
use sekisho_wire::cbor;
use sekisho_wire::gateway::{GatewayConfig, Limits, Rate};
use sekisho_wire::session::Wake;
use serde_json::Value;

use crate::peer::{Peer, Running, free_port, loopback, until};

/// Starts one that relays, with a worker per core.
pub(crate) fn start(program: &Path, folder: &Path, site: &Arc<Site>, calls: bool) -> Result<Peer> {
    let (agents, private) = (loopback(free_port()?), loopback(free_port()?));
    let (config, log) = (folder.join("gateway.toml"), folder.join("gateway.log"));
    // Debug quoting is TOML's: both escape `"` and `\`.
    let text = format!(
        "state_dir = {:?}\n[listen]\nagents = \"{agents}\"\nprivate = \"{private}\"\n\
         pass_through = \"off\"\n[log]\nlevel = \"warn\"\n",
        folder.join("state")
    );
    fs::write(&config, text)?;
    let command = |words: &[&str]| {
        let mut command = Command::new(program);
        command.arg("--config").arg(&config).args(words);
        command
    };
    let said = |words: &[&str]| -> Option<Value> {
        let output = command(words).output().ok()?;
        serde_json::from_slice(&output.stdout).ok()
    };
    let running = Running::start(&command(&["run"]), &log, Stdio::null(), "KILL")?;
    let status = || said(&["status", "--json"]);
    until("the gateway answers", &log, || status()?.get("pid")?.as_u64())?;
    let pairing = said(&["pair", "--json"]).context("the gateway prints no pairing string")?;
    let text = pairing["pairing_string"].as_str().context("a pairing string")?;
    let text = PairingText::parse(text).map_err(|error| anyhow!("{error}"))?;
    let server = Server::new(site.clone(), configuration(site), answer);
    let server = if calls { server } else { server.without_calls() };
    server.pair(&text, private).map_err(|error| anyhow!(error))?;
    until("the gateway takes the link", &log, || server.try_dial(private).then_some(()))?;
    until("the gateway serves, with a certificate", &log, || {
        let status = status()?;
        let names = &status["status"]["certificate"]["names"];
        (status["serving"] == true && names[0] == NAME).then_some(())
    })?;
    let processes = vec![running.process()];
    Ok(Peer { address: agents, processes, _running: running, _server: Some(server) })
}

/// As a server makes it, with limits that are computed and never reached.
fn configuration(site: &Site) -> GatewayConfig {
    let much = Rate::per_second(1_000_000, 1_000_000);
    let mut config = site.config(1);
    config.limits = Limits {
        connections: 1_000_000,
        connections_per_address: 1_000_000,
        connections_per_device: 1000,
        handshakes: much,
        handshakes_per_address: much,
        handshakes_in_flight: 1_000_000,
        enrolment_per_address: much,
        enrolment: much,
        per_device: much,
        relayed_in_flight: 1_000_000,
        memory_bytes: 1 << 40,
        ..Limits::default()
    };
    // What nginx on OpenSSL 3.0 can do, too.
    (config.tls.suites, config.tls.groups) = (vec![0x1301], vec![0x001d]);
    config
}

fn answer(_site: &Site, call: Call) -> Told {
    let body = match call.head.uri.path().starts_with("/agent/v1/wait/") {
        // A look: nothing is there, so the gateway holds the wait.
        true => Bytes::from(cbor::encode(&Wake::Nothing)),
        false => call.body,
    };
    Told { status: 200, body }
}
