//! What a signed-in person goes to the provider for: a proof that it is still
//! them, and linking who they are there to their user here.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use sekisho_model::event::{Actor, Event};
use sekisho_model::user::UserState;
use sekisho_policy::{Facts, action};
use sekisho_store::{
    Access as _, LoginSession, MAX_IDENTITIES, OperationContext, StoreError, Unique, UnitOfWork,
    User,
};
use serde::Serialize;

use super::Departure;
use super::provider::Person;
use super::refusal::{Refusal, refuse};
use super::waiting::{Purpose, Whose};
use crate::app::{App, SharedApp};
use crate::http::{Anonymous, Authenticated, Json, Problem, is_alive};
use crate::sessions::{Attempt, may_change, own_session};

/// Where the browser goes next.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ProviderAddress {
    /// An address of the provider.
    url: String,
}

/// Begins a proof through the OpenID provider: the caller signs in there anew.
///
/// The browser goes to `url`, and comes back to the console's page
/// `/provider-done` with `oidc=ok`, or with a word why not.
#[utoipa::path(
    post, path = "/session/oidc/prove", tag = "session",
    responses(
        (status = 200, description = "Where to go; a cookie binds the way back to this browser",
            body = ProviderAddress),
        (status = 403, description = "An API token is not asked for a proof"),
        (status = 404, description = "There is no provider"),
        (status = 409, description = "The caller is linked to nobody there"),
        (status = 503, description = "The provider cannot be asked now"),
    ),
)]
pub(super) async fn start_proof(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Response, Problem> {
    caller.decide(action::ChangeOwnSignIn, Facts::owned_by(caller.user.id, ()))?.into_row();
    let session = own_session(&caller)?.id;
    app.oidc.provider()?;
    if !app.oidc.knows(app.store.read(), caller.user.id).await? {
        return Err(Problem::conflict("you are linked to nobody at the provider; link first"));
    }
    depart(&app, &caller, Purpose::Prove(Whose { user: caller.user.id, session })).await
}

/// Begins to link who the caller is at the OpenID provider to their user: they
/// sign in there anew.
///
/// The browser goes to `url`, and comes back to the console's page `/me` with
/// `oidc=linked`, or with a word why not. From then on they sign in that way,
/// too, and their groups there decide their role each time they do.
#[utoipa::path(
    post, path = "/session/oidc/link", tag = "session",
    responses(
        (status = 200, description = "Where to go; a cookie binds the way back to this browser",
            body = ProviderAddress),
        (status = 403, description = "An API token links nobody; `reauthentication_needed`"),
        (status = 404, description = "There is no provider"),
        (status = 503, description = "The provider cannot be asked now"),
    ),
)]
pub(super) async fn start_link(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Response, Problem> {
    may_change(&app, &caller).await?;
    let session = own_session(&caller)?.id;
    depart(&app, &caller, Purpose::Link(Whose { user: caller.user.id, session })).await
}

async fn depart(app: &App, caller: &Authenticated, purpose: Purpose) -> Result<Response, Problem> {
    match app.oidc.depart(app, purpose, caller.now).await {
        Ok((url, cookie)) => {
            Ok(([(header::SET_COOKIE, cookie)], Json(ProviderAddress { url })).into_response())
        }
        Err(Departure::Unavailable) => {
            Err(Problem::Unavailable { reason: "the OpenID provider does not answer".to_owned() })
        }
        Err(Departure::Problem(problem)) => Err(problem),
    }
}

/// Takes what a provider says as a proof that it is still the same person.
///
/// # Errors
/// When the database fails.
pub(super) async fn prove(
    app: &App,
    from: &Anonymous,
    attempt: &Attempt,
    whose: Whose,
    person: Person,
) -> Result<Result<(), Refusal>, Problem> {
    let (user, method) = (whose.user, person.method());
    let mut work = app.store.begin(&context(from, whose)).await?;
    let Some((_, session)) = still_there(app, &work, whose).await? else {
        return Ok(Err(Refusal::Over));
    };
    let found = work.identities().find(&person.issuer, &person.subject).await?;
    if found.is_none_or(|identity| identity.user != user) {
        attempt.failed(&work).await?;
        work.record(Event::IdentityNotProved { user, method });
        work.commit().await.map(drop)?;
        return Ok(Err(Refusal::Other));
    }
    let mut methods = session.methods.unwrap_or_default();
    if !methods.contains(&method) {
        methods.push(method);
    }
    work.identities().used(&person.issuer, &person.subject).await?;
    work.login_sessions().prove(session.id, methods).await?;
    work.record(Event::IdentityProved { user, method });
    work.commit().await.map(drop)?;
    Ok(Ok(()))
}

/// Links a person of the provider to a user.
///
/// # Errors
/// When the database fails.
pub(super) async fn link(
    app: &App,
    from: &Anonymous,
    attempt: &Attempt,
    whose: Whose,
    person: Person,
) -> Result<Result<(), Refusal>, Problem> {
    let mut work = app.store.begin(&context(from, whose)).await?;
    let Some((user, _)) = still_there(app, &work, whose).await? else {
        return Ok(Err(Refusal::Over));
    };
    let found = work.identities().find(&person.issuer, &person.subject).await?;
    match found {
        Some(identity) if identity.user == user.id => return Ok(Ok(())),
        Some(_) => {
            drop(work);
            return taken(app, from, attempt, &person).await;
        }
        None => {}
    }
    if work.identities().of_user(user.id).await?.len() as u64 >= MAX_IDENTITIES {
        return Ok(Err(Refusal::Full));
    }
    match work.identities().insert(person.identity(app, &work, user.id)).await {
        Ok(()) => {}
        // Linked to somebody else at the same moment.
        Err(StoreError::Conflict { what: Unique::Identity }) => {
            drop(work);
            return taken(app, from, attempt, &person).await;
        }
        Err(error) => return Err(error.into()),
    }
    work.record(person.linked(user.id));
    work.commit().await.map(drop)?;
    Ok(Ok(()))
}

async fn taken(
    app: &App,
    from: &Anonymous,
    attempt: &Attempt,
    person: &Person,
) -> Result<Result<(), Refusal>, Problem> {
    let problem = "another user is linked to this identity";
    refuse(app, from, attempt, person.named(), problem).await?;
    Ok(Err(Refusal::Taken))
}

/// They do it, though the cookie of their session does not come along.
fn context(from: &Anonymous, whose: Whose) -> OperationContext {
    OperationContext { actor: Actor::User(whose.user), ..from.context() }
}

/// The user, locked, and the session they left with, if both still hold.
async fn still_there(
    app: &App,
    work: &UnitOfWork,
    whose: Whose,
) -> Result<Option<(User, LoginSession)>, Problem> {
    let user = work.users().lock(whose.user).await?;
    let Some(user) = user.filter(|user| user.state == UserState::Active) else { return Ok(None) };
    let sessions = work.login_sessions().of_user(user.id).await?;
    let session = sessions.into_iter().find(|session| session.id == whose.session);
    let alive = session.filter(|session| is_alive(app, session, work.now()));
    Ok(alive.map(|session| (user, session)))
}
