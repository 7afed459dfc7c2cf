//! `sekisho devices`.

use clap::{Args, Subcommand};
use sekisho_model::device::{DeviceState, in_fours};

use crate::api::list::{Paging, Query};
use crate::api::shapes::{Device, Reference, as_line, name_of};
use crate::api::{Api, Body};
use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::find::find;
use crate::nouns::values::{Nothing, Reason};
use crate::output::Output;
use crate::output::table::Table;
use crate::prompt;

/// The verbs of `devices`.
#[derive(Debug, Subcommand)]
pub(crate) enum Devices {
    /// List devices
    #[command(after_help = "Example:\n  sekisho devices list --state pending")]
    List(List),
    /// Show one device
    #[command(after_help = "Example:\n  sekisho devices show web-1.example.com")]
    Show {
        /// Id, host name or name of its resource
        device: String,
    },
    /// Let a device do its work
    #[command(after_help = "\
Example:
  sekisho devices approve web-1.example.com

Compare its fingerprint (sekisho devices show) with sekisho-agent status first.")]
    Approve {
        /// Id, host name or name of its resource
        device: String,
    },
    /// Refuse a device from now on
    #[command(after_help = "Example:\n  sekisho devices block web-1.example.com --reason stolen")]
    Block {
        /// Id, host name or name of its resource
        device: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Take a block back; the device waits for approval again
    #[command(after_help = "Example:\n  sekisho devices unblock web-1.example.com")]
    Unblock {
        /// Id, host name or name of its resource
        device: String,
    },
    /// Let a device go on that was held back as a copy (`approved, cloned`)
    ///
    /// Switch the copy off first, or have it enrol anew with a key of its own:
    /// when both speak again, both are held back again.
    #[command(after_help = "\
Example:
  sekisho devices resume web-1.example.com --reason 'the copied machine was deleted'")]
    Resume {
        /// Id, host name or name of its resource
        device: String,
        /// What was found out, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

/// The arguments of `devices list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// pending, approved, blocked or retired
    #[arg(long)]
    state: Option<DeviceState>,
    #[command(flatten)]
    paging: Paging,
}

pub(crate) async fn run(app: &App, verb: Devices) -> Result<Exit> {
    let mut api = app.api()?;
    let api = &mut api;
    match verb {
        Devices::List(verb) => {
            let state = verb.state.map(DeviceState::as_str);
            let query = Query::new("/devices").with("state", state);
            api.list(query, &verb.paging).await?.print(&app.out, |items| table(&app.out, items))?;
        }
        Devices::Show { device } => {
            let path = path(api, &device, "").await?;
            let body = api.get(&path).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                show(app, body.read()?)?;
            }
        }
        Devices::Approve { device } => {
            let path = path(api, &device, "/approve").await?;
            done(app, &api.post(&path, &Nothing {}).await?)?;
        }
        Devices::Block { device, reason } => {
            let path = path(api, &device, "/block").await?;
            let reason = prompt::text(reason.as_deref(), "the reason", "--reason TEXT")?;
            done(app, &api.post(&path, &Reason { reason: Some(&reason) }).await?)?;
        }
        Devices::Resume { device, reason } => {
            let path = path(api, &device, "/resume").await?;
            let reason = prompt::text(reason.as_deref(), "the reason", "--reason TEXT")?;
            done(app, &api.post(&path, &Reason { reason: Some(&reason) }).await?)?;
        }
        Devices::Unblock { device } => {
            let path = path(api, &device, "/unblock").await?;
            done(app, &api.post(&path, &Nothing {}).await?)?;
        }
    }
    Ok(Exit::Ok)
}

async fn path(api: &mut Api, device: &str, action: &str) -> Result<String> {
    let id = find::<Device>(api, device).await?;
    Ok(format!("/devices/{id}{action}"))
}

fn done(app: &App, body: &Body) -> Result<()> {
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let device: Device = body.read()?;
    let host = crate::output::text::safe(&device.host_name).into_owned();
    app.out.note(&format!("The device {host} is {}.", device.state));
    Ok(())
}

/// Devices as rows.
pub(super) fn table(out: &Output, items: Vec<Device>) -> Table {
    let mut table =
        Table::new(&["HOST", "STATE", "RESOURCE", "AGENT", "LAST SEEN", "ORDERS", "ID"]);
    for item in items {
        let state = match (item.suspension, item.active) {
            (Some(suspension), _) => format!("{}, {suspension}", item.state),
            (None, true) => item.state,
            (None, false) => format!("{}, away", item.state),
        };
        table.row([
            item.host_name,
            state,
            name_of(item.resource.as_ref()),
            item.agent_version.unwrap_or_default(),
            item.last_seen_at.map_or_else(|| "never".to_owned(), |at| out.ago(at)),
            item.open_orders.to_string(),
            item.id.to_string(),
        ]);
    }
    table
}

pub(super) fn show(app: &App, item: Device) -> Result<()> {
    let certificate = item
        .certificate
        .map(|it| format!("serial {}, until {}", it.serial, app.out.time(it.not_after)));
    let more: Vec<(String, String)> = item
        .facts
        .unwrap_or_default()
        .iter()
        .map(|(name, value)| (name.replace('_', " "), as_line(value)))
        .collect();
    let mut facts = vec![
        ("host", Some(item.host_name)),
        ("id", Some(item.id.to_string())),
        ("state", Some(item.state)),
        ("held back", item.suspension),
        ("blocked for", item.blocked_reason),
        ("remark", item.remark),
        ("fingerprint", item.fingerprint.as_deref().map(in_fours)),
        ("platform", Some(item.platform)),
        ("agent", item.agent_version),
        ("resource", item.resource.map(|resource| resource.name)),
        ("former resource", item.former_resource.map(|resource| resource.name)),
        ("association", item.association),
        ("looks every", item.look_every_min.map(|every| format!("{every} min"))),
        ("dissociated", app.out.maybe_time(item.dissociated_at)),
        ("dissociated by", item.dissociated_by.as_ref().map(Reference::shown)),
        ("limited", item.limit),
        ("enrolled", app.out.maybe_time(item.created_at)),
        ("approved", app.out.maybe_time(item.approved_at)),
        ("approved by", item.approved_by.as_ref().map(Reference::shown)),
        ("last seen", app.out.maybe_time(item.last_seen_at)),
        ("through", item.last_gateway.map(|gateway| format!("the gateway {}", gateway.name))),
        ("connected", Some(if item.active { "yes" } else { "no" }.to_owned())),
        ("open orders", Some(item.open_orders.to_string())),
        ("certificate", certificate),
    ];
    for (name, value) in &more {
        facts.push((name, Some(value.clone())));
    }
    app.out.facts(&facts)
}
