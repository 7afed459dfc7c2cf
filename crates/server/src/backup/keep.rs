//! Backups in a folder: their names, and which of them stay.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sekisho_model::Timestamp;
use sekisho_model::id::SiteId;

use super::file::{PARTIAL, sync_folder};

const BEGINNING: &str = "sekisho-";
const END: &str = ".backup";

/// `sekisho-20261122T060000.123Z.backup`: sorts by time.
pub(super) fn name(at: Timestamp) -> String {
    let time = at.to_string().replace(['-', ':'], "");
    format!("{BEGINNING}{time}{END}")
}

/// Removes what processes that died left of their backups.
pub(super) fn clear_partial(folder: &Path) -> anyhow::Result<()> {
    for path in files(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let ours = name.strip_prefix('.').and_then(|name| name.strip_suffix(PARTIAL));
        if !ours.is_some_and(is_name) {
            continue;
        }
        // Somebody who lives holds a lock on it.
        let file = std::fs::File::open(&path)
            .with_context(|| format!("the unfinished backup {}", path.display()))?;
        if file.try_lock().is_ok() {
            std::fs::remove_file(&path)
                .with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Removes this site's oldest backups until `keep` are left; a file that is
/// none of them is left alone.
pub(super) fn remove_older(
    folder: &Path,
    site: SiteId,
    keep: usize,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut ours: Vec<PathBuf> = files(folder)?
        .into_iter()
        .filter(|path| is_name(&path.file_name().unwrap_or_default().to_string_lossy()))
        .filter(|path| super::label(path).is_ok_and(|label| label.site == site))
        .collect();
    ours.sort();
    ours.truncate(ours.len().saturating_sub(keep.max(1)));
    for path in &ours {
        std::fs::remove_file(path)
            .with_context(|| format!("cannot remove the old backup {}", path.display()))?;
    }
    if let Some(path) = ours.first() {
        sync_folder(path)?;
    }
    Ok(ours)
}

fn is_name(name: &str) -> bool {
    let middle = name.strip_prefix(BEGINNING).and_then(|rest| rest.strip_suffix(END));
    middle.is_some_and(|time| {
        time.len() >= 16
            && time.ends_with('Z')
            && time.bytes().all(|byte| byte.is_ascii_digit() || b"TZ.".contains(&byte))
    })
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let list = std::fs::read_dir(folder)
        .with_context(|| format!("cannot list the folder {}", folder.display()))?;
    list.map(|entry| Ok(entry?.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_by_time_and_are_known_again() {
        let at = |text: &str| name(text.parse().expect("a time"));
        let (old, new) = (at("2026-09-30T23:59:59Z"), at("2026-10-01T00:00:00.5Z"));
        assert!(old < new, "{old} {new}");
        assert!(is_name(&old) && is_name(&new));
        for other in ["sekisho-.backup", "sekisho-notes.backup", "x", "sekisho.db"] {
            assert!(!is_name(other), "{other}");
        }
    }
}
