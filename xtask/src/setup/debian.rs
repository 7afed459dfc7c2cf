//! Debian packages that tests and demo drive.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::cmd;

/// A package, and how to see that what we need of it is there.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    /// What the project does with it.
    pub(crate) purpose: &'static str,
    present: fn() -> bool,
}

const PACKAGES: &[Package] = &[
    Package {
        name: "make",
        purpose: "builds the server's memory allocator",
        present: || cmd::on_path("make"),
    },
    Package {
        name: "openssh-server",
        purpose: "proves logins, on loopback inside a scratch system",
        present: || cmd::on_path("sshd"),
    },
    Package {
        name: "openssh-client",
        purpose: "logs in to the scratch system",
        present: || cmd::on_path("ssh") && cmd::on_path("ssh-keygen"),
    },
    Package {
        name: "sshpass",
        purpose: "types the password of a login",
        present: || cmd::on_path("sshpass"),
    },
    Package {
        name: "passwd",
        purpose: "chpasswd and useradd, as the agent uses them",
        present: || cmd::on_path("chpasswd") && cmd::on_path("useradd"),
    },
    Package {
        name: "libpam-modules-bin",
        purpose: "unix_chkpwd, with which the agent verifies a password",
        present: || cmd::on_path("unix_chkpwd"),
    },
    Package {
        name: "util-linux",
        purpose: "unshare, nsenter and setpriv, for scratch systems",
        present: || ["unshare", "nsenter", "setpriv"].into_iter().all(cmd::on_path),
    },
    Package {
        name: "curl",
        purpose: "speaks to the server as a stranger, in tests of the whole system",
        present: || cmd::on_path("curl"),
    },
    Package {
        name: "openssl",
        purpose: "holds a connection open half-way, in tests of the whole system",
        present: || cmd::on_path("openssl"),
    },
    Package {
        name: "rsyslog",
        purpose: "receives the audit log, in tests of the whole system",
        present: || cmd::on_path("rsyslogd"),
    },
    Package { name: "rsyslog-gnutls", purpose: "TLS for rsyslog", present: rsyslog_with_tls },
    Package {
        name: "python3-aiosmtpd",
        purpose: "the mail server of the server's tests",
        present: || Path::new("/usr/lib/python3/dist-packages/aiosmtpd").exists(),
    },
    Package {
        name: "sqlite3",
        purpose: "locks the database of a server under test",
        present: || cmd::on_path("sqlite3"),
    },
    Package {
        name: "systemd-container",
        purpose: "boots a machine in which the packages are tried",
        present: || cmd::on_path("systemd-nspawn"),
    },
    Package {
        name: "rpm",
        purpose: "installs the RPM packages into a scratch root",
        present: || cmd::on_path("rpm"),
    },
    Package {
        name: "binutils",
        purpose: "strips the programs that go into packages under test",
        present: || cmd::on_path("strip"),
    },
    Package {
        name: "nginx",
        purpose: "the peer of `bench gateway`; it is not started by itself",
        present: || cmd::on_path("nginx"),
    },
    Package {
        name: "softhsm2",
        purpose: "a security module in software, in tests of the whole system",
        present: || cmd::on_path("softhsm2-util"),
    },
    Package {
        name: "postgresql",
        purpose: "the second database of the store's tests",
        present: || postgresql_program("initdb"),
    },
    Package {
        name: "postgresql-client",
        purpose: "psql, for the store's tests",
        present: || cmd::on_path("psql") || postgresql_program("psql"),
    },
    Package {
        name: "npm",
        purpose: "builds the web console",
        present: || cmd::on_path("npm") && cmd::on_path("node"),
    },
    Package {
        name: "chromium",
        purpose: "shows the web console, in tests of it",
        present: || cmd::on_path("chromium"),
    },
    Package {
        name: "fonts-noto-cjk",
        purpose: "Japanese letters in pictures of the web console",
        present: || Path::new("/usr/share/fonts/opentype/noto").exists(),
    },
];

/// The packages of which something is not there.
pub(crate) fn missing() -> Vec<&'static Package> {
    PACKAGES.iter().filter(|package| !(package.present)()).collect()
}

/// Installs the packages, or says which command does.
pub(crate) fn install(packages: &[&Package]) -> Result<()> {
    let names: Vec<&str> = packages.iter().map(|package| package.name).collect();
    install_names(&names)
}

