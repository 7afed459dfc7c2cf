//! `sekisho-server backup`, `restore`, `backup-drill` and `migrate-to`.

use std::io::{IsTerminal as _, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use sekisho_model::clock::{Clock as _, SystemClock};
use sekisho_model::rng::SystemRng;
use sekisho_server::backup::{self, Drill, Inspected, Progress};
use sekisho_server::config::{self, LogFormat};
use sekisho_server::relocate;
use sekisho_store::StoreConfig;
use serde::Serialize;

use super::passphrase::PassphraseArguments;
use crate::ConfigArguments;

#[derive(Debug, clap::Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    config: ConfigArguments,
    /// A new file, or a folder in which the backup gets a name of its own.
    #[arg(long, value_name = "FILE|FOLDER")]
    to: PathBuf,
    /// Keep only the newest N backups of this site in the folder.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
    #[command(flatten)]
    passphrase: PassphraseArguments,
    /// Print JSON: a line for each step, the result last.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Restore {
    #[command(flatten)]
    config: ConfigArguments,
    /// The backup.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// A file that holds the recovery key; `-` = standard input.
    #[arg(long, value_name = "FILE")]
    recovery_key_file: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArguments,
    /// Print JSON: a line for each step, the result last.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct BackupDrill {
    #[command(flatten)]
    config: ConfigArguments,
    /// The backup.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// A file that holds the recovery key; `-` = standard input.
    #[arg(long, value_name = "FILE")]
    recovery_key_file: Option<PathBuf>,
    /// A folder with room for the database; a part of memory (tmpfs) is best.
    /// Default: the system's folder for temporary files.
    #[arg(long, value_name = "FOLDER")]
    scratch: Option<PathBuf>,
    /// Do not write the result into the site's audit log: the site is not on
    /// this machine.
    #[arg(long)]
    no_record: bool,
    /// Print JSON: a line for each step, the result last.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct MigrateTo {
    #[command(flatten)]
    config: ConfigArguments,
    /// The new, empty database, without a password:
    /// postgres://user@host/sekisho?sslmode=verify-full, or sqlite:///path.
    #[arg(value_name = "URL", required_unless_present = "url_file")]
    url: Option<String>,
    /// A file that only this user can read, with the URL and its password.
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    url_file: Option<PathBuf>,
    /// Print JSON: a line for each step, the result last.
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<()> {
        let config = prepare(&self.config)?;
        let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
        let keep = self.keep.map(|keep| keep as usize);
        let mut reporter = Reporter::new(self.json);
        let mut watch = |progress| reporter.tell(progress);
        let passphrase = self.passphrase.read(&config)?;
        let made = backup::make(&config, clock, rng, passphrase, &self.to, keep, &mut watch);
        let made = crate::runtime()?.block_on(made)?;
        if self.json {
            return last_line(out, &made);
        }
        writeln!(out, "backup {} ({} bytes), read back", made.path.display(), made.bytes)?;
        inspected(out, &made.inspected)?;
        for removed in &made.removed {
            writeln!(out, "removed the older backup {}", removed.display())?;
        }
        Ok(())
    }
}

impl Restore {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<()> {
        let config = prepare(&self.config)?;
        let key = crate::read_recovery_key(self.recovery_key_file.as_deref())?;
        let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
        let mut reporter = Reporter::new(self.json);
        let mut watch = |progress| reporter.tell(progress);
        let passphrase = self.passphrase.choose(&config)?;
        let done = backup::restore(&config, clock, rng, passphrase, &self.from, &key, &mut watch);
        let done = crate::runtime()?.block_on(done)?;
        if self.json {
            return last_line(out, &done);
        }
        writeln!(
            out,
            "site {} restored to what it was at {}, in {}",
            done.site, done.created_at, done.database
        )?;
        inspected(out, &done.inspected)?;
        writeln!(
            out,
            "It is in recovery and gives no order. Start the server, wait until the agents are\n\
             connected, then end the recovery with `sekisho-server recover`. Everybody signs in\n\
             again. API tokens for more than a day that were revoked, users that were disabled and\n\
             devices that were blocked after the backup are as they were before: look through them."
        )?;
        Ok(())
    }
}

impl BackupDrill {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<()> {
        let config = prepare(&self.config)?;
        let key = crate::read_recovery_key(self.recovery_key_file.as_deref())?;
        let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
        let scratch = self.scratch.unwrap_or_else(std::env::temp_dir);
        let mut reporter = Reporter::new(self.json);
        let mut watch = |progress| reporter.tell(progress);
        let drill =
            Drill { from: &self.from, key: &key, scratch: &scratch, record: !self.no_record };
        let done = backup::drill(&config, clock, rng, &drill, &mut watch);
        let done = crate::runtime()?.block_on(done).context("THE DRILL FAILED")?;
        if self.json {
            return last_line(out, &done);
        }
        writeln!(
            out,
            "the drill passed: {} restores to what the site was at {}",
            done.path.display(),
            done.created_at
        )?;
        inspected(out, &done.inspected)
    }
}

