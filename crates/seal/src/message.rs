//! Sign-then-seal, one pair of functions per message.
//!
//! The sender's function takes the message and its keys and returns what
//! travels; the receiver's takes what travels and returns a message whose
//! origin is proved. What a message is bound to is a parameter of both.

use aws_lc_rs::aead;
use sekisho_model::id::{DeviceId, SiteId};
use sekisho_model::{Rng, Secret, Timestamp};
use sekisho_wire::bundle::{PublishedKey, SignedTime};
use sekisho_wire::cbor;
use sekisho_wire::certificate::{
    CertificateAnswer, CertificateEnvelope, CertificateRequest, MAX_CERTIFICATE_REQUEST_BYTES,
};
use sekisho_wire::enrolment::{Enrolment, EnrolmentAnswer, EnrolmentEnvelope, MAX_ENROLMENT_BYTES};
use sekisho_wire::order::{MAX_ORDER_BYTES, Order, PADDING_BYTES, SealedOrder};
use sekisho_wire::receipt::{MAX_RECEIPT_BYTES, Receipt, ReceiptEnvelope};
use sekisho_wire::session::{
    Hello, HelloAnswer, HelloEnvelope, MAX_HELLO_BYTES, MAX_WELCOME_BYTES, WelcomeEnvelope,
};
use zeroize::Zeroizing;

use crate::bundle::Trust;
use crate::enrolment_key::EnrolmentKeyText;
use crate::mac::SessionKeys;
use crate::purpose::{Purpose, Scope};
use crate::sealing::{self, Exporter, OpeningKey, Psk};
use crate::sign::{self, IdentityKey, SigningKey, VerifyKey};
use crate::{SealError, kid, sha256};

const PROTOCOL: u16 = sekisho_wire::PROTOCOL;

// --- Enrolment -------------------------------------------------------------

/// Seals an enrolment to the receipt key under the enrolment key's secret. The
/// exporter opens the answer.
///
/// # Errors
/// When the receipt key is unusable.
pub fn seal_enrolment(
    enrolment: &Enrolment,
    identity: &IdentityKey,
    key: &EnrolmentKeyText,
    site: SiteId,
    receipt_key: &[u8; 32],
    rng: &dyn Rng,
) -> Result<(EnrolmentEnvelope, Exporter), SealError> {
    let scope = Scope::site(site);
    let signed = identity.sign(Purpose::Enrolment, &scope, cbor::encode(enrolment));
    let psk = Psk { secret: &key.secret, id: key.id.as_bytes() };
    let info = scope.bytes(Purpose::Enrolment);
    let (sealed, exporter) = sealing::seal(receipt_key, Some(psk), &info, &signed, rng)?;
    let envelope = EnrolmentEnvelope {
        protocol: PROTOCOL,
        key: key.id,
        receipt_kid: kid(receipt_key),
        enc: sealed.enc,
        ciphertext: sealed.ciphertext,
    };
    Ok((envelope, exporter))
}

/// Opens an enrolment. Success proves that the sender knows the enrolment
/// key's secret and holds the identity key it presents.
///
/// # Errors
/// [`SealError::Unsealable`] for a wrong secret; [`SealError::BadSignature`]
/// for a wrong identity signature — then the sender did know the secret, and
/// may be told.
pub fn open_enrolment(
    envelope: &EnrolmentEnvelope,
    secret: &Secret,
    site: SiteId,
    key: &OpeningKey,
) -> Result<(Result<Enrolment, SealError>, Exporter), SealError> {
    cbor::check_version(envelope.protocol)?;
    let scope = Scope::site(site);
    let psk = Psk { secret, id: envelope.key.as_bytes() };
    let info = scope.bytes(Purpose::Enrolment);
    let (signed, exporter) =
        sealing::open(key, Some(psk), &info, &envelope.enc, &envelope.ciphertext)?;
    Ok((read_enrolment(&signed, &scope), exporter))
}

