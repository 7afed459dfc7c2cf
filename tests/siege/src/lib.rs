//! A siege of a gateway: attackers, agents who only want to work, and judges.
//!
//! The gateway is the program that is shipped, with its own settings, timeouts
//! and limits. In the place of its server stands a [`Double`]: it pairs, dials,
//! configures and answers as a server does, and sees every request that the
//! gateway lets through, which a server at work would only hide.
//!
//! Attackers come from addresses of their own (127.66.0.0/16), agents from
//! 127.0.0.1. Three judge: the [`Witness`] at the server's end of the link, each
//! attack about the answers it is given, and the agents about theirs. What they
//! find is a violation in [`Findings`].

pub mod attacks;
mod client;
mod device;
mod double;
mod field;
mod findings;
mod frames;
mod legit;
mod matcher;
mod program;
mod report;
mod siege;
mod witness;

pub use attacks::{ATTACKS, Attack};
pub use device::Device;
pub use double::Double;
pub use field::Field;
pub use findings::{Findings, Violation};
pub use legit::{Agents, Latencies};
pub use matcher::route;
pub use program::{Program, Settings};
pub use report::{Report, Row};
pub use siege::{Place, Plan, lay};
pub use witness::{SMUGGLED, Seen, Witness};

use std::time::Duration;

use sekisho_model::Clock as _;
use sekisho_model::clock::SystemClock;

/// Time since some instant in the past.
pub(crate) fn elapsed() -> Duration {
    SystemClock.elapsed()
}

/// Time since `began`.
pub(crate) fn since(began: Duration) -> Duration {
    SystemClock.elapsed().saturating_sub(began)
}
