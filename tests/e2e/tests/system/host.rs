//! A scratch system with an agent.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use xtask::networks::Namespace;
use xtask::scratch_system::{Scheme, ScratchSystem};

use crate::run::{Ran, program, run, until};
use crate::site::{Site, eprint_log};

/// Paths inside the scratch system.
pub(crate) const CONFIG: &str = "/etc/sekisho/agent.toml";
pub(crate) const STATE: &str = "/var/lib/sekisho-agent";

/// The settings of an agent that lists every account.
pub(crate) const EVERY_ACCOUNT: &str = "[accounts]\ninclude_disabled = true\n";

/// The password every account begins with.
pub(crate) const FIRST_PASSWORD: &str = "First-Pass#1-quartz";

/// For [`Host::wrap_chpasswd`]: says that it was called, and waits as long as
/// `/run/hold` exists.
pub(crate) const HOLDING: &str = "echo $$ > /run/pid; touch /run/called; \
     while test -e /run/hold; do sleep 0.05; done; exec /run/chpasswd \"$@\"";

/// A host under the care of an agent. The agent ends before its system.
pub(crate) struct Host {
    agent: Option<Child>,
    pub(crate) system: ScratchSystem,
    /// Where the agent is; `None`: in this machine's own network.
    network: Option<Namespace>,
    folder: TempDir,
}

impl Host {
    /// A host without an agent; `name` is its host name.
    pub(crate) fn new(name: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("sekisho-e2e-").tempdir().expect("a folder");
        let memory = folder.path().join("memory");
        fs::create_dir(&memory).expect("a folder");
        // The machine id only has to be of the right form.
        let system = ScratchSystem::start(&memory, name, "0123456789abcdef0123456789abcdef")
            .expect("a scratch system");
        Self { agent: None, system, network: None, folder }
    }

    /// A host whose agent is in this network.
    pub(crate) fn new_in(network: &Namespace, name: &str) -> Self {
        let mut host = Self::new(name);
        host.network = Some(network.clone());
        host
    }

    /// A host with these accounts and an agent that works for `site`.
    pub(crate) fn enrolled(site: &Site, name: &str, accounts: &[&str]) -> Self {
        let mut host = Self::new(name);
        for account in accounts {
            host.add(account);
        }
        host.settings(EVERY_ACCOUNT);
        host.enrol(site, &site.key()).ok();
        host.start_agent();
        host
    }

    /// Adds an account with [`FIRST_PASSWORD`].
    pub(crate) fn add(&self, account: &str) {
        self.system
            .add_account(account, FIRST_PASSWORD, Scheme::SystemDefault)
            .expect("an account");
    }

    /// Writes the agent's settings.
    pub(crate) fn settings(&self, text: &str) {
        let all = format!("state_dir = \"{STATE}\"\n{text}");
        self.system.write_file(CONFIG, all.as_bytes()).expect("settings");
    }

    /// Runs a program inside.
    pub(crate) fn run(&self, program: &str, args: &[&str], input: &[u8]) -> Ran {
        run(self.system.command(program).args(args), input)
    }

    /// Runs a bash script inside; it must succeed.
    #[track_caller]
    pub(crate) fn bash(&self, script: &str) -> String {
        self.run("bash", &["-euc", script], b"").ok()
    }

    /// A verb of the agent, with this host's settings.
    pub(crate) fn agent_command(&self, args: &[&str]) -> Command {
        let mut command = self.system.command(program("sekisho-agent"));
        command.args(args).args(["--config", CONFIG]);
        match &self.network {
            Some(network) => network.enter(&command),
            None => command,
        }
    }

    /// Enrols with a key that goes through a pipe.
    pub(crate) fn enrol(&self, site: &Site, key: &str) -> Ran {
        self.enrol_at(&site.agents(), key)
    }

    /// Enrols at an address.
    pub(crate) fn enrol_at(&self, server: &str, key: &str) -> Ran {
        let mut command = self.agent_command(&["enroll", "--server", server, "--key-file", "-"]);
        run(command.args(["--state-dir", STATE]), key.as_bytes())
    }

    /// Forgets that this host was enrolled.
    pub(crate) fn forget(&self) {
        self.bash(&format!("rm -rf {STATE}"));
    }

    /// Starts the agent.
    pub(crate) fn start_agent(&mut self) {
        let command = self.agent_command(&["run"]);
        self.start(command);
    }

    /// Starts a command as this host's agent.
    pub(crate) fn start(&mut self, mut command: Command) {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log_path())
            .expect("the agent's log");
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .expect("the agent starts");
        self.agent = Some(child);
    }

    /// Ends the agent without a chance to tidy up. What it started goes on.
    pub(crate) fn kill_agent(&mut self) {
        let pid = self.agent_pid();
        let mut child = self.agent.take().expect("the agent runs");
        // It dies with the process that entered the namespace for it.
        child.kill().expect("our child");
        child.wait().expect("our child");
        until("the end of the agent", 5, || (!running(pid)).then_some(()));
    }

    /// The agent's process, as this machine numbers it.
    pub(crate) fn agent_pid(&self) -> u32 {
        let entered = self.agent.as_ref().expect("the agent runs").id();
        let children = format!("/proc/{entered}/task/{entered}/children");
        until("the agent's process", 5, || {
            let pid = fs::read_to_string(&children).ok()?.trim().parse().ok()?;
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
            (name.trim() == "sekisho-agent").then_some(pid)
        })
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("agent.log")
    }

    /// Everything the agent has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// The password field of an account in the shadow file.
    #[track_caller]
    pub(crate) fn shadow(&self, account: &str) -> String {
        let shadow = self.system.read_file("/etc/shadow").expect("the shadow file");
        let line = shadow.lines().find_map(|line| line.strip_prefix(account)?.strip_prefix(':'));
        let line = line.unwrap_or_else(|| panic!("no account {account}"));
        line.split(':').next().unwrap_or_default().to_owned()
    }

    /// Whether the host itself takes a password, asked without the agent.
    pub(crate) fn takes(&self, account: &str, password: &str) -> bool {
        let input = format!("{password}\0");
        self.run("unix_chkpwd", &[account, "nonull"], input.as_bytes()).code == 0
    }

    /// From now on `chpasswd` runs this script around the real one, which is
    /// `/run/chpasswd`; its input is kept for it.
    pub(crate) fn wrap_chpasswd(&self, script: &str) {
        self.bash("cp --preserve=mode /usr/sbin/chpasswd /run/chpasswd");
        let whole = format!("#!/bin/bash\n{script}\n");
        self.system.write_file("/run/wrapper", whole.as_bytes()).expect("the wrapper");
        self.bash("chmod 755 /run/wrapper; mount --bind /run/wrapper /usr/sbin/chpasswd");
    }

    /// Whether a file exists inside.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.run("test", &["-e", path], b"").code == 0
    }

    /// Waits for a file inside.
    #[track_caller]
    pub(crate) fn await_file(&self, path: &str) {
        until(path, 20, || self.has(path).then_some(()));
    }
}

fn running(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().starts_with(" Z"))
}

impl Drop for Host {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprint_log("agent", &self.log());
        }
        if let Some(mut child) = self.agent.take() {
            // Both may fail only because it has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
