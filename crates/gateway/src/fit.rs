//! Limits, as far as this machine can keep them: what it cannot is lowered and
//! said, so that the gateway sheds where it would otherwise be ended.

use std::fs;
use std::path::{Component, Path, PathBuf};

use sekisho_wire::gateway::Limits;

/// Files that are kept for everything else: the link and its connections for calls,
/// the private listener, pass-through, threads, the log.
const OTHER_FILES: u64 = 640;

/// So many quarters of the memory that there is the gateway plans with. The rest is
/// for what the kernel keeps for its sockets, and for other programs.
const PLANNED_QUARTERS: u64 = 3;

/// Lowers what this machine cannot keep. Says so, one sentence each.
pub(crate) fn fit(limits: &mut Limits) -> Vec<String> {
    let files = sekisho_platform::process::open_files().ok();
    let files = files.and_then(|files| fit_files(limits, files));
    let memory = Memory::find(Path::new("/")).and_then(|memory| fit_memory(limits, memory));
    files.into_iter().chain(memory).collect()
}

/// Each connection takes a file: where this process may open too few of them,
/// fewer connections are accepted, so that the server's always are.
fn fit_files(limits: &mut Limits, files: u64) -> Option<String> {
    let fit = u32::try_from(files.saturating_sub(OTHER_FILES).max(16)).unwrap_or(u32::MAX);
    let wanted = limits.connections;
    limits.connections = wanted.min(fit);
    (fit < wanted).then(|| {
        format!(
            "at most {fit} connections instead of {wanted}, because this process may open {files} \
             files; raise the limit (LimitNOFILE= in the unit)"
        )
    })
}

/// A budget above what there is would never be reached: the kernel ends the process
/// before.
fn fit_memory(limits: &mut Limits, memory: Memory) -> Option<String> {
    let fit = memory.bytes / 4 * PLANNED_QUARTERS;
    let wanted = limits.memory_bytes;
    limits.memory_bytes = wanted.min(fit);
    let (fit_mib, wanted_mib, there_mib) = (fit >> 20, wanted >> 20, memory.bytes >> 20);
    let (whose, remedy) = match memory.bound {
        Bound::ControlGroup => {
            ("its control group may use", "raise MemoryMax= and MemoryHigh= in the unit")
        }
        Bound::Machine => ("this machine has", "give the machine more"),
    };
    (fit < wanted).then(|| {
        format!(
            "at most {fit_mib} MiB of memory instead of {wanted_mib} MiB, because {whose} \
             {there_mib} MiB; {remedy}, or set the gateways' memory limit at the server to \
             {fit_mib} MiB or less"
        )
    })
}

/// The memory that this process can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Memory {
    bytes: u64,
    bound: Bound,
}

/// What bounds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    ControlGroup,
    Machine,
}

impl Memory {
    /// From the kernel's files below `root`; `None` where they say nothing.
    fn find(root: &Path) -> Option<Self> {
        let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
        let machine = total(&read("proc/meminfo"));
        let group = of_control_group(&root.join("sys/fs/cgroup"), &read("proc/self/cgroup"));
        let machine = machine.map(|bytes| Self { bytes, bound: Bound::Machine });
        let group = group.map(|bytes| Self { bytes, bound: Bound::ControlGroup });
        // Of two that are the same the machine's counts: to raise the other is of no use.
        machine.into_iter().chain(group).min_by_key(|memory| memory.bytes)
    }
}

/// `MemTotal` of `/proc/meminfo`, in bytes.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    kib.checked_mul(1024)
}

/// The least that the control groups of this process allow, of either version; a
/// group above it counts as well. `own` is `/proc/self/cgroup`.
fn of_control_group(mount: &Path, own: &str) -> Option<u64> {
    let limits = own.lines().filter_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, group) = rest.split_once(':')?;
        let (mounts, files): (_, &[&str]) = match controllers {
            // Above `high` the kernel slows the process down until it is of no use.
            "" => (vec![mount.to_owned(), mount.join("unified")], &["memory.max", "memory.high"]),
            names if names.split(',').any(|name| name == "memory") => {
                (vec![mount.join("memory")], &["memory.limit_in_bytes"])
            }
            _ => return None,
        };
        let groups = mounts.iter().flat_map(|mount| groups(mount, group));
        let files = groups.flat_map(|group| files.iter().map(move |file| group.join(file)));
        files.filter_map(|file| limit(&fs::read_to_string(file).ok()?)).min()
    });
    limits.min()
}

/// The folder of a group and those of the groups above it. In a container the path
/// may be that of the host, of which only the last of them is there.
fn groups(mount: &Path, group: &str) -> Vec<PathBuf> {
    let inside = |part: &Component<'_>| matches!(part, Component::Normal(_));
    let group: PathBuf = Path::new(group).components().filter(inside).collect();
    group.ancestors().map(|group| mount.join(group)).collect()
}

