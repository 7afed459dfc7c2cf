//! A disk for SQLite that loses what was not synced.
//!
//! SQLite itself, its write-ahead log and its driver are real; the files below
//! them are in memory, and each write is remembered until its file is synced.
//! When the power goes out, every sector of every such write is there or not.
//!
//! It is registered as SQLite's default file system of this process, so that
//! the store opens it as it opens any file. Paths that no simulated disk owns
//! go to the real file system.

mod shm;
mod vfs;

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::ffi;
use sekisho_model::Rng;
use sekisho_model::rng::uniform;

use crate::power::Power;

/// What a disk writes as a whole, or not at all.
const SECTOR: usize = 512;

/// Slots of SQLite's locks on the index of the log.
const SHM_LOCKS: usize = ffi::SQLITE_SHM_NLOCK as usize;

/// A simulated disk: every path in its folder.
pub(crate) struct LossyDisk {
    folder: String,
    power: Power,
    lies: bool,
}

/// The simulated disks, by their folder.
static DISKS: Mutex<BTreeMap<String, Contents>> = Mutex::new(BTreeMap::new());

/// What is on a disk.
struct Contents {
    /// How the database of the server that lives now begins. Other names are
    /// those of dead servers, whose connections find nothing.
    name: String,
    power: Power,
    /// The teeth test's disk says that it synced, and did not.
    lies: bool,
    files: Files,
}

/// By path.
type Files = BTreeMap<String, Arc<Mutex<File>>>;

/// A file, or the index of a log, which is one.
#[derive(Default)]
struct File {
    now: Vec<u8>,
    synced: Vec<u8>,
    /// Whether its name is durable.
    is_named: bool,
    removed: bool,
    unsynced: Vec<Write>,
    lies: bool,
    /// Its disk lost power: whoever has it open has it open in vain.
    dead: bool,
    shared: u32,
    reserved: bool,
    exclusive: bool,
    shm: Vec<shm::Region>,
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

impl LossyDisk {
    /// A disk at a folder. Registers the file system at the first one.
    pub(crate) fn new(folder: &str, power: Power, lies: bool) -> Self {
        vfs::register();
        let folder = format!("{folder}/");
        let contents =
            Contents { name: String::new(), power: power.clone(), lies, files: Files::new() };
        lock(&DISKS).insert(folder.clone(), contents);
        Self { folder, power, lies }
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
    pub(crate) fn crash(&self, rng: &dyn Rng, next: &str) {
        self.change(|disk| {
            let name = std::mem::replace(&mut disk.name, next.to_owned());
            for (path, old) in std::mem::take(&mut disk.files) {
                let mut old = lock(&old);
                old.dead = true;
                let Some(suffix) = self.suffix(&path, &name) else { continue };
                let keep_name = old.is_named || uniform(rng, 2) == 0;
                let gone = old.removed && uniform(rng, 2) == 0;
                if keep_name && !gone {
                    self.insert(disk, suffix, old.after_crash(rng));
                }
            }
        });
    }

    /// The database's files as they are now, by what follows its name: a copy
    /// that stops the machine.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        self.change(|disk| {
            let ours = disk.files.iter().filter_map(|(path, file)| {
                let suffix = self.suffix(path, &disk.name)?;
                Some((suffix.to_owned(), lock(file).now.clone()))
            });
            ours.collect()
        })
    }

    /// Puts files in the place of all there are.
    pub(crate) fn put(&self, name: &str, copy: &[(String, Vec<u8>)]) {
        self.change(|disk| {
            name.clone_into(&mut disk.name);
            for old in std::mem::take(&mut disk.files).values() {
                lock(old).dead = true;
            }
            for (suffix, bytes) in copy {
                self.insert(disk, suffix, bytes.clone());
            }
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut Contents) -> T) -> T {
        change(lock(&DISKS).get_mut(&self.folder).expect("it was registered"))
    }

    /// What follows the database's name; nothing for the index of its log,
    /// which no restart of the machine outlives.
    fn suffix<'a>(&self, path: &'a str, name: &str) -> Option<&'a str> {
        let suffix = path.strip_prefix(&self.folder)?.strip_prefix(name)?;
        (suffix != "-shm").then_some(suffix)
    }

    fn insert(&self, disk: &mut Contents, suffix: &str, bytes: Vec<u8>) {
        let file = File {
            synced: bytes.clone(),
            now: bytes,
            is_named: true,
            lies: self.lies,
            power: Some(self.power.clone()),
            ..File::default()
        };
        let path = format!("{}{}{suffix}", self.folder, disk.name);
        disk.files.insert(path, Arc::new(Mutex::new(file)));
    }
}

/// What a path is on.
enum Place<T> {
    /// Not a simulated disk.
    Elsewhere,
    /// A name of a server that is dead.
    Past,
    Here(T),
}

/// Does something with the disk that a path is on.
fn on_its_disk<T>(path: &str, act: impl FnOnce(&mut Contents) -> T) -> Place<T> {
    let mut disks = lock(&DISKS);
    let mut disks = disks.iter_mut();
    let found = disks.find_map(|(folder, disk)| Some((path.strip_prefix(folder)?, disk)));
    match found {
        None => Place::Elsewhere,
        Some((name, disk)) if !name.starts_with(&disk.name) => Place::Past,
        Some((_, disk)) => Place::Here(act(disk)),
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
        if self.lies {
            return;
        }
        for write in self.unsynced.drain(..) {
            match write.end {
                Some(end) => self.synced.resize(end, 0),
                None => apply(&mut self.synced, write.at, &write.bytes),
            }
        }
        self.is_named = true;
    }

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