fn read_enrolment(signed: &[u8], scope: &Scope) -> Result<Enrolment, SealError> {
    // The key that signs is inside the message: read it, then hold the whole
    // message to it.
    let claimed: Enrolment = cbor::decode(&unverified_payload(signed)?, MAX_ENROLMENT_BYTES)?;
    cbor::check_version(claimed.protocol)?;
    let key = VerifyKey::P256(&claimed.identity_key);
    let payload = sign::verify(Purpose::Enrolment, scope, key, signed)?;
    Ok(cbor::decode(&payload, MAX_ENROLMENT_BYTES)?)
}

fn unverified_payload(signed: &[u8]) -> Result<Vec<u8>, SealError> {
    use coset::CborSerializable;
    coset::CoseSign1::from_slice(signed)
        .ok()
        .and_then(|message| message.payload)
        .ok_or(SealError::BadSignature)
}

/// The label of the key that protects the one answer to an enrolment.
const ENROLMENT_ANSWER: &[u8] = b"sekisho enrolment answer";

/// Encrypts the answer to an enrolment under a key that both ends derive from
/// it. The key is used for this one message, so the nonce is constant.
pub fn seal_enrolment_answer(answer: &EnrolmentAnswer, exporter: &Exporter) -> Vec<u8> {
    let mut bytes = cbor::encode(answer);
    answer_key(exporter)
        .seal_in_place_append_tag(
            aead::Nonce::assume_unique_for_key([0; 12]),
            aead::Aad::from(ENROLMENT_ANSWER),
            &mut bytes,
        )
        .expect("answers are shorter than the cipher's limit");
    bytes
}

/// Opens the answer to an enrolment and checks that it answers `nonce`.
///
/// # Errors
/// When it was not made by the holder of the receipt key and the secret.
pub fn open_enrolment_answer(
    bytes: &[u8],
    exporter: &Exporter,
    nonce: &[u8; 32],
) -> Result<EnrolmentAnswer, SealError> {
    let mut buffer = bytes.to_vec();
    let plain = answer_key(exporter)
        .open_in_place(
            aead::Nonce::assume_unique_for_key([0; 12]),
            aead::Aad::from(ENROLMENT_ANSWER),
            &mut buffer,
        )
        .map_err(|_| SealError::Unsealable)?;
    let answer: EnrolmentAnswer =
        cbor::decode(plain, sekisho_wire::route::RouteName::Enrol.route().max_answer_bytes)?;
    if answer.nonce != *nonce {
        return Err(SealError::OtherContext("request"));
    }
    Ok(answer)
}

fn answer_key(exporter: &Exporter) -> aead::LessSafeKey {
    let key = exporter.export(ENROLMENT_ANSWER);
    let key = aead::UnboundKey::new(&aead::CHACHA20_POLY1305, &*key).expect("32 bytes are a key");
    aead::LessSafeKey::new(key)
}

// --- Certificates ----------------------------------------------------------

/// Seals a certificate request.
///
/// # Errors
/// When the receipt key is unusable.
pub fn seal_certificate_request(
    request: &CertificateRequest,
    identity: &IdentityKey,
    site: SiteId,
    receipt_key: &[u8; 32],
    rng: &dyn Rng,
) -> Result<CertificateEnvelope, SealError> {
    let scope = Scope::device(site, request.device);
    let signed = identity.sign(Purpose::CertificateRequest, &scope, cbor::encode(request));
    let info = scope.bytes(Purpose::CertificateRequest);
    let (sealed, _) = sealing::seal(receipt_key, None, &info, &signed, rng)?;
    Ok(CertificateEnvelope {
        protocol: PROTOCOL,
        device: request.device,
        receipt_kid: kid(receipt_key),
        enc: sealed.enc,
        ciphertext: sealed.ciphertext,
    })
}

