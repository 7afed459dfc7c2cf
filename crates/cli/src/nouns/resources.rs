//! `sekisho resources`.

use clap::{Args, Subcommand};
use sekisho_model::device::Platform;
use sekisho_model::id::{PasswordPolicyId, ResourceId};
use serde::Serialize;

use crate::api::Api;
use crate::api::list::{Paging, Query};
use crate::api::shapes::{Order, Policy, Reference, Resource};
use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::find::find;
use crate::nouns::transfer;
use crate::nouns::values::Nothing;
use crate::nouns::watch::{self, Waiting};
use crate::output::table::Table;
use crate::output::text::safe;
use crate::prompt;

/// The verbs of `resources`.
#[derive(Debug, Subcommand)]
pub(crate) enum Resources {
    /// List resources
    #[command(after_help = "Example:\n  sekisho resources list --search web --all")]
    List(List),
    /// Show one resource
    #[command(after_help = "Example:\n  sekisho resources show web-1")]
    Show {
        /// Id or name
        resource: String,
    },
    /// Create a resource
    #[command(
        after_help = "Example:\n  sekisho resources create web-1 --dns-name web-1.example.com"
    )]
    Create(Create),
    /// Delete a resource with its accounts
    #[command(after_help = "Example:\n  sekisho resources delete web-1 --yes")]
    Delete {
        /// Id or name
        resource: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Give resources to another owner
    #[command(after_help = transfer::EXAMPLE)]
    Transfer(transfer::Transfer),
    /// Ask the agent which accounts its host has
    #[command(after_help = "Example:\n  sekisho resources discover web-1")]
    Discover {
        /// Id or name
        resource: String,
        #[command(flatten)]
        waiting: Waiting,
    },
}

/// The arguments of `resources list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only names that hold this text
    #[arg(long, short = 's', value_name = "TEXT")]
    search: Option<String>,
    #[command(flatten)]
    paging: Paging,
}

/// The arguments of `resources create`.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What people call it
    name: String,
    /// Its DNS name
    #[arg(long, value_name = "HOST")]
    dns_name: Option<String>,
    /// linux, windows or windows_domain
    #[arg(long, default_value_t = Platform::Linux)]
    platform: Platform,
    /// Id or name of the password policy
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,
}

#[derive(Serialize)]
struct NewResource<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dns_name: Option<&'a str>,
    platform: Platform,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<PasswordPolicyId>,
}

pub(crate) async fn run(app: &App, verb: Resources) -> Result<Exit> {
    let mut api = app.api()?;
    match verb {
        Resources::List(verb) => list(app, &mut api, &verb).await,
        Resources::Show { resource } => {
            let id = find::<Resource>(&mut api, &resource).await?;
            show(app, &mut api, id).await
        }
        Resources::Create(verb) => create(app, &mut api, &verb).await,
        Resources::Delete { resource, yes } => {
            let id = find::<Resource>(&mut api, &resource).await?;
            let question = format!(
                "Delete the resource {} with its accounts and their passwords?",
                safe(&resource)
            );
            prompt::agreed(yes, &question)?;
            api.delete_current(&format!("/resources/{id}")).await?;
            app.out.note("Deleted.");
            Ok(Exit::Ok)
        }
        Resources::Transfer(verb) => transfer::run(app, &mut api, &verb).await,
        Resources::Discover { resource, waiting } => {
            let id = find::<Resource>(&mut api, &resource).await?;
            let order = api.post(&format!("/resources/{id}/discover"), &Nothing {}).await?;
            let order: Order = watch::accepted(app, &waiting, order)?;
            watch::follow(app, &mut api, order, &waiting).await
        }
    }
}

async fn list(app: &App, api: &mut Api, verb: &List) -> Result<Exit> {
    let query = Query::new("/resources").with("q", verb.search.as_deref());
    api.list(query, &verb.paging).await?.print(&app.out, |items: Vec<Resource>| {
        let mut table =
            Table::new(&["NAME", "DNS NAME", "PLATFORM", "AGENT", "ACCOUNTS", "OUT OF SYNC", "ID"]);
        for item in items {
            let agent = item.device.as_ref().map(|device| match device.active {
                true => device.state.clone(),
                false => format!("{}, away", device.state),
            });
            table.row([
                item.name,
                item.dns_name.unwrap_or_default(),
                item.platform,
                agent.unwrap_or_else(|| "none".to_owned()),
                item.accounts.total.to_string(),
                item.accounts.out_of_sync.to_string(),
                item.id.to_string(),
            ]);
        }
        table
    })?;
    Ok(Exit::Ok)
}

async fn show(app: &App, api: &mut Api, id: ResourceId) -> Result<Exit> {
    let body = api.get(&format!("/resources/{id}")).await?;
    if app.out.json {
        app.out.raw_json(&body.json)?;
        return Ok(Exit::Ok);
    }
    let item: Resource = body.read()?;
    let accounts = format!(
        "{} ({} with a known password, {} out of sync)",
        item.accounts.total, item.accounts.known, item.accounts.out_of_sync
    );
    app.out.facts(&[
        ("name", Some(item.name)),
        ("id", Some(item.id.to_string())),
        ("DNS name", item.dns_name),
        ("platform", Some(item.platform)),
        ("owner", item.owner.as_ref().map(Reference::shown)),
        ("policy", item.policy.as_ref().map(Reference::shown)),
        ("created", app.out.maybe_time(item.created_at)),
        ("device", item.device.as_ref().map(|device| format!("{} {}", device.state, device.id))),
        ("last seen", app.out.maybe_time(item.device.and_then(|device| device.last_seen_at))),
        ("accounts", Some(accounts)),
    ])?;
    Ok(Exit::Ok)
}

async fn create(app: &App, api: &mut Api, verb: &Create) -> Result<Exit> {
    let policy = match &verb.policy {
        Some(policy) => Some(find::<Policy>(api, policy).await?),
        None => None,
    };
    let request = NewResource {
        name: &verb.name,
        dns_name: verb.dns_name.as_deref(),
        platform: verb.platform,
        policy,
    };
    let body = api.post("/resources", &request).await?;
    if app.out.json {
        app.out.raw_json(&body.json)?;
    } else {
        let item: Resource = body.read()?;
        app.out.line(&item.id.to_string())?;
        app.out.note(&format!("The resource {} was created.", safe(&item.name)));
    }
    Ok(Exit::Ok)
}
