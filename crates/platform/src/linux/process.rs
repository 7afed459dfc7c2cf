//! Core dumps off, private files by default.

use std::ffi::CStr;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::Mode;
use rustix::process::{
    DumpableBehavior, Gid, Resource, Rlimit, Uid, dumpable_behavior, getpriority_process,
    getrlimit, set_dumpable_behavior, setpriority_process, setrlimit, umask,
};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set, no_new_privs,
    set_capabilities, set_no_new_privs, set_thread_groups, set_thread_res_gid, set_thread_res_uid,
};

use super::account_files::{parse_group, parse_passwd};
use crate::PlatformError;

fn failed(action: &str, error: rustix::io::Errno) -> PlatformError {
    PlatformError::Io { action: action.to_owned(), source: error.into() }
}

pub(crate) fn harden() -> Result<(), PlatformError> {
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

pub(crate) fn become_owner_of(folder: &Path) -> Result<Option<String>, PlatformError> {
    let Ok(facts) = fs::metadata(folder) else { return Ok(None) };
    if !is_root() || facts.uid() == 0 {
        return Ok(None);
    }
    let read = |path: &str| {
        fs::read(path).map_err(|error| PlatformError::io("read", Path::new(path), error))
    };
    let owner = owner(facts.uid(), &read("/etc/passwd")?, &read("/etc/group")?);
    let (uid, gid) = (Uid::from_raw(facts.uid()), Gid::from_raw(owner.gid.unwrap_or(facts.gid())));
    let groups: Vec<Gid> = owner.groups.into_iter().map(Gid::from_raw).collect();
    let action = format!("become {}", owner.name);
    // Groups first: who is not root any more may not change them.
    set_thread_groups(&groups)
        .and_then(|()| set_thread_res_gid(gid, gid, gid))
        .and_then(|()| set_thread_res_uid(uid, uid, uid))
        .map_err(|error| failed(&action, error))?;
    // Another user is another answer to who may read this process's memory.
    harden()?;
    Ok(Some(owner.name))
}

struct Owner {
    name: String,
    gid: Option<u32>,
    groups: Vec<u32>,
}

/// Somebody without a line in the files has a number only.
fn owner(uid: u32, passwd: &[u8], group: &[u8]) -> Owner {
    let Some(entry) = parse_passwd(passwd).entries.into_iter().find(|entry| entry.uid == uid)
    else {
        return Owner { name: format!("uid {uid}"), gid: None, groups: Vec::new() };
    };
    let name = entry.name.as_str().to_owned();
    let groups = parse_group(group).entries.into_iter();
    let groups = groups.filter(|group| group.members.contains(&name)).map(|group| group.gid);
    Owner { gid: Some(entry.gid), groups: groups.collect(), name }
}

pub(crate) fn refuse_new_privileges() -> Result<(), PlatformError> {
    let action = "give up new privileges";
    set_no_new_privs(true).map_err(|error| failed(action, error))?;
    match no_new_privs() {
        Ok(true) => Ok(()),
        Ok(false) => Err(failed(action, rustix::io::Errno::PERM)),
        Err(error) => Err(failed(action, error)),
    }
}

pub(crate) fn be_called(name: &CStr) -> Result<(), PlatformError> {
    rustix::thread::set_name(name).map_err(|error| failed("name this process", error))
}

pub(crate) fn give_way(levels: i32) -> Result<(), PlatformError> {
    // Without an id it is the calling thread: on Linux, threads have each their own.
    getpriority_process(None)
        .and_then(|own| setpriority_process(None, own.saturating_add(levels).min(19)))
        .map_err(|error| failed("lower the priority of a thread", error))
}

pub(crate) fn drop_capabilities() -> Result<(), PlatformError> {
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    let done = capabilities(None).and_then(|held| {
        // Ambient ones are permitted ones. Where there is nothing to give up, a
        // filter may forbid to try.
        if held.permitted.is_empty() && held.inheritable.is_empty() {
            return Ok(());
        }
        clear_ambient_capability_set()?;
        set_capabilities(None, sets)
    });
    done.map_err(|error| failed("give up all capabilities", error))
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
    fn a_folders_owner_comes_with_every_group() {
        let passwd = b"root:x:0:0::/root:/bin/sh\nsekisho:x:994:991::/:/usr/sbin/nologin\n";
        let group = b"root:x:0:\nsekisho:x:991:\nhsm:x:112:other,sekisho\ntape:x:26:other\n";
        let known = owner(994, passwd, group);
        assert_eq!(known.name, "sekisho");
        assert_eq!((known.gid, known.groups), (Some(991), vec![112]));
        let unknown = owner(7, passwd, group);
        assert_eq!((unknown.name.as_str(), unknown.gid), ("uid 7", None));
        assert!(unknown.groups.is_empty());
    }

    #[test]
    fn privileges_are_given_up_for_good() {
        // Both are a thread's own; the other tests keep theirs.
        let status = std::thread::spawn(|| {
            refuse_new_privileges().unwrap();
            drop_capabilities().unwrap();
            std::fs::read_to_string("/proc/thread-self/status").unwrap()
        });
        let status = status.join().unwrap();
        let value = |field: &str| {
            let line = status.lines().find(|line| line.starts_with(field)).expect(field);
            line.split_whitespace().nth(1).expect("a value").to_owned()
        };
        assert_eq!(value("NoNewPrivs:"), "1");
        for set in ["CapPrm:", "CapEff:", "CapInh:", "CapAmb:"] {
            assert_eq!(value(set), "0000000000000000", "{set}");
        }
    }

    #[test]
    fn a_thread_gives_way_and_its_process_does_not() {
        // Field 19 of proc_pid_stat(5), counted from behind the name, which is the second.
        let nice = || {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            let behind_name = stat.rsplit(')').next().unwrap().to_owned();
            behind_name.split_whitespace().nth(16).unwrap().parse::<i32>().unwrap()
        };
        let before = nice();
        let nicer = std::thread::spawn(move || {
            give_way(3).unwrap();
            let some = nice();
            give_way(100).unwrap();
            (some, nice())
        });
        assert_eq!(nicer.join().unwrap(), ((before + 3).min(19), 19));
        assert_eq!(nice(), before);
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
