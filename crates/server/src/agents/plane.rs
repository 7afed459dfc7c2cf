//! The listener and the way of a request.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use rustls::ServerConfig;
use sekisho_pki::DeviceIdentity;
use sekisho_wire::gateway::{LINK_ALPN, NEXT_DUE_HEADER};
use sekisho_wire::problem::{Problem, ProblemCode};
use sekisho_wire::route::{self, Access, RateClass, Route, RouteName, WAIT_HOLD_S};
use sekisho_wire::{MEDIA_TYPE, cbor};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::exchanges::Exchanges;
use super::{Answer, Peer, Refusal, certificate, enrol, hello, session, wait};
use crate::app::SharedApp;
use crate::gateways::Links;
use crate::metrics::Present;
use crate::shutdown::Shutdown;

/// Connections at once, at most.
const MAX_CONNECTIONS: usize = 20_000;

/// Files that are kept for everything else: the API's connections, the
/// database, the log.
const OTHER_FILES: usize = 2_500;

/// Calls at once from peers that are not devices yet, at most.
const MAX_ENROLMENTS: usize = 32;

/// TLS handshakes at once. A fleet that comes back is let in one after the other:
/// were all begun together, all would end late and most of them too late.
const HANDSHAKES: usize = 256;

/// Nobody waits longer than this for handshakes that others do not finish.
const HANDSHAKE_TURN: Duration = Duration::from_secs(5);

/// A TLS handshake may take so long.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The header of a request may take so long.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// A request waits so long before it tries again after a refusal of ours.
const RETRY_AFTER_S: u64 = 5;

/// The agent plane without its listener: what the connections share, and what
/// a simulated network calls.
pub struct Plane {
    pub(super) app: SharedApp,
    pub(super) shutdown: Shutdown,
    enrolments: Semaphore,
    handshakes: Semaphore,
    /// Calls that use the database at the moment. The others wait here, in the
    /// order they came: a fleet that comes back after a restart must not make
    /// every call run out of patience in front of the database.
    at_work: Semaphore,
    pub(super) exchanges: Exchanges,
}

impl Plane {
    /// The plane of a server.
    pub fn new(app: SharedApp, shutdown: Shutdown) -> Self {
        // The rest of the connections is for people.
        let share = app.config.database.max_connections as usize * 3 / 4;
        let at_work = Semaphore::new(share.max(1));
        Self {
            app,
            shutdown,
            enrolments: Semaphore::new(MAX_ENROLMENTS),
            handshakes: Semaphore::new(HANDSHAKES),
            at_work,
            exchanges: Exchanges::default(),
        }
    }

    /// The server's parts.
    pub(crate) const fn app(&self) -> &SharedApp {
        &self.app
    }

    /// Waits for this call's turn at the database.
    pub(super) async fn turn(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        let turn = self.at_work.acquire().await;
        turn.map_err(|_| Refusal::Unavailable("the server is stopping".to_owned()))
    }

    /// Answers one request as the listener would.
    ///
    /// # Errors
    /// What a peer is told when there is no answer.
    pub async fn call(
        &self,
        peer: &Peer,
        method: &str,
        path: &str,
        body: &[u8],
    ) -> Result<Vec<u8>, ProblemCode> {
        let (route, parameters) = route::find(method, path).ok_or(ProblemCode::NotFound)?;
        admit(route, peer)?;
        if body.len() > route.max_body_bytes {
            return Err(ProblemCode::TooLong);
        }
        let answer = dispatch(self, peer, route.name, &parameters, body).await;
        answer.map(|answer| answer.body).map_err(|refusal| refusal.told())
    }
}

/// Serves the agent plane until the stop begins; then lets requests finish and
/// ends the waits.
pub async fn serve(
    plane: Arc<Plane>,
    links: Arc<Links>,
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    shutdown: Shutdown,
) {
    let acceptor = TlsAcceptor::from(tls);
    let most = most_connections();
    let places = Arc::new(Semaphore::new(most));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.soft() => break,
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, mostly: let some connections end.
                tracing::warn!(%error, "a connection of an agent could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            tracing::warn!(%address, most, "too many connections of agents at once");
            continue;
        };
        let (plane, links, acceptor) = (plane.clone(), links.clone(), acceptor.clone());
        connections.spawn(async move {
            let present = Present::in_gauge(&plane.app.metrics.agent_connections);
            connection(plane, links, acceptor, stream, address).await;
            drop((present, place));
        });
    }
    tokio::select! {
        () = shutdown.hard() => {}
        () = async { while connections.join_next().await.is_some() {} } => {}
    }
}

