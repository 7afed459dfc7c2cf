//! The agent, enrolled and run inside the scratch system.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use anyhow::{Context, Result, bail};

use super::Binaries;
use super::client::text;
use super::server::last_lines;
use crate::cmd;
use crate::networks::Namespace;
use crate::scratch_system::ScratchSystem;

/// Paths inside the scratch system.
const CONFIG: &str = "/etc/sekisho/agent.toml";
const STATE: &str = "/var/lib/sekisho-agent";

/// A running agent.
pub(super) struct Agent {
    child: Child,
    log: PathBuf,
}

impl Agent {
    /// Enrols with a one-time key, which goes through a pipe, and starts the
    /// agent, both in `network` or in this machine's own. Its log goes to `log`.
    pub(super) fn enrol_and_start(
        binaries: &Binaries,
        system: &ScratchSystem,
        network: Option<&Namespace>,
        server: &str,
        key: &str,
        log: &Path,
    ) -> Result<Self> {
        cmd::feed_checked(system.command("mkdir").args(["-p", "/etc/sekisho", "/var/lib"]), b"")?;
        let settings = format!("state_dir = \"{STATE}\"\n[accounts]\ninclude_disabled = true\n");
        cmd::feed_checked(system.command("tee").arg(CONFIG), settings.as_bytes())?;
        let agent = |args: &[&str]| {
            let mut command = system.command(&binaries.agent);
            command.args(args).args(["--config", CONFIG]);
            match network {
                Some(network) => network.enter(&command),
                None => command,
            }
        };
        let mut enrol =
            agent(&["enroll", "--server", server, "--key-file", "-", "--state-dir", STATE]);
        cmd::feed_checked(&mut enrol, format!("{key}\n").as_bytes())?;

        let output = fs::File::create(log)?;
        let child = agent(&["run"])
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .spawn()
            .context("the agent could not be started")?;
        Ok(Self { child, log: log.to_owned() })
    }

    /// The fingerprint that `status` shows on the host.
    pub(super) fn fingerprint(
        &self,
        binaries: &Binaries,
        system: &ScratchSystem,
    ) -> Result<String> {
        let mut status = system.command(&binaries.agent);
        let shown = cmd::feed_checked(status.args(["status", "--json", "--config", CONFIG]), b"")?;
        let shown: serde_json::Value =
            serde_json::from_str(&shown).context("the agent's status")?;
        Ok(text(&shown, "fingerprint").to_owned())
    }

    /// The end of its log.
    pub(super) fn log(&self) -> String {
        last_lines(&self.log)
    }

    /// An error with the end of its log once it has ended.
    pub(super) fn check_alive(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the agent has ended: {status}\n{}", last_lines(&self.log));
        }
        Ok(())
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // Both may fail only because it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
