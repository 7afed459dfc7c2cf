//! `sekisho gateways`: relays in front of the agent plane.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;

use crate::api::Api;
use crate::api::gateways::{Gateway, NameChecks, PairingCheck};
use crate::api::list::{Paging, Query};
use crate::app::App;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::find::find;
use crate::nouns::values::SecretText;
use crate::output::table::Table;
use crate::output::text::safe;
use crate::prompt::{self, Asking};

/// The verbs of `gateways`.
#[derive(Debug, Subcommand)]
pub(crate) enum Gateways {
    /// List gateways
    #[command(after_help = "Example:\n  sekisho gateways list --state active")]
    List {
        /// Only active or revoked ones
        #[arg(long, value_name = "STATE", value_parser = ["active", "revoked"])]
        state: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show a gateway, what it says of itself, and the ports to open
    #[command(after_help = "Example:\n  sekisho gateways show dmz")]
    Show {
        /// Id or name
        gateway: String,
    },
    /// Pair a gateway with the string that `sekisho-gateway pair` prints
    #[command(after_help = "\
Examples:
  sekisho gateways pair dmz --public vault.example.jp:8383
  sekisho gateways pair dmz --pairing-file - < pairing.txt
  sekisho gateways pair dmz --pairing-file pairing.txt --check

The string holds a secret: it is asked for, or read from a file.")]
    Pair(Pair),
    /// Change a gateway
    #[command(after_help = "\
Examples:
  sekisho gateways set dmz --public vault.example.jp:8383 --public dr.example.jp:8383
  sekisho gateways set dmz --pass-through on
  sekisho gateways set dmz --dry-run off")]
    Set(Set),
    /// Revoke a gateway: its connections end at once
    #[command(after_help = "Example:\n  sekisho gateways revoke dmz --reason stolen --yes")]
    Revoke {
        /// Id or name
        gateway: String,
        /// Why; it goes into the audit log
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Lift bans of a gateway
    #[command(after_help = "Example:\n  sekisho gateways lift dmz 198.51.100.9")]
    Lift {
        /// Id or name
        gateway: String,
        /// Addresses as `gateways show` names them
        #[arg(required = true)]
        addresses: Vec<String>,
    },
    /// Look what the names of a gateway lead to from the server
    #[command(after_help = "Example:\n  sekisho gateways names dmz")]
    Names {
        /// Id or name
        gateway: String,
    },
    /// Show or set the name by which the site is reached from outside
    #[command(after_help = "\
Examples:
  sekisho gateways public-name
  sekisho gateways public-name vault.example.jp")]
    PublicName {
        /// A DNS name or address, or none
        name: Option<String>,
    },
}

/// The arguments of `gateways pair`.
#[derive(Debug, Args)]
pub(crate) struct Pair {
    /// What it is called
    name: String,
    /// A file with the pairing string; - for standard input
    #[arg(long, value_name = "FILE")]
    pairing_file: Option<PathBuf>,
    /// Where agents reach it (host:port); may be repeated, best first
    #[arg(long, value_name = "ADDRESS")]
    public: Vec<String>,
    /// Where the gateway dials this server (host:port): opens a port into the LAN
    #[arg(long, value_name = "ADDRESS")]
    dial: Option<String>,
    /// Only look whether it can be paired like this; the string can still be used
    #[arg(long)]
    check: bool,
}

/// The arguments of `gateways set`.
#[derive(Debug, Args)]
pub(crate) struct Set {
    /// Id or name
    gateway: String,
    /// What it is called
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Where its private listener is (host:port)
    #[arg(long, value_name = "ADDRESS")]
    address: Option<String>,
    /// Where agents reach it (host:port); may be repeated, best first
    #[arg(long, value_name = "ADDRESS")]
    public: Vec<String>,
    /// Whether console and sessions pass through it
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"])]
    pass_through: Option<String>,
    /// Whether it only counts what it would refuse
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"])]
    dry_run: Option<String>,
}

#[derive(Serialize)]
struct NewGateway<'a> {
    pairing: SecretText<'a>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    public: Option<Vec<serde_json::Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dial: Option<&'a str>,
}

pub(crate) async fn run(app: &App, verb: Gateways) -> Result<Exit> {
    let mut api = app.api()?;
    match verb {
        Gateways::List { state, paging } => {
            let query = Query::new("/gateways").with("state", state.as_deref());
            api.list(query, &paging).await?.print(&app.out, table)?;
        }
        Gateways::Show { gateway } => show(app, &mut api, &gateway).await?,
        Gateways::Pair(verb) => pair(app, &mut api, &verb).await?,
        Gateways::Set(verb) => {
            let id = find::<Gateway>(&mut api, &verb.gateway).await?;
            let body = change(&verb)?;
            let body = api.patch(&format!("/gateways/{id}"), &body).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                app.out.note("Changed; the gateway works by it within seconds.");
            }
        }
        Gateways::Revoke { gateway, reason, yes } => {
            let id = find::<Gateway>(&mut api, &gateway).await?;
            prompt::agreed(yes, &format!("Revoke the gateway {}?", safe(&gateway)))?;
            let path = format!("/gateways/{id}/revoke");
            let body = api.post(&path, &json!({ "reason": reason })).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                app.out.note("Revoked: its connections have ended.");
            }
        }
        Gateways::Lift { gateway, addresses } => {
            let id = find::<Gateway>(&mut api, &gateway).await?;
            let path = format!("/gateways/{id}/lift");
            api.post(&path, &json!({ "addresses": addresses })).await?;
            app.out.note("The gateway was asked to lift them.");
        }
        Gateways::Names { gateway } => names(app, &mut api, &gateway).await?,
        Gateways::PublicName { name } => public_name(app, &mut api, name).await?,
    }
    Ok(Exit::Ok)
}

