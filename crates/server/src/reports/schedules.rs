//! `/report-schedules`: the reports that somebody has sent to themselves.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use sekisho_model::event::Event;
use sekisho_model::id::{ReportSchedule as ScheduleKind, ReportScheduleId};
use sekisho_model::name::Label;
use sekisho_model::report::{Every, RunResult};
use sekisho_policy::action::{EditSchedule, ListSchedules, ScheduleReport, ViewSchedule};
use sekisho_policy::{ActionType, Facts};
use sekisho_store::{Access as _, ReportSchedule, SCHEDULE_SORTS};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::schedule::{Invalid, Rhythm, at_of, minute_of};
use super::{Viewer, Wanted, mailing};
use crate::app::{App, SharedApp};
use crate::http::{
    Authenticated, IfMatch, ItemList, Json, List, ListQuery, NoFilter, PathId, Problem, Routes,
    SortQuery, Sorts, Tagged, Time,
};
use crate::mail::OutboxFull;
use crate::resources::refs::given;

/// A user has at most so many schedules.
const MAX_OWN: u64 = 50;

const MISSING: Problem = Problem::NotFound { what: "report schedule" };

pub(super) fn add(routes: Routes) -> Routes {
    routes
        .signed_in(routes!(list_report_schedules, create_report_schedule))
        .signed_in(routes!(show_report_schedule, change_report_schedule, delete_report_schedule))
        .signed_in(routes!(send_report_now))
}

/// A report that the caller has sent to themselves.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ScheduleView {
    /// Its id.
    #[schema(value_type = String)]
    id: ReportScheduleId,
    /// What its owner calls it.
    name: String,
    /// The word of the report.
    report: String,
    /// What is asked of the report.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    parameters: BTreeMap<String, String>,
    /// `day`, `week`, `month`.
    #[schema(value_type = String)]
    every: Every,
    /// Of a week: 1 (Monday) to 7 (Sunday); of a month: 1 to 31.
    day: Option<u32>,
    /// The time of day: `09:30`.
    at: String,
    /// In which time zone (IANA): `Asia/Tokyo`.
    zone: String,
    /// Whether it runs.
    active: bool,
    /// When it runs next; `null`: it does not.
    next_run_at: Option<Time>,
    /// When it last ran.
    last_run_at: Option<Time>,
    /// What came of that: `queued`, `denied`, `no_address`, `no_mail`,
    /// `failed`.
    #[schema(value_type = Option<String>)]
    last_result: Option<RunResult>,
    /// Counts changes; the ETag.
    version: i64,
}

/// A report that is to be sent to the caller.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSchedule {
    /// What it is called; in the mail's subject.
    #[schema(value_type = String, max_length = 100)]
    name: Label,
    /// The word of the report: `installed-agents`.
    report: String,
    /// What is asked of the report, by the names of its parameters.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    parameters: BTreeMap<String, String>,
    /// `day`, `week`, `month`.
    #[schema(value_type = String)]
    every: Every,
    /// Of a week: 1 (Monday) to 7 (Sunday); of a month: 1 to 31, or its last day
    /// if it has no such day.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 31)]
    day: Option<u32>,
    /// The time of day: `09:30`.
    at: String,
    /// In which time zone (IANA): `Asia/Tokyo`.
    zone: String,
}

/// What changes; what is left out stays.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScheduleChange {
    /// What it is called.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    name: Option<Label>,
    /// What is asked of the report.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    parameters: Option<BTreeMap<String, String>>,
    /// `day`, `week`, `month`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    every: Option<Every>,
    /// Of a week: 1 to 7; of a month: 1 to 31; `null`: each day.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>)]
    day: Option<Option<u32>>,
    /// The time of day.
    #[serde(default)]
    at: Option<String>,
    /// The time zone.
    #[serde(default)]
    zone: Option<String>,
    /// Whether it runs.
    #[serde(default)]
    active: Option<bool>,
}

/// What came of sending a report at once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SentNow {
    /// `queued`: it is on its way; else why not: `denied`, `no_address`,
    /// `no_mail`, `failed`.
    #[schema(value_type = String)]
    result: RunResult,
}

struct ScheduleSorts;

impl Sorts for ScheduleSorts {
    const WORDS: &'static [&'static str] = SCHEDULE_SORTS;
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        Self::invalid(invalid.field, invalid.detail)
    }
}

impl From<OutboxFull> for Problem {
    fn from(error: OutboxFull) -> Self {
        match error {
            OutboxFull::Full => Self::Unavailable { reason: error.to_string() },
            OutboxFull::Store(error) => error.into(),
        }
    }
}

