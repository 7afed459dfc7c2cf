//! A site to test with.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::time::Duration;

use rcgen::{CertificateParams, Issuer};
use sekisho_model::id::{DeviceId, SiteId};
use sekisho_model::rng::SeededRng;
use sekisho_model::{Secret, Timestamp};
use sekisho_pki::{NewCa, SiteCa, SiteTrust};

pub(crate) const DAY: Duration = Duration::from_hours(24);

pub(crate) fn now() -> Timestamp {
    "2026-03-01T09:00:00Z".parse().expect("a time")
}

pub(crate) struct Site {
    pub(crate) id: SiteId,
    pub(crate) new: NewCa,
    pub(crate) ca: SiteCa,
    pub(crate) rng: SeededRng,
}

impl Site {
    pub(crate) fn new(seed: u64) -> Self {
        Self::at(seed, now())
    }

    /// Equal seeds give equal site ids; the keys are never equal.
    pub(crate) fn at(seed: u64, now: Timestamp) -> Self {
        let rng = SeededRng::new(seed);
        let id = SiteId::at(now, &rng);
        let new = SiteCa::create(id, now, &rng).expect("created");
        let issuing = [new.issuing.certificate.clone()];
        let trust = SiteTrust::new(id, &new.root, &issuing).expect("in order");
        let ca = SiteCa::load(trust, &new.issuing.key).expect("loaded");
        Self { id, new, ca, rng }
    }

    pub(crate) fn device(&self) -> DeviceId {
        DeviceId::at(now(), &self.rng)
    }

    /// A genuine certificate of a new device.
    pub(crate) fn leaf(&self, device: DeviceId) -> Vec<u8> {
        self.ca.issue_device(&request(), device, now(), &self.rng).expect("issued").der
    }

    /// What somebody could sign who held the issuing key.
    pub(crate) fn forge(&self, params: &CertificateParams, key: &rcgen::KeyPair) -> Vec<u8> {
        forge(params, key, &self.new.issuing.certificate, &self.new.issuing.key)
    }
}

pub(crate) fn forge(
    params: &CertificateParams,
    key: &rcgen::KeyPair,
    issuer: &[u8],
    issuer_key: &Secret,
) -> Vec<u8> {
    let issuer_key = rcgen::KeyPair::try_from(issuer_key.expose()).expect("a key");
    let issuer = Issuer::from_ca_cert_der(&issuer.into(), issuer_key).expect("a certificate");
    params.signed_by(key, &issuer).expect("signed").der().to_vec()
}

/// A request as an agent makes it.
pub(crate) fn request() -> Vec<u8> {
    request_of(&rcgen::KeyPair::generate().expect("a key"))
}

pub(crate) fn request_of(key: &rcgen::KeyPair) -> Vec<u8> {
    CertificateParams::default().serialize_request(key).expect("a request").der().to_vec()
}
