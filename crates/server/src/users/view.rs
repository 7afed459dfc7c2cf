//! A user as the API shows them.

use sekisho_model::id::UserId;
use sekisho_model::name::LoginName;
use sekisho_model::user::{RoleRef, UserState};
use sekisho_store::User;
use serde::Serialize;

use crate::http::{Tagged, Time};

/// A user.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UserView {
    /// Their id.
    #[schema(value_type = String)]
    pub id: UserId,
    /// The name they sign in with.
    #[schema(value_type = String)]
    pub name: LoginName,
    /// Their name for other people.
    pub display_name: String,
    /// What they may do: the word of a built-in role, the id of a custom one.
    #[schema(value_type = String)]
    pub role: RoleRef,
    /// Whether they may sign in: `active` or `disabled`.
    #[schema(value_type = String)]
    pub state: UserState,
    /// When they were created.
    pub created_at: Time,
    /// Counts changes; the ETag.
    pub version: i64,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            name: user.name,
            display_name: user.display_name,
            role: user.role,
            state: user.state,
            created_at: user.created_at.into(),
            version: user.version,
        }
    }
}

impl From<User> for Tagged<UserView> {
    fn from(user: User) -> Self {
        Self { version: user.version, body: user.into() }
    }
}
