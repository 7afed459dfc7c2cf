//! `prove`: long runs of fault injection.
//!
//! The simulator is a program of its own, built fast: `sekisho-sim`. Here are
//! its arguments and how many cases a full run has.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::cmd;
use crate::workspace::Workspace;

/// Cases of a full run, by database.
const FULL: [(&str, u64); 3] = [("memory", 1_000_000), ("sqlite", 20_000), ("postgres", 20_000)];

/// The arguments of `prove`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    part: Part,
}

#[derive(clap::Subcommand)]
enum Part {
    /// Random faults against real server and agent code: no password is ever
    /// lost, no order is carried out twice.
    NeverLost(NeverLost),
}

#[derive(clap::Args)]
struct NeverLost {
    /// Cases on each database. Default: 1,000,000 in memory, 20,000 on each
    /// real one.
    #[arg(long)]
    cases: Option<u64>,
    /// The seed of the first case; the others follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One database instead of all three.
    #[arg(long, value_parser = ["memory", "sqlite", "postgres"])]
    database: Option<String>,
    /// Shows what happens in the one case of the seed.
    #[arg(long, requires = "database")]
    replay: bool,
    /// Threads. Default: one for each processor.
    #[arg(long)]
    threads: Option<usize>,
    /// Writes the figures to a file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// The verb.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    match &args.part {
        Part::NeverLost(args) => never_lost(workspace, args),
    }
}

fn never_lost(workspace: &Workspace, args: &NeverLost) -> Result<()> {
    crate::setup::ensure_packages()?;
    println!("prove: building the simulator");
    let package = ["--package", "sekisho-sim", "--bin", "sekisho-sim"];
    cmd::run(workspace.cargo(&["build", "--quiet", "--profile", "prove"]).args(package))?;
    let program = workspace.target.join("prove/sekisho-sim");
    let chosen = FULL
        .iter()
        .filter(|(name, _)| args.database.as_ref().is_none_or(|database| database == name));
    let mut runs = Vec::new();
    let mut failed = false;
    for (database, full) in chosen {
        let mut command = Command::new(&program);
        command.args(["--database", database, "--seed", &args.seed.to_string()]);
        command.args(["--cases", &args.cases.unwrap_or(*full).to_string()]);
        if let Some(threads) = args.threads {
            command.args(["--threads", &threads.to_string()]);
        }
        if args.replay {
            return cmd::run(command.arg("--replay"));
        }
        let figures = tempfile::NamedTempFile::new()?;
        println!("prove: never lost on {database}");
        failed |= cmd::run(command.arg("--json").arg(figures.path())).is_err();
        let text = std::fs::read_to_string(figures.path())?;
        runs.push(serde_json::from_str(&text).context("the simulator said nothing")?);
    }
    let figures = total(&runs, args.seed);
    println!("{figures:#}");
    if let Some(file) = &args.json {
        std::fs::write(file, format!("{figures:#}\n"))
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    if failed {
        bail!("a case found something; it is shown above with the command that replays it");
    }
    Ok(())
}

/// All databases together, and each by itself.
fn total(runs: &[Value], seed: u64) -> Value {
    let sum = |key: &str| runs.iter().filter_map(|run| run[key].as_u64()).sum::<u64>();
    json!({
        "cases": sum("cases"),
        "faults": sum("faults"),
        "lost": sum("lost"),
        "applied_twice": sum("applied_twice"),
        "other": sum("other"),
        "seed": seed,
        "databases": runs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_adds_up_what_each_database_found() {
        let run = |cases: u64, lost: u64| json!({ "cases": cases, "faults": 2, "lost": lost });
        let total = total(&[run(5, 0), run(7, 1)], 3);
        assert_eq!(
            (&total["cases"], &total["lost"], &total["seed"]),
            (&json!(12), &json!(1), &json!(3))
        );
        assert_eq!(total["faults"], 4);
        assert_eq!(total["databases"].as_array().map(Vec::len), Some(2));
    }
}
