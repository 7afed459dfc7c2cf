//! Pages that stay in memory.

use crate::PlatformError;

/// Keeps the pages that hold these bytes out of swap, and out of core dumps.
/// Best effort for its callers: an ordinary user may lock only a little
/// (`RLIMIT_MEMLOCK`).
///
/// # Errors
/// When the system refuses, mostly because the limit is reached.
pub fn lock(bytes: &[u8]) -> Result<(), PlatformError> {
    crate::system::lock_pages(bytes)
}

/// Takes [`lock`] back for the pages that hold these bytes, also for others'
/// bytes in them: give whole pages.
///
/// # Errors
/// When the pages were not locked.
pub fn unlock(bytes: &[u8]) -> Result<(), PlatformError> {
    crate::system::unlock_pages(bytes)
}

/// Whether this process may lock a page, found out by doing it.
///
/// # Errors
/// Says what the system answered.
pub fn try_lock() -> Result<(), PlatformError> {
    let page = Box::new(OnePage([0; 4096]));
    lock(&page.0)?;
    unlock(&page.0)
}

#[repr(align(4096))]
struct OnePage([u8; 4096]);