fn shown(schedule: ReportSchedule) -> ScheduleView {
    ScheduleView {
        id: schedule.id,
        name: schedule.name.to_string(),
        report: schedule.report,
        parameters: schedule.parameters,
        every: schedule.every,
        day: schedule.day,
        at: at_of(schedule.minute),
        zone: schedule.zone,
        active: schedule.active,
        next_run_at: schedule.active.then(|| schedule.next_run_at.into()),
        last_run_at: schedule.last_run_at.map(Time),
        last_result: schedule.last_result,
        version: schedule.version,
    }
}

fn tagged(schedule: ReportSchedule) -> Tagged<ScheduleView> {
    Tagged { version: schedule.version, body: shown(schedule) }
}

/// List the reports that one has sent to oneself, newest first, or by `sort`:
/// `created_at`, `next_run_at`.
#[utoipa::path(
    get, path = "/report-schedules", tag = "reports", params(ListQuery, SortQuery),
    responses((status = 200, description = "A page of schedules", body = ItemList<ScheduleView>)),
)]
async fn list_report_schedules(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<NoFilter, ScheduleSorts>,
) -> Result<Json<ItemList<ScheduleView>>, Problem> {
    caller.decide(ListSchedules, Facts::nothing())?.into_row();
    list.no_search()?;
    let schedules = app.store.read().report_schedules();
    let found = schedules.list(caller.user.id, &list.page).await?;
    Ok(Json(ItemList::of(found, shown)))
}

/// Have a report sent to oneself by mail, each day, week or month. It always
/// shows what its owner may see at that moment.
#[utoipa::path(
    post, path = "/report-schedules", tag = "reports", request_body = NewSchedule,
    responses(
        (status = 201, description = "The schedule", body = ScheduleView),
        (status = 404, description = "No such report, or you may not run it"),
        (status = 409, description = "You have no mail address, this server sends no mail, or you \
                                      have 50 schedules"),
    ),
)]
async fn create_report_schedule(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(new): Json<NewSchedule>,
) -> Result<Response, Problem> {
    caller.decide(ScheduleReport, Facts::nothing())?.into_row();
    let wanted = Wanted::new(&Viewer::of(&caller), &new.report, new.parameters)?;
    let minute = minute_of(&new.at)?;
    let rhythm = Rhythm::new(new.every, new.day, minute, &new.zone)?;
    can_mail(&app, &caller).await?;
    let schedule = ReportSchedule {
        id: ReportScheduleId::at(caller.now, app.rng.as_ref()),
        owner: caller.user.id,
        report: wanted.report.to_string(),
        name: new.name,
        parameters: wanted.asked.into_map(),
        every: new.every,
        day: new.day,
        minute,
        zone: rhythm.zone(),
        active: true,
        next_run_at: next_of(&rhythm, &caller)?,
        last_run_at: None,
        last_result: None,
        created_at: caller.now,
        version: 1,
    };
    let mut work = app.store.begin(&caller.context()).await?;
    // The user's row is the lock under which their schedules are counted.
    work.users().lock(caller.user.id).await?.ok_or(Problem::Stale)?;
    if work.report_schedules().count(caller.user.id).await? >= MAX_OWN {
        return Err(Problem::conflict(format!("you have {MAX_OWN} schedules; delete one first")));
    }
    work.report_schedules().insert(schedule.clone()).await?;
    let (report, every) = (schedule.report.clone(), schedule.every);
    let (id, user) = (schedule.id, schedule.owner);
    work.record(Event::ReportScheduleCreated { schedule: id, user, report, every });
    work.commit().await.map(drop)?;
    Ok((StatusCode::CREATED, tagged(schedule)).into_response())
}

/// Without an address nothing could be sent.
async fn can_mail(app: &App, caller: &Authenticated) -> Result<(), Problem> {
    if app.config.mail.is_none() {
        return Err(Problem::conflict(
            "this server sends no mail; its operator can set 'mail.server'",
        ));
    }
    let mail = app.store.read().user_mail().find(caller.user.id).await?;
    if mail.and_then(|mail| mail.address).is_none() {
        return Err(Problem::conflict("you have no mail address; set one first, then try again"));
    }
    Ok(())
}

fn next_of(rhythm: &Rhythm, caller: &Authenticated) -> Result<sekisho_model::Timestamp, Problem> {
    let next = rhythm.next_after(caller.now);
    next.ok_or_else(|| Problem::internal(anyhow::anyhow!("a schedule has no next time")))
}

