//! `POST /session`: sign in.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use cookie::{Cookie, SameSite};
use http::{HeaderValue, header};
use sekisho_model::event::{Actor, Event, SignInRefusal};
use sekisho_model::id::LoginSessionId;
use sekisho_model::name::LoginName;
use sekisho_model::user::UserState;
use sekisho_model::{Secret, Timestamp};
use sekisho_store::{Access as _, Hash, LoginSession, UnitOfWork, User};
use sekisho_vault::{password_hash, token};
use serde::{Deserialize, Serialize};

use super::SESSION_TOKEN_PREFIX;
use super::throttle::{Attempt, Throttle};
use crate::app::{App, SharedApp};
use crate::http::{Anonymous, Json, Problem, SESSION_COOKIE, SecretText, Time};
use crate::users::UserView;

/// A user keeps at most so many sign-ins; the oldest ends.
const MAX_SESSIONS: usize = 50;

/// A name and a password.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    /// The user name.
    name: String,
    /// The password.
    password: SecretText,
}

/// A new sign-in. Its token is in the cookie.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SessionView {
    /// Who signed in.
    user: UserView,
    /// When the sign-in ends at the latest.
    expires_at: Time,
}

/// What a successful sign-in gives.
#[derive(Debug)]
pub struct SignedIn {
    /// Who signed in.
    pub user: User,
    /// The token the client keeps.
    pub token: Secret,
    /// When it stops working at the latest.
    pub expires_at: Timestamp,
}

/// Signs in with name and password.
///
/// The answer never says which part was wrong. Many failures from one address
/// make that address wait.
#[utoipa::path(
    post, path = "/session", tag = "session", security(()), request_body = SignIn,
    responses(
        (status = 200, description = "Signed in; the cookie `__Host-sekisho` is set",
            body = SessionView),
        (status = 401, description = "Name or password are wrong, or the user is disabled"),
        (status = 429, description = "Too many tries from this address"),
    ),
)]
pub(super) async fn post_session(
    State(app): State<SharedApp>,
    from: Anonymous,
    Json(SignIn { name, password }): Json<SignIn>,
) -> Result<Response, Problem> {
    let SignedIn { user, token, expires_at } = sign_in(&app, &from, &name, password.0).await?;
    let cookie = set_cookie(token.expose_str(), expires_at.since(from.now).as_secs())?;
    let body = Json(SessionView { user: user.into(), expires_at: expires_at.into() });
    Ok(([(header::SET_COOKIE, cookie)], body).into_response())
}

/// The session cookie; without a token, its removal.
pub(super) fn set_cookie(token: Option<&str>, seconds: u64) -> Result<HeaderValue, Problem> {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    let cookie = Cookie::build((SESSION_COOKIE, token.unwrap_or_default()))
        .http_only(true)
        .secure(true)
        .same_site(SameSite::Strict)
        .path("/")
        .max_age(cookie::time::Duration::seconds(seconds));
    let mut value = HeaderValue::from_str(&cookie.to_string()).map_err(Problem::internal)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Signs in.
///
/// # Errors
/// One and the same refusal for every wrong part; [`Problem::Throttled`].
pub async fn sign_in(
    app: &App,
    from: &Anonymous,
    name: &str,
    password: Secret,
) -> Result<SignedIn, Problem> {
    let context = from.context();
    let attempt = match Throttle::new(name, from.origin.address).admit(app, &context).await {
        Ok(attempt) => attempt,
        Err(problem) => {
            app.metrics.sign_in("throttled");
            return Err(problem);
        }
    };
    // A name that nobody can have is looked up nowhere, at the same cost.
    let user = match name.parse::<LoginName>() {
        Ok(name) => app.store.read().users().find_by_name(&name).await?,
        Err(_) => None,
    };
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    // People type the password where the name goes: a text that is nobody's
    // name is not written down (INV-3).
    let name = user.as_ref().map(|user| user.name.to_string()).unwrap_or_default();
    let right = app.hasher.verify(password.clone(), hash).await?;
    let refusal = match user {
        None => SignInRefusal::UnknownUser,
        Some(_) if !right => SignInRefusal::WrongPassword,
        Some(user) if user.state == UserState::Disabled => SignInRefusal::Disabled,
        Some(user) => {
            let signed_in = open_session(app, from, user, password, &attempt).await?;
            app.metrics.sign_in("ok");
            return Ok(signed_in);
        }
    };
    let mut work = app.store.begin(&context).await?;
    attempt.failed(&work).await?;
    work.record(Event::SignInRefused { name: name.clone(), reason: refusal });
    if attempt.now_blocked {
        // Told once, when the wait begins: the tries in between are not
        // recorded, so that nobody can flood the audit log.
        work.record(Event::SignInRefused { name, reason: SignInRefusal::Throttled });
    }
    work.commit().await.map(drop)?;
    app.metrics.sign_in("refused");
    Err(Problem::Unauthenticated { detail: "name or password are wrong, or the user is disabled" })
}

async fn open_session(
    app: &App,
    from: &Anonymous,
    user: User,
    password: Secret,
    attempt: &Attempt,
) -> Result<SignedIn, Problem> {
    let rehashed = if password_hash::needs_rehash(&user.password_hash.0) {
        Some(app.hasher.hash(password).await?)
    } else {
        None
    };
    let mut work = app.store.begin(&from.context()).await?;
    // Between the check and now the user may have been disabled, or have
    // changed the password.
    let found = work.users().lock(user.id).await?;
    let mut user = found
        .filter(|now| now.state == UserState::Active && now.password_hash == user.password_hash)
        .ok_or(Problem::Stale)?;
    if let Some(hash) = rehashed {
        user.password_hash = hash;
        let version = user.version;
        user = work.users().update(user, version).await?;
    }
    let token = token::generate(SESSION_TOKEN_PREFIX, app.rng.as_ref());
    let expires_at = from.now.plus(app.config.limits.session);
    work.login_sessions()
        .insert(LoginSession {
            id: LoginSessionId::at(from.now, app.rng.as_ref()),
            user: user.id,
            token_hash: Hash(token::hash(&token)),
            created_at: from.now,
            last_seen_at: from.now,
            expires_at,
        })
        .await?;
    end_oldest(&work, &user).await?;
    attempt.succeeded(&work).await?;
    work.record_as(Actor::User(user.id), Event::SignedIn { user: user.id });
    work.commit().await.map(drop)?;
    Ok(SignedIn { user, token, expires_at })
}

async fn end_oldest(work: &UnitOfWork, user: &User) -> Result<(), Problem> {
    let sessions = work.login_sessions().of_user(user.id).await?;
    for old in sessions.iter().skip(MAX_SESSIONS) {
        work.login_sessions().delete(old.id).await?;
    }
    Ok(())
}
