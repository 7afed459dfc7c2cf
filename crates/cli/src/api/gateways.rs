//! What is shown of gateways and offices.

use sekisho_model::Secret;
use sekisho_model::id::{Gateway as GatewayKind, GatewayId, OfficeId};
use serde::{Deserialize, Serialize};

use super::shapes::{Named, secret};
use crate::output::text::Time;

/// A gateway.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Gateway {
    pub(crate) id: GatewayId,
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) direction: String,
    pub(crate) address: String,
    #[serde(default)]
    pub(crate) public: Vec<PublicAddress>,
    pub(crate) key_sha256: String,
    #[serde(default)]
    pub(crate) pass_through: bool,
    #[serde(default)]
    pub(crate) dry_run: bool,
    #[serde(default)]
    pub(crate) connected: bool,
    pub(crate) problem: Option<Remark>,
    pub(crate) software: String,
    pub(crate) last_contact_at: Option<Time>,
    pub(crate) status: Option<Status>,
    #[serde(default)]
    pub(crate) ports: Vec<Port>,
}

/// Where agents reach a gateway.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PublicAddress {
    pub(crate) address: String,
    pub(crate) weight: u16,
    pub(crate) tls: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key_sha256: Option<String>,
}

/// What a gateway says of itself.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Status {
    pub(crate) connections: u64,
    pub(crate) parked: u64,
    pub(crate) relayed: u64,
    #[serde(default)]
    pub(crate) bans: Vec<Ban>,
    #[serde(default)]
    pub(crate) problems: Vec<Remark>,
}

/// Something that does not go as it should.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Remark {
    pub(crate) sentence: String,
}

/// An address that is kept out.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Ban {
    pub(crate) address: String,
}

/// A port that a firewall has to let through.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Port {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) port: u16,
    pub(crate) purpose: String,
}

/// What the names of a gateway lead to.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct NameChecks {
    pub(crate) names: Vec<NameCheck>,
}

/// What one name leads to.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct NameCheck {
    pub(crate) name: String,
    pub(crate) here: Vec<String>,
    pub(crate) lan_reaches: String,
    #[serde(default)]
    pub(crate) there: Vec<String>,
    #[serde(default)]
    pub(crate) wan_reaches: Option<String>,
    pub(crate) gateway_certificate: Option<bool>,
}

/// An office.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Office {
    pub(crate) id: OfficeId,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) networks: Vec<String>,
    #[serde(default)]
    pub(crate) gateways: Vec<Named<GatewayKind>>,
    #[serde(default)]
    pub(crate) limits: serde_json::Value,
    #[serde(default)]
    pub(crate) remarks: String,
}

/// What is typed at an endpoint of an office, shown once.
#[derive(Debug, Deserialize)]
pub(crate) struct InstallLine {
    #[serde(deserialize_with = "secret")]
    pub(crate) key: Secret,
    pub(crate) command: String,
    pub(crate) expires_at: Time,
}

/// What is to be compared before a gateway is paired.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PairingCheck {
    pub(crate) address: String,
    pub(crate) key_sha256: String,
    pub(crate) software: String,
}
