//! One TLS connection, HTTP/2 or HTTP/1.1, and the tasks that drive it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use sekisho_wire::problem::{MAX_PROBLEM_BYTES, Problem};
use sekisho_wire::route::Route;
use sekisho_wire::{MEDIA_TYPE, cbor};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use crate::{Endpoint, LinkError, Proxy, Stream, TlsProblem};

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// A quiet HTTP/2 connection is pinged so often, to keep middleboxes awake and
/// to notice a dead peer.
const PING_INTERVAL: Duration = Duration::from_secs(60);

/// A ping must be answered within this time.
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// The tasks of a connection; they end with it.
#[derive(Clone, Default)]
struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl<F> hyper::rt::Executor<F> for Tasks
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        let mut tasks = self.0.lock().expect("no holder panics");
        while tasks.try_join_next().is_some() {}
        tasks.spawn(future);
    }
}

enum Sender {
    H1(hyper::client::conn::http1::SendRequest<Full<Bytes>>),
    H2(hyper::client::conn::http2::SendRequest<Full<Bytes>>),
}

/// An open connection.
pub(crate) struct Connection {
    sender: Sender,
    authority: String,
    // Dropping the connection aborts its tasks.
    _tasks: Tasks,
}

impl Connection {
    /// Resolves, dials and shakes hands.
    pub(crate) async fn open(
        endpoint: &Endpoint,
        config: Arc<ClientConfig>,
        proxy: Option<&Proxy>,
    ) -> Result<Self, LinkError> {
        let open = Self::open_unbounded(endpoint, config, proxy);
        match tokio::time::timeout(CONNECT_TIMEOUT, open).await {
            Ok(opened) => opened,
            Err(_) => Err(LinkError::TimedOut(CONNECT_TIMEOUT)),
        }
    }

    async fn open_unbounded(
        endpoint: &Endpoint,
        config: Arc<ClientConfig>,
        proxy: Option<&Proxy>,
    ) -> Result<Self, LinkError> {
        let proxy = proxy.filter(|proxy| proxy.is_for(&endpoint.host));
        let stream: Box<dyn Stream> = match proxy {
            Some(proxy) => proxy.connect(&endpoint.host, endpoint.port).await?,
            None => Box::new(dial(endpoint).await?),
        };
        let name = ServerName::try_from(endpoint.host.clone())
            .map_err(|_| LinkError::Dns { host: endpoint.host.clone() })?;
        let tls = TlsConnector::from(config)
            .connect(name, stream)
            .await
            .map_err(|error| tls_error(endpoint, proxy.is_some(), &error))?;
        let is_h2 = tls.get_ref().1.alpn_protocol() == Some(b"h2");
        let io = TokioIo::new(tls);
        let tasks = Tasks::default();
        let sender = if is_h2 {
            let (sender, driver) = hyper::client::conn::http2::Builder::new(tasks.clone())
                .timer(TokioTimer::new())
                .keep_alive_interval(PING_INTERVAL)
                .keep_alive_timeout(PING_TIMEOUT)
                .keep_alive_while_idle(true)
                .max_header_list_size(16 * 1024)
                .handshake(io)
                .await
                .map_err(broken)?;
            hyper::rt::Executor::execute(&tasks, async move {
                if let Err(error) = driver.await {
                    tracing::debug!(%error, "connection ended");
                }
            });
            Sender::H2(sender)
        } else {
            let (sender, driver) =
                hyper::client::conn::http1::handshake(io).await.map_err(broken)?;
            hyper::rt::Executor::execute(&tasks, async move {
                if let Err(error) = driver.await {
                    tracing::debug!(%error, "connection ended");
                }
            });
            Sender::H1(sender)
        };
        Ok(Self { sender, authority: endpoint.to_string(), _tasks: tasks })
    }

    /// Whether HTTP/2 was agreed on.
    pub(crate) const fn is_h2(&self) -> bool {
        matches!(self.sender, Sender::H2(_))
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn call(
        &mut self,
        route: &Route,
        path: &str,
        body: Bytes,
        timeout: Duration,
    ) -> Result<Vec<u8>, Failed> {
        match tokio::time::timeout(timeout, self.exchange(route, path, body)).await {
            Ok(answer) => answer,
            Err(_) => Err(Failed::Sent(LinkError::TimedOut(timeout))),
        }
    }

    async fn exchange(
        &mut self,
        route: &Route,
        path: &str,
        body: Bytes,
    ) -> Result<Vec<u8>, Failed> {
        let mut request = Request::builder().method(route.method.as_str());
        request = match &self.sender {
            Sender::H1(_) => request.uri(path).header("host", &self.authority),
            Sender::H2(_) => request.uri(format!("https://{}{path}", self.authority)),
        };
        if !body.is_empty() {
            request = request.header("content-type", MEDIA_TYPE);
        }
        let request = request
            .body(Full::new(body))
            .map_err(|error| Failed::Sent(LinkError::Setup(error.to_string())))?;
        let unsent = |error| Failed::Unsent(broken(error));
        let response = match &mut self.sender {
            Sender::H1(sender) => {
                sender.ready().await.map_err(unsent)?;
                sender.try_send_request(request).await.map_err(failed)?
            }
            Sender::H2(sender) => {
                sender.ready().await.map_err(unsent)?;
                sender.try_send_request(request).await.map_err(failed)?
            }
        };
        read(response, route.max_answer_bytes).await.map_err(Failed::Sent)
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failed {
    /// Nothing of the request went out: the peer had closed the connection, as a
    /// gateway does when another process takes over. It can go out on the next.
    Unsent(LinkError),
    /// It may have arrived.
    Sent(LinkError),
}

impl From<Failed> for LinkError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Unsent(error) | Failed::Sent(error) => error,
        }
    }
}

