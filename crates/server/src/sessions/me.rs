//! `GET /me`: who am I, and what may I do.

use sekisho_model::user::{RoleRef, TokenScope};
use sekisho_policy::Permission;
use serde::Serialize;

use crate::http::{Authenticated, How, Json, Time};
use crate::users::UserView;

/// The caller.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Me {
    /// Who they are.
    user: UserView,
    /// Their role: the word of a built-in one, the id of a custom one.
    #[schema(value_type = String)]
    role: RoleRef,
    /// What people call the role.
    role_name: String,
    /// What the role may do.
    #[schema(value_type = Vec<String>)]
    permissions: Vec<Permission>,
    /// The session, if they signed in.
    session: Option<SessionInfo>,
    /// The API token, if they use one.
    token: Option<TokenInfo>,
}

/// A session.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SessionInfo {
    /// When they signed in.
    created_at: Time,
    /// When it ends at the latest.
    expires_at: Time,
}

/// An API token.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TokenInfo {
    /// Its id.
    id: String,
    /// What it is called.
    name: String,
    /// What it may be used for.
    #[schema(value_type = Vec<String>)]
    scopes: Vec<TokenScope>,
    /// When it stops working.
    expires_at: Time,
}

/// Says who the caller is and what they may do.
#[utoipa::path(
    get, path = "/me", tag = "session",
    responses((status = 200, description = "The caller", body = Me)),
)]
pub(super) async fn show_me(caller: Authenticated) -> Json<Me> {
    let (session, token) = match caller.how {
        How::Session(session) => {
            let (created_at, expires_at) = (session.created_at.into(), session.expires_at.into());
            (Some(SessionInfo { created_at, expires_at }), None)
        }
        How::Token(token) => {
            let id = token.id.to_string();
            let name = token.name.to_string();
            let expires_at = token.expires_at.into();
            (None, Some(TokenInfo { id, name, scopes: token.scopes, expires_at }))
        }
    };
    let (role, role_name) = (caller.user.role, caller.subject.role);
    let permissions = caller.subject.permissions.iter().collect();
    Json(Me { user: caller.user.into(), role, role_name, permissions, session, token })
}
