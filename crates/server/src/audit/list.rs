//! `GET /audit`: the audit log, newest first.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use sekisho_model::Timestamp;
use sekisho_model::audit::{AuditLine, LineHash};
use sekisho_model::event::Event;
use sekisho_model::id::{AccountId, AuditChainId, DeviceId, ResourceId};
use sekisho_policy::{Facts, action};
use sekisho_store::{AUDIT_SORTS, Access as _, AuditFilter, Page, PageEnd};
use serde::{Deserialize, Serialize};

use super::names::IdNames;
use crate::app::{App, SharedApp};
use crate::http::{
    Authenticated, CsvList, CsvQuery, Export, ItemList, Json, List, ListQuery, Problem, SortQuery,
    Sorts, Time, csv, from_text,
};

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
    /// Only events that name this resource.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    resource: Option<ResourceId>,
    /// Only events that name this account.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    account: Option<AccountId>,
    /// Only events that name this device.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    device: Option<DeviceId>,
}

pub(super) struct AuditSorts;

impl Sorts for AuditSorts {
    const WORDS: &'static [&'static str] = AUDIT_SORTS;
}

/// A line of the audit log.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct LineView {
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
    /// What the ids in `actor` and `event` are called now, by id; what is not
    /// there any more is left out. Not part of the line that was hashed.
    names: BTreeMap<String, String>,
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
            names: BTreeMap::new(),
            previous: line.previous,
            hash: line.hash,
        }
    }
}

/// Lists the audit log, newest first, or by `sort`: `at`. `q` searches in the
/// events' fields.
///
/// Reading is itself recorded: once for each filter, also when its pages are
/// turned or loaded again within five minutes.
#[utoipa::path(
    get, path = "/audit", tag = "audit", params(ListQuery, SortQuery, AuditQuery),
    responses(
        (status = 200, description = "One page of lines", body = ItemList<LineView>),
        (status = 403, description = "Only administrators and auditors read the audit log"),
    ),
)]
pub(super) async fn list_audit(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<AuditQuery, AuditSorts>,
) -> Result<Json<ItemList<LineView>>, Problem> {
    caller.decide(action::ViewAudit, Facts::nothing())?.into_row();
    let filter = filter(&list)?;
    let shown = describe(&filter);
    // First on record, then read: whoever cannot be recorded reads nothing.
    record_view(&app, &caller, shown).await?;
    let (items, end) = AuditRows(filter).page(&app, &caller, &list.page).await?;
    Ok(Json(ItemList::new(items, end)))
}

/// Writes the audit log as a file for spreadsheets: everything of the list. On
/// record. A copy that can be verified is made by `GET /audit/export`.
#[utoipa::path(
    get, path = "/audit.csv", tag = "audit", params(CsvQuery, SortQuery, AuditQuery),
    responses(
        (status = 200, description = "The file", body = String, content_type = "text/csv"),
        (status = 403, description = "Only administrators and auditors export the audit log"),
    ),
)]
pub(super) async fn export_audit_csv(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: CsvList<AuditQuery, AuditSorts>,
) -> Result<Response, Problem> {
    caller.decide(action::ExportAudit, Facts::nothing())?.into_row();
    let (list, file) = list.into_parts();
    let rows = AuditRows(filter(&list)?);
    csv(app, caller, rows, file).await
}

/// The lines of a filter.
struct AuditRows(AuditFilter);

impl Export for AuditRows {
    type Row = LineView;

    const NAME: &'static str = "audit";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("at", "/at"),
        ("code", "/code"),
        ("name", "/name"),
        ("actor_kind", "/actor/kind"),
        ("actor_id", "/actor/id"),
        ("address", "/origin/address"),
        ("request", "/origin/request"),
        ("event", "/event"),
        ("names", "/names"),
        ("chain", "/chain"),
        ("seq", "/seq"),
        ("hash", "/hash"),
    ];

    async fn page(
        &self,
        app: &App,
        _: &Authenticated,
        page: &Page,
    ) -> Result<(Vec<LineView>, PageEnd), Problem> {
        lines(app, &self.0, page).await
    }
}

/// A page of lines with their names.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn lines(
    app: &App,
    filter: &AuditFilter,
    page: &Page,
) -> Result<(Vec<LineView>, PageEnd), Problem> {
    let found = app.store.read().audit().list(filter, page).await?;
    let (lines, end) = found.into_parts();
    let mut items: Vec<LineView> = lines.into_iter().map(LineView::from).collect();
    let mut names = IdNames::new(app.store.read());
    for line in &mut items {
        line.names = names.of(&line.actor, &line.event).await?;
    }
    Ok((items, end))
}

fn filter(list: &List<AuditQuery, AuditSorts>) -> Result<AuditFilter, Problem> {
    let AuditQuery { code, from, to, actor, resource, account, device } = &list.filter;
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
    let about = [
        ("resource", resource.map(|id| id.to_string())),
        ("account", account.map(|id| id.to_string())),
        ("device", device.map(|id| id.to_string())),
    ];
    let about = about.into_iter().filter_map(|(field, id)| Some((field, id?))).collect();
    Ok(AuditFilter { codes, from: *from, to: *to, actor: actor.clone(), event, about })
}

fn describe(filter: &AuditFilter) -> String {
    let AuditFilter { codes, from, to, actor, event, about } = filter;
    let mut parts = Vec::new();
    if !codes.is_empty() {
        let codes: Vec<String> = codes.iter().map(u16::to_string).collect();
        parts.push(format!("code={}", codes.join(",")));
    }
    parts.extend(from.map(|from| format!("from={from}")));
    parts.extend(to.map(|to| format!("to={to}")));
    parts.extend(actor.as_ref().map(|actor| format!("actor={actor}")));
    parts.extend(event.as_ref().map(|event| format!("q={event}")));
    parts.extend(about.iter().map(|(field, id)| format!("{field}={id}")));
    parts.join(" ").chars().take(500).collect()
}

/// Reading the audit log is on record.
pub(crate) async fn record_view(
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
