//! How gateways are shown.

use sekisho_model::Timestamp;
use sekisho_model::gateway::{GatewayState, GatewayTls, LinkDirection, PublicAddress};
use sekisho_model::id::GatewayId;
use sekisho_model::name::Label;
use sekisho_store::{Gateway, StoreError};
use sekisho_wire::gateway::{GatewayListeners, GatewayStatus, LINK_MAJOR};
use serde::{Deserialize, Serialize};

use super::live::Instance;
use crate::app::App;
use crate::http::Time;
use crate::resources::refs::{Named, Names};

/// How agents check the certificate of a gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum TlsCheck {
    /// By the site's own authority.
    #[default]
    SiteCa,
    /// By the authorities that the endpoint's system trusts: for a certificate
    /// that was imported at the gateway.
    SystemRoots,
    /// By its public key.
    PinnedKey,
}

/// Where agents reach a gateway.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PublicAddressView {
    /// `host:port`.
    #[schema(max_length = 260)]
    address: String,
    /// Its share of the agents beside others; 0: only when no other answers.
    #[serde(default = "usual_weight")]
    #[schema(maximum = 1000)]
    weight: u16,
    /// How agents check its certificate.
    #[serde(default)]
    tls: TlsCheck,
    /// With `pinned_key`: the SHA-256 of the public key, 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_sha256: Option<String>,
}

const fn usual_weight() -> u16 {
    10
}

impl From<PublicAddress> for PublicAddressView {
    fn from(public: PublicAddress) -> Self {
        let (tls, key_sha256) = match public.tls {
            GatewayTls::SiteCa => (TlsCheck::SiteCa, None),
            GatewayTls::SystemRoots => (TlsCheck::SystemRoots, None),
            GatewayTls::PinnedKey(key) => (TlsCheck::PinnedKey, Some(key)),
        };
        Self { address: public.address, weight: public.weight, tls, key_sha256 }
    }
}

impl From<PublicAddressView> for PublicAddress {
    fn from(view: PublicAddressView) -> Self {
        let tls = match view.tls {
            TlsCheck::SiteCa => GatewayTls::SiteCa,
            TlsCheck::SystemRoots => GatewayTls::SystemRoots,
            TlsCheck::PinnedKey => GatewayTls::PinnedKey(view.key_sha256.unwrap_or_default()),
        };
        Self { address: view.address, weight: view.weight, tls }
    }
}

/// A gateway.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct GatewayView {
    /// Its id.
    #[schema(value_type = String)]
    id: GatewayId,
    /// What it is called.
    #[schema(value_type = String)]
    name: Label,
    /// `active`, or `revoked`: its key counts for nothing any more.
    #[schema(value_type = String)]
    state: GatewayState,
    /// `server_dials`, or `gateway_dials`, which opens a port into the LAN.
    #[schema(value_type = String)]
    direction: LinkDirection,
    /// Where its private listener is.
    address: String,
    /// Where it listens for agents, as it said when it was paired.
    agents: String,
    /// Where agents reach it.
    public: Vec<PublicAddressView>,
    /// SHA-256 of the key of its link, to compare with what the gateway shows.
    key_sha256: String,
    /// Whether console and sessions pass through it, unopened.
    pass_through: bool,
    /// The server names that pass.
    pass_through_names: Vec<String>,
    /// Whether it only counts what it would refuse.
    dry_run: bool,
    /// Whether it is connected now.
    connected: bool,
    /// How many connections of the link there are.
    connections: usize,
    /// Why it is not connected, or was refused.
    problem: Option<RemarkView>,
    /// The version of its program.
    software: String,
    /// The version of the link it speaks.
    link_major: u16,
    /// Whether its program and this server belong to one major version of the
    /// link.
    compatible: bool,
    /// When it was last heard of.
    last_contact_at: Option<Time>,
    /// Its processes that are connected; two during an upgrade.
    instances: Vec<InstanceView>,
    /// What it last said of itself; it may be not connected any more.
    status: Option<StatusView>,
    /// The ports that firewalls have to let through.
    ports: Vec<PortView>,
    /// Who paired it.
    paired_by: Named,
    /// When.
    paired_at: Time,
    /// Who revoked it.
    revoked_by: Option<Named>,
    /// When.
    revoked_at: Option<Time>,
    /// Why.
    revoked_reason: Option<String>,
    /// Counts changes.
    version: i64,
}

