//! Private files with POSIX permissions.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::PlatformError;

pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), PlatformError> {
    let (folder, temporary) = beside(path)?;
    let result = (|| {
        let mut options = OpenOptions::new();
        let mut file = open_private(&temporary, options.write(true).create_new(true))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        sync_dir(&folder)
    })();
    result.map_err(|error| {
        // Best effort: after a successful move there is nothing to remove.
        let _ = fs::remove_file(&temporary);
        PlatformError::io("write", path, error)
    })
}

/// The folder of a file and a free name beside it.
fn beside(path: &Path) -> Result<(PathBuf, PathBuf), PlatformError> {
    let Some(name) = path.file_name() else {
        return Err(PlatformError::io("write", path, io::ErrorKind::InvalidInput.into()));
    };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(".new");
    let temporary = folder.join(hidden);
    // What a crash left behind; create_new below keeps a race from mattering.
    match fs::remove_file(&temporary) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(PlatformError::io("remove", &temporary, error)),
    }
    Ok((folder, temporary))
}

/// Opens with 0600 for new files; refuses to follow a symbolic link.
pub(crate) fn open_private(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW.bits().cast_signed();
    options.mode(0o600).custom_flags(flags).open(path)
}

pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

pub(crate) fn check_private(path: &Path) -> Result<(), PlatformError> {
    let facts =
        fs::symlink_metadata(path).map_err(|error| PlatformError::io("look at", path, error))?;
    let wrong =
        |problem: String| Err(PlatformError::NotPrivate { path: path.to_path_buf(), problem });
    if facts.is_symlink() {
        return wrong("is a symbolic link; put the file itself here".to_owned());
    }
    let me = rustix::process::geteuid().as_raw();
    if facts.uid() != 0 && facts.uid() != me {
        return wrong(format!(
            "belongs to uid {}, expected root or uid {me}; change its owner with chown",
            facts.uid()
        ));
    }
    let mode = facts.mode() & 0o7777;
    if mode & 0o077 != 0 {
        let expected = if facts.is_dir() { "0700" } else { "0600" };
        return wrong(format!(
            "is accessible to others (mode {mode:04o}), expected {expected}; \
             restrict it with chmod {expected}"
        ));
    }
    Ok(())
}

pub(crate) fn create_private_dir(path: &Path) -> Result<(), PlatformError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| PlatformError::io("create the folder", path, error))?;
    check_private(path)?;
    let parent = path.canonicalize().ok().and_then(|path| path.parent().map(Path::to_path_buf));
    parent.map_or(Ok(()), |parent| {
        sync_dir(&parent).map_err(|error| PlatformError::io("sync the folder", &parent, error))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_private_file_is_replaced_whole_and_readable_to_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        write_private(&path, b"one").unwrap();
        // A leftover of a crash, with foreign content and permissions.
        fs::write(folder.path().join(".key.new"), "torn").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        check_private(&path).unwrap();
    }

    #[test]
    fn a_failed_write_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        // A folder cannot be replaced by a file.
        let path = folder.path().join("key");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("x"), "").unwrap();
        let error = write_private(&path, b"one").unwrap_err().to_string();
        assert!(error.starts_with("cannot write "), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_not_private_is_named_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        write_private(&path, b"one").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = check_private(&path).unwrap_err().to_string();
        assert!(error.contains("(mode 0640), expected 0600; restrict it with chmod"), "{error}");
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        let error = check_private(&link).unwrap_err().to_string();
        assert!(error.ends_with("is a symbolic link; put the file itself here"), "{error}");
        assert!(matches!(
            check_private(&folder.path().join("none")),
            Err(PlatformError::Io { .. })
        ));
    }

    #[test]
    fn folders_are_created_private_and_not_adopted_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        create_private_dir(&path).unwrap();
        create_private_dir(&path).unwrap();
        assert_eq!(fs::metadata(folder.path().join("a")).unwrap().mode() & 0o7777, 0o700);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(create_private_dir(&path), Err(PlatformError::NotPrivate { .. })));
    }
}
