//! The command line of the agent.

use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{CommandFactory, Parser, Subcommand};
use sekisho_link::{Endpoint, LinkError, ServerTime, TlsProblem};
use sekisho_model::clock::SystemClock;
use sekisho_model::device::{DeviceState, in_fours};
use sekisho_model::rng::SystemRng;
use sekisho_platform::disk::RealDisk;
use sekisho_platform::{accounts, host, process};
use sekisho_seal::enrolment_key::EnrolmentKeyText;
use zeroize::Zeroizing;

use crate::config::{self, Config};
use crate::journal::{Journal, Step};
use crate::run::{self, Surroundings};
use crate::state::{State, StateError};
use crate::status::{Phase, Status, StatusFile};
use crate::ways::{Kind, Own, WayShown, Ways};
use crate::{check, enrol, manual, service, settings};

/// Sekisho agent: keeps the passwords of this host's accounts under the
/// server's care. It only ever dials out.
#[derive(Debug, Parser)]
#[command(name = "sekisho-agent", version, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 refused or failed, 2 wrong usage.\n\n\
                        First steps:\n  sekisho-agent install --server sekisho.example.jp:8383\n  \
                        sekisho-agent start\n  sekisho-agent status")]
struct Cli {
    /// The settings file.
    #[arg(long, global = true, default_value = config::DEFAULT_PATH)]
    config: PathBuf,
    /// Where the agent keeps its memory; goes before the settings file.
    #[arg(long, global = true)]
    state_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make this host known to the server, with a key an administrator gave you.
    ///
    /// The key is read from a prompt, a file or standard input, never from the
    /// command line, where other users could see it.
    #[command(after_help = "Example:\n  sekisho-agent enroll --server sekisho.example.jp:8383\n  \
                            sekisho-agent enroll --server 10.0.0.5 --key-file - < key.txt")]
    Enroll {
        /// The server's or gateway's address: host or host:port (8383).
        #[arg(long)]
        server: Option<String>,
        /// A file that holds the enrolment key; `-` = standard input.
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
    },
    /// Enrol this host and set the agent up as a service. Does not start it.
    ///
    /// Needs root and systemd. A host that is enrolled already keeps its device.
    #[command(
        after_help = "Example:\n  sekisho-agent install --server sekisho.example.jp:8383\n  \
                            sekisho-agent start"
    )]
    Install {
        /// The server's or gateway's address: host or host:port (8383).
        #[arg(long)]
        server: Option<String>,
        /// A file that holds the enrolment key; `-` = standard input.
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
    },
    /// Start the service that `install` or a package has set up.
    Start,
    /// Move this host to the administrator who gave you another key.
    ///
    /// The host becomes a resource of theirs; nothing is installed or enrolled
    /// anew, and the agent may run meanwhile. The accounts and passwords so far
    /// stay with the former owner, who can transfer them.
    #[command(after_help = "Example:\n  sekisho-agent update\n  \
                            sekisho-agent update --key-file - < key.txt")]
    Update {
        /// A file that holds the enrolment key; `-` = standard input.
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
    },
    /// Stop the service. An order that is being carried out is finished first.
    Stop,
    /// Stop and disable the service and forget this host's device.
    ///
    /// Refuses while the server lacks something that only this host knows: the
    /// result of an order, the escrow of a password. The settings stay.
    #[command(after_help = "Example:\n  sekisho-agent remove --check\n  sekisho-agent remove")]
    Remove {
        /// Only say whether something would be lost (exit code 1).
        #[arg(long)]
        check: bool,
        /// Remove all the same, and list what is lost.
        #[arg(long, conflicts_with = "check")]
        force: bool,
    },
    /// Work until stopped: take orders and carry them out.
    Run,
    /// Show who this host is to the server and what is open.
    Status {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Find out what is wrong: server, clock, trust, and whether passwords can
    /// be changed here.
    Check {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the script that completes this command line in your shell.
    #[command(
        after_help = "Example:\n  sekisho-agent completions bash > /usr/share/bash-completion/completions/sekisho-agent"
    )]
    Completions {
        /// The shell that reads the script.
        shell: sekisho_manual::Shell,
    },
    /// Write the man pages of this program and its verbs.
    #[command(after_help = "Example:\n  sekisho-agent man-pages /usr/local/share/man/man8")]
    ManPages {
        /// The folder to write them into; it exists.
        folder: PathBuf,
    },
    /// Explain every setting, as Markdown.
    #[command(alias = "settings-reference")]
    Settings,
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        Command::Enroll { server, key_file } => {
            let server = server.as_deref();
            let next = Some("; start it with `sekisho-agent run`");
            enroll(&cli, server, key_file.as_deref(), next)
        }
        Command::Install { server, key_file } => {
            install(&cli, server.as_deref(), key_file.as_deref())
        }
        Command::Start => start(&cli),
        Command::Update { key_file } => update(&cli, key_file.as_deref()),
        Command::Stop => stop(),
        Command::Remove { check, force } => remove(&cli, *check, *force),
        Command::Run => run(&cli),
        Command::Status { json } => status(&cli, *json),
        Command::Check { json } => checks(&cli, *json),
        Command::Completions { shell } => {
            say(sekisho_manual::completions(Cli::command(), *shell).trim_end());
            Ok(ExitCode::SUCCESS)
        }
        Command::ManPages { folder } => {
            sekisho_manual::write_pages(Cli::command(), &manual::ABOUT, folder)
                .with_context(|| format!("cannot write the pages into {}", folder.display()))
                .map(|()| ExitCode::SUCCESS)
        }
        Command::Settings => {
            say(&settings::reference());
            Ok(ExitCode::SUCCESS)
        }
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn say(text: &str) {
    // A reader that has seen enough (`| head`) is no trouble.
    let _ = writeln!(std::io::stdout(), "{text}");
}

