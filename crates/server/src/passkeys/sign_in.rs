//! Signing in with a passkey, and proving again with one who one is.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use sekisho_model::event::{Actor, Event, SignInRefusal};
use sekisho_model::user::{ProofMethod, UserState};
use sekisho_store::{Access as _, OperationContext};
use serde::Serialize;
use webauthn_rs::prelude::RequestChallengeResponse;

use super::ceremony::{Assertion, Checked, check};
use super::challenges::{LIFE, Waiting};
use crate::app::{App, SharedApp};
use crate::http::{Anonymous, Authenticated, Json, Problem, Time};
use crate::sessions::{
    Caller, Proved, SessionView, Throttle, insert_session, own_session, session_answer,
};

const REFUSED: Problem = Problem::Unauthenticated {
    detail: "the passkey is not known here, its answer is wrong, or the user is disabled",
};

/// What the browser asks an authenticator with.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AuthenticationStart {
    /// What the answer names.
    challenge: String,
    /// The argument of `navigator.credentials.get`, as JSON (WebAuthn,
    /// `parseRequestOptionsFromJSON`).
    #[schema(value_type = Object)]
    options: RequestChallengeResponse,
    /// Until when the answer is waited for.
    expires_at: Time,
}

/// Begins to sign in with a passkey, or to prove with one who one is. The
/// authenticator knows whose it is: no name is needed, and none is told.
#[utoipa::path(
    post, path = "/session/passkey/start", tag = "session", security(()),
    responses(
        (status = 201, description = "What the browser needs", body = AuthenticationStart),
        (status = 409, description = "The server has no name that passkeys could be bound to"),
    ),
)]
pub(super) async fn start_passkey(
    State(app): State<SharedApp>,
    from: Anonymous,
) -> Result<(StatusCode, Json<AuthenticationStart>), Problem> {
    let (mut options, state) = app
        .passkeys
        .webauthn()?
        .start_discoverable_authentication()
        .map_err(|error| Problem::internal(anyhow::anyhow!("a challenge: {error}")))?;
    // A button asks for it, not the field of a form.
    options.mediation = None;
    let waiting = Waiting::Authentication(Box::new(state));
    let challenge = app.passkeys.challenges.keep(waiting, from.now, app.rng.as_ref());
    let expires_at = from.now.plus(LIFE).into();
    Ok((StatusCode::CREATED, Json(AuthenticationStart { challenge, options, expires_at })))
}

/// Signs in with a passkey: both factors at once.
#[utoipa::path(
    post, path = "/session/passkey", tag = "session", security(()), request_body = Assertion,
    responses(
        (status = 200, description = "Signed in; the cookie `__Host-sekisho` is set",
            body = SessionView),
        (status = 401, description = "The passkey is not known, or its answer is wrong or late"),
        (status = 429, description = "Too many tries from this address"),
    ),
)]
pub(super) async fn post_passkey(
    State(app): State<SharedApp>,
    from: Anonymous,
    headers: HeaderMap,
    Json(answer): Json<Assertion>,
) -> Result<Response, Problem> {
    let context = from.context();
    let attempt = Throttle::new("passkey", from.origin.address).admit(&app, &context).await?;
    let refusal = match check(&app, from.now, &answer).await? {
        Checked::Right(row) => {
            let mut work = app.store.begin(&context).await?;
            let user = work.users().lock(row.user).await?;
            let there = work.passkeys().find(row.id).await?.is_some();
            match user.filter(|user| there && user.state == UserState::Active) {
                Some(user) => {
                    work.passkeys().used(row.id, row.credential).await?;
                    let methods = vec![ProofMethod::Passkey];
                    let caller = Caller::new(&from, &headers);
                    let signed_in =
                        insert_session(&app, &work, caller, user, methods.clone()).await?;
                    attempt.succeeded(&work).await?;
                    let signed = Event::SignedIn { user: row.user, with: methods };
                    work.record_as(Actor::User(row.user), signed);
                    work.commit().await.map(drop)?;
                    app.metrics.sign_in("ok");
                    return session_answer(signed_in, from.now);
                }
                None => SignInRefusal::Disabled,
            }
        }
        Checked::Wrong => SignInRefusal::WrongPasskey,
        Checked::Copied(row) => {
            report_copy(&app, &context, &row).await?;
            SignInRefusal::WrongPasskey
        }
    };
    let mut work = app.store.begin(&context).await?;
    attempt.failed(&work).await?;
    work.record(Event::SignInRefused { name: String::new(), reason: refusal });
    if attempt.now_blocked {
        let reason = SignInRefusal::Throttled;
        work.record(Event::SignInRefused { name: String::new(), reason });
    }
    work.commit().await.map(drop)?;
    app.metrics.sign_in("refused");
    Err(REFUSED)
}

/// Proves again who the caller is, with a passkey of theirs.
#[utoipa::path(
    post, path = "/session/prove/passkey", tag = "session", request_body = Assertion,
    responses(
        (status = 200, description = "Proved", body = Proved),
        (status = 400, description = "The answer is wrong, or somebody else's \
            (`field: credential`)"),
        (status = 401, description = "The challenge is over; begin again"),
        (status = 403, description = "An API token is not asked for a proof"),
    ),
)]
pub(super) async fn prove_with_passkey(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(answer): Json<Assertion>,
) -> Result<Json<Proved>, Problem> {
    let session = own_session(&caller)?;
    let (user, method) = (caller.user.id, ProofMethod::Passkey);
    let context = caller.context();
    let throttled = format!("proof of {user}");
    let attempt = Throttle::new(&throttled, caller.origin.address).admit(&app, &context).await?;
    let checked = check(&app, caller.now, &answer).await?;
    if let Checked::Copied(row) = &checked {
        report_copy(&app, &context, row).await?;
    }
    let mut work = app.store.begin(&context).await?;
    match checked {
        Checked::Right(row) if row.user == user => {
            let mut methods = session.methods.clone().unwrap_or_default();
            if !methods.contains(&method) {
                methods.push(method);
            }
            work.passkeys().used(row.id, row.credential).await?;
            work.login_sessions().prove(session.id, methods).await?;
            attempt.succeeded(&work).await?;
            work.record(Event::IdentityProved { user, method });
            work.commit().await.map(drop)?;
            Ok(Json(Proved::until(caller.now.plus(app.config.limits.proof))))
        }
        Checked::Right(_) | Checked::Wrong | Checked::Copied(_) => {
            attempt.failed(&work).await?;
            work.record(Event::IdentityNotProved { user, method });
            work.commit().await.map(drop)?;
            Err(Problem::invalid("credential", "'credential' is wrong, or not one of yours"))
        }
    }
}

async fn report_copy(
    app: &App,
    context: &OperationContext,
    row: &sekisho_store::Passkey,
) -> Result<(), Problem> {
    let mut work = app.store.begin(context).await?;
    work.record(Event::PasskeyCopied { user: row.user, passkey: row.id });
    Ok(work.commit().await.map(drop)?)
}
