//! `GET /audit`: the audit log, newest first.

use axum::extract::State;
use sekisho_model::Timestamp;
use sekisho_model::audit::{AuditLine, LineHash};
use sekisho_model::event::Event;
use sekisho_model::id::AuditChainId;
use sekisho_policy::{Facts, action};
use sekisho_store::{Access as _, AuditFilter};
use serde::{Deserialize, Serialize};

use crate::app::{App, SharedApp};
use crate::http::{Authenticated, ItemList, Json, List, ListQuery, Problem, Time, from_text};

/// Which lines are wanted.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// Event numbers, separated by commas.
    code: Option<String>,
    /// At this time or later.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Before this time.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// By this actor: an id, `system` or `anonymous`.
    actor: Option<String>,
}

/// A line of the audit log.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct LineView {
    /// The chain it belongs to.
    #[schema(value_type = String)]
    chain: AuditChainId,
    /// Its place in the chain.
    seq: u64,
    /// When it was recorded.
    at: Time,
    /// The number of the event.
    code: u16,
    /// What happened, in English.
    name: String,
    /// Who did it.
    #[schema(value_type = Object)]
    actor: serde_json::Value,
    /// From where, and which request.
    #[schema(value_type = Object)]
    origin: serde_json::Value,
    /// The event's fields.
    #[schema(value_type = Object)]
    event: serde_json::Value,
    /// The hash of the line before.
    #[schema(value_type = String)]
    previous: LineHash,
    /// The hash of this line.
    #[schema(value_type = String)]
    hash: LineHash,
}

impl From<AuditLine> for LineView {
    fn from(line: AuditLine) -> Self {
        let event: Option<Event> = serde_json::from_str(&line.event).ok();
        let name = event.map_or_else(String::new, |event| event.info().en.to_owned());
        // A line that somebody damaged is shown as the text it is.
        let parsed =
            |text: String| serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text));
        Self {
            chain: line.chain,
            seq: line.seq,
            at: line.at.into(),
            code: line.code,
            name,
            actor: parsed(line.actor),
            origin: parsed(line.origin),
            event: parsed(line.event),
            previous: line.previous,
            hash: line.hash,
        }
    }
}

/// Lists the audit log, newest first. `q` searches in the events' fields.
///
/// Reading is itself recorded: once for each filter, also when its pages are
/// turned or loaded again within five minutes.
#[utoipa::path(
    get, path = "/audit", tag = "audit", params(ListQuery, AuditQuery),
    responses(
        (status = 200, description = "One page of lines", body = ItemList<LineView>),
        (status = 403, description = "Only administrators and auditors read the audit log"),
    ),
)]
pub(super) async fn list_audit(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<AuditQuery>,
) -> Result<Json<ItemList<LineView>>, Problem> {
    caller.decide(action::ViewAudit, Facts::nothing())?.into_row();
    let filter = filter(&list)?;
    let shown = describe(&filter);
    // First on record, then read: whoever cannot be recorded reads nothing.
    record_view(&app, &caller, shown).await?;
    let lines = app.store.read().audit().list(&filter, &list.page).await?;
    Ok(Json(ItemList::of(lines, LineView::from)))
}

fn filter(list: &List<AuditQuery>) -> Result<AuditFilter, Problem> {
    let AuditQuery { code, from, to, actor } = &list.filter;
    let mut codes = Vec::new();
    for text in code.iter().flat_map(|codes| codes.split(',')) {
        codes.push(text.trim().parse().map_err(|_| {
            let found: String = text.chars().take(20).collect();
            Problem::invalid("code", format!("'code' has '{found}'; give event numbers like 210"))
        })?);
    }
    if codes.len() > 100 {
        return Err(Problem::invalid("code", "'code' has more than 100 numbers; give fewer"));
    }
    let event = list.q.clone();
    Ok(AuditFilter { codes, from: *from, to: *to, actor: actor.clone(), event })
}

fn describe(filter: &AuditFilter) -> String {
    let AuditFilter { codes, from, to, actor, event } = filter;
    let mut parts = Vec::new();
    if !codes.is_empty() {
        let codes: Vec<String> = codes.iter().map(u16::to_string).collect();
        parts.push(format!("code={}", codes.join(",")));
    }
    parts.extend(from.map(|from| format!("from={from}")));
    parts.extend(to.map(|to| format!("to={to}")));
    parts.extend(actor.as_ref().map(|actor| format!("actor={actor}")));
    parts.extend(event.as_ref().map(|event| format!("q={event}")));
    parts.join(" ").chars().take(500).collect()
}

/// Reading the audit log is on record.
pub(super) async fn record_view(
    app: &App,
    caller: &Authenticated,
    filter: String,
) -> Result<(), Problem> {
    let what = format!("view {filter}");
    record_reading(app, caller, &what, || Event::AuditViewed { filter }).await
}

/// Records a reading, unless the same one of the same person is on record
/// since a few minutes.
pub(super) async fn record_reading(
    app: &App,
    caller: &Authenticated,
    what: &str,
    event: impl FnOnce() -> Event,
) -> Result<(), Problem> {
    let user = caller.user.id;
    if !app.audit.is_new_reading(user, what, caller.now) {
        return Ok(());
    }
    let recorded = async {
        let mut work = app.store.begin(&caller.context()).await?;
        work.record(event());
        work.commit().await.map(drop)
    };
    recorded.await.map_err(|error| {
        app.audit.forget_reading(user, what);
        error.into()
    })
}
