//! `sekisho settings`: what the server began with, and where it was told.

use serde::Deserialize;

use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::table::Table;

/// The arguments of `settings`.
#[derive(Debug, clap::Args)]
pub(crate) struct Settings {
    /// Only those that somebody gave
    #[arg(long)]
    given: bool,
}

#[derive(Deserialize)]
struct List {
    items: Vec<Setting>,
}

#[derive(Deserialize)]
struct Setting {
    key: String,
    value: Option<String>,
    #[serde(default)]
    hidden: bool,
    source: String,
    file: Option<String>,
}

pub(crate) async fn run(app: &App, Settings { given }: Settings) -> Result<Exit> {
    let body = app.api()?.get("/system/settings").await?;
    if app.out.json {
        app.out.raw_json(&body.json)?;
        return Ok(Exit::Ok);
    }
    let list: List = body.read()?;
    let mut table = Table::new(&["SETTING", "VALUE", "GIVEN IN"]);
    for Setting { key, value, hidden, source, file } in list.items {
        if given && source == "default" {
            continue;
        }
        let value = match value {
            Some(value) => value,
            None if hidden => "(given, not shown)".to_owned(),
            None => String::new(),
        };
        let place = match source.as_str() {
            "default" => String::new(),
            "command_line" => "command line".to_owned(),
            _ => file.unwrap_or(source),
        };
        table.row([key, value, place]);
    }
    app.out.table(table)?;
    Ok(Exit::Ok)
}
