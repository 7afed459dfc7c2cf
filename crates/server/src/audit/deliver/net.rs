//! Connections to syslog servers and to other Sekisho servers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::config::{HostPort, TlsFiles};

/// Connecting and the handshake may take so long.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens a TCP connection.
pub(super) async fn tcp(address: &HostPort) -> Result<TcpStream, String> {
    let connect = TcpStream::connect((address.host.as_str(), address.port));
    match tokio::time::timeout(CONNECT_TIMEOUT, connect).await {
        Ok(Ok(stream)) => {
            // Batches are written whole.
            let _ = stream.set_nodelay(true);
            Ok(stream)
        }
        Ok(Err(error)) => Err(format!("cannot connect to {address}: {error}")),
        Err(_) => Err(format!("{address} does not take connections in time")),
    }
}

/// Opens a TLS connection. The files are read each time: certificates are
/// replaced while the server runs.
pub(super) async fn tls(
    address: &HostPort,
    files: &TlsFiles,
) -> Result<TlsStream<TcpStream>, String> {
    let config = client_config(files)?;
    let name = ServerName::try_from(address.host.clone())
        .map_err(|_| format!("{} is no name that a certificate could have", address.host))?;
    let stream = tcp(address).await?;
    let connect = TlsConnector::from(Arc::new(config)).connect(name, stream);
    match tokio::time::timeout(CONNECT_TIMEOUT, connect).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(format!("TLS with {address}: {error}")),
        Err(_) => Err(format!("{address} does not finish the TLS handshake in time")),
    }
}

fn client_config(files: &TlsFiles) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&files.ca)? {
        roots.add(certificate).map_err(|error| unusable(&files.ca, &error))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots);
    match &files.identity {
        None => Ok(builder.with_no_client_auth()),
        Some((chain, key)) => {
            sekisho_platform::files::check_private(key).map_err(|error| unusable(key, &error))?;
            let private =
                PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, &error))?;
            builder
                .with_client_auth_cert(certificates(chain)?, private)
                .map_err(|error| unusable(chain, &error))
        }
    }
}

/// The certificates in a file.
pub(crate) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| unusable(path, &error))?;
    if found.is_empty() {
        return Err(format!("{} holds no certificate in PEM", path.display()));
    }
    Ok(found)
}

fn unusable(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{} is not usable: {error}", path.display())
}
