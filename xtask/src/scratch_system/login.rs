//! Proof that a password works: a login over SSH.

use std::process::Command;

use anyhow::{Result, bail};

use super::Sshd;
use crate::cmd;

/// What a login with a password came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    /// The account ran a command.
    In,
    /// The password was refused. Takes about three seconds.
    Refused,
}

/// Tries to log in over SSH. The password goes through a pipe.
///
/// # Errors
/// When neither a login nor a refusal was seen: no connection, wrong host key.
pub fn log_in(sshd: &Sshd, user: &str, password: &str) -> Result<Login> {
    let mut command = Command::new("sshpass");
    command
        .args(["ssh", "-n", "-F", "/dev/null", "-p", &sshd.port().to_string()])
        .arg("-o")
        .arg(format!("UserKnownHostsFile={}", sshd.known_hosts().display()))
        .args(["-o", "GlobalKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes"])
        .args(["-o", "PreferredAuthentications=password", "-o", "PubkeyAuthentication=no"])
        .args(["-o", "NumberOfPasswordPrompts=1", "-o", "ConnectTimeout=10"])
        .args(["-o", "LogLevel=ERROR", "-l", user, "127.0.0.1", "id -un"]);
    let output = cmd::feed(&mut command, format!("{password}\n").as_bytes())?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    if output.status.success() && printed.trim_end() == user {
        Ok(Login::In)
    } else if errors.contains("Permission denied") {
        Ok(Login::Refused)
    } else {
        bail!("ssh as {user} neither logged in nor was refused: {}", errors.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch_system::{Scheme, ScratchSystem};

    #[test]
    fn the_right_password_logs_in_and_a_wrong_one_is_refused() {
        if !cmd::is_root() {
            eprintln!("not root: nothing to log in to");
            return;
        }
        let folder = tempfile::tempdir().expect("scratch folder");
        let memory = tempfile::tempdir().expect("scratch folder");
        let id = "0123456789abcdef0123456789abcdef";
        let system = ScratchSystem::start(memory.path(), "scratch", id).expect("namespace");
        system.add_account("scratch-one", "One-1111", Scheme::SystemDefault).expect("account");
        let port = crate::ports::free_port().expect("a free port");
        let sshd = Sshd::start(&system, folder.path(), port, &["scratch-one"]).expect("sshd");

        assert_eq!(log_in(&sshd, "scratch-one", "One-1111").expect("answer"), Login::In);
        assert_eq!(log_in(&sshd, "scratch-one", "Two-2222").expect("answer"), Login::Refused);
    }
}
