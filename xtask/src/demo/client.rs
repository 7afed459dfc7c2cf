//! The command line `sekisho`, as a script would use it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Binaries;
use super::server::Server;
use crate::cmd;

/// The command line with its server and its own folder of settings.
pub(super) struct Client {
    program: PathBuf,
    global_args: Vec<String>,
}

impl Client {
    /// A client of `server` that keeps its session in `config_dir`.
    pub(super) fn new(binaries: &Binaries, server: &Server, config_dir: &Path) -> Self {
        let global_args = vec![
            "--server".to_owned(),
            server.url(),
            "--ca-file".to_owned(),
            server.ca_file.display().to_string(),
            "--config-dir".to_owned(),
            config_dir.display().to_string(),
        ];
        Self { program: binaries.cli.clone(), global_args }
    }

    /// Runs a command that must succeed; its output is thrown away.
    pub(super) fn run(&self, args: &[&str]) -> Result<()> {
        cmd::feed_checked(&mut self.command(args), b"")?;
        Ok(())
    }

    /// Runs a command that must succeed and reads its JSON.
    pub(super) fn json(&self, args: &[&str]) -> Result<Value> {
        self.json_fed(args, "")
    }

    /// [`json`](Self::json) of a command that reads a secret from its standard
    /// input.
    pub(super) fn json_fed(&self, args: &[&str], input: &str) -> Result<Value> {
        let mut command = self.command(args);
        command.arg("--json");
        let printed = cmd::feed_checked(&mut command, input.as_bytes())?;
        // The output is not in the message: it may hold a secret.
        serde_json::from_str(&printed)
            .with_context(|| format!("`{}` printed no JSON", cmd::show(&command)))
    }

    /// The items of a list.
    pub(super) fn items(&self, args: &[&str]) -> Result<Vec<Value>> {
        match self.json(args)?["items"].take() {
            Value::Array(items) => Ok(items),
            other => anyhow::bail!("`{}` printed no list: {other}", args.join(" ")),
        }
    }

    /// The command line with its global arguments, quoted as one word for a
    /// shell.
    pub(super) fn alias(&self) -> String {
        format!("'{}'", cmd::show(&self.command(&[])).replace('\'', r"'\''"))
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.global_args).args(args);
        command
    }
}

/// The text of a key; empty if there is none.
pub(super) fn text<'a>(item: &'a Value, key: &str) -> &'a str {
    item[key].as_str().unwrap_or_default()
}