impl MigrateTo {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<()> {
        let config = prepare(&self.config)?;
        let (url, setting) = match (&self.url, &self.url_file) {
            (_, Some(path)) => {
                let secret = config::read_secret_file(path)?;
                let text = secret.expose_str().unwrap_or_default().trim();
                (text.parse()?, format!("url_file = \"{}\"", path.display()))
            }
            (Some(text), None) => {
                anyhow::ensure!(
                    !config::holds_password(text),
                    "the URL holds a password, and everybody on this machine can read a command \
                     line: put the URL into a file of mode 0600 and give it as --url-file"
                );
                (text.parse()?, format!("url = \"{text}\""))
            }
            (None, None) => anyhow::bail!("give the new database's URL or --url-file"),
        };
        let setting = match &url {
            sekisho_store::StoreUrl::Sqlite(path) => {
                format!("path = \"{}\"", path.display())
            }
            sekisho_store::StoreUrl::Postgres(_) => setting,
        };
        let target = StoreConfig {
            max_connections: config.database.max_connections,
            ..StoreConfig::new(url)
        };
        let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
        let mut reporter = Reporter::new(self.json);
        let mut watch = |progress| reporter.tell(progress);
        let done = relocate::relocate(&config, &target, clock, rng, &mut watch);
        let done = crate::runtime()?.block_on(done)?;
        if self.json {
            return last_line(out, &done);
        }
        writeln!(
            out,
            "moved {} rows in {} tables, each read back and compared:",
            done.rows,
            done.tables.len()
        )?;
        writeln!(out, "  from {}\n  to   {}", done.from, done.to)?;
        writeln!(
            out,
            "Now set\n\n[database]\n{setting}\n\nin {} instead of what it says about the database, and restart \
             the server.\nThe old database can only be read from now on; no server starts on it.",
            self.config.config.display()
        )?;
        Ok(())
    }
}

fn prepare(arguments: &ConfigArguments) -> anyhow::Result<config::Config> {
    crate::prepare_process()?;
    crate::log(tracing_subscriber::EnvFilter::new("warn"), LogFormat::Text)?;
    arguments.load()
}

/// The last line of `--json`.
fn last_line(out: &mut dyn Write, result: &impl Serialize) -> anyhow::Result<()> {
    writeln!(out, "{}", serde_json::to_string(result)?)?;
    Ok(())
}

fn inspected(out: &mut dyn Write, found: &Inspected) -> anyhow::Result<()> {
    let Inspected { rows, secrets, audit_lines, bundles } = found;
    writeln!(
        out,
        "{rows} rows; {secrets} secrets opened; {audit_lines} audit lines and {bundles} trust \
         bundles without a gap"
    )?;
    Ok(())
}

/// Shows how far a long work is, at most once in [`EVERY`].
struct Reporter {
    json: bool,
    terminal: bool,
    step: &'static str,
    begun: Duration,
    told: Option<Duration>,
}

const EVERY: Duration = Duration::from_secs(1);

#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    progress: Progress,
    percent: Option<u64>,
    eta_s: Option<u64>,
}

impl Reporter {
    fn new(json: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { json, terminal, step: "", begun: Duration::ZERO, told: None }
    }

    fn tell(&mut self, progress: Progress) {
        let now = SystemClock.elapsed();
        if progress.step != self.step {
            (self.step, self.begun, self.told) = (progress.step, now, None);
        }
        let due = self.told.is_none_or(|told| now - told >= EVERY);
        if !due || !(self.json || self.terminal) {
            return;
        }
        self.told = Some(now);
        let total = progress.total.filter(|total| *total > 0);
        let percent = total.map(|total| (progress.rows * 100 / total).min(100));
        let spent = (now - self.begun).as_millis();
        let eta_s = total.filter(|_| progress.rows > 0).map(|total| {
            let left = u128::from(total.saturating_sub(progress.rows));
            u64::try_from(spent * left / u128::from(progress.rows) / 1000).unwrap_or(u64::MAX)
        });
        // Progress that cannot be shown stops nobody.
        if self.json {
            let line = serde_json::to_string(&Line { progress, percent, eta_s });
            let _ = writeln!(std::io::stdout(), "{}", line.unwrap_or_default());
        } else {
            let Progress { step, table, rows, total } = progress;
            let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
            let percent = percent.map(|percent| format!(", {percent} %")).unwrap_or_default();
            let eta = eta_s.map(|eta| format!(", {eta} s left")).unwrap_or_default();
            let _ = writeln!(std::io::stderr(), "{step}: {rows} rows{of}{percent}{eta} ({table})");
        }
    }
}
