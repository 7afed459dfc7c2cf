//! Lays a siege to a gateway. Started by `cargo xtask prove attacks`, which
//! builds both.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool for people: its output is its purpose"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use sekisho_siege::{ATTACKS, Attack, Plan, Settings, lay};
use sekisho_wire::gateway::Limits;

/// Attacks on a real gateway, beside agents who only want to work.
#[derive(Parser)]
struct Cli {
    /// The gateway's program.
    #[arg(long, value_name = "FILE")]
    gateway: PathBuf,
    /// Only this attack; may be given several times.
    #[arg(long, value_name = "NAME")]
    attack: Vec<String>,
    /// The length of a stretch.
    #[arg(long, value_name = "N", default_value_t = 10)]
    seconds: u64,
    /// Stretches of each attack.
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
    /// Agents at work.
    #[arg(long, value_name = "N", default_value_t = 100)]
    agents: usize,
    /// The seed of what is random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Writes the figures to a file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Names the attacks and what they do.
    #[arg(long)]
    list: bool,
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
    if cli.list {
        for attack in ATTACKS {
            println!("{:13} {}", attack.name, attack.what);
        }
        return Ok(());
    }
    let attacks = match &cli.attack[..] {
        [] => ATTACKS.iter().collect(),
        names => names.iter().map(|name| named(name)).collect::<Result<Vec<_>>>()?,
    };
    sekisho_platform::process::raise_open_files()?;
    let limits = Limits {
        // The attack on it brings up twice as many, from this one process: of the
        // default that would be 40,000 handshakes and open files in each pass.
        connections: 1_500,
        // The example of the design (`trust.md` §4.3), half of the default.
        memory_bytes: 512 * 1024 * 1024,
        ..Limits::default()
    };
    let plan = Plan {
        settings: Settings::new(&cli.gateway)?,
        limits,
        attacks,
        seconds: cli.seconds.max(1),
        rounds: cli.rounds.max(1),
        agents: cli.agents,
        seed: cli.seed,
    };
    let report = lay(&plan, &|line| println!("prove: {line}"))?;
    println!("\n{}", report.table());
    println!(
        "legit_p99_ratio {:.2}, memory {:.1} of {:.0} MiB, {} violations, {} calls of agents",
        report.ratio(),
        report.memory_peak_bytes() as f64 / 1_048_576.0,
        report.memory_budget_bytes as f64 / 1_048_576.0,
        report.violations,
        report.legit_calls,
    );
    if let Some(file) = &cli.json {
        std::fs::write(file, format!("{:#}\n", report.json()))
            .with_context(|| format!("cannot write {}", file.display()))?;
        println!("written to {}", file.display());
    }
    for found in &report.found {
        println!("VIOLATION: {}: {}", found.attack, found.what);
    }
    match &report.missed()[..] {
        [] => Ok(()),
        missed => bail!("{}", missed.join("; ")),
    }
}

fn named(name: &str) -> Result<&'static Attack> {
    Attack::named(name).with_context(|| {
        let names: Vec<&str> = ATTACKS.iter().map(|attack| attack.name).collect();
        format!("there is no attack '{name}'; there are {}", names.join(", "))
    })
}