#[expect(clippy::print_stderr, reason = "this is for the person, not for the log")]
fn complain(text: &str) {
    eprintln!("{text}");
}

fn settings_of(cli: &Cli) -> anyhow::Result<Config> {
    let required = cli.config != Path::new(config::DEFAULT_PATH);
    let mut config = Config::load(&cli.config, required)?;
    if let Some(dir) = &cli.state_dir {
        config.state_dir.clone_from(dir);
    }
    Ok(config)
}

fn memory(config: &Config) -> anyhow::Result<State> {
    let disk = RealDisk::open(&config.state_dir)
        .with_context(|| format!("the agent's memory {}", config.state_dir.display()))?;
    Ok(State::new(Arc::new(disk)))
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(4)
        .build()
        .context("the runtime cannot start")
}

/// The settings, or the defaults while there is no file yet.
fn first_settings(cli: &Cli) -> anyhow::Result<Config> {
    if cli.config.exists() {
        return settings_of(cli);
    }
    let mut config = Config::parse("").map_err(anyhow::Error::msg)?;
    if let Some(dir) = &cli.state_dir {
        config.state_dir.clone_from(dir);
    }
    Ok(config)
}

fn install(cli: &Cli, server: Option<&str>, key_file: Option<&Path>) -> anyhow::Result<ExitCode> {
    service::require_root("install")?;
    let config = first_settings(cli)?;
    service::can_install(&cli.config, &config)?;
    match memory(&config)?.enrolled() {
        Ok(enrolled) => say(&format!(
            "this host is enrolled already, as device {}; no key is needed",
            enrolled.device
        )),
        Err(StateError::NotEnrolled) => {
            enroll(cli, server, key_file, None)?;
        }
        Err(error) => return Err(error.into()),
    }
    service::install(&say)?;
    Ok(ExitCode::SUCCESS)
}

