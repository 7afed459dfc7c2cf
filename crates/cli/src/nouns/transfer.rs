//! `sekisho resources transfer`: giving resources to another owner.

use clap::Args;
use sekisho_model::id::{ResourceId, UserId};
use serde::Serialize;

use crate::api::Api;
use crate::api::access::Transfers;
use crate::api::shapes::Resource;
use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::find::{self, find};
use crate::output::table::Table;
use crate::output::text::safe;
use crate::prompt;

/// The help of `resources transfer`.
pub(super) const EXAMPLE: &str = "\
Examples:
  sekisho resources transfer web-1 web-2 --to bob --reason 'ann left'
  sekisho resources transfer --all-of ann --to bob --dry-run

The former owner keeps nothing, and the agents go along. Ends with 1 when one was refused.";

/// The arguments of `resources transfer`.
#[derive(Debug, Args)]
pub(crate) struct Transfer {
    /// Ids or names
    #[arg(required_unless_present = "all_of", conflicts_with = "all_of")]
    resources: Vec<String>,
    /// Every resource of this user
    #[arg(long, value_name = "USER")]
    all_of: Option<String>,
    /// Id or name of the new owner
    #[arg(long, value_name = "USER")]
    to: String,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Only say what would happen
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

#[derive(Serialize)]
struct Request<'a> {
    to: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<&'a [ResourceId]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<UserId>,
    reason: &'a str,
    dry_run: bool,
}

/// The most resources of one request.
const AT_ONCE: usize = 200;

pub(super) async fn run(app: &App, api: &mut Api, verb: &Transfer) -> Result<Exit> {
    let to = find::user(api, &verb.to).await?;
    let from = match &verb.all_of {
        Some(user) => Some(find::user(api, user).await?),
        None => None,
    };
    let mut ids = Vec::with_capacity(verb.resources.len());
    for resource in &verb.resources {
        ids.push(find::<Resource>(api, resource).await?);
    }
    if !verb.dry_run {
        let what = match &verb.all_of {
            Some(user) => format!("every resource of {}", safe(user)),
            None => format!("{} resources", ids.len()),
        };
        let question =
            format!("Give {what} to {}? The former owner keeps nothing.", safe(&verb.to));
        prompt::agreed(verb.yes, &question)?;
    }
    let request = |resources, from| Request {
        to,
        resources,
        from,
        reason: &verb.reason,
        dry_run: verb.dry_run,
    };
    let mut refused = false;
    let mut first = true;
    let mut chunks = ids.chunks(AT_ONCE);
    loop {
        let request = match (from, chunks.next()) {
            (Some(from), _) => request(None, Some(from)),
            (None, Some(chunk)) => request(Some(chunk), None),
            (None, None) => break,
        };
        let body = api.post("/resources/transfer", &request).await?;
        let done: Transfers = body.read()?;
        let some_refused = done.items.iter().any(|row| row.outcome == "refused");
        let none_left = done.items.iter().all(|row| row.outcome == "refused");
        refused |= some_refused;
        let more = done.more;
        print(app, &body.json, done, first)?;
        first = false;
        // What was given is not listed again; what was refused would be.
        if from.is_some() && (!more || verb.dry_run || none_left) {
            if more {
                app.out.note("there is more; what is shown is the first part");
            }
            break;
        }
    }
    Ok(if refused { Exit::Refused } else { Exit::Ok })
}

fn print(app: &App, json: &[u8], done: Transfers, first: bool) -> Result<()> {
    if app.out.json {
        return app.out.raw_json(json);
    }
    if done.items.is_empty() {
        if first {
            app.out.note("nothing to give");
        }
        return Ok(());
    }
    let mut table = Table::new(&["RESOURCE", "OUTCOME", "LEAVES GROUPS", "ENDED SHARES", "WHY"]);
    for row in done.items {
        table.row([
            row.name.unwrap_or(row.id),
            row.outcome.replace('_', " "),
            row.left_groups.to_string(),
            row.ended_shares.to_string(),
            row.detail.unwrap_or_default(),
        ]);
    }
    app.out.table(table)
}
