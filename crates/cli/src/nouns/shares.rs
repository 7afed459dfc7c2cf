//! `sekisho shares`: what is shared with whom.

use std::time::Duration;

use clap::{Args, Subcommand};
use sekisho_model::clock::SystemClock;
use sekisho_model::id::{ShareId, UserGroupId, UserId};
use sekisho_model::share::Level;
use sekisho_model::{Clock, Timestamp};
use serde::Serialize;

use crate::api::access::Share;
use crate::api::list::{Paging, Query};
use crate::api::shapes::{Group, Resource};
use crate::api::{Api, Body};
use crate::app::App;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::find;
use crate::nouns::object::Object;
use crate::output::table::Table;
use crate::output::text::{parse_span, safe};
use crate::prompt;

/// The verbs of `shares`.
#[derive(Debug, Subcommand)]
pub(crate) enum Shares {
    /// List shares: of an object, with somebody, or with you
    #[command(after_help = "\
Examples:
  sekisho shares list
  sekisho shares list --resource web-1
  sekisho shares list --user bob")]
    List(List),
    /// Share a resource, an account or a resource group
    ///
    /// The most specific share counts, even when it is weaker: account before
    /// resource before group, user before user group.
    #[command(after_help = "\
Examples:
  sekisho shares add --resource web-1 --with bob --level modify
  sekisho shares add --account web-1/root --with-group operators --level view --for 8h")]
    Add(Add),
    /// Change how far a share goes, or when it ends
    #[command(after_help = "Example:\n  sekisho shares edit SHARE-ID --level view --for 8h")]
    Edit(Edit),
    /// Take a share back
    #[command(after_help = "Example:\n  sekisho shares remove SHARE-ID --yes")]
    Remove {
        /// Its id
        share: ShareId,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// The arguments of `shares list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Of this resource
    #[arg(long, value_name = "RESOURCE", group = "whose")]
    resource: Option<String>,
    /// Of this account
    #[arg(long, value_name = "ACCOUNT", group = "whose")]
    account: Option<String>,
    /// Of this resource group
    #[arg(long, value_name = "GROUP", group = "whose")]
    group: Option<String>,
    /// With this user and their groups, of what you own
    #[arg(long, value_name = "USER", group = "whose")]
    user: Option<String>,
    /// With this user group, of what you own
    #[arg(long, value_name = "USER-GROUP", group = "whose")]
    user_group: Option<String>,
    #[command(flatten)]
    paging: Paging,
}

/// The arguments of `shares add`.
#[derive(Debug, Args)]
pub(crate) struct Add {
    #[command(flatten)]
    object: Object,
    /// Id or name of the user
    #[arg(long, value_name = "USER", required_unless_present = "with_group")]
    with: Option<String>,
    /// Id or name of the user group
    #[arg(long, value_name = "USER-GROUP", conflicts_with = "with")]
    with_group: Option<String>,
    /// view, modify or full
    #[arg(long)]
    level: Level,
    #[command(flatten)]
    end: End,
}

/// When it ends by itself.
#[derive(Debug, Args)]
pub(crate) struct End {
    /// It ends by itself after so long
    #[arg(long = "for", value_name = "TIME", value_parser = parse_span)]
    lasts: Option<Duration>,
    /// It ends by itself then (2026-01-31T09:00:00Z)
    #[arg(long, value_name = "WHEN", conflicts_with = "lasts")]
    until: Option<Timestamp>,
}

impl End {
    fn at(&self) -> Option<String> {
        let end = self.until.or_else(|| self.lasts.map(|lasts| SystemClock.now().plus(lasts)));
        end.map(|end| end.to_string())
    }
}

/// The arguments of `shares edit`.
#[derive(Debug, Args)]
pub(crate) struct Edit {
    /// Its id
    share: ShareId,
    /// view, modify or full
    #[arg(long)]
    level: Option<Level>,
    #[command(flatten)]
    end: End,
    /// It does not end by itself any more
    #[arg(long, conflicts_with_all = ["lasts", "until"])]
    forever: bool,
}

#[derive(Serialize)]
struct NewShare {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_group: Option<UserGroupId>,
    level: Level,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

#[derive(Serialize)]
struct ShareChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Option<String>>,
}

pub(crate) async fn run(app: &App, verb: Shares) -> Result<Exit> {
    let mut api = app.api()?;
    let api = &mut api;
    match verb {
        Shares::List(verb) => list(app, api, &verb).await?,
        Shares::Add(verb) => {
            let path = format!("{}/shares", verb.object.path(api).await?);
            let (user, user_group) = match (&verb.with, &verb.with_group) {
                (Some(user), _) => (Some(find::user(api, user).await?), None),
                (None, Some(group)) => (None, Some(find::user_group(api, group).await?)),
                (None, None) => (None, None),
            };
            let request =
                NewShare { user, user_group, level: verb.level, expires_at: verb.end.at() };
            let body = api.post(&path, &request).await?;
            said(app, &body, "Shared.")?;
        }
        Shares::Edit(verb) => {
            let end = verb.end.at();
            let expires_at = if verb.forever { Some(None) } else { end.map(Some) };
            if verb.level.is_none() && expires_at.is_none() {
                let detail = "nothing to change; give --level, --for, --until or --forever";
                return Err(CliError::Usage(detail.to_owned()));
            }
            let request = ShareChange { level: verb.level, expires_at };
            let body = api.patch(&format!("/shares/{}", verb.share), &request).await?;
            said(app, &body, "Changed.")?;
        }
        Shares::Remove { share, yes } => {
            prompt::agreed(yes, &format!("Take the share {share} back?"))?;
            api.delete_current(&format!("/shares/{share}")).await?;
            app.out.note("Taken back.");
        }
    }
    Ok(Exit::Ok)
}

async fn list(app: &App, api: &mut Api, verb: &List) -> Result<()> {
    let query = if let Some(resource) = &verb.resource {
        let id = find::find::<Resource>(api, resource).await?;
        Query::new(format!("/resources/{id}/shares"))
    } else if let Some(account) = &verb.account {
        Query::new(format!("/accounts/{}/shares", find::account(api, account).await?))
    } else if let Some(group) = &verb.group {
        let id = find::find::<Group>(api, group).await?;
        Query::new(format!("/resource-groups/{id}/shares"))
    } else if let Some(user) = &verb.user {
        let id = find::user(api, user).await?.to_string();
        Query::new("/shares").with("user", Some(&id))
    } else if let Some(group) = &verb.user_group {
        let id = find::user_group(api, group).await?.to_string();
        Query::new("/shares").with("user_group", Some(&id))
    } else {
        Query::new("/shares")
    };
    api.list(query, &verb.paging).await?.print(&app.out, |items: Vec<Share>| {
        let mut table = Table::new(&["KIND", "OBJECT", "WITH", "LEVEL", "ENDS", "SHARED BY", "ID"]);
        for item in items {
            let with = match item.with.kind.as_str() {
                "user_group" => format!("group {}", item.with.name),
                _ => item.with.name,
            };
            let ends = match (item.ended, item.expires_at) {
                (true, _) => "ended".to_owned(),
                (false, at) => app.out.maybe_time(at).unwrap_or_default(),
            };
            table.row([
                item.object.kind.replace('_', " "),
                item.object.path(),
                with,
                item.level,
                ends,
                item.created_by.map(|by| by.shown()).unwrap_or_default(),
                item.id.to_string(),
            ]);
        }
        table
    })
}

fn said(app: &App, body: &Body, sentence: &str) -> Result<()> {
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let item: Share = body.read()?;
    app.out.line(&item.id.to_string())?;
    app.out.note(&format!(
        "{sentence} {} with {}: {}",
        safe(&item.object.path()),
        safe(&item.with.name),
        safe(&item.level)
    ));
    Ok(())
}