/// Opens a certificate request and checks that the device's identity key
/// signed it.
///
/// # Errors
/// When it cannot be opened, is not signed, or names another device.
pub fn open_certificate_request(
    envelope: &CertificateEnvelope,
    identity_key: &[u8],
    site: SiteId,
    key: &OpeningKey,
) -> Result<CertificateRequest, SealError> {
    cbor::check_version(envelope.protocol)?;
    let scope = Scope::device(site, envelope.device);
    let info = scope.bytes(Purpose::CertificateRequest);
    let (signed, _) = sealing::open(key, None, &info, &envelope.enc, &envelope.ciphertext)?;
    let verify_key = VerifyKey::P256(identity_key);
    let payload = sign::verify(Purpose::CertificateRequest, &scope, verify_key, &signed)?;
    let request: CertificateRequest = cbor::decode(&payload, MAX_CERTIFICATE_REQUEST_BYTES)?;
    same_device(request.device, envelope.device)?;
    Ok(request)
}

/// Seals the answer to a certificate request.
///
/// # Errors
/// When the reply key is unusable.
pub fn seal_certificate_answer(
    answer: &CertificateAnswer,
    signer: &SigningKey,
    site: SiteId,
    device: DeviceId,
    reply_key: &[u8; 32],
    rng: &dyn Rng,
) -> Result<WelcomeEnvelope, SealError> {
    let scope = Scope::device(site, device);
    let signed = signer.sign(Purpose::CertificateAnswer, &scope, cbor::encode(answer));
    let info = scope.bytes(Purpose::CertificateAnswer);
    let (sealed, _) = sealing::seal(reply_key, None, &info, &signed, rng)?;
    Ok(WelcomeEnvelope { enc: sealed.enc, ciphertext: sealed.ciphertext })
}

/// Opens the answer to a certificate request.
///
/// # Errors
/// When it is not signed by an order key of the site or answers another
/// request.
pub fn open_certificate_answer(
    envelope: &WelcomeEnvelope,
    reply_key: &OpeningKey,
    trust: &Trust,
    device: DeviceId,
    nonce: &[u8; 32],
) -> Result<CertificateAnswer, SealError> {
    let scope = Scope::device(trust.anchor().site, device);
    let info = scope.bytes(Purpose::CertificateAnswer);
    let (signed, _) = sealing::open(reply_key, None, &info, &envelope.enc, &envelope.ciphertext)?;
    let payload = verify_by_order_key(Purpose::CertificateAnswer, &scope, trust, &signed)?;
    let answer: CertificateAnswer = cbor::decode(&payload, MAX_CERTIFICATE_REQUEST_BYTES)?;
    same_request(&answer.nonce, nonce)?;
    Ok(answer)
}

// --- Time ------------------------------------------------------------------

/// Signs the server's time.
pub fn sign_time(time: &SignedTime, signer: &SigningKey, site: SiteId) -> Vec<u8> {
    signer.sign(Purpose::Time, &Scope::site(site), cbor::encode(time))
}

/// Checks the server's time.
///
/// # Errors
/// When it is not signed by an order key or answers another nonce.
pub fn open_time(signed: &[u8], trust: &Trust, nonce: &[u8; 16]) -> Result<SignedTime, SealError> {
    let scope = Scope::site(trust.anchor().site);
    let payload = verify_by_order_key(Purpose::Time, &scope, trust, signed)?;
    let time: SignedTime = cbor::decode(&payload, 1024)?;
    if time.nonce != *nonce {
        return Err(SealError::OtherContext("request"));
    }
    Ok(time)
}

// --- Hello and Welcome -----------------------------------------------------

/// Seals a Hello.
///
/// # Errors
/// When the receipt key is unusable.
pub fn seal_hello(
    hello: &Hello,
    identity: &IdentityKey,
    site: SiteId,
    receipt_key: &[u8; 32],
    rng: &dyn Rng,
) -> Result<HelloEnvelope, SealError> {
    let scope = Scope::device(site, hello.device);
    let signed = identity.sign(Purpose::Hello, &scope, cbor::encode(hello));
    let info = scope.bytes(Purpose::Hello);
    let (sealed, _) = sealing::seal(receipt_key, None, &info, &signed, rng)?;
    Ok(HelloEnvelope {
        protocol: PROTOCOL,
        device: hello.device,
        receipt_kid: kid(receipt_key),
        enc: sealed.enc,
        ciphertext: sealed.ciphertext,
        bundles: Vec::new(),
    })
}

