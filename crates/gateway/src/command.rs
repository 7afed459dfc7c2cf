//! The command line of the gateway.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;

use anyhow::{Context, bail};
use clap::{CommandFactory, Parser, Subcommand};
use sekisho_model::Clock as _;
use sekisho_model::clock::SystemClock;
use sekisho_platform::process;

use crate::config::{Checked, Config, DEFAULT_PATH};
use crate::control::{self, Ask, NotRunning, Say};
use crate::state::State;
use crate::upgrade::program::{BACKUP_DIR, Done, Request, upgrade};
use crate::{manual, run, settings};

mod certificate;
mod pair;

/// Sekisho gateway: stands in the DMZ, relays what agents on the internet may
/// say to their server, and can read and forge nothing of it.
#[derive(Debug, Parser)]
#[command(name = "sekisho-gateway", version, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 refused or failed, 2 wrong usage.\n\n\
                        First steps:\n  edit /etc/sekisho/gateway.toml: listen.private\n  \
                        sekisho-gateway check-config\n  \
                        systemctl enable --now sekisho-gateway\n  sekisho-gateway pair")]
struct Cli {
    /// The settings file.
    #[arg(long, global = true, env = "SEKISHO_GATEWAY_CONFIG", default_value = DEFAULT_PATH)]
    config: PathBuf,
    /// Override a setting, e.g. `--set listen.agents=0.0.0.0:443`.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Work until stopped. The service runs this.
    Run,
    /// Print the string with which an administrator makes this gateway one of
    /// the site's.
    ///
    /// The string is good for 30 minutes and for one use. Whoever has it could
    /// make this gateway theirs: carry it the way you would carry a password.
    #[command(after_help = "Example:\n  sekisho-gateway pair")]
    Pair {
        /// Also when this gateway is paired. It goes on as it is until somebody
        /// uses the new string.
        #[arg(long)]
        again: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Forget the site, and the key it knows this gateway by.
    ///
    /// Agents are refused from then on. At the server, revoke the gateway as
    /// well. An imported certificate stays.
    Unpair {
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Show whether agents are served, and what is in the way.
    Status {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// The certificate that agents and browsers see.
    Certificate {
        #[command(subcommand)]
        command: certificate::CertificateCommand,
    },
    /// Replace the program without dropping a connection, and go back by itself
    /// if the new one does not work.
    ///
    /// Looks at the file, makes a backup, starts the new program beside the one
    /// that runs, and hands over when it has proved itself. For root.
    #[command(after_help = "Example:\n  sekisho-gateway upgrade ./sekisho-gateway\n  \
                            sekisho-gateway upgrade --installed   # after a package was installed")]
    Upgrade {
        /// The new program.
        #[arg(required_unless_present = "installed")]
        file: Option<PathBuf>,
        /// Hand over to the program that is installed already, with the settings
        /// as they are now. A package brings its own backup.
        #[arg(long, conflicts_with = "file")]
        installed: bool,
        /// Only look whether the file would be taken.
        #[arg(long)]
        check: bool,
        /// So long the new program may take to prove itself.
        #[arg(long, value_name = "SECONDS", default_value_t = 60,
              value_parser = clap::value_parser!(u64).range(1..=600))]
        proof: u64,
        /// So long the former process finishes what it has begun; goes before
        /// the setting drain_s.
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=600))]
        drain: Option<u64>,
        /// Where the backup goes.
        #[arg(long, value_name = "FOLDER", default_value = BACKUP_DIR)]
        backup_dir: PathBuf,
        /// Where the program is installed. Default: this program.
        #[arg(long, value_name = "FILE")]
        program: Option<PathBuf>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print what was understood of the settings, what is missing, and what is
    /// wrong.
    CheckConfig,
    /// Print the script that completes this command line in your shell.
    #[command(
        after_help = "Example:\n  sekisho-gateway completions bash > /usr/share/bash-completion/completions/sekisho-gateway"
    )]
    Completions {
        /// The shell that reads the script.
        shell: sekisho_manual::Shell,
    },
    /// Write the man pages of this program and its verbs.
    #[command(after_help = "Example:\n  sekisho-gateway man-pages /usr/local/share/man/man8")]
    ManPages {
        /// The folder to write them into; it exists.
        folder: PathBuf,
    },
    /// Explain every setting, as Markdown.
    Settings,
}

/// As whom a command that root called went on.
static BECAME: OnceLock<String> = OnceLock::new();

/// Runs the command line; `start` starts the data plane of `run`.
pub fn main(start: run::Start<'_>) -> ExitCode {
    match dispatch(&Cli::parse(), start) {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("sekisho-gateway: {error:#}"));
            if let Some(user) = BECAME.get() {
                complain(&format!("note: done as the user {user}"));
            }
            ExitCode::FAILURE
        }
    }
}

