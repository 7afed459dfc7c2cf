//! Files in a private folder of the machine.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Disk, file_parts, parts};
use crate::PlatformError;
use crate::system::{open_private, sync_dir};

/// A folder of the machine, 0700, with files 0600.
#[derive(Debug)]
pub struct RealDisk {
    root: PathBuf,
}

impl RealDisk {
    /// Creates the folder if it is missing.
    ///
    /// # Errors
    /// When it cannot be created, or exists and is not private.
    pub fn open(root: &Path) -> Result<Self, PlatformError> {
        crate::files::create_private_dir(root)?;
        Ok(Self { root: root.to_path_buf() })
    }

    fn folder(&self, parts: &[&str]) -> PathBuf {
        parts.iter().fold(self.root.clone(), |path, part| path.join(part))
    }

    fn file(&self, name: &str) -> io::Result<PathBuf> {
        let (dir, file) = file_parts(name)?;
        Ok(self.folder(&dir).join(file))
    }
}

/// `None` instead of "not found".
fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Disk for RealDisk {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        found(fs::read(self.file(name)?))
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        let Some(entries) = found(fs::read_dir(self.folder(&parts(dir)?)))? else {
            return Ok(names);
        };
        for entry in entries {
            let entry = entry?;
            // What cannot be named here is not ours: half-written files of a
            // crash begin with a dot.
            if let Ok(name) = entry.file_name().into_string()
                && file_parts(&name).is_ok()
                && entry.file_type()?.is_file()
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        let path = self.folder(&parts(dir)?);
        if path == self.root || path.is_dir() {
            return Ok(());
        }
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)
    }

    fn append(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = open_private(&self.file(name)?, options.append(true).create(true))?;
        file.write_all(bytes)
    }

    fn truncate(&self, name: &str, len: u64) -> io::Result<()> {
        let file = open_private(&self.file(name)?, OpenOptions::new().write(true))?;
        if file.metadata()?.len() > len { file.set_len(len) } else { Ok(()) }
    }

    fn write_atomic(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (dir, name) = file_parts(name)?;
        let folder = self.folder(&dir);
        // No name of a file begins with a dot, so it can only be the leftover
        // of a crash, which is overwritten.
        let temporary = folder.join(format!(".{name}.new"));
        let mut options = OpenOptions::new();
        let mut file = open_private(&temporary, options.write(true).create(true).truncate(true))?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        written.and_then(|()| fs::rename(&temporary, folder.join(name))).inspect_err(|_| {
            // Best effort: the next write would overwrite it.
            let _ = fs::remove_file(&temporary);
        })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        found(fs::remove_file(self.file(name)?)).map(|_| ())
    }

    fn sync_file(&self, name: &str) -> io::Result<()> {
        // The system syncs the file, whichever handle wrote the bytes.
        open_private(&self.file(name)?, OpenOptions::new().write(true))?.sync_all()
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        sync_dir(&self.folder(&parts(dir)?))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    #[test]
    fn files_and_folders_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("state");
        let disk = RealDisk::open(&root).unwrap();
        disk.append("journal", b"x").unwrap();
        disk.create_dir("escrow").unwrap();
        disk.write_atomic("escrow/a", b"x").unwrap();
        let mode = |name: &str| fs::metadata(root.join(name)).unwrap().mode() & 0o7777;
        assert_eq!(
            [mode(""), mode("escrow"), mode("journal"), mode("escrow/a")],
            [0o700, 0o700, 0o600, 0o600]
        );
        fs::set_permissions(&root, fs::Permissions::from_mode(0o750)).unwrap();
        assert!(RealDisk::open(&root).is_err());
    }

    #[test]
    fn leftovers_of_a_crash_are_not_listed_and_links_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("state");
        let disk = RealDisk::open(&root).unwrap();
        fs::write(root.join(".a.new"), "torn").unwrap();
        assert_eq!(disk.list("").unwrap(), Vec::<String>::new());
        disk.write_atomic("a", b"1").unwrap();
        assert_eq!(fs::read_dir(&root).unwrap().count(), 1);
        let outside = folder.path().join("outside");
        fs::write(&outside, "").unwrap();
        symlink(&outside, root.join("journal")).unwrap();
        assert!(disk.append("journal", b"x").is_err());
        assert_eq!(fs::read(&outside).unwrap(), b"");
    }
}
