//! The operating system behind one facade.
//!
//! [`accounts`] lists local accounts, sets and verifies their passwords with
//! the system's own tools; [`disk`] is what the agent's journal and escrow
//! write to, with an in-memory twin that loses what was not synced; [`files`]
//! keeps private files private; [`process`] switches core dumps off; [`handover`]
//! gives open sockets to the next process; [`host`] describes the machine.
//!
//! Linux is the one system so far. Everywhere else every function returns
//! [`PlatformError::Unsupported`]: a check that cannot be made refuses
//! (INV-8), nothing is stubbed to succeed.
//!
//! `unsafe` occurs between fork and exec, where pages are locked into memory,
//! and where an inherited number becomes an open file again; all other system
//! calls are safe ones of `rustix`, hashing and PAM stay inside the programs of
//! the system.

pub mod accounts;
pub mod disk;
mod error;
pub mod files;
pub mod host;
#[cfg(target_os = "linux")]
pub mod linux;
pub mod memory;
pub mod process;

pub use error::PlatformError;

// The one place where the system is chosen.
#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "linux")]
pub use linux::handover;
#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
use unsupported as system;
