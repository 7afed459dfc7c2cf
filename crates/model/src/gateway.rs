//! Gateways in front of the agent plane, and the offices behind them.

use serde::{Deserialize, Serialize};

use crate::word::words;

words! {
    /// Whether a gateway counts.
    GatewayState ("state of a gateway") {
        /// It is paired, and its key counts.
        Active = "active",
        /// Its key counts for nothing any more.
        Revoked = "revoked",
    }
}

words! {
    /// Who opens the connections between server and gateway.
    LinkDirection ("direction of a link") {
        /// The server dials the gateway: no port from the DMZ into the LAN.
        ServerDials = "server_dials",
        /// The gateway dials the server, which opens a port into the LAN.
        GatewayDials = "gateway_dials",
    }
}

/// How agents check the certificate of a gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatewayTls {
    /// By the site's own authority.
    #[default]
    SiteCa,
    /// By the authorities that the endpoint's system trusts.
    SystemRoots,
    /// By the SHA-256 of its public key, 64 hexadecimal digits.
    PinnedKey(String),
}

/// Where agents reach a gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicAddress {
    /// `host:port`.
    pub address: String,
    /// Its share of the agents beside others; 0: only when no other answers.
    pub weight: u16,
    /// How agents check its certificate.
    pub tls: GatewayTls,
}
