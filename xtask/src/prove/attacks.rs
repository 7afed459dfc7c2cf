//! `prove attacks`: a siege of a real gateway (`sekisho-siege`), with a server's
//! double that sees what comes through.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{cmd, dist};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Only this attack; may be given several times. --list names them.
    #[arg(long, value_name = "NAME")]
    attack: Vec<String>,
    /// The length of a stretch; an attack that takes longer has it longer.
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
    /// Writes the figures to a file: `legit_p99_ratio memory_peak_bytes violations
    /// memory_budget_bytes legit_calls attacks found seed seconds rounds agents`.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Names the attacks.
    #[arg(long)]
    list: bool,
}

impl Args {
    /// What the siege is told.
    fn told(&self) -> Vec<String> {
        if self.list {
            return vec!["--list".to_owned()];
        }
        let mut told = Vec::new();
        for name in &self.attack {
            told.extend(["--attack".to_owned(), name.clone()]);
        }
        for (flag, value) in [
            ("--seconds", self.seconds.to_string()),
            ("--rounds", self.rounds.to_string()),
            ("--agents", self.agents.to_string()),
            ("--seed", self.seed.to_string()),
        ] {
            told.extend([flag.to_owned(), value]);
        }
        if let Some(file) = &self.json {
            told.extend(["--json".to_owned(), file.display().to_string()]);
        }
        told
    }
}

/// Runs it. It fails when something was missed, which stands above.
pub(super) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    println!("prove: building the gateway as it is shipped, and the siege");
    let gateway = match args.list {
        true => PathBuf::new(),
        false => dist::shipped_gateway(workspace)?.join("sekisho-gateway"),
    };
    cmd::run(&mut workspace.cargo(&[
        "build",
        "--quiet",
        "--profile",
        "prove",
        "--package",
        "sekisho-siege",
        "--bin",
        "sekisho-siege",
    ]))?;
    let mut siege = Command::new(workspace.target.join("prove").join("sekisho-siege"));
    siege.arg("--gateway").arg(gateway);
    cmd::run(siege.args(args.told()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(change: impl FnOnce(&mut Args)) -> Vec<String> {
        let mut args = Args {
            attack: Vec::new(),
            seconds: 10,
            rounds: 3,
            agents: 100,
            seed: 1,
            json: None,
            list: false,
        };
        change(&mut args);
        args.told()
    }

    #[test]
    fn what_is_asked_for_is_told() {
        let words = |told: &str| told.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let usual = "--seconds 10 --rounds 3 --agents 100 --seed 1";
        assert_eq!(args(|_| {}), words(usual));
        let some = args(|args| {
            args.attack = vec!["ping".to_owned(), "fuzz".to_owned()];
            args.json = Some(PathBuf::from("f.json"));
        });
        assert_eq!(some, words(&format!("--attack ping --attack fuzz {usual} --json f.json")));
        assert_eq!(args(|args| args.list = true), ["--list"]);
    }
}
