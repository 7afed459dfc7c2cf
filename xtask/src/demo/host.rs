//! The host of the demo: a scratch Linux system with accounts and an sshd.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};
use data_encoding::HEXLOWER;
use sekisho_model::rng::{self, SystemRng};

use super::random_password;
use crate::ports::free_port;
use crate::scratch_system::{Login, Scheme, ScratchSystem, Sshd, log_in};

/// The name of the scratch system; the resource takes it over.
pub(super) const HOST: &str = "scratch";

/// Its accounts. The first one's password is reset.
pub(super) const ACCOUNTS: [(&str, Scheme); 3] = [
    ("svc-backup", Scheme::SystemDefault),
    ("deploy", Scheme::Sha512),
    ("db.admin", Scheme::SystemDefault),
];

/// An account whose password is locked: discovered, and stays locked.
pub(super) const LOCKED: &str = "retired";

/// The account whose password is reset, as people type it.
pub(super) fn account() -> String {
    format!("{HOST}/{}", ACCOUNTS[0].0)
}

/// The host. The fields are dropped in this order.
pub(super) struct Host {
    /// Where people log in.
    pub(super) sshd: Sshd,
    /// Where the agent runs.
    pub(super) system: ScratchSystem,
    /// The password that the reset replaces.
    former_password: String,
}

impl Host {
    /// Starts it, with its files below `folder`.
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let memory = folder.join("memory");
        fs::create_dir(&memory)?;
        let machine_id = HEXLOWER.encode(&rng::random_bytes::<16>(&SystemRng));
        let system = ScratchSystem::start(&memory, HOST, &machine_id)?;
        let former_password = random_password();
        for (name, scheme) in ACCOUNTS {
            system.add_account(name, &former_password, scheme)?;
        }
        system.add_account(LOCKED, &former_password, Scheme::SystemDefault)?;
        system.lock_account(LOCKED)?;
        let ssh_folder = folder.join("ssh");
        fs::create_dir(&ssh_folder)?;
        let users = ACCOUNTS.map(|(name, _)| name);
        let sshd = Sshd::start(&system, &ssh_folder, free_port()?, &users)?;
        Ok(Self { sshd, system, former_password })
    }

    /// What there is, for a line on the terminal.
    pub(super) fn description(&self) -> String {
        let users = ACCOUNTS.map(|(name, _)| name).join(", ");
        format!("scratch Linux system with {users} and sshd on port {}", self.sshd.port())
    }

    /// Fails if the first password of the first account does not log in.
    pub(super) fn check(&self) -> Result<()> {
        let (user, _) = ACCOUNTS[0];
        if log_in(&self.sshd, user, &self.former_password)? != Login::In {
            bail!("the first password of {user} does not log in; the scratch system is broken");
        }
        Ok(())
    }

    /// Whether the former password is refused by now.
    pub(super) fn refuses_former(&self) -> Result<bool> {
        let (user, _) = ACCOUNTS[0];
        Ok(log_in(&self.sshd, user, &self.former_password)? == Login::Refused)
    }
}
