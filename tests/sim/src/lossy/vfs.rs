//! What SQLite calls: a file system over the simulated disks.

#![allow(
    unsafe_code,
    reason = "SQLite takes a file system as C functions; each block says why it is sound"
)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::{Arc, Mutex, OnceLock};

use rusqlite::ffi;

use super::shm::{shm_barrier, shm_lock, shm_map, shm_unmap};
use super::{File, Place, lock, on_its_disk};
use crate::power::Power;

/// The file system that was there before.
static BELOW: OnceLock<Below> = OnceLock::new();

struct Below(*mut ffi::sqlite3_vfs);

// SAFETY: SQLite's own file system is a constant table of functions that may be
// called from any thread.
unsafe impl Send for Below {}
// SAFETY: as above.
unsafe impl Sync for Below {}

/// An open file, in memory that SQLite gave.
#[repr(C)]
struct Open {
    /// Must be first: SQLite's own head of an open file.
    base: ffi::sqlite3_file,
    handle: *mut Handle,
}

pub(super) struct Handle {
    pub(super) file: Arc<Mutex<File>>,
    level: c_int,
    path: String,
    delete_on_close: bool,
}

/// Registers it, once.
pub(super) fn register() {
    BELOW.get_or_init(|| {
        // SAFETY: initialising may be done any number of times.
        unsafe { ffi::sqlite3_initialize() };
        // SAFETY: no name asks for the default one; it lives for ever.
        let below = unsafe { ffi::sqlite3_vfs_find(std::ptr::null()) };
        assert!(!below.is_null(), "SQLite has a file system");
        // SAFETY: it is a valid table; a copy of it is one too.
        let mut vfs = unsafe { std::ptr::read(below) };
        vfs.szOsFile = vfs.szOsFile.max(size_of::<Open>() as c_int);
        vfs.pNext = std::ptr::null_mut();
        vfs.zName = c"sekisho-lossy".as_ptr();
        vfs.xOpen = Some(open);
        vfs.xDelete = Some(delete);
        vfs.xAccess = Some(access);
        // SAFETY: the table is never freed, and its functions are those below.
        let registered = unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 1) };
        assert_eq!(registered, ffi::SQLITE_OK, "the file system is registered");
        Below(below)
    });
}

fn below() -> *mut ffi::sqlite3_vfs {
    BELOW.get().expect("registered before it is called").0
}

/// # Safety
/// The path is null or ends with a zero byte.
unsafe fn path(name: *const c_char) -> Option<String> {
    if name.is_null() {
        return None;
    }
    // SAFETY: the caller says so.
    Some(unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned())
}

