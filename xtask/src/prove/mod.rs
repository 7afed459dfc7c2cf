//! `prove`: long runs of fault injection, and one table of what they found.

mod attacks;
mod evil_gateway;
mod figures;
mod processes;
mod simulator;
mod upgrades;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use figures::Figures;

/// Cases of a full run, by database.
const FULL: [(&str, u64); 3] = [("memory", 1_000_000), ("sqlite", 20_000), ("postgres", 20_000)];

/// Runs of a full run with real processes, on all databases together.
const FULL_PROCESSES: u64 = 300;

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
    ///
    /// Without options the full set: 1,000,000 simulated cases in memory,
    /// 20,000 on SQLite, 20,000 on PostgreSQL, 300 runs of real processes.
    NeverLost(NeverLost),
    /// An evil gateway between real agents and a real server: it does nothing
    /// wrong, sees no secret and loses nothing, whatever it tries.
    ///
    /// It changes, keeps, repeats, reorders, suppresses and invents messages,
    /// shows one device's certificate for another's, lies about addresses, wakes,
    /// refusals and trust bundles, while people reset, verify, enrol, approve and
    /// block. A case follows from its seed.
    EvilGateway(evil_gateway::Args),
    /// Attacks on a real gateway: nothing comes through that should not, agents
    /// are served as fast as before, memory stays within its budget.
    ///
    /// Slowloris, floods of handshakes, connections, calls and HTTP/2 frames,
    /// what is too long, smuggled requests, path tricks and random requests, from
    /// other addresses than the agents, in stretches between quiet ones.
    Attacks(attacks::Args),
    /// Upgrades of a gateway in a row, under agents at work: no request fails, no
    /// order is lost.
    ///
    /// With --kill as many upgrades again, in each of which the old process, the
    /// new one or the command is killed at a random moment.
    Upgrades(upgrades::Args),
}

#[derive(Default, clap::Args)]
struct NeverLost {
    /// Simulated cases on each database, instead of a full run's.
    #[arg(long, value_name = "N")]
    cases: Option<u64>,
    /// Runs of the real programs, killed with kill -9; without --cases and
    /// --database nothing else is run.
    #[arg(long, value_name = "N")]
    processes: Option<u64>,
    /// The seed of the first case; the others follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One database instead of all three. On `sqlite` and `postgres` there are
    /// real processes too, if --processes says how many.
    #[arg(long, value_parser = ["memory", "sqlite", "postgres"])]
    database: Option<String>,
    /// Shows what happens in the one case of the seed.
    #[arg(long, requires = "database", conflicts_with_all = ["cases", "processes", "json"])]
    replay: bool,
    /// Threads of the simulator. Default: one for each processor.
    #[arg(long)]
    threads: Option<usize>,
    /// Writes the figures to a file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// One line of the table: what is run, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    Simulated { database: &'static str, cases: u64 },
    Processes { database: &'static str, runs: u64 },
}

impl NeverLost {
    /// What is to be run.
    fn plan(&self) -> Result<Vec<Run>> {
        let chosen = |name: &str| self.database.as_ref().is_none_or(|only| only == name);
        let mut plan = Vec::new();
        if self.cases.is_some() || self.processes.is_none() {
            let databases = FULL.into_iter().filter(|(database, _)| chosen(database));
            plan.extend(databases.map(|(database, full)| Run::Simulated {
                database,
                cases: self.cases.unwrap_or(full),
            }));
        }
        let everything = self.cases.is_none() && self.database.is_none();
        let Some(runs) = self.processes.or(everything.then_some(FULL_PROCESSES)) else {
            return Ok(plan);
        };
        let real: Vec<_> = ["sqlite", "postgres"].into_iter().filter(|name| chosen(name)).collect();
        if real.is_empty() {
            bail!("--processes is about real servers, which have no database in memory");
        }
        let mut left = runs;
        for (index, database) in real.iter().enumerate() {
            let runs = left.div_ceil((real.len() - index) as u64);
            left -= runs;
            if runs > 0 {
                plan.push(Run::Processes { database, runs });
            }
        }
        Ok(plan)
    }
}

/// The verb.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    match &args.part {
        Part::NeverLost(args) => never_lost(workspace, args),
        Part::EvilGateway(args) => evil_gateway::run(workspace, args),
        Part::Attacks(args) => attacks::run(workspace, args),
        Part::Upgrades(args) => upgrades::run(workspace, args),
    }
}

fn never_lost(workspace: &Workspace, args: &NeverLost) -> Result<()> {
    let plan = args.plan()?;
    crate::setup::ensure_packages()?;
    if args.replay {
        let database = args.database.as_deref().unwrap_or_default();
        return simulator::replay(workspace, database, args.seed);
    }
    if plan.iter().any(|run| matches!(run, Run::Simulated { .. })) {
        simulator::build(workspace)?;
    }
    if plan.iter().any(|run| matches!(run, Run::Processes { .. })) {
        processes::build(workspace)?;
    }
    let mut all = Vec::new();
    for run in plan {
        all.push(match run {
            Run::Simulated { database, cases } => {
                simulator::run(workspace, database, cases, args.seed, args.threads)?
            }
            Run::Processes { database, runs } => {
                processes::run(workspace, database, runs, args.seed)?
            }
        });
    }
    println!("\n{}", figures::table(&all));
    let json = figures::json(&all, args.seed);
    if let Some(file) = &args.json {
        std::fs::write(file, format!("{json:#}\n"))
            .with_context(|| format!("cannot write {}", file.display()))?;
        println!("written to {}", file.display());
    }
    match all.iter().find(|figures| !figures.is_clean()) {
        None => Ok(()),
        Some(Figures { kind, database, .. }) => bail!(
            "{kind} on {database} found something; \
             it stands above with the command that replays it"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(args: NeverLost) -> Vec<Run> {
        args.plan().expect("a plan")
    }

    #[test]
    fn without_options_everything_is_run() {
        assert_eq!(
            plan(NeverLost::default()),
            [
                Run::Simulated { database: "memory", cases: 1_000_000 },
                Run::Simulated { database: "sqlite", cases: 20_000 },
                Run::Simulated { database: "postgres", cases: 20_000 },
                Run::Processes { database: "sqlite", runs: 150 },
                Run::Processes { database: "postgres", runs: 150 },
            ]
        );
    }

    #[test]
    fn a_number_of_processes_alone_runs_nothing_else_and_is_shared_out() {
        let args = NeverLost { processes: Some(7), ..NeverLost::default() };
        assert_eq!(
            plan(args),
            [
                Run::Processes { database: "sqlite", runs: 4 },
                Run::Processes { database: "postgres", runs: 3 }
            ]
        );
    }

    #[test]
    fn a_number_of_cases_or_a_database_runs_no_processes() {
        let args = NeverLost { cases: Some(9), ..NeverLost::default() };
        assert_eq!(plan(args).len(), 3);
        let args = NeverLost { database: Some("sqlite".to_owned()), ..NeverLost::default() };
        assert_eq!(plan(args), [Run::Simulated { database: "sqlite", cases: 20_000 }]);
    }

    #[test]
    fn processes_on_a_database_in_memory_are_refused() {
        let args = NeverLost {
            processes: Some(1),
            database: Some("memory".to_owned()),
            ..NeverLost::default()
        };
        assert!(args.plan().is_err());
    }
}
