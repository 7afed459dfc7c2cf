//! `GET /system/keys`.

use axum::extract::State;
use sekisho_policy::{Facts, action};

use crate::app::SharedApp;
use crate::http::{Authenticated, Json, Problem};
use crate::keys::SiteKeysStatus;

/// Shows the trust bundles' order and receipt keys, and how many devices have
/// not shown the newest bundle yet.
#[utoipa::path(
    get, path = "/system/keys", tag = "system",
    responses(
        (status = 200, description = "The keys", body = SiteKeysStatus),
        (status = 403, description = "Only administrators and auditors see it"),
    ),
)]
pub(super) async fn show_site_keys(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<SiteKeysStatus>, Problem> {
    caller.decide(action::ViewSystem, Facts::nothing())?.into_row();
    let status = crate::keys::status(&app.store, app.clock.now()).await;
    status.map(Json).map_err(Problem::internal)
}