/// Opens a Hello and checks that the device's identity key signed it.
///
/// # Errors
/// When it cannot be opened, is not signed, or names another device.
pub fn open_hello(
    envelope: &HelloEnvelope,
    identity_key: &[u8],
    site: SiteId,
    key: &OpeningKey,
) -> Result<Hello, SealError> {
    cbor::check_version(envelope.protocol)?;
    let scope = Scope::device(site, envelope.device);
    let info = scope.bytes(Purpose::Hello);
    let (signed, _) = sealing::open(key, None, &info, &envelope.enc, &envelope.ciphertext)?;
    let verify_key = VerifyKey::P256(identity_key);
    let payload = sign::verify(Purpose::Hello, &scope, verify_key, &signed)?;
    let hello: Hello = cbor::decode(&payload, MAX_HELLO_BYTES)?;
    same_device(hello.device, envelope.device)?;
    Ok(hello)
}

/// Seals the answer to a Hello. The keys are those of the session, if one was
/// opened.
///
/// # Errors
/// When the session key is unusable.
pub fn seal_welcome(
    answer: &HelloAnswer,
    signer: &SigningKey,
    site: SiteId,
    device: DeviceId,
    session_key: &[u8; 32],
    rng: &dyn Rng,
) -> Result<(WelcomeEnvelope, SessionKeys), SealError> {
    let scope = Scope::device(site, device);
    let signed = signer.sign(Purpose::Welcome, &scope, cbor::encode(answer));
    let info = scope.bytes(Purpose::Welcome);
    let (sealed, exporter) = sealing::seal(session_key, None, &info, &signed, rng)?;
    let envelope = WelcomeEnvelope { enc: sealed.enc, ciphertext: sealed.ciphertext };
    Ok((envelope, SessionKeys::export(&exporter)))
}

/// Opens the answer to a Hello. `trust` may be moved on by the bundles inside
/// before the signature is checked: each of them is checked for itself.
///
/// # Errors
/// When it is not signed by an order key of the site or answers another Hello.
pub fn open_welcome(
    envelope: &WelcomeEnvelope,
    session_key: &OpeningKey,
    trust: &Trust,
    device: DeviceId,
    nonce: &[u8; 32],
) -> Result<(HelloAnswer, SessionKeys), SealError> {
    let scope = Scope::device(trust.anchor().site, device);
    let info = scope.bytes(Purpose::Welcome);
    let (signed, exporter) =
        sealing::open(session_key, None, &info, &envelope.enc, &envelope.ciphertext)?;
    let payload = verify_welcome(&scope, trust, &signed)?;
    let answer: HelloAnswer = cbor::decode(&payload, MAX_WELCOME_BYTES)?;
    same_request(&answer.nonce, nonce)?;
    Ok((answer, SessionKeys::export(&exporter)))
}

/// A Welcome may be signed with an order key that only a bundle inside it
/// introduces. Then the bundles are believed first, from the anchor on.
fn verify_welcome(scope: &Scope, trust: &Trust, signed: &[u8]) -> Result<Vec<u8>, SealError> {
    match verify_by_order_key(Purpose::Welcome, scope, trust, signed) {
        Err(SealError::UnknownKey) => {
            let claimed: HelloAnswer =
                cbor::decode(&unverified_payload(signed)?, MAX_WELCOME_BYTES)?;
            let mut newer = trust.clone();
            newer.advance(&claimed.bundles).map_err(|_| SealError::UnknownKey)?;
            verify_by_order_key(Purpose::Welcome, scope, &newer, signed)
        }
        other => other,
    }
}

// --- Orders and receipts ---------------------------------------------------

