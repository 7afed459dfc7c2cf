//! Requests to an OpenID provider: bounded in time and size, over TLS checked
//! against the system's or the configured authorities, and never redirected.
//!
//! A provider's description names addresses to ask. They are asked only over
//! https, where a certificate says who answers; only a provider that is itself
//! on this machine may name addresses of this machine without.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// One request takes no longer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// No honest answer is longer, in bytes.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// Why a provider gave no answer. Says nothing of what was asked: a request
/// holds a secret, and an answer may.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    /// The address is not one that is asked.
    #[error("'{0}' is not asked: it is neither https nor, for a provider on this machine, local")]
    Address(String),
    /// It cannot be reached, or is not who it should be.
    #[error("{host}: {problem}")]
    Unreachable {
        /// Whom.
        host: String,
        /// What happened.
        problem: String,
    },
    /// It takes too long.
    #[error("{0} does not answer within 10 s")]
    Slow(String),
}

/// Asks a provider.
#[derive(Debug)]
pub(super) struct Http {
    /// The authorities that count instead of the system's.
    ca_file: Option<PathBuf>,
    /// Whether the provider is on this machine and does without TLS.
    local: bool,
    tls: OnceLock<Arc<ClientConfig>>,
}

impl Http {
    /// For the provider of an issuer.
    pub(super) fn new(issuer: &str, ca_file: Option<PathBuf>) -> Self {
        let local = issuer.parse().ok().and_then(|uri| is_secure(&uri)) == Some(false);
        Self { ca_file, local, tls: OnceLock::new() }
    }

    /// Whether an address may be asked, or a browser sent there; over TLS?
    ///
    /// # Errors
    /// When it may not.
    pub(super) fn check(&self, uri: &Uri) -> Result<bool, NoAnswer> {
        let refused = || NoAnswer::Address(uri.to_string().chars().take(200).collect());
        match is_secure(uri) {
            Some(false) if !self.local => Err(refused()),
            Some(secure) => Ok(secure),
            None => Err(refused()),
        }
    }

    /// Sends a request and reads the answer whole.
    ///
    /// # Errors
    /// When there is none.
    pub(super) async fn send(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, NoAnswer> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let asked = tokio::time::timeout(TIMEOUT, self.exchange(request)).await;
        asked.map_err(|_| NoAnswer::Slow(host))?
    }

    async fn exchange(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, NoAnswer> {
        let uri = request.uri().clone();
        let secure = self.check(&uri)?;
        let name = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let failed = |problem: String| NoAnswer::Unreachable { host: name.clone(), problem };
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let stream = TcpStream::connect((name.as_str(), port))
            .await
            .map_err(|error| failed(format!("cannot connect: {error}")))?;
        let request = over_http1(request).map_err(failed)?;
        if !secure {
            return exchange(stream, request).await.map_err(failed);
        }
        let tls = self.tls().map_err(failed)?;
        let server = ServerName::try_from(name.clone())
            .map_err(|_| failed("is no name that a certificate could have".to_owned()))?;
        let stream = TlsConnector::from(tls)
            .connect(server, stream)
            .await
            .map_err(|error| failed(format!("TLS: {error}")))?;
        exchange(stream, request).await.map_err(failed)
    }

    /// Read once it works; until then each try reads anew.
    fn tls(&self) -> Result<Arc<ClientConfig>, String> {
        if let Some(known) = self.tls.get() {
            return Ok(known.clone());
        }
        let made = Arc::new(client_config(self.ca_file.as_deref())?);
        Ok(self.tls.get_or_init(|| made).clone())
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// Whether an address is asked over TLS; `None`: it is not asked at all. Not
/// over TLS only what crosses no network.
pub(crate) fn is_secure(uri: &Uri) -> Option<bool> {
    let authority = uri.authority()?;
    let host = authority.host();
    if host.is_empty() || authority.as_str().contains('@') {
        return None;
    }
    match uri.scheme_str() {
        Some("https") => Some(true),
        Some("http") if is_loopback(host.trim_matches(['[', ']'])) => Some(false),
        _ => None,
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The target in the form that a server expects: path, and host as a header.
fn over_http1(request: Request<Vec<u8>>) -> Result<Request<Full<Bytes>>, String> {
    let (mut head, body) = request.into_parts();
    let authority = head.uri.authority().map(ToString::to_string).unwrap_or_default();
    let host = HeaderValue::from_str(&authority).map_err(|error| error.to_string())?;
    head.headers.insert(header::HOST, host);
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    head.uri = target.parse().map_err(|_| "its address is malformed".to_owned())?;
    Ok(Request::from_parts(head, Full::new(Bytes::from(body))))
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Response<Vec<u8>>, String> {
    let failed = |error: hyper::Error| error.to_string();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(failed)?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
        let body = body.map_err(|error| format!("its answer: {error}"))?.to_bytes();
        Ok(Response::from_parts(head, body.to_vec()))
    };
    let mut answer = std::pin::pin!(answer);
    let mut connection = std::pin::pin!(connection);
    // The connection must be driven while the answer is awaited.
    tokio::select! {
        done = &mut answer => done,
        ended = &mut connection => match ended {
            Ok(()) => answer.await,
            Err(error) => Err(failed(error)),
        },
    }
}

fn client_config(ca_file: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            let unusable = |error: &dyn std::fmt::Display| {
                format!("{} is not usable: {error}", path.display())
            };
            let found: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(path)
                .and_then(Iterator::collect)
                .map_err(|error| unusable(&error))?;
            for certificate in found {
                roots.add(certificate).map_err(|error| unusable(&error))?;
            }
        }
        None => {
            // What cannot be read of the system's store is left out, as elsewhere.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err("there are no authorities to check it against; set 'oidc.ca_file'".to_owned());
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(issuer: &str, address: &str) -> bool {
        let uri = address.parse().expect("an address");
        Http::new(issuer, None).check(&uri).is_ok()
    }

    #[test]
    fn a_description_leads_nowhere_without_tls() {
        let far = "https://id.example.jp";
        for address in ["https://keys.example.jp/jwks", "https://[2001:db8::1]:9443/"] {
            assert!(asks(far, address), "{address}");
        }
        for address in [
            "http://id.example.jp/token",
            "http://127.0.0.1:9464/metrics",
            "http://localhost/",
            "http://[::1]:80/",
            "https://me:secret@id.example.jp/",
            "ftp://id.example.jp/",
            "/token",
        ] {
            assert!(!asks(far, address), "{address}");
        }
        let near = "http://127.0.0.1:8080";
        assert!(asks(near, "http://127.0.0.1:8080/token") && asks(near, far));
        assert!(!asks(near, "http://192.0.2.1/token"));
    }
}