async fn decide<A: ActionType>(
    app: &App,
    caller: &Authenticated,
    action: A,
    id: ReportScheduleId,
) -> Result<ReportSchedule, Problem> {
    let found = app.store.read().report_schedules().find(id).await?.ok_or(MISSING)?;
    Ok(caller.decide(action, Facts::owned_by(found.owner, found))?.into_row())
}

/// See one's schedule of a report.
#[utoipa::path(
    get, path = "/report-schedules/{id}", tag = "reports",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The schedule", body = ScheduleView),
        (status = 404, description = "No such schedule, or it is not yours"),
    ),
)]
async fn show_report_schedule(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ScheduleKind>,
) -> Result<Tagged<ScheduleView>, Problem> {
    Ok(tagged(decide(&app, &caller, ViewSchedule, id).await?))
}

/// Change one's schedule of a report, stop it, or let it go on.
#[utoipa::path(
    patch, path = "/report-schedules/{id}", tag = "reports", request_body = ScheduleChange,
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag that was read"),
    ),
    responses(
        (status = 200, description = "The schedule", body = ScheduleView),
        (status = 404, description = "No such schedule, or it is not yours"),
        (status = 412, description = "It has changed since it was read"),
    ),
)]
async fn change_report_schedule(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ScheduleKind>,
    if_match: IfMatch,
    Json(change): Json<ScheduleChange>,
) -> Result<Tagged<ScheduleView>, Problem> {
    let before = decide(&app, &caller, EditSchedule, id).await?;
    if_match.check(before.version)?;
    let mut next = before.clone();
    if let Some(parameters) = change.parameters {
        let wanted = Wanted::new(&Viewer::of(&caller), &before.report, parameters)?;
        next.parameters = wanted.asked.into_map();
    }
    next.name = change.name.unwrap_or(next.name);
    next.every = change.every.unwrap_or(next.every);
    next.day = change.day.unwrap_or(next.day);
    next.active = change.active.unwrap_or(next.active);
    if let Some(at) = change.at {
        next.minute = minute_of(&at)?;
    }
    let zone = change.zone.unwrap_or_else(|| next.zone.clone());
    let rhythm = Rhythm::new(next.every, next.day, next.minute, &zone)?;
    next.zone = rhythm.zone();
    next.next_run_at = next_of(&rhythm, &caller)?;
    let fields = changed(&before, &next);
    if fields.is_empty() {
        return Ok(tagged(before));
    }
    let mut work = app.store.begin(&caller.context()).await?;
    let next = work.report_schedules().update(next, before.version).await?;
    work.record(Event::ReportScheduleChanged { schedule: id, user: next.owner, fields });
    work.commit().await.map(drop)?;
    Ok(tagged(next))
}

fn changed(before: &ReportSchedule, next: &ReportSchedule) -> Vec<String> {
    let fields = [
        ("name", before.name != next.name),
        ("parameters", before.parameters != next.parameters),
        ("every", before.every != next.every),
        ("day", before.day != next.day),
        ("at", before.minute != next.minute),
        ("zone", before.zone != next.zone),
        ("active", before.active != next.active),
    ];
    let changed = fields.into_iter().filter(|(_, changed)| *changed);
    changed.map(|(name, _)| name.to_owned()).collect()
}

/// Delete one's schedule of a report. What is in the outbox is sent.
#[utoipa::path(
    delete, path = "/report-schedules/{id}", tag = "reports",
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag that was read"),
    ),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "No such schedule, or it is not yours"),
        (status = 412, description = "It has changed since it was read"),
    ),
)]
async fn delete_report_schedule(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ScheduleKind>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    let found = decide(&app, &caller, EditSchedule, id).await?;
    if_match.check(found.version)?;
    let mut work = app.store.begin(&caller.context()).await?;
    let (user, report) = (found.owner, found.report);
    if work.report_schedules().delete(id).await? {
        work.record(Event::ReportScheduleDeleted { schedule: id, user, report });
        work.commit().await.map(drop)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Send a scheduled report now, besides its time.
#[utoipa::path(
    post, path = "/report-schedules/{id}/send", tag = "reports",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 202, description = "What came of it", body = SentNow),
        (status = 404, description = "No such schedule, or it is not yours"),
    ),
)]
async fn send_report_now(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ScheduleKind>,
) -> Result<(StatusCode, Json<SentNow>), Problem> {
    let found = decide(&app, &caller, EditSchedule, id).await?;
    let result = mailing::run_one(&app, &found, false).await?;
    Ok((StatusCode::ACCEPTED, Json(SentNow { result })))
}
