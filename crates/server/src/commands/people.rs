//! `sekisho-server reset-second-factor` and `setup-token`.

use std::io::Write;

use anyhow::{Context as _, bail};
use clap::Args;
use sekisho_model::clock::SystemClock;
use sekisho_model::name::LoginName;
use sekisho_model::rng::SystemRng;
use sekisho_server::config::LogFormat;
use sekisho_server::sessions::{renew_setup_token, reset_second_factor_of};

use crate::ConfigArguments;

/// The arguments of `reset-second-factor`.
#[derive(Debug, Args)]
pub(crate) struct ResetSecondFactor {
    #[command(flatten)]
    config: ConfigArguments,
    /// The name they sign in with.
    name: String,
}

impl ResetSecondFactor {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<()> {
        crate::prepare_process()?;
        crate::log(tracing_subscriber::EnvFilter::new("warn"), LogFormat::Text)?;
        let config = self.config.load()?;
        let name: LoginName = self.name.parse().context("the user's name")?;
        let done = crate::runtime()?.block_on(async {
            let store = super::keys::open_store(&config).await?;
            let done = reset_second_factor_of(&store, &name, &SystemClock, &SystemRng).await?;
            store.close().await?;
            anyhow::Ok(done)
        })?;
        match done {
            None => bail!("nobody has the name '{name}'; nothing was done"),
            Some(false) => writeln!(out, "{name} has no second factor; nothing was done")?,
            Some(true) => writeln!(
                out,
                "the second factors of {name} are taken away, and their sessions have ended; the \
                 password alone signs them in until they set up another"
            )?,
        }
        Ok(())
    }
}

/// The arguments of `setup-token`.
#[derive(Debug, Args)]
pub(crate) struct SetupToken {
    #[command(flatten)]
    config: ConfigArguments,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl SetupToken {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<()> {
        crate::prepare_process()?;
        crate::log(tracing_subscriber::EnvFilter::new("warn"), LogFormat::Text)?;
        let config = self.config.load()?;
        let made = crate::runtime()?.block_on(async {
            let store = super::keys::open_store(&config).await?;
            let made = renew_setup_token(&store, &SystemClock, &SystemRng).await?;
            store.close().await?;
            anyhow::Ok(made)
        })?;
        let Some(made) = made else {
            bail!("the site is set up already: sign in, or ask an administrator; nothing was done");
        };
        let token = made.token.expose_str().context("a token is text")?;
        if self.json {
            let shown = serde_json::json!({ "setup_token": token, "expires_at": made.expires_at.to_string() });
            writeln!(out, "{shown}")?;
        } else {
            writeln!(out, "Set-up token (works once until {}):\n\n  {token}", made.expires_at)?;
        }
        Ok(())
    }
}
