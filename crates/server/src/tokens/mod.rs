//! API tokens: keys of programs, each with its user's rights at most.

mod create;
mod list;
mod revoke;

pub use create::{NewToken, create};

use sekisho_model::id::ApiTokenId;
use sekisho_model::user::TokenScope;
use sekisho_store::ApiToken;
use serde::Serialize;
use utoipa_axum::routes;

use crate::http::{Routes, Time};

/// What API tokens begin with.
pub const API_TOKEN_PREFIX: &str = "sekisho_pat";

/// Endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(list::list_tokens))
        .with_secret(routes!(create::create_token))
        .signed_in(routes!(revoke::revoke_token))
}

/// An API token, without its secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TokenView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ApiTokenId,
    /// What it is called.
    pub name: String,
    /// What it may be used for: `read`, `write`, `reveal`.
    #[schema(value_type = Vec<String>)]
    pub scopes: Vec<TokenScope>,
    /// When it was made.
    pub created_at: Time,
    /// When it stops working.
    pub expires_at: Time,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Time>,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
}

impl From<ApiToken> for TokenView {
    fn from(token: ApiToken) -> Self {
        Self {
            id: token.id,
            name: token.name.to_string(),
            scopes: token.scopes,
            created_at: token.created_at.into(),
            expires_at: token.expires_at.into(),
            last_used_at: token.last_used_at.map(Time),
            revoked_at: token.revoked_at.map(Time),
        }
    }
}
