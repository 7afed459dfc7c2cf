//! Linux: account files, the tools of shadow and PAM, `/proc`.

mod account_files;
mod accounts;
mod discovery;
mod files;
pub mod handover;
mod host;
mod locked;
mod locks;
mod memory;
mod outcome;
mod process;
mod readiness;
mod tool;
mod watch;

use std::sync::Arc;

use sekisho_model::Clock;

use crate::PlatformError;
use crate::accounts::AccountBackend;

pub use accounts::LinuxAccounts;
pub use discovery::Discovery;
pub(crate) use files::{check_private, create_private_dir, open_private, sync_dir, write_private};
pub(crate) use host::{host_facts, since_boot};
pub(crate) use memory::{lock_pages, unlock_pages};
pub(crate) use process::{
    be_called, become_owner_of, drop_capabilities, give_way, harden, is_root, open_files,
    raise_open_files, refuse_new_privileges, restrict_new_files,
};

pub(crate) fn system_accounts(
    clock: Arc<dyn Clock>,
) -> Result<Box<dyn AccountBackend>, PlatformError> {
    Ok(Box::new(LinuxAccounts::new(clock)))
}
