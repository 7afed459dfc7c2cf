//! Who comes from the internet.

use std::sync::Arc;

use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use sekisho_model::id::DeviceId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{NAME, PATIENCE, Site, World};

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// A device, or somebody without a certificate.
pub(crate) struct Agent {
    id: Option<DeviceId>,
    config: ClientConfig,
}

enum Sender {
    H1(hyper::client::conn::http1::SendRequest<Full<Bytes>>),
    H2(hyper::client::conn::http2::SendRequest<Full<Bytes>>),
}

/// A connection that speaks HTTP.
pub(crate) struct Talk {
    sender: Sender,
    _tasks: JoinSet<()>,
}

/// A connection that sends bytes.
pub(crate) struct Raw(pub(crate) TlsStream<TcpStream>);

impl Agent {
    pub(super) fn new(site: &Site, identity: Option<(DeviceId, Vec<Vec<u8>>, Vec<u8>)>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(site.ca.trust().root().to_vec())).expect("a root");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_root_certificates(roots);
        let (id, config) = match identity {
            Some((id, chain, key)) => {
                let chain = chain.into_iter().map(CertificateDer::from).collect();
                let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key));
                (Some(id), builder.with_client_auth_cert(chain, key).expect("a key"))
            }
            None => (None, builder.with_no_client_auth()),
        };
        Self { id, config }
    }

    /// The same, but it believes the servers of this site.
    pub(crate) fn trusting(self, site: &Site) -> Self {
        let believing = Self::new(site, None);
        let resolver = self.config.client_auth_cert_resolver.clone();
        let mut config = believing.config;
        config.client_auth_cert_resolver = resolver;
        Self { id: self.id, config }
    }

    pub(crate) fn id(&self) -> DeviceId {
        self.id.expect("a device")
    }

    async fn connect(&self, world: &World, alpn: &str) -> Result<TlsStream<TcpStream>, String> {
        let mut config = self.config.clone();
        config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
        let stream = TcpStream::connect(world.agents).await.map_err(|error| error.to_string())?;
        let name = ServerName::try_from(NAME).expect("a name");
        let connecting = TlsConnector::from(Arc::new(config)).connect(name, stream);
        let connected = tokio::time::timeout(PATIENCE, connecting).await;
        connected.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
    }

    /// A connection for bytes, which says that it speaks this.
    pub(crate) async fn raw(&self, world: &World, alpn: &str) -> Raw {
        Raw(self.connect(world, alpn).await.expect("the gateway answers"))
    }

    /// A connection that speaks HTTP, `http/1.1` or `h2`.
    ///
    /// # Errors
    /// When the gateway does not want it.
    pub(crate) async fn try_talk(&self, world: &World, alpn: &str) -> Result<Talk, String> {
        let io = TokioIo::new(self.connect(world, alpn).await?);
        let mut tasks = JoinSet::new();
        let sender = if alpn == "h2" {
            let executor = TokioExecutor::new();
            let (sender, driver) = hyper::client::conn::http2::handshake(executor, io)
                .await
                .map_err(|error| error.to_string())?;
            tasks.spawn(async move { drop(driver.await) });
            Sender::H2(sender)
        } else {
            let (sender, driver) =
                hyper::client::conn::http1::handshake(io).await.map_err(|e| e.to_string())?;
            tasks.spawn(async move { drop(driver.await) });
            Sender::H1(sender)
        };
        Ok(Talk { sender, _tasks: tasks })
    }

    pub(crate) async fn talk(&self, world: &World, alpn: &str) -> Talk {
        self.try_talk(world, alpn).await.expect("the gateway answers")
    }

    /// One request on a connection of its own.
    pub(crate) async fn call(
        &self,
        world: &World,
        alpn: &str,
        method: &str,
        path: &str,
        body: &[u8],
    ) -> Answer {
        let mut talk = self.talk(world, alpn).await;
        talk.call(method, path, body).await.expect("an answer")
    }
}

impl Talk {
    pub(crate) async fn call(
        &mut self,
        method: &str,
        path: &str,
        body: &[u8],
    ) -> Result<Answer, String> {
        self.call_with(method, path, &[], body).await
    }

    pub(crate) async fn call_with(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, String> {
        let mut request = Request::builder().method(method);
        request = match &self.sender {
            Sender::H1(_) => request.uri(path).header("host", NAME),
            Sender::H2(_) => request.uri(format!("https://{NAME}{path}")),
        };
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::copy_from_slice(body))).expect("a request");
        let sending = async {
            let response = match &mut self.sender {
                Sender::H1(sender) => {
                    sender.ready().await.map_err(|error| error.to_string())?;
                    sender.send_request(request).await
                }
                Sender::H2(sender) => {
                    sender.ready().await.map_err(|error| error.to_string())?;
                    sender.send_request(request).await
                }
            };
            let (parts, body) = response.map_err(|error| format!("{error:?}"))?.into_parts();
            let body = body.collect().await.map_err(|error| error.to_string())?;
            let body = body.to_bytes().to_vec();
            Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
        };
        tokio::time::timeout(PATIENCE, sending).await.map_err(|error| error.to_string())?
    }

    /// Whether the gateway has closed it.
    pub(crate) fn is_closed(&self) -> bool {
        match &self.sender {
            Sender::H1(sender) => sender.is_closed(),
            Sender::H2(sender) => sender.is_closed(),
        }
    }
}

impl Raw {
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.0.write_all(bytes.as_ref()).await?;
        self.0.flush().await
    }

    /// All that comes until the gateway closes.
    pub(crate) async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let reading = self.0.read_to_end(&mut bytes);
        assert!(tokio::time::timeout(PATIENCE, reading).await.is_ok(), "never closed");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The head of the next answer and its body by Content-Length.
    pub(crate) async fn answer(&mut self) -> (StatusCode, String, Vec<u8>) {
        let reading = async {
            let mut bytes = Vec::new();
            while !bytes.ends_with(b"\r\n\r\n") {
                bytes.push(self.0.read_u8().await.expect("a head"));
            }
            let head = String::from_utf8(bytes).expect("ASCII");
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length = length.map_or(0, |digits| digits.parse().expect("a length"));
            let mut body = vec![0; length];
            self.0.read_exact(&mut body).await.expect("a body");
            let status = head.split(' ').nth(1).expect("a status").parse().expect("a status");
            (status, head, body)
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("an answer in time")
    }
}
