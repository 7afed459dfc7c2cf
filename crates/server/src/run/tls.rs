//! The certificates of the listeners: one issued by the site CA at each start,
//! with a new key, and again before it expires; and for the API one that was
//! uploaded. A copy of the first is kept for the time when the server is sealed
//! and the CA's key with it, unless that is switched off.

use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use anyhow::Context;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sekisho_model::id::{ServerCertificateId, SiteId};
use sekisho_model::{Clock, Rng, Secret, Timestamp};
use sekisho_pki::{
    KeyPair, ServerCertificateFacts, SiteCa, SiteTrust, SubjectName, server_certificate_facts,
};
use sekisho_store::{Access as _, ServerCertificate};
use zeroize::Zeroizing;

use crate::app::{App, SharedApp};
use crate::certificate::{Uploaded, kept_names};
use crate::config::{Config, TlsConfig};
use crate::http::Problem;
use crate::secrets;
use crate::shutdown::Shutdown;

/// How often it is looked whether the certificate is due, or another one was
/// chosen in the database.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The certificates in use: the site's own, and one that was uploaded. Empty
/// until the listeners are opened.
#[derive(Clone, Debug, Default)]
pub struct Certificate(Arc<RwLock<Held>>);

#[derive(Debug, Default)]
struct Held {
    own: Option<Current>,
    uploaded: Option<Uploaded>,
    /// What was chosen in the database when this was made.
    chosen: Option<ServerCertificateId>,
}

#[derive(Clone, Debug)]
struct Current {
    key: Arc<CertifiedKey>,
    renew_at: Timestamp,
}

impl Certificate {
    /// Issues the site's own anew, and takes what was chosen into use.
    ///
    /// # Errors
    /// When the site's own cannot be issued. An uploaded one that is not usable
    /// any more is logged, and the site's own is shown in its place.
    pub(crate) async fn renew(&self, app: &App) -> anyhow::Result<()> {
        let chosen = app.store.read().server_certificates().find().await?;
        let mut more = chosen.as_ref().map_or_else(Vec::new, |row| kept_names(&row.names));
        // By this name people come from outside, whatever else was chosen.
        let settings = app.store.read().gateways().settings().await?;
        let public = settings.and_then(|settings| settings.public_name);
        more.extend(public.iter().flat_map(|name| kept_names(name)));
        let own = issue(app, &more)?;
        let uploaded = chosen.as_ref().and_then(|row| match open(app, row) {
            Ok(uploaded) => uploaded,
            Err(error) => {
                tracing::error!(
                    %error,
                    "the uploaded certificate is not usable; the site's own is shown instead"
                );
                None
            }
        });
        let chosen = chosen.map(|row| row.id);
        *self.0.write().expect("no holder panics") = Held { own: Some(own), uploaded, chosen };
        Ok(())
    }

    /// What is shown; `None` before the listeners are opened.
    pub(crate) fn facts(&self) -> Option<ServerCertificateFacts> {
        let held = self.0.read().expect("no holder panics");
        if let Some(uploaded) = &held.uploaded {
            return Some(uploaded.facts.clone());
        }
        server_certificate_facts(held.own.as_ref()?.key.cert.first()?)
    }

    /// What the site's own authority would issue for these further names.
    ///
    /// # Errors
    /// When it cannot.
    pub(crate) fn preview(
        &self,
        app: &App,
        more: &[SubjectName],
    ) -> anyhow::Result<ServerCertificateFacts> {
        let made = make(&app.config, more, app.keys.ca(), app.clock.now(), app.rng.as_ref())?;
        let leaf = made.chain.first().context("a certificate was made")?;
        server_certificate_facts(leaf).context("a certificate was made")
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
        let own = Some(Current { key: Arc::new(key), renew_at: clock.now() });
        Ok(Self(Arc::new(RwLock::new(Held { own, ..Held::default() }))))
    }

    /// The site's own, for agents: their trust bundle names its authority.
    pub(super) fn own(&self) -> Arc<dyn ResolvesServerCert> {
        Arc::new(Own(self.clone()))
    }

