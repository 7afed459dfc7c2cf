//! Several agents at once: one interval for all, a result for each.

use std::collections::BTreeSet;

use sekisho_model::event::Event;
use sekisho_model::id::DeviceId;
use sekisho_policy::Granted;
use sekisho_policy::action::ManageAgent;
use sekisho_store::Device;
use serde::Serialize;

use super::association::{self, Wanted};
use crate::app::App;
use crate::http::{Authenticated, Problem};
use crate::resources::refs::Named;

/// What became of several agents, or would become of them.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub(super) struct BulkResult {
    /// Nothing was changed: this is what would happen.
    dry_run: bool,
    /// How many were changed, or would be.
    changed: u32,
    /// How many are as they should be.
    unchanged: u32,
    /// How many are refused.
    refused: u32,
    /// Each of them, in the order they were named.
    items: Vec<BulkItem>,
}

/// What became of one agent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct BulkItem {
    /// The agent, by the name of its host.
    agent: Named,
    /// `changed`, `unchanged` or `refused`.
    outcome: &'static str,
    /// The code of the problem, if it is refused.
    code: Option<&'static str>,
    /// Why, as a sentence.
    detail: Option<String>,
}

/// Changes each agent on its own, or says what would happen.
pub(super) async fn run(
    app: &App,
    caller: &Authenticated,
    agents: Vec<DeviceId>,
    wanted: Wanted,
    dry_run: bool,
) -> Result<BulkResult, Problem> {
    let mut seen = BTreeSet::new();
    if let Some(twice) = agents.iter().find(|id| !seen.insert(**id)) {
        let detail = format!("'agents' names {twice} twice; name each agent once");
        return Err(Problem::invalid("agents", detail));
    }
    let mut result = BulkResult { dry_run, ..BulkResult::default() };
    for id in agents {
        let (host, done) = match may(app, caller, id).await {
            Ok(granted) => {
                let host = granted.row().host.clone();
                (host, one(app, caller, granted, wanted, dry_run).await)
            }
            Err(problem) => (id.to_string(), Err(problem)),
        };
        result.push(Named::new(id, host), done)?;
    }
    Ok(result)
}

/// The right to manage one agent. Who is turned away is on record, as with a
/// request of its own.
async fn may(
    app: &App,
    caller: &Authenticated,
    id: DeviceId,
) -> Result<Granted<ManageAgent, Device>, Problem> {
    let decided = caller.decide(ManageAgent, super::facts(app, id).await?);
    if let Err(Problem::Denied(denied)) = &decided {
        let mut work = app.store.begin(&caller.context()).await?;
        work.record(Event::AccessDenied {
            action: denied.action.to_string(),
            target: format!("/api/v1/agents/{id}"),
            reason: denied.to_string(),
        });
        work.commit().await.map(drop)?;
    }
    decided
}

async fn one(
    app: &App,
    caller: &Authenticated,
    granted: Granted<ManageAgent, Device>,
    wanted: Wanted,
    dry_run: bool,
) -> Result<bool, Problem> {
    let changes = association::would_change(granted.row(), wanted)?;
    if changes && !dry_run {
        association::change(app, &caller.context(), granted, wanted).await?;
    } else {
        granted.into_row();
    }
    Ok(changes)
}

impl BulkResult {
    /// Notes one outcome. What concerns all of them ends the request.
    fn push(&mut self, agent: Named, done: Result<bool, Problem>) -> Result<(), Problem> {
        let (outcome, code, detail) = match done {
            Ok(true) => ("changed", None, None),
            Ok(false) => ("unchanged", None, None),
            Err(
                problem @ (Problem::Conflict { .. }
                | Problem::NotFound { .. }
                | Problem::Stale
                | Problem::Denied(_)),
            ) => {
                let (code, _, _) = problem.kind();
                ("refused", Some(code), Some(problem.detail()))
            }
            Err(other) => return Err(other),
        };
        match outcome {
            "changed" => self.changed += 1,
            "unchanged" => self.unchanged += 1,
            _ => self.refused += 1,
        }
        self.items.push(BulkItem { agent, outcome, code, detail });
        Ok(())
    }
}
