//! `sekisho user-groups`: people who are shared with as one.

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::api::access::UserGroup;
use crate::api::list::{Paging, Query};
use crate::api::shapes::User;
use crate::api::{Api, Body};
use crate::app::App;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::find::{self, find};
use crate::nouns::values::Nothing;
use crate::output::table::Table;
use crate::output::text::safe;
use crate::prompt;

/// The verbs of `user-groups`.
#[derive(Debug, Subcommand)]
pub(crate) enum UserGroups {
    /// List user groups
    #[command(after_help = "Example:\n  sekisho user-groups list")]
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Show a user group and who is in it
    #[command(after_help = "Example:\n  sekisho user-groups show operators")]
    Show {
        /// Id or name
        group: String,
    },
    /// Create a user group
    #[command(after_help = "Example:\n  sekisho user-groups create operators")]
    Create {
        /// What people call it
        name: String,
        /// What it is for
        #[arg(long, value_name = "TEXT", default_value = "")]
        description: String,
    },
    /// Change a user group
    #[command(after_help = "Example:\n  sekisho user-groups edit operators --name night-shift")]
    Edit(Edit),
    /// Put a user into a group
    #[command(after_help = "Example:\n  sekisho user-groups add operators bob")]
    Add {
        /// Id or name of the group
        group: String,
        /// Id or name of the user
        user: String,
    },
    /// Take a user out of a group
    #[command(after_help = "Example:\n  sekisho user-groups remove operators bob")]
    Remove {
        /// Id or name of the group
        group: String,
        /// Id or name of the user
        user: String,
    },
    /// Delete a user group, and what was shared with it; its users stay
    #[command(after_help = "Example:\n  sekisho user-groups delete operators --yes")]
    Delete {
        /// Id or name
        group: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// The arguments of `user-groups edit`.
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
}

#[derive(Serialize)]
struct NewGroup<'a> {
    name: &'a str,
    description: &'a str,
}

#[derive(Serialize)]
struct GroupChange<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

pub(crate) async fn run(app: &App, verb: UserGroups) -> Result<Exit> {
    let mut api = app.api()?;
    let api = &mut api;
    match verb {
        UserGroups::List { paging } => {
            let list = api.list(Query::new("/user-groups"), &paging).await?;
            list.print(&app.out, |items: Vec<UserGroup>| {
                let mut table = Table::new(&["NAME", "USERS", "DESCRIPTION", "ID"]);
                for item in items {
                    let users = item.members.to_string();
                    table.row([item.name, users, item.description, item.id.to_string()]);
                }
                table
            })?;
        }
        UserGroups::Show { group } => show(app, api, &group).await?,
        UserGroups::Create { name, description } => {
            let request = NewGroup { name: &name, description: &description };
            let body = api.post("/user-groups", &request).await?;
            said(app, &body, "was created")?;
        }
        UserGroups::Edit(verb) => {
            if verb.name.is_none() && verb.description.is_none() {
                let detail = "nothing to change; give --name or --description";
                return Err(CliError::Usage(detail.to_owned()));
            }
            let id = find::<UserGroup>(api, &verb.group).await?;
            let request = GroupChange {
                name: verb.name.as_deref(),
                description: verb.description.as_deref(),
            };
            let body = api.patch(&format!("/user-groups/{id}"), &request).await?;
            said(app, &body, "was changed")?;
        }
        UserGroups::Add { group, user } => {
            let member = member(api, &group, &user).await?;
            api.put(&member, &Nothing {}).await?;
            app.out.note("Added.");
        }
        UserGroups::Remove { group, user } => {
            let member = member(api, &group, &user).await?;
            api.delete(&member).await?;
            app.out.note("Removed.");
        }
        UserGroups::Delete { group, yes } => {
            let id = find::<UserGroup>(api, &group).await?;
            let question =
                format!("Delete the user group {} and what is shared with it?", safe(&group));
            prompt::agreed(yes, &question)?;
            api.delete_current(&format!("/user-groups/{id}")).await?;
            app.out.note("Deleted.");
        }
    }
    Ok(Exit::Ok)
}

async fn member(api: &mut Api, group: &str, user: &str) -> Result<String> {
    let group = find::<UserGroup>(api, group).await?;
    let user = find::user(api, user).await?;
    Ok(format!("/user-groups/{group}/members/{user}"))
}

async fn show(app: &App, api: &mut Api, group: &str) -> Result<()> {
    let id = find::<UserGroup>(api, group).await?;
    let body = api.get(&format!("/user-groups/{id}")).await?;
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let item: UserGroup = body.read()?;
    let query = Query::new(format!("/user-groups/{id}/members"));
    let inside: Vec<User> = api.list(query, &Paging::everything()).await?.items()?;
    let names: Vec<String> = inside.into_iter().map(|user| user.name).collect();
    app.out.facts(&[
        ("name", Some(item.name)),
        ("id", Some(id.to_string())),
        ("description", Some(item.description).filter(|text| !text.is_empty())),
        ("users", Some(names.join(", ")).filter(|names| !names.is_empty())),
    ])
}

fn said(app: &App, body: &Body, what: &str) -> Result<()> {
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let item: UserGroup = body.read()?;
    app.out.line(&item.id.to_string())?;
    app.out.note(&format!("The user group {} {what}.", safe(&item.name)));
    Ok(())
}
