//! `POST /audit/verify`: prove that no line was changed or removed.

use axum::extract::State;
use sekisho_model::audit_chain::ChainVerifier;
use sekisho_model::event::Event;
use sekisho_model::id::AuditChainId;
use sekisho_policy::{Facts, action};
use sekisho_store::Access as _;
use serde::Serialize;

use super::HeadView;
use crate::app::{App, SharedApp};
use crate::http::{Authenticated, Json, Problem};

/// What a verification found.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Verdict {
    /// Whether every chain is as it was written.
    pub intact: bool,
    /// How many lines were checked.
    pub lines: u64,
    /// Where this server's own chain ended.
    pub head: HeadView,
    /// The first thing that is wrong.
    pub problem: Option<String>,
}

/// Verifies every chain of the audit log against its recorded head.
#[utoipa::path(
    post, path = "/audit/verify", tag = "audit",
    responses(
        (status = 200, description = "What was found", body = Verdict),
        (status = 403, description = "Only administrators and auditors verify the audit log"),
    ),
)]
pub(super) async fn verify_audit(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<Verdict>, Problem> {
    caller.decide(action::VerifyAudit, Facts::nothing())?.into_row();
    let verdict = verify(&app).await?;
    let mut work = app.store.begin(&caller.context()).await?;
    work.record(Event::AuditVerified { lines: verdict.lines, intact: verdict.intact });
    work.commit().await.map(drop)?;
    Ok(Json(verdict))
}

/// Verifies every chain, in batches.
///
/// # Errors
/// When the database fails; a broken chain is a verdict.
pub async fn verify(app: &App) -> Result<Verdict, Problem> {
    let own = node_chain(app).await?;
    let audit = app.store.read().audit();
    let own = audit.chain(own).await?.ok_or(Problem::NotFound { what: "chain" })?;
    let mut verdict = Verdict { intact: true, lines: 0, head: HeadView::from(&own), problem: None };
    for chain in audit.chains().await? {
        // The head that is reported is the one that was verified.
        let chain = if chain.id == own.id { &own } else { &chain };
        match audit.verify(chain, ChainVerifier::default()).await? {
            Ok(intact) => verdict.lines += intact.seq,
            Err(broken) => {
                verdict.intact = false;
                verdict.problem.get_or_insert(format!("chain {}: {broken}", chain.id));
            }
        }
    }
    Ok(verdict)
}

/// The chain this server appends to.
pub(super) async fn node_chain(app: &App) -> Result<AuditChainId, Problem> {
    let site = app.store.read().site().find().await?;
    Ok(site.ok_or(Problem::NotFound { what: "site" })?.node_chain)
}
