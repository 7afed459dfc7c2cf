//! Cargo tools and toolchain components.
//!
//! The tools come ready-built and pinned by hash (`xtask/tools.txt`) and live
//! below the target folder; where no such package fits the machine, cargo
//! builds them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cmd;
use crate::setup::debian;
use crate::workspace::Workspace;

const REQUIREMENTS: &str = include_str!("../../tools.txt");

/// A tool that some verb runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Nextest,
    Deny,
    Typos,
}

const ALL: [Tool; 3] = [Tool::Nextest, Tool::Deny, Tool::Typos];

impl Tool {
    /// The name of its program.
    pub(crate) fn binary(self) -> &'static str {
        match self {
            Self::Nextest => "cargo-nextest",
            Self::Deny => "cargo-deny",
            Self::Typos => "typos",
        }
    }

    /// What the project does with it.
    pub(crate) fn purpose(self) -> &'static str {
        match self {
            Self::Nextest => "runs the tests",
            Self::Deny => "checks licences, sources and banned crates",
            Self::Typos => "checks the spelling",
        }
    }

    /// The crate that cargo builds it from.
    fn crate_name(self) -> &'static str {
        match self {
            Self::Nextest | Self::Deny => self.binary(),
            Self::Typos => "typos-cli",
        }
    }

    /// A command that starts the tool: the pinned one, else the machine's.
    pub(crate) fn command(self, workspace: &Workspace) -> Command {
        let pinned = self.pinned(workspace);
        let mut command =
            if pinned.is_file() { Command::new(pinned) } else { Command::new(self.binary()) };
        command.current_dir(&workspace.root);
        command
    }

    fn pinned(self, workspace: &Workspace) -> PathBuf {
        folder(workspace).join("bin").join(self.binary())
    }

    /// The version in the requirements file.
    fn version(self) -> &'static str {
        REQUIREMENTS
            .lines()
            .filter_map(|line| line.split_once(" --hash"))
            .filter_map(|(requirement, _)| requirement.split_once("=="))
            .find(|(name, _)| name.ends_with(self.binary()))
            .map_or("", |(_, version)| version)
    }
}

/// The tools that are neither installed by us nor, in any version, on the
/// machine. The spelling is only checked with the pinned dictionary.
pub(crate) fn missing(workspace: &Workspace) -> Vec<Tool> {
    let ours_are_current =
        fs::read_to_string(stamp(workspace)).is_ok_and(|stamp| stamp == REQUIREMENTS);
    ALL.into_iter()
        .filter(|tool| {
            let ours = ours_are_current && tool.pinned(workspace).is_file();
            let theirs = *tool != Tool::Typos && cmd::on_path(tool.binary());
            !ours && !theirs
        })
        .collect()
}

/// Installs the tools, by the fastest way that works here.
pub(crate) fn install(workspace: &Workspace, tools: &[Tool]) -> Result<()> {
    if tools.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(folder(workspace))?;
    println!("setup: installing the tools of xtask/tools.txt, ready-built");
    if let Err(error) = install_ready_built(workspace) {
        println!("setup: no ready-built tools ({error:#}); building them takes some minutes");
        for tool in tools {
            build(workspace, *tool)?;
        }
    }
    fs::write(stamp(workspace), REQUIREMENTS)?;
    for tool in tools {
        if !cmd::succeeds(tool.command(workspace).arg("--version")) {
            bail!("{} was installed but does not start", tool.binary());
        }
    }
    Ok(())
}

/// The toolchain's components that the checks need and that are not there.
pub(crate) fn missing_components() -> Vec<&'static str> {
    [("fmt", "rustfmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(verb, _)| !cmd::succeeds(Command::new("cargo").args([verb, "--version"])))
        .map(|(_, component)| component)
        .collect()
}

/// Has rustup add components to the toolchain in use.
pub(crate) fn install_components(components: &[&str]) -> Result<()> {
    if components.is_empty() {
        return Ok(());
    }
    if !cmd::on_path("rustup") {
        bail!("add these components to the toolchain, then try again: {}", components.join(" "));
    }
    cmd::run(Command::new("rustup").args(["component", "add"]).args(components))
}

fn install_ready_built(workspace: &Workspace) -> Result<()> {
    let pip = || {
        let mut command = Command::new("python3");
        command.args(["-m", "pip"]);
        command
    };
    if !cmd::succeeds(pip().arg("--version")) {
        debian::install_names(&["python3-pip"])?;
    }
    let mut command = pip();
    command
        .args(["install", "--quiet", "--disable-pip-version-check", "--no-input"])
        .args(["--root-user-action", "ignore", "--upgrade", "--no-deps"])
        .args(["--only-binary", ":all:", "--require-hashes", "--target"])
        .arg(folder(workspace))
        .arg("--requirement")
        .arg(workspace.root.join("xtask/tools.txt"));
    cmd::run(&mut command)
}

fn build(workspace: &Workspace, tool: Tool) -> Result<()> {
    let mut command = workspace.cargo(&["install", "--locked", "--root"]);
    command.arg(folder(workspace)).args(["--version", tool.version(), tool.crate_name()]);
    cmd::run(&mut command).with_context(|| format!("building {}", tool.crate_name()))
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("tools")
}

fn stamp(workspace: &Workspace) -> PathBuf {
    folder(workspace).join("installed.txt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_is_pinned_by_version_and_hash() {
        for tool in ALL {
            assert!(!tool.version().is_empty(), "{tool:?} is not in xtask/tools.txt");
        }
        assert_eq!(REQUIREMENTS.matches("--hash=sha256:").count(), ALL.len());
    }
}
