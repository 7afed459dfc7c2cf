//! What `sekisho-agent status` shows: the loop writes it, the command reads it.

use std::path::{Path, PathBuf};

use sekisho_link::ServerTime;
use sekisho_model::Timestamp;
use sekisho_platform::files;
use serde::{Deserialize, Serialize};

use crate::ways::WayShown;

/// What the loop is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// In a session with the server.
    Connected,
    /// Dissociated from its resource by the server: it does nothing and looks
    /// now and then whether it still is.
    Dissociated,
    /// Waiting before the next try.
    Waiting,
    /// Stopped in good order.
    Stopped,
}

/// The last thing the loop said about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// What it is doing.
    pub phase: Phase,
    /// Since when, by the server's clock as far as it is known.
    pub since: Timestamp,
    /// What went wrong last, if it is waiting.
    pub problem: Option<String>,
    /// How far this host's clock is from the server's, in seconds.
    pub clock_skew_s: Option<u64>,
    /// The process.
    pub pid: u32,
    /// The ways to the server, best first. Empty: an agent that does not say, or
    /// one that has stopped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<WayShown>,
}

impl Status {
    /// Whether the process that said it is still there: one that was killed
    /// says nothing more.
    pub fn is_current(&self) -> bool {
        self.phase != Phase::Stopped && is_alive(self.pid)
    }
}

/// Whether a process is there and not only waiting to be reaped: `Z` and `X` in
/// proc_pid_stat(5). The name before the state may hold anything.
fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| {
        stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
    })
}

/// Where the status is kept.
#[derive(Clone, Debug)]
pub struct StatusFile(PathBuf);

impl StatusFile {
    /// The status file of an agent's memory.
    pub fn in_dir(state_dir: &Path) -> Self {
        Self(state_dir.join("status.json"))
    }

    /// Says what the loop is doing. A status that cannot be written is no
    /// reason to stop.
    pub fn put(&self, phase: Phase, problem: Option<&str>, time: &ServerTime, ways: Vec<WayShown>) {
        let status = Status {
            phase,
            since: time.now(),
            problem: problem.map(str::to_owned),
            clock_skew_s: time.skew().map(|skew| skew.as_secs()),
            pid: std::process::id(),
            ways,
        };
        let written = serde_json::to_vec(&status)
            .map_err(|error| error.to_string())
            .and_then(|json| files::write_private(&self.0, &json).map_err(|e| e.to_string()));
        if let Err(error) = written {
            tracing::debug!(error, "the status could not be written");
        }
    }

    /// What the loop said last.
    pub fn find(&self) -> Option<Status> {
        serde_json::from_slice(&std::fs::read(&self.0).ok()?).ok()
    }
}
