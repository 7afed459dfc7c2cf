//! A disk for SQLite that loses what was not synced.
//!
//! SQLite itself, its write-ahead log and its driver are real; the files below
//! them are in memory, and each write is remembered until its file is synced.
//! When the power goes out, every sector of every such write is there or not.
//!
//! It is registered as SQLite's default file system of this process, so that
//! the store opens it as it opens any file. Paths that no simulated disk owns
//! go to the real file system.

#![allow(
    unsafe_code,
    reason = "SQLite takes a file system as C functions; each block says why it is sound"
)]

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rusqlite::ffi;
use sekisho_model::Rng;
use sekisho_model::rng::uniform;

use crate::power::Power;

/// What a disk writes as a whole, or not at all.
const SECTOR: usize = 512;

/// Slots of SQLite's locks on the index of the log.
const SHM_LOCKS: usize = ffi::SQLITE_SHM_NLOCK as usize;

/// A simulated disk: every path that begins with its folder.
#[derive(Clone)]
pub(crate) struct LossyDisk {
    folder: String,
    power: Power,
}

/// The files of all simulated disks, by path.
static FILES: Mutex<Files> = Mutex::new(BTreeMap::new());

type Files = BTreeMap<String, Arc<Mutex<File>>>;

/// The simulated disks.
static DISKS: Mutex<Vec<LossyDisk>> = Mutex::new(Vec::new());

/// The file system that was there before.
static BELOW: OnceLock<Below> = OnceLock::new();

struct Below(*mut ffi::sqlite3_vfs);

// SAFETY: SQLite's own file system is a constant table of functions that may be
// called from any thread.
unsafe impl Send for Below {}
// SAFETY: as above.
unsafe impl Sync for Below {}

/// A file, or the index of a log, which is one.
#[derive(Default)]
struct File {
    now: Vec<u8>,
    synced: Vec<u8>,
    /// Whether its name is durable.
    is_named: bool,
    removed: bool,
    unsynced: Vec<Write>,
    /// Its disk lost power: whoever has it open has it open in vain.
    dead: bool,
    shared: u32,
    reserved: bool,
    exclusive: bool,
    shm: Vec<Region>,
    shm_shared: [u32; SHM_LOCKS],
    shm_exclusive: [bool; SHM_LOCKS],
    power: Option<Power>,
}

struct Write {
    at: usize,
    bytes: Vec<u8>,
    /// The file ends here; a write has no end.
    end: Option<usize>,
}

/// Memory that several connections share, as pages of the log's index.
struct Region(*mut u8, usize);

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

impl LossyDisk {
    /// A disk at a folder. Registers the file system at the first one.
    pub(crate) fn new(folder: &str, power: Power) -> Self {
        register();
        let disk = Self { folder: folder.to_owned(), power };
        lock(&DISKS).push(disk.clone());
        disk
    }

    /// The disk holds one file, synced, and nothing else. Whoever has files of
    /// before open has them open in vain.
    pub(crate) fn hold(&self, name: &str, bytes: &[u8]) {
        let copy = [(String::new(), bytes.to_vec())];
        self.put(name, &copy);
    }

    /// The power goes out: what was not synced is there in part, or not. The
    /// files have another name from then on: a connection of the dead server
    /// that was being opened finds nothing.
    pub(crate) fn crash(&self, rng: &dyn Rng, name: &str, next: &str) {
        let mut files = lock(&FILES);
        for (path, old) in self.take(&mut files) {
            let mut old = lock(&old);
            old.dead = true;
            let suffix = path.strip_prefix(&format!("{}/{name}", self.folder)).map(str::to_owned);
            let Some(suffix) = suffix.filter(|suffix| suffix != "-shm") else { continue };
            let keep_name = old.is_named || uniform(rng, 2) == 0;
            let gone = old.removed && uniform(rng, 2) == 0;
            if keep_name && !gone {
                self.insert(&mut files, &format!("{next}{suffix}"), old.after_crash(rng));
            }
        }
    }

    /// The files of that name as they are now, by what follows the name: a copy
    /// that stops the machine.
    pub(crate) fn files(&self, name: &str) -> Vec<(String, Vec<u8>)> {
        let files = lock(&FILES);
        let prefix = format!("{}/{name}", self.folder);
        let ours = files.iter().filter_map(|(path, file)| {
            let suffix = path.strip_prefix(&prefix).filter(|suffix| *suffix != "-shm")?;
            Some((suffix.to_owned(), lock(file).now.clone()))
        });
        ours.collect()
    }

    /// Puts files in the place of all there are.
    pub(crate) fn put(&self, name: &str, copy: &[(String, Vec<u8>)]) {
        let mut files = lock(&FILES);
        for (_, old) in self.take(&mut files) {
            lock(&old).dead = true;
        }
        for (suffix, bytes) in copy {
            self.insert(&mut files, &format!("{name}{suffix}"), bytes.clone());
        }
    }

    fn insert(&self, files: &mut Files, name: &str, bytes: Vec<u8>) {
        let file = File {
            synced: bytes.clone(),
            now: bytes,
            is_named: true,
            power: Some(self.power.clone()),
            ..File::default()
        };
        files.insert(format!("{}/{name}", self.folder), Arc::new(Mutex::new(file)));
    }

    /// Takes every file of this disk away, in the order of their names.
    fn take(&self, files: &mut Files) -> Vec<(String, Arc<Mutex<File>>)> {
        let ours: Vec<String> =
            files.keys().filter(|path| path.starts_with(&self.folder)).cloned().collect();
        ours.into_iter().filter_map(|path| files.remove(&path).map(|file| (path, file))).collect()
    }
}