/// How many connections fit: fewer than [`MAX_CONNECTIONS`] where the system
/// lets this process open too few files.
fn most_connections() -> usize {
    let Ok(files) = sekisho_platform::process::open_files() else { return MAX_CONNECTIONS };
    let fit = usize::try_from(files).unwrap_or(usize::MAX).saturating_sub(OTHER_FILES).max(16);
    if fit < MAX_CONNECTIONS {
        tracing::warn!(
            open_files = files,
            "at most {fit} agents can be connected, because this process may open {files} files; \
             raise the limit to {} (LimitNOFILE= in the unit, `ulimit -n`) for {MAX_CONNECTIONS}",
            MAX_CONNECTIONS + OTHER_FILES
        );
    }
    fit.min(MAX_CONNECTIONS)
}

async fn connection(
    plane: Arc<Plane>,
    links: Arc<Links>,
    acceptor: TlsAcceptor,
    stream: TcpStream,
    address: SocketAddr,
) {
    // Without it every small answer waits for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let turn = tokio::time::timeout(HANDSHAKE_TURN, plane.handshakes.acquire()).await;
    let tls = match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
        Ok(Ok(tls)) => tls,
        Ok(Err(error)) => return tracing::debug!(%address, %error, "no TLS"),
        Err(_) => return tracing::debug!(%address, "the TLS handshake took too long"),
    };
    drop(turn);
    if tls.get_ref().1.alpn_protocol() == Some(LINK_ALPN) {
        // The classic direction: a gateway has dialled.
        return Box::pin(links.accepted(tls, address)).await;
    }
    let identity = identity_of(&plane, tls.get_ref().1);
    let peer = Arc::new(Peer { address: address.ip(), identity, via: None });
    let mut revoked =
        peer.identity.as_ref().map(|identity| plane.app.bus.listen_revoked(identity.device));

    // What was agreed on is known: each gets the memory it needs and no more.
    let is_h2 = tls.get_ref().1.alpn_protocol() == Some(b"h2");
    let service = {
        let plane = plane.clone();
        service_fn(move |request| {
            let (plane, peer) = (plane.clone(), peer.clone());
            async move { Ok::<_, Infallible>(respond(&plane, &peer, request).await) }
        })
    };
    let io = TokioIo::new(tls);
    if is_h2 {
        let serving = http2_settings().serve_connection(io, service);
        drive(&plane, address, &mut revoked, serving).await;
    } else {
        let serving = http1_settings().serve_connection(io, service);
        Box::pin(drive(&plane, address, &mut revoked, serving)).await;
    }
}

fn http1_settings() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(64 * 1024);
    builder
}

fn http2_settings() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(16)
        .initial_stream_window_size(64 * 1024)
        .initial_connection_window_size(1024 * 1024)
        .max_header_list_size(16 * 1024)
        .max_pending_accept_reset_streams(20)
        // Longer than a wait: an agent that lives has called before that, and
        // it sends pings of its own.
        .keep_alive_interval(Duration::from_secs(WAIT_HOLD_S + 60))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

/// Serves a connection until it ends, its device is revoked or the stop begins;
/// then what is in progress may end.
async fn drive(
    plane: &Plane,
    address: SocketAddr,
    revoked: &mut Option<crate::bus::Listener<sekisho_model::id::DeviceId>>,
    serving: impl GracefulConnection<Error = hyper::Error>,
) {
    let mut serving = std::pin::pin!(serving);
    tokio::select! {
        served = &mut serving => {
            if let Err(error) = served {
                tracing::debug!(%address, %error, "connection ended");
            }
            return;
        }
        () = heard(revoked) => {
            return tracing::info!(%address, "a revoked device was disconnected");
        }
        () = plane.shutdown.soft() => {}
    }
    serving.as_mut().graceful_shutdown();
    let _ = serving.await;
}

async fn heard(listener: &mut Option<crate::bus::Listener<sekisho_model::id::DeviceId>>) {
    match listener {
        Some(listener) => listener.heard().await,
        None => std::future::pending().await,
    }
}

fn identity_of(plane: &Plane, connection: &rustls::ServerConnection) -> Option<DeviceIdentity> {
    let (leaf, intermediates) = connection.peer_certificates()?.split_first()?;
    let intermediates: Vec<&[u8]> = intermediates.iter().map(AsRef::as_ref).collect();
    let trust = plane.app.keys.ca().trust();
    trust.verify_device(leaf, &intermediates, plane.app.clock.now()).ok()
}

/// Answers a request of the agent plane, whoever brought it.
pub(crate) async fn respond(
    plane: &Plane,
    peer: &Peer,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let label = label(&request);
    let answer = match answer(plane, peer, request).await {
        Ok(Answer { body, next_due }) => {
            plane.app.metrics.agent_call(label, 200);
            let mut response = response(200, body);
            if let Some(due) = next_due {
                let millis = u64::try_from(due.as_millis()).unwrap_or(u64::MAX);
                response.headers_mut().insert(NEXT_DUE_HEADER, HeaderValue::from(millis));
            }
            return response;
        }
        Err(refusal) => refusal,
    };
    let code = answer.told();
    plane.app.metrics.agent_call(label, code.status());
    tracing::debug!(address = %peer.address, ?code, "refused");
    refuse(code)
}

