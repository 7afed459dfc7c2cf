//! The simulator is a program of its own, built to be fast: `sekisho-sim`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::figures::Figures;
use crate::cmd;
use crate::workspace::Workspace;

/// Builds it.
pub(super) fn build(workspace: &Workspace) -> Result<()> {
    println!("prove: building the simulator");
    let package = ["--package", "sekisho-sim", "--bin", "sekisho-sim"];
    cmd::run(workspace.cargo(&["build", "--quiet", "--profile", "prove"]).args(package))
}

/// To start it with arguments of its own.
pub(super) fn command(workspace: &Workspace) -> Command {
    Command::new(program(workspace))
}

fn program(workspace: &Workspace) -> PathBuf {
    workspace.target.join("prove/sekisho-sim")
}

/// Shows what happens in one case.
pub(super) fn replay(workspace: &Workspace, database: &str, seed: u64) -> Result<()> {
    build(workspace)?;
    let seed = seed.to_string();
    let mut command = Command::new(program(workspace));
    cmd::run(command.args(["--database", database, "--seed", &seed, "--replay"]))
}

/// Runs cases. What they find is in the figures, and on the terminal.
pub(super) fn run(
    workspace: &Workspace,
    database: &str,
    cases: u64,
    seed: u64,
    threads: Option<usize>,
) -> Result<Figures> {
    println!("prove: {cases} simulated cases on {database}");
    let file = tempfile::NamedTempFile::new()?;
    let mut command = Command::new(program(workspace));
    command.args(["--database", database, "--seed", &seed.to_string()]);
    command.args(["--cases", &cases.to_string()]).arg("--json").arg(file.path());
    if let Some(threads) = threads {
        command.args(["--threads", &threads.to_string()]);
    }
    // It fails when it found something: the figures say what.
    let ran = cmd::run(&mut command);
    let text = std::fs::read_to_string(file.path())?;
    match serde_json::from_str(&text) {
        Ok(found) => Ok(figures(&found, cases)),
        Err(_) => ran.and_then(|()| {
            Err(anyhow::anyhow!("it wrote no figures")).context("the simulator failed")
        }),
    }
}

fn figures(found: &Value, planned: u64) -> Figures {
    let number = |key: &str| found[key].as_u64().unwrap_or_default();
    Figures {
        kind: "simulated",
        database: found["database"].as_str().unwrap_or_default().to_owned(),
        cases: number("cases"),
        planned,
        faults: number("faults"),
        lost: number("lost"),
        applied_twice: number("applied_twice"),
        other: number("other"),
        seed: number("seed"),
        seconds: found["seconds"].as_f64().unwrap_or_default(),
    }
}
