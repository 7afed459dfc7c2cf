//! How a server is recognised: by the authority that signed its certificate
//! or by a public key in its certificate chain. Nothing else is believed; the
//! system's own list of authorities plays no part.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore,
    SignatureScheme,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::config::read_limited;
use crate::error::{CliError, Result};

/// The longest file of authorities, in bytes.
const MAX_PEM_BYTES: usize = 1024 * 1024;

/// SHA-256 of a public key (SubjectPublicKeyInfo in DER), or of the whole
/// certificate, as `sekisho-server init` and `openssl x509 -fingerprint` print it.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Pin([u8; 32]);

/// How a server is recognised.
#[derive(Clone, Debug)]
pub(crate) enum Trust {
    /// Its chain ends at one of these authorities and it is for this host.
    Authority {
        /// The authorities.
        roots: Arc<RootCertStore>,
        /// The text they were read from.
        pem: Vec<u8>,
    },
    /// A certificate or key in its chain: an authority's, which must have
    /// signed the server's certificate for this host, or the server's own.
    Pin(Pin),
}

impl Pin {
    /// The pin of a certificate's public key: it outlives a renewal with the
    /// same key.
    pub(crate) fn of_key(certificate: &[u8]) -> Option<Self> {
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
        Some(Self(Sha256::digest(parsed.tbs_certificate.subject_pki.raw).into()))
    }

    /// The pin of a whole certificate.
    pub(crate) fn of_certificate(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }

    /// Whether this is the pin of a certificate or of its key.
    fn names(self, certificate: &[u8]) -> bool {
        Self::of_certificate(certificate) == self || Self::of_key(certificate) == Some(self)
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Pin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text.strip_prefix("sha256:").unwrap_or(text).replace([':', ' '], "");
        data_encoding::HEXLOWER_PERMISSIVE
            .decode(bare.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| {
                "a pin is the SHA-256 of a certificate or its key: 64 hexadecimal digits".to_owned()
            })
    }
}

impl TryFrom<String> for Pin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Pin> for String {
    fn from(pin: Pin) -> Self {
        pin.to_string()
    }
}

impl Trust {
    /// Reads authorities from a PEM file.
    pub(crate) fn from_file(path: &Path) -> Result<Self> {
        let shown = path.display();
        let pem = read_limited(path, MAX_PEM_BYTES)?
            .ok_or_else(|| CliError::Usage(format!("there is no CA file {shown}")))?;
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            certificate
                .ok()
                .and_then(|certificate| roots.add(certificate).ok())
                .ok_or_else(|| CliError::Usage(format!("{shown} holds a damaged certificate")))?;
        }
        if roots.is_empty() {
            return Err(CliError::Usage(format!(
                "{shown} holds no certificate; a CA file has lines -----BEGIN CERTIFICATE-----"
            )));
        }
        Ok(Self::Authority { roots: Arc::new(roots), pem: pem.to_vec() })
    }

    /// The TLS settings of a connection that recognises its server this way.
    pub(crate) fn tls(&self) -> Result<Arc<ClientConfig>> {
        let verifier: Arc<dyn ServerCertVerifier> = match self {
            Self::Authority { roots, .. } => webpki(roots.clone())
                .map_err(|error| CliError::Failed(format!("the CA file is of no use: {error}")))?,
            Self::Pin(pin) => Arc::new(PinVerifier(*pin)),
        };
        Ok(tls_with(verifier))
    }
}

/// TLS settings with a verifier; no client certificate, HTTP/1.1.
pub(super) fn tls_with(verifier: Arc<dyn ServerCertVerifier>) -> Arc<ClientConfig> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("the provider speaks TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}

/// The one TLS provider.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn webpki(roots: Arc<RootCertStore>) -> Result<Arc<WebPkiServerVerifier>, TlsError> {
    WebPkiServerVerifier::builder_with_provider(roots, provider())
        .build()
        .map_err(|error| TlsError::General(error.to_string()))
}

