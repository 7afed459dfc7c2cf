//! `Idempotency-Key`: a request that comes again is answered again, not done
//! again.
//!
//! The key is claimed before the work and the answer is stored after it, each
//! in a transaction of its own. A crash in between leaves a claim without an
//! answer: a repeat is then told to look, because nobody knows. Once claimed,
//! the work runs to its end even if the client hangs up.

use axum::extract::{FromRequest, MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use sekisho_model::Timestamp;
use sekisho_store::{Access as _, Blob, Claim, Hash, IdempotencyKey};

use super::actor::Authenticated;
use super::json::read_body;
use super::problem::{Carried, Problem};
use crate::app::SharedApp;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const MAX_KEY_CHARS: usize = 128;
/// Answers that are longer are not stored; none is.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

pub(super) async fn run(
    app: &SharedApp,
    caller: &Authenticated,
    request: Request,
    next: Next,
) -> Response {
    match run_once(app, caller, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn run_once(
    app: &SharedApp,
    caller: &Authenticated,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Some(key) = key_of(&request)? else { return Ok(next.run(request).await) };
    let (request, hash) = hashed(request).await?;
    let claim = IdempotencyKey {
        actor: format!("user:{}", caller.user.id),
        key,
        route: route_of(&request),
        request_hash: hash,
        status: None,
        body: None,
        created_at: caller.now,
    };
    let work = app.store.begin(&caller.context()).await?;
    let found = work.idempotency_keys().claim(claim.clone()).await?;
    work.commit_unaudited("an idempotency key").await.map(drop)?;
    match found {
        Claim::Used(earlier) => replay(&claim, earlier),
        Claim::New => {
            let (app, caller) = (app.clone(), caller.clone());
            let tasks = app.tasks.clone();
            tasks
                .finish(async move {
                    let response = next.run(request).await;
                    keep_answer(&app, &caller, &claim, response).await
                })
                .await
                .unwrap_or_else(|| Err(stopping()))
        }
    }
}

fn stopping() -> Problem {
    Problem::Unavailable { reason: "the server is stopping".to_owned() }
}

fn key_of(request: &Request) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let bytes = value.as_bytes();
    let fits = (1..=MAX_KEY_CHARS).contains(&bytes.len())
        && bytes.iter().all(|byte| matches!(byte, b'!'..=b'~'));
    match value.to_str() {
        Ok(text) if fits => Ok(Some(text.to_owned())),
        Ok(_) | Err(_) => Err(Problem::invalid(
            "Idempotency-Key",
            format!("Idempotency-Key must be 1 to {MAX_KEY_CHARS} visible ASCII characters"),
        )),
    }
}

fn route_of(request: &Request) -> String {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    format!("{} {}", request.method(), path.unwrap_or_default())
}

/// Reads the body to hash it, with the path and query it was sent to.
async fn hashed(request: Request) -> Result<(Request, Hash), Problem> {
    let (parts, body) = request.into_parts();
    let body = read_body(body).await?;
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let mut input = Vec::with_capacity(target.len() + 1 + body.len());
    input.extend_from_slice(target.as_bytes());
    input.push(0);
    input.extend_from_slice(&body);
    let hash = Hash(sekisho_seal::sha256(&input));
    zeroize::Zeroize::zeroize(&mut input);
    let request = Request::from_request(Request::from_parts(parts, body.into()), &()).await;
    let request = request.unwrap_or_else(|never| match never {});
    Ok((request, hash))
}

fn replay(claim: &IdempotencyKey, earlier: IdempotencyKey) -> Result<Response, Problem> {
    if (&earlier.route, earlier.request_hash) != (&claim.route, claim.request_hash) {
        return Err(Problem::IdempotencyMismatch);
    }
    let Some(status) = earlier.status.and_then(|status| StatusCode::from_u16(status).ok()) else {
        return Err(Problem::conflict_of(
            "repeat_unclear",
            "the first request with this Idempotency-Key is still running or was interrupted; \
             look whether it took effect before you repeat it with a new key",
        ));
    };
    let body = earlier.body.map(|body| body.0).unwrap_or_default();
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

/// Stores a success. A refusal is not stored: the request did nothing and is
/// judged again when it comes again. Where nobody knows, the claim stays.
async fn keep_answer(
    app: &SharedApp,
    caller: &Authenticated,
    claim: &IdempotencyKey,
    response: Response,
) -> Result<Response, Problem> {
    let carried = response.extensions().get::<Carried>();
    if carried.is_some_and(|carried| matches!(*carried.0, Problem::Undecided { .. })) {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map_err(Problem::internal)?.to_bytes();
    let stored = async {
        let work = app.store.begin(&caller.context()).await?;
        let keys = work.idempotency_keys();
        if parts.status.is_success() && body.len() <= MAX_ANSWER_BYTES {
            let blob = Blob(body.to_vec());
            keys.answer(&claim.actor, &claim.key, parts.status.as_u16(), Some(blob)).await?;
        } else {
            keys.release(&claim.actor, &claim.key).await?;
        }
        work.commit_unaudited("the answer to an idempotency key").await
    };
    if let Err(error) = stored.await {
        // The work is done; its answer is right. Only a repeat will be told
        // to look.
        tracing::warn!(%error, "an answer was not kept for its idempotency key");
    }
    Ok(Response::from_parts(parts, body.into()))
}

/// How long answers are kept.
const KEPT: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

/// Keys that came before this instant are forgotten.
pub(crate) fn forgotten_before(now: Timestamp) -> Timestamp {
    now.minus(KEPT)
}