fn table(items: Vec<Gateway>) -> Table {
    let mut table =
        Table::new(&["NAME", "STATE", "CONNECTED", "AGENTS", "VERSION", "ADDRESS", "ID"]);
    for item in items {
        let agents = item.status.as_ref().map(|status| status.connections.to_string());
        table.row([
            item.name,
            item.state,
            if item.connected { "yes" } else { "no" }.to_owned(),
            agents.filter(|_| item.connected).unwrap_or_default(),
            item.software,
            item.address,
            item.id.to_string(),
        ]);
    }
    table
}

async fn show(app: &App, api: &mut Api, gateway: &str) -> Result<()> {
    let id = find::<Gateway>(api, gateway).await?;
    let body = api.get(&format!("/gateways/{id}")).await?;
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let item: Gateway = body.read()?;
    let public = item.public.iter().map(|one| format!("{} ({})", one.address, one.tls));
    let public: Vec<_> = public.collect();
    let ports = item
        .ports
        .iter()
        .map(|port| format!("{} → {}: TCP {} ({})", port.from, port.to, port.port, port.purpose));
    let ports: Vec<_> = ports.collect();
    let on = |flag: bool| Some(if flag { "on" } else { "off" }.to_owned());
    let mut facts = vec![
        ("name", Some(safe(&item.name).to_string())),
        ("id", Some(item.id.to_string())),
        ("state", Some(safe(&item.state).to_string())),
        ("connected", Some(if item.connected { "yes" } else { "no" }.to_owned())),
        ("problem", item.problem.map(|it| safe(&it.sentence).to_string())),
        ("version", Some(safe(&item.software).to_string())),
        ("last contact", app.out.maybe_time(item.last_contact_at)),
        ("direction", Some(safe(&item.direction).to_string())),
        ("address", Some(safe(&item.address).to_string())),
        ("agents reach it at", Some(safe(&public.join(", ")).to_string())),
        ("key SHA-256", Some(safe(&item.key_sha256).to_string())),
        ("pass-through", on(item.pass_through)),
        ("dry run", on(item.dry_run)),
        ("ports to open", Some(safe(&ports.join("; ")).to_string())),
    ];
    if let Some(status) = &item.status {
        let bans: Vec<_> = status.bans.iter().map(|ban| ban.address.as_str()).collect();
        facts.push(("agents connected", Some(status.connections.to_string())));
        facts.push(("agents waiting", Some(status.parked.to_string())));
        facts.push(("calls relayed", Some(status.relayed.to_string())));
        facts.push(("bans", Some(safe(&bans.join(", ")).to_string())));
        let remarks: Vec<_> = status.problems.iter().map(|it| it.sentence.as_str()).collect();
        facts.push(("remarks", Some(safe(&remarks.join("; ")).to_string())));
    }
    app.out.facts(&facts)
}

