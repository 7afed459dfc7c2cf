//! `sekisho-server mail`.

use std::io::Write;

use anyhow::Context as _;
use clap::Subcommand;
use sekisho_model::clock::SystemClock;
use sekisho_model::mail::MailAddress;
use sekisho_model::rng::SystemRng;

use crate::ConfigArguments;

/// The verbs of `mail`.
#[derive(Debug, Subcommand)]
pub(crate) enum MailCommand {
    /// Send a mail at once, without the outbox, and say what the mail server
    /// said.
    Test {
        #[command(flatten)]
        config: ConfigArguments,
        /// Whom to send it to.
        #[arg(value_name = "ADDRESS")]
        address: String,
    },
}

impl MailCommand {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<()> {
        let Self::Test { config, address } = self;
        crate::prepare_process()?;
        let config = config.load()?;
        let address: MailAddress = address.parse().context("the address")?;
        let test = sekisho_server::mail::test(&config, address, &SystemClock, &SystemRng);
        let done = crate::runtime()?.block_on(test)?;
        writeln!(out, "{done}")?;
        Ok(())
    }
}