/// [`install`] for names that are no part of the fixed list.
pub(crate) fn install_names(names: &[&str]) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let list = names.join(" ");
    if !cmd::on_path("apt-get") {
        bail!(
            "this is no Debian: install the equivalents of these packages yourself, then try \
             again: {list}"
        );
    }
    let way = Way::find().with_context(|| {
        format!(
            "packages are missing and this is an ordinary user without sudo; run as root: \
             apt-get update && apt-get install --no-install-recommends {list}"
        )
    })?;
    println!("setup: installing {list}");
    let quiet = StartNothing::guard(way)?;
    let installed = cmd::run(&mut way.apt_get(&["update", "-qq"])).and_then(|()| {
        let mut args = vec!["install", "-qq", "-y", "--no-install-recommends"];
        args.extend(names);
        // Its errors go to stderr; the rest is a long story of unpacking.
        cmd::run(way.apt_get(&args).stdout(Stdio::null()))
    });
    quiet.undo()?;
    installed?;
    disable_services(way, names);
    Ok(())
}

/// How to become root.
#[derive(Clone, Copy)]
enum Way {
    Already,
    Sudo,
}

impl Way {
    fn find() -> Option<Self> {
        if cmd::is_root() {
            Some(Self::Already)
        } else if cmd::on_path("sudo") {
            println!("setup: asking sudo for the right to install packages");
            Some(Self::Sudo)
        } else {
            None
        }
    }

    fn command(self, program: &str, args: &[&str]) -> Command {
        let mut command = match self {
            Self::Already => Command::new(program),
            Self::Sudo => {
                let mut command = Command::new("sudo");
                command.arg(program);
                command
            }
        };
        command.args(args);
        command
    }

    fn apt_get(self, args: &[&str]) -> Command {
        let mut command = self.command("env", &["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        command.args(args);
        command
    }
}

const POLICY: &str = "/usr/sbin/policy-rc.d";

/// While it stands, an installed package starts no daemon: the machine of a
/// developer gets programs for tests, not services on its network.
enum StartNothing {
    Ours(Way),
    /// The machine has a policy of its own.
    Theirs,
}

impl StartNothing {
    fn guard(way: Way) -> Result<Self> {
        if Path::new(POLICY).exists() {
            return Ok(Self::Theirs);
        }
        let policy = tempfile::NamedTempFile::new()?;
        fs::write(policy.path(), "#!/bin/sh\nexit 101\n")?;
        fs::set_permissions(policy.path(), fs::Permissions::from_mode(0o755))?;
        let from = policy.path().to_string_lossy().into_owned();
        cmd::run(&mut way.command("install", &["-m", "755", &from, POLICY]))?;
        Ok(Self::Ours(way))
    }

    fn undo(self) -> Result<()> {
        match self {
            Self::Ours(way) => cmd::run(&mut way.command("rm", &["-f", POLICY])),
            Self::Theirs => Ok(()),
        }
    }
}

/// Under a running systemd the new services would start with the next boot.
fn disable_services(way: Way, names: &[&str]) {
    if !Path::new("/run/systemd/system").exists() {
        return;
    }
    for (package, service) in
        [("openssh-server", "ssh"), ("postgresql", "postgresql"), ("rsyslog", "rsyslog")]
    {
        if names.contains(&package) {
            println!("setup: {service} stays off on this machine; tests start their own");
            if let Err(error) = cmd::run(&mut way.command("systemctl", &["disable", "-q", service]))
            {
                println!("setup: {error:#}; disable it by hand");
            }
        }
    }
}

/// Where Debian keeps rsyslog's modules, on every architecture.
fn rsyslog_with_tls() -> bool {
    fs::read_dir("/usr/lib").is_ok_and(|folders| {
        folders.flatten().any(|folder| folder.path().join("rsyslog/lmnsd_gtls.so").is_file())
    })
}

/// Debian keeps the servers' programs in a folder per version.
fn postgresql_program(program: &str) -> bool {
    fs::read_dir("/usr/lib/postgresql").is_ok_and(|versions| {
        versions.flatten().any(|version| version.path().join("bin").join(program).is_file())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_of_apt_are_quiet_and_lean() {
        let command = Way::Sudo.apt_get(&["install", "-y", "sshpass"]);
        assert_eq!(
            cmd::show(&command),
            "sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y sshpass"
        );
    }

    #[test]
    fn nothing_to_install_asks_nobody() {
        install_names(&[]).expect("no package, no work");
    }
}
