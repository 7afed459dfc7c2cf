//! `/accounts/{id}/rotation`: pauses.

use axum::extract::State;
use sekisho_model::id::Account as AccountKind;
use sekisho_policy::action::PauseRotation;
use serde::Deserialize;
use utoipa_axum::routes;

use crate::accounts::Target;
use crate::accounts::view::{self, AccountView};
use crate::app::{App, SharedApp};
use crate::http::{Authenticated, Json, PathId, Problem, Routes, Tagged, Time};
use crate::resources::refs::required_reason;

/// The endpoints.
pub fn routes() -> Routes {
    Routes::new().signed_in(routes!(pause_rotation)).signed_in(routes!(resume_rotation))
}

/// A pause.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PauseBody {
    /// When it ends, at most a year ahead.
    until: Time,
    /// Why, in a few words.
    #[schema(max_length = 500)]
    reason: String,
}

/// Keep an account from being reset by itself until a time. Resets that people
/// ask for are not affected.
#[utoipa::path(
    post, path = "/accounts/{id}/rotation/pause", tag = "accounts", request_body = PauseBody,
    params(("id" = String, Path, description = "The account")),
    responses(
        (status = 200, description = "Paused", body = AccountView),
        (status = 404, description = "No such account, or you may not see it"),
    ),
)]
async fn pause_rotation(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<AccountKind>,
    Json(body): Json<PauseBody>,
) -> Result<Tagged<AccountView>, Problem> {
    let found = Target::find(app.store.read(), id).await?;
    let granted = caller.decide(PauseRotation, found.facts(&app, &caller).await?)?;
    let reason = required_reason(&body.reason)?;
    let target = super::pause(&app, &caller.context(), granted, body.until.0, &reason).await?;
    tagged(&app, target).await
}

/// End a pause before its time.
#[utoipa::path(
    post, path = "/accounts/{id}/rotation/resume", tag = "accounts",
    params(("id" = String, Path, description = "The account")),
    responses(
        (status = 200, description = "Not paused any more", body = AccountView),
        (status = 404, description = "No such account, or you may not see it"),
    ),
)]
async fn resume_rotation(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<AccountKind>,
) -> Result<Tagged<AccountView>, Problem> {
    let found = Target::find(app.store.read(), id).await?;
    let granted = caller.decide(PauseRotation, found.facts(&app, &caller).await?)?;
    let target = super::resume(&app, &caller.context(), granted).await?;
    tagged(&app, target).await
}

async fn tagged(app: &App, target: Target) -> Result<Tagged<AccountView>, Problem> {
    let version = target.account.version;
    Ok(Tagged { version, body: view::one(app, target.account).await? })
}
