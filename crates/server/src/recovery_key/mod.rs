//! The recovery key: which one it is, and whether somebody holds it.
//!
//! `init` prints its private half once, and the server never has it: it opens
//! escrows and backups, and nothing at the running server. So nobody but the
//! person can say whether it was kept. They are asked to show it without giving
//! it away: the browser or the command line answers a challenge that only the
//! private half answers ([`sekisho_seal::recovery_key`]), and that is recorded.

mod challenges;
mod routes;

pub use challenges::Challenges;

use sekisho_wire::bundle::PublishedKey;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::{Problem, Routes};

/// Endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(routes::show_recovery_key))
        .with_secret(routes!(routes::ask_for_recovery_key))
        .with_secret(routes!(routes::prove_recovery_key))
}

/// The recovery key that escrows and backups are sealed to: the newest.
///
/// # Errors
/// When the trust bundle names none, which `init` prevents.
pub(crate) fn newest(app: &App) -> Result<PublishedKey, Problem> {
    app.keys
        .recovery_keys()
        .into_iter()
        .max_by_key(|key| key.not_before)
        .ok_or_else(|| Problem::internal(anyhow::anyhow!("the trust bundle names no recovery key")))
}

/// The short id of a key, as `keys status` shows it.
pub(crate) fn kid(key: &PublishedKey) -> String {
    data_encoding::HEXLOWER.encode(&key.kid)
}
