//! `/healthz` and `/readyz`.

use axum::extract::State;
use sekisho_store::Access as _;
use serde::Serialize;

use crate::app::SharedApp;
use crate::http::{Json, Problem};

/// The answer of a probe.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Probe {
    /// One word.
    status: &'static str,
    /// `held` while secrets and changes wait for a witness of the audit log,
    /// `behind` while one of its readers has trouble, else `ok`.
    #[serde(skip_serializing_if = "Option::is_none")]
    audit: Option<&'static str>,
    /// What does not stop the server's work, but would after a restart:
    /// `kek_missing` while the key that locks the vault cannot be reached.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<&'static str>,
}

/// Says that the server is alive.
#[utoipa::path(
    get, path = "/healthz", tag = "system", security(()),
    responses((status = 200, description = "Alive", body = Probe)),
)]
pub(super) async fn show_health() -> Json<Probe> {
    Json(Probe { status: "alive", audit: None, warnings: Vec::new() })
}

/// Says whether the server does its work: the database answers and the site is
/// not in recovery.
#[utoipa::path(
    get, path = "/readyz", tag = "system", security(()),
    responses((status = 200, description = "Ready", body = Probe)),
)]
pub(super) async fn show_readiness(State(app): State<SharedApp>) -> Result<Json<Probe>, Problem> {
    app.store.ping().await?;
    if app.store.behind().is_some() {
        let reason = "the database is older than it was".to_owned();
        return Err(Problem::Unavailable { reason });
    }
    if app.store.is_moved().await? {
        let reason = "the site was moved to another database; name it in the settings and restart";
        return Err(Problem::Unavailable { reason: reason.to_owned() });
    }
    let site = app.store.read().site().find().await?;
    match site.map(|site| site.recovery_reason) {
        None => Err(Problem::Unavailable { reason: "the site is not initialised".to_owned() }),
        // The reason names a device; a stranger need not know it.
        Some(Some(_)) => Err(Problem::Recovery { reason: "an operator must end it".to_owned() }),
        Some(None) => {
            let has_trouble = app.audit.readers().iter().any(|reader| reader.has_trouble());
            let audit = match app.store.gate().reason() {
                Some(_) => "held",
                None if has_trouble => "behind",
                None => "ok",
            };
            let warnings = app.vault.kek_missing().map(|_| "kek_missing").into_iter().collect();
            Ok(Json(Probe { status: "ready", audit: Some(audit), warnings }))
        }
    }
}