/// A process of a gateway.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct InstanceView {
    /// The version of its program.
    software: String,
    /// Its address.
    peer: String,
    /// Since when it is connected.
    since: Time,
    /// When it last said something.
    heard_at: Time,
    /// Whether it works by the newest configuration.
    configured: bool,
}

/// What a gateway says of itself.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct StatusView {
    /// The configuration it works by.
    config_version: Option<u64>,
    /// Its SHA-256 in hexadecimal digits.
    config_hash: Option<String>,
    /// Since when it runs, in seconds.
    uptime_s: u64,
    /// Connections of agents.
    connections: u64,
    /// Agents that wait for something to do.
    parked: u64,
    /// Calls in progress at this server.
    relayed_in_flight: u64,
    /// As many as it allows at the moment.
    relay_allowed: u64,
    /// Streams that pass through.
    pass_through: u64,
    /// Memory in use, in bytes.
    memory_bytes: u64,
    /// Calls relayed since it was started.
    relayed: u64,
    /// TLS handshakes since it was started.
    handshakes: u64,
    /// Refusals since it was started, by reason.
    refused: Vec<CountView>,
    /// The last refusals, newest last.
    last_refusals: Vec<RefusalView>,
    /// Bans in force.
    bans: Vec<BanView>,
    /// Its public certificate.
    certificate: Option<PublicCertificateView>,
    /// What does not go as it should.
    problems: Vec<RemarkView>,
}

/// Something that does not go as it should.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RemarkView {
    /// What it is about, as one word: `unreachable`, `memory_short` …
    topic: String,
    /// A sentence of the program that noticed it, in English.
    sentence: String,
}

impl RemarkView {
    fn new(topic: impl Serialize, sentence: String) -> Self {
        let word = serde_json::to_value(topic).ok();
        let word = word.as_ref().and_then(serde_json::Value::as_str).unwrap_or("other");
        Self { topic: word.to_owned(), sentence }
    }
}

/// A reason and how often.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CountView {
    /// The reason.
    reason: String,
    /// How often.
    count: u64,
}

/// A refusal.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RefusalView {
    /// When.
    at: Time,
    /// From where.
    address: String,
    /// The device, if it showed a certificate.
    device: Option<String>,
    /// Why.
    reason: String,
    /// The status that was answered; 0: the connection was closed.
    status: u16,
}

/// An address that is kept out for a while.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BanView {
    /// An IPv4 address or an IPv6 network.
    address: String,
    /// Until when.
    until: Time,
    /// Why.
    reason: String,
}

/// The certificate of a gateway's public listeners.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PublicCertificateView {
    /// Who it is for.
    names: Vec<String>,
    /// Whether an administrator brought it; otherwise the site has issued it.
    imported: bool,
    /// Its end.
    not_after: Time,
    /// SHA-256 of its public key.
    key_sha256: String,
}

/// Where TLS passes through a gateway that does not say where.
const PASS_THROUGH_PORT: u16 = 8443;

/// A port that a firewall has to let through.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PortView {
    /// From where: `internet`, `server`, `gateway`.
    from: &'static str,
    /// To where: `gateway`, `server`.
    to: &'static str,
    /// The port; TCP.
    port: u16,
    /// What for: `agents`, `link`, `pass_through`.
    purpose: &'static str,
}

/// Shows a gateway.
pub(super) async fn one(
    app: &App,
    names: &mut Names<'_>,
    gateway: Gateway,
) -> Result<GatewayView, StoreError> {
    let seen = app.gateways.seen(gateway.id);
    let kept = gateway.status.clone().and_then(|kept| serde_json::from_value(kept).ok());
    let newest = seen.instances.iter().max_by_key(|instance| instance.since);
    let status = newest.and_then(|instance| instance.status.clone()).or(kept);
    let revoked_by = match gateway.revoked_by {
        Some(user) => Some(names.user(user).await?),
        None => None,
    };
    let heard = newest.map(|instance| instance.heard_at);
    Ok(GatewayView {
        ports: ports(app, &gateway, status.as_ref().and_then(|it| it.listeners.as_ref())),
        id: gateway.id,
        state: gateway.state,
        direction: gateway.direction,
        agents: gateway.agents,
        key_sha256: data_encoding::HEXLOWER.encode(&gateway.key_sha256.0),
        pass_through: gateway.pass_through,
        pass_through_names: gateway.pass_through_names,
        dry_run: gateway.dry_run,
        connected: !seen.instances.is_empty(),
        connections: seen.connections,
        problem: seen.trouble.map(|it| RemarkView::new(it.topic, it.sentence)),
        compatible: gateway.link_major == LINK_MAJOR,
        software: newest.map_or(gateway.software, |instance| instance.software.clone()),
        link_major: gateway.link_major,
        last_contact_at: heard.max(gateway.last_contact_at).map(Time),
        instances: seen.instances.iter().map(InstanceView::of).collect(),
        status: status.map(StatusView::of),
        name: gateway.name,
        address: gateway.address,
        public: gateway.public.into_iter().map(Into::into).collect(),
        paired_by: names.user(gateway.paired_by).await?,
        paired_at: gateway.paired_at.into(),
        revoked_by,
        revoked_at: gateway.revoked_at.map(Time),
        revoked_reason: gateway.revoked_reason,
        version: gateway.version,
    })
}

