//! `/reports`: the catalogue, one report, and the whole of it as a file.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use sekisho_model::report::ReportName;
use sekisho_policy::Facts;
use sekisho_policy::action::ListReports;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa_axum::routes;

use super::catalogue::{self, Entry, Holds};
use super::{Viewer, Wanted, reads_audit};
use crate::app::SharedApp;
use crate::audit;
use crate::http::{
    Authenticated, CsvList, CsvQuery, ItemList, Json, List, ListQuery, PathText, Problem, Routes,
    Time, csv,
};

pub(super) fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(list_reports))
        .signed_in(routes!(run_report))
        .signed_in(routes!(export_report))
}

/// A report that the caller may run.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ReportView {
    /// Its word, which never changes.
    #[schema(value_type = String)]
    report: ReportName,
    /// Its title, in English.
    title: String,
    /// Its columns.
    columns: Vec<ColumnView>,
    /// What can be asked of it.
    parameters: Vec<ParameterView>,
}

/// A column of a report.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ColumnView {
    /// Its name, which never changes.
    name: String,
    /// What it holds: `text`, `time`, `word`, `flag`, `number`.
    holds: Holds,
}

/// Something that can be asked of a report.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ParameterView {
    /// Its name.
    name: String,
    /// What can be given: `flag`, `days`, `time`, `user`, `word`.
    takes: String,
    /// The words that can be given, if they are few.
    words: Vec<String>,
    /// What it does, in English.
    about: String,
}

/// A page of a report.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ReportPage {
    /// The report.
    #[schema(value_type = String)]
    report: ReportName,
    /// When it was made.
    as_of: Time,
    /// The rows: a value for each column, by its name. A page may be shorter
    /// than asked for, even empty, and still have a next one.
    #[schema(value_type = Vec<Object>)]
    items: Vec<Map<String, Value>>,
    /// Give it as `after` for the next page; `null` when this is the last.
    next: Option<String>,
    /// With `count=true`: how many rows all pages have, up to 10,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    /// With `count=true`: whether there are more than `count` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    count_capped: Option<bool>,
}

/// The parameters of a report besides those of every list, for their
/// description: each report takes the ones that the catalogue names.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReportQuery {
    /// Agents in this state: `pending`, `approved`, `blocked`.
    pub state: Option<String>,
    /// Agents heard of lately, or silent ones.
    pub active: Option<bool>,
    /// Also what will soon be late.
    pub soon: Option<bool>,
    /// Only what this person did, or may do: the name they sign in with.
    pub user: Option<String>,
    /// Only access that comes this way: `owner`, `sees_everything`, `share`.
    pub ground: Option<String>,
    /// Of so many days until now.
    pub days: Option<u32>,
    /// Instead of days: from this time on.
    pub from: Option<String>,
    /// Before this time.
    pub to: Option<String>,
}

/// List the reports that one may run.
#[utoipa::path(
    get, path = "/reports", tag = "reports",
    responses((status = 200, description = "The reports", body = ItemList<ReportView>)),
)]
async fn list_reports(caller: Authenticated) -> Result<Json<ItemList<ReportView>>, Problem> {
    caller.decide(ListReports, Facts::nothing())?.into_row();
    let viewer = Viewer::of(&caller);
    let items = ReportName::ALL.iter().filter(|report| viewer.may_run(**report)).map(|report| {
        let Entry { title, columns, kinds, parameters } = catalogue::of(*report);
        ReportView {
            report: *report,
            title: title.to_owned(),
            columns: columns
                .iter()
                .zip(kinds)
                .map(|((name, _), holds)| ColumnView { name: (*name).to_owned(), holds: *holds })
                .collect(),
            parameters: parameters
                .iter()
                .map(|one| ParameterView {
                    name: one.name.to_owned(),
                    takes: one.takes.as_str().to_owned(),
                    words: one.takes.words().iter().map(|word| (*word).to_owned()).collect(),
                    about: one.about.to_owned(),
                })
                .collect(),
        }
    });
    Ok(Json(ItemList::complete(items.collect())))
}

/// Run a report. One that is made of the audit log is on record as a reading of
/// it.
#[utoipa::path(
    get, path = "/reports/{report}/rows", tag = "reports", params(
        ("report" = String, Path, description = "Its word, e.g. `installed-agents`"),
        ListQuery, ReportQuery,
    ),
    responses(
        (status = 200, description = "A page of rows", body = ReportPage),
        (status = 404, description = "No such report, or you may not run it"),
    ),
)]
async fn run_report(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathText(report): PathText,
    list: List<BTreeMap<String, String>>,
) -> Result<Json<ReportPage>, Problem> {
    caller.decide(ListReports, Facts::nothing())?.into_row();
    let viewer = Viewer::of(&caller);
    list.no_search()?;
    let wanted = Wanted::new(&viewer, &report, list.filter)?;
    if reads_audit(wanted.report) {
        // First on record, then read: whoever cannot be recorded reads nothing.
        let filter = format!("report={} {}", wanted.report, wanted.asked.shown());
        audit::record_view(&app, &caller, filter.trim_end().to_owned()).await?;
    }
    let (rows, end) = wanted.rows(&app, &viewer, &list.page).await?;
    let columns = wanted.file_columns();
    let flat = |row: Value| {
        let cell = |at: &str| row.pointer(at).cloned().unwrap_or(Value::Null);
        columns.iter().map(|(name, at)| ((*name).to_owned(), cell(at))).collect()
    };
    Ok(Json(ReportPage {
        report: wanted.report,
        as_of: viewer.now.into(),
        items: rows.into_iter().map(flat).collect(),
        next: end.next.map(|next| next.to_string()),
        count: end.count.map(|count| count.count),
        count_capped: end.count.map(|count| count.capped),
    }))
}

/// Write the whole of a report as a file. On record.
#[utoipa::path(
    get, path = "/reports/{report}/rows.csv", tag = "reports", params(
        ("report" = String, Path, description = "Its word, e.g. `installed-agents`"),
        CsvQuery, ReportQuery,
    ),
    responses(
        (status = 200, description = "The file", body = String, content_type = "text/csv"),
        (status = 404, description = "No such report, or you may not run it"),
    ),
)]
async fn export_report(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathText(report): PathText,
    list: CsvList<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    caller.decide(ListReports, Facts::nothing())?.into_row();
    let (list, file) = list.into_parts();
    list.no_search()?;
    let wanted = Wanted::new(&Viewer::of(&caller), &report, list.filter)?;
    csv(app, caller, wanted, file).await
}
