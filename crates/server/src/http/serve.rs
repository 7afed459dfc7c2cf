//! The TLS listener of the API: bounded connections, bounded handshakes, a
//! graceful end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::envelope::Peer;
use crate::shutdown::Shutdown;

/// At most so many connections at once.
const MAX_CONNECTIONS: usize = 2048;
/// For the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// For a request's head.
const HEAD: Duration = Duration::from_secs(15);
/// After an accept that failed (no file handles left).
const PAUSE: Duration = Duration::from_millis(200);
const MAX_STREAMS: u32 = 128;
const MAX_HEADERS: usize = 64;
const MAX_HEADER_BYTES: u32 = 32 * 1024;

/// Serves a router over TLS until the stop.
pub async fn serve_tls(
    listener: TcpListener,
    tls: Arc<rustls::ServerConfig>,
    router: Router,
    shutdown: Shutdown,
) {
    let acceptor = TlsAcceptor::from(tls);
    serve(listener, router, shutdown, move |stream| {
        let acceptor = acceptor.clone();
        async move {
            match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => Some(stream),
                Ok(Err(error)) => {
                    tracing::debug!(%error, "TLS handshake failed");
                    None
                }
                Err(_) => None,
            }
        }
    })
    .await;
}

/// The API's TLS and its router, for streams that were not accepted by its
/// listener: those that a gateway passes through.
#[derive(Clone)]
pub struct Passed {
    acceptor: TlsAcceptor,
    router: Router,
    slots: Arc<Semaphore>,
}

impl Passed {
    /// The same as the listener serves.
    pub fn new(tls: Arc<rustls::ServerConfig>, router: Router) -> Self {
        let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS / 4));
        Self { acceptor: TlsAcceptor::from(tls), router, slots }
    }

    /// Serves one stream to its end. One too many is closed.
    pub async fn serve<S>(&self, stream: S, peer: SocketAddr, shutdown: Shutdown)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Ok(_slot) = self.slots.try_acquire() else {
            return tracing::warn!(%peer, "too many streams pass through gateways at once");
        };
        match tokio::time::timeout(HANDSHAKE, self.acceptor.accept(stream)).await {
            Ok(Ok(stream)) => connection(stream, peer, self.router.clone(), shutdown).await,
            Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "the TLS handshake took too long"),
        }
    }
}

/// Serves a router without TLS; for the loopback interface only.
pub async fn serve_plain(listener: TcpListener, router: Router, shutdown: Shutdown) {
    serve(listener, router, shutdown, |stream| async move { Some(stream) }).await;
}

async fn serve<F, Fut, S>(listener: TcpListener, router: Router, shutdown: Shutdown, open: F)
where
    F: Fn(tokio::net::TcpStream) -> Fut,
    Fut: Future<Output = Option<S>> + Send + 'static,
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let slot = tokio::select! {
            () = shutdown.soft() => break,
            slot = slots.clone().acquire_owned() => slot,
        };
        let accepted = tokio::select! {
            () = shutdown.soft() => break,
            accepted = listener.accept() => accepted,
        };
        // Ended connections are taken off the set.
        while connections.try_join_next().is_some() {}
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                shutdown.sleep(PAUSE).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let opening = open(stream);
        let (router, shutdown) = (router.clone(), shutdown.clone());
        connections.spawn(async move {
            let _slot = slot;
            if let Some(stream) = opening.await {
                connection(stream, peer, router, shutdown).await;
            }
        });
    }
    drop(listener);
    tokio::select! {
        () = shutdown.hard() => connections.shutdown().await,
        () = async { while connections.join_next().await.is_some() {} } => {}
    }
}

async fn connection<S>(stream: S, peer: SocketAddr, router: Router, shutdown: Shutdown)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let router = router.layer(axum::Extension(Peer(peer)));
    let service = TowerToHyperService::new(router);
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_headers(MAX_HEADERS)
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20))
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_BYTES);
    let connection = server.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.soft() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error, %peer, "connection ended");
    }
}
