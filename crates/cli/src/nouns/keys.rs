//! `sekisho keys`: enrolment keys.

use std::time::Duration;

use clap::{Args, Subcommand};
use sekisho_model::device::{KeyUse, Platform};
use sekisho_model::id::UserId;
use serde::Serialize;

use crate::api::Api;
use crate::api::list::{Paging, Query};
use crate::api::shapes::{EnrolmentKey, NewKey, Reference, User};
use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::find::find;
use crate::nouns::values::Nothing;
use crate::output::table::Table;
use crate::output::text::{parse_span, safe};

/// The port of the agent plane.
const AGENT_PORT: u16 = 8383;

/// The verbs of `keys`.
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Create a key and print it, once
    #[command(after_help = "\
Examples:
  sekisho keys create web-1 --pre-approved
  sekisho keys create rollout --window --valid-for 4h
  sekisho keys create web-1 | ssh root@web-1 \\\n      sekisho-agent enroll --server pam.example.com:8383 --key-file -

When standard output is no terminal, only the key is written to it.")]
    Create(Create),
    /// List keys
    #[command(after_help = "Example:\n  sekisho keys list")]
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// End a key before its time
    #[command(after_help = "Example:\n  sekisho keys revoke rollout")]
    Revoke {
        /// Id or label
        key: String,
    },
}

/// The arguments of `keys create`.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What the key is for
    label: String,
    /// linux, windows or windows_domain
    #[arg(long, default_value_t = Platform::Linux)]
    platform: Platform,
    /// For any number of devices while it is valid, not for one
    #[arg(long)]
    window: bool,
    /// How long it is valid, at most 24h [default: 24h, with --window 1h]
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    valid_for: Option<Duration>,
    /// Devices need no approval after they enrolled
    #[arg(long)]
    pre_approved: bool,
    /// Who will own the resources: id or name; you if not given
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
}

#[derive(Serialize)]
struct Request<'a> {
    label: &'a str,
    platform: Platform,
    r#use: KeyUse,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_for_s: Option<u64>,
    pre_approved: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<UserId>,
}

pub(crate) async fn run(app: &App, verb: Keys) -> Result<Exit> {
    let mut api = app.api()?;
    match verb {
        Keys::Create(verb) => create(app, &mut api, &verb).await?,
        Keys::List { paging } => list(app, &mut api, &paging).await?,
        Keys::Revoke { key } => {
            let id = find::<EnrolmentKey>(&mut api, &key).await?;
            let body = api.post(&format!("/enrolment-keys/{id}/revoke"), &Nothing {}).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                app.out.note("Revoked; devices that enrolled with it are not touched.");
            }
        }
    }
    Ok(Exit::Ok)
}

async fn create(app: &App, api: &mut Api, verb: &Create) -> Result<()> {
    let owner = match &verb.owner {
        Some(owner) => Some(find::<User>(api, owner).await?),
        None => None,
    };
    let request = Request {
        label: &verb.label,
        platform: verb.platform,
        r#use: if verb.window { KeyUse::Window } else { KeyUse::Once },
        valid_for_s: verb.valid_for.map(|length| length.as_secs()),
        pre_approved: verb.pre_approved,
        owner,
    };
    let body = api.post_once("/enrolment-keys", &request).await?;
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let new: NewKey = body.read()?;
    let uses = if verb.window { "any number of devices" } else { "one device" };
    let until = app.out.time(new.expires_at);
    let about = format!("For {uses}, until {until}.");
    let command =
        format!("sekisho-agent enroll --server {}:{AGENT_PORT}", api.server().shown_host());
    let approval = if verb.pre_approved {
        "The device works at once; it was approved beforehand."
    } else {
        "Then compare its fingerprint and approve it:  sekisho devices list --state pending"
    };
    if !app.out.for_person() {
        app.out.secret(new.key.expose())?;
        app.out.note(&format!("{about} On the endpoint: {command} --key-file -"));
        return Ok(());
    }
    app.out.line(&format!("The enrolment key {}, shown this once:\n", safe(&verb.label)))?;
    app.out.secret(new.key.expose())?;
    app.out.line(&format!(
        "\n{about}\n\nOn the endpoint run, as root, and paste the key when asked:\n\n    \
         {command}\n\n{approval}"
    ))
}

async fn list(app: &App, api: &mut Api, paging: &Paging) -> Result<()> {
    api.list(Query::new("/enrolment-keys"), paging).await?.print(
        &app.out,
        |items: Vec<EnrolmentKey>| {
            let mut table = Table::new(&[
                "LABEL",
                "STATE",
                "FOR",
                "USE",
                "USES",
                "LAST USED",
                "EXPIRES",
                "OWNER",
                "ID",
            ]);
            for item in items {
                let approved = if item.pre_approved { ", pre-approved" } else { "" };
                table.row([
                    item.label,
                    item.state,
                    item.platform,
                    format!("{}{approved}", item.key_use),
                    item.uses.to_string(),
                    item.last_used_at.map(|at| app.out.ago(at)).unwrap_or_default(),
                    app.out.ago(item.expires_at),
                    item.owner.as_ref().map(Reference::shown).unwrap_or_default(),
                    item.id.to_string(),
                ]);
            }
            table
        },
    )
}
