//! `sekisho mail`: one's own address, and the mail of the server.

use clap::Subcommand;
use sekisho_model::id::MailId;
use serde::Serialize;

use crate::api::list::{Paging, Query};
use crate::api::reports::{Mail as MailShape, MailStatus, OwnMail};
use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::nouns::values::Nothing;
use crate::output::table::Table;
use crate::prompt;

/// The verbs of `mail`.
#[derive(Debug, Subcommand)]
pub(crate) enum Mail {
    /// Show your address, and what you are told by mail
    #[command(after_help = "Example:\n  sekisho mail show")]
    Show,
    /// Set your address, and what you are told by mail
    #[command(after_help = "\
Examples:
  sekisho mail set ann@example.jp
  sekisho mail set ann@example.jp --tell reset_failed --tell verify_failed")]
    Set {
        /// Your address
        address: String,
        /// Tell me by mail of tasks that ended so: reset_done, reset_failed,
        /// verify_done, verify_failed; none: only reports are sent
        #[arg(long, value_name = "KIND")]
        tell: Vec<String>,
    },
    /// Remove your address; nothing is sent to you
    #[command(after_help = "Example:\n  sekisho mail unset")]
    Unset,
    /// Show how the mail of the server is doing
    #[command(after_help = "Example:\n  sekisho mail status --json")]
    Status,
    /// List the mails of the server, without their texts
    #[command(after_help = "Example:\n  sekisho mail list --state dead")]
    List {
        /// Only those that are waiting, sent or dead
        #[arg(long)]
        state: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Send a mail that was given up after all
    #[command(after_help = "\
Example:
  sekisho mail send-again 0193e4a0-7c1b-7000-8000-000000000000")]
    SendAgain {
        /// Its id
        mail: MailId,
    },
    /// Throw away a mail that was given up
    #[command(after_help = "\
Example:
  sekisho mail discard 0193e4a0-7c1b-7000-8000-000000000000 --yes")]
    Discard {
        /// Its id
        mail: MailId,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Serialize)]
struct OwnMailRequest<'a> {
    address: Option<&'a str>,
    tasks: bool,
    kinds: &'a [String],
}

pub(crate) async fn run(app: &App, verb: Mail) -> Result<Exit> {
    let mut api = app.api()?;
    match verb {
        Mail::Show => {
            let body = api.get("/me/mail").await?;
            show(app, &body)?;
        }
        Mail::Set { address, tell } => {
            let request =
                OwnMailRequest { address: Some(&address), tasks: !tell.is_empty(), kinds: &tell };
            let body = api.put("/me/mail", &request).await?;
            show(app, &body)?;
        }
        Mail::Unset => {
            let request = OwnMailRequest { address: None, tasks: false, kinds: &[] };
            let body = api.put("/me/mail", &request).await?;
            show(app, &body)?;
        }
        Mail::Status => {
            let body = api.get("/mail/status").await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
                return Ok(Exit::Ok);
            }
            let status: MailStatus = body.read()?;
            app.out.facts(&[
                ("mail server", Some(status.server.unwrap_or_else(|| "none".to_owned()))),
                ("from", status.from),
                ("waiting", Some(status.waiting.to_string())),
                ("given up", Some(status.dead.to_string())),
                ("problem", status.problem),
                ("since", app.out.maybe_time(status.problem_since)),
            ])?;
        }
        Mail::List { state, paging } => {
            let query = Query::new("/mail").with("state", state.as_deref());
            let list = api.list(query, &paging).await?;
            list.print(&app.out, |items: Vec<MailShape>| {
                let mut table = Table::new(&[
                    "WRITTEN", "KIND", "FOR", "TO", "STATE", "TRIES", "NEXT", "PROBLEM", "ID",
                ]);
                for item in items {
                    table.row([
                        app.out.ago(item.created_at),
                        item.kind,
                        item.user.map(|user| user.name).unwrap_or_default(),
                        item.address,
                        item.state,
                        item.attempts.to_string(),
                        item.next_try_at.map(|at| app.out.ago(at)).unwrap_or_default(),
                        item.problem.unwrap_or_default(),
                        item.id.to_string(),
                    ]);
                }
                table
            })?;
        }
        Mail::SendAgain { mail } => {
            api.post(&format!("/mail/{mail}/send-again"), &Nothing {}).await?;
            app.out.note("It waits to be sent.");
        }
        Mail::Discard { mail, yes } => {
            prompt::agreed(yes, "Throw this mail away?")?;
            api.delete(&format!("/mail/{mail}")).await?;
            app.out.note("Thrown away.");
        }
    }
    Ok(Exit::Ok)
}

fn show(app: &App, body: &crate::api::Body) -> Result<()> {
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let own: OwnMail = body.read()?;
    let told = if own.tasks { own.kinds.join(", ") } else { "nothing".to_owned() };
    app.out.facts(&[
        ("address", Some(own.address.unwrap_or_else(|| "none".to_owned()))),
        ("told by mail", Some(told)),
    ])?;
    if !own.available {
        app.out.note("This server sends no mail.");
    }
    Ok(())
}
