//! Certificates, public keys, and keys that people copy.

use std::sync::LazyLock;

use rcgen::CertificateParams;
use sekisho_model::Secret;
use sekisho_pki::{
    DeviceCertificate, KeyPair, PublicKey, SiteCa, SiteTrust, pem, read_pfx,
    server_certificate_facts,
};
use sekisho_seal::audit_head::AuditKey;
use sekisho_seal::enrolment_key::EnrolmentKeyText;
use sekisho_seal::recovery_key;

use crate::sample::SAMPLE;
use crate::{choose, chosen};

/// The site's authority, and a device's chain and key.
struct Authority {
    ca: SiteCa,
    issuing: [Vec<u8>; 1],
    leaf: Vec<u8>,
    request: Vec<u8>,
    key: Vec<u8>,
}

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| {
    let site = &*SAMPLE;
    let new = SiteCa::create(site.site, site.now, &site.rng).expect("an authority");
    let issuing = [new.issuing.certificate];
    let trust = SiteTrust::new(site.site, &new.root, &issuing);
    let ca = SiteCa::load(trust.expect("its own"), &new.issuing.key).expect("its own key");
    let key = rcgen::KeyPair::generate().expect("a key");
    let request = CertificateParams::default().serialize_request(&key).expect("a request");
    let request = request.der().to_vec();
    let issued = ca.issue_device(&request, site.device, site.now, &site.rng);
    let leaf = issued.expect("a certificate").der;
    Authority { ca, issuing, leaf, request, key: key.serialize_der() }
});

/// Certificates that somebody shows: none but ours is a device's.
pub(crate) fn certificates(bytes: &[u8]) -> bool {
    let Some((kind, bytes)) = choose::<5>(bytes) else { return false };
    let site = &*SAMPLE;
    match kind {
        0 => {
            let _ = DeviceCertificate::parse(bytes);
            let ours = AUTHORITY.ca.verify_device(bytes, &[bytes], site.now);
            let Ok(identity) = ours else { return false };
            assert_eq!(identity.device, site.device, "a forged certificate is believed");
        }
        1 => {
            let Ok(key) = PublicKey::from_spki(bytes) else { return false };
            assert_eq!(PublicKey::from_spki(key.spki()).expect("a key").spki(), key.spki());
        }
        2 => {
            let Ok(text) = std::str::from_utf8(bytes) else { return false };
            let Ok(found) = pem::read_certificates(text) else { return false };
            let written = pem::write_certificates(found.iter().map(Vec::as_slice));
            assert_eq!(pem::read_certificates(&written).expect("what we write"), found);
        }
        3 => {
            // Only the key is used, and only after proof of possession.
            let issued = AUTHORITY.ca.issue_device(bytes, site.device, site.now, &site.rng);
            let Ok(issued) = issued else { return false };
            let known = AUTHORITY.ca.verify_device(&issued.der, &[], site.now);
            assert_eq!(known.expect("ours").device, site.device);
        }
        _ => {
            let trust = SiteTrust::new(site.site, bytes, &AUTHORITY.issuing);
            let key = KeyPair::from_pkcs8(&Secret::new(bytes.to_vec()));
            return trust.is_ok() || key.is_ok();
        }
    }
    true
}

pub(crate) fn certificate_seeds() -> Vec<Vec<u8>> {
    let authority = &*AUTHORITY;
    let root = authority.ca.trust().root();
    let key = KeyPair::from_pkcs8(&Secret::new(authority.key.clone())).expect("a key");
    vec![
        chosen(0, &authority.leaf),
        chosen(1, key.public_key().spki()),
        chosen(2, pem::write_certificates([root, &authority.leaf])),
        chosen(3, &authority.request),
        chosen(4, root),
        chosen(4, &authority.key),
    ]
}

/// A PKCS#12 file that somebody uploads: whatever it asks for, it costs seconds
/// at most, and what it gives is a key with a certificate.
pub(crate) fn pfx(bytes: &[u8]) -> bool {
    let password = Secret::from("correct-horse");
    let Ok(content) = read_pfx(bytes, &password) else { return false };
    assert!(!content.chain.is_empty() && !content.key.is_empty());
    for der in &content.chain {
        assert!(server_certificate_facts(der).is_some(), "no certificate comes out as one");
    }
    true
}

pub(crate) fn pfx_seeds() -> Vec<Vec<u8>> {
    // As cheap to open as OpenSSL makes them.
    vec![include_bytes!("../../../crates/pki/tests/fixtures/pfx/quick.pfx").to_vec()]
}

/// What is accepted is written as the same key.
pub(crate) fn key_texts(bytes: &[u8]) -> bool {
    let Some((kind, bytes)) = choose::<3>(bytes) else { return false };
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    match kind {
        0 => {
            let Ok(key) = EnrolmentKeyText::parse(text) else { return false };
            let again = EnrolmentKeyText::parse(&key.to_text()).expect("what we write");
            assert_eq!((key.id, key.secret, key.pin), (again.id, again.secret, again.pin));
        }
        1 => {
            let Ok(key) = recovery_key::parse(text) else { return false };
            let again = recovery_key::parse(&recovery_key::to_text(&key)).expect("what we write");
            assert_eq!(key.public(), again.public());
        }
        _ => {
            let Ok(key) = text.parse::<AuditKey>() else { return false };
            assert_eq!(key.to_string().parse(), Ok(key));
            assert!(key.to_pem().starts_with("-----BEGIN PUBLIC KEY-----\n"));
        }
    }
    true
}

pub(crate) fn key_text_seeds() -> Vec<Vec<u8>> {
    let site = &*SAMPLE;
    let recovery = recovery_key::to_text(&site.recovery_key);
    vec![
        chosen(0, site.enrolment_key.to_text().as_bytes()),
        chosen(1, recovery.as_bytes()),
        chosen(2, AuditKey(site.order_key.public()).to_string()),
    ]
}
