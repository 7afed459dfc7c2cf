//! The index of a log: memory that the connections to a file share, and the
//! locks on it.

#![allow(
    unsafe_code,
    reason = "SQLite takes shared memory as C functions; each block says why it is sound"
)]

use std::ffi::{c_int, c_void};

use rusqlite::ffi;

use super::vfs::handle;
use super::{SHM_LOCKS, lock};

/// Memory that several connections share, as pages of the log's index.
pub(super) struct Region(*mut u8, usize);

// SAFETY: the memory belongs to the file and is freed with it; SQLite orders
// the accesses to it by its own locks and barriers.
unsafe impl Send for Region {}

impl Region {
    fn new(size: usize) -> Self {
        Self(Box::leak(vec![0_u64; size / 8].into_boxed_slice()).as_mut_ptr().cast(), size)
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        let words = std::ptr::slice_from_raw_parts_mut(self.0.cast::<u64>(), self.1 / 8);
        // SAFETY: made by `Box::leak` from a slice of that length in `new`, and
        // dropped once.
        drop(unsafe { Box::from_raw(words) });
    }
}

pub(super) unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    page: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: opened by `open`.
    let mut state = lock(unsafe { &handle(file).file });
    let (Ok(page), Ok(size)) = (usize::try_from(page), usize::try_from(size)) else {
        return ffi::SQLITE_IOERR_SHMMAP;
    };
    let mut found = std::ptr::null_mut();
    if extend != 0 {
        while state.shm.len() <= page {
            state.shm.push(Region::new(size));
        }
    }
    if let Some(region) = state.shm.get(page) {
        found = region.0;
    }
    // SAFETY: SQLite gives a place for the answer. The memory lives as long as
    // the file, which the caller's handle keeps.
    unsafe { *out = found.cast() };
    ffi::SQLITE_OK
}

pub(super) unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    offset: c_int,
    n: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: opened by `open`.
    let mut state = lock(unsafe { &handle(file).file });
    let from = usize::try_from(offset).unwrap_or(0);
    let slots = from..(from + usize::try_from(n).unwrap_or(0)).min(SHM_LOCKS);
    let shared = flags & ffi::SQLITE_SHM_SHARED != 0;
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        for slot in slots {
            if shared {
                state.shm_shared[slot] = state.shm_shared[slot].saturating_sub(1);
            } else {
                state.shm_exclusive[slot] = false;
            }
        }
        return ffi::SQLITE_OK;
    }
    let taken = slots
        .clone()
        .any(|slot| state.shm_exclusive[slot] || (!shared && state.shm_shared[slot] > 0));
    if taken {
        return ffi::SQLITE_BUSY;
    }
    for slot in slots {
        if shared {
            state.shm_shared[slot] += 1;
        } else {
            state.shm_exclusive[slot] = true;
        }
    }
    ffi::SQLITE_OK
}

pub(super) unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

pub(super) unsafe extern "C" fn shm_unmap(_: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // The memory goes with the file.
    ffi::SQLITE_OK
}
