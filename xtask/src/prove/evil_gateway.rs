//! `prove evil-gateway`: the simulator with an evil gateway between agents and
//! server.

use std::path::PathBuf;

use anyhow::Result;

use super::simulator;
use crate::cmd;
use crate::workspace::Workspace;

/// Cases of a full run.
const FULL: u64 = 5_000;

#[derive(Default, clap::Args)]
pub(super) struct Args {
    /// Cases, instead of a full run's.
    #[arg(long, value_name = "N", default_value_t = FULL)]
    cases: u64,
    /// The seed of the first case; the others follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Shows what happens in the one case of the seed.
    #[arg(long, conflicts_with_all = ["cases", "json"])]
    replay: bool,
    /// Threads of the simulator. Default: one for each processor.
    #[arg(long)]
    threads: Option<usize>,
    /// Writes the figures to a file: `cases wrong_actions secrets_seen lost other
    /// deeds noticed_by_server noticed_by_agents alarms seed seconds`.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Args {
    /// What the simulator is told.
    fn told(&self) -> Vec<String> {
        let mut told = vec!["--evil-gateway".to_owned(), "--seed".to_owned()];
        told.push(self.seed.to_string());
        if self.replay {
            told.push("--replay".to_owned());
            return told;
        }
        told.extend(["--cases".to_owned(), self.cases.to_string()]);
        if let Some(threads) = self.threads {
            told.extend(["--threads".to_owned(), threads.to_string()]);
        }
        if let Some(file) = &self.json {
            told.extend(["--json".to_owned(), file.display().to_string()]);
        }
        told
    }
}

/// Runs it. It fails when something was found, which stands above with the
/// command that replays it.
pub(super) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    simulator::build(workspace)?;
    cmd::run(simulator::command(workspace).args(args.told()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_shows_one_case_and_writes_nothing() {
        let args = Args { cases: FULL, seed: 7, replay: true, ..Args::default() };
        assert_eq!(args.told(), ["--evil-gateway", "--seed", "7", "--replay"]);
        let json = Some(PathBuf::from("found.json"));
        let args = Args { cases: 9, seed: 1, json, ..Args::default() };
        let told = ["--evil-gateway", "--seed", "1", "--cases", "9", "--json", "found.json"];
        assert_eq!(args.told(), told);
    }
}