fn dispatch(cli: &Cli, start: run::Start<'_>) -> anyhow::Result<ExitCode> {
    match &cli.command {
        Command::Run => return run_gateway(cli, start),
        Command::Pair { again, json } => pair::pair(&memory(cli)?, *again, *json)?,
        Command::Unpair { yes } => pair::unpair(&memory(cli)?, *yes)?,
        Command::Status { json } => return status(cli, *json),
        Command::Certificate { command } => return command.run(cli),
        Command::Upgrade { json, .. } => upgrade_program(cli, *json)?,
        Command::CheckConfig => return Ok(check_config(cli)),
        Command::Completions { shell } => {
            say(sekisho_manual::completions(Cli::command(), *shell).trim_end());
        }
        Command::ManPages { folder } => {
            sekisho_manual::write_pages(Cli::command(), &manual::ABOUT, folder)
                .with_context(|| format!("cannot write the pages into {}", folder.display()))?;
        }
        Command::Settings => say(settings::reference().trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}

fn say(text: &str) {
    // A reader that has seen enough (`| head`) is no trouble.
    let _ = writeln!(std::io::stdout(), "{text}");
}

#[expect(clippy::print_stderr, reason = "this is for the person, not for the log")]
fn complain(text: &str) {
    eprintln!("{text}");
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl Cli {
    fn is_required(&self) -> bool {
        self.config != Path::new(DEFAULT_PATH)
    }

    fn settings(&self) -> anyhow::Result<Config> {
        Config::load(&self.config, self.is_required(), &self.set, environment)
    }

    fn checked(&self) -> Checked {
        Config::check(&self.config, self.is_required(), &self.set, environment)
    }

    /// What another process of this program is started with to see the same
    /// settings.
    fn arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        if self.is_required() {
            arguments.extend(["--config".to_owned(), self.config.display().to_string()]);
        }
        arguments.extend(self.set.iter().map(|pair| format!("--set={pair}")));
        arguments
    }
}

/// The gateway's memory and what is set about it.
struct Memory {
    config: Config,
    state: State,
}

/// Opens the gateway's memory as the user to whom it belongs, also when root
/// calls: what root wrote, the gateway could not use afterwards.
fn memory(cli: &Cli) -> anyhow::Result<Memory> {
    process::harden()?;
    process::restrict_new_files()?;
    let config = cli.settings()?;
    if let Some(user) = process::become_owner_of(&config.state_dir)? {
        let _ = BECAME.set(user);
    }
    let state = State::open(&config.state_dir)
        .with_context(|| format!("the gateway's memory {}", config.state_dir.display()))?;
    Ok(Memory { config, state })
}

fn run_gateway(cli: &Cli, start: run::Start<'_>) -> anyhow::Result<ExitCode> {
    process::harden()?;
    process::restrict_new_files()?;
    let config = cli.settings()?;
    start_log(&config)?;
    let arguments = std::env::args_os().skip(1).collect();
    run::run(config, arguments, start)?;
    Ok(ExitCode::SUCCESS)
}

fn start_log(config: &Config) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log_level)
        .with_context(|| format!("log.level is '{}'", config.log_level))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if config.log_json {
        log.json().init();
    } else {
        log.with_ansi(std::io::stderr().is_terminal()).init();
    }
    Ok(())
}

