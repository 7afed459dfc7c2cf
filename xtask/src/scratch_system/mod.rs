//! A scratch Linux system: real accounts, real PAM, real programs, and nothing
//! of the machine's own is touched.
//!
//! It is a mount, PID and UTS namespace in which `/etc`, `/home` and `/var`
//! are overlays whose writes go to memory, and `/run` is empty. The network is
//! the machine's own, so that programs inside reach a server outside over
//! loopback. Everything inside ends with the value, and also when this process
//! is killed: the namespace lives as long as a pipe that only we hold.
//!
//! It needs root.

mod login;
mod sshd;

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, Result, bail};

pub use login::{Login, log_in};
pub use sshd::Sshd;

use crate::cmd;

/// What the first process of the namespace does. `$1`: an empty folder for the
/// overlays' memory, `$2`: host name, `$3`: machine id.
const FIRST_PROCESS: &str = r#"
set -eu
memory=$1
echo "$2" > /proc/sys/kernel/hostname
mount -t tmpfs -o mode=0700,size=256m scratch "$memory"
for folder in etc home var; do
    mkdir -p "$memory/$folder/upper" "$memory/$folder/work"
    chmod 755 "$memory/$folder/upper"
    mount -t overlay -o "lowerdir=/$folder,upperdir=$memory/$folder/upper,workdir=$memory/$folder/work" scratch "/$folder"
done
mount -t tmpfs -o mode=0755,size=64m scratch /run
mkdir -p /run/sshd /run/lock
rm -f /etc/machine-id
echo "$3" > /etc/machine-id
echo ready
exec cat > /dev/null
"#;

/// The hash scheme that a password is stored with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// What PAM is configured for; yescrypt on Debian 12.
    SystemDefault,
    /// SHA-512 crypt, as older systems left it.
    Sha512,
}

/// A running scratch system.
pub struct ScratchSystem {
    /// `unshare`: its death takes the namespace with it.
    holder: Child,
    /// The first process inside ends when this pipe does.
    lifeline: Option<ChildStdin>,
}

impl ScratchSystem {
    /// Makes the namespace. `folder` must exist and be empty; `host_name` and
    /// `machine_id` are what programs inside see.
    ///
    /// # Errors
    /// When not root, or when the kernel refuses a namespace or an overlay.
    pub fn start(folder: &Path, host_name: &str, machine_id: &str) -> Result<Self> {
        if !cmd::is_root() {
            bail!("a scratch system needs root: it mounts overlays and makes accounts");
        }
        let mut holder = Command::new("unshare")
            .args(["--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"])
            .args(["--propagation", "private", "bash", "-c", FIRST_PROCESS, "scratch"])
            .arg(folder)
            .args([host_name, machine_id])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C at our terminal is no reason for it to end before we do.
            .process_group(0)
            .spawn()
            .context("`unshare` could not be started")?;
        let lifeline = holder.stdin.take();
        let stdout = holder.stdout.take().context("the scratch system has no output")?;
        let system = Self { holder, lifeline };
        let mut first_line = String::new();
        BufReader::new(stdout).read_line(&mut first_line)?;
        if first_line.trim_end() != "ready" {
            bail!("the scratch system did not start; the reason stands above");
        }
        Ok(system)
    }

    /// A command that will run inside, as root, and is killed with the process
    /// that starts it.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let namespaces = format!("/proc/{}/ns", self.holder.id());
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--mount={namespaces}/mnt"))
            .arg(format!("--uts={namespaces}/uts"))
            .arg(format!("--pid={namespaces}/pid_for_children"))
            .args(["--", "setpriv", "--pdeathsig", "KILL", "--"])
            .arg(program)
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command
    }

    /// Adds an account with a home folder, a login shell and a password.
    ///
    /// # Errors
    /// When one of the system's tools refuses.
    pub fn add_account(&self, name: &str, password: &str, scheme: Scheme) -> Result<()> {
        let mut useradd = self.command("useradd");
        useradd.args(["--create-home", "--shell", "/bin/bash", "--", name]);
        cmd::feed_checked(&mut useradd, b"")?;
        let mut chpasswd = self.command("chpasswd");
        match scheme {
            Scheme::SystemDefault => {}
            Scheme::Sha512 => {
                chpasswd.args(["--crypt-method", "SHA512"]);
            }
        }
        cmd::feed_checked(&mut chpasswd, format!("{name}:{password}\n").as_bytes())?;
        Ok(())
    }

    /// Locks the password of an account.
    ///
    /// # Errors
    /// When `usermod` refuses.
    pub fn lock_account(&self, name: &str) -> Result<()> {
        cmd::feed_checked(self.command("usermod").args(["--lock", "--", name]), b"")?;
        Ok(())
    }

    /// Writes a file inside, with the rights `0600`.
    ///
    /// # Errors
    /// When the folder cannot be made or the file not be written.
    pub fn write_file(&self, path: &str, content: &[u8]) -> Result<()> {
        let script = r#"umask 077; mkdir -p -- "$(dirname -- "$1")"; exec cat > "$1""#;
        cmd::feed_checked(self.command("bash").args(["-ec", script, "write", path]), content)?;
        Ok(())
    }

    /// Reads a file inside.
    ///
    /// # Errors
    /// When it is not there.
    pub fn read_file(&self, path: &str) -> Result<String> {
        cmd::feed_checked(self.command("cat").args(["--", path]), b"")
    }
}

impl Drop for ScratchSystem {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // Both may fail only because it has ended already.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const MACHINE_ID: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn accounts_are_real_inside_and_absent_outside() {
        if !cmd::is_root() {
            eprintln!("not root: only the refusal can be seen");
            let folder = tempfile::tempdir().expect("scratch folder");
            assert!(ScratchSystem::start(folder.path(), "scratch", MACHINE_ID).is_err());
            return;
        }
        let folder = tempfile::tempdir().expect("scratch folder");
        let before = fs::read("/etc/shadow").expect("root reads shadow");
        let system = ScratchSystem::start(folder.path(), "scratch", MACHINE_ID).expect("namespace");

        system.add_account("scratch-one", "One-1111", Scheme::SystemDefault).expect("account");
        system.add_account("scratch-two", "Two-2222", Scheme::Sha512).expect("account");
        system.lock_account("scratch-two").expect("lock");

        let shadow = system.read_file("/etc/shadow").expect("shadow inside");
        let field = |name: &str| {
            shadow
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(str::to_owned)
                .expect("account inside")
        };
        assert!(field("scratch-one").starts_with("$y$"), "yescrypt");
        assert!(field("scratch-two").starts_with("!$6$"), "locked sha512");
        let host = cmd::feed_checked(system.command("uname").arg("-n"), b"");
        assert_eq!(host.expect("uname inside"), "scratch\n");
        assert_eq!(fs::read("/etc/shadow").expect("shadow"), before, "the machine is untouched");

        drop(system);
        assert!(fs::read_dir(folder.path()).expect("folder").next().is_none(), "nothing is left");
    }
}
