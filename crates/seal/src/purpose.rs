//! One context per kind of message, so that none can be taken for another.

use sekisho_model::id::{DeviceId, DeviceSessionId, SiteId};

/// The kinds of signed or sealed messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// A trust bundle, signed by the site root key.
    Bundle,
    /// The server's time, signed by the order key.
    Time,
    /// An enrolment, signed by the identity key.
    Enrolment,
    /// A certificate request, signed by the identity key.
    CertificateRequest,
    /// Its answer, signed by the order key.
    CertificateAnswer,
    /// A Hello, signed by the identity key.
    Hello,
    /// Its answer, signed by the order key.
    Welcome,
    /// An order, signed by the order key.
    Order,
    /// A receipt, signed by the identity key.
    Receipt,
    /// An escrow, sealed to the recovery key.
    Escrow,
    /// The key of a backup, sealed to the recovery key.
    Backup,
    /// What a gateway works by, signed by the order key.
    GatewayConfig,
    /// What makes a gateway one of a site, sealed under the secret of a pairing string.
    Pairing,
}

impl Purpose {
    /// The COSE content type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Bundle => "application/vnd.sekisho.bundle+cbor",
            Self::Time => "application/vnd.sekisho.time+cbor",
            Self::Enrolment => "application/vnd.sekisho.enrolment+cbor",
            Self::CertificateRequest => "application/vnd.sekisho.certificate-request+cbor",
            Self::CertificateAnswer => "application/vnd.sekisho.certificate-answer+cbor",
            Self::Hello => "application/vnd.sekisho.hello+cbor",
            Self::Welcome => "application/vnd.sekisho.welcome+cbor",
            Self::Order => "application/vnd.sekisho.order+cbor",
            Self::Receipt => "application/vnd.sekisho.receipt+cbor",
            Self::Escrow => "application/vnd.sekisho.escrow+cbor",
            Self::Backup => "application/vnd.sekisho.backup+cbor",
            Self::GatewayConfig => "application/vnd.sekisho.gateway-config+cbor",
            Self::Pairing => "application/vnd.sekisho.pairing+cbor",
        }
    }
}

/// What a message is bound to. Ends up in the HPKE info and in the COSE
/// external AAD, so a message moved elsewhere cannot be opened or verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The site.
    pub site: SiteId,
    /// The device, once there is one.
    pub device: Option<DeviceId>,
    /// The session, once there is one.
    pub session: Option<DeviceSessionId>,
}

impl Scope {
    /// Bound to the site only.
    pub const fn site(site: SiteId) -> Self {
        Self { site, device: None, session: None }
    }

    /// Bound to a device of the site.
    pub const fn device(site: SiteId, device: DeviceId) -> Self {
        Self { site, device: Some(device), session: None }
    }

    /// Bound to a session of the device.
    pub const fn session(self, session: DeviceSessionId) -> Self {
        Self { session: Some(session), ..self }
    }

    /// `sekisho`, protocol version, kind, then site, device and session, each
    /// with a marker for absence: no two contexts have the same bytes.
    pub(crate) fn bytes(&self, purpose: Purpose) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(b"sekisho\0");
        out.extend_from_slice(&sekisho_wire::PROTOCOL.to_be_bytes());
        out.extend_from_slice(purpose.content_type().as_bytes());
        out.push(0);
        out.extend_from_slice(self.site.as_bytes());
        for id in [self.device.map(|id| *id.as_bytes()), self.session.map(|id| *id.as_bytes())] {
            match id {
                Some(bytes) => {
                    out.push(1);
                    out.extend_from_slice(&bytes);
                }
                None => out.push(0),
            }
        }
        out
    }
}