fn status(cli: &Cli, json: bool) -> anyhow::Result<ExitCode> {
    let Memory { config, state } = memory(cli)?;
    match control::ask(&config.state_dir, &Ask::Status) {
        Ok(Say::Status(report)) => {
            say(&if json {
                report.json().to_string()
            } else {
                report.text().trim_end().to_owned()
            });
            Ok(if report.is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Ok(_) => bail!("the gateway's answer is not a status"),
        Err(error) if error.is::<NotRunning>() => {
            let name = state.membership()?.map(|membership| membership.name);
            if json {
                let value = serde_json::json!({
                    "running": false, "serving": false, "paired": name.is_some(), "name": name,
                });
                say(&value.to_string());
            } else {
                say(&match name {
                    Some(name) => format!("gateway       {name}"),
                    None => "gateway       not paired; run 'sekisho-gateway pair'".to_owned(),
                });
                say("process       none; start it with 'systemctl start sekisho-gateway'");
            }
            Ok(ExitCode::FAILURE)
        }
        Err(error) => Err(error),
    }
}

fn upgrade_program(cli: &Cli, json: bool) -> anyhow::Result<()> {
    let Command::Upgrade { file, check, proof, drain, backup_dir, program, .. } = &cli.command
    else {
        bail!("not an upgrade")
    };
    let config = cli.settings()?;
    let program = match program {
        Some(program) => program.clone(),
        None => installed_program()?,
    };
    let request = Request {
        file: file.clone(),
        program: std::path::absolute(program)?,
        settings: cli.arguments(),
        settings_file: cli.config.clone(),
        state_dir: config.state_dir,
        backup_dir: backup_dir.clone(),
        proof_s: *proof,
        drain_s: *drain,
        check_only: *check,
    };
    let step = |text: &str| {
        if !json {
            say(&format!("  {text}"));
        }
    };
    let done = upgrade(&request, SystemClock.now(), &step)?;
    if json {
        say(&serde_json::to_string(&done)?);
        return Ok(());
    }
    let Done { from, to, backup, pid, drain_s } = done;
    let Some(pid) = pid else {
        say(&format!("{to} would be taken (now: {from}); nothing was changed"));
        return Ok(());
    };
    say(&format!("upgraded from {from} to {to}: process {pid} answers"));
    if let Some(drain_s) = drain_s {
        say(&format!("the former process finishes what it has begun, {drain_s} s at most"));
    }
    if let Some(backup) = backup {
        let back = backup.join("sekisho-gateway");
        say(&format!("the way back: sekisho-gateway upgrade {}", back.display()));
    }
    Ok(())
}

/// This program's file; its name after somebody has replaced it under our feet.
fn installed_program() -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe().context("this program does not know its own path")?;
    let text = path.to_string_lossy();
    Ok(text.strip_suffix(" (deleted)").map_or_else(|| path.clone(), PathBuf::from))
}

fn check_config(cli: &Cli) -> ExitCode {
    let Checked { config, understood, notes, problems } = cli.checked();
    say(understood.trim_end());
    for note in notes {
        say(&format!("note: {note}"));
    }
    if let Some(config) = &config {
        for note in missing(config) {
            say(&format!("note: {note}"));
        }
    }
    for problem in &problems {
        say(&format!("problem: {problem}"));
    }
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What is not there and need not be, as far as whoever asks may see it.
fn missing(config: &Config) -> Vec<String> {
    let folder = config.state_dir.display();
    if !config.state_dir.is_dir() {
        return vec![format!("{folder} is not there; the first start makes it")];
    }
    if std::fs::read_dir(&config.state_dir).is_err() {
        return vec![format!("{folder} is not yours to look into; root sees more")];
    }
    let absent = |file: &str| !config.state_dir.join(file).exists();
    let mut notes = Vec::new();
    if absent("gateway.cbor") {
        notes.push("not paired: agents are refused until `sekisho-gateway pair`".to_owned());
    }
    if absent("imported.cbor") {
        notes.push("no certificate was imported: the site's own is shown".to_owned());
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_successor_sees_the_same_settings() {
        let cli = ["x", "--config", "/a", "--set", "drain_s=1", "check-config"];
        let cli = Cli::try_parse_from(cli).expect("parsed");
        let mut again = vec!["x".to_owned(), "check-config".to_owned()];
        again.extend(cli.arguments());
        let again = Cli::try_parse_from(again).expect("parsed");
        assert_eq!((again.config, again.set), (cli.config, cli.set));
    }

    /// Others see the arguments of every process.
    #[test]
    fn no_secret_is_an_argument() {
        let parse = |args: &[&str]| Cli::try_parse_from([&["x"], args].concat());
        assert!(parse(&["pair", "sekisho-gw1-d2rpytdchgfgk196"]).is_err());
        assert!(parse(&["certificate", "import", "a.pem", "--passphrase", "x"]).is_err());
        assert!(parse(&["upgrade"]).is_err(), "a file, or --installed");
        assert!(parse(&["upgrade", "--installed"]).is_ok());
    }

    #[test]
    fn the_unit_and_the_program_agree() {
        const UNIT: &str = include_str!("../../../packaging/systemd/sekisho-gateway.service");
        let state_dir = settings::setting("state_dir").expect("a setting").default;
        let folder = state_dir.strip_prefix("/var/lib/").expect("a state directory");
        assert!(UNIT.contains(&format!("\nStateDirectory={folder}\n")));
        let started = |key: &str| -> Vec<String> {
            let line = UNIT.lines().find_map(|line| line.strip_prefix(key)).expect(key);
            line.split(' ').map(str::to_owned).collect()
        };
        let run = Cli::try_parse_from(started("ExecStart=")).expect("understood");
        assert!(matches!(run.command, Command::Run));
        assert!(!run.is_required(), "the file of the packages");
        let reload = Cli::try_parse_from(started("ExecReload=")).expect("understood");
        assert!(matches!(reload.command, Command::Upgrade { installed: true, .. }));
    }
}
