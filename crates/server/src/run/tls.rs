//! The certificate of the API listener: issued by the site CA at each start,
//! with a new key, and again before it expires. A copy is kept for the time
//! when the server is sealed and the CA's key with it, unless that is switched
//! off.

use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use anyhow::Context;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sekisho_model::id::SiteId;
use sekisho_model::{Clock, Rng, Secret, Timestamp};
use sekisho_pki::{KeyPair, SiteCa, SiteTrust, SubjectName};
use zeroize::Zeroizing;

use crate::app::{App, SharedApp};
use crate::config::Config;
use crate::shutdown::Shutdown;

/// How often the age of the certificate is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(3600);

/// The certificate in use.
#[derive(Clone, Debug)]
pub(crate) struct Certificate(Arc<RwLock<Current>>);

#[derive(Clone, Debug)]
struct Current {
    key: Arc<CertifiedKey>,
    renew_at: Timestamp,
}

impl Certificate {
    /// Issues the first one.
    pub(super) fn issue(app: &App) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(RwLock::new(issue(app)?))))
    }

    /// The certificate that was kept or, without one, one that nobody trusts.
    pub(crate) fn for_sealed(
        config: &Config,
        clock: &dyn Clock,
        rng: &dyn Rng,
    ) -> anyhow::Result<Self> {
        let path = config.listener_certificate_path();
        let key = match read_kept(&path, clock.now()) {
            Ok(key) => key,
            Err(error) => {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "clients will not trust the sealed server's certificate"
                );
                unknown(config, clock.now(), rng)?
            }
        };
        let renew_at = clock.now();
        Ok(Self(Arc::new(RwLock::new(Current { key: Arc::new(key), renew_at }))))
    }

    /// For other listeners of this server.
    pub(super) fn resolver(&self) -> Arc<dyn ResolvesServerCert> {
        Arc::new(self.clone())
    }

    /// TLS 1.3 only: every browser and our own clients have it.
    pub(crate) fn server_config(&self) -> anyhow::Result<Arc<ServerConfig>> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_no_client_auth()
            .with_cert_resolver(self.resolver());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// Replaces it in time.
    pub(super) async fn keep_fresh(self, app: SharedApp, shutdown: Shutdown) {
        while shutdown.sleep(LOOK_EVERY).await {
            let due = self.0.read().expect("no holder panics").renew_at;
            if app.clock.now() < due {
                continue;
            }
            match issue(&app) {
                Ok(fresh) => *self.0.write().expect("no holder panics") = fresh,
                Err(error) => {
                    tracing::error!(
                        error = format!("{error:#}"),
                        "the API's certificate was not renewed; trying again"
                    );
                }
            }
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().expect("no holder panics").key.clone())
    }
}

fn issue(app: &App) -> anyhow::Result<Current> {
    let now = app.clock.now();
    let made = make(&app.config, app.keys.ca(), now, app.rng.as_ref())?;
    if let Err(error) = keep(&app.config, &made) {
        tracing::warn!(
            error = format!("{error:#}"),
            "the certificate was not kept; a sealed server would show one that nobody trusts"
        );
    }
    let life = made.not_after.since(made.not_before);
    Ok(Current { renew_at: made.not_before.plus(life / 3), key: Arc::new(made.certified()?) })
}

/// A certificate with its key.
struct Made {
    chain: Vec<CertificateDer<'static>>,
    pkcs8: Secret,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Made {
    fn certified(self) -> anyhow::Result<CertifiedKey> {
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.pkcs8.expose()));
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let signing = provider.key_provider.load_private_key(private.clone_key())?;
        Ok(CertifiedKey::new(self.chain, signing))
    }
}

fn make(config: &Config, ca: &SiteCa, now: Timestamp, rng: &dyn Rng) -> anyhow::Result<Made> {
    let key = KeyPair::generate().context("a key for the API's certificate")?;
    let issued = ca
        .issue_server(&names(config), key.public_key(), now, rng)
        .context("the API's certificate")?;
    let mut chain = vec![CertificateDer::from(issued.der)];
    chain.extend(issued.chain.into_iter().map(CertificateDer::from));
    // A client that only knows the fingerprint of the root finds it here.
    chain.push(CertificateDer::from(ca.trust().root().to_vec()));
    let (not_before, not_after) = (issued.not_before, issued.not_after);
    Ok(Made { chain, pkcs8: key.to_pkcs8()?, not_before, not_after })
}

/// Signed by a CA that is forgotten at once: better than no answer.
fn unknown(config: &Config, now: Timestamp, rng: &dyn Rng) -> anyhow::Result<CertifiedKey> {
    let site = SiteId::at(now, rng);
    let new = SiteCa::create(site, now, rng)?;
    let trust = SiteTrust::new(site, &new.root, &[new.issuing.certificate])?;
    make(config, &SiteCa::load(trust, &new.issuing.key)?, now, rng)?.certified()
}

const KEY_BEGIN: &str = "-----BEGIN PRIVATE KEY-----\n";
const KEY_END: &str = "-----END PRIVATE KEY-----\n";
const PEM_LINE: usize = 64;

fn keep(config: &Config, made: &Made) -> anyhow::Result<()> {
    let path = config.listener_certificate_path();
    if !config.listen.keep_certificate {
        return match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => Ok(()),
        };
    }
    let chain = sekisho_pki::pem::write_certificates(made.chain.iter().map(AsRef::as_ref));
    let mut text = Zeroizing::new(String::with_capacity(chain.len() + 1024));
    text.push_str(&chain);
    text.push_str(KEY_BEGIN);
    let body = Zeroizing::new(data_encoding::BASE64.encode(made.pkcs8.expose()));
    for at in (0..body.len()).step_by(PEM_LINE) {
        text.push_str(&body[at..body.len().min(at + PEM_LINE)]);
        text.push('\n');
    }
    text.push_str(KEY_END);
    Ok(sekisho_platform::files::write_private(&path, text.as_bytes())?)
}

fn read_kept(path: &Path, now: Timestamp) -> anyhow::Result<CertifiedKey> {
    let wrong = || format!("the kept certificate {}", path.display());
    sekisho_platform::files::check_private(path).with_context(wrong)?;
    let text = Zeroizing::new(std::fs::read(path).with_context(wrong)?);
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .map(|one| one.map(CertificateDer::into_owned))
        .collect::<Result<_, _>>()
        .with_context(wrong)?;
    let leaf = chain.first().context("it holds no certificate").with_context(wrong)?;
    let (_, leaf) = x509_parser::parse_x509_certificate(leaf).with_context(wrong)?;
    let end = leaf.validity().not_after.timestamp().saturating_mul(1000);
    anyhow::ensure!(now.as_millis() < end, "the kept certificate has expired");
    let private = PrivateKeyDer::from_pem_slice(&text).with_context(wrong)?;
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let signing = provider.key_provider.load_private_key(private)?;
    Ok(CertifiedKey::new(chain, signing))
}

/// Every name and address under which the server is reached.
fn names(config: &Config) -> Vec<SubjectName> {
    let mut names = vec![config.public_name.clone()];
    names.extend("localhost".parse().ok().map(SubjectName::Dns));
    let loopback = ["127.0.0.1", "::1"].into_iter().filter_map(|text| text.parse().ok());
    let listen = [config.listen.api.ip(), config.listen.agents.ip()];
    let listen = listen.into_iter().filter(|address: &IpAddr| !address.is_unspecified());
    for address in loopback.chain(listen) {
        let name = SubjectName::Ip(address);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
