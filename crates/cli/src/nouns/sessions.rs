//! `sekisho sessions`: where one is signed in.

use clap::Subcommand;
use sekisho_model::id::LoginSessionId;

use crate::api::shapes::{Ended, OwnSessions};
use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::table::Table;

/// The verbs of `sessions`.
#[derive(Debug, Subcommand)]
pub(crate) enum Sessions {
    /// List where you are signed in
    #[command(after_help = "Example:\n  sekisho sessions list")]
    List,
    /// End one of your sessions
    #[command(after_help = "Example:\n  sekisho sessions end 0193e4a0-7c1b-7000-8000-000000000001")]
    End {
        /// Its id, as the list shows it
        id: LoginSessionId,
    },
    /// End all your sessions in browsers; the token of this program stays
    #[command(after_help = "Example:\n  sekisho sessions end-all")]
    EndAll,
}

pub(crate) async fn run(app: &App, verb: Sessions) -> Result<Exit> {
    let mut api = app.api()?;
    match verb {
        Sessions::List => {
            let body = api.get("/me/sessions").await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
                return Ok(Exit::Ok);
            }
            let sessions: OwnSessions = body.read()?;
            let mut table =
                Table::new(&["SIGNED IN", "LAST SEEN", "FROM", "PROGRAM", "PROVED BY", "ID"]);
            for session in sessions.items {
                let ago = |at: Option<_>| at.map(|at| app.out.ago(at)).unwrap_or_default();
                table.row([
                    ago(session.created_at),
                    ago(session.last_seen_at),
                    session.address.unwrap_or_default(),
                    session.client.unwrap_or_default(),
                    session.methods.join(", "),
                    session.id.to_string(),
                ]);
            }
            app.out.table(table)?;
        }
        Sessions::End { id } => {
            api.delete(&format!("/me/sessions/{id}")).await?;
            app.out.note("Ended.");
        }
        Sessions::EndAll => {
            let body = api.delete("/me/sessions").await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                let Ended { ended } = body.read()?;
                app.out.note(&format!("{ended} ended."));
            }
        }
    }
    Ok(Exit::Ok)
}
