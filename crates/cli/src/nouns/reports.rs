//! `sekisho reports`: reports, as a table, as CSV, and by mail.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use sekisho_model::id::ReportScheduleId;
use serde::Serialize;
use serde_json::Value;

use crate::api::list::{Paging, Query};
use crate::api::reports::{Report, Row, Schedule, SentNow};
use crate::api::{Api, encode};
use crate::app::App;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::nouns::values::Nothing;
use crate::output::table::Table;
use crate::output::text::{Time, safe};
use crate::prompt;

/// The verbs of `reports`.
#[derive(Debug, Subcommand)]
pub(crate) enum Reports {
    /// List the reports that you may run, and what can be asked of them
    #[command(after_help = "Example:\n  sekisho reports list")]
    List,
    /// Run a report
    #[command(after_help = "\
Examples:
  sekisho reports run installed-agents
  sekisho reports run password-uses --ask user=ann --ask days=7
  sekisho reports run accounts-out-of-sync --csv > out-of-sync.csv

With --csv the whole report is written, and the audit log says so.")]
    Run {
        /// The word of the report
        report: String,
        #[command(flatten)]
        asked: Asked,
        /// Write the whole of it as CSV
        #[arg(long, conflicts_with_all = ["all", "limit", "after", "sort"])]
        csv: bool,
        #[command(flatten)]
        paging: Paging,
    },
    /// List the reports that are sent to you by mail
    #[command(after_help = "Example:\n  sekisho reports schedules")]
    Schedules {
        #[command(flatten)]
        paging: Paging,
    },
    /// Have a report sent to you by mail, each day, week or month
    #[command(after_help = "\
Examples:
  sekisho reports schedule installed-agents --every week --day 1 --at 09:00 --zone Asia/Tokyo
  sekisho reports schedule password-uses --ask days=1 --every day --at 07:30 --zone UTC

Give your mail address first: sekisho mail set ADDRESS")]
    Schedule(NewSchedule),
    /// Send a scheduled report now, besides its time
    #[command(after_help = "\
Example:
  sekisho reports send 0193e4a0-7c1b-7000-8000-000000000000")]
    Send {
        /// The id of the schedule
        schedule: ReportScheduleId,
    },
    /// Stop a schedule for now
    #[command(after_help = "\
Example:
  sekisho reports pause 0193e4a0-7c1b-7000-8000-000000000000")]
    Pause {
        /// The id of the schedule
        schedule: ReportScheduleId,
    },
    /// Let a stopped schedule go on
    #[command(after_help = "\
Example:
  sekisho reports resume 0193e4a0-7c1b-7000-8000-000000000000")]
    Resume {
        /// The id of the schedule
        schedule: ReportScheduleId,
    },
    /// Delete a schedule
    #[command(after_help = "\
Example:
  sekisho reports unschedule 0193e4a0-7c1b-7000-8000-000000000000 --yes")]
    Unschedule {
        /// The id of the schedule
        schedule: ReportScheduleId,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// What is asked of a report.
#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// Ask this of the report; may be given several times
    #[arg(long = "ask", value_name = "NAME=VALUE", value_parser = pair)]
    asked: Vec<(String, String)>,
}

fn pair(text: &str) -> std::result::Result<(String, String), String> {
    text.split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| format!("'{text}' has no NAME=VALUE, e.g. days=7"))
}

/// The arguments of `reports schedule`.
#[derive(Debug, Args)]
pub(crate) struct NewSchedule {
    /// The word of the report
    report: String,
    #[command(flatten)]
    asked: Asked,
    /// day, week or month
    #[arg(long)]
    every: String,
    /// Of a week: 1 (Monday) to 7; of a month: 1 to 31
    #[arg(long, value_name = "N")]
    day: Option<u32>,
    /// The time of day
    #[arg(long, value_name = "HH:MM")]
    at: String,
    /// In which time zone, e.g. Asia/Tokyo
    #[arg(long)]
    zone: String,
    /// What it is called in the mail [default: the word of the report]
    #[arg(long)]
    name: Option<String>,
}

#[derive(Serialize)]
struct NewScheduleRequest<'a> {
    name: &'a str,
    report: &'a str,
    parameters: BTreeMap<&'a str, &'a str>,
    every: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<u32>,
    at: &'a str,
    zone: &'a str,
}

#[derive(Serialize)]
struct Active {
    active: bool,
}

