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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use axum::body::Body;
    use axum::{Router, middleware, routing};
    use sekisho_model::clock::ManualClock;
    use sekisho_model::event::Origin;
    use sekisho_model::id::{LoginSessionId, RequestId, UserId};
    use sekisho_model::rng::SystemRng;
    use sekisho_model::user::{Role, UserState};
    use sekisho_policy::Subject;
    use sekisho_store::{LoginSession, PasswordHash, StoreError, User};
    use tower::Service as _;

    use super::*;
    use crate::config::Config;
    use crate::http::actor::How;
    use crate::{init, run as start};

    /// A site whose one endpoint fails in the same way at every request.
    struct Failing {
        app: SharedApp,
        caller: Authenticated,
        error: fn() -> StoreError,
        /// How often its work was begun.
        begun: Arc<AtomicU32>,
        _folder: tempfile::TempDir,
    }

    impl Failing {
        async fn with(error: fn() -> StoreError) -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let set = [
                format!("data_dir={}", folder.path().join("data").display()),
                format!("vault.kek_file={}", folder.path().join("key/kek").display()),
                "public_name=vault.example.jp".to_owned(),
            ];
            let config = Config::load(None, &set, |_| None).expect("a configuration");
            let now: Timestamp = "2026-05-01T09:00:00Z".parse().expect("a time");
            let (clock, rng) = (Arc::new(ManualClock::new(now)), Arc::new(SystemRng));
            let mut shown = Vec::new();
            init::init(&config, clock.clone(), rng.clone(), true, &mut shown).await.expect("init");
            let app = start::open(config, clock, rng).await.expect("open");
            let (caller, begun) = (somebody(now), Arc::new(AtomicU32::new(0)));
            Self { app, caller, error, begun, _folder: folder }
        }

        /// The code of the answer to one and the same request.
        async fn send(&self) -> &'static str {
            let (begun, error) = (self.begun.clone(), self.error);
            let work = routing::post(move || async move {
                begun.fetch_add(1, Ordering::Relaxed);
                Problem::from(error()).into_response()
            });
            let (app, caller) = (self.app.clone(), self.caller.clone());
            let keyed = middleware::from_fn(move |request: Request, next: Next| {
                let (app, caller) = (app.clone(), caller.clone());
                async move { run(&app, &caller, request, next).await }
            });
            let mut router: Router = Router::new().route("/work", work).layer(keyed);
            let request = http::Request::post("/work").header(IDEMPOTENCY_KEY, "k");
            let request = request.body(Body::from("{}")).expect("a request");
            let response = router.call(request).await.expect("infallible");
            let carried = response.extensions().get::<Carried>().expect("it always fails");
            carried.0.conflict_word().unwrap_or_else(|| carried.0.kind().0)
        }
    }

    fn somebody(now: Timestamp) -> Authenticated {
        let user = User {
            id: UserId::at(now, &SystemRng),
            name: "ann".parse().expect("a name"),
            display_name: "Ann".to_owned(),
            password_hash: PasswordHash("$argon2id$none".to_owned()),
            role: Role::Administrator.into(),
            state: UserState::Active,
            created_at: now,
            password_changed_at: now,
            version: 1,
        };
        let session = LoginSession {
            id: LoginSessionId::at(now, &SystemRng),
            user: user.id,
            token_hash: Hash([1; 32]),
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus(KEPT),
            address: None,
            client: None,
            methods: None,
            proved_at: None,
        };
        Authenticated {
            subject: Subject::with_role(user.id, Role::Administrator),
            user,
            how: How::Session(session),
            origin: Origin { request: RequestId::at(now, &SystemRng), address: None },
            now,
        }
    }

    #[tokio::test]
    async fn the_key_of_a_change_that_nobody_confirmed_stays_taken() {
        let silence = || StoreError::Undecided { reason: "silence".to_owned() };
        let site = Failing::with(silence).await;
        assert_eq!(site.send().await, "undecided");
        assert_eq!(site.send().await, "repeat_unclear", "first somebody looks");
        assert_eq!(site.begun.load(Ordering::Relaxed), 1, "it is not done a second time");
    }

    #[tokio::test]
    async fn the_key_of_a_change_that_was_surely_not_made_is_free_again() {
        let away = || StoreError::Unavailable { reason: "away".to_owned() };
        let site = Failing::with(away).await;
        assert_eq!(site.send().await, "unavailable");
        assert_eq!(site.send().await, "unavailable");
        assert_eq!(site.begun.load(Ordering::Relaxed), 2);
    }
}