fn update(cli: &Cli, key_file: Option<&Path>) -> anyhow::Result<ExitCode> {
    service::require_root("update")?;
    process::harden()?;
    let config = settings_of(cli)?;
    let state = memory(&config)?;
    let enrolled = state.enrolled()?;
    let text = read_key(key_file)?;
    let key = EnrolmentKeyText::parse(&text).context("the enrolment key")?;
    drop(text);
    let server = config.server.clone().unwrap_or_else(|| enrolled.server.clone());
    let moved = runtime()?.block_on(enrol::rehome(
        (&server, config.proxy.clone()),
        &key,
        config.owner.clone(),
        &state,
        enrol::host_facts()?,
        &SystemRng,
    ))?;
    say(
        "this host is a resource of the owner of this key now; the accounts that were known before \
         stay with the former owner, who can transfer them",
    );
    say(match moved {
        DeviceState::Approved => "nothing else is to be done: the agent goes on as it is",
        DeviceState::Pending | DeviceState::Blocked | DeviceState::Retired => {
            "waiting for an administrator to approve this device"
        }
    });
    Ok(ExitCode::SUCCESS)
}

fn start(cli: &Cli) -> anyhow::Result<ExitCode> {
    service::require_root("start")?;
    let config = settings_of(cli)?;
    service::start(&config.state_dir, &memory(&config)?, &say)?;
    Ok(ExitCode::SUCCESS)
}

fn stop() -> anyhow::Result<ExitCode> {
    service::require_root("stop")?;
    service::stop(&say)?;
    Ok(ExitCode::SUCCESS)
}

