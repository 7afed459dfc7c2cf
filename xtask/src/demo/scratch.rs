//! The folder of one run, and what a run that was killed left behind.
//!
//! Namespaces and programs end with the run, however it ends. Its folder stays when
//! it is killed; the next run removes it.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::{Context, Result};
use tempfile::TempDir;

/// What the names of the folders begin with.
const PREFIX: &str = "sekisho-demo-";

/// Who holds the lock on this file is the run to which the folder belongs.
const LOCK: &str = "lock";

/// A folder that goes with the value.
pub(super) struct Scratch {
    folder: TempDir,
    _lock: File,
}

impl Scratch {
    /// Makes one, where this machine keeps what is temporary, after those of runs
    /// that were killed.
    pub(super) fn make() -> Result<Self> {
        let temporary = std::env::temp_dir();
        if remove_left_behind(&temporary)? {
            println!("demo: removed what an earlier run left behind");
        }
        Self::make_in(&temporary)
    }

    fn make_in(temporary: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(temporary)?;
        // Under its name only when it is held: nobody takes it for a dead one.
        let unheld = folder.path().join("lock.new");
        let lock = File::create(&unheld)?;
        lock.lock().context("locking a file of our own")?;
        fs::rename(&unheld, folder.path().join(LOCK))?;
        Ok(Self { folder, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders of runs that have ended; whether there were any.
fn remove_left_behind(temporary: &Path) -> Result<bool> {
    let own = fs::metadata("/proc/self")?.uid();
    let mut found = false;
    for entry in fs::read_dir(temporary)?.flatten() {
        let path = entry.path();
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.metadata().is_ok_and(|it| it.is_dir() && it.uid() == own);
        if !ours {
            continue;
        }
        let Ok(lock) = File::open(path.join(LOCK)) else { continue };
        if lock.try_lock().is_ok() {
            fs::remove_dir_all(&path).with_context(|| format!("removing {}", path.display()))?;
            found = true;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_run_left_is_removed_and_nothing_else() {
        let temporary = tempfile::tempdir().expect("a folder");
        let at = temporary.path();
        let dead = at.join(format!("{PREFIX}dead"));
        fs::create_dir_all(dead.join("server")).expect("a folder");
        fs::write(dead.join(LOCK), "").expect("a file");
        let foreign = at.join("somebody-elses");
        fs::create_dir(&foreign).expect("a folder");
        fs::write(foreign.join(LOCK), "").expect("a file");
        let alive = Scratch::make_in(at).expect("a folder");

        assert!(remove_left_behind(at).expect("looked"));
        assert!(!dead.exists(), "a run that has ended");
        assert!(foreign.exists() && alive.path().exists());
        assert!(!remove_left_behind(at).expect("looked"), "nothing is left");

        let path = alive.path().to_owned();
        drop(alive);
        assert!(!path.exists());
    }
}
