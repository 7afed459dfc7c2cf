//! `sekisho accounts`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sekisho_model::account::Presence;
use sekisho_model::id::PasswordPolicyId;
use serde::Serialize;

use crate::api::Api;
use crate::api::list::{Paging, Query};
use crate::api::shapes::{Account, Policy, Reference, Resource, as_line};
use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::find::{self, find};
use crate::nouns::rotation;
use crate::nouns::values::SecretText;
use crate::output::table::Table;
use crate::output::text::safe;
use crate::prompt::{self, Asking};

/// The verbs of `accounts`.
#[derive(Debug, Subcommand)]
pub(crate) enum Accounts {
    /// List accounts
    #[command(after_help = "Example:\n  sekisho accounts list --resource web-1")]
    List(List),
    /// Show one account
    #[command(after_help = "Example:\n  sekisho accounts show web-1/root")]
    Show {
        /// Id or resource/name
        account: String,
    },
    /// Add an account that no agent has found
    #[command(after_help = "Example:\n  sekisho accounts add web-1 admin")]
    Add {
        /// Id or name of the resource
        resource: String,
        /// Name of the account on it
        name: String,
    },
    /// Store a password that somebody set on the host
    #[command(after_help = "\
Examples:
  sekisho accounts set-password web-1/admin
  sekisho accounts set-password web-1/admin --password-file - < password")]
    SetPassword(SetPassword),
    /// Choose the password policy of an account
    #[command(after_help = "Example:\n  sekisho accounts set-policy web-1/root strong")]
    SetPolicy {
        /// Id or resource/name
        account: String,
        /// Id or name of the policy; "none" for that of the resource
        policy: String,
    },
    /// Set how old the password of an account may get, or pause its rotation
    #[command(after_help = rotation::ACCOUNT_EXAMPLE)]
    SetRotation(rotation::OfAccount),
}

/// The arguments of `accounts list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only accounts of this resource, by id or name
    #[arg(long, value_name = "RESOURCE")]
    resource: Option<String>,
    /// Only names that hold this text
    #[arg(long, short = 's', value_name = "TEXT")]
    search: Option<String>,
    /// Only accounts that are "present" or "gone"
    #[arg(long)]
    presence: Option<Presence>,
    #[command(flatten)]
    paging: Paging,
}

/// The arguments of `accounts set-password`.
#[derive(Debug, Args)]
pub(crate) struct SetPassword {
    /// Id or resource/name
    account: String,
    /// File with the password; - for standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(Serialize)]
struct TypedPassword<'a> {
    value: SecretText<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct NewAccount<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct PolicyChange {
    policy: Option<PasswordPolicyId>,
}

pub(crate) async fn run(app: &App, verb: Accounts) -> Result<Exit> {
    let mut api = app.api()?;
    let api = &mut api;
    match verb {
        Accounts::List(verb) => list(app, api, &verb).await?,
        Accounts::Show { account } => {
            let id = find::account(api, &account).await?;
            let body = api.get(&format!("/accounts/{id}")).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                show(app, body.read()?)?;
            }
        }
        Accounts::Add { resource, name } => {
            let id = find::<Resource>(api, &resource).await?;
            let path = format!("/resources/{id}/accounts");
            let body = api.post(&path, &NewAccount { name: &name }).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                let item: Account = body.read()?;
                app.out.line(&item.id.to_string())?;
                app.out.note(&format!("The account {} was added.", safe(&item.path())));
            }
        }
        Accounts::SetRotation(verb) => rotation::of_account(app, api, &verb).await?,
        Accounts::SetPassword(verb) => set_password(app, api, &verb).await?,
        Accounts::SetPolicy { account, policy } => {
            let id = find::account(api, &account).await?;
            let policy = match policy.as_str() {
                "none" => None,
                name => Some(find::<Policy>(api, name).await?),
            };
            let body = api.patch(&format!("/accounts/{id}"), &PolicyChange { policy }).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                app.out.note("The policy holds from the next reset on.");
            }
        }
    }
    Ok(Exit::Ok)
}

async fn list(app: &App, api: &mut Api, verb: &List) -> Result<()> {
    let resource = match &verb.resource {
        Some(resource) => Some(find::<Resource>(api, resource).await?.to_string()),
        None => None,
    };
    let query = Query::new("/accounts")
        .with("resource", resource.as_deref())
        .with("q", verb.search.as_deref())
        .with("presence", verb.presence.map(Presence::as_str));
    api.list(query, &verb.paging).await?.print(&app.out, |items: Vec<Account>| {
        let mut table =
            Table::new(&["ACCOUNT", "PASSWORD", "SINCE", "LAST VERIFY", "PRESENCE", "ORDER"]);
        for item in items {
            table.row([
                item.path(),
                item.knowledge,
                app.out.maybe_time(item.current.and_then(|it| it.since)).unwrap_or_default(),
                item.last_verify
                    .map(|it| format!("{}, {}", it.result, app.out.ago(it.at)))
                    .unwrap_or_default(),
                item.presence,
                item.open_order.map(|order| order.state).unwrap_or_default(),
            ]);
        }
        table
    })
}

fn show(app: &App, item: Account) -> Result<()> {
    let current = item
        .current
        .as_ref()
        .map(|it| format!("number {}, {}, {}", it.number, it.state, it.origin));
    let mut facts = vec![
        ("account", Some(item.path())),
        ("id", Some(item.id.to_string())),
        ("id on the host", item.native_id),
        ("presence", Some(item.presence)),
        ("source", item.source),
        ("password", Some(item.knowledge)),
        ("on the host", item.password_field),
        ("version", current),
        ("since", app.out.maybe_time(item.current.and_then(|it| it.since))),
        (
            "last verify",
            item.last_verify.map(|it| {
                let by = it.agent_version.map(|version| format!(", by agent {version}"));
                format!("{}, {}{}", it.result, app.out.time(it.at), by.unwrap_or_default())
            }),
        ),
        ("open order", item.open_order.map(|order| format!("{} {}", order.state, order.id))),
        ("policy", item.policy.as_ref().map(Reference::shown)),
    ];
    if let Some(rotation) = item.rotation {
        facts.extend(rotation::facts(app, rotation));
    }
    let more = item.facts.unwrap_or_default();
    let named: Vec<(String, String)> =
        more.iter().map(|(name, value)| (name.replace('_', " "), as_line(value))).collect();
    for (name, value) in &named {
        facts.push((name, Some(value.clone())));
    }
    app.out.facts(&facts)
}

async fn set_password(app: &App, api: &mut Api, verb: &SetPassword) -> Result<()> {
    let id = find::account(api, &verb.account).await?;
    let what = format!("the password of {}", safe(&verb.account));
    let password =
        prompt::secret(verb.password_file.as_deref(), &what, "--password-file", Asking::Twice)?;
    let request = TypedPassword {
        value: SecretText::new(&password, "the password")?,
        reason: verb.reason.as_deref(),
    };
    let body = api.put(&format!("/accounts/{id}/password"), &request).await?;
    if app.out.json && !body.json.is_empty() {
        app.out.raw_json(&body.json)?;
    } else {
        app.out.note(&format!(
            "Stored, unverified. To check it on the host: sekisho verify {}",
            safe(&verb.account)
        ));
    }
    Ok(())
}
