//! Takes the figures of `cargo xtask bench`, in a process of its own beside
//! the server that it measures.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool for people: its output is its purpose"
)]

mod agent;
mod ansible;
mod api;
mod console;
mod fleet;
mod gateway;
mod host;
mod reset;
mod reveal;
mod site;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::Parser;
use sekisho_model::clock::{Clock as _, SystemClock};
use xtask::bench::{Args, Machine, Part, Report};

// Its own memory is no figure; its own CPU time takes the cores that the
// server could have.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Takes figures. Started by `cargo xtask bench`, which says what they are.
#[derive(Parser)]
struct Cli {
    /// The folder of the programs that are measured.
    #[arg(long)]
    programs: PathBuf,
    /// The folder of tools that `cargo xtask setup` fills.
    #[arg(long)]
    tools: PathBuf,
    /// The folder of the web console's sources.
    #[arg(long)]
    console: PathBuf,
    #[command(flatten)]
    args: Args,
}

/// What every bench needs.
struct Stage {
    programs: PathBuf,
    tools: PathBuf,
    console: PathBuf,
    machine: Machine,
    scratch: tempfile::TempDir,
}

impl Stage {
    /// A report that says what was measured.
    fn report(&self, bench: &'static str, quick: bool) -> Result<Report> {
        let mut report = Report::new(bench, self.machine.clone(), quick);
        let version =
            first_line(Command::new(self.programs.join("sekisho-server")).arg("--version"))?;
        report.version("sekisho", version.trim_start_matches("sekisho-server "));
        Ok(report)
    }
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    sekisho_platform::process::raise_open_files()?;
    let machine = Machine::look(&std::env::temp_dir())?;
    let scratch = tempfile::Builder::new().prefix("sekisho-bench-").tempdir()?;
    let Cli { programs, tools, console, args } = cli;
    let stage = Stage { programs, tools, console, machine, scratch };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match &args.part {
            Part::Fleet(args) => fleet::run(&stage, args).await,
            Part::Reset(args) => reset::run(&stage, args).await,
            Part::Reveal(args) => reveal::run(&stage, args).await,
            Part::Agent(args) => agent::run(&stage, args).await,
            Part::Console(args) => console::run(&stage, args).await,
            Part::Gateway(_) => anyhow::bail!("`sekisho-bench-gateway` measures the gateway"),
        }
    })
}

/// Says what is going on.
fn say(what: &str) {
    println!("bench: {what}");
}

/// Seconds since `began`.
fn seconds_since(began: std::time::Duration) -> f64 {
    SystemClock.elapsed().saturating_sub(began).as_secs_f64()
}

/// The first line that a program prints.
fn first_line(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?} cannot be started"))?;
    anyhow::ensure!(output.status.success(), "{command:?} failed: {}", output.status);
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// A password nobody has to type: 130 bits.
fn random_password() -> String {
    use sekisho_model::rng::{SystemRng, random_bytes};
    // The prefix satisfies policies that ask for every class of characters.
    format!("Aa1-{}", data_encoding::BASE32_NOPAD.encode(&random_bytes::<17>(&SystemRng)))
}
