//! `GET /system/vault`.

use axum::extract::State;
use sekisho_policy::{Facts, action};
use serde::Serialize;

use crate::app::SharedApp;
use crate::http::{Authenticated, Json, Problem};
use crate::vault::VaultStatus;

/// The vault's keys and how far a rotation is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Vault {
    #[serde(flatten)]
    status: VaultStatus,
    /// Why the key that locks the vault could not be reached at the last look.
    kek_missing: Option<String>,
}

/// Shows the vault's keys, what locks them, and how many values are still to be
/// sealed anew after a rotation.
#[utoipa::path(
    get, path = "/system/vault", tag = "system",
    responses(
        (status = 200, description = "The vault", body = Vault),
        (status = 403, description = "Only administrators and auditors see it"),
    ),
)]
pub(super) async fn show_vault(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<Vault>, Problem> {
    caller.decide(action::ViewSystem, Facts::nothing())?.into_row();
    let status = crate::vault::status(&app.store).await.map_err(Problem::internal)?;
    Ok(Json(Vault { status, kek_missing: app.vault.kek_missing() }))
}
