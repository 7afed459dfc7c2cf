//! The web console: what Node checks, tests and builds of it.
//!
//! Everything else works without Node: a server built without the console says
//! how to build it. So a machine without Node is told that this part was not
//! run; whoever asks for it by name gets an error.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cmd;
use crate::workspace::Workspace;

/// The oldest Node that the console's tools run on.
const NODE: u32 = 20;

/// Whether the console can be built here.
///
/// # Errors
/// Says what is missing.
pub(crate) fn possible() -> Result<()> {
    for program in ["node", "npm"] {
        if !cmd::on_path(program) {
            bail!("there is no {program}; install Node {NODE} or newer");
        }
    }
    let version = cmd::output(Command::new("node").arg("--version"))?;
    match major(&version) {
        Some(found) if found >= NODE => Ok(()),
        _ => bail!("Node is {}; install {NODE} or newer", version.trim()),
    }
}

/// Installs the packages of the lock file, unless they are there.
///
/// # Errors
/// When npm fails.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    let folder = workspace.root.join("console");
    let lock = fs::read_to_string(folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.sekisho-installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    println!("console: installing the packages of console/package-lock.json");
    cmd::run(&mut npm(workspace, &["ci", "--no-audit", "--no-fund"]))?;
    fs::write(&stamp, lock).with_context(|| format!("writing {}", stamp.display()))
}

/// Format, lints, generated files and types.
///
/// # Errors
/// When one of them is not as it should be.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    install(workspace)?;
    for script in ["lint", "generate:check", "types"] {
        cmd::run(&mut npm(workspace, &["run", "--silent", script]))?;
    }
    Ok(())
}

/// The command that runs its tests.
pub(crate) fn tests(workspace: &Workspace) -> Command {
    let mut command = npm(workspace, &["run", "--silent", "test"]);
    command.env("NO_COLOR", "1");
    command
}

/// Builds it to where the server's build finds it, compressed and measured.
///
/// # Errors
/// When the build fails or is above its budget.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    install(workspace)?;
    cmd::run(&mut npm(workspace, &["run", "--silent", "build"]))
}

fn npm(workspace: &Workspace, args: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(workspace.root.join("console")).args(args);
    command
}

/// `v20.20.2` is 20.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_node_is_read() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("v8.0.0"), Some(8));
        assert_eq!(major("node"), None);
    }
}