/// Signs an order and seals it to a session. The signed bytes are kept as
/// evidence, by their hash: they hold the candidate.
///
/// # Errors
/// When the session key is unusable.
pub fn seal_order(
    order: &Order,
    signer: &SigningKey,
    session_key: &[u8; 32],
    rng: &dyn Rng,
) -> Result<(SealedOrder, [u8; 32]), SealError> {
    let scope = Scope::device(order.site, order.device).session(order.session);
    let signed = Zeroizing::new(signer.sign(Purpose::Order, &scope, cbor::encode(order)));
    let hash = sha256(&signed);
    let padded = sealing::pad(&signed, PADDING_BYTES);
    let info = scope.bytes(Purpose::Order);
    let (sealed, _) = sealing::seal(session_key, None, &info, &padded, rng)?;
    Ok((SealedOrder { enc: sealed.enc, ciphertext: sealed.ciphertext }, hash))
}

/// Opens an order: it is for this device and session and signed by an order
/// key of the site whose time has come at `now` (server time). Expiry, seq and
/// fences are for the agent to judge.
///
/// # Errors
/// When any of that is not so.
pub fn open_order(
    sealed: &SealedOrder,
    session_key: &OpeningKey,
    trust: &Trust,
    scope: &Scope,
    now: Timestamp,
) -> Result<(Order, [u8; 32]), SealError> {
    let info = scope.bytes(Purpose::Order);
    let (padded, _) = sealing::open(session_key, None, &info, &sealed.enc, &sealed.ciphertext)?;
    let signed = sealing::unpad(&padded)?;
    let payload = Zeroizing::new(verify_by_order_key(Purpose::Order, scope, trust, signed)?);
    if order_key(trust, signed)?.not_before > now {
        return Err(SealError::KeyTooEarly);
    }
    let order: Order = cbor::decode(&payload, MAX_ORDER_BYTES)?;
    cbor::check_version(order.protocol)?;
    let bound = (order.site, Some(order.device), Some(order.session));
    if bound != (scope.site, scope.device, scope.session) {
        return Err(SealError::OtherContext("session"));
    }
    Ok((order, sha256(signed)))
}

/// Signs a receipt: what the agent journals. Sealing is done afresh at each
/// sending.
pub fn sign_receipt(receipt: &Receipt, identity: &IdentityKey, site: SiteId) -> Vec<u8> {
    let scope = Scope::device(site, receipt.device);
    identity.sign(Purpose::Receipt, &scope, cbor::encode(receipt))
}

/// Seals a signed receipt to the receipt key.
///
/// # Errors
/// When the receipt key is unusable.
pub fn seal_receipt(
    signed: &[u8],
    site: SiteId,
    device: DeviceId,
    receipt_key: &[u8; 32],
    rng: &dyn Rng,
) -> Result<ReceiptEnvelope, SealError> {
    let info = Scope::device(site, device).bytes(Purpose::Receipt);
    let padded = sealing::pad(signed, PADDING_BYTES);
    let (sealed, _) = sealing::seal(receipt_key, None, &info, &padded, rng)?;
    Ok(ReceiptEnvelope {
        receipt_kid: kid(receipt_key),
        enc: sealed.enc,
        ciphertext: sealed.ciphertext,
    })
}

/// Opens a receipt and checks that the device's identity key signed it.
/// Returns the hash that the ack names.
///
/// # Errors
/// When it cannot be opened, is not signed, or names another device.
pub fn open_receipt(
    envelope: &ReceiptEnvelope,
    identity_key: &[u8],
    site: SiteId,
    device: DeviceId,
    key: &OpeningKey,
) -> Result<(Receipt, [u8; 32]), SealError> {
    let scope = Scope::device(site, device);
    let info = scope.bytes(Purpose::Receipt);
    let (padded, _) = sealing::open(key, None, &info, &envelope.enc, &envelope.ciphertext)?;
    let signed = sealing::unpad(&padded)?;
    Ok((read_receipt(signed, identity_key, site, device)?, sha256(signed)))
}

