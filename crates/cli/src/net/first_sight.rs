//! The first meeting with a server: its certificate is looked at, nothing is
//! sent, and a person decides.

use std::sync::{Arc, Mutex};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error as TlsError, SignatureScheme};
use sekisho_link::Proxy;
use sekisho_model::Timestamp;

use super::connection::shake_hands;
use super::server::Server;
use super::trust::{Pin, pin_recognises, provider, tls_with};
use crate::error::{CliError, Result};

/// What a server showed of itself.
#[derive(Debug)]
pub(crate) struct FirstSight {
    /// Whom its certificate is for.
    pub(crate) subject: String,
    /// Who signed it.
    pub(crate) issuer: String,
    /// Until when it is valid.
    pub(crate) not_after: Timestamp,
    /// What would be trusted: an authority's certificate or the server's key.
    pub(crate) pin: Pin,
    /// Whether that is an authority, which outlives the server's certificate.
    pub(crate) is_authority: bool,
}

/// Connects, looks at the certificate chain and hangs up.
pub(crate) async fn look_at(server: &Server, proxy: Option<&Proxy>) -> Result<FirstSight> {
    let looker = Arc::new(Looker::default());
    drop(shake_hands(server, &tls_with(looker.clone()), proxy).await?);
    let chain = std::mem::take(&mut *looker.0.lock().expect("no holder panics"));
    describe(server, &chain).ok_or_else(|| {
        CliError::Unreachable(format!("{server} shows a certificate that cannot be read"))
    })
}

fn describe(server: &Server, chain: &[CertificateDer<'static>]) -> Option<FirstSight> {
    let (leaf, rest) = chain.split_first()?;
    let (_, parsed) = x509_parser::parse_x509_certificate(leaf).ok()?;
    let until = parsed.validity().not_after.timestamp();
    // The last authority in the chain that really vouches for this server
    // under this name; the server's own key when there is none.
    let authority = rest.iter().rev().map(|one| Pin::of_certificate(one)).find(|pin| {
        pin_recognises(*pin, (leaf, rest), &server.tls_name(), UnixTime::now()).is_ok()
    });
    Some(FirstSight {
        subject: parsed.subject().to_string(),
        issuer: parsed.issuer().to_string(),
        not_after: Timestamp::from_millis(until.saturating_mul(1000)),
        pin: authority.or_else(|| Pin::of_key(leaf))?,
        is_authority: authority.is_some(),
    })
}

/// Keeps the chain. The signature of the handshake is checked, so that what is
/// shown belongs to who shows it.
#[derive(Debug, Default)]
struct Looker(Mutex<Vec<CertificateDer<'static>>>);

impl ServerCertVerifier for Looker {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let chain = std::iter::once(leaf).chain(intermediates);
        *self.0.lock().expect("no holder panics") =
            chain.map(|one| one.clone().into_owned()).collect();
        Ok(ServerCertVerified::assertion())
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
