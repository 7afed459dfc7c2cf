//! TLS to a gateway whose key is known: nothing else of its certificate counts.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, ProtocolVersion, SignatureScheme,
};
use sekisho_seal::sha256;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::dial::LinkIdentity;
use super::live::Topic;

/// For name resolution, connection and TLS handshake, each.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum DialError {
    /// Nobody answers.
    #[error("{address} cannot be reached: {problem}")]
    Unreachable {
        /// Where.
        address: String,
        /// What the system said.
        problem: String,
    },
    /// Somebody else answers.
    #[error(
        "who answers at {address} has another key than the gateway that was paired; if it was set \
         up anew, revoke it here and pair it again"
    )]
    OtherKey {
        /// Where.
        address: String,
    },
    /// It answers, but not as a gateway of this site does.
    #[error("the gateway at {address} does not take the connection: {problem}")]
    Refused {
        /// Where.
        address: String,
        /// What went wrong.
        problem: String,
    },
}

impl DialError {
    /// What it is about.
    pub(super) const fn topic(&self) -> Topic {
        match self {
            Self::Unreachable { .. } => Topic::Unreachable,
            Self::OtherKey { .. } => Topic::OtherKey,
            Self::Refused { .. } => Topic::NotTaken,
        }
    }
}

/// Dials an address and checks that the key there is the pinned one.
pub(super) async fn dial(
    address: &str,
    pin: [u8; 32],
    identity: Option<&LinkIdentity>,
    alpn: &[u8],
) -> Result<TlsStream<TcpStream>, DialError> {
    let unreachable =
        |problem: String| DialError::Unreachable { address: address.to_owned(), problem };
    let stream = match tokio::time::timeout(PATIENCE, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(unreachable(error.to_string())),
        Err(_) => return Err(unreachable(format!("no answer in {} s", PATIENCE.as_secs()))),
    };
    // Without it every small answer waits for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let refused = |problem: String| DialError::Refused { address: address.to_owned(), problem };
    let config = client_config(pin, identity, alpn).map_err(|error| refused(error.to_string()))?;
    // The name is sent to nobody.
    let name = ServerName::try_from("gateway.sekisho.internal").expect("a DNS name");
    let connecting = TlsConnector::from(Arc::new(config)).connect(name, stream);
    let tls = match tokio::time::timeout(PATIENCE, connecting).await {
        Ok(Ok(tls)) => tls,
        Ok(Err(error)) if is_other_key(&error) => {
            return Err(DialError::OtherKey { address: address.to_owned() });
        }
        Ok(Err(error)) => return Err(refused(error.to_string())),
        Err(_) => return Err(refused(format!("no TLS in {} s", PATIENCE.as_secs()))),
    };
    let agreed = tls.get_ref().1;
    if agreed.alpn_protocol() != Some(alpn)
        || agreed.protocol_version() != Some(ProtocolVersion::TLSv1_3)
    {
        return Err(refused("it speaks another protocol".to_owned()));
    }
    Ok(tls)
}

fn client_config(
    pin: [u8; 32],
    identity: Option<&LinkIdentity>,
    alpn: &[u8],
) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(PinnedKey { pin, algorithms }));
    let mut config = match identity {
        Some(identity) => {
            builder.with_client_auth_cert(identity.chain(), identity.private_key())?
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![alpn.to_vec()];
    config.enable_sni = false;
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}

/// What the verifier says when the key is another one.
const OTHER_KEY: CertificateError = CertificateError::ApplicationVerificationFailure;

fn is_other_key(error: &std::io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(inner, Some(rustls::Error::InvalidCertificate(problem)) if *problem == OTHER_KEY)
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
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let key = ParsedCertificate::try_from(end_entity)?.subject_public_key_info();
        if sha256(&key) == self.pin {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::InvalidCertificate(OTHER_KEY))
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
