//! `sekisho reset`, `verify` and `orders`.

use clap::{Args, Subcommand};
use sekisho_model::id::OrderId;
use serde::Serialize;

use crate::api::Api;
use crate::api::list::{Paging, Query};
use crate::api::shapes::{Device, Order, Reference, as_line};
use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::find::{self, find};
use crate::nouns::values::{Nothing, Reason};
use crate::nouns::watch::{self, Waiting};
use crate::output::table::Table;

pub(crate) const RESET_EXAMPLE: &str = "\
Examples:
  sekisho reset web-1/root --reason 'quarterly rotation'
  sekisho reset web-1/root --no-wait --json

Waits until the order is finished unless --no-wait. Ctrl-C ends the waiting,
not the order.";

pub(crate) const VERIFY_EXAMPLE: &str = "\
Examples:
  sekisho verify web-1/root
  sekisho verify web-1/root --quiet || echo 'does not work'

Exit code 0: in sync; 1: out of sync, locked, disabled or expired; 5: the host
gave no answer.";

/// The arguments of `reset`.
#[derive(Debug, Args)]
pub(crate) struct Reset {
    /// Id or resource/name
    account: String,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Also when the server advises against it
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    waiting: Waiting,
}

/// The arguments of `verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Id or resource/name
    account: String,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    waiting: Waiting,
}

/// The verbs of `orders`.
#[derive(Debug, Subcommand)]
pub(crate) enum Orders {
    /// List orders
    #[command(after_help = "Example:\n  sekisho orders list --state open --mine")]
    List(List),
    /// Show one order
    #[command(after_help = "\
Example:
  sekisho orders show 0193e4a0-7c1b-7000-8000-000000000000")]
    Show {
        /// Id of the order
        order: OrderId,
    },
    /// Withdraw an order that was not delivered yet
    #[command(after_help = "\
Example:
  sekisho orders cancel 0193e4a0-7c1b-7000-8000-000000000000")]
    Cancel {
        /// Id of the order
        order: OrderId,
    },
}

/// The arguments of `orders list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only for this account: id or resource/name
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Only for this device: id or host name
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
    /// Only my own
    #[arg(long)]
    mine: bool,
    /// Only in this state; "open" for all that are not finished
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    #[command(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
struct ResetRequest<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    force: bool,
}

pub(crate) async fn reset(app: &App, verb: Reset) -> Result<Exit> {
    let mut api = app.api()?;
    let id = find::account(&mut api, &verb.account).await?;
    let request = ResetRequest { reason: verb.reason.as_deref(), force: verb.force };
    let body = api.post(&format!("/accounts/{id}/reset"), &request).await?;
    let order = watch::accepted(app, &verb.waiting, body)?;
    watch::follow(app, &mut api, order, &verb.waiting).await
}

pub(crate) async fn verify(app: &App, verb: Verify) -> Result<Exit> {
    let mut api = app.api()?;
    let id = find::account(&mut api, &verb.account).await?;
    let request = Reason { reason: verb.reason.as_deref() };
    let body = api.post(&format!("/accounts/{id}/verify"), &request).await?;
    let order = watch::accepted(app, &verb.waiting, body)?;
    watch::follow(app, &mut api, order, &verb.waiting).await
}

pub(crate) async fn run(app: &App, verb: Orders) -> Result<Exit> {
    let mut api = app.api()?;
    match verb {
        Orders::List(verb) => list(app, &mut api, &verb).await?,
        Orders::Show { order } => {
            let body = api.get(&format!("/orders/{order}")).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                show(app, &body.read()?)?;
            }
        }
        Orders::Cancel { order } => {
            let body = api.post(&format!("/orders/{order}/cancel"), &Nothing {}).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                app.out.note("Cancelled; it never reached its device.");
            }
        }
    }
    Ok(Exit::Ok)
}

async fn list(app: &App, api: &mut Api, verb: &List) -> Result<()> {
    let account = match &verb.account {
        Some(account) => Some(find::account(api, account).await?.to_string()),
        None => None,
    };
    let device = match &verb.device {
        Some(device) => Some(find::<Device>(api, device).await?.to_string()),
        None => None,
    };
    let query = Query::new("/orders")
        .with("account", account.as_deref())
        .with("device", device.as_deref())
        .with("mine", verb.mine.then_some("true"))
        .with("state", verb.state.as_deref());
    api.list(query, &verb.paging).await?.print(&app.out, |items: Vec<Order>| {
        let mut table = Table::new(&["OPERATION", "FOR", "STATE", "BY", "GIVEN", "ID"]);
        for item in items {
            table.row([
                item.operation.clone(),
                item.target(),
                held(&item),
                item.initiator.as_ref().map_or_else(|| "server".to_owned(), Reference::shown),
                app.out.ago(item.created_at),
                item.id.to_string(),
            ]);
        }
        table
    })
}

/// The state, and why an order waits although its agent may be there.
fn held(item: &Order) -> String {
    match &item.held {
        Some(why) => format!("{}, {why}", item.state),
        None => item.state.to_string(),
    }
}

fn show(app: &App, item: &Order) -> Result<()> {
    app.out.facts(&[
        ("order", Some(item.id.to_string())),
        ("operation", Some(item.operation.clone())),
        ("for", Some(item.target())),
        ("state", Some(item.state.to_string())),
        ("device", item.device.as_ref().map(as_line)),
        ("given by", item.initiator.as_ref().map(Reference::shown)),
        ("reason", item.reason.clone()),
        ("attempt", item.attempt.map(|attempt| attempt.to_string())),
        ("given", Some(app.out.time(item.created_at))),
        ("delivered", app.out.maybe_time(item.delivered_at)),
        ("finished", app.out.maybe_time(item.finished_at)),
        ("expires", app.out.maybe_time(item.expires_at).filter(|_| !item.state.is_terminal())),
        ("result", item.result.as_ref().map(as_line)),
    ])
}
