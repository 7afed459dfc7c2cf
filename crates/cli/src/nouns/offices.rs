//! `sekisho offices`: places whose devices share few public addresses.

use clap::{Args, Subcommand};
use sekisho_model::id::GatewayId;
use serde_json::json;

use crate::api::gateways::{Gateway, InstallLine, Office};
use crate::api::list::{Paging, Query};
use crate::api::{Api, Body};
use crate::app::App;
use crate::error::{CliError, Result};
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
    /// Change an office; what is not named stays
    #[command(after_help = "\
Examples:
  sekisho offices set Osaka --gateway dmz-2 --gateway dmz-1
  sekisho offices set Osaka --any-gateway")]
    Set(Set),
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

/// The arguments of `offices set`.
#[derive(Debug, Args)]
pub(crate) struct Set {
    /// Id or name
    office: String,
    /// What it is called
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A public network of it instead of those it has; may be repeated
    #[arg(long = "network", value_name = "CIDR", conflicts_with = "no_network")]
    networks: Vec<String>,
    /// It has no networks of its own
    #[arg(long)]
    no_network: bool,
    /// A gateway its agents use, instead of those it has; may be repeated, best first
    #[arg(long = "gateway", value_name = "GATEWAY", conflicts_with = "any_gateway")]
    gateways: Vec<String>,
    /// Its agents use all gateways alike
    #[arg(long)]
    any_gateway: bool,
    /// What people should know of it
    #[arg(long, value_name = "TEXT")]
    remarks: Option<String>,
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
            let gateways = find_all(&mut api, &verb.gateways).await?;
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
        Offices::Set(verb) => {
            let body = set(&mut api, verb).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                app.out.note(
                    "Saved; gateways work by it within seconds, agents with their next fetch.",
                );
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

async fn find_all(api: &mut Api, gateways: &[String]) -> Result<Vec<GatewayId>> {
    let mut found = Vec::new();
    for gateway in gateways {
        found.push(find::<Gateway>(api, gateway).await?);
    }
    Ok(found)
}

async fn set(api: &mut Api, verb: Set) -> Result<Body> {
    let Set { office, name, networks, no_network, gateways, any_gateway, remarks } = verb;
    let is_nothing = name.is_none() && networks.is_empty() && gateways.is_empty();
    if is_nothing && !any_gateway && !no_network && remarks.is_none() {
        return Err(CliError::Usage("nothing is to be changed; see --help".to_owned()));
    }
    let path = format!("/offices/{}", find::<Office>(api, &office).await?);
    let gateways = find_all(api, &gateways).await?;
    let seen = api.get(&path).await?;
    let before: Office = seen.read()?;
    let kept = || before.gateways.iter().map(|one| one.id).collect();
    let request = json!({
        "name": name.unwrap_or(before.name),
        "networks": if networks.is_empty() && !no_network { before.networks } else { networks },
        "gateways": if gateways.is_empty() && !any_gateway { kept() } else { gateways },
        "limits": before.limits,
        "remarks": remarks.unwrap_or(before.remarks),
    });
    api.put_seen(&path, &seen, &request).await
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
