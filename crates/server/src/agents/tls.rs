//! TLS of the agent plane: a client certificate is asked for, not demanded.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ResolvesServerCert};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme,
};

use sekisho_wire::gateway::LINK_ALPN;

use crate::app::SharedApp;

/// The TLS configuration of the agent plane.
///
/// # Errors
/// When the provider offers no TLS 1.3.
pub fn server_config(
    app: &SharedApp,
    certificate: Arc<dyn ResolvesServerCert>,
) -> Result<ServerConfig, rustls::Error> {
    // Agents speak TLS 1.3 and nothing older, here and at gateways.
    let tls = &app.config.tls;
    let verifier = DeviceVerifier {
        hints: [DistinguishedName::from(app.keys.ca().trust().root_subject().to_vec())],
        app: app.clone(),
    };
    let mut config = ServerConfig::builder_with_provider(tls.provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_cert_resolver(certificate);
    // The settings say what is preferred, as at gateways.
    config.ignore_client_order = true;
    // Agents keep their connection and resume none; tickets would cost bytes
    // and memory on both sides.
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    // A gateway that dials offers nothing else.
    config.alpn_protocols = vec![LINK_ALPN.to_vec(), b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Lets in devices of this site, also with an expired certificate: then they
/// may renew it and nothing else; and gateways, for their link.
struct DeviceVerifier {
    app: SharedApp,
    hints: [DistinguishedName; 1],
}

impl std::fmt::Debug for DeviceVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceVerifier")
    }
}

impl ClientCertVerifier for DeviceVerifier {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let intermediates: Vec<&[u8]> = intermediates.iter().map(AsRef::as_ref).collect();
        let (trust, now) = (self.app.keys.ca().trust(), self.app.clock.now());
        // Who a gateway is counts on a link only, and is looked at again there.
        let is_gateway = || {
            let link = trust.verify_link(end_entity, &intermediates, now);
            link.is_ok_and(|certificate| certificate.gateway.is_some())
        };
        match trust.verify_device(end_entity, &intermediates, now) {
            Ok(_) => Ok(ClientCertVerified::assertion()),
            Err(_) if is_gateway() => Ok(ClientCertVerified::assertion()),
            Err(problem) => {
                tracing::info!(%problem, "a client certificate was refused");
                Err(CertificateError::UnknownIssuer.into())
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
