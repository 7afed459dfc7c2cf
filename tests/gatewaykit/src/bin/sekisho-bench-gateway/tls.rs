//! TLS of the doubles: the suite and the group that all peers speak.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use sekisho_gatewaykit::{Certified, NAME, Site};
use sekisho_pki::pem::{write_certificates, write_private_key};

/// The certificates of the site's authorities.
pub(crate) const AUTHORITIES: &str = "authorities.pem";
/// What agents see.
pub(crate) const PUBLIC: &str = "public";
/// What the server behind a proxy shows.
pub(crate) const UPSTREAM: &str = "upstream";
/// What a proxy shows to that server.
pub(crate) const PROXY: &str = "proxy";

/// AES-128-GCM and X25519: nginx on OpenSSL 3.0 knows no newer group.
pub(crate) fn provider() -> CryptoProvider {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites = vec![aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256];
    provider.kx_groups = vec![aws_lc_rs::kx_group::X25519];
    provider
}

/// Writes the certificates and keys that nginx, relay and upstream read.
pub(crate) fn write(site: &Site, folder: &Path) -> Result<()> {
    let authorities = [site.ca.trust().root(), &site.issuing];
    fs::write(folder.join(AUTHORITIES), write_certificates(authorities))?;
    let of = |name: &str, certified: &Certified| -> Result<()> {
        let chain = write_certificates(certified.chain.iter().map(Vec::as_slice));
        fs::write(folder.join(format!("{name}.pem")), chain)?;
        let key = write_private_key(&certified.key);
        Ok(fs::write(folder.join(format!("{name}.key")), key.expose())?)
    };
    of(PUBLIC, &site.tls_server(NAME))?;
    of(UPSTREAM, &site.tls_server(NAME))?;
    of(PROXY, &site.link_gateway())
}

fn chain_and_key(
    folder: &Path,
    name: &str,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let chain = CertificateDer::pem_file_iter(folder.join(format!("{name}.pem")))?;
    let key = PrivateKeyDer::from_pem_file(folder.join(format!("{name}.key")))?;
    Ok((chain.collect::<Result<_, _>>()?, key))
}

fn authorities(folder: &Path) -> Result<Arc<RootCertStore>> {
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_file_iter(folder.join(AUTHORITIES))? {
        roots.add(authority?)?;
    }
    Ok(Arc::new(roots))
}

/// A server that asks for a certificate.
pub(crate) fn server(folder: &Path, name: &str) -> Result<Arc<ServerConfig>> {
    let provider = Arc::new(provider());
    let clients =
        WebPkiClientVerifier::builder_with_provider(authorities(folder)?, provider.clone());
    let (chain, key) = chain_and_key(folder, name)?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(clients.build()?)
        .with_single_cert(chain, key)
        .context("a certificate and its key")?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(Arc::new(config))
}

/// A client of the server behind it, which shows a certificate.
pub(crate) fn client(folder: &Path, name: &str, alpn: &[u8]) -> Result<Arc<ClientConfig>> {
    let (chain, key) = chain_and_key(folder, name)?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(authorities(folder)?)
        .with_client_auth_cert(chain, key)?;
    config.alpn_protocols = vec![alpn.to_vec()];
    config.resumption = rustls::client::Resumption::disabled();
    Ok(Arc::new(config))
}
