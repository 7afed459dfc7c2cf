//! `DELETE /session`: sign out.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use sekisho_model::event::Event;
use sekisho_store::Access as _;

use super::login::set_cookie;
use crate::app::{App, SharedApp};
use crate::http::{Authenticated, How, Problem};

/// Signs out: ends this session.
#[utoipa::path(
    delete, path = "/session", tag = "session",
    responses(
        (status = 204, description = "Signed out"),
        (status = 409, description = "Signed in by API token; revoke the token instead"),
    ),
)]
pub(super) async fn delete_session(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Response, Problem> {
    sign_out(&app, &caller).await?;
    let gone = set_cookie(None, 0)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]).into_response())
}

async fn sign_out(app: &App, caller: &Authenticated) -> Result<(), Problem> {
    let How::Session(session) = &caller.how else {
        return Err(Problem::conflict_of(
            "not_a_session",
            "an API token is not signed out; revoke it instead",
        ));
    };
    let mut work = app.store.begin(&caller.context()).await?;
    work.login_sessions().delete(session.id).await?;
    work.record(Event::SignedOut { user: caller.user.id });
    Ok(work.commit().await.map(drop)?)
}
