//! `/user-groups`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use sekisho_model::id::{User as UserKind, UserGroup as UserGroupKind, UserGroupId};
use sekisho_model::name::Label;
use sekisho_policy::Facts;
use sekisho_policy::action::{CreateUserGroup, EditUserGroup, ListUserGroups, ViewUserGroup};
use sekisho_store::{Access as _, UserGroup};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::UserGroupChange;
use crate::app::{App, SharedApp};
use crate::http::{
    Authenticated, IfMatch, ItemList, Json, List, ListQuery, NoFilter, PathId, PathIds, Problem,
    Routes, Tagged, Time,
};
use crate::users::UserView;

/// The endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(list_user_groups, create_user_group))
        .signed_in(routes!(show_user_group, edit_user_group, delete_user_group))
        .signed_in(routes!(list_user_group_members))
        .signed_in(routes!(add_user_group_member, remove_user_group_member))
}

/// A group of users.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct UserGroupView {
    /// Its id.
    #[schema(value_type = String)]
    id: UserGroupId,
    /// Its name, unique.
    #[schema(value_type = String, max_length = 100)]
    name: Label,
    /// What it is for.
    description: String,
    /// How many users are in it.
    members: u64,
    /// When it was made.
    created_at: Time,
    /// Counts changes; the ETag.
    version: i64,
}

/// A new group.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUserGroupBody {
    /// Its name, unique.
    #[schema(value_type = String, max_length = 100)]
    name: Label,
    /// What it is for.
    #[schema(max_length = 500)]
    #[serde(default)]
    description: String,
}

/// What changes; what is left out stays.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserGroupChangeBody {
    /// Its name.
    #[schema(value_type = Option<String>, max_length = 100)]
    #[serde(default)]
    name: Option<Label>,
    /// What it is for.
    #[schema(max_length = 500)]
    #[serde(default)]
    description: Option<String>,
}

/// List user groups, by name.
#[utoipa::path(
    get, path = "/user-groups", tag = "user groups", params(ListQuery),
    responses((status = 200, description = "A page of groups", body = ItemList<UserGroupView>)),
)]
async fn list_user_groups(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<NoFilter>,
) -> Result<Json<ItemList<UserGroupView>>, Problem> {
    caller.decide(ListUserGroups, Facts::nothing())?.into_row();
    let found = app.store.read().user_groups().list(list.q.as_deref(), &list.page).await?;
    let (groups, end) = found.into_parts();
    let mut items = Vec::with_capacity(groups.len());
    for group in groups {
        items.push(view(&app, group).await?);
    }
    Ok(Json(ItemList::new(items, end)))
}

/// Create a user group.
#[utoipa::path(
    post, path = "/user-groups", tag = "user groups", request_body = NewUserGroupBody,
    responses(
        (status = 201, description = "Created", body = UserGroupView),
        (status = 409, description = "`conflict`: another group has this name"),
    ),
)]
async fn create_user_group(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(new): Json<NewUserGroupBody>,
) -> Result<Response, Problem> {
    let granted = caller.decide(CreateUserGroup, Facts::nothing())?;
    let context = caller.context();
    let group = super::create(&app, &context, granted, new.name, &new.description).await?;
    Ok((StatusCode::CREATED, tagged(&app, group).await?).into_response())
}

/// See a user group.
#[utoipa::path(
    get, path = "/user-groups/{id}", tag = "user groups",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The group", body = UserGroupView),
        (status = 404, description = "`not_found`"),
    ),
)]
async fn show_user_group(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<UserGroupKind>,
) -> Result<Tagged<UserGroupView>, Problem> {
    let found = super::find(app.store.read(), id).await?;
    let granted = caller.decide(ViewUserGroup, Facts::of_site(found))?;
    tagged(&app, granted.into_row()).await
}

