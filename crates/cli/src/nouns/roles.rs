//! `sekisho roles`: built-in roles, and custom ones that a second
//! administrator approves.

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::api::access::{Permission, Role, RoleAction};
use crate::api::list::{Paging, Query};
use crate::api::{Api, Body};
use crate::app::App;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::find;
use crate::output::table::Table;
use crate::output::text::safe;
use crate::prompt;

/// The verbs of `roles`.
#[derive(Debug, Subcommand)]
pub(crate) enum Roles {
    /// List the roles
    #[command(after_help = "Example:\n  sekisho roles list")]
    List,
    /// Show a role: what it may do, and what waits for approval
    #[command(after_help = "Example:\n  sekisho roles show password_user")]
    Show {
        /// Word, id or name
        role: String,
    },
    /// Show what a role can do, action by action
    #[command(after_help = "Example:\n  sekisho roles can password_user")]
    Can {
        /// Word, id or name
        role: String,
    },
    /// List the permissions that roles are made of
    #[command(after_help = "Example:\n  sekisho roles permissions")]
    Permissions,
    /// Propose a role; another administrator must approve it
    #[command(after_help = "\
Example:
  sekisho roles propose rollout --permissions add_resources,edit_resources,download_agent")]
    Propose(Propose),
    /// Propose a change of a role; another administrator must approve it
    #[command(after_help = "\
Example:
  sekisho roles change rollout --permissions view_resources,download_agent")]
    Change(Change),
    /// Approve what another administrator proposed
    #[command(after_help = "Example:\n  sekisho roles approve rollout")]
    Approve {
        /// Id or name
        role: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Reject what was proposed, or take your own proposal back
    #[command(after_help = "Example:\n  sekisho roles reject rollout --reason 'too much'")]
    Reject {
        /// Id or name
        role: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Delete a role that nobody has
    #[command(after_help = "Example:\n  sekisho roles delete rollout --yes")]
    Delete {
        /// Id or name
        role: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// The arguments of `roles propose`.
#[derive(Debug, Args)]
pub(crate) struct Propose {
    /// What people call it
    name: String,
    /// What it is for
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
    /// What it may do, separated by commas; sekisho roles permissions lists them
    #[arg(long, value_name = "WORDS", value_delimiter = ',', required = true)]
    permissions: Vec<String>,
}

/// The arguments of `roles change`.
#[derive(Debug, Args)]
pub(crate) struct Change {
    /// Id or name
    role: String,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// All it may do then, separated by commas
    #[arg(long, value_name = "WORDS", value_delimiter = ',')]
    permissions: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Wanted<'a> {
    name: &'a str,
    description: &'a str,
    permissions: &'a [String],
}

#[derive(Serialize)]
struct Rejection<'a> {
    reason: &'a str,
}

pub(crate) async fn run(app: &App, verb: Roles) -> Result<Exit> {
    let mut api = app.api()?;
    let api = &mut api;
    match verb {
        Roles::List => list(app, api).await?,
        Roles::Show { role } => {
            let role = find::role(api, &role).await?;
            show(app, &role)?;
        }
        Roles::Can { role } => {
            let role = find::role(api, &role).await?;
            can(app, api, &role).await?;
        }
        Roles::Permissions => permissions(app, api).await?,
        Roles::Propose(verb) => {
            let request = Wanted {
                name: &verb.name,
                description: &verb.description,
                permissions: &verb.permissions,
            };
            let body = api.post("/roles", &request).await?;
            said(app, &body, "waits for another administrator's approval")?;
        }
        Roles::Change(verb) => {
            let path = custom(api, &verb.role).await?;
            let role: Role = api.get(&path).await?.read()?;
            let request = Wanted {
                name: verb.name.as_deref().unwrap_or(&role.name),
                description: verb.description.as_deref().unwrap_or(&role.description),
                permissions: verb.permissions.as_deref().unwrap_or(&role.permissions),
            };
            let body = api.patch(&path, &request).await?;
            said(app, &body, "waits for another administrator's approval")?;
        }
        Roles::Approve { role, yes } => approve(app, api, &role, yes).await?,
        Roles::Reject { role, reason } => {
            let path = custom(api, &role).await?;
            let seen = api.get(&path).await?;
            api.post_seen(&format!("{path}/reject"), &seen, &Rejection { reason: &reason }).await?;
            app.out.note("Rejected.");
        }
        Roles::Delete { role, yes } => {
            let path = custom(api, &role).await?;
            prompt::agreed(yes, &format!("Delete the role {}?", safe(&role)))?;
            api.delete_current(&path).await?;
            app.out.note("Deleted.");
        }
    }
    Ok(Exit::Ok)
}

/// Where a custom role is.
async fn custom(api: &mut Api, text: &str) -> Result<String> {
    let role = find::role(api, text).await?;
    if role.built_in {
        return Err(CliError::Usage(format!("{} is built in and cannot be changed", role.name)));
    }
    Ok(format!("/roles/{}", role.role))
}

/// What is approved is what was shown: a proposal that changed since is
/// refused by the server.
async fn approve(app: &App, api: &mut Api, role: &str, yes: bool) -> Result<()> {
    let path = custom(api, role).await?;
    let seen = api.get(&path).await?;
    let shown: Role = seen.read()?;
    let Some(proposal) = &shown.proposal else {
        return Err(CliError::Failed(format!("nothing of the role {} waits", safe(role))));
    };
    if !yes {
        app.out.warn_line(&format!("role:    {}", safe(&proposal.name)));
        for (label, words) in [("adds", &proposal.adds), ("removes", &proposal.removes)] {
            if !words.is_empty() {
                app.out.warn_line(&format!("{label:<8} {}", safe(&words.join(", "))));
            }
        }
    }
    prompt::agreed(yes, "Put this into force?")?;
    let body = api.post_seen(&format!("{path}/approve"), &seen, &super::values::Nothing {}).await?;
    said(app, &body, "is in force")
}

async fn list(app: &App, api: &mut Api) -> Result<()> {
    let list = api.list(Query::new("/roles"), &Paging::everything()).await?;
    list.print(&app.out, |items: Vec<Role>| {
        let mut table = Table::new(&["NAME", "STATE", "USERS", "PERMISSIONS", "ID"]);
        for item in items {
            let state = match (item.built_in, item.in_force, item.proposal.is_some()) {
                (true, _, _) => "built in",
                (false, true, false) => "in force",
                (false, true, true) => "in force, a change waits",
                (false, false, _) => "waits for approval",
            };
            table.row([
                item.name,
                state.to_owned(),
                item.users.map(|users| users.to_string()).unwrap_or_default(),
                item.permissions.len().to_string(),
                if item.built_in { String::new() } else { item.role },
            ]);
        }
        table
    })
}

fn show(app: &App, role: &Role) -> Result<()> {
    if app.out.json {
        return app.out.json(role);
    }
    let proposal = role.proposal.as_ref();
    let words = |words: &[String]| Some(words.join(", ")).filter(|text| !text.is_empty());
    app.out.facts(&[
        ("name", Some(role.name.clone())),
        ("id", Some(role.role.clone())),
        ("description", Some(role.description.clone()).filter(|text| !text.is_empty())),
        ("users", role.users.map(|users| users.to_string())),
        ("may", words(&role.permissions)),
        ("proposed name", proposal.map(|one| one.name.clone())),
        ("proposal adds", proposal.and_then(|one| words(&one.adds))),
        ("proposal removes", proposal.and_then(|one| words(&one.removes))),
        ("proposed by", proposal.and_then(|one| one.by.as_ref().map(|by| by.name.clone()))),
    ])
}

async fn can(app: &App, api: &mut Api, role: &Role) -> Result<()> {
    let path = format!("/roles/{}/actions", role.role);
    let list = api.list(Query::new(path), &Paging::everything()).await?;
    list.print(&app.out, |items: Vec<RoleAction>| {
        let mut table = Table::new(&["ACTION", "OWN", "SHARED", "OTHERS'", "LACKS"]);
        let word = |is: bool| if is { "yes" } else { "no" }.to_owned();
        for item in items {
            let shared = item.shared.map_or_else(|| "no".to_owned(), |level| format!("{level}+"));
            table.row([
                item.action,
                word(item.own),
                shared,
                word(item.foreign),
                item.lacks.join(", "),
            ]);
        }
        table
    })
}

async fn permissions(app: &App, api: &mut Api) -> Result<()> {
    let list = api.list(Query::new("/permissions"), &Paging::everything()).await?;
    list.print(&app.out, |items: Vec<Permission>| {
        let mut table = Table::new(&["PERMISSION", "ALLOWS", "ROLES"]);
        for item in items {
            table.row([item.permission, item.description, item.roles.join(", ")]);
        }
        table
    })
}

fn said(app: &App, body: &Body, what: &str) -> Result<()> {
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let role: Role = body.read()?;
    app.out.line(&role.role)?;
    let name = role.proposal.as_ref().map_or(&role.name, |proposal| &proposal.name);
    app.out.note(&format!("The role {} {what}.", safe(name)));
    Ok(())
}
