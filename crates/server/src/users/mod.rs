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
pub use state::set_state;
pub use view::UserView;

use utoipa_axum::routes;

use crate::http::Routes;

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
