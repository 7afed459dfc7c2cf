//! What a sealed server answers.

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::{StatusCode, header};
use sekisho_model::id::RequestId;
use sekisho_wire::problem::{Problem as WireProblem, ProblemCode};
use sekisho_wire::{MEDIA_TYPE, cbor};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::Sealed;
use crate::http::{Problem, sealed_answer, serve};
use crate::metrics::Metrics;
use crate::run::{Certificate, Listeners, copy, metrics_answer};
use crate::shutdown::Shutdown;

/// An agent comes back after so long at the earliest, and spreads that out by
/// itself.
const AGENTS_AFTER_S: u64 = 30;

/// Serves on copies of the listeners, which live on.
pub(super) fn spawn(
    sealed: &Arc<Sealed>,
    listeners: &Listeners,
    shutdown: &Shutdown,
    parts: &mut JoinSet<()>,
) -> anyhow::Result<()> {
    let tls = Certificate::for_sealed(&sealed.config, sealed.clock.as_ref(), sealed.rng.as_ref())?
        .server_config(&sealed.config.tls)?;
    let api: TcpListener = copy(&listeners.api)?;
    parts.spawn(serve::serve_tls(api, tls.clone(), people(sealed), shutdown.clone()));
    let plane: TcpListener = copy(&listeners.agents)?;
    parts.spawn(serve::serve_tls(plane, tls, Router::new().fallback(agent), shutdown.clone()));
    if let Some(listener) = &listeners.metrics {
        let router = metrics(sealed);
        parts.spawn(serve::serve_plain(copy(listener)?, router, shutdown.clone()));
    }
    Ok(())
}

/// The REST API and the probes: alive, and nothing else.
fn people(sealed: &Arc<Sealed>) -> Router {
    let sealed = sealed.clone();
    let refuse = move || {
        let request = RequestId::new(sealed.clock.as_ref(), sealed.rng.as_ref());
        let answer = sealed_answer(&Problem::Sealed { reason: sealed.why().sentence() }, request);
        std::future::ready(answer)
    };
    let alive = || async { axum::Json(serde_json::json!({ "status": "alive" })) };
    Router::new().route("/healthz", get(alive)).fallback(refuse)
}

/// The agent plane.
async fn agent() -> Response {
    let body = cbor::encode(&WireProblem { code: ProblemCode::Unavailable });
    let headers = [
        (header::CONTENT_TYPE, MEDIA_TYPE.to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::RETRY_AFTER, AGENTS_AFTER_S.to_string()),
    ];
    (StatusCode::SERVICE_UNAVAILABLE, headers, body).into_response()
}

fn metrics(sealed: &Arc<Sealed>) -> Router {
    let metrics = Arc::new(Metrics::new());
    metrics.vault_sealed.set(1);
    let sealed = sealed.clone();
    let show = move || {
        let (sealed, metrics) = (sealed.clone(), metrics.clone());
        async move { metrics_answer(&sealed.store, &metrics).await }
    };
    Router::new().route("/metrics", get(show))
}
