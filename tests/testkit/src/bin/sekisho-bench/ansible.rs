//! The peer: Ansible's `user` module, over SSH, on the same scratch host.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use xtask::bench::CpuGroup;
use xtask::scratch_system::{ScratchSystem, Sshd};

use crate::host::feed;
use crate::site::free_ports;
use crate::{Stage, first_line, random_password};

/// As its documentation says it is fastest: no facts, pipelining, one SSH
/// connection that is kept. What it stores on the host goes to the scratch
/// system's own folder.
const SETTINGS: &str = "[defaults]\n\
    host_key_checking = False\n\
    gathering = explicit\n\
    remote_tmp = /var/tmp/ansible\n\
    interpreter_python = /usr/bin/python3\n\
    [connection]\n\
    pipelining = True\n";

/// It is given ready hashes: making them is not counted.
const PLAYBOOK: &str = "- hosts: scratch\n  gather_facts: false\n  tasks:\n  \
    - name: A new password\n    user:\n      name: '{{ item.name }}'\n      \
    password: '{{ item.hash }}'\n    loop: '{{ accounts }}'\n    no_log: true\n";

/// Ansible on this machine, an SSH server in the scratch system, and the CPU
/// time of both.
pub(crate) struct Ansible {
    _sshd: Sshd,
    group: CpuGroup,
    python: String,
    library: PathBuf,
    folder: PathBuf,
}

impl Ansible {
    /// Starts the SSH server and writes what Ansible reads.
    pub(crate) fn prepare(stage: &Stage, system: &ScratchSystem) -> Result<Self> {
        let folder = stage.scratch.path().join("ansible");
        fs::create_dir(&folder)?;
        let group = CpuGroup::new("ansible")?;
        let [port] = free_ports()?;
        let (sshd, key) =
            Sshd::start_for_root(system, &folder, port, |command| group.command(&command))?;
        let inventory = format!(
            "scratch ansible_host=127.0.0.1 ansible_port={port} ansible_user=root \
             ansible_ssh_private_key_file={} ansible_ssh_common_args='-F /dev/null -o \
             UserKnownHostsFile={}'\n",
            key.display(),
            sshd.known_hosts().display()
        );
        fs::write(folder.join("inventory"), inventory)?;
        fs::write(folder.join("ansible.cfg"), SETTINGS)?;
        fs::write(folder.join("play.yml"), PLAYBOOK)?;
        // A version manager in front of it would cost CPU time of its own.
        let mut which = Command::new("python3");
        let python = first_line(which.args(["-c", "import sys; print(sys.executable)"]))?;
        Ok(Self { _sshd: sshd, group, python, library: stage.tools.join("ansible"), folder })
    }

    /// Which version it is.
    pub(crate) fn version(&self) -> Result<String> {
        let line = first_line(self.command("ansible").arg("--version"))?;
        Ok(line.trim_start_matches("ansible [core ").trim_end_matches(']').to_owned())
    }

    /// New passwords for these accounts in one run; the CPU time of both ends.
    pub(crate) fn reset(&self, accounts: &[String]) -> Result<Duration> {
        let passwords: Vec<String> = accounts.iter().map(|_| random_password()).collect();
        let mut openssl = Command::new("openssl");
        openssl.args(["passwd", "-6", "-stdin"]);
        let hashes = feed(&mut openssl, passwords.join("\n").as_bytes())?;
        let all: Vec<_> = accounts
            .iter()
            .zip(hashes.lines())
            .map(|(name, hash)| json!({ "name": name, "hash": hash }))
            .collect();
        let variables = self.folder.join("variables.json");
        fs::write(&variables, b"")?;
        fs::set_permissions(&variables, fs::Permissions::from_mode(0o600))?;
        fs::write(&variables, serde_json::to_vec(&json!({ "accounts": all }))?)?;
        let before = self.group.cpu()?;
        let mut play = self.command("ansible-playbook");
        play.arg("--inventory").arg(self.folder.join("inventory"));
        play.arg("--extra-vars").arg(format!("@{}", variables.display()));
        play.arg(self.folder.join("play.yml"));
        let said = feed(&mut self.group.command(&play), b"").context("the peer")?;
        let changed = format!("changed={}", u8::from(!accounts.is_empty()));
        anyhow::ensure!(said.contains(&changed), "Ansible changed nothing:\n{said}");
        Ok(self.group.cpu()? - before)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(self.library.join("bin").join(program));
        command.env("PYTHONPATH", &self.library);
        command.env("ANSIBLE_CONFIG", self.folder.join("ansible.cfg"));
        command.env("ANSIBLE_HOME", self.folder.join("home"));
        command
    }
}
