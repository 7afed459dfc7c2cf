//! `sekisho groups`: resources that share a rule.

use clap::{Args, Subcommand};
use sekisho_model::rotation::Age;
use serde::Serialize;

use crate::api::list::{Paging, Query};
use crate::api::shapes::{Group, Reference, Resource};
use crate::api::{Api, Body};
use crate::app::App;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::find::find;
use crate::nouns::rotation::{OwnAge, age};
use crate::nouns::values::Nothing;
use crate::output::table::Table;
use crate::output::text::safe;
use crate::prompt;

/// The verbs of `groups`.
#[derive(Debug, Subcommand)]
pub(crate) enum Groups {
    /// List resource groups
    #[command(after_help = "Example:\n  sekisho groups list")]
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Show a resource group and what is in it
    #[command(after_help = "Example:\n  sekisho groups show web-servers")]
    Show {
        /// Id or name
        group: String,
    },
    /// Create a resource group
    #[command(after_help = "Example:\n  sekisho groups create web-servers --max-age 30")]
    Create(Create),
    /// Change a resource group
    #[command(after_help = "\
Examples:
  sekisho groups edit web-servers --max-age 14
  sekisho groups edit web-servers --max-age inherit --name web")]
    Edit(Edit),
    /// Put a resource into a group
    #[command(after_help = "Example:\n  sekisho groups add web-servers web-1")]
    Add {
        /// Id or name of the group
        group: String,
        /// Id or name of the resource
        resource: String,
    },
    /// Take a resource out of a group
    #[command(after_help = "Example:\n  sekisho groups remove web-servers web-1")]
    Remove {
        /// Id or name of the group
        group: String,
        /// Id or name of the resource
        resource: String,
    },
    /// Delete a resource group; its resources stay
    #[command(after_help = "Example:\n  sekisho groups delete web-servers --yes")]
    Delete {
        /// Id or name
        group: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// The arguments of `groups create`.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What people call it
    name: String,
    /// What it is for
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
    /// Days after which passwords on its resources are reset, or off
    #[arg(long, value_name = "DAYS|off")]
    max_age: Option<Age>,
}

/// The arguments of `groups edit`.
#[derive(Debug, Args)]
pub(crate) struct Edit {
    /// Id or name
    group: String,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Days after which passwords on its resources are reset, off, or inherit
    #[arg(long, value_name = "DAYS|off|inherit")]
    max_age: Option<OwnAge>,
}

#[derive(Serialize)]
struct NewGroup<'a> {
    name: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age_days: Option<Age>,
}

#[derive(Serialize)]
struct GroupChange<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age_days: Option<Option<Age>>,
}

pub(crate) async fn run(app: &App, verb: Groups) -> Result<Exit> {
    let mut api = app.api()?;
    let api = &mut api;
    match verb {
        Groups::List { paging } => list(app, api, &paging).await?,
        Groups::Show { group } => show(app, api, &group).await?,
        Groups::Create(verb) => {
            let request = NewGroup {
                name: &verb.name,
                description: &verb.description,
                max_age_days: verb.max_age,
            };
            let body = api.post("/resource-groups", &request).await?;
            said(app, &body, "was created")?;
        }
        Groups::Edit(verb) => {
            if verb.name.is_none() && verb.description.is_none() && verb.max_age.is_none() {
                let detail = "nothing to change; give --name, --description or --max-age";
                return Err(CliError::Usage(detail.to_owned()));
            }
            let id = find::<Group>(api, &verb.group).await?;
            let request = GroupChange {
                name: verb.name.as_deref(),
                description: verb.description.as_deref(),
                max_age_days: verb.max_age.map(|age| age.0),
            };
            let body = api.patch(&format!("/resource-groups/{id}"), &request).await?;
            said(app, &body, "was changed")?;
        }
        Groups::Add { group, resource } => {
            let member = member(api, &group, &resource).await?;
            api.put(&member, &Nothing {}).await?;
            app.out.note("Added.");
        }
        Groups::Remove { group, resource } => {
            let member = member(api, &group, &resource).await?;
            api.delete(&member).await?;
            app.out.note("Removed.");
        }
        Groups::Delete { group, yes } => {
            let id = find::<Group>(api, &group).await?;
            prompt::agreed(yes, &format!("Delete the resource group {}?", safe(&group)))?;
            api.delete_current(&format!("/resource-groups/{id}")).await?;
            app.out.note("Deleted.");
        }
    }
    Ok(Exit::Ok)
}

async fn member(api: &mut Api, group: &str, resource: &str) -> Result<String> {
    let group = find::<Group>(api, group).await?;
    let resource = find::<Resource>(api, resource).await?;
    Ok(format!("/resource-groups/{group}/resources/{resource}"))
}

async fn list(app: &App, api: &mut Api, paging: &Paging) -> Result<()> {
    let list = api.list(Query::new("/resource-groups"), paging).await?;
    list.print(&app.out, |items: Vec<Group>| {
        let mut table = Table::new(&["NAME", "MAXIMUM AGE", "RESOURCES", "DESCRIPTION", "ID"]);
        for item in items {
            table.row([
                item.name,
                age(item.max_age_days).unwrap_or_default(),
                item.resources.to_string(),
                item.description,
                item.id.to_string(),
            ]);
        }
        table
    })
}

async fn show(app: &App, api: &mut Api, group: &str) -> Result<()> {
    let id = find::<Group>(api, group).await?;
    let body = api.get(&format!("/resource-groups/{id}")).await?;
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let item: Group = body.read()?;
    let text = id.to_string();
    let query = Query::new("/resources").with("group", Some(text.as_str()));
    let inside: Vec<Resource> = api.list(query, &Paging::everything()).await?.items()?;
    let names: Vec<String> = inside.into_iter().map(|resource| resource.name).collect();
    app.out.facts(&[
        ("name", Some(item.name)),
        ("id", Some(text)),
        ("description", Some(item.description).filter(|text| !text.is_empty())),
        ("owner", item.owner.as_ref().map(Reference::shown)),
        ("maximum age", age(item.max_age_days)),
        ("resources", Some(names.join(", ")).filter(|names| !names.is_empty())),
    ])
}

fn said(app: &App, body: &Body, what: &str) -> Result<()> {
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let item: Group = body.read()?;
    app.out.line(&item.id.to_string())?;
    app.out.note(&format!("The resource group {} {what}.", safe(&item.name)));
    Ok(())
}
