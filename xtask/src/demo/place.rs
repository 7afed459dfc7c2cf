//! Where the demo's server is, and how people on this machine reach it.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;

use anyhow::Result;

use crate::networks::{AGENTS_PORT, API_PORT, Namespace, Networks, Reached, Relay, SERVER};
use crate::ports::free_ports;

/// The server's port for metrics where it has its own network.
const METRICS_PORT: u16 = 9464;

/// A place for a server.
pub(super) enum Place {
    /// This machine's own network: free ports of loopback for API, agents and
    /// metrics.
    Here([u16; 3]),
    /// A LAN behind a firewall, with the ports it has in the field.
    Lan {
        /// The LAN.
        lan: Namespace,
        /// How somebody at this machine's loopback reaches API and console.
        console: Relay,
    },
}

impl Place {
    /// On free ports of this machine's loopback.
    ///
    /// # Errors
    /// When there are none.
    pub(super) fn here() -> Result<Self> {
        free_ports().map(Self::Here)
    }

    /// In the LAN of these networks.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub(super) fn lan(networks: &Networks) -> Result<Self> {
        let lan = networks.lan.clone();
        let console = Relay::start(None, 0, Some(&lan), SocketAddr::new(SERVER, API_PORT))?;
        Ok(Self::Lan { lan, console })
    }

    /// The port of API and console at this machine's loopback.
    pub(super) fn api_port(&self) -> u16 {
        match self {
            Self::Here([api, _, _]) => *api,
            Self::Lan { console, .. } => console.port(),
        }
    }

    /// Where the server listens: API, agents, metrics.
    pub(super) fn listeners(&self) -> [SocketAddr; 3] {
        let here = |port| SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port);
        match self {
            Self::Here(ports) => ports.map(here),
            Self::Lan { .. } => [
                SocketAddr::new(SERVER, API_PORT),
                SocketAddr::new(SERVER, AGENTS_PORT),
                here(METRICS_PORT),
            ],
        }
    }

    /// The same command, but in this place.
    pub(super) fn enter(&self, command: Command) -> Command {
        match self {
            Self::Here(_) => command,
            Self::Lan { lan, .. } => lan.enter(&command),
        }
    }

    /// Whether somebody answers at API and agent plane.
    ///
    /// # Errors
    /// When it cannot be tried.
    pub(super) fn answers(&self) -> Result<bool> {
        let [api, agents, _] = self.listeners();
        Ok(match self {
            Self::Here(_) => [api, agents].into_iter().all(|at| TcpStream::connect(at).is_ok()),
            Self::Lan { lan, .. } => {
                lan.reach(api)? == Reached::Yes && lan.reach(agents)? == Reached::Yes
            }
        })
    }
}
