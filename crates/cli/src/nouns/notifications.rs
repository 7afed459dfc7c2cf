//! `sekisho notifications`: what became of one's own resets and checks.

use clap::Subcommand;
use serde::Serialize;

use crate::api::agents::{Notification, NotificationCounts};
use crate::api::list::{Paging, Query};
use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::nouns::values::Nothing;
use crate::output::table::Table;

/// The verbs of `notifications`.
#[derive(Debug, Subcommand)]
pub(crate) enum Notifications {
    /// List the resets and checks you have asked for, of the last 30 days
    #[command(after_help = "Example:\n  sekisho notifications list")]
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Count what waits, and what you have not read yet
    #[command(after_help = "Example:\n  sekisho notifications count --json")]
    Count,
    /// Mark everything as read
    #[command(after_help = "Example:\n  sekisho notifications read")]
    Read,
    /// Choose kinds that are not counted; none: all are
    #[command(after_help = "\
Examples:
  sekisho notifications mute reset_done verify_done
  sekisho notifications mute")]
    Mute {
        /// reset_done, reset_failed, verify_done, verify_failed
        kinds: Vec<String>,
    },
}

#[derive(Serialize)]
struct Muted<'a> {
    muted: &'a [String],
}

pub(crate) async fn run(app: &App, verb: Notifications) -> Result<Exit> {
    let mut api = app.api()?;
    match verb {
        Notifications::List { paging } => {
            let list = api.list(Query::new("/notifications"), &paging).await?;
            list.print(&app.out, |items: Vec<Notification>| {
                let mut table =
                    Table::new(&["", "ACCOUNT", "TASK", "OUTCOME", "ASKED FOR", "ENDED", "ID"]);
                for item in items {
                    let outcome = match (item.kind, item.verified, item.retried) {
                        (_, _, true) => "failed, tried again".to_owned(),
                        (Some(_), Some(verified), _) => verified,
                        (Some(kind), None, _) => kind,
                        (None, _, false) => item.state,
                    };
                    let account = item.account.map(|account| account.name).unwrap_or_default();
                    table.row([
                        if item.read { String::new() } else { "new".to_owned() },
                        format!("{}/{account}", item.resource.name),
                        item.operation,
                        outcome,
                        app.out.ago(item.created_at),
                        item.ended_at.map(|at| app.out.ago(at)).unwrap_or_default(),
                        item.order.to_string(),
                    ]);
                }
                table
            })?;
        }
        Notifications::Count => {
            let body = api.get("/notifications/counts").await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
                return Ok(Exit::Ok);
            }
            let counts: NotificationCounts = body.read()?;
            app.out.facts(&[
                ("resets that wait", Some(counts.waiting_resets.to_string())),
                ("checks that wait", Some(counts.waiting_verifies.to_string())),
                ("not read yet", Some(counts.unread.to_string())),
            ])?;
        }
        Notifications::Read => {
            api.post("/notifications/read-all", &Nothing {}).await?;
            app.out.note("Everything counts as read.");
        }
        Notifications::Mute { kinds } => {
            let body = api.put("/notifications/settings", &Muted { muted: &kinds }).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else if kinds.is_empty() {
                app.out.note("Every kind is counted.");
            } else {
                app.out.note(&format!("Not counted: {}.", kinds.join(", ")));
            }
        }
    }
    Ok(Exit::Ok)
}
