//! How the peer is checked.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sekisho_model::Secret;

use crate::{LinkError, ServerTime};

/// How the certificate of a server or gateway is checked.
#[derive(Clone, Debug)]
pub enum ServerCheck {
    /// Against the CA roots in the trust bundle, DER.
    SiteCa(Vec<Vec<u8>>),
    /// Against the roots that the operating system trusts: the certificate was
    /// bought. Says nothing about who may give orders.
    SystemRoots,
    /// The SHA-256 of the certificate's SubjectPublicKeyInfo.
    PinnedKey([u8; 32]),
    /// As one of these says: under split DNS one name leads to the server or to
    /// a gateway, and the two may be checked differently.
    AnyOf(Vec<Self>),
}

/// The device's own certificate.
pub struct ClientIdentity {
    /// Chain, leaf first, DER.
    pub chain: Vec<Vec<u8>>,
    /// The identity key, PKCS#8.
    pub key: Secret,
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// The TLS configuration of a checked link.
pub(crate) fn checked(
    check: &ServerCheck,
    identity: Option<&ClientIdentity>,
    time: ServerTime,
) -> Result<ClientConfig, LinkError> {
    let provider = provider();
    let verifier = verifier(check, &provider, &time)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(setup)?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match identity {
        Some(identity) => {
            let chain =
                identity.chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
            let key = PrivatePkcs8KeyDer::from(identity.key.expose().to_vec());
            builder.with_client_auth_cert(chain, PrivateKeyDer::Pkcs8(key)).map_err(setup)?
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn verifier(
    check: &ServerCheck,
    provider: &Arc<CryptoProvider>,
    time: &ServerTime,
) -> Result<Arc<dyn ServerCertVerifier>, LinkError> {
    let algorithms = provider.signature_verification_algorithms;
    let mut store = RootCertStore::empty();
    match check {
        ServerCheck::SiteCa(roots) => {
            for root in roots {
                store.add(CertificateDer::from(root.clone())).map_err(setup)?;
            }
        }
        ServerCheck::SystemRoots => {
            let (added, _) =
                store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if added == 0 {
                return Err(LinkError::Setup(
                    "this system has no root certificates; install the package ca-certificates"
                        .to_owned(),
                ));
            }
        }
        ServerCheck::PinnedKey(pin) => return Ok(Arc::new(PinnedKey { pin: *pin, algorithms })),
        ServerCheck::AnyOf(checks) => {
            let any = checks.iter().map(|check| verifier(check, provider, time));
            let any = any.collect::<Result<Vec<_>, _>>()?;
            return Ok(Arc::new(AnyOf { any, algorithms }));
        }
    }
    let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone())
        .build()
        .map_err(setup)?;
    Ok(Arc::new(AtServerTime { inner, time: time.clone() }))
}

/// The TLS configuration before anybody can be checked. The one place where a
/// certificate is accepted unseen; only [`crate::UnverifiedLink`] uses it, and
/// that can only carry messages which prove themselves.
pub(crate) fn unverified() -> Result<ClientConfig, LinkError> {
    let provider = provider();
    let algorithms = provider.signature_verification_algorithms;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(setup)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(UnverifiedForEnrolment { algorithms }))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn setup(error: impl std::fmt::Display) -> LinkError {
    LinkError::Setup(error.to_string())
}

/// The usual check, with the dates judged by the server's clock.
#[derive(Debug)]
struct AtServerTime {
    inner: Arc<WebPkiServerVerifier>,
    time: ServerTime,
}

impl ServerCertVerifier for AtServerTime {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        _wall_clock: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let seconds = u64::try_from(self.time.now().as_secs()).unwrap_or(0);
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// A certificate whose key is known; its dates and names do not matter.
#[derive(Debug)]
struct PinnedKey {
    pin: [u8; 32],
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for PinnedKey {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let spki =
            rustls::server::ParsedCertificate::try_from(end_entity)?.subject_public_key_info();
        if sekisho_seal::sha256(spki.as_ref()) == self.pin {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::CertificateError::UnknownIssuer.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Whichever of several checks a certificate passes.
#[derive(Debug)]
struct AnyOf {
    any: Vec<Arc<dyn ServerCertVerifier>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for AnyOf {
    /// When none is passed, what the first one said is told.
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let mut said = None;
        for check in &self.any {
            match check.verify_server_cert(end_entity, intermediates, server_name, ocsp, now) {
                Ok(verified) => return Ok(verified),
                Err(error) => {
                    said.get_or_insert(error);
                }
            }
        }
        Err(said.unwrap_or_else(|| rustls::CertificateError::UnknownIssuer.into()))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Accepts any certificate. See [`unverified`].
#[derive(Debug)]
struct UnverifiedForEnrolment {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for UnverifiedForEnrolment {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use rustls::server::{ClientHello, ResolvesServerCert};
    use rustls::sign::CertifiedKey;
    use rustls::{ClientConnection, Error, PeerIncompatible, ServerConfig, ServerConnection};

    use super::*;

    #[derive(Debug)]
    struct NoCertificate;

    impl ResolvesServerCert for NoCertificate {
        fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
            None
        }
    }

    /// What a server that has nothing but TLS 1.2 says to the first bytes.
    fn of_old(config: ClientConfig) -> Error {
        let name = ServerName::try_from("vault.example.jp").expect("a name");
        let mut client = ClientConnection::new(Arc::new(config), name).expect("a client");
        let mut hello = Vec::new();
        client.write_tls(&mut hello).expect("written");
        let config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS12])
            .expect("TLS 1.2")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(NoCertificate));
        let mut server = ServerConnection::new(Arc::new(config)).expect("a server");
        server.read_tls(&mut hello.as_slice()).expect("read");
        server.process_new_packets().expect_err("no version in common")
    }

    #[test]
    fn nobody_is_offered_tls_1_2_whatever_is_compiled_in() {
        let none = Error::PeerIncompatible(PeerIncompatible::Tls12NotOfferedOrEnabled);
        assert_eq!(of_old(unverified().expect("a client")), none);
        let time = ServerTime::new(Arc::new(sekisho_model::clock::SystemClock));
        let pinned = checked(&ServerCheck::PinnedKey([7; 32]), None, time);
        assert_eq!(of_old(pinned.expect("a client")), none);
    }
}
