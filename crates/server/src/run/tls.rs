//! The certificate of the API listener: issued by the site CA at each start,
//! with a key that exists only in memory, and again before it expires.

use std::net::IpAddr;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use anyhow::Context;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sekisho_model::Timestamp;
use sekisho_pki::{KeyPair, SubjectName};

use crate::app::{App, SharedApp};
use crate::shutdown::Shutdown;

/// How often the age of the certificate is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(3600);

/// The certificate in use.
#[derive(Clone, Debug)]
pub(super) struct Certificate(Arc<RwLock<Current>>);

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

    /// For other listeners of this server.
    pub(super) fn resolver(&self) -> Arc<dyn ResolvesServerCert> {
        Arc::new(self.clone())
    }

    /// TLS 1.3 only: every browser and our own clients have it.
    pub(super) fn server_config(&self) -> anyhow::Result<Arc<ServerConfig>> {
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
    let key = KeyPair::generate().context("a key for the API's certificate")?;
    let ca = app.keys.ca();
    let now = app.clock.now();
    let issued = ca
        .issue_server(&names(app), key.public_key(), now, app.rng.as_ref())
        .context("the API's certificate")?;
    let mut chain = vec![CertificateDer::from(issued.der)];
    chain.extend(issued.chain.into_iter().map(CertificateDer::from));
    // A client that only knows the fingerprint of the root finds it here.
    chain.push(CertificateDer::from(ca.trust().root().to_vec()));
    let pkcs8 = key.to_pkcs8()?;
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pkcs8.expose()));
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let signing = provider.key_provider.load_private_key(private.clone_key())?;
    let life = issued.not_after.since(issued.not_before);
    Ok(Current {
        key: Arc::new(CertifiedKey::new(chain, signing)),
        renew_at: issued.not_before.plus(life / 3),
    })
}

/// Every name and address under which the server is reached.
fn names(app: &App) -> Vec<SubjectName> {
    let mut names = vec![app.config.public_name.clone()];
    names.extend("localhost".parse().ok().map(SubjectName::Dns));
    let loopback = ["127.0.0.1", "::1"].into_iter().filter_map(|text| text.parse().ok());
    let listen = [app.config.listen.api.ip(), app.config.listen.agents.ip()];
    let listen = listen.into_iter().filter(|address: &IpAddr| !address.is_unspecified());
    for address in loopback.chain(listen) {
        let name = SubjectName::Ip(address);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
