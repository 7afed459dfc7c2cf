//! Upgrades a gateway again and again under agents at work, and kills what it
//! can. Started by `cargo xtask prove upgrades`, which builds everything.
//!
//! All parts are real: the server's program, the gateway's program, agents with
//! the product's own loop ([`sekisho_testkit::fleet`]), callers over the product's
//! own [`sekisho_link::Link`]. What systemd does is done by a small
//! [`supervisor`].

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool for people: its output is its purpose"
)]

#[path = "../sekisho-bench/api.rs"]
#[allow(dead_code, reason = "of the client of the API that the benches use, a part is used here")]
mod api;
mod callers;
mod orders;
mod report;
mod site;
mod supervisor;
mod troubles;
mod upgrades;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use sekisho_model::clock::{Clock as _, SystemClock};
use tokio::task::LocalSet;

/// Upgrades a gateway under agents at work.
#[derive(Clone, Parser)]
struct Cli {
    /// The folder of the programs.
    #[arg(long)]
    programs: PathBuf,
    /// Upgrades in a row.
    #[arg(long, value_name = "N", default_value_t = 20)]
    times: u32,
    /// Agents at work.
    #[arg(long, value_name = "N", default_value_t = 500)]
    agents: usize,
    /// Requests in a second beside those of the agents.
    #[arg(long, value_name = "N", default_value_t = 50)]
    rate: u32,
    /// So long a process that leaves finishes what it has begun.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    drain: u64,
    /// Then as many upgrades again, in each of which something is killed.
    #[arg(long)]
    kill: bool,
    /// The seed of what is random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Writes the figures to a file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    sekisho_platform::process::raise_open_files()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = LocalSet::new().block_on(&runtime, upgrades::run(cli))?;
    println!("\n{}", report.text());
    if let Some(file) = &cli.json {
        std::fs::write(file, format!("{:#}\n", report.json()))
            .with_context(|| format!("cannot write {}", file.display()))?;
        println!("written to {}", file.display());
    }
    match &report.missed()[..] {
        [] => Ok(()),
        missed => bail!("{}", missed.join("; ")),
    }
}

/// Says what is going on.
fn say(what: &str) {
    println!("prove: {what}");
}

/// Time since `began`.
fn since(began: std::time::Duration) -> std::time::Duration {
    SystemClock.elapsed().saturating_sub(began)
}
