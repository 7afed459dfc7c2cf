//! TLS at the listeners: what agents see, and who the server is.

use std::fmt;
use std::sync::{Arc, RwLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, RootCertStore,
    ServerConfig, SignatureScheme,
};
use sekisho_link::ServerTime;
use sekisho_model::Timestamp;
use sekisho_pki::{Chain, LinkCertificate, Usage, verify_chain};
use sekisho_seal::bundle::Trust;
use sekisho_wire::bundle::TlsCheck;
use sekisho_wire::gateway::{CALL_ALPN, LINK_ALPN, TlsPolicy};

use crate::parts::Identity;
use crate::snapshot::Snapshot;

/// TLS 1.3 in the IANA registry.
const TLS13: u16 = 0x0304;

/// Something that TLS cannot be set up with.
#[derive(Debug, thiserror::Error)]
#[error("TLS cannot be set up: {0}")]
pub struct TlsSetup(String);

/// The certificate of the public listeners: may change at any time, and holds
/// from the next handshake on.
#[derive(Default)]
pub(crate) struct Shown(RwLock<Option<Arc<CertifiedKey>>>);

impl Shown {
    /// From now on this one.
    pub(crate) fn set(&self, key: Option<Arc<CertifiedKey>>) {
        *self.0.write().expect("no holder panics") = key;
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.read().expect("no holder panics").clone()
    }
}

/// The agent plane's TLS, as the server speaks it. Without a snapshot no
/// certificate is asked for, because none could be judged.
///
/// What the policy names and this program does not know is left out and told.
///
/// # Errors
/// When nothing of the policy is left.
pub(crate) fn agents(
    snapshot: Option<&Arc<Snapshot>>,
    shown: Arc<Shown>,
    time: &ServerTime,
) -> Result<(ServerConfig, Vec<String>), TlsSetup> {
    let mut problems = Vec::new();
    let provider = match snapshot {
        Some(snapshot) => Arc::new(of_policy(&snapshot.config.tls, &mut problems)?),
        None => provider(),
    };
    let algorithms = provider.signature_verification_algorithms;
    let builder = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(setup)?;
    let builder = match snapshot {
        Some(snapshot) => builder.with_client_cert_verifier(Arc::new(Devices {
            hints: snapshot
                .root_subjects()
                .map(|subject| DistinguishedName::from(subject.to_vec()))
                .collect(),
            snapshot: snapshot.clone(),
            time: time.clone(),
            algorithms,
        })),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_cert_resolver(shown);
    // The policy says what is preferred.
    config.ignore_client_order = true;
    quiet(&mut config);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok((config, problems))
}

/// The private listener's TLS: a link for the server, a status page for others.
///
/// # Errors
/// When the link key and its certificate cannot be used.
pub(crate) fn private(
    identity: &Identity,
    trust: Option<Trust>,
    time: &ServerTime,
) -> Result<ServerConfig, TlsSetup> {
    let provider = provider();
    let algorithms = provider.signature_verification_algorithms;
    let builder = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(setup)?;
    let paired = trust.is_some();
    let builder = match trust {
        Some(trust) => builder.with_client_cert_verifier(Arc::new(Server {
            trust,
            time: time.clone(),
            algorithms,
        })),
        None => builder.with_no_client_auth(),
    };
    let (chain, key) = chain_and_key(identity);
    let mut config = builder.with_single_cert(chain, key).map_err(setup)?;
    quiet(&mut config);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    if paired {
        config.alpn_protocols.splice(0..0, [LINK_ALPN.to_vec(), CALL_ALPN.to_vec()]);
    }
    Ok(config)
}

/// TLS to a server that this gateway dials (the classic direction).
///
/// # Errors
/// When the link key or the site's roots cannot be used.
pub(crate) fn classic(
    identity: &Identity,
    trust: &Trust,
    time: &ServerTime,
) -> Result<ClientConfig, TlsSetup> {
    let provider = provider();
    let algorithms = provider.signature_verification_algorithms;
    let pin = match trust.bundle().server_tls {
        TlsCheck::PinnedKey(pin) => Some(pin),
        TlsCheck::SiteCa | TlsCheck::SystemRoots => None,
    };
    let mut roots = RootCertStore::empty();
    for root in &trust.bundle().ca_roots {
        roots.add(CertificateDer::from(root.to_vec())).map_err(setup)?;
    }
    let by_name = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map_err(setup)?;
    let verifier = Arc::new(DialledServer { by_name, pin, time: time.clone(), algorithms });
    let (chain, key) = chain_and_key(identity);
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(setup)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_auth_cert(chain, key)
        .map_err(setup)?;
    config.alpn_protocols = vec![LINK_ALPN.to_vec()];
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}

/// Agents and servers keep their connections and resume none; tickets would
/// cost bytes and memory, and a resumed session would skip the check of its
/// certificate.
fn quiet(config: &mut ServerConfig) {
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// What the server allows and this program knows, preferred first.
fn of_policy(policy: &TlsPolicy, problems: &mut Vec<String>) -> Result<CryptoProvider, TlsSetup> {
    let mut provider = aws_lc_rs::default_provider();
    if !policy.versions.contains(&TLS13) {
        return Err(TlsSetup("the server's policy does not allow TLS 1.3".to_owned()));
    }
    let older = policy.versions.iter().filter(|version| **version != TLS13);
    problems.extend(older.map(|v| format!("TLS version {v:#06x} is not spoken here")));
    let known = provider.cipher_suites;
    provider.cipher_suites = chosen(&policy.suites, problems, "cipher suite", |number| {
        known.iter().copied().find(|suite| u16::from(suite.suite()) == number)
    });
    // Groups outside the default list are known, too, if not preferred.
    let known = aws_lc_rs::ALL_KX_GROUPS;
    provider.kx_groups = chosen(&policy.groups, problems, "key exchange group", |number| {
        known.iter().copied().find(|group| u16::from(group.name()) == number)
    });
    if provider.cipher_suites.is_empty() || provider.kx_groups.is_empty() {
        return Err(TlsSetup("nothing of the server's policy is known here".to_owned()));
    }
    Ok(provider)
}

fn chosen<T>(
    numbers: &[u16],
    problems: &mut Vec<String>,
    what: &str,
    find: impl Fn(u16) -> Option<T>,
) -> Vec<T> {
    let mut found = Vec::new();
    for &number in numbers {
        match find(number) {
            Some(known) => found.push(known),
            None => problems.push(format!("{what} {number:#06x} is not known here")),
        }
    }
    found
}

fn chain_and_key(identity: &Identity) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let chain = identity.chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
    let key = PrivatePkcs8KeyDer::from(identity.key.expose().to_vec());
    (chain, PrivateKeyDer::Pkcs8(key))
}

fn setup(error: impl fmt::Display) -> TlsSetup {
    TlsSetup(error.to_string())
}

/// Whether this is the certificate of the site's server: it chains to a root of
/// the bundle, and names the server and no gateway.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn verify_server(
    trust: &Trust,
    leaf: &[u8],
    intermediates: &[&[u8]],
    now: Timestamp,
) -> Result<(), String> {
    let certificate = LinkCertificate::parse(leaf).map_err(|problem| problem.to_string())?;
    if certificate.site != trust.anchor().site {
        return Err("it is one of another site".to_owned());
    }
    if certificate.gateway.is_some() {
        return Err("it is a gateway's and not the server's".to_owned());
    }
    let mut problem = "the site's bundle names no authority".to_owned();
    for root in &trust.bundle().ca_roots {
        match verify_chain(leaf, intermediates, root, Usage::Client, now) {
            Ok(Chain::Valid) => return Ok(()),
            Ok(Chain::Expired { since }) => problem = format!("it expired at {since}"),
            Err(other) => problem = other.to_string(),
        }
    }
    Err(problem)
}

