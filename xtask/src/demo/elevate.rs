//! The part of the demo that needs root, started once through sudo.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cmd;

/// Runs `demo` again as root with the programs that are already built.
pub(super) fn run_as_root(once: bool, json: Option<&Path>, binaries: &Path) -> Result<()> {
    if !cmd::on_path("sudo") {
        bail!(
            "the demo makes real accounts in a namespace of its own, and that needs root; there \
             is no sudo here: run `cargo xtask demo` as root"
        );
    }
    println!(
        "demo: real accounts in a namespace of their own need root, so sudo is asked once; \
         nothing of this machine is changed"
    );
    let own = std::env::current_exe().context("finding this program")?;
    cmd::run(&mut sudo(&own, once, json, binaries))
}

fn sudo(own: &Path, once: bool, json: Option<&Path>, binaries: &Path) -> Command {
    let mut command = Command::new("sudo");
    command.arg("--").arg(own).arg("demo").arg("--prebuilt").arg(binaries);
    if once {
        command.arg("--once");
    }
    if let Some(file) = json {
        command.arg("--json").arg(file);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_demo_is_run_as_root() {
        let command =
            sudo(Path::new("/t/xtask"), true, Some(Path::new("out.json")), Path::new("/t"));
        assert_eq!(
            cmd::show(&command),
            "sudo -- /t/xtask demo --prebuilt /t --once --json out.json"
        );
    }
}
