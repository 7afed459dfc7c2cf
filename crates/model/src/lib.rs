//! The words of Sekisho.
//!
//! Typed ids, names parsed once, password policies, the states of the domain
//! and the numbered audit events. Nothing here does I/O: the clock and the
//! source of randomness are parameters ([`Clock`], [`Rng`]), so that every
//! part built on these words can be simulated.

pub mod account;
pub mod audit;
pub mod audit_chain;
pub mod audit_export;
pub mod clock;
pub mod criteria;
pub mod device;
pub mod event;
pub mod event_class;
mod event_samples;
pub mod gateway;
pub mod id;
pub mod mail;
pub mod name;
pub mod order;
pub mod password;
pub mod report;
pub mod rng;
pub mod rotation;
pub mod secret;
pub mod share;
pub mod touch;
pub mod user;
pub mod word;

pub use clock::{Clock, Timestamp};
pub use id::Id;
pub use rng::Rng;
pub use secret::Secret;
