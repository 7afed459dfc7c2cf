//! `GET /me`: who am I, and what may I do.

use axum::extract::State;
use sekisho_model::user::{RoleRef, TokenScope};
use sekisho_policy::Permission;
use serde::Serialize;

use super::factors::second_factor_is_missing;
use crate::app::SharedApp;
use crate::http::{Authenticated, How, Json, Problem, Time};
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
    /// Whether their role needs a second factor that this session lacks: then
    /// nothing can be done but to set one up, or to sign in with it.
    second_factor_missing: bool,
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
pub(super) async fn show_me(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<Me>, Problem> {
    let second_factor_missing = match &caller.how {
        How::Session(session) => {
            second_factor_is_missing(app.store.read(), session, &caller.user).await?
        }
        How::Token(_) => false,
    };
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
    let user = caller.user.into();
    Ok(Json(Me { user, role, role_name, permissions, session, token, second_factor_missing }))
}
