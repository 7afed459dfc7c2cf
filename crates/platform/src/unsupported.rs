//! Systems without an implementation: every request is refused (INV-8).

use std::path::Path;
use std::sync::Arc;

use sekisho_model::Clock;

use crate::PlatformError;
use crate::accounts::AccountBackend;
use crate::host::HostFacts;

const fn refuse<T>(what: &'static str) -> Result<T, PlatformError> {
    Err(PlatformError::Unsupported { what })
}

pub(crate) fn system_accounts(
    _clock: Arc<dyn Clock>,
) -> Result<Box<dyn AccountBackend>, PlatformError> {
    refuse("managing accounts")
}

pub(crate) fn lock_pages(_bytes: &[u8]) -> Result<(), PlatformError> {
    refuse("locking pages into memory")
}

pub(crate) fn unlock_pages(_bytes: &[u8]) -> Result<(), PlatformError> {
    refuse("locking pages into memory")
}

pub(crate) fn harden() -> Result<(), PlatformError> {
    refuse("switching core dumps off")
}

pub(crate) fn is_root() -> bool {
    false
}

pub(crate) fn become_owner_of(_folder: &Path) -> Result<Option<String>, PlatformError> {
    Ok(None)
}

pub(crate) fn restrict_new_files() -> Result<(), PlatformError> {
    refuse("restricting the permissions of new files")
}

pub(crate) fn raise_open_files() -> Result<u64, PlatformError> {
    refuse("raising the limit of open files")
}

pub(crate) fn open_files() -> Result<u64, PlatformError> {
    refuse("reading the limit of open files")
}

pub(crate) fn refuse_new_privileges() -> Result<(), PlatformError> {
    refuse("giving up new privileges")
}

pub(crate) fn give_way(_levels: i32) -> Result<(), PlatformError> {
    refuse("lowering the priority of a thread")
}

pub(crate) fn be_called(_name: &std::ffi::CStr) -> Result<(), PlatformError> {
    refuse("naming a process")
}

pub(crate) fn drop_capabilities() -> Result<(), PlatformError> {
    refuse("giving up capabilities")
}

pub(crate) fn since_boot() -> Result<std::time::Duration, PlatformError> {
    refuse("reading the time since the start of the machine")
}

pub(crate) fn host_facts() -> Result<HostFacts, PlatformError> {
    refuse("describing the host")
}

pub(crate) fn create_private_dir(_path: &Path) -> Result<(), PlatformError> {
    refuse("creating a private folder")
}

pub(crate) fn write_private(_path: &Path, _bytes: &[u8]) -> Result<(), PlatformError> {
    refuse("writing a private file")
}

pub(crate) fn check_private(_path: &Path) -> Result<(), PlatformError> {
    refuse("checking the permissions of a file")
}

pub(crate) fn open_private(
    _path: &Path,
    _options: &mut std::fs::OpenOptions,
) -> std::io::Result<std::fs::File> {
    Err(std::io::Error::from(std::io::ErrorKind::Unsupported))
}

pub(crate) fn sync_dir(_path: &Path) -> std::io::Result<()> {
    Err(std::io::Error::from(std::io::ErrorKind::Unsupported))
}
