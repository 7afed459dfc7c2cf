//! Private files: keys, configuration, anything only one user may read.

use std::path::Path;

use crate::PlatformError;

/// Writes a file that only its owner may read (0600): a new file beside it,
/// synced, moved into place, and the folder synced. After a power cut the
/// name holds the whole old or the whole new content.
///
/// # Errors
/// When any step fails; the old content is then still in place, except that a
/// failed sync of the folder leaves open which of the two survives a crash.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), PlatformError> {
    crate::system::write_private(path, bytes)
}

/// Checks that a file or folder belongs to root or to this process's user,
/// that group and others have no access, and that it is no symbolic link.
///
/// # Errors
/// [`PlatformError::NotPrivate`] with a sentence that says what to do.
pub fn check_private(path: &Path) -> Result<(), PlatformError> {
    crate::system::check_private(path)
}

/// Creates a folder only its owner may enter (0700), with missing parents
/// (also 0700). One that exists must already be private. Its own name in the
/// parent is durable when this returns.
///
/// # Errors
/// When it cannot be created, or exists and is not private.
pub fn create_private_dir(path: &Path) -> Result<(), PlatformError> {
    crate::system::create_private_dir(path)
}

/// Opens a file for reading. A symbolic link in its last place is refused: whose
/// folder it is may have put one there.
///
/// # Errors
/// When it is a link, or cannot be opened.
pub fn open_no_link(path: &Path) -> std::io::Result<std::fs::File> {
    crate::system::open_private(path, std::fs::OpenOptions::new().read(true))
}
