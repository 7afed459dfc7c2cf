//! `/healthz` and `/readyz`.

use axum::extract::State;
use sekisho_store::{Access as _, StoreError};
use serde::Serialize;

use crate::app::SharedApp;
use crate::http::{Json, NotReady, Problem};

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

/// Says whether the server does its work: the database answers and takes changes,
/// and the site is not in recovery.
#[utoipa::path(
    get, path = "/readyz", tag = "system", security(()),
    responses(
        (status = 200, description = "Ready", body = Probe),
        (status = 503, description = "`unavailable`, and `cause` says why; `recovery`; `sealed`"),
    ),
)]
pub(super) async fn show_readiness(State(app): State<SharedApp>) -> Result<Json<Probe>, Problem> {
    let not =
        |cause: NotReady, reason: &str| Problem::NotReady { cause, reason: reason.to_owned() };
    let silent = |error: StoreError| not(NotReady::Database, &error.to_string());
    app.store.ping().await.map_err(silent)?;
    if let Some((known, found)) = app.store.behind() {
        let reason = format!("the database ends at line {found} of the audit log, not {known}");
        return Err(not(NotReady::Older, &reason));
    }
    if app.store.is_moved().await.map_err(silent)? {
        return Err(not(NotReady::Moved, "the site was moved to another database"));
    }
    if app.store.waits_for_standby().await.map_err(silent)? {
        return Err(not(NotReady::Standby, "commits wait for a synchronous standby"));
    }
    let site = app.store.read().site().find().await.map_err(silent)?;
    match site.map(|site| site.recovery_reason) {
        None => Err(not(NotReady::Empty, "the site is not initialised")),
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
