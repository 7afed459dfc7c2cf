//! What comes over a connection of the link: HTTP/2, of which the gateway is the
//! client, whoever dialled.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ProtocolVersion;
use rustls::pki_types::CertificateDer;
use sekisho_model::gateway::LinkDirection;
use sekisho_model::id::GatewayId;
use sekisho_seal::sha256;
use sekisho_store::{Access as _, Gateway};
use sekisho_wire::gateway::{CONSOLE_AUTHORITY, CONTROL_PATH};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::server::TlsStream;

use super::control;
use crate::agents::{Plane, hints, respond};
use crate::app::SharedApp;
use crate::http::serve::Passed;
use crate::shutdown::Shutdown;

/// Calls in progress on one connection, at most.
const MAX_STREAMS: u32 = 1024;

/// A connection that does not answer for so long is dead.
const PING_EVERY: Duration = Duration::from_secs(10);
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// What serves the connections of gateways.
pub struct Links {
    plane: Arc<Plane>,
    console: Passed,
    shutdown: Shutdown,
}

/// Work that ends with its connection.
type Tasks = Arc<Mutex<JoinSet<()>>>;

impl Links {
    /// Of a server.
    pub const fn new(plane: Arc<Plane>, console: Passed, shutdown: Shutdown) -> Self {
        Self { plane, console, shutdown }
    }

    pub(super) fn app(&self) -> &SharedApp {
        self.plane.app()
    }

