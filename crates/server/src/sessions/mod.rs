//! Signing in and out, and everybody's own account.

mod client;
mod codes;
mod factors;
mod hasher;
mod login;
mod logout;
mod me;
mod mine;
mod operator;
mod own_password;
mod prove;
mod rules;
mod second_factor;
mod second_step;
mod setup;
mod throttle;

pub use factors::second_factor_is_missing;
pub(crate) use factors::{give_recovery_codes, second_factors};
pub use hasher::PasswordHasher;
pub(crate) use login::{
    Caller, SessionView, SignedIn, insert_session, insert_session_proved, session_answer,
    session_cookie,
};
pub use operator::{NewSetupToken, renew_setup_token, reset_second_factor_of};
pub use own_password::change_own_password;
pub use prove::require_recent_proof;
pub(crate) use prove::{Proved, own_session};
pub use second_factor::ENROLMENT_LIFE;
pub(crate) use second_factor::may_change;
pub use setup::{NewSetup, SETUP_TOKEN_LIFE, SETUP_TOKEN_PREFIX, set_up};
pub use throttle::FORGET_AFTER;
pub(crate) use throttle::{Attempt, Throttle};

use utoipa_axum::routes;

use crate::http::Routes;

/// What session tokens begin with.
pub const SESSION_TOKEN_PREFIX: &str = "sekisho_ses";

/// Endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .open(routes!(setup::post_setup))
        .open(routes!(login::post_session))
        .open(routes!(second_step::post_second_factor))
        .own(routes!(logout::delete_session))
        .own_secret(routes!(prove::post_proof))
        .own(routes!(me::show_me))
        .own(routes!(mine::list_sessions, mine::end_other_sessions))
        .own(routes!(mine::end_session))
        .own_secret(routes!(own_password::post_own_password))
        .own(routes!(second_factor::show_second_factor))
        .own_secret(routes!(second_factor::start_totp, second_factor::remove_totp))
        .own_secret(routes!(second_factor::confirm_totp))
        .own_secret(routes!(second_factor::new_recovery_codes))
        .signed_in(routes!(rules::show_rules, rules::put_rules))
        .signed_in(routes!(rules::show_users_second_factor, rules::reset_second_factor))
}