/// Reads a signed receipt that is not sealed: the device its own.
///
/// # Errors
/// When it is not signed by this key, or names another device.
pub fn read_receipt(
    signed: &[u8],
    identity_key: &[u8],
    site: SiteId,
    device: DeviceId,
) -> Result<Receipt, SealError> {
    let scope = Scope::device(site, device);
    let verify_key = VerifyKey::P256(identity_key);
    let payload = sign::verify(Purpose::Receipt, &scope, verify_key, signed)?;
    let receipt: Receipt = cbor::decode(&payload, MAX_RECEIPT_BYTES)?;
    cbor::check_version(receipt.protocol)?;
    same_device(receipt.device, device)?;
    Ok(receipt)
}

pub(crate) fn verify_by_order_key(
    purpose: Purpose,
    scope: &Scope,
    trust: &Trust,
    signed: &[u8],
) -> Result<Vec<u8>, SealError> {
    let key = order_key(trust, signed)?;
    sign::verify(purpose, scope, VerifyKey::Ed25519(&key.key), signed)
}

/// The order key that a message names. The agent's own clock may be years off;
/// which keys a bundle lists is what the site root signed, and a key that is
/// over is dropped from it.
fn order_key<'a>(trust: &'a Trust, signed: &[u8]) -> Result<&'a PublishedKey, SealError> {
    let claimed = sign::claimed_kid(signed)?;
    let mut known = trust.bundle().order_keys.iter();
    known.find(|key| key.kid[..] == claimed[..]).ok_or(SealError::UnknownKey)
}

fn same_device(found: DeviceId, expected: DeviceId) -> Result<(), SealError> {
    if found == expected { Ok(()) } else { Err(SealError::OtherContext("device")) }
}

fn same_request(found: &[u8; 32], expected: &[u8; 32]) -> Result<(), SealError> {
    if found == expected { Ok(()) } else { Err(SealError::OtherContext("request")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{published, sign_bundle};
    use sekisho_model::id::{DeviceSessionId, OrderId};
    use sekisho_model::rng::SeededRng;
    use sekisho_wire::bundle::{Bundle, Mode, SiteAnchor, TlsCheck};
    use sekisho_wire::order::Task;

    const BEGINS: Timestamp = Timestamp::from_millis(90_000);

    #[test]
    fn an_order_signed_with_a_key_before_its_time_is_refused() {
        let rng = SeededRng::new(3);
        let (root, former, next) =
            (SigningKey::generate(&rng), SigningKey::generate(&rng), SigningKey::generate(&rng));
        let now = Timestamp::EPOCH;
        let (site, device) = (SiteId::at(now, &rng), DeviceId::at(now, &rng));
        let anchor = SiteAnchor { site, root_key: root.public() };
        let bundle = Bundle {
            protocol: PROTOCOL,
            site,
            version: 1,
            previous: None,
            issued: now,
            min_mode: Mode::Certificate,
            order_keys: vec![
                published(former.public(), now, None),
                published(next.public(), BEGINS, None),
            ],
            receipt_keys: vec![],
            recovery_keys: vec![],
            ca_roots: vec![],
            server_tls: TlsCheck::SiteCa,
            gateways: vec![],
            min_protocol: 1,
        };
        let trust = Trust::from_chain(&anchor, &[sign_bundle(&bundle, &root)]).expect("valid");
        let session = DeviceSessionId::at(now, &rng);
        let order = Order {
            protocol: PROTOCOL,
            order: OrderId::at(now, &rng),
            site,
            device,
            session,
            seq: 1,
            not_before: now,
            expires: BEGINS,
            task: Task::Discover {},
            initiator: "test".to_owned(),
        };
        let session_key = OpeningKey::generate(&rng);
        let scope = Scope::device(site, device).session(session);
        let open = |signer: &SigningKey, at: i64| {
            let sealed = seal_order(&order, signer, &session_key.public(), &rng).expect("sealed");
            open_order(&sealed.0, &session_key, &trust, &scope, Timestamp::from_millis(at))
        };
        assert!(open(&former, 0).is_ok());
        assert!(matches!(open(&next, 89_999), Err(SealError::KeyTooEarly)));
        assert!(open(&next, 90_000).is_ok());
        let stranger = SigningKey::generate(&rng);
        assert!(matches!(open(&stranger, 90_000), Err(SealError::UnknownKey)));
    }
}
