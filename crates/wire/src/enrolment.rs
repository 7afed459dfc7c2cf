//! Enrolment: how a device that holds a key becomes known.

use serde::{Deserialize, Serialize};

use sekisho_model::Timestamp;
use sekisho_model::device::{DeviceState, EnrolmentRefusal, Platform};
use sekisho_model::id::{DeviceId, EnrolmentKeyId};
use sekisho_model::name::{DnsName, LoginName};

use crate::certificate::IssuedCertificate;

/// Longest enrolment request, in bytes.
pub const MAX_ENROLMENT_BYTES: usize = 32 * 1024;

/// The request as it travels: sealed in PSK mode, so that the key's secret is
/// proved and never sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentEnvelope {
    /// The protocol version this was written for.
    pub protocol: u16,
    /// Which enrolment key is used.
    pub key: EnrolmentKeyId,
    /// Which receipt key this is sealed to.
    #[serde(with = "serde_bytes")]
    pub receipt_kid: [u8; 8],
    /// HPKE encapsulated key.
    #[serde(with = "serde_bytes")]
    pub enc: [u8; 32],
    /// The sealed, signed [`Enrolment`].
    #[serde(with = "serde_bytes")]
    pub ciphertext: Vec<u8>,
}

/// What a host says about itself. Facts are claims: they are shown, and never
/// decide who owns what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostFacts {
    /// The host's name.
    pub host_name: String,
    /// Its full DNS name, if it knows one.
    pub dns_name: Option<DnsName>,
    /// E.g. `Debian GNU/Linux 12 (bookworm)`.
    pub system: String,
    /// E.g. `6.1.0-18-amd64`.
    pub kernel: String,
    /// E.g. `x86_64`.
    pub architecture: String,
    /// A salted hash of the machine id, to tell copies apart.
    pub machine: String,
}

/// What a device says, signed with its identity key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// The protocol version this was written for.
    pub protocol: u16,
    /// PKCS#10, DER; only its public key is used.
    #[serde(with = "serde_bytes")]
    pub csr: Vec<u8>,
    /// The identity key: SubjectPublicKeyInfo, DER.
    #[serde(with = "serde_bytes")]
    pub identity_key: Vec<u8>,
    /// The kind of agent.
    pub platform: Platform,
    /// Version of the agent.
    pub agent_version: String,
    /// What the host says about itself.
    pub facts: HostFacts,
    /// The owner named in the agent's file: may only confirm the key's.
    pub owner: Option<LoginName>,
    /// `update`: this host is enrolled, and its resource is to be added anew
    /// under the owner of this key. Left out when it is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rehome: bool,
    /// Binds the answer to this request.
    #[serde(with = "serde_bytes")]
    pub nonce: [u8; 32],
}

/// The answer, encrypted under a key that only the holder of the enrolment key
/// and the server can derive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentAnswer {
    /// The nonce of the request.
    #[serde(with = "serde_bytes")]
    pub nonce: [u8; 32],
    /// The server's clock.
    pub server_time: Timestamp,
    /// What was decided.
    pub outcome: EnrolmentOutcome,
}

/// What the server decided about an enrolment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnrolmentOutcome {
    /// The device is known now.
    Accepted {
        /// Its id.
        device: DeviceId,
        /// `pending` or `approved`.
        state: DeviceState,
        /// The certificate; `None` while pending.
        certificate: Option<IssuedCertificate>,
        /// The whole bundle chain, signed.
        bundles: Vec<serde_bytes::ByteBuf>,
        /// Why it is pending although the key approves in advance.
        remark: Option<EnrolmentRefusal>,
        /// The device serves a resource of the key's owner, as it had asked
        /// with `rehome`. A server that does not know that leaves it out.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        rehomed: bool,
    },
    /// The device was turned away.
    Refused {
        /// Why.
        reason: EnrolmentRefusal,
    },
}
