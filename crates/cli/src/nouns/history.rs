//! `sekisho history`.

use clap::Args;
use sekisho_model::id::SecretVersionId;

use crate::api::list::{Paging, Query};
use crate::api::shapes::{Version, as_line};
use crate::app::App;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::find;
use crate::nouns::reveal;
use crate::output::table::Table;
use crate::prompt;

pub(crate) const EXAMPLE: &str = "\
Examples:
  sekisho history web-1/root
  sekisho history web-1/root --reveal 3 --reason 'restored an old image'";

/// The arguments of `history`.
#[derive(Debug, Args)]
pub(crate) struct History {
    /// Id or resource/name
    account: String,
    /// Show the value of this version, by number or id
    #[arg(long, value_name = "VERSION")]
    reveal: Option<String>,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", requires = "reveal")]
    reason: Option<String>,
    /// Leave the value on the terminal
    #[arg(long, requires = "reveal")]
    no_hide: bool,
    #[command(flatten)]
    paging: Paging,
}

pub(crate) async fn run(app: &App, verb: History) -> Result<Exit> {
    let mut api = app.api()?;
    let id = find::account(&mut api, &verb.account).await?;
    let path = format!("/accounts/{id}/history");
    let Some(wanted) = &verb.reveal else {
        let list = api.list(Query::new(path), &verb.paging).await?;
        list.print(&app.out, |items: Vec<Version>| {
            let mut table =
                Table::new(&["NUMBER", "STATE", "ORIGIN", "CREATED", "STATE SINCE", "EVIDENCE"]);
            for item in items {
                table.row([
                    item.number.to_string(),
                    item.state,
                    item.origin,
                    app.out.time(item.created_at),
                    app.out.maybe_time(item.state_changed_at).unwrap_or_default(),
                    item.evidence.as_ref().map(as_line).unwrap_or_default(),
                ]);
            }
            table
        })?;
        return Ok(Exit::Ok);
    };
    let version: SecretVersionId = match (wanted.parse(), wanted.parse::<u64>()) {
        (Ok(id), _) => id,
        (Err(_), Ok(number)) => {
            let list = api.list(Query::new(path), &Paging::everything()).await?;
            let versions: Vec<Version> = list.items()?;
            let found = versions.into_iter().find(|version| version.number == number);
            found.map(|version| version.version).ok_or_else(|| {
                CliError::Failed(format!("the password has no version number {number}"))
            })?
        }
        (Err(error), Err(_)) => return Err(CliError::Usage(error.to_string())),
    };
    let reason = prompt::text(verb.reason.as_deref(), "the reason", "--reason TEXT")?;
    let body = reveal::former(&mut api, id, version, &reason).await?;
    reveal::print(&app.out, &body, &verb.account, verb.no_hide)
}
