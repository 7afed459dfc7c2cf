//! Reports: what an auditor asks, of data that the caller may see anyway.
//!
//! A report ([`ReportName`]) is a list with columns and parameters of its own
//! ([`catalogue`]). Whoever may see the list that it is made of may run it, and
//! sees in it what they see there ([`rows`]). The same rows are a page, a file
//! of all of them, and the file that a schedule sends by mail ([`mailing`]).

pub mod asked;
pub mod catalogue;
mod entitlements;
pub mod mailing;
mod routes;
mod rows;
pub mod schedule;
mod schedules;

use std::collections::BTreeMap;

use sekisho_model::Timestamp;
use sekisho_model::report::ReportName;
use sekisho_policy::{ActionType, Facts, Subject, action, decide};
use sekisho_store::{Page, PageEnd};
use serde_json::Value;

use crate::app::App;
use crate::http::{Authenticated, Columns, Export, Problem};
use asked::Asked;
pub use routes::ReportQuery;

/// The endpoints.
pub fn routes() -> crate::http::Routes {
    schedules::add(routes::routes())
}

/// What the caller may not run looks like what does not exist.
const NO_SUCH_REPORT: Problem = Problem::NotFound { what: "report" };

/// Whose sight a report has, and when.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Who they are to the policy.
    pub subject: Subject,
    /// When.
    pub now: Timestamp,
}

impl Viewer {
    /// Who asks over the network.
    pub fn of(caller: &Authenticated) -> Self {
        Self { subject: caller.subject.clone(), now: caller.now }
    }

    fn may<A: ActionType>(&self, action: A) -> bool {
        decide(&self.subject, action, Facts::nothing()).is_ok()
    }

    /// Whether they may read the audit log, which tells of every share, group,
    /// role and owner of the site.
    fn reads_whole_audit(&self) -> bool {
        self.may(action::ViewAudit)
    }

    /// Whether they may run a report: whether they may see the list that it is
    /// made of.
    pub fn may_run(&self, report: ReportName) -> bool {
        use ReportName as R;
        match report {
            R::InstalledAgents | R::InactiveAgents => self.may(action::ListAgents),
            R::PendingDevices => self.may(action::ListDevices),
            R::AccountsOutOfSync
            | R::AccountsUnknown
            | R::AccountsNeverVerified
            | R::PasswordsPastAge => self.may(action::ListAccounts),
            R::FailedTasks => self.may(action::ListOrders),
            R::UsersWithoutSecondFactor => self.may(action::ListUsers),
            R::Entitlements => self.reads_whole_audit() || self.may(action::ExplainOthers),
            R::PasswordUses
            | R::RefusedSignIns
            | R::RefusedAccess
            | R::AccessChanges
            | R::Exports => self.reads_whole_audit(),
        }
    }
}

/// Whether a report is made of the audit log, so that running it is a reading of
/// that.
pub const fn reads_audit(report: ReportName) -> bool {
    use ReportName as R;
    match report {
        R::PasswordUses | R::RefusedSignIns | R::RefusedAccess | R::AccessChanges | R::Exports => {
            true
        }
        R::InstalledAgents
        | R::InactiveAgents
        | R::PendingDevices
        | R::AccountsOutOfSync
        | R::AccountsUnknown
        | R::AccountsNeverVerified
        | R::PasswordsPastAge
        | R::FailedTasks
        | R::UsersWithoutSecondFactor
        | R::Entitlements => false,
    }
}

/// A report with what is asked of it.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Which.
    pub report: ReportName,
    /// What is asked of it; checked.
    pub asked: Asked,
}

impl Wanted {
    /// A report that somebody may run, with parameters that it has.
    ///
    /// # Errors
    /// [`Problem::NotFound`] when there is no such report for them, or
    /// [`Problem::InvalidInput`] naming the parameter.
    pub fn new(
        viewer: &Viewer,
        report: &str,
        parameters: BTreeMap<String, String>,
    ) -> Result<Self, Problem> {
        let report: ReportName = report.parse().map_err(|_| NO_SUCH_REPORT)?;
        if !viewer.may_run(report) {
            return Err(NO_SUCH_REPORT);
        }
        let asked = Asked::check(catalogue::of(report), parameters)?;
        Ok(Self { report, asked })
    }

    /// One page of it, as somebody sees it. A page may have fewer rows than
    /// asked for, even none, and still have a next one.
    ///
    /// # Errors
    /// When they may not run it any more, or the database does not answer.
    pub async fn rows(
        &self,
        app: &App,
        viewer: &Viewer,
        page: &Page,
    ) -> Result<(Vec<Value>, PageEnd), Problem> {
        if !viewer.may_run(self.report) {
            return Err(NO_SUCH_REPORT);
        }
        rows::page(app, viewer, self, page).await
    }

    /// The columns as a file has them.
    pub fn file_columns(&self) -> Columns {
        catalogue::of(self.report).columns
    }
}

impl Export for Wanted {
    type Row = Value;

    const NAME: &'static str = "report";

    const COLUMNS: Columns = &[];

    fn name(&self) -> &'static str {
        self.report.as_str()
    }

    fn columns(&self) -> Columns {
        self.file_columns()
    }

    async fn page(
        &self,
        app: &App,
        caller: &Authenticated,
        page: &Page,
    ) -> Result<(Vec<Value>, PageEnd), Problem> {
        self.rows(app, &Viewer::of(caller), page).await
    }
}
