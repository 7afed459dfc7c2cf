//! Core dumps off, private files by default.

use rustix::fs::Mode;
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, dumpable_behavior, getrlimit, set_dumpable_behavior,
    setrlimit, umask,
};

use crate::PlatformError;

pub(crate) fn harden() -> Result<(), PlatformError> {
    let failed = |action: &str, error: rustix::io::Errno| PlatformError::Io {
        action: action.to_owned(),
        source: error.into(),
    };
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none)
        .map_err(|error| failed("set the size limit of core dumps to zero", error))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|error| failed("mark this process as not dumpable", error))?;
    // Ask the kernel back: a seccomp filter may answer a call without doing it.
    let dumpable = dumpable_behavior().map_err(|error| failed("read the dump state", error))?;
    if getrlimit(Resource::Core) != none || dumpable != DumpableBehavior::NotDumpable {
        return Err(failed("switch core dumps off", rustix::io::Errno::PERM));
    }
    Ok(())
}

pub(crate) fn raise_open_files() -> Result<u64, PlatformError> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).map_err(|error| {
        let action = "raise the limit of open files to the one that is allowed".to_owned();
        PlatformError::Io { action, source: error.into() }
    })?;
    open_files()
}

pub(crate) fn open_files() -> Result<u64, PlatformError> {
    Ok(getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX))
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

pub(crate) fn restrict_new_files() -> Result<(), PlatformError> {
    umask(Mode::from_raw_mode(0o077));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_files_may_be_open_as_the_system_allows() {
        let allowed = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
        let lower = Rlimit { current: Some(allowed.min(200)), maximum: Some(allowed) };
        setrlimit(Resource::Nofile, lower).unwrap();
        assert_eq!(open_files().unwrap(), allowed.min(200));
        assert_eq!(raise_open_files().unwrap(), allowed);
        assert_eq!(open_files().unwrap(), allowed);
    }

    #[test]
    fn no_core_file_can_be_written() {
        harden().unwrap();
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        let values: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
        assert_eq!(values, ["0", "0"], "{core}");
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        // Doing it again, as a restarted part of a program would, is fine.
        harden().unwrap();
    }
}
