//! People: who they are, their role, whether they may sign in.

mod create;
mod edit;
mod list;
mod password;
mod state;
mod view;

pub use create::{NewUser, create, display_name, insert};
pub use edit::{UserChange, edit};
pub use password::check_password;
pub(crate) use state::keep_an_administrator;
pub use state::{keep_managers, set_state};
pub use view::UserView;

use sekisho_policy::Permission;
use sekisho_store::{Access, StoreError, User};

use utoipa_axum::routes;

use crate::http::Routes;
use crate::roles::RoleTable;

/// Endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(list::list_users))
        .signed_in(routes!(list::export_users))
        .with_secret(routes!(create::create_user))
        .signed_in(routes!(list::show_user, edit::edit_user))
        .signed_in(routes!(state::disable_user))
        .signed_in(routes!(state::enable_user))
}

const NO_SUCH_USER: crate::http::Problem = crate::http::Problem::NotFound { what: "user" };

/// Whether somebody may own resources: they are active, and their role may add
/// some.
///
/// # Errors
/// When the database does not answer.
pub async fn may_own<A: Access>(at: &A, user: &User) -> Result<bool, StoreError> {
    let table = RoleTable::of(at, user.role).await?;
    Ok(table.allows(user, Permission::AddResources))
}
