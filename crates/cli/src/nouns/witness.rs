//! `sekisho witness`: the server as witness of other sites' audit logs.

use clap::Subcommand;
use sekisho_model::id::{AuditChainId, SiteId};
use sekisho_seal::audit_head::{AuditKey, SignedHead};
use serde::{Deserialize, Serialize};

use crate::api::list::Query;
use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::table::Table;
use crate::output::text::Time;

/// The verbs of `witness`.
#[derive(Debug, Subcommand)]
pub(crate) enum Witness {
    /// List the sites whose heads this server holds
    #[command(after_help = "Example:\n  sekisho witness list")]
    List,
    /// Begin to witness another site
    #[command(after_help = "\
Example:
  sekisho witness add 0196f0c2-… east sekisho-audit-key-1:9f3c…

Site and key are what `sekisho audit key` shows at the other site.")]
    Add {
        /// The id of the other site
        site: SiteId,
        /// What you call it
        name: String,
        /// Its audit key
        key: AuditKey,
    },
    /// End witnessing a site; the heads it sent are kept
    #[command(after_help = "Example:\n  sekisho witness remove 0196f0c2-…")]
    Remove {
        /// The id of the other site
        site: SiteId,
    },
    /// Print the heads a site has sent: a witness file for audit verify
    #[command(after_help = "Example:\n  sekisho witness heads 0196f0c2-… > east.jsonl")]
    Heads {
        /// The id of the other site
        site: SiteId,
    },
}

#[derive(Deserialize)]
struct Sites {
    items: Vec<Site>,
}

#[derive(Deserialize)]
struct Site {
    id: SiteId,
    name: String,
    public: String,
    added_at: Time,
    removed_at: Option<Time>,
}

#[derive(Serialize)]
struct NewSite<'a> {
    site: SiteId,
    name: &'a str,
    public: String,
}

#[derive(Deserialize)]
struct Heads {
    heads: Vec<SignedHead>,
    more: bool,
}

pub(crate) async fn run(app: &App, verb: Witness) -> Result<Exit> {
    let mut api = app.api()?;
    match verb {
        Witness::List => {
            let body = api.get("/witness/sites").await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
                return Ok(Exit::Ok);
            }
            let mut table = Table::new(&["NAME", "SITE", "SINCE", "REMOVED", "KEY"]);
            for site in body.read::<Sites>()?.items {
                let removed = app.out.maybe_time(site.removed_at).unwrap_or_default();
                let since = app.out.time(site.added_at);
                table.row([site.name, site.id.to_string(), since, removed, site.public]);
            }
            app.out.table(table)?;
        }
        Witness::Add { site, name, key } => {
            let new = NewSite { site, name: &name, public: key.to_string() };
            let body = api.post("/witness/sites", &new).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                app.out.line(&format!("the audit log of {site} is witnessed from now on"))?;
            }
        }
        Witness::Remove { site } => {
            api.delete(&format!("/witness/sites/{site}")).await?;
            app.out.note(&format!("{site} is no longer witnessed"));
        }
        Witness::Heads { site } => {
            let mut after: Option<(AuditChainId, u64)> = None;
            loop {
                let query = Query::new(format!("/witness/sites/{site}/heads"))
                    .with("after_chain", after.map(|(chain, _)| chain.to_string()).as_deref())
                    .with("after_seq", after.map(|(_, seq)| seq.to_string()).as_deref());
                let page: Heads = api.get(&query.text()).await?.read()?;
                for head in &page.heads {
                    let line = serde_json::to_string(head).expect("a signed head becomes JSON");
                    app.out.line(&line)?;
                }
                after = page.heads.last().map(|head| (head.head.chain, head.head.seq));
                if !page.more || after.is_none() {
                    break;
                }
            }
        }
    }
    Ok(Exit::Ok)
}
