//! A disk that loses what was not synced.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sekisho_model::Rng;
use sekisho_model::rng::uniform;

use super::{Disk, file_parts, parts};

/// An error a disk gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `ENOSPC`: no space left on the device.
    NoSpace,
    /// `EIO`: the device did not answer.
    Io,
    /// `EROFS`: the file system became read-only.
    ReadOnly,
}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> Self {
        // The numbers of Linux, so that callers see what they would see there.
        Self::from_raw_os_error(match fault {
            Fault::NoSpace => 28,
            Fault::Io => 5,
            Fault::ReadOnly => 30,
        })
    }
}

/// The lossy twin of [`super::RealDisk`]: keeps what is on the disk apart from
/// what is only in the system's memory.
///
/// A clone is another handle on the same disk. Every call of [`Disk`] counts
/// as one operation.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk(Arc<Mutex<State>>);

/// Number of a file or folder, which names point to.
type Inode = u64;
const ROOT: Inode = 0;

#[derive(Debug)]
struct State {
    files: BTreeMap<Inode, File>,
    folders: BTreeMap<Inode, Folder>,
    next: Inode,
    operations: u64,
    faults: BTreeMap<u64, Fault>,
    power_off_at: Option<u64>,
}

#[derive(Clone, Debug, Default)]
struct File {
    now: Vec<u8>,
    synced: Vec<u8>,
    /// Length up to which bytes after `synced` were lost by a failed sync:
    /// the system forgot that they were never written.
    lost_up_to: usize,
}

#[derive(Clone, Debug, Default)]
struct Folder {
    now: BTreeMap<String, Entry>,
    synced: BTreeMap<String, Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    File(Inode),
    Folder(Inode),
}

impl Default for State {
    fn default() -> Self {
        Self {
            files: BTreeMap::new(),
            folders: BTreeMap::from([(ROOT, Folder::default())]),
            next: ROOT + 1,
            operations: 0,
            faults: BTreeMap::new(),
            power_off_at: None,
        }
    }
}

impl MemoryDisk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// Power fails and comes back: everything that was not synced is gone,
    /// names included. Faults that were planned are forgotten.
    pub fn crash(&self) {
        let mut state = self.state();
        for file in state.files.values_mut() {
            file.now = file.synced.clone();
        }
        for folder in state.folders.values_mut() {
            folder.now = folder.synced.clone();
        }
        state.restart();
    }

    /// A disk of its own with what is on this one now, all of it synced: a
    /// snapshot of a virtual machine. Faults that were planned are not copied.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        let state = self.state();
        let files = state.files.iter().map(|(inode, file)| {
            let copy = File { synced: file.now.clone(), now: file.now.clone(), lost_up_to: 0 };
            (*inode, copy)
        });
        let folders = state.folders.iter().map(|(inode, folder)| {
            (*inode, Folder { now: folder.now.clone(), synced: folder.now.clone() })
        });
        let copy = State {
            files: files.collect(),
            folders: folders.collect(),
            next: state.next,
            ..State::default()
        };
        Self(Arc::new(Mutex::new(copy)))
    }

    /// Like [`Self::crash`], but the system had written a random part of what
    /// was not synced: any set of names, of each file any beginning of the
    /// new bytes, sometimes with zeros where bytes were on their way.
    pub fn crash_with(&self, rng: &dyn Rng) {
        let mut state = self.state();
        for file in state.files.values_mut() {
            file.synced = file.after_crash(rng);
            file.now = file.synced.clone();
        }
        for folder in state.folders.values_mut() {
            folder.synced = folder.after_crash(rng);
            folder.now = folder.synced.clone();
        }
        state.restart();
    }

    /// The `nth` operation from now fails once (0: the next one).
    pub fn fail_at(&self, nth: u64, fault: Fault) {
        let mut state = self.state();
        let at = state.operations + nth;
        state.faults.insert(at, fault);
    }

    /// After this many more operations every one fails, until a crash.
    pub fn power_off_after(&self, operations: u64) {
        let mut state = self.state();
        state.power_off_at = Some(state.operations + operations);
    }

    /// Operations so far, failed ones included: run once, then crash at each.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panicking test thread must not hide what is on the disk.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an operation and says whether it fails.
    fn operation(&self) -> (MutexGuard<'_, State>, Option<Fault>) {
        let mut state = self.state();
        let at = state.operations;
        state.operations += 1;
        let off = state.power_off_at.is_some_and(|limit| at >= limit);
        let fault = state.faults.remove(&at).or(off.then_some(Fault::Io));
        (state, fault)
    }

    /// An operation that does nothing when it fails.
    fn whole_operation(&self) -> io::Result<MutexGuard<'_, State>> {
        match self.operation() {
            (_, Some(fault)) => Err(fault.into()),
            (state, None) => Ok(state),
        }
    }
}

