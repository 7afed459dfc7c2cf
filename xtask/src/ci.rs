//! `ci`: everything a change must pass.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::cmd;
use crate::setup::{self, Tool};
use crate::test;
use crate::workspace::Workspace;

/// The arguments of `ci`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Leave out `test`: only licences, sources, banned crates and spelling.
    #[arg(long)]
    no_test: bool,
}

/// The verb.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    setup::ensure(workspace)?;
    let checks: [(&str, Result<&str>); 3] = [
        ("licences, sources, banned crates", deny(workspace)),
        ("advisories", advisories(workspace)),
        ("spelling", spelling(workspace)),
    ];
    let mut failed = Vec::new();
    for (name, outcome) in checks {
        match outcome {
            Ok(said) => println!("ci: {name}: {said}"),
            Err(error) => {
                println!("ci: {name}: FAILED: {error:#}");
                failed.push(name);
            }
        }
    }
    let tested = if args.no_test { Ok(()) } else { test::everything(workspace) };
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    tested
}

fn deny(workspace: &Workspace) -> Result<&'static str> {
    cmd::run(deny_command(workspace).args(["bans", "licenses", "sources"]))?;
    Ok("ok")
}

/// The database of advisories is a repository elsewhere. A machine that cannot
/// reach it is told so; a finding always fails.
fn advisories(workspace: &Workspace) -> Result<&'static str> {
    let output = deny_command(workspace)
        .arg("advisories")
        .stdin(Stdio::null())
        .output()
        .context("cargo-deny could not be started")?;
    let text = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return Ok("ok");
    }
    if text.contains("failed to fetch advisory database") {
        return Ok("NOT CHECKED, their database cannot be reached from here");
    }
    eprint!("{text}");
    bail!("see the advisories above");
}

fn spelling(workspace: &Workspace) -> Result<&'static str> {
    cmd::run(&mut Tool::Typos.command(workspace))?;
    Ok("ok")
}

fn deny_command(workspace: &Workspace) -> Command {
    let mut command = Tool::Deny.command(workspace);
    command.args(["--workspace", "--log-level", "warn", "check", "--hide-inclusion-graph"]);
    command
}
