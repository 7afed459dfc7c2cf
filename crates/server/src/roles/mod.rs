//! The built-in roles.

use sekisho_model::user::Role;
use sekisho_policy::Permission;
use serde::Serialize;
use utoipa_axum::routes;

use crate::http::{ItemList, Json, Routes};

/// Endpoints.
pub fn routes() -> Routes {
    Routes::new().signed_in(routes!(list_roles))
}

/// A role and what it may do.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RoleView {
    /// The role.
    #[schema(value_type = String)]
    role: Role,
    /// What it may do.
    #[schema(value_type = Vec<String>)]
    permissions: Vec<Permission>,
}

/// Lists the roles and what each may do.
#[utoipa::path(
    get, path = "/roles", tag = "users",
    responses((status = 200, description = "All roles", body = ItemList<RoleView>)),
)]
async fn list_roles() -> Json<ItemList<RoleView>> {
    let roles = Role::ALL.iter().copied();
    Json(ItemList::complete(
        roles.map(|role| RoleView { role, permissions: Permission::of(role) }).collect(),
    ))
}