async fn pair(app: &App, api: &mut Api, verb: &Pair) -> Result<()> {
    let what = "the pairing string";
    let text = prompt::secret(verb.pairing_file.as_deref(), what, "--pairing-file", Asking::Once)?;
    let request = NewGateway {
        pairing: SecretText::new(&text, what)?,
        name: &verb.name,
        public: (!verb.public.is_empty()).then(|| public(&verb.public)),
        dial: verb.dial.as_deref(),
    };
    if verb.check {
        let body = api.post_once("/gateways/check", &request).await?;
        if app.out.json {
            return app.out.raw_json(&body.json);
        }
        let found: PairingCheck = body.read()?;
        return app.out.facts(&[
            ("answered at", Some(safe(&found.address).to_string())),
            ("version", Some(safe(&found.software).to_string())),
            ("key SHA-256", Some(safe(&found.key_sha256).to_string())),
        ]);
    }
    let body = api.post_once("/gateways", &request).await?;
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let item: Gateway = body.read()?;
    app.out.line(&item.id.to_string())?;
    app.out.note(&format!(
        "The gateway {} is paired. `sekisho gateways show` says which ports to open.",
        safe(&item.name)
    ));
    Ok(())
}

/// Addresses with shares that fall in their order.
fn public(addresses: &[String]) -> Vec<serde_json::Value> {
    let weights = (1..=10_u16).rev().chain(std::iter::repeat(1));
    addresses
        .iter()
        .zip(weights)
        .map(|(address, weight)| json!({ "address": address, "weight": weight }))
        .collect()
}

fn change(verb: &Set) -> Result<serde_json::Value> {
    let on = |flag: &Option<String>| flag.as_deref().map(|flag| flag == "on");
    let mut body = serde_json::Map::new();
    let mut set = |name: &str, value: Option<serde_json::Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    set("name", verb.name.as_ref().map(|name| json!(name)));
    set("address", verb.address.as_ref().map(|address| json!(address)));
    set("public", (!verb.public.is_empty()).then(|| json!(public(&verb.public))));
    set("pass_through", on(&verb.pass_through).map(|flag| json!(flag)));
    set("dry_run", on(&verb.dry_run).map(|flag| json!(flag)));
    if body.is_empty() {
        return Err(CliError::Usage("nothing is to be changed; see --help".to_owned()));
    }
    Ok(body.into())
}

async fn names(app: &App, api: &mut Api, gateway: &str) -> Result<()> {
    let id = find::<Gateway>(api, gateway).await?;
    let body = api.get(&format!("/gateways/{id}/names")).await?;
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let checks: NameChecks = body.read()?;
    for check in checks.names {
        let certificate = match check.gateway_certificate {
            Some(true) => "yes",
            Some(false) => "no",
            None => "unknown",
        };
        app.out.facts(&[
            ("name", Some(safe(&check.name).to_string())),
            ("addresses here", Some(safe(&check.here.join(", ")).to_string())),
            ("agents in the LAN reach", Some(safe(&check.lan_reaches).to_string())),
            ("addresses at the gateway", Some(safe(&check.there.join(", ")).to_string())),
            (
                "agents outside reach",
                Some(safe(check.wan_reaches.as_deref().unwrap_or("unknown")).to_string()),
            ),
            ("in the gateway's certificate", Some(certificate.to_owned())),
        ])?;
    }
    Ok(())
}

async fn public_name(app: &App, api: &mut Api, name: Option<String>) -> Result<()> {
    const PATH: &str = "/gateway-settings";
    let body = match name {
        None => api.get(PATH).await?,
        Some(name) => {
            let name = (name != "none").then_some(name);
            api.patch(PATH, &json!({ "public_name": name })).await?
        }
    };
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let shown: serde_json::Value = body.read()?;
    let name = shown["public_name"].as_str().unwrap_or("none");
    app.out.line(safe(name).as_ref())
}
