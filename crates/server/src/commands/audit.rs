//! `sekisho-server audit …`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use sekisho_seal::audit_head::AuditKey;
use sekisho_server::audit::{Evidence, Forgotten, verify_store};
use sekisho_server::config::LogFormat;
use sekisho_store::Access as _;

use crate::ConfigArguments;

/// What can be done with the audit log at the database itself.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Prove that no line was changed or removed, also the newest one.
    ///
    /// Needs the database only; the server may be running. Exit code 1: broken.
    Verify {
        #[command(flatten)]
        config: ConfigArguments,
        /// What a witness kept: signed heads, one a line.
        #[arg(long, value_name = "FILE")]
        witness: Option<PathBuf>,
        /// The audit key, kept elsewhere; without it the database's own word
        /// is taken for it.
        #[arg(long, value_name = "KEY")]
        key: Vec<AuditKey>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

impl AuditCommand {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
        crate::prepare_process()?;
        crate::log(tracing_subscriber::EnvFilter::new("warn"), LogFormat::Text)?;
        let Self::Verify { config, witness, key, json } = self;
        let config = config.load()?;
        let (has_key, has_witness) = (!key.is_empty(), witness.is_some());
        let verdict = crate::runtime()?.block_on(async {
            let store = super::keys::open_store(&config).await?;
            let site = store.read().site().find().await?;
            let site = site.context("the database holds no site")?;
            let keys = if key.is_empty() {
                let rows = store.read().site_keys().list().await?;
                let audit =
                    rows.into_iter().filter(|row| row.kind == sekisho_store::SiteKeyKind::Audit);
                audit.filter_map(|row| row.public.0.try_into().ok().map(AuditKey)).collect()
            } else {
                key
            };
            let witnessed = witness.map(|path| Evidence::read(&path, &keys));
            let evidence = Evidence { keys, witnessed };
            let verdict = verify_store(store.read(), site.id, site.node_chain, evidence).await?;
            store.close().await?;
            anyhow::Ok(verdict)
        })?;
        if json {
            writeln!(out, "{}", serde_json::to_string(&verdict)?)?;
        } else {
            match &verdict.problem {
                None => writeln!(out, "The audit log is intact.")?,
                Some(problem) => writeln!(out, "THE AUDIT LOG IS BROKEN: {problem}")?,
            }
            for Forgotten { chain, kept, signed, taken_at } in &verdict.forgotten {
                writeln!(
                    out,
                    "note: the site was restored to what it was at {}: lines {} to {signed} of \
                     chain {chain} are not in this database, but where you exported them to",
                    taken_at.0,
                    kept + 1
                )?;
            }
            let head = &verdict.head;
            writeln!(out, "{} lines; the last one is {} ({})", verdict.lines, head.seq, head.hash)?;
            writeln!(out, "signed up to line {}", verdict.signed)?;
            match verdict.witnessed {
                Some(line) => writeln!(out, "witnessed up to line {line}")?,
                None if has_witness => {}
                None => writeln!(out, "no witness was asked (--witness FILE)")?,
            }
            if !has_key {
                writeln!(out, "the key is the database's own (--key gives the one you kept)")?;
            }
        }
        Ok(if verdict.intact { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
