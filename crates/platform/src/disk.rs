//! What the agent's journal and escrow write to.
//!
//! Durability is explicit: bytes and names are volatile until they are
//! synced, each on their own. [`MemoryDisk`] is the twin that takes this at
//! its word and loses whatever was not synced, so that a forgotten sync is a
//! failing test and not a lost password.

mod memory;
mod real;

use std::io;

pub use memory::{Fault, MemoryDisk};
pub use real::RealDisk;

/// Longest name, in bytes, and longest part of one.
const MAX_NAME_BYTES: usize = 500;
const MAX_PART_BYTES: usize = 200;

/// Files below one private folder.
///
/// Names are relative paths such as `journal` or `escrow/0001`: parts of
/// `A-Z a-z 0-9 . _ -`, none beginning with a dot, separated by `/`. Anything
/// else is refused with [`io::ErrorKind::InvalidInput`]. The folder of a file
/// must exist; `""` is the top folder.
///
/// One writer at a time per file is the caller's business.
pub trait Disk: Send + Sync {
    /// The content, as written so far, synced or not; `None` if there is no
    /// such file.
    ///
    /// # Errors
    /// When the system cannot say.
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// Names of the files directly in a folder, sorted, without the folder's
    /// name; none if the folder does not exist.
    ///
    /// # Errors
    /// When the system cannot say.
    fn list(&self, dir: &str) -> io::Result<Vec<String>>;

    /// Creates a folder; one that exists is fine. Its name is durable after
    /// [`Self::sync_dir`] of the folder it is in.
    ///
    /// # Errors
    /// When the parent does not exist or the system refuses.
    fn create_dir(&self, dir: &str) -> io::Result<()>;

    /// Adds bytes at the end and creates the file if there is none. The bytes
    /// are durable after [`Self::sync_file`], a new name after
    /// [`Self::sync_dir`].
    ///
    /// # Errors
    /// When the system refuses; a part of the bytes may have been written.
    fn append(&self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Shortens a file, to cut off a torn end. Durable after
    /// [`Self::sync_file`]. A file that is shorter already is left alone.
    ///
    /// # Errors
    /// When there is no such file or the system refuses.
    fn truncate(&self, name: &str, len: u64) -> io::Result<()>;

    /// Replaces a file as a whole. When this returns, the *content* is
    /// durable but the *name* may still point to the old content after a
    /// crash, until [`Self::sync_dir`]: whole old or whole new, never a
    /// mixture.
    ///
    /// # Errors
    /// When the system refuses; the old content is then in place.
    fn write_atomic(&self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Removes a file; one that does not exist is fine. It may come back
    /// after a crash until [`Self::sync_dir`].
    ///
    /// # Errors
    /// When the system refuses.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes the content of a file durable; not its name.
    ///
    /// # Errors
    /// When there is no such file or the system cannot promise it. After a
    /// failed sync the unsynced bytes may be lost for ever, even if a later
    /// sync succeeds: write them again.
    fn sync_file(&self, name: &str) -> io::Result<()>;

    /// Makes the names in a folder durable: created, replaced and removed.
    ///
    /// # Errors
    /// When there is no such folder or the system cannot promise it.
    fn sync_dir(&self, dir: &str) -> io::Result<()>;
}

/// The parts of a name; `""` has none.
fn parts(name: &str) -> io::Result<Vec<&str>> {
    let refuse = |problem: &str| {
        let shown: String = name.chars().take(64).flat_map(char::escape_debug).collect();
        Err(io::Error::new(io::ErrorKind::InvalidInput, format!("the name '{shown}' {problem}")))
    };
    if name.is_empty() {
        return Ok(Vec::new());
    }
    if name.len() > MAX_NAME_BYTES {
        return refuse("is longer than 500 bytes");
    }
    for part in name.split('/') {
        if part.is_empty() || part.len() > MAX_PART_BYTES {
            return refuse("has an empty part or one longer than 200 bytes");
        }
        if part.starts_with('.') {
            return refuse("has a part that begins with a dot");
        }
        if !part.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-')) {
            return refuse("has a character other than A-Z a-z 0-9 . _ -");
        }
    }
    Ok(name.split('/').collect())
}

/// The parts of the folder, and the name of a file in it.
fn file_parts(name: &str) -> io::Result<(Vec<&str>, &str)> {
    let mut parts = parts(name)?;
    match parts.pop() {
        Some(last) => Ok((parts, last)),
        None => Err(io::Error::new(io::ErrorKind::InvalidInput, "a file needs a name")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_the_folder() {
        for bad in [
            "..",
            "a/../b",
            "/etc/passwd",
            "a//b",
            "a/",
            ".hidden",
            "a/.tmp",
            "a\\b",
            "a\0b",
            "ä",
            "a b",
        ] {
            let error = parts(bad).expect_err(bad);
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{bad}");
        }
        assert!(parts(&"a".repeat(201)).is_err());
        assert_eq!(parts("escrow/a-1_b.c").unwrap(), ["escrow", "a-1_b.c"]);
        assert_eq!(parts("").unwrap(), Vec::<&str>::new());
        assert!(file_parts("").is_err());
    }

    /// What both disks must do alike.
    fn behaves(disk: &dyn Disk) {
        assert_eq!(disk.read("journal").unwrap(), None);
        assert_eq!(disk.list("escrow").unwrap(), Vec::<String>::new());
        assert_eq!(disk.append("escrow/a", b"x").unwrap_err().kind(), io::ErrorKind::NotFound);
        disk.append("journal", b"one").unwrap();
        disk.append("journal", b"two").unwrap();
        disk.sync_file("journal").unwrap();
        assert_eq!(disk.read("journal").unwrap().unwrap(), b"onetwo");
        disk.truncate("journal", 4).unwrap();
        disk.truncate("journal", 100).unwrap();
        disk.append("journal", b"!").unwrap();
        assert_eq!(disk.read("journal").unwrap().unwrap(), b"onet!");
        disk.create_dir("escrow").unwrap();
        disk.create_dir("escrow").unwrap();
        disk.write_atomic("escrow/b", b"1").unwrap();
        disk.write_atomic("escrow/a", b"2").unwrap();
        disk.write_atomic("escrow/b", b"3").unwrap();
        disk.sync_dir("escrow").unwrap();
        disk.sync_dir("").unwrap();
        assert_eq!(disk.list("escrow").unwrap(), ["a", "b"]);
        // Folders are not files.
        assert_eq!(disk.list("").unwrap(), ["journal"]);
        assert_eq!(disk.read("escrow/b").unwrap().unwrap(), b"3");
        disk.remove("escrow/a").unwrap();
        disk.remove("escrow/a").unwrap();
        assert_eq!(disk.list("escrow").unwrap(), ["b"]);
        assert_eq!(disk.sync_file("none").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(disk.truncate("none", 0).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(disk.sync_dir("none").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(disk.read("../x").unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn the_disk_in_memory_behaves() {
        behaves(&MemoryDisk::new());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_real_disk_behaves() {
        let folder = tempfile::tempdir().unwrap();
        behaves(&RealDisk::open(&folder.path().join("state")).unwrap());
    }
}
