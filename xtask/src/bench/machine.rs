//! The machine that figures were taken on.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde::Serialize;

use crate::cmd;

/// What a reader must know to judge a figure.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// The model of its processor.
    pub cpu: String,
    /// How many of its cores the system sees.
    pub cores: usize,
    /// Its memory, in bytes.
    pub memory_bytes: u64,
    /// The kernel.
    pub kernel: String,
    /// The distribution.
    pub system: String,
    /// The file system of the scratch folders.
    pub scratch: String,
    /// The load average over one minute when the run began: what else ran.
    pub load_before: f64,
}

impl Machine {
    /// Looks at this machine; `scratch` is where databases will be.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn look(scratch: &Path) -> Result<Self> {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo")?;
        let field = |name: &str| {
            let line = cpuinfo.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let meminfo = fs::read_to_string("/proc/meminfo")?;
        let memory_kib = meminfo
            .lines()
            .find_map(|line| line.strip_prefix("MemTotal:"))
            .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
        let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        let system = release
            .lines()
            .find_map(|line| line.strip_prefix("PRETTY_NAME="))
            .map(|name| name.trim_matches('"').to_owned());
        let mut findmnt = Command::new("findmnt");
        findmnt.args(["--noheadings", "--output", "FSTYPE", "--target"]).arg(scratch);
        Ok(Self {
            cpu: field("model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism()?.get(),
            memory_bytes: memory_kib.unwrap_or(0) * 1024,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            system: system.unwrap_or_else(|| "unknown".to_owned()),
            scratch: cmd::output(&mut findmnt)?.trim().to_owned(),
            load_before: load()?,
        })
    }

    /// One line for people.
    pub fn line(&self) -> String {
        format!(
            "{}, {} cores, {:.0} GB, Linux {}, {}, scratch on {}, load {:.2} at the start",
            self.cpu,
            self.cores,
            self.memory_bytes as f64 / 1e9,
            self.kernel,
            self.system,
            self.scratch,
            self.load_before
        )
    }
}

/// The load average over one minute.
pub(super) fn load() -> Result<f64> {
    let text = fs::read_to_string("/proc/loadavg")?;
    Ok(text.split_whitespace().next().unwrap_or_default().parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_can_be_described() {
        let machine = Machine::look(Path::new("/")).expect("a Linux system says these things");
        assert!(machine.cores > 0 && machine.memory_bytes > 1 << 20);
        assert!(machine.line().contains("cores"), "{}", machine.line());
    }
}
