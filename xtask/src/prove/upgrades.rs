//! `prove upgrades`: the gateway's program replaces itself again and again under
//! agents at work (`sekisho-prove` of the test kit).

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{cmd, dist};

#[derive(clap::Args)]
pub(super) struct Args {
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
    /// Writes the figures to a file: `upgrades failed_requests lost_orders planned
    /// requests agents agents_troubled orders begun_twice kills came_back
    /// slowest_back_s failed_at_kills seed seconds wrong`.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Args {
    /// What the program is told.
    fn told(&self) -> Vec<String> {
        let mut told = Vec::new();
        for (flag, value) in [
            ("--times", self.times.to_string()),
            ("--agents", self.agents.to_string()),
            ("--rate", self.rate.to_string()),
            ("--drain", self.drain.to_string()),
            ("--seed", self.seed.to_string()),
        ] {
            told.extend([flag.to_owned(), value]);
        }
        if self.kill {
            told.push("--kill".to_owned());
        }
        if let Some(file) = &self.json {
            told.extend(["--json".to_owned(), file.display().to_string()]);
        }
        told
    }
}

/// Runs it. It fails when something was missed, which stands above.
pub(super) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    println!("prove: building the programs as they are shipped, and what drives them");
    crate::setup::ensure_packages()?;
    let programs = dist::shipped_server_and_gateway(workspace)?;
    cmd::run(&mut workspace.cargo(&[
        "build",
        "--quiet",
        "--profile",
        "prove",
        "--package",
        "sekisho-testkit",
        "--bin",
        "sekisho-prove",
    ]))?;
    let mut prove = Command::new(workspace.target.join("prove").join("sekisho-prove"));
    prove.arg("--programs").arg(&programs);
    cmd::run(prove.args(args.told()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_told() {
        let args = Args {
            times: 20,
            agents: 500,
            rate: 50,
            drain: 10,
            kill: true,
            seed: 7,
            json: Some(PathBuf::from("f.json")),
        };
        let told = "--times 20 --agents 500 --rate 50 --drain 10 --seed 7 --kill --json f.json";
        assert_eq!(args.told(), told.split(' ').collect::<Vec<_>>());
    }
}
