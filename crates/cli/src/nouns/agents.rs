//! `sekisho agents`.

use clap::Subcommand;

use crate::api::list::{Paging, Query};
use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::nouns::devices;

/// The verbs of `agents`.
#[derive(Debug, Subcommand)]
pub(crate) enum Agents {
    /// List the agents of the resources you own
    #[command(after_help = "Example:\n  sekisho agents list")]
    List {
        #[command(flatten)]
        paging: Paging,
    },
}

pub(crate) async fn run(app: &App, verb: Agents) -> Result<Exit> {
    let Agents::List { paging } = verb;
    let list = app.api()?.list(Query::new("/agents"), &paging).await?;
    list.print(&app.out, |items| devices::table(&app.out, items))?;
    Ok(Exit::Ok)
}