fn failed(mut error: hyper::client::conn::TrySendError<Request<Full<Bytes>>>) -> Failed {
    let came_back = error.take_message().is_some();
    let error = broken(error.into_error());
    if came_back { Failed::Unsent(error) } else { Failed::Sent(error) }
}

async fn read(response: Response<Incoming>, cap: usize) -> Result<Vec<u8>, LinkError> {
    let status = response.status().as_u16();
    let retry_after = response
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse().ok())
        .map(Duration::from_secs);
    let cap = if status == 200 { cap } else { MAX_PROBLEM_BYTES };
    let body = match Limited::new(response.into_body(), cap).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            return Err(if status == 200 {
                LinkError::TooLong(cap)
            } else {
                LinkError::Strange { status }
            });
        }
        Err(error) => return Err(LinkError::Broken(error.to_string())),
    };
    if status == 200 {
        return Ok(body.into());
    }
    match cbor::decode::<Problem>(&body, MAX_PROBLEM_BYTES) {
        Ok(problem) => Err(LinkError::Refused { code: problem.code, retry_after }),
        Err(_) => Err(LinkError::Strange { status }),
    }
}

/// Tries the addresses of a name one after the other.
async fn dial(endpoint: &Endpoint) -> Result<TcpStream, LinkError> {
    let addresses = tokio::net::lookup_host((endpoint.host.as_str(), endpoint.port))
        .await
        .map_err(|_| LinkError::Dns { host: endpoint.host.clone() })?;
    let mut last = None;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                stream
                    .set_nodelay(true)
                    .map_err(|source| LinkError::Tcp { endpoint: endpoint.to_string(), source })?;
                return Ok(stream);
            }
            Err(source) => last = Some(source),
        }
    }
    Err(match last {
        Some(source) => LinkError::Tcp { endpoint: endpoint.to_string(), source },
        None => LinkError::Dns { host: endpoint.host.clone() },
    })
}

fn broken(error: hyper::Error) -> LinkError {
    use std::error::Error;
    match error.source() {
        Some(source) => LinkError::Broken(format!("{error}: {source}")),
        None => LinkError::Broken(error.to_string()),
    }
}

fn tls_error(endpoint: &Endpoint, by_proxy: bool, error: &std::io::Error) -> LinkError {
    use rustls::CertificateError as Cert;
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let (problem, sentence) = match inner {
        Some(rustls::Error::InvalidCertificate(
            Cert::Expired
            | Cert::ExpiredContext { .. }
            | Cert::NotValidYet
            | Cert::NotValidYetContext { .. },
        )) => (
            TlsProblem::OutsideValidity,
            "its certificate is not valid at this time; is the clock right?".to_owned(),
        ),
        Some(rustls::Error::InvalidCertificate(
            Cert::NotValidForName | Cert::NotValidForNameContext { .. },
        )) => (
            TlsProblem::WrongName,
            format!("its certificate is for another name than '{}'", endpoint.host),
        ),
        Some(rustls::Error::InvalidCertificate(_)) if by_proxy => (
            TlsProblem::UnknownIssuer,
            "its certificate is not one of this site; the proxy seems to open TLS: have it pass \
             this server through unopened"
                .to_owned(),
        ),
        Some(rustls::Error::InvalidCertificate(_)) => (
            TlsProblem::UnknownIssuer,
            "its certificate is not one of this site; is this the right server, or does something \
             in between open TLS?"
                .to_owned(),
        ),
        Some(rustls::Error::AlertReceived(alert)) => {
            (TlsProblem::RefusedUs, format!("it refused our certificate ({alert:?})"))
        }
        Some(other) => (TlsProblem::Other, other.to_string()),
        None => (TlsProblem::Other, error.to_string()),
    };
    LinkError::Tls { endpoint: endpoint.to_string(), problem, sentence }
}
