//! The agents that call: each a device with a certificate of its own.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use rustls::client::ResolvesClientCert;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::{ClientConfig, SignatureScheme};
use sekisho_gatewaykit::{NAME, Site, link, request};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::tls;

/// Devices with one key: only their certificates are different, and no peer
/// looks at more.
pub(crate) struct Agents {
    key: Arc<dyn SigningKey>,
    certificates: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl ResolvesClientCert for Shown {
    fn resolve(
        &self,
        _root_hint_subjects: &[&[u8]],
        _sigschemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl Agents {
    /// So many devices of a site.
    pub(crate) fn new(site: &Site, count: usize) -> Result<Self> {
        let key = rcgen::KeyPair::generate()?;
        let request = request(&key);
        let certificates = (0..count).map(|_| site.device(&request).1).collect();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key)?;
        Ok(Self { key, certificates })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.certificates.len()
    }

    /// TLS of one of them. No session is ever resumed.
    pub(crate) fn tls(&self, agent: usize, alpn: &str) -> TlsConnector {
        let leaf = &self.certificates[agent % self.certificates.len()];
        let chain = vec![CertificateDer::from(leaf.clone())];
        let shown = Shown(Arc::new(CertifiedKey::new(chain, self.key.clone())));
        let builder = link::client_with(tls::provider());
        let mut config: ClientConfig = builder.with_client_cert_resolver(Arc::new(shown));
        config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
        config.resumption = rustls::client::Resumption::disabled();
        TlsConnector::from(Arc::new(config))
    }
}

/// A new connection, with its handshake.
pub(crate) async fn connect(
    tls: &TlsConnector,
    address: SocketAddr,
) -> Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(tls.connect(ServerName::try_from(NAME)?, stream).await?)
}