/// The answer that says no.
pub(crate) fn refuse(code: ProblemCode) -> Response<Full<Bytes>> {
    let mut response = response(code.status(), cbor::encode(&Problem { code }));
    if matches!(code, ProblemCode::Unavailable | ProblemCode::TooMany | ProblemCode::Recovery) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
    }
    response
}

/// What a call is counted under: a path of the route table, or `none`.
fn label(request: &Request<Incoming>) -> &'static str {
    let path = request.uri().path_and_query().map_or("", |whole| whole.as_str());
    route::find(request.method().as_str(), path).map_or("none", |(route, _)| route.path)
}

fn response(status: u16, body: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() =
        http::StatusCode::from_u16(status).expect("the statuses of problems are HTTP statuses");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn answer(plane: &Plane, peer: &Peer, request: Request<Incoming>) -> Result<Answer, Refusal> {
    let uri = request.uri().clone();
    let path = match uri.path_and_query() {
        Some(whole) => whole.as_str(),
        None => return Err(ProblemCode::NotFound.into()),
    };
    let Some((route, parameters)) = route::find(request.method().as_str(), path) else {
        return Err(ProblemCode::NotFound.into());
    };
    admit(route, peer)?;
    let timeout = Duration::from_secs(route.timeout_s);
    let handled = async {
        let _place = match route.rate {
            RateClass::Enrolment => {
                Some(plane.enrolments.try_acquire().map_err(|_| ProblemCode::TooMany)?)
            }
            RateClass::Device | RateClass::Wait => None,
        };
        let body = read_body(request, route).await?;
        dispatch(plane, peer, route.name, &parameters, &body).await
    };
    match tokio::time::timeout(timeout, handled).await {
        Ok(answer) => answer,
        Err(_) => Err(Refusal::Unavailable(format!("{} took too long", route.path))),
    }
}

fn admit(route: &Route, peer: &Peer) -> Result<(), ProblemCode> {
    match (route.access, &peer.identity) {
        (Access::Anyone, _) => Ok(()),
        (Access::Certificate | Access::Device, None) => Err(ProblemCode::CertificateNeeded),
        (Access::Device, Some(identity)) if identity.expired => {
            Err(ProblemCode::CertificateExpired)
        }
        (Access::Certificate | Access::Device, Some(_)) => Ok(()),
    }
}

async fn read_body(request: Request<Incoming>, route: &Route) -> Result<Bytes, ProblemCode> {
    // Said before the first byte is read: a peer that asked first sends none.
    if request.body().size_hint().lower() > route.max_body_bytes as u64 {
        return Err(ProblemCode::TooLong);
    }
    match Limited::new(request.into_body(), route.max_body_bytes).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(ProblemCode::TooLong),
        Err(_) => Err(ProblemCode::Unreadable),
    }
}

/// The one place where a route meets its handler.
async fn dispatch(
    plane: &Plane,
    peer: &Peer,
    name: RouteName,
    parameters: &[&str],
    body: &[u8],
) -> Result<Answer, Refusal> {
    let app = &plane.app;
    // A wait takes its turn only to look, it must not hold it while parked; so
    // does a fetch that takes nothing.
    let _turn = match name {
        RouteName::Wait | RouteName::Fetch | RouteName::Bundle | RouteName::Time => None,
        RouteName::Enrol
        | RouteName::Certificate
        | RouteName::Hello
        | RouteName::Receipt
        | RouteName::Escrow => Some(plane.turn().await?),
    };
    // Boxed but for the wait: a parked call must not take the memory that the
    // largest of the others would need, times the number of agents.
    let body = match (name, parameters) {
        (RouteName::Wait, [session, seconds]) => {
            return wait::wait(plane, peer, session, seconds).await;
        }
        (RouteName::Bundle, [after]) => hello::bundle(app, after),
        (RouteName::Time, [nonce]) => hello::time(app, nonce),
        (RouteName::Enrol, []) => Box::pin(enrol::enrol(app, peer, body)).await,
        (RouteName::Certificate, []) => Box::pin(certificate::certificate(app, peer, body)).await,
        (RouteName::Hello, []) => Box::pin(hello::hello(app, peer, body)).await,
        (RouteName::Fetch, []) => Box::pin(session::fetch(plane, peer, body)).await,
        (RouteName::Receipt, []) => Box::pin(session::receipt(app, peer, body)).await,
        (RouteName::Escrow, []) => Box::pin(session::escrow(app, peer, body)).await,
        // The table's templates say how many parameters there are.
        (
            RouteName::Bundle
            | RouteName::Time
            | RouteName::Enrol
            | RouteName::Certificate
            | RouteName::Hello
            | RouteName::Wait
            | RouteName::Fetch
            | RouteName::Receipt
            | RouteName::Escrow,
            _,
        ) => Err(ProblemCode::NotFound.into()),
    };
    body.map(Answer::from)
}
