//! `bench`: figures, with the machine they were taken on and the peer in the
//! same run.
//!
//! The figures are taken by a program of its own, `sekisho-bench` of the
//! test kit, in the profile that is shipped. Here are its arguments, which
//! are those of the verb, and what it measures and reports with.

mod cpu;
mod machine;
mod report;
mod stats;
mod wire;

use std::path::PathBuf;

use anyhow::Result;

pub use cpu::{CpuGroup, Process};
pub use machine::Machine;
pub use report::{Aim, Report};
pub use stats::{median, percentile};
pub use wire::{Difference, Wire};

use crate::workspace::Workspace;
use crate::{cmd, console, dist};

/// The arguments of `bench`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// What to measure.
    #[command(subcommand)]
    pub part: Part,
}

/// What can be measured.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Part {
    /// Many agents: memory and CPU of the server, wake-ups, reconnecting, bytes.
    Fleet(FleetArgs),
    /// Resets on real accounts, beside Ansible's `user` module over SSH.
    Reset(ResetArgs),
    /// Reveals with durable audit, beside one raw INSERT per transaction.
    Reveal(RevealArgs),
    /// One idle agent: memory, CPU, size, bytes.
    Agent(AgentArgs),
    /// The console in a browser: first load, rows of a long list, changes.
    Console(ConsoleArgs),
    /// The gateway, beside nginx and a bare relay of TLS: CPU per request and per
    /// handshake, memory of held waits.
    Gateway(GatewayArgs),
}

/// What every bench takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Common {
    /// Write the figures to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// A short run, to see that it works; its figures mean little.
    #[arg(long)]
    pub quick: bool,
}

/// The arguments of `bench fleet`.
#[derive(Clone, Debug, clap::Args)]
pub struct FleetArgs {
    /// How many agents.
    #[arg(long, default_value_t = 10_000)]
    pub agents: usize,
    /// With a gateway between the agents and the server, both as they are.
    #[arg(long)]
    pub gateway: bool,
    /// How long the fleet is watched while nothing happens, in seconds (300);
    /// longer than a wait, which is 240 s.
    #[arg(long, value_name = "SECONDS")]
    pub idle_s: Option<u64>,
    /// What every bench takes.
    #[command(flatten)]
    pub common: Common,
}

/// The arguments of `bench reset`.
#[derive(Clone, Debug, clap::Args)]
pub struct ResetArgs {
    /// How many accounts are reset in each round.
    #[arg(long, default_value_t = 20)]
    pub accounts: usize,
    /// How many rounds of each kind, one after the other.
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// What every bench takes.
    #[command(flatten)]
    pub common: Common,
}

/// The arguments of `bench reveal`.
#[derive(Clone, Debug, clap::Args)]
pub struct RevealArgs {
    /// How many clients ask at once.
    #[arg(long, default_value_t = 8)]
    pub clients: usize,
    /// How many rounds of each kind, one after the other.
    #[arg(long, default_value_t = 7)]
    pub rounds: usize,
    /// What every bench takes.
    #[command(flatten)]
    pub common: Common,
}

/// The arguments of `bench agent`.
#[derive(Clone, Debug, clap::Args)]
pub struct AgentArgs {
    /// How long it is watched.
    #[arg(long, default_value_t = 10)]
    pub minutes: u64,
    /// Watch it for a whole day.
    #[arg(long, conflicts_with = "minutes")]
    pub day: bool,
    /// What every bench takes.
    #[command(flatten)]
    pub common: Common,
}

/// The arguments of `bench console`.
#[derive(Clone, Debug, clap::Args)]
pub struct ConsoleArgs {
    /// How many accounts the list has.
    #[arg(long, default_value_t = 10_000)]
    pub accounts: usize,
    /// What every bench takes.
    #[command(flatten)]
    pub common: Common,
}

/// The arguments of `bench gateway`.
#[derive(Clone, Debug, clap::Args)]
pub struct GatewayArgs {
    /// How many rounds, with all peers in each.
    #[arg(long, default_value_t = 12)]
    pub rounds: usize,
    /// How long each peer is measured in a round, for each version of HTTP.
    #[arg(long, default_value_t = 2)]
    pub seconds: u64,
    /// Let the server dial no connections for calls, as an older one does: every
    /// call is a stream of HTTP/2.
    #[arg(long)]
    pub without_calls: bool,
    /// How many waits are held at once, for the memory of each.
    #[arg(long, default_value_t = 10_000)]
    pub parked: usize,
    /// What every bench takes.
    #[command(flatten)]
    pub common: Common,
}

/// The verb: builds what is shipped and the program that measures it, and
/// runs that.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    crate::setup::ensure_packages()?;
    if matches!(args.part, Part::Gateway(_)) {
        return gateway(workspace);
    }
    if matches!(args.part, Part::Console(_)) {
        console::can_be_seen(workspace)?;
    }
    println!("bench: building server, agent and command line as they are shipped");
    let programs = dist::shipped_programs(workspace)?;
    println!("bench: building the program that measures");
    cmd::run(&mut workspace.cargo(&[
        "build",
        "--release",
        "--package",
        "sekisho-testkit",
        "--bin",
        "sekisho-bench",
    ]))?;
    if matches!(args.part, Part::Reset(_)) {
        crate::setup::ensure_ansible(workspace)?;
    }
    let mut bench =
        std::process::Command::new(workspace.target.join("release").join("sekisho-bench"));
    bench.arg("--programs").arg(&programs);
    bench.arg("--tools").arg(workspace.target.join("tools"));
    bench.arg("--console").arg(workspace.root.join("console"));
    bench.env("PATH", console::path(workspace));
    bench.args(words());
    cmd::run(&mut bench)
}

/// The gateway is measured alone: neither server nor console are built for it.
fn gateway(workspace: &Workspace) -> Result<()> {
    println!("bench: building the gateway as it is shipped, and the program that measures");
    let programs = dist::shipped_gateway(workspace)?;
    // The relay in it is a peer: it is built as the gateway is.
    let package = ["--package", "sekisho-gatewaykit", "--bin", "sekisho-bench-gateway"];
    cmd::run(workspace.cargo(&["build", "--release"]).args(dist::WHOLE).args(package))?;
    let bench = workspace.target.join("release").join("sekisho-bench-gateway");
    let mut bench = std::process::Command::new(bench);
    bench.arg("--programs").arg(&programs).args(words());
    cmd::run(&mut bench)
}

/// The same words again: the program that measures reads them as this verb did.
fn words() -> impl Iterator<Item = std::ffi::OsString> {
    std::env::args_os().skip_while(|word| word != "bench").skip(1)
}
