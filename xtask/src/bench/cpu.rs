//! What processes take: CPU time and memory, as the kernel counts them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

/// A running process, seen from outside.
#[derive(Clone, Copy, Debug)]
pub struct Process(pub u32);

impl Process {
    /// CPU time of all its threads so far, those that ended included; its
    /// children are not. To 10 ms.
    ///
    /// # Errors
    /// When it is gone.
    pub fn cpu(self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0))
            .with_context(|| format!("process {} is gone", self.0))?;
        let own = cpu_of(&stat).context("/proc/PID/stat has another form here")?;
        Ok(own)
    }

    /// Its resident memory, in bytes.
    ///
    /// # Errors
    /// When it is gone.
    pub fn rss_bytes(self) -> Result<u64> {
        self.status("VmRSS:")
    }

    /// The most resident memory it ever had, in bytes.
    ///
    /// # Errors
    /// When it is gone.
    pub fn peak_rss_bytes(self) -> Result<u64> {
        self.status("VmHWM:")
    }

    /// The name of its program.
    ///
    /// # Errors
    /// When it is gone.
    pub fn name(self) -> Result<String> {
        Ok(fs::read_to_string(format!("/proc/{}/comm", self.0))?.trim().to_owned())
    }

    fn status(self, field: &str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))
            .with_context(|| format!("process {} is gone", self.0))?;
        let kib = status
            .lines()
            .find_map(|line| line.strip_prefix(field))
            .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
            .with_context(|| format!("/proc/PID/status has no {field}"))?;
        Ok(kib * 1024)
    }
}

/// The kernel's unit in `/proc/PID/stat` is USER_HZ, which is 100 on every
/// architecture that we build for.
const TICK: Duration = Duration::from_millis(10);

/// User and system time in a line of `/proc/PID/stat`.
fn cpu_of(stat: &str) -> Option<Duration> {
    // The name, in parentheses, may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<u32>().ok();
    Some(TICK * (ticks(11)? + ticks(12)?))
}

/// A control group: the kernel counts the CPU time of every process in it and
/// of everything they start, however it ends.
#[derive(Debug)]
pub struct CpuGroup {
    folder: PathBuf,
}

impl CpuGroup {
    /// Makes a group. Needs root and a mounted cgroup2 hierarchy.
    ///
    /// # Errors
    /// Says which of the two is missing.
    pub fn new(name: &str) -> Result<Self> {
        let mounts = fs::read_to_string("/proc/self/mounts")?;
        let root = mounts
            .lines()
            .filter_map(|line| {
                let mut words = line.split(' ').skip(1);
                Some((words.next()?, words.next()?))
            })
            .find(|(_, kind)| *kind == "cgroup2")
            .map(|(place, _)| place)
            .context("no cgroup2 hierarchy is mounted, and only it counts the CPU of others")?;
        let name = format!("sekisho-bench-{}-{name}", std::process::id());
        let folder = Path::new(root).join(name);
        fs::create_dir(&folder).with_context(|| {
            format!("cannot make the group {}; are you root?", folder.display())
        })?;
        Ok(Self { folder })
    }

    /// A command that runs in the group from its first instruction on.
    pub fn command(&self, command: &Command) -> Command {
        let mut inside = Command::new("bash");
        inside.args(["-c", r#"echo $$ > "$0"; exec "$@""#]);
        inside.arg(self.folder.join("cgroup.procs")).arg(command.get_program());
        inside.args(command.get_args());
        if let Some(folder) = command.get_current_dir() {
            inside.current_dir(folder);
        }
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => inside.env(name, value),
                None => inside.env_remove(name),
            };
        }
        inside
    }

    /// The processes that are in it now.
    ///
    /// # Errors
    /// When the group is gone.
    pub fn processes(&self) -> Result<Vec<Process>> {
        let pids = fs::read_to_string(self.folder.join("cgroup.procs"))?;
        pids.lines().map(|pid| Ok(Process(pid.trim().parse()?))).collect()
    }

    /// CPU time of everything that was ever in it.
    ///
    /// # Errors
    /// When the group is gone.
    pub fn cpu(&self) -> Result<Duration> {
        let stat = fs::read_to_string(self.folder.join("cpu.stat"))?;
        let usec = stat
            .lines()
            .find_map(|line| line.strip_prefix("usage_usec "))
            .context("cpu.stat names no usage")?;
        Ok(Duration::from_micros(usec.trim().parse()?))
    }
}

impl Drop for CpuGroup {
    fn drop(&mut self) {
        // A group that still has processes stays, empty later: harmless.
        let _ = fs::remove_dir(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_parentheses_is_skipped() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 150 25 60 7 20 0 1 0 1";
        assert_eq!(cpu_of(stat), Some(Duration::from_millis(1750)));
        assert_eq!(cpu_of("7 (cut off"), None);
    }

    #[test]
    fn a_process_shows_its_memory_and_time() {
        let own = Process(std::process::id());
        assert!(own.rss_bytes().expect("alive") > 1 << 16);
        assert!(own.peak_rss_bytes().expect("alive") >= own.rss_bytes().expect("alive") / 2);
        own.cpu().expect("alive");
        assert!(Process(u32::MAX).cpu().is_err());
    }

    #[test]
    fn a_group_counts_what_its_grandchildren_took() {
        if !cmd_is_root() {
            return;
        }
        let group = CpuGroup::new("test").expect("root makes groups");
        let mut busy = Command::new("bash");
        busy.args(["-c", "(for ((i = 0; i < 40000; i++)); do :; done); exit 0"]);
        assert!(group.command(&busy).status().expect("bash").success());
        assert!(group.cpu().expect("counted") > Duration::from_millis(5));
    }

    fn cmd_is_root() -> bool {
        crate::cmd::is_root()
    }
}
