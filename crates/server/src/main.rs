//! The Sekisho server.

mod commands;

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Once, OnceLock};

use anyhow::Context as _;
use clap::{CommandFactory as _, Parser, Subcommand};
use commands::databases::{Backup, BackupDrill, MigrateTo, Restore};
use commands::keys::KeysCommand;
use commands::mail::MailCommand;
use commands::manual;
use commands::packages::PackagesCommand;
use commands::passphrase::PassphraseArguments;
use commands::people::{ResetSecondFactor, SetupToken};
use sekisho_model::clock::SystemClock;
use sekisho_model::rng::SystemRng;
use sekisho_seal::recovery_key;
use sekisho_seal::sealing::OpeningKey;
use sekisho_server::config::{Checked, Config, DEFAULT_PATH, LogFormat, settings};
use sekisho_server::{http, init, run};
use sekisho_vault::PageLocker;
use zeroize::Zeroizing;

/// It gives large buffers pages of their own: what a connection of an agent
/// sets aside and never fills, which is most of it, takes no memory. Elsewhere
/// it would have to know the size of a page when it is built: arm64 has several.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// What `--help` ends with.
const HELP: &str = "\
Exit codes: 0 done, 1 refused or failed, 2 wrong usage.

First steps:
  sekisho-server check-config
  sekisho-server init
  sekisho-server run";

/// Keeps, rotates and lends the passwords of privileged accounts.
#[derive(Debug, Parser)]
#[command(name = "sekisho-server", version, after_help = HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create a site: database, keys, first trust bundle. Prints the recovery
    /// key and the set-up token once.
    Init {
        #[command(flatten)]
        config: ConfigArguments,
        #[command(flatten)]
        passphrase: PassphraseArguments,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Serve until stopped. Without the key that opens the vault the server
    /// starts sealed: it answers everything with 503 until it gets the key.
    Run {
        #[command(flatten)]
        config: ConfigArguments,
    },
    /// Give a sealed server its passphrase, or have it look for its key now.
    /// Speaks to the server's socket on this machine.
    Unseal {
        #[command(flatten)]
        config: ConfigArguments,
        #[command(flatten)]
        passphrase: PassphraseArguments,
    },
    /// End a recovery: open what the agents handed in with the recovery key.
    ///
    /// The server may be running. The key is read from a prompt, a file or
    /// standard input, never from the command line.
    Recover {
        #[command(flatten)]
        config: ConfigArguments,
        /// A file that holds the recovery key; `-` = standard input.
        #[arg(long, value_name = "FILE")]
        recovery_key_file: Option<PathBuf>,
        #[command(flatten)]
        passphrase: PassphraseArguments,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// The audit log, at the database itself.
    Audit {
        #[command(subcommand)]
        command: commands::audit::AuditCommand,
    },
    /// The site's keys: show them, rotate them, change what locks the vault.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// The mail that this server sends.
    Mail {
        #[command(subcommand)]
        command: MailCommand,
    },
    /// Packages of the agent that people can download from this server.
    Packages {
        #[command(subcommand)]
        command: PackagesCommand,
    },
    /// Back the site up into a file that only the recovery key opens.
    ///
    /// The server may be running.
    Backup(Backup),
    /// Bring the site back from a backup, into an empty database of either
    /// kind, under a new key-encryption key.
    ///
    /// The recovery key is read from a prompt, a file or standard input, never
    /// from the command line. The site is in recovery afterwards.
    Restore(Restore),
    /// Rehearse a restore beside the site and look at everything in it.
    ///
    /// The server may be running; of the site only the audit log changes.
    BackupDrill(BackupDrill),
    /// Move the site to another database, for example to PostgreSQL.
    ///
    /// The server may be running: until this ends it answers what reads, and
    /// refuses what writes with 503. Then change the setting and restart it.
    MigrateTo(MigrateTo),
    /// Take away the second factors of somebody who lost them, when nobody is
    /// left who could do it in the console.
    ///
    /// The server may be running. It is in the audit log.
    ResetSecondFactor(ResetSecondFactor),
    /// Make another set-up token, when the first was lost or has expired before
    /// anybody used it. The former one is void.
    SetupToken(SetupToken),
    /// Print what was understood of the configuration, and what is wrong.
    CheckConfig {
        #[command(flatten)]
        config: ConfigArguments,
    },
    /// Print the OpenAPI document of the REST API.
    Openapi,
    /// Print the script that completes this command line in your shell.
    #[command(
        after_help = "Example:\n  sekisho-server completions bash > /usr/share/bash-completion/completions/sekisho-server"
    )]
    Completions {
        /// The shell that reads the script.
        shell: sekisho_manual::Shell,
    },
    /// Write the man pages of this program and its verbs.
    #[command(after_help = "Example:\n  sekisho-server man-pages /usr/local/share/man/man8")]
    ManPages {
        /// The folder to write them into; it exists.
        folder: PathBuf,
    },
    /// Print all settings as a Markdown table.
    #[command(hide = true)]
    SettingsReference,
}

