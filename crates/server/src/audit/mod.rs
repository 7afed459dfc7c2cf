//! The audit log: reading, verifying, signing its end, telling others.

mod deliver;
mod export;
mod format;
mod heads;
mod lines;
mod list;
mod names;
mod verify;
mod watch;
mod witness;

pub(crate) use deliver::certificates;
pub use format::Format;
pub use heads::sign;
pub(crate) use list::{lines, record_view};
pub use verify::{Evidence, Forgotten, Verdict, verify, verify_store};
pub use watch::{AuditState, ReaderState, look};

use std::time::Duration;

use heads::{foreign_head, foreign_row, signed_head};
use sekisho_model::audit::LineHash;
use sekisho_model::id::AuditChainId;
use sekisho_store::{Access as _, AuditChain, StoreError};
use serde::Serialize;
use tokio::task::JoinSet;
use utoipa_axum::routes;

use crate::app::{App, SharedApp};
use crate::http::Routes;
use crate::shutdown::Shutdown;

/// The last delivery before a stop may take so long.
const LAST_TIMEOUT: Duration = Duration::from_secs(5);

/// Endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(list::list_audit))
        .signed_in(routes!(list::export_audit_csv))
        .signed_in(routes!(lines::list_audit_lines))
        .signed_in(routes!(export::export_audit))
        .signed_in(routes!(export::list_audit_heads))
        .signed_in(routes!(export::list_audit_keys))
        .signed_in(routes!(verify::verify_audit))
        .signed_in(routes!(witness::list_witnessed_sites, witness::add_witnessed_site))
        .signed_in(routes!(witness::remove_witnessed_site))
        .signed_in(routes!(witness::list_witnessed_heads))
        .witness(routes!(witness::take_heads))
}

/// Starts what signs, sends and watches.
pub fn spawn(parts: &mut JoinSet<()>, app: &SharedApp, shutdown: &Shutdown) {
    parts.spawn(heads::run(app.clone(), shutdown.clone()));
    parts.spawn(watch::run(app.clone(), shutdown.clone()));
    for reader in deliver::readers(app) {
        parts.spawn(deliver::run(app.clone(), reader, shutdown.clone()));
    }
}

/// After the last event: signs the end and sends what is left, if it can be
/// done soon.
pub async fn finish(app: &App) {
    let all = async {
        if let Err(error) = sign(app).await {
            tracing::warn!(%error, "the end of the audit log is not signed");
        }
        for reader in deliver::readers(app) {
            deliver::last(app, &reader).await;
        }
    };
    if tokio::time::timeout(LAST_TIMEOUT, all).await.is_err() {
        tracing::warn!("not everything of the audit log was delivered before the stop");
    }
}

/// The chain this server appends to.
async fn own_chain(app: &App) -> Result<AuditChainId, StoreError> {
    let site = app.store.read().site().find().await?;
    site.map(|site| site.node_chain)
        .ok_or(StoreError::Internal { detail: "the site is not initialised".to_owned() })
}

/// Where a chain ends.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct HeadView {
    /// The chain.
    #[schema(value_type = String)]
    pub chain: AuditChainId,
    /// The number of its last line.
    pub seq: u64,
    /// The hash of its last line, in hexadecimal digits.
    #[schema(value_type = String)]
    pub hash: LineHash,
}

impl From<&AuditChain> for HeadView {
    fn from(chain: &AuditChain) -> Self {
        Self { chain: chain.id, seq: chain.head_seq, hash: LineHash(chain.head_hash.0) }
    }
}
