//! What a server and its gateways say to each other, over the link.
//!
//! The link is HTTP/2 over mutual TLS 1.3. Whoever dialled, the **gateway is the
//! HTTP client**: what it relays are requests. Besides the routes of the agent
//! plane it knows two paths of its own, [`CONTROL_PATH`] and, for TLS that passes
//! through unopened, `CONNECT` to [`CONSOLE_AUTHORITY`].
//!
//! A gateway keeps its [`GatewayConfig`] in memory only: without a server it
//! relays nothing. The configuration is signed with the order key.
//! The rest of what is said here is not: it carries no authority, and mutual TLS
//! with two pinned keys says who speaks.

use serde::{Deserialize, Serialize};

use sekisho_model::Timestamp;
use sekisho_model::id::{DeviceId, GatewayId, SiteId};

use crate::bundle::SiteAnchor;
use crate::route::{Access, Method, ROUTES, RateClass, RouteName};

/// The version of the link. Server and gateway of one major version work
/// together, whichever is older.
pub const LINK_MAJOR: u16 = 1;

/// ALPN of the link on a listener that has other uses, too.
pub const LINK_ALPN: &[u8] = b"sekisho-link/1";

/// ALPN of the link's connections that carry one call at a time, as HTTP/1.1. The
/// gateway is the client on them, too. Only calls go over them: neither the control
/// stream nor what passes through.
pub const CALL_ALPN: &[u8] = b"sekisho-call/1";

/// The path by which a gateway asks whether such a connection is alive: GET, 204.
pub const ALIVE_PATH: &str = "/gateway/v1/alive";

/// The path of the control stream: one POST whose request body carries
/// [`FromGateway`] and whose answer body carries [`ToGateway`], each message as
/// a frame: 4 bytes of length, big-endian, and so many bytes of CBOR.
pub const CONTROL_PATH: &str = "/gateway/v1/control";

/// Where pairing happens, on the gateway's private listener: GET for
/// [`PairingOffer`], POST with [`PairingEnvelope`].
pub const PAIRING_PATH: &str = "/gateway/v1/pairing";

/// The authority of a CONNECT that becomes a byte stream to the server's own
/// TLS listener for console and API.
pub const CONSOLE_AUTHORITY: &str = "console.sekisho.internal:8443";

/// The request header with the peer's certificate (RFC 9440 §2.1): DER, as a
/// structured-field byte sequence. Honoured from a peer with a gateway
/// certificate only; stripped from everything else.
pub const CLIENT_CERT_HEADER: &str = "client-cert";

/// The request header with the peer's address, as the gateway saw it (RFC 7239,
/// one `for=` and nothing else).
pub const FORWARDED_HEADER: &str = "forwarded";

/// An answer's header to a relayed wait of zero seconds: so many milliseconds
/// until an order becomes due by itself. Taken off by the gateway.
pub const NEXT_DUE_HEADER: &str = "sekisho-next-due-ms";

/// Longest signed [`GatewayConfig`], in bytes: room for 100,000 revoked devices.
pub const MAX_CONFIG_BYTES: usize = 3 * 1024 * 1024;

/// Longest frame on the control stream, in bytes.
pub const MAX_FRAME_BYTES: usize = 4 * 1024 * 1024;

/// Longest body of a pairing, in bytes.
pub const MAX_PAIRING_BYTES: usize = 256 * 1024;

/// How long a pairing string is good for, in seconds.
pub const PAIRING_TTL_S: u64 = 30 * 60;

/// What [`GatewayConfig`] says about one route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteLine {
    /// Its name, for counters.
    pub name: String,
    /// Its method.
    pub method: Method,
    /// Its path; `{…}` stands for one segment.
    pub path: String,
    /// Who may call it.
    pub access: Access,
    /// Which limit counts it.
    pub rate: RateClass,
    /// Longest request body, in bytes.
    pub max_body_bytes: u64,
    /// Longest answer body, in bytes.
    pub max_answer_bytes: u64,
    /// How long an answer may take, in seconds.
    pub timeout_s: u64,
    /// Whether the gateway holds the call itself until a wake.
    pub parks: bool,
}