/// Change a user group.
#[utoipa::path(
    patch, path = "/user-groups/{id}", tag = "user groups",
    request_body = UserGroupChangeBody,
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of what you read"),
    ),
    responses(
        (status = 200, description = "Changed", body = UserGroupView),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`conflict`: another group has this name"),
        (status = 412, description = "`stale`"),
        (status = 428, description = "`precondition_required`"),
    ),
)]
async fn edit_user_group(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<UserGroupKind>,
    read: IfMatch,
    Json(body): Json<UserGroupChangeBody>,
) -> Result<Tagged<UserGroupView>, Problem> {
    let found = super::find(app.store.read(), id).await?;
    let granted = caller.decide(EditUserGroup, Facts::of_site(found))?;
    let change = UserGroupChange { name: body.name, description: body.description };
    let group = super::edit(&app, &caller.context(), granted, read, change).await?;
    tagged(&app, group).await
}

/// Delete a user group, and what was shared with it. Its users stay.
#[utoipa::path(
    delete, path = "/user-groups/{id}", tag = "user groups",
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of what you read"),
    ),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "`not_found`"),
        (status = 412, description = "`stale`"),
        (status = 428, description = "`precondition_required`"),
    ),
)]
async fn delete_user_group(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<UserGroupKind>,
    read: IfMatch,
) -> Result<StatusCode, Problem> {
    let found = super::find(app.store.read(), id).await?;
    let granted = caller.decide(EditUserGroup, Facts::of_site(found))?;
    super::delete(&app, &caller.context(), granted, read).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List who is in a user group, by name.
#[utoipa::path(
    get, path = "/user-groups/{id}/members", tag = "user groups",
    params(("id" = String, Path, description = "The group"), ListQuery),
    responses(
        (status = 200, description = "A page of users", body = ItemList<UserView>),
        (status = 404, description = "`not_found`"),
    ),
)]
async fn list_user_group_members(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<UserGroupKind>,
    list: List<NoFilter>,
) -> Result<Json<ItemList<UserView>>, Problem> {
    list.no_search()?;
    let found = super::find(app.store.read(), id).await?;
    let group = caller.decide(ViewUserGroup, Facts::of_site(found))?.into_row();
    let members = app.store.read().user_groups().members(group.id, &list.page).await?;
    Ok(Json(ItemList::of(members, UserView::from)))
}

/// Put a user into a group. What is shared with it is shared with them at once.
#[utoipa::path(
    put, path = "/user-groups/{id}/members/{user}", tag = "user groups",
    params(
        ("id" = String, Path, description = "The group"),
        ("user" = String, Path, description = "The user"),
    ),
    responses(
        (status = 204, description = "They are in the group"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`conflict`: too many groups, or too many users"),
    ),
)]
async fn add_user_group_member(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathIds(id, user): PathIds<UserGroupKind, UserKind>,
) -> Result<StatusCode, Problem> {
    let found = super::find(app.store.read(), id).await?;
    let granted = caller.decide(EditUserGroup, Facts::of_site(found))?;
    super::join(&app, &caller.context(), granted, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a user out of a group. What is shared with it alone is not shared with
/// them any more, at once.
#[utoipa::path(
    delete, path = "/user-groups/{id}/members/{user}", tag = "user groups",
    params(
        ("id" = String, Path, description = "The group"),
        ("user" = String, Path, description = "The user"),
    ),
    responses(
        (status = 204, description = "They are not in the group any more"),
        (status = 404, description = "`not_found`"),
    ),
)]
async fn remove_user_group_member(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathIds(id, user): PathIds<UserGroupKind, UserKind>,
) -> Result<StatusCode, Problem> {
    let found = super::find(app.store.read(), id).await?;
    let granted = caller.decide(EditUserGroup, Facts::of_site(found))?;
    super::leave(&app, &caller.context(), granted, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn view(app: &App, group: UserGroup) -> Result<UserGroupView, Problem> {
    Ok(UserGroupView {
        id: group.id,
        name: group.name,
        description: group.description,
        members: app.store.read().user_groups().size(group.id).await?,
        created_at: group.created_at.into(),
        version: group.version,
    })
}

async fn tagged(app: &App, group: UserGroup) -> Result<Tagged<UserGroupView>, Problem> {
    let version = group.version;
    Ok(Tagged { version, body: view(app, group).await? })
}
