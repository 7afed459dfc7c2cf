//! `POST /setup`: the first administrator, once.

use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use sekisho_model::event::{Actor, Event};
use sekisho_model::id::UserId;
use sekisho_model::name::LoginName;
use sekisho_model::user::Role;
use sekisho_store::{Access as _, Hash, User};
use sekisho_vault::token;
use serde::Deserialize;

use crate::app::{App, SharedApp};
use crate::http::{Anonymous, Json, Problem, SecretText, Tagged};
use crate::users::{self, UserView, check_password};

/// What set-up tokens begin with.
pub const SETUP_TOKEN_PREFIX: &str = "sekisho_setup";

/// A set-up token is taken for so long. Until it is used, whoever has it becomes
/// the first administrator.
pub const SETUP_TOKEN_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);

/// The first administrator.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSetup {
    /// The token that `sekisho-server init` printed.
    pub token: SecretText,
    /// The name to sign in with.
    #[schema(value_type = String)]
    pub name: LoginName,
    /// The name for other people.
    pub display_name: String,
    /// At least 12 characters.
    pub password: SecretText,
}

/// Creates the first administrator with the set-up token. Works once.
#[utoipa::path(
    post, path = "/setup", tag = "session", security(()), request_body = NewSetup,
    responses(
        (status = 201, description = "The first administrator", body = UserView),
        (status = 401, description = "The set-up token is wrong; `setup_token_expired`: it is \
            right, and its time is over"),
        (status = 409, description = "The site is set up already"),
    ),
)]
pub(super) async fn post_setup(
    State(app): State<SharedApp>,
    from: Anonymous,
    Json(new): Json<NewSetup>,
) -> Result<(StatusCode, Tagged<UserView>), Problem> {
    Ok((StatusCode::CREATED, set_up(&app, &from, new).await?.into()))
}

/// Creates the first administrator.
///
/// # Errors
/// A wrong or expired token, a site that is set up, or a weak password.
pub async fn set_up(app: &App, from: &Anonymous, new: NewSetup) -> Result<User, Problem> {
    let site = app.store.read().site().find().await?.ok_or(Problem::SetupDone)?;
    let expected = site.setup_token_hash.ok_or(Problem::SetupDone)?;
    if !token::matches(&new.token.0, &expected.0) {
        return Err(Problem::Unauthenticated {
            detail: "the set-up token is wrong; 'sekisho-server init' printed it",
        });
    }
    // Only whoever has the token is told that it is too old.
    if site.setup_token_expires_at.is_some_and(|end| from.now >= end) {
        return Err(Problem::SetupTokenExpired);
    }
    check_password("password", &new.name, &new.password)?;
    let display_name = users::display_name(&new.display_name)?;
    let hash = app.hasher.hash(new.password.0).await?;
    let mut work = app.store.begin(&from.context()).await?;
    // Of two at the same time one uses the token up.
    if !work.site().consume_setup_token(Hash(token::hash(&new.token.0))).await? {
        return Err(Problem::SetupDone);
    }
    let id = UserId::at(from.now, app.rng.as_ref());
    let name = (new.name, display_name);
    let user = users::insert(&mut work, id, name, Role::Administrator.into(), hash).await?;
    work.record_as(Actor::User(id), Event::SetUpCompleted { user: id });
    work.commit().await.map(drop)?;
    Ok(user)
}
