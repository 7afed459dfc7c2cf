//! Ansible, the peer of `bench reset`: installed only when that is run.

use std::fs;
use std::process::Command;

use anyhow::Result;

use super::debian;
use crate::cmd;
use crate::workspace::Workspace;

/// What pip installs: the newest that still runs on Debian 12's Python.
const REQUIREMENT: &str = "ansible-core==2.19.14";

/// Installs it below the target folder, unless it is there.
pub(crate) fn ensure(workspace: &Workspace) -> Result<()> {
    let tools = workspace.target.join("tools");
    let stamp = tools.join("ansible.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == REQUIREMENT) {
        return Ok(());
    }
    let pip = || {
        let mut command = Command::new("python3");
        command.args(["-m", "pip"]);
        command
    };
    if !cmd::succeeds(pip().arg("--version")) {
        debian::install_names(&["python3-pip"])?;
    }
    println!("setup: installing {REQUIREMENT}, the peer of this bench");
    let mut install = pip();
    install
        .args(["install", "--quiet", "--disable-pip-version-check", "--no-input"])
        .args(["--root-user-action", "ignore", "--upgrade", "--target"])
        .arg(tools.join("ansible"))
        .arg(REQUIREMENT);
    cmd::run(&mut install)?;
    fs::write(stamp, REQUIREMENT)?;
    Ok(())
}
