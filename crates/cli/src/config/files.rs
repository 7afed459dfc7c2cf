//! Files that are written whole or not at all.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use sekisho_model::rng::{SystemRng, random_bytes};
use zeroize::Zeroizing;

use crate::error::{CliError, Result, failed};

/// Makes the folder, for its owner only, unless it is there.
pub(super) fn make_folder(path: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(failed(format_args!("cannot make the folder {}", path.display())))
}

/// Puts a file in its place in one step: made new beside it with the final
/// mode (never through a link or into a file that somebody else made), synced,
/// renamed.
pub(super) fn write_atomically(path: &Path, content: &[u8], mode: u32) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let random = data_encoding::HEXLOWER.encode(&random_bytes::<8>(&SystemRng));
    let draft = path.with_file_name(format!(".{name}.{random}"));
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&draft, path)
    };
    write().map_err(|error| {
        // The draft is of no use; that it may be gone already is no news.
        let _ = std::fs::remove_file(&draft);
        CliError::Failed(format!("cannot write {}: {error}", path.display()))
    })
}

/// The content of a file, `None` when there is no such file.
pub(crate) fn read_limited(path: &Path, max_bytes: usize) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(format_args!("cannot open {}", path.display()))(error)),
    };
    read_open(file, path, max_bytes).map(Some)
}

/// The content of an open file, no longer than `max_bytes`. The buffer is
/// large enough from the start, so that no copy of a secret is left behind
/// when it grows.
pub(crate) fn read_open(
    file: impl Read,
    path: &Path,
    max_bytes: usize,
) -> Result<Zeroizing<Vec<u8>>> {
    let mut content = Zeroizing::new(Vec::with_capacity(max_bytes + 1));
    file.take(max_bytes as u64 + 1)
        .read_to_end(&mut content)
        .map_err(failed(format_args!("cannot read {}", path.display())))?;
    if content.len() > max_bytes {
        return Err(CliError::Failed(format!(
            "{} is longer than {max_bytes} bytes; is it the right file?",
            path.display()
        )));
    }
    Ok(content)
}