/// Recognises a server by one public key.
#[derive(Debug)]
struct PinVerifier(Pin);

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        if self.0.names(leaf) {
            // The very key was named: the handshake proves that the server
            // holds it, and no name or date could say more.
            return Ok(ServerCertVerified::assertion());
        }
        let Some(authority) = intermediates.iter().find(|one| self.0.names(one)) else {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        };
        // That an authority's certificate was sent along proves nothing: it is
        // public. It must have signed the server's certificate for this name.
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        webpki(Arc::new(roots))?.verify_server_cert(leaf, intermediates, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

/// Whether `pin` would recognise this chain as the server `name`.
pub(super) fn pin_recognises(
    pin: Pin,
    (leaf, rest): (&CertificateDer<'_>, &[CertificateDer<'_>]),
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<(), TlsError> {
    PinVerifier(pin).verify_server_cert(leaf, rest, name, &[], now).map(|_| ())
}

/// What a person should know when the TLS handshake failed.
pub(super) fn explain(error: &TlsError) -> String {
    match error {
        TlsError::InvalidCertificate(CertificateError::ApplicationVerificationFailure) => {
            "no key in its certificate chain is the pinned one; either the server has a new \
             certificate (ask its operator, then sign in again with --pin) or this is not your \
             server"
                .to_owned()
        }
        TlsError::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "its certificate was not signed by the authority you trust; check --ca-file or ask \
             the server's operator for its ca.pem"
                .to_owned()
        }
        TlsError::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "its certificate is for another host name; use the name it was made for".to_owned(),
        TlsError::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => "its certificate has expired; or the clock of this computer is wrong".to_owned(),
        TlsError::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => "its certificate is not valid yet; is the clock of this computer right?".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_read_in_the_forms_people_paste() {
        let pin: Pin = "ab".repeat(32).parse().expect("plain");
        assert_eq!(["AB"; 32].join(":").parse::<Pin>().as_ref(), Ok(&pin));
        assert_eq!(format!("sha256:{pin}").parse::<Pin>().as_ref(), Ok(&pin));
        assert!("abc".parse::<Pin>().is_err());
        assert!("zz".repeat(32).parse::<Pin>().is_err());
    }

    #[test]
    fn an_authority_that_is_only_sent_along_recognises_nothing() {
        use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

        let authority = |key: &KeyPair| {
            let mut params = CertificateParams::new(Vec::new()).expect("valid");
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.self_signed(key).expect("signed");
            params
        };
        let (good_key, evil_key) =
            (KeyPair::generate().expect("key"), KeyPair::generate().expect("key"));
        let good_params = authority(&good_key);
        let good = good_params.self_signed(&good_key).expect("signed").der().clone();
        let issue = |issuer: &Issuer<'_, &KeyPair>| {
            let key = KeyPair::generate().expect("key");
            CertificateParams::new(vec!["pam.example".to_owned()])
                .expect("valid")
                .signed_by(&key, issuer)
                .expect("signed")
                .der()
                .clone()
        };
        let ours = issue(&Issuer::from_params(&good_params, &good_key));
        let theirs = issue(&Issuer::from_params(&authority(&evil_key), &evil_key));
        let pin = Pin::of_key(&good).expect("certificate");
        let name = ServerName::try_from("pam.example").expect("name");
        let other = ServerName::try_from("other.example").expect("name");
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_800_000_000));
        let chain = std::slice::from_ref(&good);

        assert!(pin_recognises(pin, (&ours, chain), &name, now).is_ok());
        let whole = Pin::of_certificate(&good);
        assert!(pin_recognises(whole, (&ours, chain), &name, now).is_ok());
        assert!(pin_recognises(whole, (&theirs, chain), &name, now).is_err());
        assert!(pin_recognises(pin, (&ours, chain), &other, now).is_err());
        assert!(pin_recognises(pin, (&theirs, chain), &name, now).is_err());
        assert!(pin_recognises(pin, (&ours, &[]), &name, now).is_err());
        let leaf_pin = Pin::of_key(&ours).expect("certificate");
        assert!(pin_recognises(leaf_pin, (&ours, &[]), &other, now).is_ok());
    }
}
