//! A new program takes over without a dropped connection (R-49…R-51).
//!
//! Three parts: the command (`sekisho-gateway upgrade`, [`program`]) looks at
//! the file, makes a backup and installs; the process that works ([`elder`])
//! starts the new program, hands its sockets over and judges; the new process
//! ([`successor`]) proves itself before it answers anybody.
//!
//! ```text
//!  command                  elder                       successor
//!  check, backup, stage
//!  Upgrade ───────────────► holds the private listener
//!                           starts it with the sockets ─► starts, answers the private listener
//!                           DialAgain to the server    ◄─ Listening
//!                                                         the server dials it: link, configuration;
//!                                                         a request of its own, to the server and back
//!                           Proved                     ◄─ Proved
//!  rename over the old  ◄──
//!  Installed ─────────────► Go ───────────────────────►   answers agents
//!                           tells systemd              ◄─ Took
//!  HandedOver ◄──────────── stops accepting, finishes what it has begun, ends
//! ```
//!
//! Until `Go` nothing has changed for anybody: when a part dies or is late, the
//! successor is ended and the elder goes on. A successor ends by itself when its
//! elder is gone before `Go`. Whatever is killed, and when, systemd starts a
//! program that is whole: the old one or the new one.

pub(crate) mod elder;
pub mod program;
pub(crate) mod successor;

use serde::{Deserialize, Serialize};

/// The name of the channel among the files that a successor inherits.
const CHANNEL: &str = "elder";

/// From the successor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    /// It answers the private listener.
    Listening,
    /// It has come so far.
    Step(String),
    /// It does what a gateway does.
    Proved {
        /// Its version.
        version: String,
    },
    /// It does not, and ends.
    Failed(String),
    /// It answers agents.
    Took,
}

/// From the elder: from now on the agents are the successor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Go {
    /// Now.
    Go,
}
