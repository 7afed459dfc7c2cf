//! A certificate of the authority itself, as the store gave it back.

use rustls_pki_types::{CertificateDer, TrustAnchor};
use sekisho_model::Timestamp;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;

use crate::device::read;
use crate::error::PkiError;
use crate::key::PublicKey;
use crate::time::from_asn1;

/// A root or issuing certificate whose form was checked.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    which: &'static str,
    pub(crate) der: Vec<u8>,
    /// The same, as one that is believed.
    pub(crate) anchor: TrustAnchor<'static>,
    pub(crate) key: PublicKey,
    /// The subject's distinguished name in DER.
    pub(crate) subject: Vec<u8>,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
}

impl Authority {
    /// A root: an authority that signed itself.
    pub(crate) fn root(der: &[u8]) -> Result<Self, PkiError> {
        let root = Self::parse("root", der)?;
        root.check_signed_by(&root)?;
        Ok(root)
    }

    /// An issuing authority that the root signed.
    pub(crate) fn issuing(der: &[u8], root: &Self) -> Result<Self, PkiError> {
        let issuing = Self::parse("issuing", der)?;
        issuing.check_signed_by(root)?;
        Ok(issuing)
    }

    pub(crate) fn is_valid_at(&self, now: Timestamp) -> bool {
        (self.not_before..=self.not_after).contains(&now)
    }

    fn parse(which: &'static str, der: &[u8]) -> Result<Self, PkiError> {
        let refuse = |problem| PkiError::Authority { which, problem };
        let certificate = read(der).map_err(|_| refuse("cannot be read"))?;
        if !certificate.is_ca() {
            return Err(refuse("is not one of an authority"));
        }
        // Looked at here once: where it is believed as it stands nobody does again.
        let limits =
            certificate.extensions().iter().any(|extension| match extension.parsed_extension() {
                ParsedExtension::ExtendedKeyUsage(_) | ParsedExtension::NameConstraints(_) => true,
                ParsedExtension::BasicConstraints(_) | ParsedExtension::KeyUsage(_) => false,
                _ => extension.critical,
            });
        if limits {
            return Err(refuse("has limits that no authority of a site has"));
        }
        let key = PublicKey::from_spki(certificate.public_key().raw)
            .map_err(|_| refuse("has a key that is not a P-256 key"))?;
        let trusted = CertificateDer::from(der);
        let anchor =
            webpki::anchor_from_trusted_cert(&trusted).map_err(|_| refuse("cannot be read"))?;
        Ok(Self {
            which,
            der: der.to_vec(),
            anchor: anchor.to_owned(),
            key,
            subject: certificate.subject().as_raw().to_vec(),
            not_before: from_asn1(certificate.validity().not_before),
            not_after: from_asn1(certificate.validity().not_after),
        })
    }

    fn check_signed_by(&self, issuer: &Self) -> Result<(), PkiError> {
        let refuse = |problem| PkiError::Authority { which: self.which, problem };
        let certificate = read(&self.der).map_err(|_| refuse("cannot be read"))?;
        if !is_signed_by(&certificate, issuer) {
            return Err(refuse("was not signed by the root of the site"));
        }
        Ok(())
    }
}

fn is_signed_by(certificate: &X509Certificate<'_>, issuer: &Authority) -> bool {
    certificate.issuer().as_raw() == issuer.subject
        && issuer
            .key
            .verifies(certificate.tbs_certificate.as_ref(), &certificate.signature_value.data)
}
