//! The locks of the account files, and whether the files can be replaced.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{
    Access, AtFlags, CWD, FlockOperation, StatVfsMountFlags, StatxAttributes, StatxFlags,
    fcntl_lock,
};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// How often a lock is looked at while waiting for it.
const TICK: Duration = Duration::from_millis(50);
/// Room the tools need beside copies of the files, in bytes.
const SPARE_BYTES: u64 = 64 * 1024;

/// Why the account files cannot be changed right now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Obstacle(pub(crate) String);

/// Waits until no other program holds a lock, but not longer than `patience`.
///
/// `chpasswd` would wait by itself, but PAM repeats its 15 s wait a hundred
/// times: killing it then would leave the outcome unknown.
pub(crate) fn wait_for_locks(etc: &Path, patience: Duration) -> Result<(), Obstacle> {
    let mut waited = Duration::ZERO;
    loop {
        match lock_held(etc) {
            None => return Ok(()),
            Some(obstacle) if waited >= patience => return Err(obstacle),
            Some(_) => std::thread::sleep(TICK),
        }
        waited += TICK;
    }
}

/// A lock that keeps the tools from working: the record lock of lckpwdf(3),
/// which PAM honours, or a lock file of shadow, which only shadow's own tools
/// honour — a change through PAM would race with them.
pub(crate) fn lock_held(etc: &Path) -> Option<Obstacle> {
    record_lock(&etc.join(".pwd.lock"))
        .or_else(|| lock_file(&etc.join("passwd.lock")))
        .or_else(|| lock_file(&etc.join("shadow.lock")))
}

fn record_lock(path: &Path) -> Option<Obstacle> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            return Some(Obstacle(format!("cannot look at the lock {}: {error}", path.display())));
        }
    };
    // A shared lock, given back when the file is closed below, conflicts with
    // the exclusive ones of lckpwdf(3) and of systemd alike. (Asking who holds
    // it, F_GETLK, answers with process -1 for systemd's kind of lock.)
    match fcntl_lock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => None,
        Err(Errno::AGAIN | Errno::ACCESS) => {
            Some(Obstacle(format!("another program holds the lock {}", path.display())))
        }
        Err(error) => {
            Some(Obstacle(format!("cannot look at the lock {}: {error}", path.display())))
        }
    }
}

fn lock_file(path: &Path) -> Option<Obstacle> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            return Some(Obstacle(format!("cannot look at the lock {}: {error}", path.display())));
        }
    };
    // shadow writes the process number with a closing NUL.
    let text = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
    let number = std::str::from_utf8(text).ok().and_then(|text| text.parse::<i32>().ok());
    let Some(pid) = number.filter(|number| *number > 0).and_then(Pid::from_raw) else {
        return Some(Obstacle(format!(
            "the lock file {} names no process, so no tool will ever remove it; \
             remove it when no program edits the account files",
            path.display()
        )));
    };
    match test_kill_process(pid) {
        // The tools clear the lock of a process that is gone.
        Err(Errno::SRCH) => None,
        Ok(()) | Err(_) => Some(Obstacle(format!(
            "another program holds the lock {}: process {}",
            path.display(),
            pid.as_raw_nonzero()
        ))),
    }
}

/// Whether the files in `etc` can be replaced: writable, not immutable.
pub(crate) fn writable(etc: &Path) -> Result<(), Obstacle> {
    let refuse = |problem: String| Err(Obstacle(problem));
    match rustix::fs::statvfs(etc) {
        Ok(facts) if facts.f_flag.contains(StatVfsMountFlags::RDONLY) => {
            return refuse(format!("{} is on a read-only file system", etc.display()));
        }
        Ok(_) => {}
        Err(error) => return refuse(format!("cannot look at {}: {error}", etc.display())),
    }
    if let Err(error) = rustix::fs::access(etc, Access::WRITE_OK | Access::EXEC_OK) {
        return refuse(format!("{} is not writable: {error}", etc.display()));
    }
    for path in [etc.to_path_buf(), etc.join("passwd"), etc.join("shadow")] {
        let facts = rustix::fs::statx(CWD, &path, AtFlags::empty(), StatxFlags::BASIC_STATS);
        match facts {
            Ok(facts) if facts.stx_attributes.contains(StatxAttributes::IMMUTABLE) => {
                return refuse(format!(
                    "{} is immutable (chattr -i allows changes)",
                    path.display()
                ));
            }
            Ok(_) => {}
            Err(error) => return refuse(format!("cannot look at {}: {error}", path.display())),
        }
    }
    Ok(())
}

/// Whether there is room for new copies of the account files.
pub(crate) fn enough_space(etc: &Path) -> Result<(), Obstacle> {
    let facts = rustix::fs::statvfs(etc)
        .map_err(|error| Obstacle(format!("cannot look at {}: {error}", etc.display())))?;
    let size = |name: &str| fs::metadata(etc.join(name)).map_or(0, |facts| facts.len());
    // The tools write the new file and a backup of each.
    let needed = 2 * (size("passwd") + size("shadow")) + SPARE_BYTES;
    // Root may use the reserved blocks as well.
    let free = facts.f_bfree.saturating_mul(facts.f_frsize);
    if free < needed {
        return Err(Obstacle(format!(
            "{} has {free} bytes of free space; {needed} are needed",
            etc.display()
        )));
    }
    if facts.f_files > 0 && facts.f_ffree < 8 {
        return Err(Obstacle(format!("the file system of {} has no free inodes", etc.display())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_files_of_living_and_unnamed_processes_are_obstacles() {
        let etc = tempfile::tempdir().unwrap();
        assert_eq!(lock_held(etc.path()), None);
        let lock = etc.path().join("shadow.lock");
        fs::write(&lock, format!("{}\0", std::process::id())).unwrap();
        let obstacle = lock_held(etc.path()).unwrap().0;
        assert!(obstacle.ends_with(&format!("process {}", std::process::id())), "{obstacle}");
        for nameless in ["", "12 \n", "-4"] {
            fs::write(&lock, nameless).unwrap();
            let obstacle = lock_held(etc.path()).unwrap().0;
            assert!(obstacle.contains("names no process"), "{obstacle}");
        }
        // Above the largest process number of Linux (2^22).
        fs::write(&lock, "4194305\0").unwrap();
        assert_eq!(lock_held(etc.path()), None);
    }

    #[test]
    fn a_lock_that_stays_is_an_obstacle_in_the_end() {
        let etc = tempfile::tempdir().unwrap();
        fs::write(etc.path().join("passwd.lock"), "x").unwrap();
        assert!(wait_for_locks(etc.path(), TICK).is_err());
    }

    #[test]
    fn missing_files_are_no_reason_to_go_on() {
        let etc = tempfile::tempdir().unwrap();
        let obstacle = writable(etc.path()).unwrap_err().0;
        assert!(obstacle.contains("passwd"), "{obstacle}");
        assert!(enough_space(etc.path()).is_ok());
    }
}
