//! Certificates for enrolled devices: the first one after approval, and the
//! plain renewals from then on.

use serde::{Deserialize, Serialize};

use sekisho_model::Timestamp;
use sekisho_model::id::DeviceId;

/// Longest certificate request, in bytes.
pub const MAX_CERTIFICATE_REQUEST_BYTES: usize = 32 * 1024;

/// The request as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateEnvelope {
    /// The protocol version this was written for.
    pub protocol: u16,
    /// Who asks.
    pub device: DeviceId,
    /// Which receipt key this is sealed to.
    #[serde(with = "serde_bytes")]
    pub receipt_kid: [u8; 8],
    /// HPKE encapsulated key.
    #[serde(with = "serde_bytes")]
    pub enc: [u8; 32],
    /// The sealed, signed [`CertificateRequest`].
    #[serde(with = "serde_bytes")]
    pub ciphertext: Vec<u8>,
}

/// Asks for a certificate, or whether the device is approved yet. Signed with
/// the identity key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateRequest {
    /// The protocol version this was written for.
    pub protocol: u16,
    /// Who asks.
    pub device: DeviceId,
    /// PKCS#10, DER; only its public key is used.
    #[serde(with = "serde_bytes")]
    pub csr: Vec<u8>,
    /// The X25519 key the answer is sealed to.
    #[serde(with = "serde_bytes")]
    pub reply_key: [u8; 32],
    /// Binds the answer to this request.
    #[serde(with = "serde_bytes")]
    pub nonce: [u8; 32],
}

/// The answer, signed by the order key, sealed to the reply key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateAnswer {
    /// The nonce of the request.
    #[serde(with = "serde_bytes")]
    pub nonce: [u8; 32],
    /// The server's clock.
    pub server_time: Timestamp,
    /// What was decided.
    pub outcome: CertificateOutcome,
}

/// A certificate with the times that matter to its holder, so that an agent
/// need not read certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedCertificate {
    /// Chain, leaf first, DER.
    pub chain: Vec<serde_bytes::ByteBuf>,
    /// Ask for the next one from this time on, by the server's clock.
    pub renew_at: Timestamp,
    /// It ends at this time, by the server's clock.
    pub not_after: Timestamp,
}

/// What the server decided about a certificate request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateOutcome {
    /// A certificate.
    Issued(IssuedCertificate),
    /// An administrator has not decided yet.
    Pending {
        /// Ask again after so many seconds.
        retry_after_s: u32,
    },
    /// The device may not have a certificate.
    Refused {
        /// Why.
        reason: CertificateRefusal,
    },
}

/// Why a device may not have a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateRefusal {
    /// An administrator blocked the device.
    Blocked,
    /// The device was taken out of service.
    Retired,
    /// The server has no such device with this identity key.
    UnknownDevice,
}

impl CertificateRefusal {
    /// A sentence for the person at the endpoint.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Blocked => "an administrator blocked this device",
            Self::Retired => "this device was taken out of service; enrol it again with a new key",
            Self::UnknownDevice => {
                "the server does not know this device; enrol it again with a new key"
            }
        }
    }
}
