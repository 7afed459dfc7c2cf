//! The state of the server, for people and for those who watch it.

mod keys;
mod last;
mod probes;
mod settings;
mod show;
mod vault;

pub use last::{LastBackups, last_backups};
use utoipa_axum::routes;

use crate::http::Routes;

/// Endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .open(routes!(show::show_public_system))
        .signed_in(routes!(show::show_system))
        .signed_in(routes!(vault::show_vault))
        .signed_in(routes!(keys::show_site_keys))
        .signed_in(routes!(settings::show_settings))
}

/// Endpoints outside of the API.
pub fn probes() -> Routes {
    Routes::new().open(routes!(probes::show_health)).open(routes!(probes::show_readiness))
}
