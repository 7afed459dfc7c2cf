//! A scratch host with real accounts and a real agent, whose CPU time is
//! counted with all the tools it starts.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sekisho_model::clock::{Clock as _, SystemClock};
use xtask::bench::{CpuGroup, Process};
use xtask::scratch_system::{Scheme, ScratchSystem};

use crate::site::{Site, last_lines};
use crate::{Stage, random_password};

/// Paths inside.
const CONFIG: &str = "/etc/sekisho/agent.toml";
const STATE: &str = "/var/lib/sekisho-agent";

/// The name of the host; the resource takes it over.
pub(crate) const NAME: &str = "scratch";

/// A host under the care of an agent. The agent ends before its system.
pub(crate) struct Host {
    agent: Child,
    log: PathBuf,
    group: CpuGroup,
    pub(crate) system: ScratchSystem,
}

impl Host {
    /// A scratch system with these accounts, and an agent that works for
    /// `site`.
    pub(crate) async fn start(stage: &Stage, site: &Site, accounts: &[String]) -> Result<Self> {
        let memory = stage.scratch.path().join("memory");
        fs::create_dir(&memory)?;
        // The machine id only has to be of the right form.
        let system = ScratchSystem::start(&memory, NAME, "0123456789abcdef0123456789abcdef")?;
        for account in accounts {
            system.add_account(account, &random_password(), Scheme::SystemDefault)?;
        }
        let settings = format!("state_dir = {STATE:?}\nlog = \"warn\"\n");
        system.write_file(CONFIG, settings.as_bytes())?;
        let program = stage.programs.join("sekisho-agent");
        let mut enrol = system.command(&program);
        enrol.args(["enroll", "--key-file", "-", "--config", CONFIG]);
        enrol.args(["--server", &site.agents()]);
        feed(&mut enrol, site.key(false).await?.as_bytes())?;

        let group = CpuGroup::new("agent")?;
        let mut run = system.command(&program);
        run.args(["run", "--config", CONFIG]);
        let log = stage.scratch.path().join("agent.log");
        let output = fs::File::create(&log)?;
        let agent = group
            .command(&run)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .context("the agent cannot be started")?;
        Ok(Self { agent, log, group, system })
    }

    /// CPU time of the agent and everything it started so far.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        self.group.cpu()
    }

    /// The agent's own process.
    pub(crate) fn process(&self) -> Result<Process> {
        for process in self.group.processes()? {
            if process.name().is_ok_and(|name| name == "sekisho-agent") {
                return Ok(process);
            }
        }
        bail!("the agent has ended:\n{}", last_lines(&self.log))
    }

    /// Waits until the server knows these accounts; their ids, in order.
    pub(crate) async fn account_ids(&self, site: &Site, names: &[String]) -> Result<Vec<String>> {
        let mut api = site.api().await?;
        let deadline = SystemClock.elapsed() + Duration::from_secs(60);
        loop {
            let found = api.items("/accounts").await?;
            let id = |name: &String| {
                let account = found.iter().find(|account| account["name"] == *name)?;
                account["id"].as_str().map(str::to_owned)
            };
            if let Some(ids) = names.iter().map(id).collect() {
                return Ok(ids);
            }
            if SystemClock.elapsed() > deadline {
                bail!("the accounts were not discovered:\n{}", last_lines(&self.log));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // Both may fail only because it has ended already.
        let _ = self.agent.kill();
        let _ = self.agent.wait();
    }
}

/// Runs a command with `input` on its standard input; it must succeed.
pub(crate) fn feed(command: &mut Command, input: &[u8]) -> Result<String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{:?} cannot be started", command.get_program()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that needs no more input may close it early.
        let _ = stdin.write_all(input);
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        bail!("{:?} failed: {}\n{said}{printed}", command.get_program(), output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
