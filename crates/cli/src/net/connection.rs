//! One connection to the server, made again when it is needed.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use sekisho_link::{Proxy, Stream};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use zeroize::Zeroizing;

use super::server::Server;
use super::trust::explain;
use crate::error::{CliError, Result};

/// How long reaching the host may take, and again the TLS handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest answer, in bytes; 200 audit lines are well below it.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// A connection to one server.
#[derive(Debug)]
pub(crate) struct Connection {
    server: Server,
    tls: Arc<ClientConfig>,
    proxy: Option<Proxy>,
    sender: Option<SendRequest<Full<Bytes>>>,
    /// Owns the task that moves the bytes; ends it when dropped.
    driver: JoinSet<()>,
}

/// An answer of the server, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body, wiped when dropped: it may hold a secret.
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// The request was not sent.
    NotSent(CliError),
    /// The request may have reached the server.
    Lost(String),
}

impl Connection {
    /// A connection that is made with the first request.
    pub(crate) fn new(server: Server, tls: Arc<ClientConfig>, proxy: Option<Proxy>) -> Self {
        Self { server, tls, proxy, sender: None, driver: JoinSet::new() }
    }

    /// Where it goes.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// Sends a request and waits at most `limit` for the whole answer.
    pub(crate) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
        limit: Duration,
    ) -> Result<Answer, NoAnswer> {
        let server = self.server.to_string();
        let sender = self.sender().await.map_err(NoAnswer::NotSent)?;
        let exchange = async {
            let answer = sender.send_request(request).await.map_err(|error| {
                format!("the connection to {server} broke: {}", innermost(&error))
            })?;
            let (head, body) = answer.into_parts();
            let collected = Limited::new(body, MAX_ANSWER_BYTES)
                .collect()
                .await
                .map_err(|error| format!("the answer of {server} is cut off: {error}"))?;
            let body = Zeroizing::new(collected.to_bytes().to_vec());
            Ok(Answer { status: head.status, headers: head.headers, body })
        };
        let result = match timeout(limit, exchange).await {
            Ok(result) => result,
            Err(_) => Err(format!("{server} did not answer within {} s", limit.as_secs())),
        };
        result.map_err(|problem| {
            self.sender = None;
            NoAnswer::Lost(problem)
        })
    }

    async fn sender(&mut self) -> Result<&mut SendRequest<Full<Bytes>>> {
        // A connection that waited for the next request may have been closed.
        let alive = match &mut self.sender {
            Some(sender) => sender.ready().await.is_ok(),
            None => false,
        };
        if !alive {
            let stream = shake_hands(&self.server, &self.tls, self.proxy.as_ref()).await?;
            let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| {
                CliError::Unreachable(format!("{} does not speak HTTP: {error}", self.server))
            })?;
            self.driver.abort_all();
            self.driver.spawn(async move {
                // The end of the connection is seen by whoever sends over it.
                let _ = connection.await;
            });
            self.sender = Some(sender);
        }
        Ok(self.sender.as_mut().expect("made above"))
    }
}

/// Connects and shakes hands; the verifier in `tls` judges the certificate.
pub(super) async fn shake_hands(
    server: &Server,
    tls: &Arc<ClientConfig>,
    proxy: Option<&Proxy>,
) -> Result<TlsStream<Box<dyn Stream>>> {
    let seconds = CONNECT_TIMEOUT.as_secs();
    let unreachable =
        |problem: String| CliError::Unreachable(format!("cannot reach {server}: {problem}"));
    let (host, port) = server.target();
    let proxy = proxy.filter(|proxy| proxy.is_for(host));
    let dial = async {
        if let Some(proxy) = proxy {
            return proxy.connect(host, port).await.map_err(|error| error.to_string());
        }
        let tcp = TcpStream::connect((host, port)).await.map_err(|error| error.to_string())?;
        // Requests are short and wait for their answer; a refusal costs only speed.
        let _ = tcp.set_nodelay(true);
        Ok(Box::new(tcp) as Box<dyn Stream>)
    };
    let stream = match timeout(CONNECT_TIMEOUT, dial).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(problem)) => return Err(unreachable(problem)),
        Err(_) => return Err(unreachable(format!("no connection within {seconds} s"))),
    };
    let connector = TlsConnector::from(tls.clone());
    match timeout(CONNECT_TIMEOUT, connector.connect(server.tls_name(), stream)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            let problem = inner.map_or_else(|| error.to_string(), explain);
            let opened = match (proxy, inner) {
                (Some(_), Some(rustls::Error::InvalidCertificate(_))) => {
                    "; the proxy seems to open TLS: have it pass this server through unopened"
                }
                (Some(_) | None, _) => "",
            };
            Err(CliError::Unreachable(format!("{server} is not trusted: {problem}{opened}")))
        }
        Err(_) => Err(unreachable(format!("no TLS handshake within {seconds} s"))),
    }
}

/// The cause that says most.
fn innermost(error: &hyper::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