/// A limit in bytes; `None`: `max`, or nothing that is one.
fn limit(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|bytes| *bytes > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    /// A machine with these files.
    fn machine(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("inside")).expect("made");
            fs::write(path, text).expect("written");
        }
        root
    }

    fn found(files: &[(&str, &str)]) -> Option<Memory> {
        Memory::find(machine(files).path())
    }

    const MEMINFO: (&str, &str) =
        ("proc/meminfo", "MemTotal:        1048576 kB\nMemFree:   5 kB\n");
    const V2: (&str, &str) = ("proc/self/cgroup", "0::/system.slice/sekisho-gateway.service\n");
    const UNIT: &str = "sys/fs/cgroup/system.slice/sekisho-gateway.service/memory.max";

    fn group(mib: u64) -> Option<Memory> {
        Some(Memory { bytes: mib * MIB, bound: Bound::ControlGroup })
    }

    #[test]
    fn the_least_of_machine_and_control_groups_is_what_there_is() {
        let whole = Some(Memory { bytes: 1024 * MIB, bound: Bound::Machine });
        assert_eq!(found(&[MEMINFO]), whole);
        assert_eq!(found(&[MEMINFO, V2, (UNIT, "max\n")]), whole);
        assert_eq!(found(&[MEMINFO, V2, (UNIT, "2147483648\n")]), whole);
        assert_eq!(found(&[MEMINFO, V2, (UNIT, "268435456\n")]), group(256));
        assert_eq!(found(&[V2, (UNIT, "268435456\n")]), group(256), "without a machine's");
        let slice = ("sys/fs/cgroup/system.slice/memory.max", "134217728\n");
        assert_eq!(found(&[MEMINFO, V2, slice, (UNIT, "max\n")]), group(128), "a group above");
        let high = ("sys/fs/cgroup/system.slice/sekisho-gateway.service/memory.high", "83886080\n");
        assert_eq!(found(&[MEMINFO, V2, high, (UNIT, "268435456\n")]), group(80), "slowed down");
        let container = ("sys/fs/cgroup/memory.max", "67108864");
        assert_eq!(found(&[MEMINFO, V2, container]), group(64), "the path of the host");
        let outside = ("proc/self/cgroup", "0::/../../x\n");
        assert_eq!(found(&[MEMINFO, outside, container]), group(64));
    }

    #[test]
    fn control_groups_of_version_1_count_too() {
        let own = ("proc/self/cgroup", "5:cpu,memory:/a/b\n4:cpu:/a\n1:name=systemd:/\n0::/\n");
        let file = "sys/fs/cgroup/memory/a/b/memory.limit_in_bytes";
        assert_eq!(found(&[MEMINFO, own, (file, "536870912\n")]), group(512));
        let none = found(&[MEMINFO, own, (file, "9223372036854771712\n")]);
        assert_eq!(none.map(|memory| memory.bound), Some(Bound::Machine), "its word for max");
        let hybrid = ("sys/fs/cgroup/unified/memory.max", "268435456");
        assert_eq!(found(&[MEMINFO, own, (file, "536870912\n"), hybrid]), group(256));
    }

    #[test]
    fn what_cannot_be_read_bounds_nothing() {
        for files in [
            &[][..],
            &[("proc/meminfo", "")],
            &[("proc/meminfo", "MemTotal: many kB\n")],
            &[("proc/meminfo", "MemTotal: 5 MB\n")],
            &[("proc/meminfo", "MemTotal: 18446744073709551615 kB\n")],
            &[("proc/self/cgroup", "0\n:\n")],
            &[V2, (UNIT, "-1")],
            &[V2, (UNIT, "0")],
            &[V2, (UNIT, "")],
            &[V2, (UNIT, "256M")],
        ] {
            assert_eq!(found(files), None, "{files:?}");
        }
    }

    #[test]
    fn a_budget_above_what_there_is_is_lowered_and_said() {
        let fitted = |wanted_mib: u64, memory: Memory| {
            let mut limits = Limits { memory_bytes: wanted_mib * MIB, ..Limits::default() };
            let said = fit_memory(&mut limits, memory);
            (limits.memory_bytes / MIB, said)
        };
        let small = Memory { bytes: 512 * MIB, bound: Bound::Machine };
        let (budget, said) = fitted(1024, small);
        let said = said.expect("it is said");
        assert_eq!(budget, 384);
        for part in ["384 MiB of memory instead of 1024 MiB", "this machine has 512 MiB"] {
            assert!(said.contains(part), "{said}");
        }
        let unit = fitted(1024, Memory { bound: Bound::ControlGroup, ..small }).1;
        assert!(unit.expect("it is said").contains("raise MemoryMax= and MemoryHigh= in the unit"));
        assert_eq!(fitted(200, small), (200, None));
        assert_eq!(fitted(1024, Memory { bytes: u64::MAX, ..small }), (1024, None));
    }

    #[test]
    fn connections_for_which_there_are_no_files_are_not_promised() {
        let mut limits = Limits::default();
        let said = fit_files(&mut limits, 1024).expect("it is said");
        assert_eq!(limits.connections, 384);
        assert!(said.contains("384 connections instead of 20000"), "{said}");
        assert_eq!(fit_files(&mut limits, 65_536), None);
        assert_eq!(limits.connections, 384);
    }
}