/// The lines of [`ROUTES`], as a server of this version publishes them.
pub fn route_lines() -> Vec<RouteLine> {
    let line = |route: &crate::route::Route| RouteLine {
        name: route.name.as_str().to_owned(),
        method: route.method,
        path: route.path.to_owned(),
        access: route.access,
        rate: route.rate,
        max_body_bytes: route.max_body_bytes as u64,
        max_answer_bytes: route.max_answer_bytes as u64,
        timeout_s: route.timeout_s,
        parks: route.name == RouteName::Wait,
    };
    ROUTES.iter().map(line).collect()
}

/// TLS as the server speaks it, by the numbers of the IANA registries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsPolicy {
    /// Versions, e.g. 0x0304 for TLS 1.3.
    pub versions: Vec<u16>,
    /// Cipher suites, preferred first.
    pub suites: Vec<u16>,
    /// Key exchange groups, preferred first.
    pub groups: Vec<u16>,
}

/// A rate: so many at once, refilled evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// In a second, times 1,000 (so that less than one in a second can be said).
    pub per_1000_s: u64,
    /// At once, at most.
    pub burst: u32,
}

impl Rate {
    /// So many in a second.
    pub const fn per_second(n: u64, burst: u32) -> Self {
        Self { per_1000_s: n * 1000, burst }
    }
}

/// What bounds the work that others can make. Two limiters: what comes
/// in, and what goes on to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Only count and report what would be refused.
    pub dry_run: bool,
    /// Connections at once.
    pub connections: u32,
    /// Connections at once from one address (IPv6: one /64), without an approved
    /// certificate.
    pub connections_per_address: u32,
    /// Connections at once of one device.
    pub connections_per_device: u32,
    /// TLS handshakes of all.
    pub handshakes: Rate,
    /// TLS handshakes from one address.
    pub handshakes_per_address: Rate,
    /// TLS handshakes begun and not ended.
    pub handshakes_in_flight: u32,
    /// Calls of the enrolment class from one address.
    pub enrolment_per_address: Rate,
    /// Calls of the enrolment class of all.
    pub enrolment: Rate,
    /// Calls of the enrolment class in progress.
    pub enrolment_in_flight: u32,
    /// Calls of one device.
    pub per_device: Rate,
    /// Calls in progress at the server: the second limiter. Adapts below this to
    /// how fast the server answers.
    pub relayed_in_flight: u32,
    /// Refusals of one address in a minute after which it is banned; 0: never.
    pub ban_after: u32,
    /// How long a ban lasts, in seconds.
    pub ban_s: u32,
    /// Memory the gateway may use, in bytes: it sheds before it grows over it.
    pub memory_bytes: u64,
    /// Streams at once through the pass-through listener.
    pub pass_through: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            dry_run: false,
            connections: 20_000,
            connections_per_address: 64,
            connections_per_device: 4,
            handshakes: Rate::per_second(1000, 1000),
            handshakes_per_address: Rate::per_second(5, 20),
            handshakes_in_flight: 1000,
            enrolment_per_address: Rate::per_second(1, 10),
            enrolment: Rate::per_second(50, 100),
            enrolment_in_flight: 32,
            per_device: Rate::per_second(2, 20),
            relayed_in_flight: 512,
            ban_after: 100,
            ban_s: 600,
            memory_bytes: 1024 * 1024 * 1024,
            pass_through: 512,
        }
    }
}

/// A network that many devices share one address of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Office {
    /// Its name.
    pub name: String,
    /// Its public networks in CIDR notation.
    pub networks: Vec<String>,
    /// Instead of [`Limits::connections_per_address`], for the whole office.
    pub connections: u32,
    /// Instead of [`Limits::handshakes_per_address`], for the whole office.
    pub handshakes: Rate,
    /// Instead of [`Limits::enrolment_per_address`], for the whole office.
    pub enrolment: Rate,
}