impl File {
    /// A step of the server's. Whether the power is off.
    fn step(&mut self) -> bool {
        self.dead || self.power.as_ref().is_some_and(Power::step)
    }

    fn write(&mut self, at: usize, bytes: &[u8]) {
        apply(&mut self.now, at, bytes);
        self.unsynced.push(Write { at, bytes: bytes.to_vec(), end: None });
    }

    fn truncate(&mut self, end: usize) {
        self.now.resize(end, 0);
        self.unsynced.push(Write { at: end, bytes: Vec::new(), end: Some(end) });
    }

    fn sync(&mut self) {
        self.synced = self.now.clone();
        self.unsynced.clear();
        self.is_named = true;
    }

    /// Each sector of each write by itself. Often all or none, because that is
    /// what a short moment before or after would have left.
    fn after_crash(&self, rng: &dyn Rng) -> Vec<u8> {
        let mut left = self.synced.clone();
        let odds = uniform(rng, 4);
        for write in &self.unsynced {
            let lucky = |rng: &dyn Rng| match odds {
                0 => false,
                1 => true,
                _ => uniform(rng, 2) == 0,
            };
            if let Some(end) = write.end {
                if lucky(rng) {
                    left.resize(end, 0);
                }
                continue;
            }
            let mut from = 0;
            while from < write.bytes.len() {
                let to = ((write.at + from) / SECTOR + 1) * SECTOR - write.at;
                let to = to.min(write.bytes.len());
                if lucky(rng) {
                    apply(&mut left, write.at + from, &write.bytes[from..to]);
                }
                from = to;
            }
        }
        left
    }
}

fn apply(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[at..end].copy_from_slice(bytes);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The power of the disk a path is on, if it is on one.
fn power_of(path: &str) -> Option<Power> {
    let disks = lock(&DISKS);
    disks.iter().find(|disk| path.starts_with(&disk.folder)).map(|disk| disk.power.clone())
}

// --- What SQLite calls --------------------------------------------------------

/// An open file, in memory that SQLite gave.
#[repr(C)]
struct Open {
    /// Must be first: SQLite's own head of an open file.
    base: ffi::sqlite3_file,
    handle: *mut Handle,
}

struct Handle {
    file: Arc<Mutex<File>>,
    level: c_int,
    path: String,
    delete_on_close: bool,
}

fn register() {
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
unsafe fn handle<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Handle {
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
    let found = unsafe { path(name) };
    let Some((found, power)) = found.and_then(|path| power_of(&path).map(|power| (path, power)))
    else {
        // SAFETY: the arguments are SQLite's own, for its own file system.
        return unsafe {
            (*below()).xOpen.expect("complete")(below(), name, file, flags, out_flags)
        };
    };
    let create = flags & ffi::SQLITE_OPEN_CREATE != 0;
    let shared = {
        let mut files = lock(&FILES);
        match files.get(&found) {
            Some(shared) if !lock(shared).removed => shared.clone(),
            Some(_) | None if create => {
                let made = File { power: Some(power), ..File::default() };
                let made = Arc::new(Mutex::new(made));
                files.insert(found.clone(), made.clone());
                made
            }
            Some(_) | None => return ffi::SQLITE_CANTOPEN,
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
    let Some(power) = power_of(&found) else {
        // SAFETY: the arguments are SQLite's own, for its own file system.
        return unsafe { (*below()).xDelete.expect("complete")(below(), name, sync_dir) };
    };
    let mut files = lock(&FILES);
    let Some(file) = files.get(&found).cloned() else { return ffi::SQLITE_IOERR_DELETE_NOENT };
    let mut file = lock(&file);
    if file.removed {
        return ffi::SQLITE_IOERR_DELETE_NOENT;
    }
    if file.dead || power.step() {
        return ffi::SQLITE_IOERR_DELETE;
    }
    file.removed = true;
    if sync_dir != 0 {
        files.remove(&found);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn access(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives a path.
    let found = unsafe { path(name) }.unwrap_or_default();
    if power_of(&found).is_none() {
        // SAFETY: the arguments are SQLite's own, for its own file system.
        return unsafe { (*below()).xAccess.expect("complete")(below(), name, flags, out) };
    }
    let there = lock(&FILES).get(&found).is_some_and(|file| {
        let file = lock(file);
        !file.removed && (flags != ffi::SQLITE_ACCESS_EXISTS || !file.now.is_empty())
    });
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
        lock(&FILES).remove(&handle.path);
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

impl File {
    /// Another level of lock for a handle, if the others allow it.
    fn set_level(&mut self, from: c_int, to: c_int) -> bool {
        let mine = |level: c_int| u32::from(level >= ffi::SQLITE_LOCK_SHARED);
        let others = self.shared - mine(from);
        let reserved = self.reserved && from < ffi::SQLITE_LOCK_RESERVED;
        let exclusive = self.exclusive && from < ffi::SQLITE_LOCK_EXCLUSIVE;
        let granted = match to {
            ffi::SQLITE_LOCK_NONE => true,
            ffi::SQLITE_LOCK_SHARED => !exclusive,
            ffi::SQLITE_LOCK_EXCLUSIVE => others == 0 && !reserved && !exclusive,
            _ => !reserved && !exclusive,
        };
        if granted {
            self.shared = others + mine(to);
            self.reserved = reserved || to >= ffi::SQLITE_LOCK_RESERVED;
            self.exclusive = exclusive || to == ffi::SQLITE_LOCK_EXCLUSIVE;
        }
        granted
    }
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

unsafe extern "C" fn shm_map(
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

unsafe extern "C" fn shm_lock(
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

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(_: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // The memory goes with the file.
    ffi::SQLITE_OK
}
