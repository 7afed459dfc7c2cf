//! Scheduled reports: made in the sight that their owner has at that moment,
//! and put into the outbox as an attached file.
//!
//! The mail, its event and the next time are one transaction: a crash before it
//! makes the report again, after it nothing is lost, and no node does it twice.

use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::event::{Actor, Event, Origin};
use sekisho_model::id::{MailId, RequestId};
use sekisho_model::mail::MailKind;
use sekisho_model::report::RunResult;
use sekisho_model::user::UserState;
use sekisho_store::{Access as _, MAX_PAGE, OperationContext, Page, ReportSchedule};

use super::schedule::Rhythm;
use super::{Viewer, Wanted, catalogue};
use crate::app::{App, SharedApp};
use crate::http::{Problem, file_name, write_head, write_rows};
use crate::mail::{self, Draft, OutboxFull, text};
use crate::roles::RoleTable;
use crate::shutdown::Shutdown;

/// So often somebody looks what is due.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// So many schedules run in one round.
const BATCH: u64 = 20;

/// A report that could not be made is made again after so long.
const AGAIN_AFTER: Duration = Duration::from_secs(15 * 60);

/// The largest attached file, in bytes; mail servers take about twice that.
const MAX_FILE_BYTES: usize = 5 * 1024 * 1024;

/// Runs what is due until the stop begins.
pub async fn run(app: SharedApp, shutdown: Shutdown) {
    while shutdown.sleep(LOOK_EVERY).await {
        if let Err(error) = round(&app).await {
            tracing::warn!(%error, "scheduled reports will be made in the next round");
        }
    }
}

/// Runs what is due. Returns how many reports were put into the outbox.
///
/// # Errors
/// When the database does not answer, or the outbox has no room.
pub async fn round(app: &App) -> Result<u64, OutboxFull> {
    let now = app.clock.now();
    let due = app.store.read().report_schedules().due(now, BATCH).await?;
    let mut mailed = 0;
    for schedule in due {
        let result = run_one(app, &schedule, true).await?;
        mailed += u64::from(result == RunResult::Queued);
    }
    Ok(mailed)
}

/// What became of a report that was to be made.
enum Made {
    /// It can be sent.
    Mail(Box<Finished>),
    /// It cannot.
    Not(RunResult),
}

/// A report as a mail.
struct Finished {
    draft: Draft,
    rows: u64,
    filter: String,
}

/// Makes one report and puts it into the outbox. With `keeps_time` it is a run
/// of the schedule: the next one is noted, too.
///
/// # Errors
/// As [`round`].
pub async fn run_one(
    app: &App,
    schedule: &ReportSchedule,
    keeps_time: bool,
) -> Result<RunResult, OutboxFull> {
    let now = app.clock.now();
    let made = match make(app, schedule, now).await {
        Ok(made) => made,
        Err(problem) => {
            tracing::warn!(schedule = %schedule.id, %problem, "a report could not be made");
            Made::Not(RunResult::Failed)
        }
    };
    let context = OperationContext {
        actor: Actor::System,
        origin: Origin { request: RequestId::at(now, app.rng.as_ref()), address: None },
        now,
    };
    let mut work = app.store.begin(&context).await?;
    let result = match &made {
        Made::Mail(_) => RunResult::Queued,
        Made::Not(result) => *result,
    };
    if keeps_time {
        let next = next_run(schedule, now, result);
        let due = schedule.next_run_at;
        if !work.report_schedules().ran(schedule.id, due, next, result).await? {
            // Another node has run it, or it was changed meanwhile.
            return Ok(RunResult::Failed);
        }
    }
    let (id, user, report) = (schedule.id, schedule.owner, schedule.report.clone());
    match made {
        Made::Not(result) => {
            work.record(Event::ReportNotMailed { schedule: id, user, report, result });
        }
        Made::Mail(finished) => {
            let Finished { draft, rows, filter } = *finished;
            let mail: MailId = mail::queue(&work, app.rng.as_ref(), draft).await?;
            work.record(Event::ReportMailed { schedule: id, user, report, filter, rows, mail });
        }
    }
    work.commit().await.map(drop)?;
    if result == RunResult::Queued {
        app.mail.wake();
    }
    Ok(result)
}

