//! `sekisho agents`.

use clap::{ArgGroup, Args, Subcommand};
use sekisho_model::id::DeviceId;
use serde::Serialize;

use crate::api::Api;
use crate::api::agents::{Agent, BulkAgents, RemapTargets};
use crate::api::list::{Paging, Query};
use crate::api::shapes::Resource;
use crate::app::App;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::find::find;
use crate::nouns::devices;
use crate::output::table::Table;
use crate::output::text::safe;
use crate::prompt;

/// Most agents in one request.
const BULK: usize = 200;

/// The verbs of `agents`.
#[derive(Debug, Subcommand)]
pub(crate) enum Agents {
    /// List the agents of the resources you own
    #[command(after_help = "Example:\n  sekisho agents list --association dissociated")]
    List {
        /// associated, dissociated, or none: their resource was deleted
        #[arg(long, value_name = "STATE")]
        association: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one agent
    #[command(after_help = "Example:\n  sekisho agents show web-1.example.com")]
    Show {
        /// Id, host name or name of its resource
        agent: String,
    },
    /// Let agents work again that were dissociated
    #[command(after_help = "\
Examples:
  sekisho agents associate web-1.example.com
  sekisho agents associate --all --dry-run")]
    Associate {
        #[command(flatten)]
        which: Which,
    },
    /// Suspend everything agents do on their resources; nothing is uninstalled
    ///
    /// Orders wait until the agents are associated again. What an agent has
    /// begun it finishes and reports.
    #[command(after_help = "\
Examples:
  sekisho agents dissociate web-1.example.com --interval 60
  sekisho agents dissociate --all --interval 30 --dry-run")]
    Dissociate {
        #[command(flatten)]
        which: Which,
        /// How often they look whether they are associated again, in minutes: 1 to 1440
        #[arg(long, value_name = "MINUTES")]
        interval: u32,
    },
    /// Give an agent a resource again whose own was deleted by mistake
    ///
    /// The resource has the DNS name of the agent's host and is yours. The
    /// accounts of the deleted one come along, with every password they had.
    #[command(after_help = "\
Examples:
  sekisho agents remap web-1.example.com
  sekisho agents remap web-1.example.com --to web-1")]
    Remap {
        /// Id or host name
        agent: String,
        /// Id or name of the resource; without it, only say what would happen
        #[arg(long, value_name = "RESOURCE")]
        to: Option<String>,
    },
    /// Take an agent off the list whose resource was deleted
    #[command(after_help = "Example:\n  sekisho agents delete web-1.example.com")]
    Delete {
        /// Id or host name
        agent: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// Which agents.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).args(["agents", "all"]))]
pub(crate) struct Which {
    /// Ids, host names or names of their resources
    #[arg(value_name = "AGENT")]
    agents: Vec<String>,
    /// Every agent of the resources you own
    #[arg(long)]
    all: bool,
    /// Only say what would happen
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Bulk<'a> {
    action: &'static str,
    agents: &'a [DeviceId],
    #[serde(skip_serializing_if = "Option::is_none")]
    interval_min: Option<u32>,
    dry_run: bool,
}

#[derive(Serialize)]
struct Target {
    resource: sekisho_model::id::ResourceId,
}

pub(crate) async fn run(app: &App, verb: Agents) -> Result<Exit> {
    let mut api = app.api()?;
    let api = &mut api;
    match verb {
        Agents::List { association, paging } => {
            let query = Query::new("/agents").with("association", association.as_deref());
            let list = api.list(query, &paging).await?;
            list.print(&app.out, |items: Vec<Agent>| table(app, items))?;
        }
        Agents::Show { agent } => {
            let id = find::<Agent>(api, &agent).await?;
            let body = api.get(&format!("/agents/{id}")).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                devices::show(app, body.read::<Agent>()?.0)?;
            }
        }
        Agents::Associate { which } => return many(app, api, which, "associate", None).await,
        Agents::Dissociate { which, interval } => {
            return many(app, api, which, "dissociate", Some(interval)).await;
        }
        Agents::Remap { agent, to: None } => targets(app, api, &agent).await?,
        Agents::Remap { agent, to: Some(to) } => {
            let id = find::<Agent>(api, &agent).await?;
            let resource = find::<Resource>(api, &to).await?;
            let body = api.post(&format!("/agents/{id}/remap"), &Target { resource }).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                app.out.note("Remapped; its accounts are listed next.");
            }
        }
        Agents::Delete { agent, yes } => {
            let id = find::<Agent>(api, &agent).await?;
            let question = format!("Delete the agent {} from the list?", safe(&agent));
            prompt::agreed(yes, &question)?;
            api.delete(&format!("/agents/{id}")).await?;
            app.out.note("Deleted; to use the host again, enrol it with a new key.");
        }
    }
    Ok(Exit::Ok)
}

async fn many(
    app: &App,
    api: &mut Api,
    which: Which,
    action: &'static str,
    interval_min: Option<u32>,
) -> Result<Exit> {
    let mut agents = Vec::new();
    if which.all {
        let query = Query::new("/agents").with(
            "association",
            Some(if action == "associate" { "dissociated" } else { "associated" }),
        );
        let all: Vec<Agent> = api.list(query, &Paging::everything()).await?.items()?;
        agents.extend(all.into_iter().map(|agent| agent.0.id));
    }
    for agent in &which.agents {
        agents.push(find::<Agent>(api, agent).await?);
    }
    let mut refused = 0;
    for some in agents.chunks(BULK) {
        let request = Bulk { action, agents: some, interval_min, dry_run: which.dry_run };
        let body = api.post("/agents/bulk", &request).await?;
        if app.out.json {
            app.out.raw_json(&body.json)?;
        }
        let done: BulkAgents = body.read()?;
        refused += done.refused;
        if !app.out.json {
            tell(app, &done, action)?;
        }
    }
    if agents.is_empty() {
        app.out.note("There is no such agent.");
    }
    if refused > 0 {
        return Err(CliError::Failed(format!("{refused} refused")));
    }
    Ok(Exit::Ok)
}

fn tell(app: &App, done: &BulkAgents, action: &str) -> Result<()> {
    for item in &done.items {
        let host = safe(&item.agent.name).into_owned();
        let what = match (item.outcome.as_str(), done.dry_run) {
            ("changed", true) => format!("would {action}"),
            ("changed", false) => format!("{action}d"),
            ("unchanged", _) => format!("is {action}d already"),
            _ => "refused".to_owned(),
        };
        let why = item.detail.as_deref().map(|why| format!(": {}", safe(why)));
        app.out.line(&format!("{host}: {what}{}", why.unwrap_or_default()))?;
    }
    let would = if done.dry_run { "would be " } else { "" };
    let (changed, same, refused) = (done.changed, done.unchanged, done.refused);
    app.out.note(&format!("{changed} {would}{action}d, {same} as they are, {refused} refused."));
    Ok(())
}

async fn targets(app: &App, api: &mut Api, agent: &str) -> Result<()> {
    let id = find::<Agent>(api, agent).await?;
    let body = api.get(&format!("/agents/{id}/remap")).await?;
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let found: RemapTargets = body.read()?;
    let name = found.dns_name.unwrap_or_else(|| "(none)".to_owned());
    if found.items.is_empty() {
        app.out.note(&format!(
            "No resource of yours has the DNS name {}: add one with\n  sekisho resources create \
             NAME --dns-name {}",
            safe(&name),
            safe(&name)
        ));
        return Ok(());
    }
    let mut table = Table::new(&["RESOURCE", "ACCOUNTS THAT COME ALONG", "PROBLEM", "ID"]);
    for item in found.items {
        table.row([
            item.resource.name,
            item.accounts.to_string(),
            item.problem.unwrap_or_default(),
            item.resource.id.to_string(),
        ]);
    }
    app.out.table(table)
}

fn table(app: &App, items: Vec<Agent>) -> Table {
    let mut table = Table::new(&[
        "HOST",
        "RESOURCE",
        "ASSOCIATION",
        "STATE",
        "AGENT",
        "LAST SEEN",
        "ORDERS",
        "ID",
    ]);
    for Agent(item) in items {
        let association = match (item.association.as_deref(), item.look_every_min) {
            (Some("dissociated"), Some(every)) => format!("dissociated, looks every {every} min"),
            (Some(word), _) => word.to_owned(),
            (None, _) => String::new(),
        };
        let away = if item.active { "" } else { ", away" };
        let limit = item.limit.map(|limit| format!(" ({limit})")).unwrap_or_default();
        table.row([
            item.host_name,
            item.resource.map_or_else(|| "N/A".to_owned(), |resource| resource.name),
            association,
            format!("{}{away}", item.state),
            format!("{}{limit}", item.agent_version.unwrap_or_default()),
            item.last_seen_at.map_or_else(|| "never".to_owned(), |at| app.out.ago(at)),
            item.open_orders.to_string(),
            item.id.to_string(),
        ]);
    }
    table
}
