//! The vault's passphrase: from a prompt, a file or standard input, never from
//! the command line.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use sekisho_model::Secret;
use sekisho_server::config::{Config, read_secret_file};

/// The longest passphrase, in bytes.
const MAX_BYTES: u64 = 4096;

#[derive(Debug, clap::Args)]
pub(crate) struct PassphraseArguments {
    /// A file that holds the vault's passphrase; `-` = standard input. Without
    /// it a passphrase that is kept nowhere is asked for.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseArguments {
    /// As if a file had been named, or not.
    pub(crate) fn from_file(passphrase_file: Option<PathBuf>) -> Self {
        Self { passphrase_file }
    }

    /// The passphrase of a vault that has one, if it must be given.
    pub(crate) fn read(&self, config: &Config) -> anyhow::Result<Option<Secret>> {
        self.get(config, || prompt("Passphrase of the vault (not shown): "))
    }

    /// As [`read`](Self::read), for a passphrase that is new: typed twice.
    pub(crate) fn choose(&self, config: &Config) -> anyhow::Result<Option<Secret>> {
        self.get(config, || {
            let first = prompt("New passphrase of the vault (not shown): ")?;
            let again = prompt("Once more: ")?;
            ensure!(first == again, "the two passphrases differ; nothing was changed");
            Ok(first)
        })
    }

    fn get(
        &self,
        config: &Config,
        ask: impl FnOnce() -> anyhow::Result<Secret>,
    ) -> anyhow::Result<Option<Secret>> {
        match &self.passphrase_file {
            Some(_) if !config.vault.takes_passphrase() => {
                bail!("--passphrase-file is given, but the vault is not locked with a passphrase")
            }
            Some(path) if path == Path::new("-") => from_stdin().map(Some),
            Some(path) => read_secret_file(path).map(Some),
            None if config.vault.is_asked() => ask().map(Some),
            None => Ok(None),
        }
    }
}

fn prompt(text: &str) -> anyhow::Result<Secret> {
    let typed = rpassword::prompt_password(text);
    typed.map(Secret::from).context(
        "the passphrase of the vault is needed, and there is no terminal to ask at: give \
         --passphrase-file FILE, or --passphrase-file - for standard input",
    )
}

fn from_stdin() -> anyhow::Result<Secret> {
    let mut bytes = Vec::with_capacity(MAX_BYTES as usize);
    std::io::stdin().take(MAX_BYTES).read_to_end(&mut bytes)?;
    while matches!(bytes.last(), Some(b'\n' | b'\r')) {
        bytes.pop();
    }
    Ok(Secret::new(bytes))
}
