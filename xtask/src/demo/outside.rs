//! What stands between the demo's agent and its server: a gateway in a DMZ, and a
//! firewall that lets nothing from there into the LAN.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use data_encoding::HEXLOWER;
use sekisho_model::rng::{self, SystemRng};

use super::client::{Client, text};
use super::interrupt::Interrupt;
use super::server::end_of;
use super::{Binaries, wait_for};
use crate::networks::{AGENTS_PORT, API_PORT, GatewayMachine, Networks};

/// What the gateway is called.
pub(super) const NAME: &str = "dmz";

/// The gateway, paired. The fields are dropped in this order.
pub(super) struct Outside {
    machine: GatewayMachine,
    /// What the server knows it by.
    id: String,
    /// The networks around it.
    pub(super) networks: Networks,
}

/// The networks.
///
/// # Errors
/// When this machine gives none, with what to do.
pub(super) fn networks() -> Result<Networks> {
    Networks::start().context(
        "agent, gateway and server of the demo are in networks of their own, which cannot be \
         made here; `cargo xtask demo --no-gateway` does without them",
    )
}

impl Outside {
    /// Installs the gateway in the DMZ, starts it, and has the server's
    /// administrator pair it.
    pub(super) fn set_up(
        binaries: &Binaries,
        networks: Networks,
        client: &Client,
        folder: &Path,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let folder = folder.join("gateway");
        fs::create_dir(&folder)?;
        let machine_id = HEXLOWER.encode(&rng::random_bytes::<16>(&SystemRng));
        let mut machine =
            GatewayMachine::install(&binaries.gateway, &networks, &folder, &machine_id)?;
        machine.start()?;
        let limit = Duration::from_secs(20);
        wait_for("the gateway's start", limit, interrupt, || {
            machine.check_alive()?;
            Ok((machine.status()?["running"] == true).then_some(()))
        })?;

        let string = machine.pairing_string()?;
        let public = GatewayMachine::public_address();
        let pair = ["gateways", "pair", NAME, "--public", &public, "--pairing-file", "-"];
        let paired = client.json_fed(&pair, &string)?;
        let id = text(&paired, "id").to_owned();
        let served = wait_for("the gateway serving agents", limit, interrupt, || {
            Ok(machine.serves_agents()?.then_some(()))
        });
        served.with_context(|| format!("── gateway\n{}\n──", end_of(&machine.log())))?;
        Ok(Self { machine, id, networks })
    }

    /// What there is, for a line on the terminal.
    pub(super) fn description(&self) -> Result<String> {
        let user = self.machine.user()?;
        Ok(format!("gateway in the DMZ, as {user}; paired, and dialled by the server"))
    }

    /// Whether the server's own record says that a device came through this gateway.
    pub(super) fn brought(&self, device: &serde_json::Value) -> bool {
        !self.id.is_empty() && text(&device["last_gateway"], "id") == self.id
    }

    /// Whether the firewall really keeps the DMZ from the server, tried on both of
    /// its ports.
    pub(super) fn keeps_the_dmz_out(&self) -> Result<bool> {
        self.networks.dmz_is_kept_from(&[AGENTS_PORT, API_PORT])
    }

    /// An error when the gateway has ended.
    pub(super) fn check_alive(&mut self) -> Result<()> {
        self.machine.check_alive()
    }

    /// The end of its log.
    pub(super) fn log(&self) -> String {
        end_of(&self.machine.log())
    }
}
