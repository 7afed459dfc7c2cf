//! `mlock` and `madvise`.

#![expect(unsafe_code, reason = "the calls take addresses; each has its reason below")]

use std::ffi::c_void;

use rustix::mm::{Advice, madvise, mlock, munlock};

use crate::PlatformError;

fn failed(action: &str, error: rustix::io::Errno) -> PlatformError {
    PlatformError::Io { action: action.to_owned(), source: error.into() }
}

pub(crate) fn lock_pages(bytes: &[u8]) -> Result<(), PlatformError> {
    let (start, len) = (bytes.as_ptr().cast_mut().cast::<c_void>(), bytes.len());
    // SAFETY: the range is a live slice; locking neither reads nor writes it.
    unsafe { mlock(start, len) }
        .map_err(|error| failed("lock pages into memory (RLIMIT_MEMLOCK)", error))?;
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
