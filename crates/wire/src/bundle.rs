//! The trust bundle: what an agent believes about its site.

use serde::{Deserialize, Serialize};

use sekisho_model::Timestamp;
use sekisho_model::id::SiteId;

/// Longest bundle, in bytes.
pub const MAX_BUNDLE_BYTES: usize = 64 * 1024;

/// Most bundles sent at once; a reader that is further behind asks again.
pub const MAX_CHAIN: usize = 64;

/// Longest answer with a chain, in bytes.
pub const MAX_CHAIN_BYTES: usize = 1024 * 1024;

/// What never changes about a site. The pin in an enrolment key is the hash of
/// this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteAnchor {
    /// The site.
    pub site: SiteId,
    /// The Ed25519 key that signs bundles and nothing else.
    #[serde(with = "serde_bytes")]
    pub root_key: [u8; 32],
}

/// The security mode agents insist on. It only rises: the ratchet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Devices without an approved certificate may still work (upgrades only).
    Compat,
    /// Only devices with an approved certificate work. New sites start here.
    Certificate,
}

/// A public key of the server with the time in which it may be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedKey {
    /// The first 8 bytes of the SHA-256 of the key.
    #[serde(with = "serde_bytes")]
    pub kid: [u8; 8],
    /// Ed25519 (order keys) or X25519 (receipt and recovery keys).
    #[serde(with = "serde_bytes")]
    pub key: [u8; 32],
    /// Not used before.
    pub not_before: Timestamp,
    /// Not used after; `None` for keys that are never dropped.
    pub not_after: Option<Timestamp>,
}

/// How the TLS certificate of a server or gateway is checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsCheck {
    /// Against the CA roots in this bundle.
    SiteCa,
    /// Against the operating system's roots.
    SystemRoots,
    /// The SHA-256 of the certificate's public key.
    PinnedKey(#[serde(with = "serde_bytes")] [u8; 32]),
}

/// A gateway that agents may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedGateway {
    /// `host:port`.
    pub address: String,
    /// Relative share of agents; 0 = only when no other answers.
    pub weight: u16,
    /// How its certificate is checked.
    pub tls: TlsCheck,
}

/// A trust bundle. The whole chain is kept and served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// The protocol version this was written for.
    pub protocol: u16,
    /// The site.
    pub site: SiteId,
    /// From 1, without gaps.
    pub version: u64,
    /// SHA-256 of the signed bytes of the bundle before; `None` in the first.
    pub previous: Option<serde_bytes::ByteArray<32>>,
    /// When it was made.
    pub issued: Timestamp,
    /// The ratchet.
    pub min_mode: Mode,
    /// Keys that sign orders, Welcomes, acks and the server's time.
    pub order_keys: Vec<PublishedKey>,
    /// Keys that Hellos, receipts and enrolments are sealed to.
    pub receipt_keys: Vec<PublishedKey>,
    /// Keys that escrows are sealed to. Only added to.
    pub recovery_keys: Vec<PublishedKey>,
    /// CA roots, DER.
    pub ca_roots: Vec<serde_bytes::ByteBuf>,
    /// How the server's own certificate is checked on the agent plane.
    pub server_tls: TlsCheck,
    /// Gateways, best first.
    pub gateways: Vec<PublishedGateway>,
    /// The oldest protocol version the server reads.
    pub min_protocol: u16,
}

/// The answer to `bundle`: the anchor and the signed bundles after the version
/// asked about, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleChain {
    /// What the pin is the hash of.
    pub anchor: SiteAnchor,
    /// Signed bundles.
    pub bundles: Vec<serde_bytes::ByteBuf>,
    /// The version of the newest bundle there is. `None`: a server that does
    /// not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<u64>,
}

/// The server's signed time: an answer to a nonce.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedTime {
    /// The nonce that was asked with.
    #[serde(with = "serde_bytes")]
    pub nonce: [u8; 16],
    /// The server's clock.
    pub time: Timestamp,
}
