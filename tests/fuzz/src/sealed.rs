//! Sealed and signed messages: from the outside, and with the seal opened.

use sekisho_seal::bundle::Trust;
use sekisho_seal::escrow::{self, MAX_ESCROW_BYTES, SealedEscrow};
use sekisho_seal::mac::{Direction, SessionKeys};
use sekisho_seal::message;
use sekisho_seal::purpose::{Purpose, Scope};
use sekisho_seal::sealing;
use sekisho_seal::sign::{self, VerifyKey};
use sekisho_wire::bundle::{BundleChain, MAX_CHAIN_BYTES};
use sekisho_wire::cbor;
use sekisho_wire::certificate::CertificateEnvelope;
use sekisho_wire::enrolment::EnrolmentEnvelope;
use sekisho_wire::order::SealedOrder;
use sekisho_wire::receipt::ReceiptEnvelope;
use sekisho_wire::session::{Frame, HelloEnvelope};

use crate::sample::SAMPLE;
use crate::{choose, chosen};

/// Envelopes as they come off the network. Nobody without the keys makes one
/// that opens; what opens is what was sealed.
pub(crate) fn envelopes(bytes: &[u8]) -> bool {
    let Some((kind, bytes)) = choose::<6>(bytes) else { return false };
    let site = &*SAMPLE;
    let identity = site.identity.public();
    match kind {
        0 => {
            let Ok(envelope) = cbor::decode::<EnrolmentEnvelope>(bytes, MAX_CHAIN_BYTES) else {
                return false;
            };
            let secret = &site.enrolment_key.secret;
            let key = &site.receipt_key;
            let opened = message::open_enrolment(&envelope, secret, site.site, key);
            let Ok((Ok(opened), _)) = opened else { return false };
            assert_eq!(opened, site.enrolment());
        }
        1 => {
            let Ok(envelope) = cbor::decode::<CertificateEnvelope>(bytes, MAX_CHAIN_BYTES) else {
                return false;
            };
            message::open_certificate_request(&envelope, &identity, site.site, &site.receipt_key)
                .expect_err("nobody sealed a request");
            return false;
        }
        2 => {
            let Ok(envelope) = cbor::decode::<HelloEnvelope>(bytes, MAX_CHAIN_BYTES) else {
                return false;
            };
            let key = &site.receipt_key;
            let opened = message::open_hello(&envelope, &identity, site.site, key);
            let Ok(opened) = opened else { return false };
            assert_eq!(opened, site.hello());
        }
        3 => {
            let Ok(sealed) = cbor::decode::<SealedOrder>(bytes, MAX_CHAIN_BYTES) else {
                return false;
            };
            let key = &site.session_key;
            let opened = message::open_order(&sealed, key, &site.trust, &site.scope(), site.now);
            let Ok((order, _)) = opened else { return false };
            assert_eq!((order.site, order.device, order.seq), (site.site, site.device, 5));
        }
        4 => {
            let Ok(envelope) = cbor::decode::<ReceiptEnvelope>(bytes, MAX_CHAIN_BYTES) else {
                return false;
            };
            let (id, key) = (site.device, &site.receipt_key);
            let opened = message::open_receipt(&envelope, &identity, site.site, id, key);
            let Ok((receipt, _)) = opened else { return false };
            assert_eq!((receipt.device, receipt.seq), (site.device, 5));
        }
        _ => {
            let Ok(sealed) = cbor::decode::<SealedEscrow>(bytes, MAX_ESCROW_BYTES) else {
                return false;
            };
            let opened = escrow::open(&sealed, &site.recovery_key, site.site, site.device);
            let Ok(opened) = opened else { return false };
            assert_eq!(opened.value.0.expose(), b"not-in-use-anywhere");
        }
    }
    true
}

pub(crate) fn envelope_seeds() -> Vec<Vec<u8>> {
    let site = &*SAMPLE;
    let receipt_key = site.receipt_key.public();
    let (enrolment, _) = message::seal_enrolment(
        &site.enrolment(),
        &site.identity,
        &site.enrolment_key,
        site.site,
        &receipt_key,
        &site.rng,
    )
    .expect("a usable key");
    let hello =
        message::seal_hello(&site.hello(), &site.identity, site.site, &receipt_key, &site.rng)
            .expect("a usable key");
    let signed = message::sign_receipt(&site.receipts()[0], &site.identity, site.site);
    let receipt = message::seal_receipt(&signed, site.site, site.device, &receipt_key, &site.rng)
        .expect("a usable key");
    let (order, _) = message::seal_order(
        &site.orders()[0],
        &site.order_key,
        &site.session_key.public(),
        &site.rng,
    )
    .expect("a usable key");
    vec![
        chosen(0, cbor::encode(&enrolment)),
        chosen(2, cbor::encode(&hello)),
        chosen(3, cbor::encode(&order)),
        chosen(4, cbor::encode(&receipt)),
        chosen(5, cbor::encode(&site.escrow())),
    ]
}