/// TLS that passes through unopened to the server. Off unless it stands
/// in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassThrough {
    /// The server names (SNI) that pass; everything else is closed.
    pub names: Vec<String>,
}

/// All that a gateway works by. Signed with the order key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayConfig {
    /// The site.
    pub site: SiteId,
    /// For which gateway.
    pub gateway: GatewayId,
    /// Rises with each change; a lower one is refused while one is held.
    pub version: u64,
    /// When it was signed.
    pub issued: Timestamp,
    /// The server's version, for people.
    pub server_version: String,
    /// What is relayed; everything else does not exist.
    pub routes: Vec<RouteLine>,
    /// TLS on the public listeners.
    pub tls: TlsPolicy,
    /// The limits.
    pub limits: Limits,
    /// Offices.
    pub offices: Vec<Office>,
    /// The site's CA certificates, DER: the roots, then the issuing ones.
    pub ca_roots: Vec<serde_bytes::ByteBuf>,
    /// The issuing ones.
    pub ca_issuing: Vec<serde_bytes::ByteBuf>,
    /// Devices whose certificates count for nothing: blocked, retired, suspended.
    pub revoked: Vec<DeviceId>,
    /// Names and addresses the public certificate is for.
    pub public_names: Vec<String>,
    /// Console and sessions through this gateway.
    pub pass_through: Option<PassThrough>,
}

/// From the server to a gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToGateway {
    /// A signed [`GatewayConfig`].
    Config(serde_bytes::ByteBuf),
    /// Signed trust bundles that the gateway lacks, oldest first. They come
    /// before a configuration that is signed with a key they name.
    Bundles(Vec<serde_bytes::ByteBuf>),
    /// These devices have something to fetch.
    Wake(Vec<DeviceId>),
    /// These devices may no longer be connected. Also in the next configuration.
    Revoked(Vec<DeviceId>),
    /// The certificate that was asked for.
    Certificate {
        /// For the link, or for the public listeners.
        for_link: bool,
        /// Leaf first, DER.
        chain: Vec<serde_bytes::ByteBuf>,
        /// When to ask for the next.
        renew_at: Timestamp,
        /// Its end.
        not_after: Timestamp,
    },
    /// Lift these bans (addresses as in [`Ban::address`]).
    Lift(Vec<String>),
    /// Refused, with a sentence for the gateway's log and status.
    Refused(String),
    /// This gateway is being revoked: it lets its agents go, so that they find
    /// another one at once, and ends the link.
    Farewell,
}

/// From a gateway to its server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromGateway {
    /// The first message.
    Hello(GatewayHello),
    /// A certificate, please.
    CertificateRequest {
        /// For the link (made with the pinned key), or for the public listeners.
        for_link: bool,
        /// PKCS#10, DER.
        request: serde_bytes::ByteBuf,
    },
    /// Every ten seconds, and after each configuration.
    Status(Box<GatewayStatus>),
    /// Another process of this gateway is starting: dial again, it answers.
    DialAgain,
}

/// Who is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayHello {
    /// Which gateway.
    pub gateway: GatewayId,
    /// Which process of it: random, new at each start.
    pub instance: u64,
    /// [`LINK_MAJOR`] of the gateway.
    pub link_major: u16,
    /// Its version.
    pub version: String,
    /// The version of the newest trust bundle it holds.
    pub bundle_version: u64,
    /// The version of the configuration it works by, if any.
    pub config_version: Option<u64>,
    /// How many connections of the link it wants.
    pub connections: u16,
    /// How many connections for calls ([`CALL_ALPN`]) it wants beside them.
    #[serde(default)]
    pub calls: u16,
}

