//! Signing in and out, and everybody's own account.

mod hasher;
mod login;
mod logout;
mod me;
mod own_password;
mod setup;
mod throttle;

pub use hasher::PasswordHasher;
pub use login::{SignedIn, sign_in};
pub use own_password::change_own_password;
pub use setup::{NewSetup, SETUP_TOKEN_PREFIX, set_up};
pub use throttle::FORGET_AFTER;

use utoipa_axum::routes;

use crate::http::Routes;

/// What session tokens begin with.
pub const SESSION_TOKEN_PREFIX: &str = "sekisho_ses";

/// Endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .open(routes!(setup::post_setup))
        .open(routes!(login::post_session))
        .signed_in(routes!(logout::delete_session))
        .signed_in(routes!(me::show_me))
        .with_secret(routes!(own_password::post_own_password))
}