/// What stands inside a seal: a thief of a receipt key could write it, the
/// signature still holds.
pub(crate) fn opened(bytes: &[u8]) -> bool {
    let Some((kind, bytes)) = choose::<3>(bytes) else { return false };
    let site = &*SAMPLE;
    match kind {
        0 => {
            let Ok(signed) = sealing::unpad(bytes) else { return false };
            let again = sealing::pad(signed, 512);
            assert_eq!(sealing::unpad(&again).expect("padded"), signed);
        }
        1 => {
            let identity = site.identity.public();
            let read = message::read_receipt(bytes, &identity, site.site, site.device);
            let Ok(receipt) = read else { return false };
            assert_eq!((receipt.device, receipt.seq), (site.device, 5));
        }
        _ => {
            let scope = Scope::site(site.site);
            let key = site.order_key.public();
            let verified = sign::verify(Purpose::Time, &scope, VerifyKey::Ed25519(&key), bytes);
            let Ok(payload) = verified else { return false };
            assert_eq!(payload, b"signed");
            let kid = sign::claimed_kid(bytes).expect("it is signed");
            assert_eq!(kid, sekisho_seal::kid(&key));
        }
    }
    true
}

pub(crate) fn opened_seeds() -> Vec<Vec<u8>> {
    let site = &*SAMPLE;
    let receipts = site.receipts();
    let signed =
        receipts.iter().map(|receipt| message::sign_receipt(receipt, &site.identity, site.site));
    let signature = site.order_key.sign(Purpose::Time, &Scope::site(site.site), b"signed".to_vec());
    let padded = sealing::pad(&signature, 512);
    signed
        .map(|signed| chosen(1, signed))
        .chain([chosen(0, &*padded), chosen(2, signature)])
        .collect()
}

/// Chains of bundles: only the site's root key lengthens one.
pub(crate) fn bundles(bytes: &[u8]) -> bool {
    let site = &*SAMPLE;
    let Ok(chain) = cbor::decode::<BundleChain>(bytes, MAX_CHAIN_BYTES) else { return false };
    let mut held = site.trust.clone();
    let advanced = held.advance(&chain.bundles);
    assert_eq!(held.bundle(), site.trust.bundle(), "{advanced:?}");
    let Ok(trust) = Trust::first(&chain, site.enrolment_key.pin) else { return false };
    assert!((1..=2).contains(&trust.bundle().version), "a forged bundle is believed");
    assert_eq!(trust.bundle().site, site.site);
    true
}

pub(crate) fn bundle_seeds() -> Vec<Vec<u8>> {
    let mut cut = SAMPLE.chain();
    let whole = cbor::encode(&cut);
    cut.bundles.pop();
    vec![whole, cbor::encode(&cut)]
}

fn keys() -> SessionKeys {
    let secret = sekisho_model::Secret::new((0..64).collect());
    SessionKeys::from_secret(&secret).expect("64 bytes")
}

/// Frames: only with the session's key, on the route they were made for.
pub(crate) fn frames(bytes: &[u8]) -> bool {
    let Ok(frame) = cbor::decode::<Frame>(bytes, MAX_CHAIN_BYTES) else { return false };
    let at = ("POST", "/agent/v1/fetch");
    keys().check(Direction::ToServer, ("GET", at.1), &frame).expect_err("another route");
    if keys().check(Direction::ToServer, at, &frame).is_err() {
        return false;
    }
    assert_eq!((frame.session, frame.counter), (SAMPLE.session, 1));
    assert_eq!(frame.body, b"body");
    true
}

pub(crate) fn frame_seeds() -> Vec<Vec<u8>> {
    let at = ("POST", "/agent/v1/fetch");
    let body = b"body".to_vec();
    let frame = keys().frame(Direction::ToServer, SAMPLE.session, 1, at, body);
    vec![cbor::encode(&frame)]
}
