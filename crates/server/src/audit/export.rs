//! `GET /audit/export`, `/audit/heads`, `/audit/keys`: the log for others.

use axum::extract::State;
use sekisho_model::Timestamp;
use sekisho_model::event::Event;
use sekisho_model::id::AuditChainId;
use sekisho_policy::{Facts, action};
use sekisho_seal::audit_head::{AuditKey, SignedHead};
use sekisho_store::{Access as _, SiteKeyKind};
use serde::{Deserialize, Serialize};

use super::{Format, HeadView, own_chain, signed_head};
use crate::app::{App, SharedApp};
use crate::http::{Authenticated, Json, Problem, Query, Time, from_text};

const DEFAULT_LIMIT: u64 = 500;
const MAX_LIMIT: u64 = 1000;

/// Which lines are wanted, and how they are written.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportQuery {
    /// `jsonl` (can be verified), `rfc5424` or `cef`.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    format: Option<Format>,
    /// Recorded at this time or later.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Recorded before this time.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// The chain; this server's own if not given.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    chain: Option<AuditChainId>,
    /// Lines after this number; the `next` of the page before.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<u64>)]
    after_seq: Option<u64>,
    /// At most so many lines are looked at: 1 to 1000, 500 if not given.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<u64>)]
    limit: Option<u64>,
}

/// Lines, oldest first. A page may be empty and still have a next one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Exported {
    /// Each line as it goes into a file.
    lines: Vec<String>,
    /// Where the next page begins, if there may be more.
    next: Option<u64>,
    /// Where the chain ended when the page was made.
    head: HeadView,
}

/// Gives lines of the audit log in the format of another system.
///
/// An export is itself recorded.
#[utoipa::path(
    get, path = "/audit/export", tag = "audit", params(ExportQuery),
    responses(
        (status = 200, description = "A page of lines", body = Exported),
        (status = 403, description = "Only administrators and auditors export the audit log"),
        (status = 404, description = "No such chain"),
    ),
)]
pub(super) async fn export_audit(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Query(query): Query<ExportQuery>,
) -> Result<Json<Exported>, Problem> {
    caller.decide(action::ExportAudit, Facts::nothing())?.into_row();
    let limit = limit(query.limit)?;
    let format = query.format.unwrap_or(Format::Jsonl);
    record_export(&app, &caller, format, &query).await?;
    let chain = find_chain(&app, query.chain).await?;
    let after = query.after_seq.unwrap_or(0);
    let mut lines = app.store.read().audit().after(chain.id, after, limit).await?;
    lines.retain(|line| line.seq <= chain.head_seq);
    let next = lines.last().map(|line| line.seq).filter(|last| *last < chain.head_seq);
    let host = app.config.public_name.to_string();
    let wanted = lines.iter().filter(|line| {
        query.from.is_none_or(|from| line.at >= from) && query.to.is_none_or(|to| line.at < to)
    });
    let lines = wanted.map(|line| format.write(&host, line)).collect();
    Ok(Json(Exported { lines, next, head: HeadView::from(&chain) }))
}

fn limit(limit: Option<u64>) -> Result<u64, Problem> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::invalid("limit", format!("'limit' is {limit}; give 1 to {MAX_LIMIT}")))
}

async fn find_chain(
    app: &App,
    chain: Option<AuditChainId>,
) -> Result<sekisho_store::AuditChain, Problem> {
    let chain = match chain {
        Some(chain) => chain,
        None => own_chain(app).await?,
    };
    app.store.read().audit().chain(chain).await?.ok_or(Problem::NotFound { what: "chain" })
}

/// The pages of one export are one event.
async fn record_export(
    app: &App,
    caller: &Authenticated,
    format: Format,
    query: &ExportQuery,
) -> Result<(), Problem> {
    let mut parts = Vec::new();
    parts.extend(query.chain.map(|chain| format!("chain={chain}")));
    parts.extend(query.from.map(|from| format!("from={from}")));
    parts.extend(query.to.map(|to| format!("to={to}")));
    let filter = parts.join(" ");
    let what = format!("export {} {filter}", format.as_str());
    super::list::record_reading(app, caller, &what, || Event::AuditExported {
        format: format.as_str().to_owned(),
        filter,
    })
    .await
}

/// Which heads are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct HeadsQuery {
    /// The chain; this server's own if not given.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    chain: Option<AuditChainId>,
    /// Heads after this line; the `next` of the page before.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<u64>)]
    after_seq: Option<u64>,
    /// At most so many: 1 to 1000, 500 if not given.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<u64>)]
    limit: Option<u64>,
}

/// Signed heads, oldest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Heads {
    /// The heads; each is a line of a witness file.
    #[schema(value_type = Vec<Object>)]
    pub(super) heads: Vec<SignedHead>,
    /// Where the next page begins, if there may be more.
    pub(super) next: Option<u64>,
}

/// Lists the signed heads of a chain. They hold nothing of what was recorded.
#[utoipa::path(
    get, path = "/audit/heads", tag = "audit", params(HeadsQuery),
    responses(
        (status = 200, description = "A page of heads", body = Heads),
        (status = 403, description = "Only administrators and auditors see them"),
        (status = 404, description = "No such chain"),
    ),
)]
pub(super) async fn list_audit_heads(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Query(query): Query<HeadsQuery>,
) -> Result<Json<Heads>, Problem> {
    caller.decide(action::ViewAudit, Facts::nothing())?.into_row();
    let limit = limit(query.limit)?;
    let chain = find_chain(&app, query.chain).await?;
    let after = query.after_seq.unwrap_or(0);
    let rows = app.store.read().audit_heads().after(chain.id, after, limit).await?;
    let next = rows.last().map(|row| row.seq).filter(|_| rows.len() as u64 == limit);
    let heads = rows.iter().filter_map(|row| signed_head(app.keys.site(), row)).collect();
    Ok(Json(Heads { heads, next }))
}

/// A key that signs, or signed, heads.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct KeyView {
    /// Its public half, as people carry it.
    public: String,
    /// Its public half, PEM, for other tools.
    pem: String,
    /// Since when it signs.
    created_at: Time,
    /// Until when it signed.
    retired_at: Option<Time>,
}

/// The keys of the audit log.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Keys {
    /// The site whose log it is.
    #[schema(value_type = String)]
    site: sekisho_model::id::SiteId,
    /// The keys, newest first.
    items: Vec<KeyView>,
}

/// Shows the keys with which signed heads are checked. Keep a copy outside of
/// this server.
#[utoipa::path(
    get, path = "/audit/keys", tag = "audit",
    responses(
        (status = 200, description = "The keys", body = Keys),
        (status = 403, description = "Only administrators and auditors see them"),
    ),
)]
pub(super) async fn list_audit_keys(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<Keys>, Problem> {
    caller.decide(action::ViewAudit, Facts::nothing())?.into_row();
    let keys = app.store.read().site_keys().list().await?;
    let items = keys.into_iter().filter(|key| key.kind == SiteKeyKind::Audit).filter_map(|key| {
        let public = AuditKey(key.public.0.try_into().ok()?);
        Some(KeyView {
            public: public.to_string(),
            pem: public.to_pem(),
            created_at: key.created_at.into(),
            retired_at: key.retired_at.map(Time::from),
        })
    });
    Ok(Json(Keys { site: app.keys.site(), items: items.collect() }))
}
