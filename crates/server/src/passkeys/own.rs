//! One's own passkeys.

use axum::extract::State;
use http::StatusCode;
use sekisho_model::event::Event;
use sekisho_model::id::{Passkey as PasskeyKind, PasskeyId};
use sekisho_model::name::Label;
use sekisho_policy::{Facts, action};
use sekisho_store::{Access as _, Passkey as Row};
use serde::{Deserialize, Serialize};

use super::register::MAX_PASSKEYS;
use crate::app::SharedApp;
use crate::http::{Authenticated, ItemList, Json, PathId, Problem, Time};
use crate::sessions::{may_change, own_session, second_factors};

const NO_SUCH_PASSKEY: Problem = Problem::NotFound { what: "passkey" };

/// A passkey.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct PasskeyView {
    /// Its id.
    #[schema(value_type = String)]
    id: PasskeyId,
    /// What its person calls it.
    name: String,
    /// When it was registered.
    created_at: Time,
    /// When it was last signed in with.
    last_used_at: Option<Time>,
}

/// Another name.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasskeyName {
    /// What to call it.
    #[schema(value_type = String)]
    name: Label,
}

pub(super) fn shown(row: Row) -> PasskeyView {
    PasskeyView {
        id: row.id,
        name: row.name.to_string(),
        created_at: row.created_at.into(),
        last_used_at: row.last_used_at.map(Time),
    }
}

/// Lists the caller's passkeys, oldest first.
#[utoipa::path(
    get, path = "/me/passkeys", tag = "session",
    responses((status = 200, description = "All passkeys", body = ItemList<PasskeyView>)),
)]
pub(super) async fn list_passkeys(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<ItemList<PasskeyView>>, Problem> {
    caller.decide(action::ViewOwnSignIn, Facts::owned_by(caller.user.id, ()))?.into_row();
    let rows = app.store.read().passkeys().of_user(caller.user.id, MAX_PASSKEYS).await?;
    Ok(Json(ItemList::complete(rows.into_iter().map(shown).collect())))
}

/// Renames a passkey.
#[utoipa::path(
    put, path = "/me/passkeys/{id}", tag = "session", request_body = PasskeyName,
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "The passkey", body = PasskeyView),
        (status = 404, description = "No such passkey, or it is not yours"),
    ),
)]
pub(super) async fn rename_passkey(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<PasskeyKind>,
    Json(PasskeyName { name }): Json<PasskeyName>,
) -> Result<Json<PasskeyView>, Problem> {
    let mut work = app.store.begin(&caller.context()).await?;
    let found = own(work.passkeys().find(id).await?, &caller)?;
    own_session(&caller)?;
    if found.name != name {
        work.passkeys().rename(id, &name).await?;
        work.record(Event::PasskeyRenamed {
            user: found.user,
            passkey: id,
            name: name.to_string(),
        });
        work.commit().await.map(drop)?;
    }
    Ok(Json(shown(Row { name, ..found })))
}

/// Removes a passkey. With the last second factor the recovery codes go, too.
#[utoipa::path(
    delete, path = "/me/passkeys/{id}", tag = "session", params(("id" = String, Path)),
    responses(
        (status = 204, description = "Removed"),
        (status = 403, description = "`reauthentication_needed`"),
        (status = 404, description = "No such passkey, or it is not yours"),
        (status = 409, description = "It is the last second factor, and the role needs one"),
    ),
)]
pub(super) async fn remove_passkey(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<PasskeyKind>,
) -> Result<StatusCode, Problem> {
    own(app.store.read().passkeys().find(id).await?, &caller)?;
    may_change(&app, &caller).await?;
    let mut work = app.store.begin(&caller.context()).await?;
    let user = work.users().lock(caller.user.id).await?.ok_or(Problem::Stale)?;
    if !work.passkeys().delete(id).await? {
        return Err(NO_SUCH_PASSKEY);
    }
    if second_factors(&work, user.id).await?.is_empty() {
        if work.sign_in_rules().needs_second_factor(user.role).await? {
            return Err(Problem::conflict(
                "it is your last second factor, and your role needs one; set up another first",
            ));
        }
        work.recovery_codes().delete_of_user(user.id).await?;
    }
    work.record(Event::PasskeyRemoved { user: user.id, passkey: id });
    work.commit().await.map(drop)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Somebody else's looks like one that is not there, also for who sees
/// everything: it opens no door for them.
fn own(found: Option<Row>, caller: &Authenticated) -> Result<Row, Problem> {
    let found = found.filter(|row| row.user == caller.user.id).ok_or(NO_SUCH_PASSKEY)?;
    Ok(caller.decide(action::ChangeOwnSignIn, Facts::owned_by(found.user, found))?.into_row())
}