fn remove(cli: &Cli, check: bool, force: bool) -> anyhow::Result<ExitCode> {
    service::require_root("remove")?;
    let config = settings_of(cli)?;
    if !config.state_dir.exists() && check {
        say("nothing would be lost: this host has no agent's memory");
        return Ok(ExitCode::SUCCESS);
    }
    let state = memory(&config)?;
    if check {
        service::refuse_losses(&service::losses(&config.state_dir, &state)?, false)?;
        say("nothing would be lost");
    } else {
        service::remove(&config.state_dir, &state, force, &say)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `next` says how the agent is started; without it the caller does.
fn enroll(
    cli: &Cli,
    server: Option<&str>,
    key_file: Option<&Path>,
    next: Option<&str>,
) -> anyhow::Result<ExitCode> {
    process::harden()?;
    let config = first_settings(cli)?;
    let server: Endpoint = match (server, &config.server) {
        (Some(text), _) => text.parse().context("--server")?,
        (None, Some(server)) => server.clone(),
        (None, None) => bail!("which server? Give --server host:port, or set it in agent.toml"),
    };
    let text = read_key(key_file)?;
    let key = EnrolmentKeyText::parse(&text).context("the enrolment key")?;
    drop(text);
    let state = memory(&config)?;
    let facts = enrol::host_facts()?;
    let runtime = runtime()?;
    let outcome = runtime.block_on(enrol::enrol(
        (&server, config.proxy.clone()),
        &key,
        config.owner.clone(),
        &state,
        facts,
        &SystemRng,
    ))?;
    if !cli.config.exists() {
        write_settings(&cli.config, &server, &config)?;
    }
    say(&format!("enrolled as device {}", outcome.enrolled.device));
    if let Some(fingerprint) = fingerprint(&state)? {
        say(&format!("fingerprint {}", in_fours(&fingerprint)));
    }
    let trust = state.trust(&outcome.enrolled.anchor)?;
    let time = ServerTime::new(Arc::new(SystemClock));
    let own = Own { server: &server, ..Own::new(&config, &outcome.enrolled, &trust, &[]) };
    let ways = Ways::of(own, trust.bundle());
    let way = ways.to(&server).unwrap_or_else(|| ways.current());
    if let Err(error @ LinkError::Tls { problem: TlsProblem::WrongName, .. }) =
        runtime.block_on(check::tls(way, config.proxy.clone(), time))
    {
        complain(&format!(
            "warning: {error}. The agent will not connect: in {}, name the server as its \
             certificate does",
            cli.config.display()
        ));
    }
    match outcome.state {
        DeviceState::Approved => say(&format!("approved{}", next.unwrap_or_default())),
        DeviceState::Pending | DeviceState::Blocked | DeviceState::Retired => {
            if let Some(remark) = outcome.remark {
                say(&format!("remark: {}", remark.advice()));
            }
            say("waiting for an administrator to approve this device; the agent may be started \
                 already");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What people compare before they approve: the SHA-256 of the identity key.
fn fingerprint(state: &State) -> Result<Option<String>, StateError> {
    let key = state.identity()?;
    Ok(key.map(|key| data_encoding::HEXLOWER.encode(&sekisho_seal::sha256(&key.public()))))
}

/// A first settings file, so that `run` finds what `enroll` was told.
fn write_settings(path: &Path, server: &Endpoint, config: &Config) -> anyhow::Result<()> {
    let state_dir = toml::Value::String(config.state_dir.display().to_string());
    let text = format!(
        "# Settings of the Sekisho agent; `sekisho-agent settings` explains all of them.\n\
         server = \"{server}\"\nstate_dir = {state_dir}\n"
    );
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)
            .with_context(|| format!("the folder {}", parent.display()))?;
    }
    std::fs::write(path, text).with_context(|| format!("the settings file {}", path.display()))
}

/// Longest key file, in bytes.
const MAX_KEY_BYTES: u64 = 4096;

fn read_key(file: Option<&Path>) -> anyhow::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    match file {
        Some(path) if path == Path::new("-") => {
            std::io::stdin()
                .take(MAX_KEY_BYTES)
                .read_to_string(&mut text)
                .context("the enrolment key cannot be read from standard input")?;
        }
        Some(path) => {
            let file = std::fs::File::open(path)
                .with_context(|| format!("the key file {}", path.display()))?;
            file.take(MAX_KEY_BYTES)
                .read_to_string(&mut text)
                .with_context(|| format!("the key file {}", path.display()))?;
        }
        None if std::io::stdin().is_terminal() => {
            text = Zeroizing::new(rpassword::prompt_password("Enrolment key (not shown): ")?);
        }
        None => bail!("no key: give --key-file FILE, or --key-file - to read standard input"),
    }
    if text.trim().is_empty() {
        bail!("the enrolment key is empty");
    }
    Ok(text)
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    process::harden()?;
    process::restrict_new_files()?;
    let config = settings_of(cli)?;
    start_log(&config.log)?;
    let state = memory(&config)?;
    let clock = Arc::new(SystemClock);
    let status = StatusFile::in_dir(&config.state_dir);
    let facts = host::facts()?;
    let parts = Surroundings {
        config_path: cli.config.clone(),
        state,
        accounts: Arc::from(accounts::system_accounts(clock.clone())?),
        clock: clock.clone(),
        rng: Arc::new(SystemRng),
        boot: facts.boot_id,
        host: facts.hostname,
        status: status.clone(),
        config,
    };
    let ended = runtime()?.block_on(async {
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        // Without systemd there is nobody to notify, and that is fine.
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        let ended = tokio::select! {
            ended = run::run(parts) => ended.map_err(anyhow::Error::from),
            _ = terminate.recv() => Ok(()),
            interrupted = tokio::signal::ctrl_c() => interrupted.map_err(anyhow::Error::from),
        };
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        ended
        // An order that is being carried out finishes while the runtime is
        // dropped: it is never interrupted between started and done.
    });
    status.put(Phase::Stopped, None, &ServerTime::new(clock), Vec::new());
    ended?;
    Ok(ExitCode::SUCCESS)
}

fn start_log(level: &str) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(level)
        .with_context(|| format!("log is '{level}'; expected error, warn, info, debug or trace"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    Ok(())
}

fn status(cli: &Cli, json: bool) -> anyhow::Result<ExitCode> {
    let config = settings_of(cli)?;
    let state = memory(&config)?;
    let enrolled = match state.enrolled() {
        Ok(enrolled) => enrolled,
        Err(StateError::NotEnrolled) => {
            say(if json { "{\"enrolled\":false}" } else { "not enrolled" });
            return Ok(ExitCode::FAILURE);
        }
        Err(error) => return Err(error.into()),
    };
    let trust = state.trust(&enrolled.anchor)?;
    let certificate = state.certificate()?;
    let fingerprint = fingerprint(&state)?.unwrap_or_default();
    let journal = Journal::open(state)?;
    let said = StatusFile::in_dir(&config.state_dir).find();
    let open = journal.entries().filter(|entry| entry.step < Step::Reported).count();
    let escrows = journal.escrows()?.len();
    if json {
        let value = serde_json::json!({
            "enrolled": true,
            "device": enrolled.device,
            "fingerprint": fingerprint,
            "site": enrolled.anchor.site,
            "server": config.server.unwrap_or(enrolled.server),
            "bundle_version": trust.bundle().version,
            "certificate_until": certificate.map(|c| c.not_after.to_string()),
            "open_receipts": open,
            "escrows": escrows,
            "running": said.as_ref().is_some_and(Status::is_current),
            "last_status": said,
        });
        say(&value.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!("device        {}", enrolled.device));
    say(&format!("fingerprint   {}", in_fours(&fingerprint)));
    say(&format!("site          {}", enrolled.anchor.site));
    say(&format!("server        {}", config.server.unwrap_or(enrolled.server)));
    say(&format!("trust bundle  {}", trust.bundle().version));
    say(&match certificate {
        Some(certificate) => format!("certificate   until {}", certificate.not_after),
        None => "certificate   none; waiting for approval".to_owned(),
    });
    say(&format!("open receipts {open}"));
    say(&format!("escrows       {escrows}"));
    if let Some(said) = said {
        let word = match said.phase {
            Phase::Connected => "connected",
            Phase::Dissociated => "dissociated by an administrator; it does nothing",
            Phase::Waiting => "trying to connect",
            Phase::Stopped => "stopped",
        };
        let is_gone = said.phase != Phase::Stopped && !said.is_current();
        let gone = if is_gone { "not running; it was " } else { "" };
        say(&format!("agent         {gone}{word} since {}", said.since));
        if let Some(problem) = said.problem {
            say(&format!("problem       {problem}"));
        }
        for (index, way) in said.ways.iter().enumerate().filter(|_| said.ways.len() > 1) {
            let head = if index == 0 { "ways" } else { "" };
            say(&format!("{head:13} {}", one_way(way)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A way to the server in a line of `status`.
fn one_way(way: &WayShown) -> String {
    let kind = match way.kind {
        Kind::Direct => "the server",
        Kind::Gateway => "a gateway",
    };
    let in_use = if way.in_use { ", in use" } else { "" };
    let problem = way.problem.as_deref().map(|problem| format!(": {problem}")).unwrap_or_default();
    format!("{} ({kind}{in_use}){problem}", way.address)
}

fn checks(cli: &Cli, json: bool) -> anyhow::Result<ExitCode> {
    let config = settings_of(cli)?;
    let state = memory(&config)?;
    let clock = Arc::new(SystemClock);
    let accounts = Arc::from(accounts::system_accounts(clock.clone())?);
    let lines = runtime()?.block_on(check::check(&config, &state, accounts, clock, &SystemRng));
    let all = lines.iter().all(|line| line.ok);
    if json {
        say(&serde_json::to_string(&lines)?);
    } else {
        let width = lines.iter().map(|line| line.name.len()).max().unwrap_or(0);
        for line in &lines {
            let mark = if line.ok { "ok  " } else { "FAIL" };
            say(&format!("{mark}  {:width$}  {}", line.name, line.detail));
        }
    }
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// A-058, done safely: other users see the arguments of every process.
    #[test]
    fn a_key_is_never_an_argument() {
        for verb in ["enroll", "install", "update"] {
            let with =
                |args: &[&str]| Cli::try_parse_from([&["sekisho-agent", verb], args].concat());
            assert!(with(&["sekisho-ek1-d2rpytdchgfgk196"]).is_err(), "{verb}");
            assert!(with(&["--key", "sekisho-ek1-d2rpytdchgfgk196"]).is_err(), "{verb}");
            assert!(with(&["--key-file", "-"]).is_ok(), "{verb}");
        }
    }
}
