//! `/roles` and `/permissions`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use sekisho_model::id::{CustomRole as RoleKind, CustomRoleId};
use sekisho_model::name::Label;
use sekisho_model::user::{Role, RoleRef};
use sekisho_policy::action::{ApproveRole, ProposeRole, ViewRoles};
use sekisho_policy::{Facts, Permission};
use sekisho_store::{Access as _, CustomRole};
use serde::Deserialize;
use utoipa_axum::routes;

use super::RoleTable;
use super::change::{self, Wanted};
use super::view::{self, ActionView, PermissionView, RoleView, Shows};
use crate::app::{App, SharedApp};
use crate::http::{
    Authenticated, IfMatch, ItemList, Json, PathId, PathText, Problem, Routes, Tagged,
};
use crate::resources::refs::required_reason;

/// Endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(list_permissions))
        .signed_in(routes!(list_roles, propose_role))
        .signed_in(routes!(show_role, change_role, delete_role))
        .signed_in(routes!(role_actions))
        .signed_in(routes!(approve_role))
        .signed_in(routes!(reject_role))
}

/// A role as it is to be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleBody {
    /// Its name, unique.
    #[schema(value_type = String, max_length = 100)]
    name: Label,
    /// What it is for.
    #[schema(max_length = 500)]
    #[serde(default)]
    description: String,
    /// The words of what it may do, see `/permissions`.
    #[schema(max_items = 100)]
    permissions: Vec<String>,
}

/// Why a proposal is rejected.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RejectBody {
    /// Why, in a few words; it goes into the audit log.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

impl From<RoleBody> for Wanted {
    fn from(body: RoleBody) -> Self {
        Self { name: body.name, description: body.description, permissions: body.permissions }
    }
}

/// List the permissions that roles are made of, and what each is needed for.
/// For who manages roles.
#[utoipa::path(
    get, path = "/permissions", tag = "roles",
    responses((status = 200, description = "All permissions", body = ItemList<PermissionView>)),
)]
async fn list_permissions(
    caller: Authenticated,
) -> Result<Json<ItemList<PermissionView>>, Problem> {
    caller.decide(ViewRoles, Facts::nothing())?.into_row();
    Ok(Json(ItemList::complete(view::permissions())))
}

/// List the roles and what each may do: the built-in ones, then the custom ones
/// by name. Proposals are shown to who manages roles.
#[utoipa::path(
    get, path = "/roles", tag = "roles",
    responses((status = 200, description = "All roles", body = ItemList<RoleView>)),
)]
async fn list_roles(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<ItemList<RoleView>>, Problem> {
    let shows = shows(&caller);
    let mut items = Vec::new();
    for role in Role::ALL {
        items.push(view::built_in(&app, *role, &shows).await?);
    }
    let table = RoleTable::load(app.store.read()).await?;
    for role in app.store.read().custom_roles().list().await? {
        if role.permissions.is_some() || shows.proposals {
            items.push(view::custom(&app, &table, role, &shows).await?);
        }
    }
    Ok(Json(ItemList::complete(items)))
}

/// See a custom role.
#[utoipa::path(
    get, path = "/roles/{id}", tag = "roles",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The role", body = RoleView),
        (status = 404, description = "`not_found`"),
    ),
)]
async fn show_role(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<RoleKind>,
) -> Result<Tagged<RoleView>, Problem> {
    let found = decided_view(&app, &caller, id).await?;
    tagged(&app, &caller, found).await
}

/// Propose a custom role. It can be given to somebody once another
/// administrator has approved it.
#[utoipa::path(
    post, path = "/roles", tag = "roles", request_body = RoleBody,
    responses(
        (status = 201, description = "Proposed", body = RoleView),
        (status = 409, description = "`conflict`: another role has this name"),
    ),
)]
async fn propose_role(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(body): Json<RoleBody>,
) -> Result<Response, Problem> {
    let granted = caller.decide(ProposeRole, Facts::nothing())?;
    let role = change::propose(&app, &caller.context(), granted, body.into()).await?;
    Ok((StatusCode::CREATED, tagged(&app, &caller, role).await?).into_response())
}

/// Propose a change of a custom role. What is in force stays so until another
/// administrator has approved it.
#[utoipa::path(
    patch, path = "/roles/{id}", tag = "roles", request_body = RoleBody,
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of what you read"),
    ),
    responses(
        (status = 200, description = "Proposed", body = RoleView),
        (status = 404, description = "`not_found`"),
        (status = 412, description = "`stale`"),
        (status = 428, description = "`precondition_required`"),
    ),
)]
async fn change_role(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<RoleKind>,
    read: IfMatch,
    Json(body): Json<RoleBody>,
) -> Result<Tagged<RoleView>, Problem> {
    let found = change::find(app.store.read(), id).await?;
    let granted = caller.decide(ProposeRole, Facts::of_site(found))?;
    let role = change::repropose(&app, &caller.context(), granted, read, body.into()).await?;
    tagged(&app, &caller, role).await
}

