//! `GET /audit/lines`: the raw lines of a chain, for whoever verifies it
//! themselves.

use axum::extract::State;
use sekisho_model::audit::AuditLine;
use sekisho_model::id::AuditChainId;
use sekisho_policy::{Facts, action};
use sekisho_store::Access as _;
use serde::{Deserialize, Serialize};

use super::HeadView;
use super::list::record_view;
use crate::app::SharedApp;
use crate::http::{Authenticated, Json, Problem, Query, from_text};

const DEFAULT_LIMIT: u64 = 200;
const MAX_LIMIT: u64 = 1000;

/// Which lines are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LinesQuery {
    /// The chain; this server's own if not given.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    chain: Option<AuditChainId>,
    /// Lines after this number; 0 if not given.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<u64>)]
    after_seq: Option<u64>,
    /// At most so many: 1 to 1000, 200 if not given.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<u64>)]
    limit: Option<u64>,
}

/// Raw lines, oldest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Lines {
    /// The lines exactly as they are stored; `at` in milliseconds since 1970.
    #[schema(value_type = Vec<Object>)]
    lines: Vec<AuditLine>,
    /// Where the chain ended when the lines were read.
    head: HeadView,
}

/// Gives raw lines of one chain, oldest first, with the chain's head.
#[utoipa::path(
    get, path = "/audit/lines", tag = "audit", params(LinesQuery),
    responses(
        (status = 200, description = "Lines and head", body = Lines),
        (status = 403, description = "Only administrators and auditors read the audit log"),
        (status = 404, description = "No such chain"),
    ),
)]
pub(super) async fn list_audit_lines(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Query(query): Query<LinesQuery>,
) -> Result<Json<Lines>, Problem> {
    caller.decide(action::ViewAudit, Facts::nothing())?.into_row();
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        let detail = format!("'limit' is {limit}; give 1 to {MAX_LIMIT}");
        return Err(Problem::invalid("limit", detail));
    }
    let after = query.after_seq.unwrap_or(0);
    record_view(&app, &caller, "lines".to_owned()).await?;
    let reader = app.store.read();
    let chain = match query.chain {
        Some(chain) => chain,
        None => super::own_chain(&app).await?,
    };
    let chain = reader.audit().chain(chain).await?.ok_or(Problem::NotFound { what: "chain" })?;
    let mut lines = reader.audit().after(chain.id, after, limit).await?;
    // What came after the head was read belongs to the next call.
    lines.retain(|line| line.seq <= chain.head_seq);
    Ok(Json(Lines { lines, head: HeadView::from(&chain) }))
}
