//! Appending to a file on another mount.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Mutex;

/// Appends to one file. At most one write is under way: a mount that hangs
/// keeps one thread, not one for each try.
#[derive(Clone, Debug, Default)]
pub(super) struct Appender(Arc<Mutex<()>>);

impl Appender {
    /// Appends lines and waits until they are on the disk.
    pub(super) async fn append(
        &self,
        path: &Path,
        lines: &[String],
        must_exist: bool,
    ) -> Result<(), String> {
        let Ok(guard) = self.0.clone().try_lock_owned() else {
            return Err(format!("an earlier write to {} still hangs", path.display()));
        };
        let mut bytes = lines.join("\n").into_bytes();
        bytes.push(b'\n');
        let path = path.to_owned();
        let written = tokio::task::spawn_blocking(move || {
            let _guard = guard;
            append(&path, &bytes, must_exist)
        });
        written.await.unwrap_or_else(|_| Err("the write was given up".to_owned()))
    }
}

/// The file is opened anew each time, so that it may be rotated: by renaming
/// it and creating an empty one in its place.
fn append(path: &PathBuf, bytes: &[u8], must_exist: bool) -> Result<(), String> {
    let mut options = OpenOptions::new();
    options.read(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let is_new = !path.exists();
    if is_new && must_exist {
        return Err(format!(
            "{} is gone; is its file system not mounted? To begin a new file, create it empty",
            path.display()
        ));
    }
    let failed = |error: io::Error| format!("cannot append to {}: {error}", path.display());
    let mut file = options.create(is_new).open(path).map_err(failed)?;
    let mut all = Vec::with_capacity(bytes.len() + 1);
    if ends_in_a_line(&mut file).map_err(failed)? {
        all.push(b'\n');
    }
    all.extend_from_slice(bytes);
    file.write_all(&all).and_then(|()| file.sync_all()).map_err(failed)?;
    if is_new && let Some(folder) = path.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    }
    Ok(())
}

/// Whether the file ends in the middle of a line: a write that was cut off.
fn ends_in_a_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_appended_and_a_torn_one_is_closed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("heads.jsonl");
        append(&path, b"one\n", false).expect("created");
        std::fs::write(&path, "one\ntor").expect("written");
        append(&path, b"two\nthree\n", true).expect("appended");
        let text = std::fs::read_to_string(&path).expect("readable");
        assert_eq!(text, "one\ntor\ntwo\nthree\n");
    }

    #[test]
    fn a_file_that_is_gone_is_not_begun_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("heads.jsonl");
        let error = append(&path, b"x\n", true).expect_err("gone");
        assert!(error.contains("is its file system not mounted?"), "{error}");
        assert!(!path.exists());
        // A rotation creates it.
        File::create(&path).expect("created");
        append(&path, b"x\n", true).expect("appended");
        let error = append(&folder.path().join("no/such"), b"x\n", false).expect_err("no folder");
        assert!(error.contains("cannot append to"), "{error}");
    }
}
