//! The parts of answers about reports and mail.

use sekisho_model::id::{MailId, ReportScheduleId, User as UserKind};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::shapes::Named;
use crate::output::text::Time;

/// A report that one may run.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Report {
    pub(crate) report: String,
    pub(crate) title: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) parameters: Vec<Parameter>,
}

/// A column of a report.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) holds: String,
}

/// Something that can be asked of a report.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) words: Vec<String>,
    pub(crate) about: String,
}

/// A row: a value for each column.
pub(crate) type Row = Map<String, Value>;

/// A report that is sent again and again.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Schedule {
    pub(crate) id: ReportScheduleId,
    pub(crate) name: String,
    pub(crate) report: String,
    pub(crate) every: String,
    pub(crate) day: Option<u32>,
    pub(crate) at: String,
    pub(crate) zone: String,
    pub(crate) next_run_at: Option<Time>,
    pub(crate) last_run_at: Option<Time>,
    pub(crate) last_result: Option<String>,
}

/// What came of sending a report at once.
#[derive(Debug, Deserialize)]
pub(crate) struct SentNow {
    pub(crate) result: String,
}

/// Whether and where one gets mail.
#[derive(Debug, Deserialize)]
pub(crate) struct OwnMail {
    pub(crate) available: bool,
    pub(crate) address: Option<String>,
    pub(crate) tasks: bool,
    pub(crate) kinds: Vec<String>,
}

/// How mail is doing.
#[derive(Debug, Deserialize)]
pub(crate) struct MailStatus {
    pub(crate) server: Option<String>,
    pub(crate) from: Option<String>,
    pub(crate) waiting: u64,
    pub(crate) dead: u64,
    pub(crate) problem: Option<String>,
    pub(crate) problem_since: Option<Time>,
}

/// A mail, without its text.
#[derive(Debug, Deserialize)]
pub(crate) struct Mail {
    pub(crate) id: MailId,
    pub(crate) kind: String,
    pub(crate) state: String,
    pub(crate) user: Option<Named<UserKind>>,
    pub(crate) address: String,
    pub(crate) attempts: u32,
    pub(crate) problem: Option<String>,
    pub(crate) created_at: Time,
    pub(crate) next_try_at: Option<Time>,
}
