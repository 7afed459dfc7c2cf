//! The part of the demo that needs root, started once through sudo.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Args;
use crate::cmd;

/// Runs `demo` again as root with the programs that are already built.
pub(super) fn run_as_root(args: &Args, binaries: &Path) -> Result<()> {
    if !cmd::on_path("sudo") {
        bail!(
            "the demo makes real accounts and networks in namespaces of its own, and that needs \
             root; there is no sudo here: run `cargo xtask demo` as root"
        );
    }
    println!(
        "demo: real accounts and networks in namespaces of their own need root, so sudo is asked \
         once; nothing of this machine is changed"
    );
    let own = std::env::current_exe().context("finding this program")?;
    cmd::run(&mut sudo(&own, args, binaries))
}

fn sudo(own: &Path, args: &Args, binaries: &Path) -> Command {
    let mut command = Command::new("sudo");
    command.arg("--").arg(own).arg("demo").arg("--prebuilt").arg(binaries);
    if args.once {
        command.arg("--once");
    }
    if args.wizard {
        command.arg("--wizard");
    }
    if args.oidc {
        command.arg("--oidc");
    }
    if args.no_gateway {
        command.arg("--no-gateway");
    }
    if let Some(file) = &args.json {
        command.arg("--json").arg(file);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_demo_is_run_as_root() {
        let shown = |args: &Args| cmd::show(&sudo(Path::new("/t/xtask"), args, Path::new("/t")));
        let args =
            Args { once: true, oidc: true, json: Some("out.json".into()), ..Args::default() };
        let same = "sudo -- /t/xtask demo --prebuilt /t --once --oidc --json out.json";
        assert_eq!(shown(&args), same);
        let args = Args { wizard: true, ..Args::default() };
        assert_eq!(shown(&args), "sudo -- /t/xtask demo --prebuilt /t --wizard");
        let args = Args { no_gateway: true, ..Args::default() };
        assert_eq!(shown(&args), "sudo -- /t/xtask demo --prebuilt /t --no-gateway");
    }
}