#[derive(Debug, clap::Args)]
struct ConfigArguments {
    /// The configuration file.
    #[arg(long, env = "SEKISHO_CONFIG", default_value = DEFAULT_PATH)]
    config: PathBuf,
    /// Override a setting, e.g. `--set listen.api=127.0.0.1:8443`.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl ConfigArguments {
    /// The settings. What follows is done as the server's user, also when root
    /// calls: what root wrote, the server could not use afterwards.
    fn load(&self) -> anyhow::Result<Config> {
        self.become_the_servers_user()?;
        Config::load(Some(&self.config), &self.set, environment)
    }

    /// As [`load`](Self::load), and what is wrong with them.
    fn check(&self) -> anyhow::Result<Checked> {
        self.become_the_servers_user()?;
        Ok(Config::check(Some(&self.config), &self.set, environment))
    }

    fn become_the_servers_user(&self) -> anyhow::Result<()> {
        let folder = Config::data_dir(Some(&self.config), &self.set, environment);
        if let Some(user) = sekisho_platform::process::become_owner_of(&folder)? {
            let folder = folder.display();
            let note = format!("done as the user {user}, to whom {folder} belongs");
            BECAME.get_or_init(|| note);
        }
        Ok(())
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// As whom a command that root called went on.
static BECAME: OnceLock<String> = OnceLock::new();

fn main() -> ExitCode {
    match dispatch(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "sekisho-server: {error:#}");
            if let Some(note) = BECAME.get() {
                let _ = writeln!(
                    std::io::stderr(),
                    "note: {note}; files that you name must be readable to that user"
                );
            }
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout();
    match command {
        Command::Init { config, passphrase, json } => {
            prepare_process()?;
            let config = config.load()?;
            let passphrase = passphrase.choose(&config)?;
            log(tracing_subscriber::EnvFilter::new("warn"), LogFormat::Text)?;
            let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
            runtime()?
                .block_on(init::init_with(&config, passphrase, clock, rng, json, &mut out))?;
        }
        Command::Run { config } => {
            prepare_process()?;
            let config = config.load()?;
            let mut filter = tracing_subscriber::EnvFilter::try_new(&config.log.level)?;
            if !config.log.level.contains("sqlx") {
                // PostgreSQL's notices are news to nobody.
                filter = filter.add_directive("sqlx::postgres::notice=warn".parse()?);
            }
            log(filter, config.log.format)?;
            // Every agent holds a connection, and shells start with 1,024 files.
            sekisho_platform::process::raise_open_files()?;
            runtime()?.block_on(run::run(config, Arc::new(SystemClock), Arc::new(SystemRng)))?;
        }
        Command::Recover { config, recovery_key_file, passphrase, json } => {
            prepare_process()?;
            let config = config.load()?;
            let passphrase = passphrase.read(&config)?;
            log(tracing_subscriber::EnvFilter::new("warn"), LogFormat::Text)?;
            let key = read_recovery_key(recovery_key_file.as_deref())?;
            let done = runtime()?.block_on(run::recover(
                config,
                Arc::new(SystemClock),
                Arc::new(SystemRng),
                passphrase,
                &key,
            ))?;
            if json {
                writeln!(out, "{}", serde_json::to_string(&done)?)?;
            } else if let Some(bundle) = done.keys_replaced_in {
                writeln!(
                    out,
                    "keys that agents use were lost with the database; trust bundle {bundle} brings \
                     new ones. The site is still in recovery: wait until the agents are connected, \
                     then run this again"
                )?;
            } else {
                writeln!(
                    out,
                    "recovery ended: {} passwords recovered, {} known already, {} skipped; the \
                     agents check now which of them work",
                    done.recovered, done.known, done.skipped
                )?;
                if done.skipped > 0 {
                    writeln!(
                        out,
                        "skipped: their devices serve no resource, or not the account's. Once they do, \
                         the escrows are there for the next recovery"
                    )?;
                }
                if done.unreadable > 0 {
                    writeln!(
                        out,
                        "{} escrows cannot be opened; the server's log names their devices",
                        done.unreadable
                    )?;
                }
            }
        }
        Command::Audit { command } => return command.run(&mut out),
        Command::Unseal { config, passphrase } => {
            prepare_process()?;
            let config = config.load()?;
            let passphrase = passphrase.read(&config)?;
            let done = sekisho_server::sealed::unseal(&config.listen.control, passphrase.as_ref())?;
            anyhow::ensure!(done.unsealed, "{}", done.message);
            writeln!(out, "{}", done.message)?;
        }
        Command::Keys { command } => command.run(&mut out)?,
        Command::Mail { command } => command.run(&mut out)?,
        Command::Packages { command } => command.run(&mut out)?,
        Command::Backup(command) => command.run(&mut out)?,
        Command::Restore(command) => command.run(&mut out)?,
        Command::BackupDrill(command) => command.run(&mut out)?,
        Command::MigrateTo(command) => command.run(&mut out)?,
        Command::ResetSecondFactor(command) => command.run(&mut out)?,
        Command::SetupToken(command) => command.run(&mut out)?,
        Command::CheckConfig { config } => {
            let checked = config.check()?;
            write!(out, "{}", checked.understood)?;
            if let Some(note) = BECAME.get() {
                writeln!(out, "note: {note}")?;
            }
            for problem in &checked.problems {
                writeln!(out, "problem: {problem}")?;
            }
            if let Err(error) = sekisho_platform::memory::try_lock() {
                writeln!(out, "note: keys cannot be kept out of swap: {error:#}; {MEMLOCK}")?;
            }
            if !checked.problems.is_empty() {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Openapi => {
            let document = http::openapi().to_pretty_json()?;
            writeln!(out, "{document}")?;
        }
        Command::Completions { shell } => {
            manual::completions(Arguments::command(), shell, &mut out)?;
        }
        Command::ManPages { folder } => manual::man_pages(Arguments::command(), &folder)?,
        Command::SettingsReference => write!(out, "{}", settings::reference())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Longest key file, in bytes.
const MAX_KEY_BYTES: u64 = 4096;

fn read_recovery_key(file: Option<&Path>) -> anyhow::Result<OpeningKey> {
    let mut text = Zeroizing::new(String::new());
    match file {
        Some(path) if path == Path::new("-") => {
            std::io::stdin().take(MAX_KEY_BYTES).read_to_string(&mut text)?;
        }
        Some(path) => {
            let file = std::fs::File::open(path)
                .with_context(|| format!("the key file {}", path.display()))?;
            file.take(MAX_KEY_BYTES).read_to_string(&mut text)?;
        }
        None => {
            let typed = rpassword::prompt_password("Recovery key (not shown): ");
            text = Zeroizing::new(typed.context(
                "the recovery key is needed, and there is no terminal to ask at: give \
                 --recovery-key-file FILE, or --recovery-key-file - for standard input",
            )?);
        }
    }
    recovery_key::parse(&text).context("the recovery key")
}

/// No core dumps, and nothing this process creates is open to others.
fn prepare_process() -> anyhow::Result<()> {
    sekisho_platform::process::harden().context("cannot switch off core dumps")?;
    sekisho_vault::keep_keys_in_memory_with(PageLocker { lock: lock_page, unlock: unlock_page });
    sekisho_platform::process::restrict_new_files().context("cannot set the umask")
}

/// What to do about keys that cannot be locked into memory, besides what the
/// error says.
const MEMLOCK: &str = "or switch swap off or encrypt it";

fn lock_page(page: &[u8]) {
    static SAID: Once = Once::new();
    if let Err(error) = sekisho_platform::memory::lock(page) {
        SAID.call_once(|| tracing::warn!(%error, "keys may get into swap; {MEMLOCK}"));
    }
}

fn unlock_page(page: &[u8]) {
    // It was not locked, then; said above.
    let _ = sekisho_platform::memory::unlock(page);
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the event loop")
}

fn log(filter: tracing_subscriber::EnvFilter, format: LogFormat) -> anyhow::Result<()> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let done = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    done.map_err(|error| anyhow::anyhow!("cannot start the log: {error}"))
}
