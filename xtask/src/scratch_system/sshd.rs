//! An OpenSSH server of the scratch system's own, on a loopback port.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sekisho_model::clock::{Clock as _, SystemClock};

use super::ScratchSystem;
use crate::cmd;

/// A running `sshd` inside a scratch system.
pub struct Sshd {
    child: Child,
    port: u16,
    known_hosts: PathBuf,
}

impl Sshd {
    /// Starts it on `127.0.0.1:port` with a host key of its own. Only the
    /// `users` may log in, only with passwords. Key and log go to `folder`.
    ///
    /// # Errors
    /// When it does not listen within ten seconds.
    pub fn start(system: &ScratchSystem, folder: &Path, port: u16, users: &[&str]) -> Result<Self> {
        Self::launch(system, folder, port, &passwords_of(users), |command| command)
    }

    /// As [`start`](Self::start), but only root may log in, with the key in
    /// the file that is returned. `wrap` may change how the server is started,
    /// to count its CPU time for instance.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_for_root(
        system: &ScratchSystem,
        folder: &Path,
        port: u16,
        wrap: impl FnOnce(Command) -> Command,
    ) -> Result<(Self, PathBuf)> {
        let key = folder.join("root_key");
        let public = make_key(&key)?;
        let authorized = folder.join("authorized_keys");
        fs::write(&authorized, public)?;
        let login = format!(
            "PasswordAuthentication no\n\
             PubkeyAuthentication yes\n\
             AuthorizedKeysFile {}\n\
             PermitRootLogin prohibit-password\n\
             AllowUsers root\n",
            authorized.display()
        );
        Ok((Self::launch(system, folder, port, &login, wrap)?, key))
    }

    fn launch(
        system: &ScratchSystem,
        folder: &Path,
        port: u16,
        login: &str,
        wrap: impl FnOnce(Command) -> Command,
    ) -> Result<Self> {
        let host_key = folder.join("ssh_host_key");
        let public = make_key(&host_key)?;
        let known_hosts = folder.join("known_hosts");
        fs::write(&known_hosts, format!("[127.0.0.1]:{port} {public}"))?;

        let config = folder.join("sshd_config");
        fs::write(&config, configuration(port, &host_key, login))?;
        let log = fs::File::create(folder.join("sshd.log"))?;
        // sshd insists on being started by its full path.
        let mut command = system.command("/usr/sbin/sshd");
        command.args(["-D", "-e", "-f"]).arg(&config);
        let child = wrap(command)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .process_group(0)
            .spawn()
            .context("sshd could not be started")?;
        let mut sshd = Self { child, port, known_hosts };
        sshd.wait_until_it_listens(folder)?;
        Ok(sshd)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A `known_hosts` file with its host key.
    pub fn known_hosts(&self) -> &Path {
        &self.known_hosts
    }

    fn wait_until_it_listens(&mut self, folder: &Path) -> Result<()> {
        let deadline = SystemClock.elapsed() + Duration::from_secs(10);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            if self.child.try_wait()?.is_some() || SystemClock.elapsed() > deadline {
                let log = fs::read_to_string(folder.join("sshd.log")).unwrap_or_default();
                bail!("sshd does not listen on port {}:\n{}", self.port, log.trim_end());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        // Both may fail only because it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes a key pair; returns the public half.
fn make_key(path: &Path) -> Result<String> {
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path);
    cmd::feed_checked(&mut keygen, b"")?;
    Ok(fs::read_to_string(path.with_extension("pub"))?)
}

fn passwords_of(users: &[&str]) -> String {
    format!(
        "PasswordAuthentication yes\n\
         PubkeyAuthentication no\n\
         PermitRootLogin no\n\
         AllowUsers {}\n",
        users.join(" ")
    )
}

fn configuration(port: u16, host_key: &Path, login: &str) -> String {
    format!(
        "Port {port}\n\
         ListenAddress 127.0.0.1\n\
         HostKey {}\n\
         PidFile none\n\
         UsePAM yes\n\
         KbdInteractiveAuthentication no\n\
         UseDNS no\n\
         StrictModes no\n\
         PrintMotd no\n\
         {login}",
        host_key.display(),
    )
}