/// Lets in devices of this site, also with an expired certificate: then they
/// may renew it and nothing else. Revoked ones are refused by name.
struct Devices {
    hints: Vec<DistinguishedName>,
    snapshot: Arc<Snapshot>,
    time: ServerTime,
    algorithms: WebPkiSupportedAlgorithms,
}

/// Lets in the site's server; others may come without a certificate, to the
/// status page.
struct Server {
    trust: Trust,
    time: ServerTime,
    algorithms: WebPkiSupportedAlgorithms,
}

/// The server that was dialled.
struct DialledServer {
    by_name: Arc<WebPkiServerVerifier>,
    pin: Option<[u8; 32]>,
    time: ServerTime,
    algorithms: WebPkiSupportedAlgorithms,
}

impl fmt::Debug for Devices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Devices")
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Server")
    }
}

impl fmt::Debug for DialledServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DialledServer")
    }
}

impl ClientCertVerifier for Devices {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let intermediates: Vec<&[u8]> = intermediates.iter().map(AsRef::as_ref).collect();
        match self.snapshot.verify_device(leaf, &intermediates, self.time.now()) {
            Ok(identity) if self.snapshot.is_revoked(identity.device) => {
                Err(CertificateError::Revoked.into())
            }
            Ok(_) => Ok(ClientCertVerified::assertion()),
            Err(problem) => {
                tracing::debug!(%problem, "a client certificate was refused");
                Err(CertificateError::UnknownIssuer.into())
            }
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

impl ClientCertVerifier for Server {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let intermediates: Vec<&[u8]> = intermediates.iter().map(AsRef::as_ref).collect();
        match verify_server(&self.trust, leaf, &intermediates, self.time.now()) {
            Ok(()) => Ok(ClientCertVerified::assertion()),
            Err(problem) => {
                tracing::warn!(%problem, "a certificate on the private listener was refused");
                Err(CertificateError::UnknownIssuer.into())
            }
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

impl ServerCertVerifier for DialledServer {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(pin) = self.pin {
            let spki = rustls::server::ParsedCertificate::try_from(leaf)?.subject_public_key_info();
            return if sekisho_seal::sha256(spki.as_ref()) == pin {
                Ok(ServerCertVerified::assertion())
            } else {
                Err(CertificateError::UnknownIssuer.into())
            };
        }
        let seconds = u64::try_from(self.time.now().as_secs()).unwrap_or(0);
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        self.by_name.verify_server_cert(leaf, intermediates, name, ocsp, now)
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