fn port_of(address: &str) -> Option<u16> {
    address.rsplit_once(':')?.1.parse().ok()
}

/// `listeners`: as the gateway says, unless it is too old to say it.
fn ports(app: &App, gateway: &Gateway, listeners: Option<&GatewayListeners>) -> Vec<PortView> {
    let mut ports = Vec::new();
    let mut public: Vec<u16> =
        gateway.public.iter().filter_map(|public| port_of(&public.address)).collect();
    public.sort_unstable();
    public.dedup();
    for port in public {
        ports.push(PortView { from: "internet", to: "gateway", port, purpose: "agents" });
    }
    let passes = match listeners {
        Some(listeners) => listeners.pass_through.as_deref().and_then(port_of),
        None => Some(PASS_THROUGH_PORT),
    };
    if let Some(port) = passes.filter(|_| gateway.pass_through) {
        ports.push(PortView { from: "internet", to: "gateway", port, purpose: "pass_through" });
    }
    let link = match gateway.direction {
        LinkDirection::ServerDials => {
            port_of(&gateway.address).map(|port| ("server", "gateway", port))
        }
        LinkDirection::GatewayDials => Some(("gateway", "server", app.config.listen.agents.port())),
    };
    if let Some((from, to, port)) = link {
        ports.push(PortView { from, to, port, purpose: "link" });
    }
    ports
}

impl InstanceView {
    fn of(instance: &Instance) -> Self {
        let held = instance.status.as_ref().and_then(|status| status.config_version);
        Self {
            software: instance.software.clone(),
            peer: instance.peer.clone(),
            since: instance.since.into(),
            heard_at: instance.heard_at.into(),
            configured: held.is_some_and(|held| held >= instance.sent),
        }
    }
}

impl StatusView {
    fn of(status: GatewayStatus) -> Self {
        let time = |at: Timestamp| Time(at);
        let remark = |(topic, sentence): (_, &str)| RemarkView::new(topic, sentence.to_owned());
        let problems = status.remarks().map(remark).collect();
        Self {
            config_version: status.config_version,
            config_hash: status.config_hash,
            uptime_s: status.uptime_s,
            connections: status.connections,
            parked: status.parked,
            relayed_in_flight: status.relayed_in_flight,
            relay_allowed: status.relay_allowed,
            pass_through: status.pass_through,
            memory_bytes: status.memory_bytes,
            relayed: status.relayed,
            handshakes: status.handshakes,
            refused: status
                .refused
                .into_iter()
                .map(|(reason, count)| CountView { reason, count })
                .collect(),
            last_refusals: status
                .last_refusals
                .into_iter()
                .map(|refusal| RefusalView {
                    at: time(refusal.at),
                    address: refusal.address,
                    device: refusal.device.map(|device| device.to_string()),
                    reason: refusal.reason,
                    status: refusal.status,
                })
                .collect(),
            bans: status
                .bans
                .into_iter()
                .map(|ban| BanView {
                    address: ban.address,
                    until: time(ban.until),
                    reason: ban.reason,
                })
                .collect(),
            certificate: status.certificate.map(|certificate| PublicCertificateView {
                names: certificate.names,
                imported: certificate.imported,
                not_after: time(certificate.not_after),
                key_sha256: data_encoding::HEXLOWER.encode(&certificate.key_sha256),
            }),
            problems,
        }
    }
}
