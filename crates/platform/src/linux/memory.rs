//! `mlock` and `madvise`.

#![expect(unsafe_code, reason = "the calls take addresses; each has its reason below")]

use std::ffi::c_void;

use rustix::io::Errno;
use rustix::mm::{Advice, madvise, mlock, munlock};
use rustix::process::{Resource, getrlimit};

use crate::PlatformError;

fn failed(action: &str, error: Errno) -> PlatformError {
    PlatformError::Io { action: action.to_owned(), source: error.into() }
}

/// What was tried, with the cause. mlock(2) says EPERM only where the limit is
/// zero: with another limit, a filter of system calls forbids it.
fn why(error: Errno) -> &'static str {
    let limit = getrlimit(Resource::Memlock).current;
    if error == Errno::PERM && limit != Some(0) {
        "lock pages into memory (the system calls of this process are filtered: allow mlock, as \
         SystemCallFilter=@memlock does)"
    } else {
        "lock pages into memory (RLIMIT_MEMLOCK: raise LimitMEMLOCK= in the unit)"
    }
}

pub(crate) fn lock_pages(bytes: &[u8]) -> Result<(), PlatformError> {
    let (start, len) = (bytes.as_ptr().cast_mut().cast::<c_void>(), bytes.len());
    // SAFETY: the range is a live slice; locking neither reads nor writes it.
    unsafe { mlock(start, len) }.map_err(|error| failed(why(error), error))?;
    // The address must begin a page; where it does not, dumps are off anyway.
    // SAFETY: as above; the advice changes what a core dump holds, not the
    // memory.
    let _ = unsafe { madvise(start, len, Advice::LinuxDontDump) };
    Ok(())
}

pub(crate) fn unlock_pages(bytes: &[u8]) -> Result<(), PlatformError> {
    let (start, len) = (bytes.as_ptr().cast_mut().cast::<c_void>(), bytes.len());
    // SAFETY: as in `lock_pages`.
    let _ = unsafe { madvise(start, len, Advice::LinuxDoDump) };
    // SAFETY: the range is a live slice; unlocking neither reads nor writes it.
    unsafe { munlock(start, len) }.map_err(|error| failed("unlock pages", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kilobytes that the kernel counts as locked.
    fn locked_kib(field: &str) -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").expect("procfs");
        let line = status.lines().find(|line| line.starts_with(field)).expect("a line");
        line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
    }

    #[test]
    fn the_limit_is_blamed_only_for_what_it_refuses() {
        assert_ne!(getrlimit(Resource::Memlock).current, Some(0), "as on every system");
        assert!(why(Errno::NOMEM).contains("LimitMEMLOCK="));
        assert!(why(Errno::PERM).contains("SystemCallFilter="));
    }

    #[test]
    fn the_kernel_counts_the_page_as_locked() {
        let page = vec![0_u8; 8192];
        let before = locked_kib("VmLck:");
        lock_pages(&page).expect("two pages are within every limit");
        assert!(locked_kib("VmLck:") > before);
        unlock_pages(&page).expect("locked above");
        assert_eq!(locked_kib("VmLck:"), before);
        crate::memory::try_lock().expect("a page is within every limit");
    }
}
