//! `sekisho-server keys …`.

use std::io::Write;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Subcommand;
use sekisho_model::clock::SystemClock;
use sekisho_model::rng::SystemRng;
use sekisho_server::config::{Config, LogFormat};
use sekisho_server::vault;
use sekisho_store::Store;

use crate::ConfigArguments;

/// What can be done with the site's keys. The server may be running.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Show the vault's keys. Needs the database only, not the key that locks
    /// the vault.
    Status {
        #[command(flatten)]
        config: ConfigArguments,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

impl KeysCommand {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<()> {
        crate::prepare_process()?;
        crate::log(tracing_subscriber::EnvFilter::new("warn"), LogFormat::Text)?;
        match self {
            Self::Status { config, json } => {
                let config = config.load()?;
                let status = crate::runtime()?.block_on(async {
                    let store = open_store(&config).await?;
                    let status = vault::status(&store).await?;
                    store.close().await?;
                    anyhow::Ok(status)
                })?;
                if json {
                    writeln!(out, "{}", serde_json::to_string(&status)?)?;
                } else {
                    write!(out, "{status}")?;
                }
            }
        }
        Ok(())
    }
}

async fn open_store(config: &Config) -> anyhow::Result<Store> {
    Store::connect(&config.database, Arc::new(SystemClock), Arc::new(SystemRng))
        .await
        .with_context(|| format!("cannot open the database {}", config.database.url))
}