pub(crate) async fn run(app: &App, verb: Reports) -> Result<Exit> {
    let mut api = app.api()?;
    match verb {
        Reports::List => {
            let list = api.list(Query::new("/reports"), &Paging::unasked()).await?;
            list.print(&app.out, |items: Vec<Report>| {
                let mut table = Table::new(&["REPORT", "TITLE", "ASK"]);
                for item in items {
                    let asked: Vec<String> = item
                        .parameters
                        .iter()
                        .map(|one| {
                            let words = one.words.join("|");
                            let value = if words.is_empty() { "…" } else { &words };
                            format!("{}={value} ({})", one.name, one.about)
                        })
                        .collect();
                    table.row([item.report, item.title, asked.join("; ")]);
                }
                table
            })?;
        }
        Reports::Run { report, asked, csv, paging } => {
            let path = format!("/reports/{}/rows", encode(&report));
            if csv {
                let path = query(Query::new(format!("{path}.csv")), &asked).text();
                let body = api.get(&path).await?;
                app.out.raw_json(&body.json)?;
                return Ok(Exit::Ok);
            }
            let columns = columns(&mut api, &report).await?;
            let list = api.list(query(Query::new(path), &asked), &paging).await?;
            list.print(&app.out, |rows: Vec<Row>| {
                let headings = columns.iter().map(|(name, _)| name.to_uppercase()).collect();
                let mut table = Table::with_headings(headings);
                for row in rows {
                    let cells = columns.iter().map(|(name, is_time)| {
                        cell(app, row.get(name).unwrap_or(&Value::Null), *is_time)
                    });
                    table.push(cells.collect());
                }
                table
            })?;
        }
        Reports::Schedules { paging } => {
            let list = api.list(Query::new("/report-schedules"), &paging).await?;
            list.print(&app.out, |items: Vec<Schedule>| {
                let mut table =
                    Table::new(&["NAME", "REPORT", "WHEN", "NEXT", "LAST", "RESULT", "ID"]);
                for item in items {
                    table.row([
                        item.name.clone(),
                        item.report.clone(),
                        rhythm(&item),
                        item.next_run_at
                            .map_or_else(|| "stopped".to_owned(), |at| app.out.time(at)),
                        item.last_run_at.map(|at| app.out.ago(at)).unwrap_or_default(),
                        item.last_result.clone().unwrap_or_default(),
                        item.id.to_string(),
                    ]);
                }
                table
            })?;
        }
        Reports::Schedule(new) => {
            let parameters = new.asked.asked.iter();
            let request = NewScheduleRequest {
                name: new.name.as_deref().unwrap_or(&new.report),
                report: &new.report,
                parameters: parameters.map(|(name, value)| (&**name, &**value)).collect(),
                every: &new.every,
                day: new.day,
                at: &new.at,
                zone: &new.zone,
            };
            let body = api.post("/report-schedules", &request).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
                return Ok(Exit::Ok);
            }
            let made: Schedule = body.read()?;
            app.out.line(&made.id.to_string())?;
            let next = made.next_run_at.map(|at| app.out.time(at)).unwrap_or_default();
            app.out.note(&format!("{} is sent first at {next}.", safe(&made.name)));
        }
        Reports::Send { schedule } => {
            let path = format!("/report-schedules/{schedule}/send");
            let body = api.post(&path, &Nothing {}).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
                return Ok(Exit::Ok);
            }
            let sent: SentNow = body.read()?;
            if sent.result != "queued" {
                return Err(CliError::Failed(why_not(&sent.result)));
            }
            app.out.note("It is on its way.");
        }
        Reports::Pause { schedule } => set_active(app, &mut api, schedule, false).await?,
        Reports::Resume { schedule } => set_active(app, &mut api, schedule, true).await?,
        Reports::Unschedule { schedule, yes } => {
            prompt::agreed(yes, "Delete this schedule?")?;
            api.delete_current(&format!("/report-schedules/{schedule}")).await?;
            app.out.note("Deleted.");
        }
    }
    Ok(Exit::Ok)
}

async fn set_active(
    app: &App,
    api: &mut Api,
    schedule: ReportScheduleId,
    active: bool,
) -> Result<()> {
    let path = format!("/report-schedules/{schedule}");
    let body = api.patch(&path, &Active { active }).await?;
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let changed: Schedule = body.read()?;
    match changed.next_run_at {
        Some(next) => app.out.note(&format!("It is sent next at {}.", app.out.time(next))),
        None => app.out.note("It is not sent until it is resumed."),
    }
    Ok(())
}

fn query(path: Query, asked: &Asked) -> Query {
    asked.asked.iter().fold(path, |query, (name, value)| query.with(&encode(name), Some(value)))
}

/// The columns of a report in their order, and which of them hold a time.
async fn columns(api: &mut Api, report: &str) -> Result<Vec<(String, bool)>> {
    let list = api.list(Query::new("/reports"), &Paging::unasked()).await?;
    let all = list.items::<Report>()?;
    let found = all.into_iter().find(|one| one.report == report);
    let found = found.ok_or_else(|| {
        CliError::Usage(format!(
            "there is no report '{}' for you; sekisho reports list names those there are",
            safe(report)
        ))
    })?;
    let columns = found.columns.into_iter();
    Ok(columns.map(|column| (column.name, column.holds == "time")).collect())
}

fn cell(app: &App, value: &Value, is_time: bool) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if is_time => {
            let time = text.parse().map(Time).map(|at| app.out.time(at));
            time.unwrap_or_else(|_| text.clone())
        }
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// `week 1 09:00 Asia/Tokyo`.
fn rhythm(schedule: &Schedule) -> String {
    let Schedule { every, day, at, zone, .. } = schedule;
    match day {
        Some(day) => format!("{every} {day} {at} {zone}"),
        None => format!("{every} {at} {zone}"),
    }
}

fn why_not(result: &str) -> String {
    match result {
        "no_address" => "you have no mail address: sekisho mail set ADDRESS".to_owned(),
        "no_mail" => "this server sends no mail".to_owned(),
        "denied" => "you may not run this report any more".to_owned(),
        other => format!("the report was not sent: {}", safe(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_a_name_and_a_value() {
        assert_eq!(pair("days=7"), Ok(("days".to_owned(), "7".to_owned())));
        assert_eq!(pair("to=a=b"), Ok(("to".to_owned(), "a=b".to_owned())));
        assert!(pair("days").is_err() && pair("=7").is_err());
        let asked = Asked { asked: vec![("us er".to_owned(), "a&b".to_owned())] };
        assert_eq!(query(Query::new("/x"), &asked).text(), "/x?us%20er=a%26b");
    }
}
