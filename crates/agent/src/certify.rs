//! A first or renewed certificate for an enrolled device.

use sekisho_link::{ServerTime, Transport};
use sekisho_model::Rng;
use sekisho_model::id::DeviceId;
use sekisho_model::rng::random_bytes;
use sekisho_seal::bundle::Trust;
use sekisho_seal::message;
use sekisho_seal::sealing::OpeningKey;
use sekisho_seal::sign::IdentityKey;
use sekisho_wire::cbor;
use sekisho_wire::certificate::{
    CertificateOutcome, CertificateRequest, MAX_CERTIFICATE_REQUEST_BYTES,
};
use sekisho_wire::route::RouteName;
use sekisho_wire::session::WelcomeEnvelope;

use crate::session::SessionError;

/// Who asks, and whom it believes.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// The device.
    pub device: DeviceId,
    /// Its key: it signs the request.
    pub identity: &'a IdentityKey,
    /// A certificate request for that key, PKCS#10.
    pub csr: &'a [u8],
    /// Whom it believes.
    pub trust: &'a Trust,
}

/// Asks the server for a certificate. Needs none: the request and its answer
/// prove themselves, whoever carries them. The server's time is learnt from the
/// answer.
///
/// # Errors
/// When the link fails or the answer cannot be believed.
pub async fn request(
    link: &mut impl Transport,
    asking: Asking<'_>,
    time: &ServerTime,
    rng: &dyn Rng,
) -> Result<CertificateOutcome, SessionError> {
    let Asking { device, identity, csr, trust } = asking;
    let receipt_key = trust.receipt_key(time.now()).ok_or(SessionError::NoReceiptKey)?;
    let reply_key = OpeningKey::generate(rng);
    let request = CertificateRequest {
        protocol: sekisho_wire::PROTOCOL,
        device,
        csr: csr.to_vec(),
        reply_key: reply_key.public(),
        nonce: random_bytes(rng),
    };
    let site = trust.anchor().site;
    let envelope =
        message::seal_certificate_request(&request, identity, site, &receipt_key.key, rng)?;
    let body = link.call(RouteName::Certificate, &[], cbor::encode(&envelope)).await?;
    let envelope: WelcomeEnvelope = cbor::decode(&body, MAX_CERTIFICATE_REQUEST_BYTES * 2)
        .map_err(|error| SessionError::Forged(error.into()))?;
    let answer =
        message::open_certificate_answer(&envelope, &reply_key, trust, device, &request.nonce)?;
    time.learn(answer.server_time);
    Ok(answer.outcome)
}
