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

/// New files are accessible to their owner only (umask 077). A net below the
/// explicit permissions of [`crate::files`], for what libraries create.
///
/// # Errors
/// [`PlatformError::Unsupported`] on systems other than Linux.
pub fn restrict_new_files() -> Result<(), PlatformError> {
    crate::system::restrict_new_files()
}