impl State {
    /// After a crash: power is back, and what no name leads to is gone.
    fn restart(&mut self) {
        self.faults.clear();
        self.power_off_at = None;
        let mut reached = BTreeSet::new();
        let mut open = vec![ROOT];
        while let Some(inode) = open.pop() {
            reached.insert(inode);
            let entries = self.folders.get(&inode).map(|folder| folder.now.values());
            open.extend(entries.into_iter().flatten().map(|entry| match entry {
                Entry::File(inode) | Entry::Folder(inode) => *inode,
            }));
        }
        self.files.retain(|inode, _| reached.contains(inode));
        self.folders.retain(|inode, _| reached.contains(inode));
    }

    fn folder(&mut self, parts: &[&str]) -> io::Result<&mut Folder> {
        let mut inode = ROOT;
        for part in parts {
            match self.folders.get(&inode).and_then(|folder| folder.now.get(*part)) {
                Some(Entry::Folder(next)) => inode = *next,
                Some(Entry::File(_)) => return Err(io::ErrorKind::NotADirectory.into()),
                None => return Err(io::ErrorKind::NotFound.into()),
            }
        }
        self.folders.get_mut(&inode).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn file(&mut self, name: &str) -> io::Result<&mut File> {
        let (dir, name) = file_parts(name)?;
        match self.folder(&dir)?.now.get(name) {
            Some(Entry::File(inode)) => {
                let inode = *inode;
                self.files.get_mut(&inode).ok_or_else(|| io::ErrorKind::NotFound.into())
            }
            Some(Entry::Folder(_)) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// A file of its own under this name; what was there keeps its synced name.
    fn create(&mut self, name: &str, file: File) -> io::Result<()> {
        let (dir, name) = file_parts(name)?;
        let inode = self.next;
        let folder = self.folder(&dir)?;
        if let Some(Entry::Folder(_)) = folder.now.get(name) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        folder.now.insert(name.to_owned(), Entry::File(inode));
        self.files.insert(inode, file);
        self.next += 1;
        Ok(())
    }
}

impl File {
    /// What a sync makes durable.
    fn written(&self) -> Vec<u8> {
        let mut bytes = self.now.clone();
        let lost = self.synced.len().min(bytes.len())..self.lost_up_to.min(bytes.len());
        if let Some(gap) = bytes.get_mut(lost) {
            gap.fill(0);
        }
        bytes
    }

    fn after_crash(&self, rng: &dyn Rng) -> Vec<u8> {
        let target = self.written();
        if target == self.synced || one_in(rng, 3) {
            return self.synced.clone();
        }
        // Bytes that both have were not rewritten: only the rest is at risk.
        let common = self.synced.iter().zip(&target).take_while(|(old, new)| old == new).count();
        let added = u32::try_from(target.len() - common).unwrap_or(u32::MAX - 1);
        let kept = common + uniform(rng, added + 1) as usize;
        let mut bytes = target[..kept].to_vec();
        if one_in(rng, 3) {
            // The new length arrived before the bytes did.
            bytes.resize(target.len(), 0);
        }
        bytes
    }
}

impl Folder {
    fn after_crash(&self, rng: &dyn Rng) -> BTreeMap<String, Entry> {
        let mut names = self.synced.clone();
        for name in self.synced.keys().chain(self.now.keys()) {
            if self.synced.get(name) == self.now.get(name) || one_in(rng, 2) {
                continue;
            }
            match self.now.get(name) {
                Some(entry) => names.insert(name.clone(), *entry),
                None => names.remove(name),
            };
        }
        names
    }
}

fn one_in(rng: &dyn Rng, bound: u32) -> bool {
    uniform(rng, bound) == 0
}

/// `None` instead of "not found".
fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Disk for MemoryDisk {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let mut state = self.whole_operation()?;
        found(state.file(name).map(|file| file.now.clone()))
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let mut state = self.whole_operation()?;
        let parts = parts(dir)?;
        let folder = found(state.folder(&parts))?;
        Ok(folder
            .into_iter()
            .flat_map(|folder| &folder.now)
            .filter(|(_, entry)| matches!(entry, Entry::File(_)))
            .map(|(name, _)| name.clone())
            .collect())
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        let mut state = self.whole_operation()?;
        let mut parts = parts(dir)?;
        let Some(name) = parts.pop() else { return Ok(()) };
        let inode = state.next;
        let folder = state.folder(&parts)?;
        match folder.now.get(name) {
            Some(Entry::Folder(_)) => return Ok(()),
            Some(Entry::File(_)) => return Err(io::ErrorKind::AlreadyExists.into()),
            None => {}
        }
        folder.now.insert(name.to_owned(), Entry::Folder(inode));
        state.folders.insert(inode, Folder::default());
        state.next += 1;
        Ok(())
    }

    fn append(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (mut state, fault) = self.operation();
        // A device that fills up or fails takes a part of the bytes.
        let kept = match fault {
            None => bytes,
            Some(Fault::NoSpace | Fault::Io) => &bytes[..bytes.len() / 2],
            Some(Fault::ReadOnly) => return Err(Fault::ReadOnly.into()),
        };
        match state.file(name) {
            Ok(file) => file.now.extend_from_slice(kept),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                state.create(name, File { now: kept.to_vec(), ..File::default() })?;
            }
            Err(error) => return Err(error),
        }
        fault.map_or(Ok(()), |fault| Err(fault.into()))
    }

    fn truncate(&self, name: &str, len: u64) -> io::Result<()> {
        let mut state = self.whole_operation()?;
        let file = state.file(name)?;
        file.now.truncate(usize::try_from(len).unwrap_or(usize::MAX));
        file.lost_up_to = file.lost_up_to.min(file.now.len());
        Ok(())
    }

    fn write_atomic(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.whole_operation()?;
        let file = File { now: bytes.to_vec(), synced: bytes.to_vec(), lost_up_to: 0 };
        state.create(name, file)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.whole_operation()?;
        let (dir, name) = file_parts(name)?;
        let Some(folder) = found(state.folder(&dir))? else { return Ok(()) };
        match folder.now.get(name) {
            Some(Entry::Folder(_)) => Err(io::ErrorKind::IsADirectory.into()),
            Some(Entry::File(_)) | None => {
                folder.now.remove(name);
                Ok(())
            }
        }
    }

    fn sync_file(&self, name: &str) -> io::Result<()> {
        let (mut state, fault) = self.operation();
        let file = state.file(name)?;
        if let Some(fault) = fault {
            file.lost_up_to = file.now.len();
            return Err(fault.into());
        }
        file.synced = file.written();
        file.lost_up_to = 0;
        Ok(())
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        let mut state = self.whole_operation()?;
        let folder = state.folder(&parts(dir)?)?;
        folder.synced = folder.now.clone();
        Ok(())
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
