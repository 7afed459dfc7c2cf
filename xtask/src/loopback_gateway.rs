//! A real gateway on loopback, which a browser pairs with the demo's server.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::cmd;
use crate::ports::free_ports;
use crate::workspace::Workspace;

/// A gateway that runs and belongs to nobody yet; it ends when dropped.
pub(crate) struct LoopbackGateway {
    child: Child,
    /// Where agents reach it, `host:port`.
    pub(crate) address: String,
    /// A program that prints a pairing string: the gateway's own command, as its
    /// administrator calls it.
    pub(crate) pair_program: PathBuf,
    // Gone last.
    _folder: tempfile::TempDir,
}

impl LoopbackGateway {
    /// Builds the gateway and starts it on free ports.
    ///
    /// # Errors
    /// When it cannot be built or started.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        let build = ["build", "--quiet", "--package", "sekisho-gateway", "--bins"];
        cmd::run(&mut workspace.cargo(&build))?;
        let program = workspace.target.join("debug/sekisho-gateway");
        let folder = tempfile::Builder::new().prefix("sekisho-gateway-").tempdir()?;
        let ports = free_ports()?;
        let config = folder.path().join("gateway.toml");
        fs::write(&config, configuration(&folder.path().join("state"), ports))?;
        let pair_program = folder.path().join("pair");
        write_pair_program(&pair_program, &program, &config)?;
        let log = fs::File::create(folder.path().join("gateway.log"))?;
        // It ends with us, however we end.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(&program)
            .arg("--config")
            .arg(&config)
            .arg("run")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()
            .context("the gateway could not be started")?;
        let address = format!("localhost:{}", ports[1]);
        Ok(Self { child, address, pair_program, _folder: folder })
    }
}

impl Drop for LoopbackGateway {
    fn drop(&mut self) {
        // Both may fail only because it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(state: &Path, [private, agents, pass_through]: [u16; 3]) -> String {
    // Debug quoting is TOML's: both escape `"` and `\`.
    format!(
        "state_dir = {state:?}\nworkers = 1\ndrain_s = 1\n\n[listen]\n\
         private = \"127.0.0.1:{private}\"\nagents = \"127.0.0.1:{agents}\"\n\
         pass_through = \"127.0.0.1:{pass_through}\"\n"
    )
}

/// The string alone: what else `pair` says is for people.
fn write_pair_program(path: &Path, program: &Path, config: &Path) -> Result<()> {
    let mut pair = Command::new(program);
    pair.arg("--config").arg(config).args(["pair", "--again"]);
    let pair = cmd::show(&pair);
    fs::write(path, format!("#!/bin/sh\nset -eu\n{pair} | grep '^sekisho-gw1-'\n"))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_are_toml_with_the_keys_of_the_gateway() {
        let text = configuration(Path::new("/tmp/a \"b\""), [1, 2, 3]);
        let config: toml::Table = text.parse().expect("valid TOML");
        assert_eq!(config["listen"]["agents"].as_str(), Some("127.0.0.1:2"));
        assert_eq!(config["state_dir"].as_str(), Some("/tmp/a \"b\""));
    }
}