/// What a gateway says about itself; `/getstatus` says the same. No
/// secret is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayStatus {
    /// The configuration it works by.
    pub config_version: Option<u64>,
    /// Its SHA-256 in hexadecimal digits.
    pub config_hash: Option<String>,
    /// Since when it runs, in seconds.
    pub uptime_s: u64,
    /// Connections on the agent plane.
    pub connections: u64,
    /// Parked waits.
    pub parked: u64,
    /// Calls in progress at the server.
    pub relayed_in_flight: u64,
    /// What the second limiter allows at the moment.
    pub relay_allowed: u64,
    /// Streams that pass through.
    pub pass_through: u64,
    /// Memory in use, in bytes.
    pub memory_bytes: u64,
    /// Since the start: requests relayed.
    pub relayed: u64,
    /// Since the start: TLS handshakes ended well.
    pub handshakes: u64,
    /// Since the start: refusals by reason (`not_found`, `too_many`, `banned` …).
    pub refused: Vec<(String, u64)>,
    /// The last refusals, newest last, at most 50.
    pub last_refusals: Vec<Refusal>,
    /// Bans in force, at most 1,000.
    pub bans: Vec<Ban>,
    /// The public certificate.
    pub certificate: Option<CertificateStatus>,
    /// What the public names lead to where the gateway asks, at most 32.
    pub names: Vec<NameSeen>,
    /// Where it listens for others than its server. `None`: an older gateway, which
    /// does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listeners: Option<GatewayListeners>,
    /// What does not go as it should, one sentence each.
    pub problems: Vec<String>,
    /// What each of `problems` is about, in the same order. Empty: an older gateway,
    /// which does not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<GatewayTopic>,
}

impl GatewayStatus {
    /// The problems, each with what it is about.
    pub fn remarks(&self) -> impl Iterator<Item = (GatewayTopic, &str)> {
        let topics = self.topics.iter().copied().chain(std::iter::repeat(GatewayTopic::Other));
        topics.zip(self.problems.iter().map(String::as_str))
    }
}

/// What a problem of a gateway is about: who shows it can say so in the reader's
/// language, beside the gateway's own sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatewayTopic {
    /// It is not paired with a server.
    NotPaired,
    /// No server is connected.
    NoServer,
    /// There is no certificate for the public listeners.
    NoCertificate,
    /// Memory is short at the moment.
    MemoryShort,
    /// The machine or its settings allow less than the server's limits say.
    Capacity,
    /// A listener does not work.
    Listener,
    /// Console and sessions cannot pass as they are to.
    PassThrough,
    /// The server does not answer on the control stream, or refuses it.
    Control,
    /// A configuration was not taken over.
    Config,
    /// Trust bundles were not believed.
    Bundles,
    /// The server has revoked this gateway.
    Revoked,
    /// The server refuses this gateway.
    Refused,
    /// The server cannot be dialled (classic direction).
    Dial,
    /// A network of an office cannot be used.
    Offices,
    /// Something of the server's TLS policy is not known here.
    Tls,
    /// Something else, or a topic of a newer gateway.
    #[serde(other)]
    Other,
}

/// Where a gateway listens, as it is set there: addresses and ports of its own
/// machine, which behind an address translation are not what others dial.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayListeners {
    /// For agents, each like `0.0.0.0:8383`.
    pub agents: Vec<String>,
    /// For TLS that passes through, like `0.0.0.0:8443`, whether it is open at the
    /// moment or not. `None`: nothing may pass, whatever the server says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass_through: Option<String>,
}

/// The certificate of the public listeners.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateStatus {
    /// Who it is for.
    pub names: Vec<String>,
    /// Issued by the site, or brought by an administrator.
    pub imported: bool,
    /// Its end.
    pub not_after: Timestamp,
    /// SHA-256 of its public key.
    #[serde(with = "serde_bytes")]
    pub key_sha256: [u8; 32],
}

/// A public name as the gateway's resolver knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameSeen {
    /// The name.
    pub name: String,
    /// Its addresses, at most 16.
    pub addresses: Vec<String>,
    /// Whether one of them is the gateway's own, i.e. no NAT stands between.
    pub own: bool,
    /// Why it has none.
    pub problem: Option<String>,
}

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// When.
    pub at: Timestamp,
    /// From where.
    pub address: String,
    /// The device, if it showed a certificate.
    pub device: Option<DeviceId>,
    /// Why.
    pub reason: String,
    /// The status that was answered; 0: the connection was closed.
    pub status: u16,
}

