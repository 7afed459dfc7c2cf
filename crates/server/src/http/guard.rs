//! What stands before every endpoint that is not open.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;
use http::request::Parts;
use sekisho_model::event::Event;
use sekisho_model::user::TokenScope;
use sekisho_policy::Denied;

use super::actor::{Anonymous, Authenticated, How, authenticate, check_site};
use super::idempotency;
use super::problem::{Carried, Problem};
use super::route::Access;
use crate::app::SharedApp;
use crate::sessions::second_factor_is_missing;

#[derive(Clone)]
pub(super) struct Guard {
    pub(super) app: SharedApp,
    pub(super) access: Access,
}

pub(super) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let Some(anonymous) = request.extensions().get::<Anonymous>().cloned() else {
        return Problem::Internal(anyhow::anyhow!("the envelope is missing")).into_response();
    };
    // A body cannot be shared between threads, so the head is looked at alone.
    let (parts, body) = request.into_parts();
    let caller = match admit(&guard, &parts, anonymous).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    let mut request = Request::from_parts(parts, body);
    request.extensions_mut().insert(caller.clone());
    let target = request.uri().path().to_owned();
    let response = if *request.method() == Method::POST && !guard.access.has_secrets() {
        idempotency::run(&guard.app, &caller, request, next).await
    } else {
        next.run(request).await
    };
    match response.extensions().get::<Carried>().map(|carried| carried.0.clone()) {
        Some(problem) => match problem.as_ref() {
            Problem::Denied(denied) => record(&guard.app, &caller, denied, target, response).await,
            _ => response,
        },
        None => response,
    }
}

/// Open routes are called without being signed in, but not by another site.
pub(super) async fn open(request: Request, next: Next) -> Response {
    let authority = request.uri().authority().map(|authority| authority.as_str());
    match check_site(request.method(), request.headers(), authority, false) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

async fn admit(
    guard: &Guard,
    parts: &Parts,
    anonymous: Anonymous,
) -> Result<Authenticated, Problem> {
    let caller = authenticate(&guard.app, &parts.headers, anonymous).await?;
    if matches!(caller.how, How::Session(_)) {
        let authority = parts.uri.authority().map(|authority| authority.as_str());
        check_site(&parts.method, &parts.headers, authority, true)?;
    }
    if let How::Session(session) = &caller.how
        && !matches!(guard.access, Access::Own | Access::OwnSecret)
        && second_factor_is_missing(guard.app.store.read(), session, &caller.user).await?
    {
        return Err(Problem::SecondFactorRequired);
    }
    let needed = match guard.access {
        Access::Reveal => TokenScope::Reveal,
        Access::Witness => TokenScope::Witness,
        Access::Open | Access::SignedIn | Access::Secret | Access::Own | Access::OwnSecret => {
            if parts.method.is_safe() {
                TokenScope::Read
            } else {
                TokenScope::Write
            }
        }
    };
    match &caller.subject.scopes {
        Some(scopes) if !scopes.contains(&needed) => {
            Err(Problem::Forbidden { detail: format!("the API token lacks the scope {needed}") })
        }
        Some(_) | None => Ok(caller),
    }
}

/// Who is turned away is on record; if that cannot be, nobody learns anything.
async fn record(
    app: &SharedApp,
    caller: &Authenticated,
    denied: &Denied,
    target: String,
    response: Response,
) -> Response {
    let event = Event::AccessDenied {
        action: denied.action.to_string(),
        target: target.chars().take(200).collect(),
        reason: denied.to_string(),
    };
    let recorded = async {
        let mut work = app.store.begin(&caller.context()).await?;
        work.record(event);
        work.commit().await
    };
    match recorded.await {
        Ok(_) => response,
        Err(error) => Problem::from(error).into_response(),
    }
}
