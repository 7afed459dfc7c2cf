//! What surrounds every request: an id, limits, headers, and the body of
//! refusals.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, header};
use sekisho_model::event::Origin;
use sekisho_model::id::RequestId;

use super::actor::Anonymous;
use super::problem::{Carried, Problem};
use crate::app::SharedApp;

/// The other end of the connection, put into each request by the listener.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// No request takes longer; a wait for an order takes at most 60 s of it.
const TIMEOUT: Duration = Duration::from_secs(75);

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (
        header::STRICT_TRANSPORT_SECURITY,
        HeaderValue::from_static("max-age=31536000; includeSubDomains"),
    ),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// The outermost layer.
pub(super) async fn envelope(
    State(app): State<SharedApp>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = app.clock.elapsed();
    let now = app.clock.now();
    let id = RequestId::at(now, app.rng.as_ref());
    // An IPv4 client of a dual-stack listener is one and the same address.
    let address = request.extensions().get::<Peer>().map(|peer| peer.0.ip().to_canonical());
    let anonymous = Anonymous { origin: Origin { request: id, address }, now };
    request.extensions_mut().insert(anonymous);
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "(none)".to_owned(), |path| path.as_str().to_owned());

    let mut response = match app.request_slots.try_acquire() {
        Ok(_slot) => tokio::time::timeout(TIMEOUT, next.run(request))
            .await
            .unwrap_or_else(|_| unavailable("the request took too long")),
        Err(_) => unavailable("too many requests at once"),
    };

    if let Some(Carried(problem)) = response.extensions_mut().remove::<Carried>() {
        problem.log(id);
        let mut rendered = problem.render(id);
        // Headers that the handler had set beside the problem (Set-Cookie).
        for (name, value) in response.headers() {
            if *name != header::CONTENT_LENGTH && *name != header::CONTENT_TYPE {
                rendered.headers_mut().append(name, value.clone());
            }
        }
        response = rendered;
    }
    // The console's answers have their own; everything else has these.
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    let text = HeaderValue::from_str(&id.to_string()).expect("an id is a header value");
    response.headers_mut().insert(X_REQUEST_ID, text);

    let took = app.clock.elapsed().saturating_sub(started);
    let status = response.status().as_u16();
    app.metrics.request(method.as_str(), &route, status, took);
    tracing::debug!(request = %id, %method, route, status, took_ms = took.as_millis(), "request");
    response
}

fn unavailable(reason: &str) -> Response {
    Problem::Unavailable { reason: reason.to_owned() }.into_response()
}