    pub(super) const fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }

    /// The classic direction: a gateway has dialled. Its certificate must be one
    /// of the site's, its key the pinned one, and its row must count.
    pub(crate) async fn accepted(
        self: &Arc<Self>,
        stream: TlsStream<TcpStream>,
        address: SocketAddr,
    ) {
        if stream.get_ref().1.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
            return tracing::info!(%address, "a link over an old TLS was refused");
        }
        let Some(named) = stream.get_ref().1.peer_certificates().and_then(|chain| {
            let (leaf, more) = chain.split_first()?;
            self.named(leaf, more)
        }) else {
            return tracing::info!(%address, "a link without a gateway's certificate was refused");
        };
        let (gateway, key) = named;
        let stop = self.app().gateways.links(gateway);
        match self.app().store.read().gateways().active().await {
            Ok(rows) => {
                let counts = rows.iter().any(|row: &Gateway| {
                    row.id == gateway
                        && row.key_sha256.0 == key
                        && row.direction == LinkDirection::GatewayDials
                });
                if !counts || self.app().gateways.is_parting(gateway) {
                    // Nothing is kept for somebody who is nobody.
                    return tracing::warn!(%address, %gateway, "the link of a gateway was refused");
                }
            }
            Err(error) => return tracing::warn!(%error, "a gateway was sent away"),
        }
        self.serve(gateway, stream, address.to_string(), stop).await;
    }

    fn named(
        &self,
        leaf: &CertificateDer<'_>,
        more: &[CertificateDer<'_>],
    ) -> Option<(GatewayId, [u8; 32])> {
        let more: Vec<&[u8]> = more.iter().map(AsRef::as_ref).collect();
        let app = self.app();
        let found = app.keys.ca().trust().verify_link(leaf, &more, app.clock.now()).ok()?;
        Some((found.gateway?, sha256(found.key.spki())))
    }

    /// Serves a connection whose other end is this gateway, until it ends, the
    /// gateway is revoked or the server stops.
    pub(super) async fn serve<S>(
        self: &Arc<Self>,
        gateway: GatewayId,
        stream: S,
        peer: String,
        stop: Shutdown,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let _connected = self.app().gateways.connected(gateway);
        let tasks = Tasks::default();
        let service = {
            let (links, tasks, peer) = (self.clone(), tasks.clone(), peer.clone());
            service_fn(move |request| {
                let (links, tasks, peer) = (links.clone(), tasks.clone(), peer.clone());
                async move { Ok::<_, Infallible>(links.answer(gateway, &peer, &tasks, request).await) }
            })
        };
        let mut serving = Box::pin(settings().serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            served = serving.as_mut() => {
                if let Err(error) = served {
                    tracing::debug!(%gateway, %peer, %error, "a connection of the link ended");
                }
            }
            () = stop.hard() => tracing::debug!(%gateway, %peer, "a connection of the link is cut"),
            () = self.shutdown.soft() => {
                serving.as_mut().graceful_shutdown();
                // The control stream would keep it open for ever.
                let mut ended = std::mem::take(&mut *tasks.lock().expect("no holder panics"));
                ended.shutdown().await;
                tokio::select! {
                    _ = serving.as_mut() => {}
                    () = self.shutdown.hard() => {}
                }
            }
        }
        let mut ended = std::mem::take(&mut *tasks.lock().expect("no holder panics"));
        ended.shutdown().await;
    }

    async fn answer(
        self: &Arc<Self>,
        gateway: GatewayId,
        peer: &str,
        tasks: &Tasks,
        request: Request<Incoming>,
    ) -> Response<LinkBody> {
        if request.method() == Method::CONNECT {
            return self.pass_through(gateway, tasks, request).await;
        }
        if request.method() == Method::POST && request.uri().path() == CONTROL_PATH {
            let (frames, body) = mpsc::channel(control::QUEUE);
            let app = self.app().clone();
            let (peer, shutdown) = (peer.to_owned(), self.shutdown.clone());
            let control = control::run(app, gateway, peer, request.into_body(), frames, shutdown);
            spawn(tasks, control);
            return Response::new(LinkBody::Frames(body));
        }
        match hints(self.app(), gateway, request.headers()) {
            Ok(peer) => respond(&self.plane, &peer, request).await.map(LinkBody::Whole),
            Err(code) => crate::agents::refuse(code).map(LinkBody::Whole),
        }
    }

    /// A stream to the API's own TLS, if the gateway may pass one through at this
    /// moment; nothing else looks at what is inside.
    async fn pass_through(
        &self,
        gateway: GatewayId,
        tasks: &Tasks,
        request: Request<Incoming>,
    ) -> Response<LinkBody> {
        let asked = request.uri().authority().map(|authority| authority.as_str());
        if asked != Some(CONSOLE_AUTHORITY) {
            return status(StatusCode::NOT_FOUND);
        }
        let app = self.app();
        let tunnels = app.gateways.tunnels(gateway);
        let row = app.store.read().gateways().find(gateway).await;
        let may_pass =
            matches!(&row, Ok(Some(row)) if row.pass_through && row.revoked_at.is_none());
        if !may_pass {
            return status(StatusCode::NOT_FOUND);
        }
        let Ok(peer) = hints(app, gateway, request.headers()) else {
            return status(StatusCode::BAD_REQUEST);
        };
        let peer = SocketAddr::new(peer.address, 0);
        let (console, shutdown) = (self.console.clone(), self.shutdown.clone());
        spawn(tasks, async move {
            match hyper::upgrade::on(request).await {
                Ok(stream) => tokio::select! {
                    () = console.serve(TokioIo::new(stream), peer, shutdown) => {}
                    () = tunnels.hard() => tracing::debug!(%peer, "no streams pass through any more"),
                },
                Err(error) => tracing::debug!(%error, "a stream did not pass through"),
            }
        });
        status(StatusCode::OK)
    }
}

fn spawn(tasks: &Tasks, task: impl Future<Output = ()> + Send + 'static) {
    let mut tasks = tasks.lock().expect("no holder panics");
    while tasks.try_join_next().is_some() {}
    tasks.spawn(task);
}

fn status(status: StatusCode) -> Response<LinkBody> {
    let mut response = Response::new(LinkBody::Whole(Full::default()));
    *response.status_mut() = status;
    response
}

fn settings() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .initial_stream_window_size(256 * 1024)
        .initial_connection_window_size(8 * 1024 * 1024)
        .max_header_list_size(32 * 1024)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

/// The body of an answer on the link.
pub(super) enum LinkBody {
    /// One that is there.
    Whole(Full<Bytes>),
    /// The control stream.
    Frames(mpsc::Receiver<Bytes>),
}

impl Body for LinkBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Self::Whole(body) => Pin::new(body).poll_frame(cx),
            Self::Frames(frames) => {
                frames.poll_recv(cx).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Frames(_) => false,
        }
    }

    /// So that the answer says its length, as to an agent that is not relayed.
    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Frames(_) => SizeHint::default(),
        }
    }
}
