//! A server, agents and hosts in one process, with the clock and the faults in
//! the test's hands.
//!
//! Everything that decides is real: the server's agent plane and use-cases on
//! a real database, the agent's engine, session, journal and escrow, the seals
//! and signatures between them. What is replaced is the network
//! ([`Network`]), the agent's disk (a disk that loses what was not synced) and
//! the host's account tools ([`Host`]). A [`fleet`] has the real network too.
//!
//! For tests of the whole system: a [`Gateway`] is the real program, a [`probe`]
//! looks at listeners as strangers do, [`memory`] searches that of a process.

mod agent;
pub mod fleet;
mod gateway;
mod host;
pub mod memory;
mod network;
pub mod probe;
mod server;

pub use agent::{Agent, Connected, Stopped};
pub use gateway::{Direction, Gateway};
pub use host::{Crash, Host};
pub use network::{Fault, Kept, Network};
pub use sekisho_platform::disk::Fault as DiskFault;
pub use server::{Server, config};
