//! `sekisho offices`: places whose devices share few public addresses.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::api::Api;
use crate::api::gateways::{Gateway, InstallLine, Office};
use crate::api::list::{Paging, Query};
use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::find::find;
use crate::output::table::Table;
use crate::output::text::safe;
use crate::prompt;

/// The verbs of `offices`.
#[derive(Debug, Subcommand)]
pub(crate) enum Offices {
    /// List offices
    #[command(after_help = "Example:\n  sekisho offices list")]
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Show an office
    #[command(after_help = "Example:\n  sekisho offices show Osaka --json")]
    Show {
        /// Id or name
        office: String,
    },
    /// Add an office
    #[command(after_help = "\
Example:
  sekisho offices add Osaka --network 198.51.100.0/24 --gateway dmz")]
    Add(Add),
    /// Remove an office
    #[command(after_help = "Example:\n  sekisho offices delete Osaka --yes")]
    Delete {
        /// Id or name
        office: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Make an enrolment key and the line that installs an agent with it
    #[command(after_help = "Example:\n  sekisho offices install-line Osaka --many")]
    InstallLine {
        /// Id or name
        office: String,
        /// For any number of devices for an hour, instead of one device for a day
        #[arg(long)]
        many: bool,
    },
}

/// The arguments of `offices add`.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// What it is called
    name: String,
    /// A public network of it, e.g. 198.51.100.0/24; may be repeated
    #[arg(long = "network", value_name = "CIDR")]
    networks: Vec<String>,
    /// A gateway its agents use; may be repeated, best first
    #[arg(long = "gateway", value_name = "GATEWAY")]
    gateways: Vec<String>,
    /// What people should know of it
    #[arg(long, value_name = "TEXT", default_value = "")]
    remarks: String,
}

pub(crate) async fn run(app: &App, verb: Offices) -> Result<Exit> {
    let mut api = app.api()?;
    match verb {
        Offices::List { paging } => {
            let list = api.list(Query::new("/offices"), &paging).await?;
            list.print(&app.out, |items: Vec<Office>| {
                let mut table = Table::new(&["NAME", "NETWORKS", "GATEWAYS", "ID"]);
                for item in items {
                    let gateways: Vec<_> = item.gateways.into_iter().map(|one| one.name).collect();
                    table.row([
                        item.name,
                        item.networks.join(", "),
                        gateways.join(", "),
                        item.id.to_string(),
                    ]);
                }
                table
            })?;
        }
        Offices::Show { office } => show(app, &mut api, &office).await?,
        Offices::Add(verb) => {
            let mut gateways = Vec::new();
            for gateway in &verb.gateways {
                gateways.push(find::<Gateway>(&mut api, gateway).await?);
            }
            let request = json!({
                "name": verb.name, "networks": verb.networks, "gateways": gateways,
                "remarks": verb.remarks,
            });
            let body = api.post("/offices", &request).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                let item: Office = body.read()?;
                app.out.line(&item.id.to_string())?;
                app.out.note(&format!("The office {} was added.", safe(&item.name)));
            }
        }
        Offices::Delete { office, yes } => {
            let id = find::<Office>(&mut api, &office).await?;
            prompt::agreed(yes, &format!("Remove the office {}?", safe(&office)))?;
            api.delete_current(&format!("/offices/{id}")).await?;
            app.out.note("Removed.");
        }
        Offices::InstallLine { office, many } => {
            let id = find::<Office>(&mut api, &office).await?;
            let path = format!("/offices/{id}/install-line");
            let request = json!({ "use": if many { "window" } else { "once" } });
            let body = api.post_once(&path, &request).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                let made: InstallLine = body.read()?;
                app.out.line(safe(&made.command).as_ref())?;
                app.out.secret(made.key.expose())?;
                let until = app.out.maybe_time(Some(made.expires_at)).unwrap_or_default();
                app.out.note(&format!("The line asks for the key, which counts until {until}."));
            }
        }
    }
    Ok(Exit::Ok)
}

async fn show(app: &App, api: &mut Api, office: &str) -> Result<()> {
    let id = find::<Office>(api, office).await?;
    let body = api.get(&format!("/offices/{id}")).await?;
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let item: Office = body.read()?;
    let gateways: Vec<_> = item.gateways.iter().map(|one| one.name.as_str()).collect();
    app.out.facts(&[
        ("name", Some(safe(&item.name).to_string())),
        ("id", Some(item.id.to_string())),
        ("networks", Some(safe(&item.networks.join(", ")).to_string())),
        ("gateways", Some(safe(&gateways.join(", ")).to_string())),
        ("remarks", Some(safe(&item.remarks).to_string())),
    ])
}