    /// What the API's listener speaks. TLS 1.3 only unless the settings say
    /// otherwise: every browser and our own clients have it.
    pub(crate) fn server_config(&self, tls: &TlsConfig) -> anyhow::Result<Arc<ServerConfig>> {
        let mut config = ServerConfig::builder_with_provider(tls.provider())
            .with_protocol_versions(tls.versions())?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(self.clone()));
        // The settings say what is preferred.
        config.ignore_client_order = true;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// Replaces it in time, and when another was chosen around this server.
    pub(super) async fn keep_fresh(self, app: SharedApp, shutdown: Shutdown) {
        while shutdown.sleep(LOOK_EVERY).await {
            let renewed = async {
                let found = app.store.read().server_certificates().find().await?;
                if self.is_due(app.clock.now(), found.map(|row| row.id)) {
                    self.renew(&app).await?;
                }
                anyhow::Ok(())
            };
            if let Err(error) = renewed.await {
                tracing::error!(
                    error = format!("{error:#}"),
                    "the API's certificate was not renewed; trying again"
                );
            }
        }
    }

    fn is_due(&self, now: Timestamp, chosen: Option<ServerCertificateId>) -> bool {
        let held = self.0.read().expect("no holder panics");
        let expired = held.uploaded.as_ref().is_some_and(|uploaded| now > uploaded.facts.not_after);
        expired || held.chosen != chosen || held.own.as_ref().is_none_or(|own| now >= own.renew_at)
    }
}

impl ResolvesServerCert for Certificate {
    /// The uploaded one to whoever asks for a name of it; the site's own to who
    /// comes by another name or by an address.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let held = self.0.read().expect("no holder panics");
        let own = held.own.as_ref().map(|own| own.key.clone());
        let Some(uploaded) = &held.uploaded else { return own };
        let is_asked_for =
            hello.server_name().is_some_and(|name| is_for(&uploaded.certified, name));
        if is_asked_for { Some(uploaded.certified.clone()) } else { own }
    }
}

/// The site's own certificate, whatever was uploaded.
#[derive(Debug)]
struct Own(Certificate);

impl ResolvesServerCert for Own {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let held = self.0.0.read().expect("no holder panics");
        held.own.as_ref().map(|own| own.key.clone())
    }
}

fn is_for(certified: &CertifiedKey, name: &str) -> bool {
    let Ok(name) = ServerName::try_from(name) else { return false };
    let Some(leaf) = certified.cert.first() else { return false };
    ParsedCertificate::try_from(leaf)
        .is_ok_and(|leaf| rustls::client::verify_server_name(&leaf, &name).is_ok())
}

/// The uploaded certificate of a choice, judged again: its time may be over.
fn open(app: &App, row: &ServerCertificate) -> Result<Option<Uploaded>, Problem> {
    let (Some(chain), Some(sealed)) = (&row.chain, &row.sealed_key) else { return Ok(None) };
    let chain = std::str::from_utf8(&chain.0).map_err(Problem::internal)?;
    let key = secrets::open(app, secrets::certificate_place(&row.id), sealed)?;
    Uploaded::judge(chain, &key, &app.config.public_name, app.clock.now()).map(Some)
}

fn issue(app: &App, more: &[SubjectName]) -> anyhow::Result<Current> {
    let now = app.clock.now();
    let made = make(&app.config, more, app.keys.ca(), now, app.rng.as_ref())?;
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

fn make(
    config: &Config,
    more: &[SubjectName],
    ca: &SiteCa,
    now: Timestamp,
    rng: &dyn Rng,
) -> anyhow::Result<Made> {
    let key = KeyPair::generate().context("a key for the API's certificate")?;
    let issued = ca
        .issue_server(&names(config, more), key.public_key(), now, rng)
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
    make(config, &[], &SiteCa::load(trust, &new.issuing.key)?, now, rng)?.certified()
}

fn keep(config: &Config, made: &Made) -> anyhow::Result<()> {
    let path = config.listener_certificate_path();
    if !config.listen.keep_certificate {
        return match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => Ok(()),
        };
    }
    let chain = sekisho_pki::pem::write_certificates(made.chain.iter().map(AsRef::as_ref));
    let key = sekisho_pki::pem::write_private_key(&made.pkcs8);
    let text = Zeroizing::new([chain.as_bytes(), key.expose()].concat());
    Ok(sekisho_platform::files::write_private(&path, &text)?)
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
fn names(config: &Config, more: &[SubjectName]) -> Vec<SubjectName> {
    let mut names = vec![config.public_name.clone()];
    names.extend(more.iter().filter(|name| **name != config.public_name).cloned());
    if let Some(localhost) = "localhost".parse().ok().map(SubjectName::Dns)
        && !names.contains(&localhost)
    {
        names.push(localhost);
    }
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
