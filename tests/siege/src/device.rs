//! A device with its key.

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sekisho_gatewaykit::{Site, request};
use sekisho_model::id::DeviceId;

/// See the module.
pub struct Device {
    /// Which.
    pub id: DeviceId,
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Device {
    /// A new one of this site.
    ///
    /// # Panics
    /// When there is no key.
    pub fn new(site: &Site) -> Self {
        let key = rcgen::KeyPair::generate().expect("a key");
        let (id, certificate) = site.device(&request(&key));
        Self { id, certificate, key: key.serialize_der() }
    }

    /// Its certificate, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// What TLS shows.
    pub(crate) fn shown(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()));
        (vec![CertificateDer::from(self.certificate.clone())], key)
    }
}
