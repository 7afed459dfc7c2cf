//! The REST API over one kept connection, as a program uses it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

/// No request takes longer.
const LIMIT: Duration = Duration::from_secs(75);

/// Where the API is and whom it must be.
#[derive(Clone)]
pub(crate) struct Address {
    port: u16,
    tls: Arc<ClientConfig>,
}

impl Address {
    /// The API on loopback, whose certificate chains to this file.
    pub(crate) fn new(port: u16, ca_file: &Path) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(ca_file)? {
            roots.add(certificate?)?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut tls = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { port, tls: Arc::new(tls) })
    }

    /// A client; `token` is an API token.
    pub(crate) async fn connect(&self, token: Option<&str>) -> Result<Api> {
        let (sender, driver) = self.dial().await?;
        let credential = token.map(|token| (header::AUTHORIZATION, format!("Bearer {token}")));
        Ok(Api { sender, credential, read: None, address: self.clone(), _driver: driver })
    }

    async fn dial(&self) -> Result<(SendRequest<Full<Bytes>>, JoinSet<()>)> {
        let tcp = TcpStream::connect(("127.0.0.1", self.port)).await?;
        tcp.set_nodelay(true)?;
        let name = ServerName::try_from("localhost").context("a name")?;
        let stream = TlsConnector::from(self.tls.clone()).connect(name, tcp).await?;
        let (sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // Its end is seen by whoever sends over it.
            let _ = connection.await;
        });
        Ok((sender, driver))
    }
}

/// A client of the API with one connection, made again when the server closed
/// it because it was quiet.
pub(crate) struct Api {
    sender: SendRequest<Full<Bytes>>,
    credential: Option<(header::HeaderName, String)>,
    /// The version that was read of what is changed.
    read: Option<String>,
    address: Address,
    /// Owns the task that moves the bytes; ends it when dropped.
    _driver: JoinSet<()>,
}

impl Api {
    /// From now on requests are those of this session.
    pub(crate) fn sign_in_with(&mut self, cookie: &str) {
        self.credential = Some((header::COOKIE, cookie.to_owned()));
    }

    pub(crate) async fn get(&mut self, path: &str) -> Result<Value> {
        Ok(self.send(Method::GET, path, None).await?.1)
    }

    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        Ok(self.send(Method::POST, path, Some(body)).await?.1)
    }

    pub(crate) async fn put(&mut self, path: &str, body: &Value) -> Result<Value> {
        Ok(self.send(Method::PUT, path, Some(body)).await?.1)
    }

    /// Changes what was read in this version.
    pub(crate) async fn patch(&mut self, path: &str, version: &str, body: &Value) -> Result<Value> {
        self.read = Some(version.to_owned());
        let changed = self.send(Method::PATCH, path, Some(body)).await;
        self.read = None;
        Ok(changed?.1)
    }

    /// Posts, and returns the cookie that the answer sets.
    pub(crate) async fn post_for_cookie(&mut self, path: &str, body: &Value) -> Result<String> {
        let (headers, _) = self.send(Method::POST, path, Some(body)).await?;
        let cookie = headers.get(header::SET_COOKIE).context("the answer sets no cookie")?;
        Ok(cookie.to_str()?.split(';').next().unwrap_or_default().to_owned())
    }

    /// All items of a list.
    pub(crate) async fn items(&mut self, path: &str) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut next = String::new();
        loop {
            let mut page = self.get(&format!("{path}?limit=200{next}")).await?;
            if let Value::Array(some) = page["items"].take() {
                items.extend(some);
            }
            match page["next"].as_str() {
                Some(cursor) => next = format!("&after={cursor}"),
                None => return Ok(items),
            }
        }
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(http::HeaderMap, Value)> {
        let mut request = Request::builder()
            .method(&method)
            .uri(format!("/api/v1{path}"))
            .header(header::HOST, format!("localhost:{}", self.address.port))
            .header("sec-fetch-site", "none");
        if let Some((name, value)) = &self.credential {
            request = request.header(name, value);
        }
        if let Some(version) = &self.read {
            request = request.header(header::IF_MATCH, format!("\"{version}\""));
        }
        let bytes = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                serde_json::to_vec(body)?
            }
            None => Vec::new(),
        };
        let request = request.body(Full::new(Bytes::from(bytes)))?;
        if self.sender.ready().await.is_err() {
            (self.sender, self._driver) = self.address.dial().await?;
        }
        let exchange = async {
            let (head, body) = self.sender.send_request(request).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            anyhow::Ok((head, body))
        };
        let answered = tokio::time::timeout(LIMIT, exchange).await;
        let (head, body) = answered.with_context(|| format!("no answer to {method} {path}"))??;
        let value: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        if !head.status.is_success() {
            bail!("{method} {path}: {} {}", head.status, value["detail"]);
        }
        Ok((head.headers, value))
    }
}
