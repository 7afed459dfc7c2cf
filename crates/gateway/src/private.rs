//! The private listener: the server's link, the pairing, and how the gateway is
//! . Never on a public address.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sekisho_wire::gateway::{CALL_ALPN, LINK_ALPN, MAX_PAIRING_BYTES};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::hub::Hub;
use crate::link;
use crate::metrics;
use crate::socket::Socket;
use crate::status::StatusPage;
use crate::tasks::Tasks;

/// Connections at once that are none of the link, or not known to be.
const MAX_CONNECTIONS: usize = 256;

/// A connection that is no link ends after this.
const LONGEST: Duration = Duration::from_secs(60);

/// A place among the connections; given up when dropped.
struct Place<'h>(&'h Hub);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.counters.private.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Serves a connection on the private listener.
pub(crate) async fn serve(hub: Arc<Hub>, worker: usize, tasks: Tasks, stream: std::net::TcpStream) {
    let before = hub.counters.private.fetch_add(1, Ordering::Relaxed);
    let place = Place(&hub);
    let Ok(stream) = TcpStream::from_std(stream).map(Socket::new) else { return };
    if before >= MAX_CONNECTIONS {
        return tracing::warn!("too many connections on the private listener");
    }
    let (private, pairing) = hub.private();
    let acceptor = TlsAcceptor::from(private);
    let shaking = tokio::time::timeout(hub.timeouts.handshake, acceptor.accept(stream));
    let tls = match Box::pin(shaking).await {
        Ok(Ok(tls)) => tls,
        Ok(Err(error)) => return tracing::debug!(%error, "no TLS on the private listener"),
        Err(_) => return tracing::debug!("no TLS in time on the private listener"),
    };
    let session = tls.get_ref().1;
    let is_h2 = session.alpn_protocol() == Some(b"h2");
    let of_link =
        [LINK_ALPN, CALL_ALPN].into_iter().find(|alpn| session.alpn_protocol() == Some(alpn));
    if let Some(alpn) = of_link {
        // The verifier lets nobody show a certificate but the site's server.
        if session.peer_certificates().is_none() {
            return tracing::warn!("a link without a certificate was refused");
        }
        // Those have limits of their own.
        drop(place);
        // In boxes: in one function they would use a stack of 26 kB.
        let serving: BoxFuture<'_, ()> = match alpn {
            CALL_ALPN => Box::pin(link::serve_calls(&hub, worker, &tasks, tls, pairing)),
            _ => Box::pin(link::serve(&hub, worker, &tasks, tls, pairing)),
        };
        return serving.await;
    }
    let service = {
        let hub = hub.clone();
        service_fn(move |request| {
            let hub = hub.clone();
            async move { Ok::<_, Infallible>(answer(&hub, request).await) }
        })
    };
    let io = TokioIo::new(tls);
    let served = async {
        if is_h2 {
            let mut builder = http2::Builder::new(tasks);
            builder.timer(TokioTimer::new()).max_concurrent_streams(4).max_header_list_size(16_384);
            builder.serve_connection(io, service).await
        } else {
            let mut builder = http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(hub.timeouts.head);
            builder.serve_connection(io, service).await
        }
    };
    if let Ok(Err(error)) = tokio::time::timeout(LONGEST, served).await {
        tracing::debug!(%error, "a connection on the private listener ended");
    }
}

async fn answer(hub: &Arc<Hub>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    let wants_json = request
        .headers()
        .get(header::ACCEPT)
        .is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
    match (request.method(), path.as_str()) {
        (&Method::GET, "/getstatus") if !wants_json => {
            let page = StatusPage::of(hub).to_html();
            response(StatusCode::OK, "text/html; charset=utf-8", page.into_bytes())
        }
        (&Method::GET, "/getstatus" | "/getstatus.json") => {
            let page = StatusPage::of(hub).to_json();
            response(StatusCode::OK, "application/json", page.into_bytes())
        }
        (&Method::GET, "/metrics") => {
            let text = metrics::text(hub);
            response(StatusCode::OK, "text/plain; version=0.0.4", text.into_bytes())
        }
        _ => of_keeper(hub, request, path).await,
    }
}

/// What the process answers: the pairing.
async fn of_keeper(
    hub: &Arc<Hub>,
    request: Request<Incoming>,
    path: String,
) -> Response<Full<Bytes>> {
    let text = "text/plain; charset=utf-8";
    let method = request.method().as_str().to_owned();
    let Ok(body) = Limited::new(request.into_body(), MAX_PAIRING_BYTES).collect().await else {
        return response(StatusCode::PAYLOAD_TOO_LARGE, text, b"too long\n".to_vec());
    };
    let (keeper, body) = (hub.keeper.clone(), body.to_bytes());
    // It writes files.
    let answered = tokio::task::spawn_blocking(move || keeper.answer(&method, &path, &body)).await;
    match answered.ok().flatten() {
        Some(answer) => {
            let status = StatusCode::from_u16(answer.status);
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            response(status, answer.content_type, answer.body)
        }
        None => response(StatusCode::NOT_FOUND, text, b"not found\n".to_vec()),
    }
}

fn response(
    status: StatusCode,
    content_type: &'static str,
    body: Vec<u8>,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
