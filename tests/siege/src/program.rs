//! The gateway's program: installed in a folder of its own, started, asked.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// How long a program may take to do what it is told.
const SOON: Duration = Duration::from_secs(60);

/// How it is installed.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The program.
    pub program: PathBuf,
    /// Worker threads.
    pub workers: usize,
    /// Where agents are answered.
    pub agents: SocketAddr,
    /// Where the server is.
    pub private: SocketAddr,
}

impl Settings {
    /// A gateway of this program, on free ports of loopback.
    ///
    /// # Errors
    /// When there are none.
    pub fn new(program: impl Into<PathBuf>) -> Result<Self> {
        let free = || -> Result<SocketAddr> {
            Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
        };
        // Both are held at once, so that they differ.
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let (agents, private) = (held.local_addr()?, free()?);
        Ok(Self { program: program.into(), workers: 2, agents, private })
    }
}

/// See the module. Dropping it ends the gateway.
pub struct Program {
    folder: tempfile::TempDir,
    settings: Settings,
    child: Option<Child>,
}

impl Program {
    /// Installs it; it does not run.
    ///
    /// # Errors
    /// When the folder cannot be filled.
    pub fn install(settings: Settings) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("sekisho-siege-").tempdir()?;
        let program = Self { folder, settings, child: None };
        program.copy(&program.settings.program, "sekisho-gateway")?;
        let text = format!(
            "state_dir = {:?}\nworkers = {}\n[listen]\nprivate = \"{}\"\nagents = \"{}\"\n\
             pass_through = \"off\"\n",
            program.path("state"),
            program.settings.workers,
            program.settings.private,
            program.settings.agents,
        );
        fs::write(program.path("gateway.toml"), text)?;
        Ok(program)
    }

    /// Something in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A program into its folder, by this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn copy(&self, from: &Path, name: &str) -> Result<PathBuf> {
        let to = self.path(name);
        // Not over one that runs.
        let beside = self.path(&format!(".{name}.new"));
        fs::copy(from, &beside).with_context(|| format!("there is no {}", from.display()))?;
        fs::set_permissions(&beside, fs::Permissions::from_mode(0o755))?;
        fs::rename(&beside, &to)?;
        Ok(to)
    }

    /// How it is set up.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A command of the installed program.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.path("sekisho-gateway"));
        command.current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command.arg("--config").arg(self.path("gateway.toml")).args(arguments);
        command
    }

    /// Runs a command and reads the JSON that it prints.
    ///
    /// # Errors
    /// With what it said when it fails.
    pub fn ask(&self, arguments: &[&str]) -> Result<Value> {
        let output = self.command(arguments).output()?;
        serde_json::from_slice(&output.stdout).with_context(|| {
            let said = String::from_utf8_lossy(&output.stderr);
            format!("sekisho-gateway {}: {}", arguments.join(" "), said.trim_end())
        })
    }

    /// What `status --json` says.
    ///
    /// # Errors
    /// When it says nothing.
    pub fn status(&self) -> Result<Value> {
        self.ask(&["status", "--json"])
    }

    /// Starts it in a process group of its own and waits until it answers.
    /// `environment`: what a service manager would set.
    ///
    /// # Errors
    /// When it does not.
    pub fn start(&mut self, environment: &[(&str, &str)]) -> Result<u32> {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path("log"))?;
        let mut command = self.command(&["run"]);
        command.envs(environment.iter().copied()).stdout(log.try_clone()?).stderr(log);
        let child = command.process_group(0).spawn().context("the gateway cannot be started")?;
        let pid = child.id();
        self.child = Some(child);
        self.until("the gateway answers", |status| status["pid"] == pid)?;
        Ok(pid)
    }

    /// Waits until its status is like that.
    ///
    /// # Errors
    /// When it never is, or the program ends.
    pub fn until(&mut self, what: &str, is_so: impl Fn(&Value) -> bool) -> Result<()> {
        let began = crate::elapsed();
        loop {
            if self.status().is_ok_and(|status| is_so(&status)) {
                return Ok(());
            }
            if crate::since(began) > SOON || !self.is_alive() {
                bail!("in vain: {what}\n{}", self.log());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The process that was started first.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// Whether that process has not ended.
    pub fn is_alive(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Ends everything of the gateway at once, as a service manager does when
    /// the main process is gone.
    pub fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        // May fail only because all of it has ended.
        let group = format!("-{}", child.id());
        let _ = Command::new("kill").args(["-9", "--", &group]).stderr(Stdio::null()).status();
        let _ = child.wait();
    }

    /// The end of its log.
    pub fn log(&self) -> String {
        let text = fs::read_to_string(self.path("log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}
