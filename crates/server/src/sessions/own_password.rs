//! `POST /me/password`: change one's own password.

use axum::extract::State;
use http::StatusCode;
use sekisho_model::event::Event;
use sekisho_policy::{Facts, action};
use sekisho_store::{Access as _, User};
use serde::Deserialize;

use super::throttle::Throttle;
use crate::app::{App, SharedApp};
use crate::http::{Authenticated, How, Json, Problem, SecretText};
use crate::users::check_password;

/// The old password and the new one.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordChange {
    /// The password now.
    current: SecretText,
    /// The new one: at least 12 characters.
    new: SecretText,
}

/// Changes the caller's own password and ends their other sessions.
#[utoipa::path(
    post, path = "/me/password", tag = "session", request_body = PasswordChange,
    responses(
        (status = 204, description = "Changed"),
        (status = 403, description = "An API token changes no password"),
        (status = 429, description = "Too many wrong current passwords"),
    ),
)]
pub(super) async fn post_own_password(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(PasswordChange { current, new }): Json<PasswordChange>,
) -> Result<StatusCode, Problem> {
    change_own_password(&app, &caller, current, new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes the caller's own password and ends their other sessions.
///
/// # Errors
/// A wrong current password, a weak new one, or a caller with a token.
pub async fn change_own_password(
    app: &App,
    caller: &Authenticated,
    current: SecretText,
    new: SecretText,
) -> Result<(), Problem> {
    caller.decide(action::ChangeOwnPassword, Facts::nothing())?.into_row();
    let How::Session(session) = &caller.how else {
        return Err(Problem::Forbidden {
            detail: "an API token cannot change a password; sign in".to_owned(),
        });
    };
    check_password("new", &caller.user.name, &new)?;
    let context = caller.context();
    let throttled = format!("password of {}", caller.user.id);
    let attempt = Throttle::new(&throttled, caller.origin.address).admit(app, &context).await?;
    let hash = caller.user.password_hash.clone();
    if !app.hasher.verify(current.0.clone(), Some(hash)).await? {
        return Err(Problem::invalid("current", "'current' is not your password"));
    }
    if current.0 == new.0 {
        return Err(Problem::invalid("new", "'new' is the password you have; choose another"));
    }
    let password_hash = app.hasher.hash(new.0).await?;
    let mut work = app.store.begin(&context).await?;
    let user = work.users().lock(caller.user.id).await?.ok_or(Problem::Stale)?;
    if user.password_hash != caller.user.password_hash {
        return Err(Problem::Stale);
    }
    let version = user.version;
    let user = User { password_hash, password_changed_at: caller.now, ..user };
    work.users().update(user, version).await?;
    work.login_sessions().delete_of_user(caller.user.id, Some(session.id)).await?;
    attempt.succeeded(&work).await?;
    work.record(Event::UserPasswordChanged { user: caller.user.id });
    Ok(work.commit().await.map(drop)?)
}
