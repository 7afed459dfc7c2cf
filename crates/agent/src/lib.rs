//! The Sekisho agent.
//!
//! It dials out, says who it is, takes sealed orders, carries them out with
//! the system's own tools and brings signed receipts back. It never listens.
//!
//! - [`engine`]: what is done with an order, and in which order things become
//!   durable. No network; tested with a disk that loses what was not synced.
//! - [`journal`], [`state`]: what the agent remembers.
//! - [`session`]: Hello, frames and the calls of a session.
//! - [`ways`]: the server's address and the gateways, and when to change over.
//! - [`enrol`], [`run`], [`status`], [`check`], [`service`]: the commands.

pub mod bundles;
pub mod certify;
pub mod check;
pub mod command;
pub mod config;
pub mod engine;
pub mod enrol;
pub mod journal;
pub mod leaving;
mod manual;
mod pace;
pub mod run;
pub mod service;
pub mod session;
pub mod settings;
pub mod state;
pub mod status;
mod trouble;
pub mod ways;

/// The version this agent tells the server.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
