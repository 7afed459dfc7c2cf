//! `PATCH /users/{id}`: change a user's name or role.

use axum::extract::State;
use sekisho_model::event::Event;
use sekisho_model::id::{User as UserKind, UserId};
use sekisho_model::user::RoleRef;
use sekisho_policy::{Facts, Given, action};
use sekisho_store::{Access as _, User};
use serde::Deserialize;

use super::create::{display_name, granted_role, keep_role};
use super::state::keep_an_administrator;
use super::{NO_SUCH_USER, UserView};
use crate::app::{App, SharedApp};
use crate::http::{Authenticated, IfMatch, Json, PathId, Problem, Tagged};
use crate::roles::RoleTable;

/// What to change; what is not given stays.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    /// Their name for other people.
    pub display_name: Option<String>,
    /// What they may do: the word of a built-in role, the id of a custom one.
    #[schema(value_type = Option<String>)]
    pub role: Option<RoleRef>,
}

/// Changes a user.
///
/// Nobody gives himself a role that may do more, and the last administrator and
/// the last Super Administrator stay one.
#[utoipa::path(
    patch, path = "/users/{id}", tag = "users", request_body = UserChange,
    params(("id" = String, Path), ("If-Match" = String, Header, description = "The ETag read")),
    responses(
        (status = 200, description = "The user", body = UserView),
        (status = 403, description = "This role may not be granted by you"),
        (status = 404, description = "No such user, or you may not see them"),
        (status = 409, description = "They are the last administrator"),
        (status = 412, description = "Changed since it was read"),
        (status = 428, description = "If-Match is missing"),
    ),
)]
pub(super) async fn edit_user(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<UserKind>,
    if_match: IfMatch,
    Json(change): Json<UserChange>,
) -> Result<Tagged<UserView>, Problem> {
    Ok(edit(&app, &caller, id, if_match, change).await?.into())
}

/// Changes a user.
///
/// # Errors
/// See the endpoint.
pub async fn edit(
    app: &App,
    caller: &Authenticated,
    id: UserId,
    if_match: IfMatch,
    change: UserChange,
) -> Result<User, Problem> {
    let mut work = app.store.begin(&caller.context()).await?;
    let found = work.users().lock(id).await?.ok_or(NO_SUCH_USER)?;
    let mut user = caller.decide(action::EditUser, Facts::of_site(found))?.into_row();
    if_match.check(user.version)?;
    let before = user.clone();
    if let Some(text) = &change.display_name {
        user.display_name = display_name(text)?;
    }
    if let Some(role) = change.role.filter(|role| *role != before.role) {
        let given = Given {
            to: Some(id),
            before: RoleTable::of(&work, before.role).await?.permissions(before.role),
            after: granted_role(&work, role).await?,
        };
        user = caller.decide(action::GrantRole, Facts::grant(given, user))?.into_row();
        user.role = role;
        keep_an_administrator(&work, &before, &user).await?;
        keep_role(&work, role).await?;
        work.record(Event::UserRoleChanged { user: id, from: before.role, to: role });
    }
    if user.display_name != before.display_name {
        work.record(Event::UserChanged { user: id, fields: vec!["display_name".to_owned()] });
    }
    if user == before {
        return Ok(user);
    }
    let user = work.users().update(user, before.version).await?;
    work.commit().await.map(drop)?;
    Ok(user)
}
