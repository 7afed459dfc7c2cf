//! `POST /session`: sign in.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, header};
use sekisho_model::event::{Actor, Event, SignInRefusal};
use sekisho_model::id::LoginSessionId;
use sekisho_model::name::LoginName;
use sekisho_model::user::{ProofMethod, UserState};
use sekisho_model::{Secret, Timestamp};
use sekisho_store::{Access as _, Hash, LoginSession, UnitOfWork, User};
use sekisho_vault::{password_hash, token};
use serde::{Deserialize, Serialize};

use super::SESSION_TOKEN_PREFIX;
use super::client::client_class;
use super::factors::second_factors;
use super::second_step::wait_for_second_factor;
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
pub(crate) struct SessionView {
    /// Who signed in.
    user: UserView,
    /// When the sign-in ends at the latest.
    expires_at: Time,
}

/// Who signs in, as far as it can be told from outside.
#[derive(Clone, Debug)]
pub(crate) struct Caller<'a> {
    /// The request.
    pub(crate) from: &'a Anonymous,
    /// What kind of program it came from.
    client: Option<String>,
}

impl<'a> Caller<'a> {
    /// Whoever sends this request.
    pub(crate) fn new(from: &'a Anonymous, headers: &HeaderMap) -> Self {
        Self { from, client: client_class(headers) }
    }
}

/// What a successful sign-in gives.
#[derive(Debug)]
pub(crate) struct SignedIn {
    /// Who signed in.
    pub(crate) user: User,
    /// The token the client keeps.
    token: Secret,
    /// When it stops working at the latest.
    expires_at: Timestamp,
}

/// Signs in with name and password.
///
/// The answer never says which part was wrong. Many failures from one address
/// make that address wait. A user with a second factor gets 401 with the code
/// `second_factor_needed`, and goes on at `/session/second-factor`.
#[utoipa::path(
    post, path = "/session", tag = "session", security(()), request_body = SignIn,
    responses(
        (status = 200, description = "Signed in; the cookie `__Host-sekisho` is set",
            body = SessionView),
        (status = 401, description = "Name or password are wrong, or the user is disabled; \
            `second_factor_needed`: they are right, go on with `pending`"),
        (status = 429, description = "Too many tries from this address"),
    ),
)]
pub(super) async fn post_session(
    State(app): State<SharedApp>,
    from: Anonymous,
    headers: HeaderMap,
    Json(SignIn { name, password }): Json<SignIn>,
) -> Result<Response, Problem> {
    let caller = Caller::new(&from, &headers);
    session_answer(sign_in(&app, caller, &name, password.0).await?, from.now)
}

/// A new session: its cookie, and who signed in.
pub(crate) fn session_answer(
    SignedIn { user, token, expires_at }: SignedIn,
    now: Timestamp,
) -> Result<Response, Problem> {
    let cookie = set_cookie(token.expose_str(), expires_at.since(now).as_secs())?;
    let body = Json(SessionView { user: user.into(), expires_at: expires_at.into() });
    Ok(([(header::SET_COOKIE, cookie)], body).into_response())
}

/// The cookie of a new session.
pub(crate) fn session_cookie(session: &SignedIn, now: Timestamp) -> Result<HeaderValue, Problem> {
    set_cookie(session.token.expose_str(), session.expires_at.since(now).as_secs())
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
/// One and the same refusal for every wrong part; [`Problem::Throttled`];
/// [`Problem::SecondFactorNeeded`].
async fn sign_in(
    app: &App,
    caller: Caller<'_>,
    name: &str,
    password: Secret,
) -> Result<SignedIn, Problem> {
    let from = caller.from;
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
            let signed_in = open_session(app, caller, user, password, &attempt).await;
            match &signed_in {
                Ok(_) => app.metrics.sign_in("ok"),
                Err(Problem::SecondFactorNeeded { .. }) => app.metrics.sign_in("second_factor"),
                Err(_) => {}
            }
            return signed_in;
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

/// Opens a session after the right password, or lets it wait for the second
/// factor.
async fn open_session(
    app: &App,
    caller: Caller<'_>,
    user: User,
    password: Secret,
    attempt: &Attempt,
) -> Result<SignedIn, Problem> {
    let rehashed = if password_hash::needs_rehash(&user.password_hash.0) {
        Some(app.hasher.hash(password).await?)
    } else {
        None
    };
    let mut work = app.store.begin(&caller.from.context()).await?;
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
    attempt.succeeded(&work).await?;
    let methods = second_factors(&work, user.id).await?;
    if !methods.is_empty() {
        let needed = wait_for_second_factor(app, &mut work, &user, methods).await?;
        work.commit().await.map(drop)?;
        return Err(needed);
    }
    let methods = vec![ProofMethod::Password];
    let signed_in = insert_session(app, &work, caller, user, methods.clone()).await?;
    let user = signed_in.user.id;
    work.record_as(Actor::User(user), Event::SignedIn { user, with: methods });
    work.commit().await.map(drop)?;
    Ok(signed_in)
}

/// Adds a session of a user who has just proved who they are. The caller
/// records it and commits.
///
/// # Errors
/// When the database fails.
pub(crate) async fn insert_session(
    app: &App,
    work: &UnitOfWork,
    caller: Caller<'_>,
    user: User,
    methods: Vec<ProofMethod>,
) -> Result<SignedIn, Problem> {
    let now = Some(caller.from.now);
    insert_session_proved(app, work, caller, user, methods, now).await
}

/// [`insert_session`] of a user who proved who they are earlier, or nobody
/// knows when.
///
/// # Errors
/// When the database fails.
pub(crate) async fn insert_session_proved(
    app: &App,
    work: &UnitOfWork,
    Caller { from, client }: Caller<'_>,
    user: User,
    methods: Vec<ProofMethod>,
    proved_at: Option<Timestamp>,
) -> Result<SignedIn, Problem> {
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
            address: from.origin.address.map(|address| address.to_string()),
            client,
            methods: Some(methods),
            proved_at,
        })
        .await?;
    end_oldest(work, &user).await?;
    Ok(SignedIn { user, token, expires_at })
}

async fn end_oldest(work: &UnitOfWork, user: &User) -> Result<(), Problem> {
    let sessions = work.login_sessions().of_user(user.id).await?;
    for old in sessions.iter().skip(MAX_SESSIONS) {
        work.login_sessions().delete(old.id).await?;
    }
    Ok(())
}
