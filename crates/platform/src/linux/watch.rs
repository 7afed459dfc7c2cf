//! Notices when the account files change, without reading them each time.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sekisho_model::name::AccountName;
use zeroize::Zeroizing;

use crate::accounts::AccountWatch;

/// What an account is made of.
const FILES: [&str; 3] = ["etc/passwd", "etc/shadow", "etc/group"];

/// Larger files are not read.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// Inode, size and the time of the last change: they differ after every
/// change, whichever way the file was written.
type Stat = Option<(u64, u64, i64, i64)>;

/// The lines of the three files, each as a number, by file and name.
type Lines = BTreeMap<(usize, Vec<u8>), u64>;

/// Looks at the three files of a root.
pub(super) struct FileWatch {
    root: PathBuf,
    stats: [Stat; 3],
    lines: Option<Lines>,
    /// Something was written; read once it comes to rest.
    settling: bool,
}

impl FileWatch {
    /// What is there now is no news.
    pub(super) fn new(root: &Path) -> Self {
        let stats = stats(root);
        Self { root: root.to_owned(), stats, lines: read(root), settling: false }
    }
}

impl AccountWatch for FileWatch {
    fn changed(&mut self) -> bool {
        let now = stats(&self.root);
        if now != self.stats {
            // Tools write one file after the other: wait for the last one.
            self.stats = now;
            self.settling = true;
            return false;
        }
        if !self.settling {
            return false;
        }
        let Some(lines) = read(&self.root) else { return false };
        self.settling = false;
        let known = self.lines.replace(lines);
        known != self.lines
    }

    fn expect(&mut self, name: &AccountName) {
        let (Some(known), Some(now)) = (&mut self.lines, read(&self.root)) else { return };
        for file in 0..FILES.len() {
            let key = (file, name.as_str().as_bytes().to_vec());
            match now.get(&key) {
                Some(line) => known.insert(key, *line),
                None => known.remove(&key),
            };
        }
    }
}

fn stats(root: &Path) -> [Stat; 3] {
    FILES.map(|file| {
        let meta = fs::metadata(root.join(file)).ok()?;
        Some((meta.ino(), meta.size(), meta.mtime(), meta.mtime_nsec()))
    })
}

/// `None` when a file cannot be read now.
fn read(root: &Path) -> Option<Lines> {
    let mut lines = Lines::new();
    for (file, path) in FILES.iter().enumerate() {
        let path = root.join(path);
        if fs::metadata(&path).ok()?.size() > MAX_FILE_BYTES {
            return None;
        }
        let bytes = Zeroizing::new(fs::read(path).ok()?);
        for line in bytes.split(|byte| *byte == b'\n') {
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            let mut hasher = DefaultHasher::new();
            line.hash(&mut hasher);
            // A name may stand on several lines, in any order.
            let seen = lines.entry((file, name.to_vec())).or_insert(0);
            *seen = seen.wrapping_add(hasher.finish());
        }
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nsvc:x:1000:1000::/:/bin/sh\n";
    const SHADOW: &str = "root:$6$a$b:1:0:99999:7:::\nsvc:$6$c$d:1:0:99999:7:::\n";

    fn host() -> (tempfile::TempDir, FileWatch) {
        let root = tempfile::tempdir().expect("a folder");
        fs::create_dir(root.path().join("etc")).expect("made");
        write(root.path(), "passwd", PASSWD);
        write(root.path(), "shadow", SHADOW);
        write(root.path(), "group", "svc:x:1000:\n");
        let watch = FileWatch::new(root.path());
        (root, watch)
    }

    /// As the tools do: a new file in the place of the old one.
    fn write(root: &Path, file: &str, text: &str) {
        let next = root.join("etc").join(format!("{file}+"));
        fs::write(&next, text).expect("written");
        fs::rename(next, root.join("etc").join(file)).expect("renamed");
    }

    fn told(watch: &mut FileWatch) -> Vec<bool> {
        (0..4).map(|_| watch.changed()).collect()
    }

    const NO_NEWS: [bool; 4] = [false; 4];
    const NEWS: [bool; 4] = [false, true, false, false];

    #[test]
    fn a_change_is_told_once_when_the_files_have_come_to_rest() {
        let (root, mut watch) = host();
        assert_eq!(told(&mut watch), NO_NEWS);
        write(root.path(), "passwd", &format!("{PASSWD}new:x:1001:1001::/:/bin/sh\n"));
        assert!(!watch.changed());
        write(root.path(), "shadow", &format!("{SHADOW}new:!:1::::::\n"));
        assert_eq!(told(&mut watch), NEWS, "both files, one piece of news");
        write(root.path(), "group", "svc:x:1000:root\n");
        assert_eq!(told(&mut watch), NEWS);
        write(root.path(), "group", "svc:x:1000:root\n");
        assert_eq!(told(&mut watch), NO_NEWS, "written anew, with nothing new in it");
    }

    #[test]
    fn our_own_reset_is_no_news_and_hides_nobody_elses_change() {
        let (root, mut watch) = host();
        let svc: AccountName = "svc".parse().expect("a name");
        let ours = SHADOW.replace("$6$c$d:1", "$6$e$f:2");
        write(root.path(), "shadow", &ours);
        watch.expect(&svc);
        assert_eq!(told(&mut watch), NO_NEWS);
        // In the same moment somebody changes another password by hand.
        let both = ours.replace("$6$e$f", "$6$g$h").replace("$6$a$b", "$6$x$y");
        write(root.path(), "shadow", &both);
        watch.expect(&svc);
        assert_eq!(told(&mut watch), NEWS);
    }

    #[test]
    fn files_that_cannot_be_read_are_waited_for() {
        let (root, mut watch) = host();
        fs::remove_file(root.path().join("etc/shadow")).expect("removed");
        assert_eq!(told(&mut watch), NO_NEWS);
        write(root.path(), "shadow", SHADOW);
        assert_eq!(told(&mut watch), NO_NEWS, "as it was");
    }
}