/// # Safety
/// The file was opened by [`open`] on a simulated disk.
pub(super) unsafe fn handle<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Handle {
    // SAFETY: `open` put a handle there, and SQLite uses a file in one thread
    // at a time.
    unsafe { &mut *(*file.cast::<Open>()).handle }
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives a path or null.
    let found = unsafe { path(name) }.unwrap_or_default();
    let create = flags & ffi::SQLITE_OPEN_CREATE != 0;
    let shared = on_its_disk(&found, |disk| match disk.files.get(&found) {
        Some(shared) if !lock(shared).removed => Some(shared.clone()),
        Some(_) | None if create => {
            let made = File { power: Some(disk.power.clone()), lies: disk.lies, ..File::default() };
            let made = Arc::new(Mutex::new(made));
            disk.files.insert(found.clone(), made.clone());
            Some(made)
        }
        Some(_) | None => None,
    });
    let shared = match shared {
        Place::Here(Some(shared)) => shared,
        Place::Here(None) | Place::Past => return ffi::SQLITE_CANTOPEN,
        Place::Elsewhere => {
            // SAFETY: the arguments are SQLite's own, for its own file system.
            return unsafe {
                (*below()).xOpen.expect("complete")(below(), name, file, flags, out_flags)
            };
        }
    };
    let handle = Handle {
        file: shared,
        level: ffi::SQLITE_LOCK_NONE,
        path: found,
        delete_on_close: flags & ffi::SQLITE_OPEN_DELETEONCLOSE != 0,
    };
    let opened = Open {
        base: ffi::sqlite3_file { pMethods: &METHODS },
        handle: Box::into_raw(Box::new(handle)),
    };
    // SAFETY: SQLite gave `szOsFile` bytes, which an `Open` fits into.
    unsafe { file.cast::<Open>().write(opened) };
    if !out_flags.is_null() {
        // SAFETY: it is a place for a number if it is not null.
        unsafe { *out_flags = flags };
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    sync_dir: c_int,
) -> c_int {
    // SAFETY: SQLite gives a path.
    let found = unsafe { path(name) }.unwrap_or_default();
    let deleted = on_its_disk(&found, |disk| {
        let Some(file) = disk.files.get(&found).cloned() else {
            return ffi::SQLITE_IOERR_DELETE_NOENT;
        };
        let mut file = lock(&file);
        if file.removed {
            return ffi::SQLITE_IOERR_DELETE_NOENT;
        }
        if file.step() {
            return ffi::SQLITE_IOERR_DELETE;
        }
        file.removed = true;
        if sync_dir != 0 {
            disk.files.remove(&found);
        }
        ffi::SQLITE_OK
    });
    match deleted {
        Place::Here(deleted) => deleted,
        Place::Past => ffi::SQLITE_IOERR_DELETE,
        // SAFETY: the arguments are SQLite's own, for its own file system.
        Place::Elsewhere => unsafe {
            (*below()).xDelete.expect("complete")(below(), name, sync_dir)
        },
    }
}

unsafe extern "C" fn access(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives a path.
    let found = unsafe { path(name) }.unwrap_or_default();
    let there = on_its_disk(&found, |disk| {
        disk.files.get(&found).is_some_and(|file| {
            let file = lock(file);
            !file.removed && (flags != ffi::SQLITE_ACCESS_EXISTS || !file.now.is_empty())
        })
    });
    let there = match there {
        Place::Here(there) => there,
        Place::Past => false,
        Place::Elsewhere => {
            // SAFETY: the arguments are SQLite's own, for its own file system.
            return unsafe { (*below()).xAccess.expect("complete")(below(), name, flags, out) };
        }
    };
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = c_int::from(there) };
    ffi::SQLITE_OK
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock_file),
    xUnlock: Some(unlock_file),
    xCheckReservedLock: Some(check_reserved),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: opened by `open`; SQLite closes it once.
    let handle = unsafe { Box::from_raw((*file.cast::<Open>()).handle) };
    let mut state = lock(&handle.file);
    state.set_level(handle.level, ffi::SQLITE_LOCK_NONE);
    if handle.delete_on_close && !state.dead {
        drop(state);
        let _ = on_its_disk(&handle.path, |disk| disk.files.remove(&handle.path));
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    into: *mut c_void,
    amount: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: opened by `open`.
    let state = lock(unsafe { &handle(file).file });
    if state.dead {
        return ffi::SQLITE_IOERR_READ;
    }
    let (Ok(amount), Ok(offset)) = (usize::try_from(amount), usize::try_from(offset)) else {
        return ffi::SQLITE_IOERR_READ;
    };
    // SAFETY: SQLite gives so many bytes to fill.
    let into = unsafe { std::slice::from_raw_parts_mut(into.cast::<u8>(), amount) };
    let from = offset.min(state.now.len());
    let to = (offset + amount).min(state.now.len());
    let found = &state.now[from..to];
    into[..found.len()].copy_from_slice(found);
    into[found.len()..].fill(0);
    if found.len() == amount { ffi::SQLITE_OK } else { ffi::SQLITE_IOERR_SHORT_READ }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    amount: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: opened by `open`.
    let mut state = lock(unsafe { &handle(file).file });
    let (Ok(amount), Ok(offset)) = (usize::try_from(amount), usize::try_from(offset)) else {
        return ffi::SQLITE_IOERR_WRITE;
    };
    if state.dead {
        return ffi::SQLITE_IOERR_WRITE;
    }
    // SAFETY: SQLite gives so many bytes to write.
    let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), amount) };
    if state.power.as_ref().is_some_and(Power::is_off) {
        return ffi::SQLITE_IOERR_WRITE;
    }
    // The write during which the power goes out is under way: any part of it
    // may arrive.
    let off = state.step();
    state.write(offset, bytes);
    if off { ffi::SQLITE_IOERR_WRITE } else { ffi::SQLITE_OK }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    // SAFETY: opened by `open`.
    let mut state = lock(unsafe { &handle(file).file });
    if state.step() {
        return ffi::SQLITE_IOERR_TRUNCATE;
    }
    state.truncate(usize::try_from(size).unwrap_or(0));
    ffi::SQLITE_OK
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: opened by `open`.
    let mut state = lock(unsafe { &handle(file).file });
    if state.step() {
        return ffi::SQLITE_IOERR_FSYNC;
    }
    state.sync();
    // From here on it is durable, and SQLite does not know yet.
    if state.step() { ffi::SQLITE_IOERR_FSYNC } else { ffi::SQLITE_OK }
}

unsafe extern "C" fn file_size(
    file: *mut ffi::sqlite3_file,
    out: *mut ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: opened by `open`.
    let state = lock(unsafe { &handle(file).file });
    if state.dead {
        return ffi::SQLITE_IOERR_FSTAT;
    }
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = state.now.len() as ffi::sqlite3_int64 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock_file(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: opened by `open`.
    let handle = unsafe { handle(file) };
    if level <= handle.level {
        return ffi::SQLITE_OK;
    }
    let mut state = lock(&handle.file);
    if state.dead {
        // Also keeps whoever closes in vain from tidying up.
        return ffi::SQLITE_IOERR_LOCK;
    }
    if !state.set_level(handle.level, level) {
        return ffi::SQLITE_BUSY;
    }
    drop(state);
    handle.level = level;
    ffi::SQLITE_OK
}

unsafe extern "C" fn unlock_file(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: opened by `open`.
    let handle = unsafe { handle(file) };
    if level < handle.level {
        lock(&handle.file).set_level(handle.level, level);
        handle.level = level;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: opened by `open`.
    let state = lock(unsafe { &handle(file).file });
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = c_int::from(state.reserved || state.exclusive) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    4096
}

unsafe extern "C" fn characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    // As SQLite assumes of every real disk: a write harms no byte beside it.
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}
