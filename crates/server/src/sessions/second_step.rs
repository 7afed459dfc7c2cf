//! `POST /session/second-factor`: the second step of signing in.
//!
//! Between the steps the client holds a *pending* token: it opens nothing,
//! ends after a few minutes or a few wrong codes, and is good for one sign-in.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use sekisho_model::event::{Actor, Event, SignInRefusal};
use sekisho_model::id::PendingSignInId;
use sekisho_model::user::{ProofMethod, UserState};
use sekisho_store::{Access as _, Hash, PendingSignIn, UnitOfWork, User};
use sekisho_vault::token;
use serde::Deserialize;

use super::factors::take_code;
use super::login::{Caller, SessionView, SignedIn, insert_session, session_answer};
use super::throttle::Throttle;
use crate::app::{App, SharedApp};
use crate::http::{Anonymous, Json, Problem, SecretText};

/// What pending tokens begin with.
pub(super) const PENDING_TOKEN_PREFIX: &str = "sekisho_pend";

/// How long the second step is waited for.
const LIFE: Duration = Duration::from_secs(5 * 60);

/// A pending sign-in ends after so many wrong codes.
const MAX_FAILURES: u32 = 5;

const OVER: Problem =
    Problem::Unauthenticated { detail: "this sign-in is over; begin again with name and password" };

/// The second step of a sign-in.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SecondStep {
    /// What the first step answered as `pending`.
    pending: SecretText,
    /// `totp` or `recovery_code`.
    #[schema(value_type = String)]
    method: ProofMethod,
    /// The code; spaces and dashes do not count.
    code: SecretText,
}

/// Finishes a sign-in with a second factor.
///
/// A code counts once. A sign-in that waits for longer than five minutes, or
/// got five wrong codes, is over and begins again with the password.
#[utoipa::path(
    post, path = "/session/second-factor", tag = "session", security(()),
    request_body = SecondStep,
    responses(
        (status = 200, description = "Signed in; the cookie `__Host-sekisho` is set",
            body = SessionView),
        (status = 400, description = "The code is wrong, or was used before (`field: code`)"),
        (status = 401, description = "The sign-in is over; begin again"),
        (status = 429, description = "Too many tries"),
    ),
)]
pub(super) async fn post_second_factor(
    State(app): State<SharedApp>,
    from: Anonymous,
    headers: HeaderMap,
    Json(step): Json<SecondStep>,
) -> Result<Response, Problem> {
    let caller = Caller::new(&from, &headers);
    session_answer(finish(&app, caller, step).await?, from.now)
}

/// Lets a sign-in with the right password wait for its second factor.
///
/// # Errors
/// When the database fails.
pub(super) async fn wait_for_second_factor(
    app: &App,
    work: &mut UnitOfWork,
    user: &User,
    methods: Vec<ProofMethod>,
) -> Result<Problem, Problem> {
    let pending = token::generate(PENDING_TOKEN_PREFIX, app.rng.as_ref());
    let expires_at = work.now().plus(LIFE);
    work.pending_sign_ins()
        .insert(PendingSignIn {
            id: PendingSignInId::at(work.now(), app.rng.as_ref()),
            user: user.id,
            token_hash: Hash(token::hash(&pending)),
            failures: 0,
            created_at: work.now(),
            expires_at,
        })
        .await?;
    work.record(Event::SecondFactorAsked { user: user.id });
    Ok(Problem::SecondFactorNeeded { methods, pending, expires_at })
}

async fn finish(app: &App, caller: Caller<'_>, step: SecondStep) -> Result<SignedIn, Problem> {
    let from = caller.from;
    if !token::is_well_formed(PENDING_TOKEN_PREFIX, &step.pending.0) {
        return Err(OVER);
    }
    let hash = Hash(token::hash(&step.pending.0));
    let waits =
        |pending: &PendingSignIn| from.now < pending.expires_at && pending.failures < MAX_FAILURES;
    let found = app.store.read().pending_sign_ins().find_by_token(hash).await?;
    let user = found.filter(waits).ok_or(OVER)?.user;
    let context = from.context();
    let throttled = format!("second factor of {user}");
    let attempt = Throttle::new(&throttled, from.origin.address).admit(app, &context).await?;

    let mut work = app.store.begin(&context).await?;
    // The user's row is the lock: codes tried at the same time are looked at
    // one after the other.
    let user = work.users().lock(user).await?;
    let pending = work.pending_sign_ins().find_by_token(hash).await?.filter(waits).ok_or(OVER)?;
    let user = user
        .filter(|user| user.state == UserState::Active)
        .filter(|user| user.password_changed_at <= pending.created_at)
        .ok_or(OVER)?;
    if !take_code(app, &mut work, user.id, step.method, &step.code).await? {
        work.pending_sign_ins().fail(pending.id).await?;
        attempt.failed(&work).await?;
        let name = user.name.to_string();
        let reason = SignInRefusal::WrongSecondFactor;
        work.record(Event::SignInRefused { name: name.clone(), reason });
        if attempt.now_blocked {
            work.record(Event::SignInRefused { name, reason: SignInRefusal::Throttled });
        }
        work.commit().await.map(drop)?;
        app.metrics.sign_in("refused");
        return Err(wrong_code());
    }
    if !work.pending_sign_ins().delete(pending.id).await? {
        return Err(OVER);
    }
    let methods = vec![ProofMethod::Password, step.method];
    let signed_in = insert_session(app, &work, caller, user, methods.clone()).await?;
    attempt.succeeded(&work).await?;
    let user = signed_in.user.id;
    work.record_as(Actor::User(user), Event::SignedIn { user, with: methods });
    work.commit().await.map(drop)?;
    app.metrics.sign_in("ok");
    Ok(signed_in)
}

/// The refusal of a code.
pub(super) fn wrong_code() -> Problem {
    Problem::invalid("code", "'code' is wrong or was used before; wait for the next one")
}