/// Delete a custom role that nobody has.
#[utoipa::path(
    delete, path = "/roles/{id}", tag = "roles",
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of what you read"),
    ),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`conflict`: users have it"),
        (status = 412, description = "`stale`"),
        (status = 428, description = "`precondition_required`"),
    ),
)]
async fn delete_role(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<RoleKind>,
    read: IfMatch,
) -> Result<StatusCode, Problem> {
    let found = change::find(app.store.read(), id).await?;
    let granted = caller.decide(ProposeRole, Facts::of_site(found))?;
    change::delete(&app, &caller.context(), granted, read).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a role can do, action by action: with its own things, with what others
/// shared, with what others own. `{id}` is the id of a custom role or the word
/// of a built-in one.
#[utoipa::path(
    get, path = "/roles/{id}/actions", tag = "roles",
    params(("id" = String, Path, description = "Its id, or the word of a built-in role")),
    responses(
        (status = 200, description = "Every action", body = ItemList<ActionView>),
        (status = 404, description = "`not_found`"),
    ),
)]
async fn role_actions(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathText(id): PathText,
) -> Result<Json<ItemList<ActionView>>, Problem> {
    let role: RoleRef = id.parse().map_err(|_| change::MISSING)?;
    if let RoleRef::Custom(id) = role {
        decided_view(&app, &caller, id).await?;
    }
    let permissions = RoleTable::of(app.store.read(), role).await?.permissions(role);
    Ok(Json(ItemList::complete(view::actions(&permissions))))
}

/// Approve what another administrator proposed, exactly as you read it. Nobody
/// approves his own proposal, or a change of the role he has.
#[utoipa::path(
    post, path = "/roles/{id}/approve", tag = "roles",
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of what you read"),
    ),
    responses(
        (status = 200, description = "In force", body = RoleView),
        (status = 403, description = "It is your own proposal, or your own role"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`conflict`: nothing waits"),
        (status = 412, description = "`stale`: it was proposed anew"),
        (status = 428, description = "`precondition_required`"),
    ),
)]
async fn approve_role(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<RoleKind>,
    read: IfMatch,
) -> Result<Tagged<RoleView>, Problem> {
    let found = change::find(app.store.read(), id).await?;
    let granted = caller.decide(ApproveRole, proposal(&caller, found))?;
    let role = change::approve(&app, &caller.context(), granted, read).await?;
    tagged(&app, &caller, role).await
}

/// Reject what was proposed, or take one's own proposal back. A role that was
/// never in force goes with it.
#[utoipa::path(
    post, path = "/roles/{id}/reject", tag = "roles", request_body = RejectBody,
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of what you read"),
    ),
    responses(
        (status = 204, description = "Rejected"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`conflict`: nothing waits"),
        (status = 412, description = "`stale`"),
        (status = 428, description = "`precondition_required`"),
    ),
)]
async fn reject_role(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<RoleKind>,
    read: IfMatch,
    Json(body): Json<RejectBody>,
) -> Result<StatusCode, Problem> {
    let found = change::find(app.store.read(), id).await?;
    let granted = caller.decide(ProposeRole, Facts::of_site(found))?;
    let reason = required_reason(&body.reason)?;
    change::reject(&app, &caller.context(), granted, read, reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn proposal(caller: &Authenticated, role: CustomRole) -> Facts<CustomRole> {
    let mine = caller.user.role == RoleRef::Custom(role.id);
    match role.proposed_by {
        Some(by) => Facts::proposal(by, mine, role),
        // Nothing waits; the use-case says so to who may know.
        None => Facts::of_site(role),
    }
}

fn shows(caller: &Authenticated) -> Shows {
    Shows { proposals: caller.subject.has(Permission::ManageRoles) }
}

/// A role in force is everybody's to see; one that waits is not.
async fn decided_view(
    app: &App,
    caller: &Authenticated,
    id: CustomRoleId,
) -> Result<CustomRole, Problem> {
    let found = change::find(app.store.read(), id).await?;
    if found.permissions.is_some() {
        return Ok(found);
    }
    Ok(caller.decide(ViewRoles, Facts::of_site(found))?.into_row())
}

async fn tagged(
    app: &App,
    caller: &Authenticated,
    role: CustomRole,
) -> Result<Tagged<RoleView>, Problem> {
    let version = role.version;
    let table = RoleTable::load(app.store.read()).await?;
    Ok(Tagged { version, body: view::custom(app, &table, role, &shows(caller)).await? })
}
