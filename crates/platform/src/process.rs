//! What a process that handles secrets does first.

use crate::PlatformError;

/// Switches core dumps off (INV-3): the size limit becomes zero, hard and
/// soft, and the process is marked as not dumpable, which also keeps other
/// processes of the same user from attaching to it.
///
/// # Errors
/// A program that cannot be hardened must not go on: it would write secrets
/// to a core file.
pub fn harden() -> Result<(), PlatformError> {
    crate::system::harden()
}

/// Raises this process's limit of open files to the highest it may have, and
/// returns that limit. Each connection takes one.
///
/// # Errors
/// [`PlatformError::Unsupported`] on systems other than Linux.
pub fn raise_open_files() -> Result<u64, PlatformError> {
    crate::system::raise_open_files()
}

/// How many files this process may hold open at once.
///
/// # Errors
/// [`PlatformError::Unsupported`] on systems other than Linux.
pub fn open_files() -> Result<u64, PlatformError> {
    crate::system::open_files()
}

/// Whether this process may do everything: its user is root.
pub fn is_root() -> bool {
    crate::system::is_root()
}

/// Called by root, this process becomes the user whom `folder` belongs to, with
/// that user's groups, for good: what it reads and makes from here on is that
/// user's. Gives the user's name. `None`: nothing changed, because the folder is
/// root's or not there, or root did not call.
///
/// Must come before any thread is started: it changes the calling one.
///
/// # Errors
/// When the system refuses; the process must not go on then.
pub fn become_owner_of(folder: &std::path::Path) -> Result<Option<String>, PlatformError> {
    crate::system::become_owner_of(folder)
}

/// Nothing that this process starts can gain a privilege it does not have
/// itself, by setuid or otherwise (`no_new_privs`). For good, also for what it
/// starts.
///
/// # Errors
/// When the system refuses.
pub fn refuse_new_privileges() -> Result<(), PlatformError> {
    crate::system::refuse_new_privileges()
}

/// Gives up every capability (capabilities(7)) for good. What needs one, like
/// listening on a port below 1024, comes before.
///
/// Must come before any thread is started: it changes the calling one.
///
/// # Errors
/// When the system refuses.
pub fn drop_capabilities() -> Result<(), PlatformError> {
    crate::system::drop_capabilities()
}

/// What `ps` and the journal call this process, whatever its file is named. At
/// most 15 bytes are seen.
///
/// # Errors
/// [`PlatformError::Unsupported`] on systems other than Linux.
pub fn be_called(name: &std::ffi::CStr) -> Result<(), PlatformError> {
    crate::system::be_called(name)
}

/// The calling thread alone, of its process, is by so many levels nicer from now on
/// (nice(2); 19 is the nicest there is): of two that want a core, it gets the smaller
/// share.
///
/// # Errors
/// When the system refuses; the thread has the priority it had.
pub fn give_way(levels: i32) -> Result<(), PlatformError> {
    crate::system::give_way(levels)
}

/// The id of the user this process acts as.
#[cfg(target_os = "linux")]
pub fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// New files are accessible to their owner only (umask 077). A net below the
/// explicit permissions of [`crate::files`], for what libraries create.
///
/// # Errors
/// [`PlatformError::Unsupported`] on systems other than Linux.
pub fn restrict_new_files() -> Result<(), PlatformError> {
    crate::system::restrict_new_files()
}