/// A report that could not be made is tried again soon; every other result
/// waits for the next time.
fn next_run(schedule: &ReportSchedule, now: Timestamp, result: RunResult) -> Timestamp {
    let soon = now.plus(AGAIN_AFTER);
    let ReportSchedule { every, day, minute, zone, .. } = schedule;
    let rhythm = Rhythm::new(*every, *day, *minute, zone).ok();
    let next = rhythm.and_then(|rhythm| rhythm.next_after(now)).unwrap_or(soon);
    if result == RunResult::Failed { next.min(soon) } else { next }
}

async fn make(app: &App, schedule: &ReportSchedule, now: Timestamp) -> Result<Made, Problem> {
    if app.config.mail.is_none() {
        return Ok(Made::Not(RunResult::NoMail));
    }
    let reader = app.store.read();
    let owner = reader.users().find(schedule.owner).await?;
    let Some(owner) = owner.filter(|owner| owner.state == UserState::Active) else {
        return Ok(Made::Not(RunResult::Denied));
    };
    // Who could not sign in to see it is not sent it either.
    let has_second_factor = reader.totp_factors().confirmed(owner.id).await?.is_some()
        || reader.passkeys().count_of_user(owner.id).await? > 0;
    if !has_second_factor && reader.sign_in_rules().needs_second_factor(owner.role).await? {
        return Ok(Made::Not(RunResult::Denied));
    }
    let address = reader.user_mail().find(owner.id).await?.and_then(|mail| mail.address);
    let Some(address) = address else { return Ok(Made::Not(RunResult::NoAddress)) };
    let subject = RoleTable::of(reader, owner.role).await?.subject(&owner);
    let viewer = Viewer { subject, now };
    let wanted = match Wanted::new(&viewer, &schedule.report, schedule.parameters.clone()) {
        Ok(wanted) => wanted,
        Err(Problem::NotFound { .. }) => return Ok(Made::Not(RunResult::Denied)),
        Err(other) => return Err(other),
    };
    let ReportSchedule { every, day, minute, zone, .. } = schedule;
    let rhythm = Rhythm::new(*every, *day, *minute, zone)
        .map_err(|invalid| Problem::invalid(invalid.field, invalid.detail))?;

    // Spreadsheets know UTF-8 by this mark.
    let mut content = String::from("\u{feff}");
    let columns = wanted.file_columns();
    write_head(&mut content, columns);
    let (mut rows, mut is_cut) = (0_u64, false);
    let mut page = Page::first(MAX_PAGE);
    loop {
        let (found, end) = wanted.rows(app, &viewer, &page).await?;
        let before = content.len();
        write_rows(&mut content, columns, &found)?;
        if content.len() > MAX_FILE_BYTES {
            content.truncate(before);
            is_cut = true;
            break;
        }
        rows += found.len() as u64;
        let Some(next) = end.next else { break };
        page = Page::after(next, MAX_PAGE);
    }
    let language = mail::language_of(reader, app, owner.id).await?;
    let report = wanted.report;
    let link = mail::console(app, &format!("/reports?report={report}"));
    let (subject, body) = text::report(
        language,
        &text::Report {
            name: schedule.name.as_str(),
            title: catalogue::title(report, language),
            as_of: &rhythm.shown(now),
            rows,
            is_cut,
            link: &link,
        },
    );
    let attachment = Some((file_name(report.as_str(), now), content));
    let (user, kind) = (Some(owner.id), MailKind::Report);
    let draft = Draft { user, address, kind, subject, body, attachment };
    Ok(Made::Mail(Box::new(Finished { draft, rows, filter: wanted.asked.shown() })))
}
