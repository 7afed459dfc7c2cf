//! `sekisho packages`: packages of the agent.

use std::time::Duration;

use clap::Subcommand;
use serde::Serialize;

use crate::api::agents::{NewPackageLink, Package, PackageLink};
use crate::api::list::{Paging, Query};
use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::find::find;
use crate::output::table::Table;
use crate::output::text::{parse_span, safe};

/// The verbs of `packages`.
#[derive(Debug, Subcommand)]
pub(crate) enum Packages {
    /// List the packages that the server offers
    #[command(after_help = "Example:\n  sekisho packages list")]
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Make a link with which a host can download a package, and print it, once
    #[command(after_help = "\
Example:
  sekisho packages share sekisho-agent_0.1.0_amd64.deb --valid-for 4h

When standard output is no terminal, only the link is written to it.")]
    Share {
        /// Id or file name
        package: String,
        /// How long it works, at most 7d [default: 24h]
        #[arg(long, value_name = "TIME", value_parser = parse_span)]
        valid_for: Option<Duration>,
    },
    /// List the links you have made
    #[command(after_help = "Example:\n  sekisho packages links")]
    Links {
        #[command(flatten)]
        paging: Paging,
    },
    /// Revoke a link; it leads nowhere any more
    #[command(after_help = "\
Example:
  sekisho packages unshare 0193e4a0-7c1b-7000-8000-000000000000")]
    Unshare {
        /// Its id
        link: sekisho_model::id::PackageLinkId,
    },
}

#[derive(Serialize)]
struct Share {
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_for_s: Option<u64>,
}

pub(crate) async fn run(app: &App, verb: Packages) -> Result<Exit> {
    let mut api = app.api()?;
    match verb {
        Packages::List { paging } => {
            let list = api.list(Query::new("/packages"), &paging).await?;
            list.print(&app.out, |items: Vec<Package>| {
                let mut table =
                    Table::new(&["FILE", "VERSION", "FOR", "BYTES", "ADDED", "SHA256", "ID"]);
                for item in items {
                    table.row([
                        item.file,
                        item.version,
                        format!("{} {}", item.platform, item.architecture),
                        item.bytes.to_string(),
                        app.out.ago(item.added_at),
                        item.sha256,
                        item.id.to_string(),
                    ]);
                }
                table
            })?;
        }
        Packages::Share { package, valid_for } => {
            let id = find::<Package>(&mut api, &package).await?;
            let valid_for_s = valid_for.map(|time| time.as_secs());
            let share = Share { valid_for_s };
            let body = api.post_once(&format!("/packages/{id}/links"), &share).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
                return Ok(Exit::Ok);
            }
            let link: NewPackageLink = body.read()?;
            let mut url = api.server().to_string().trim_end_matches('/').as_bytes().to_vec();
            url.extend_from_slice(link.path.expose());
            let url = sekisho_model::Secret::new(url);
            app.out.secret(url.expose())?;
            app.out.note(&format!(
                "Works without signing in until {}; only {} is behind it. To revoke it: sekisho \
                 packages unshare {}",
                app.out.time(link.expires_at),
                safe(&package),
                link.id
            ));
        }
        Packages::Links { paging } => {
            let list = api.list(Query::new("/package-links"), &paging).await?;
            list.print(&app.out, |items: Vec<PackageLink>| {
                let mut table = Table::new(&["PACKAGE", "STATE", "MADE", "EXPIRES", "ID"]);
                for item in items {
                    table.row([
                        item.package.name,
                        item.state,
                        app.out.ago(item.created_at),
                        app.out.ago(item.expires_at),
                        item.id.to_string(),
                    ]);
                }
                table
            })?;
        }
        Packages::Unshare { link } => {
            api.delete(&format!("/package-links/{link}")).await?;
            app.out.note("Revoked; it leads nowhere any more.");
        }
    }
    Ok(Exit::Ok)
}