/// An address that is kept out for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    /// An IPv4 address or an IPv6 /64.
    pub address: String,
    /// Until when.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
}

/// What a gateway that waits for its pairing tells whoever dialled the key in
/// the pairing string.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairingOffer {
    /// [`LINK_MAJOR`] of the gateway.
    pub link_major: u16,
    /// Its version.
    pub version: String,
    /// X25519; the [`Pairing`] is sealed to it, in PSK mode.
    #[serde(with = "serde_bytes")]
    pub key: [u8; 32],
    /// A request for the link certificate, made with the pinned key: PKCS#10, DER.
    #[serde(with = "serde_bytes")]
    pub request: Vec<u8>,
}

/// A sealed [`Pairing`]. Its secret is the pre-shared key: never sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairingEnvelope {
    /// Which pairing string.
    #[serde(with = "serde_bytes")]
    pub id: [u8; 16],
    /// HPKE encapsulated key.
    #[serde(with = "serde_bytes")]
    pub enc: [u8; 32],
    /// The ciphertext.
    #[serde(with = "serde_bytes")]
    pub ciphertext: Vec<u8>,
}

/// What makes a gateway one of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pairing {
    /// The site.
    pub anchor: SiteAnchor,
    /// All signed trust bundles, oldest first.
    pub bundles: Vec<serde_bytes::ByteBuf>,
    /// Who the gateway is from now on.
    pub gateway: GatewayId,
    /// Its name at the site.
    pub name: String,
    /// The link certificate, leaf first, DER.
    pub chain: Vec<serde_bytes::ByteBuf>,
    /// The classic direction: where the gateway dials its server (`host:port`).
    pub dial: Option<String>,
}

/// The answer, encrypted under a key that is exported from the pairing's HPKE
/// context: only the gateway with the secret could write it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairingAnswer {
    /// The gateway that was paired.
    pub gateway: GatewayId,
    /// Where it listens for agents, as it was configured.
    pub agents: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor;

    /// The message as a peer of before `listeners` knows it.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Older {
        uptime_s: u64,
        problems: Vec<String>,
    }

    #[test]
    fn a_status_with_what_is_new_is_read_by_older_servers_and_one_without_by_newer_ones() {
        let pass_through = Some("0.0.0.0:8443".to_owned());
        let listeners = GatewayListeners { agents: vec!["[::]:443".to_owned()], pass_through };
        let problems = vec!["nobody calls".to_owned()];
        let silent = GatewayStatus { uptime_s: 7, problems, ..GatewayStatus::default() };
        let topics = vec![GatewayTopic::NoServer];
        let status = GatewayStatus { listeners: Some(listeners), topics, ..silent.clone() };
        let bytes = cbor::encode(&status);
        assert_eq!(cbor::decode::<GatewayStatus>(&bytes, 4096).expect("read"), status);
        let older = cbor::decode::<Older>(&bytes, 4096).expect("read by an older server");
        assert_eq!(older, Older { uptime_s: 7, problems: silent.problems.clone() });
        assert_eq!(status.remarks().next(), Some((GatewayTopic::NoServer, "nobody calls")));
        let mut before: ciborium::Value = cbor::decode(&cbor::encode(&silent), 4096).expect("read");
        let fields = before.as_map_mut().expect("a map");
        let new = |name: &str| ["listeners", "topics"].contains(&name);
        assert!(!fields.iter().any(|(name, _)| name.as_text().is_some_and(new)), "left out");
        let read = cbor::decode::<GatewayStatus>(&cbor::encode(&before), 4096);
        let read = read.expect("read from an older gateway");
        assert_eq!(read, silent);
        assert_eq!(read.remarks().next(), Some((GatewayTopic::Other, "nobody calls")));
    }

    #[test]
    fn a_topic_of_a_newer_gateway_is_another_one() {
        let read = cbor::decode::<GatewayTopic>(&cbor::encode(&"weather"), 64);
        assert_eq!(read.expect("read"), GatewayTopic::Other);
    }
}
