//! Rotation that happens by itself: maximum ages, notice, pauses, regular
//! checks, and the alert when a password is out of sync.
//!
//! Nothing is scheduled ahead. When a reset or a check is due follows from
//! what is stored ([`plan`]), so that a change of a rule holds at once. The
//! [`sweep`] walks over all accounts in small steps and gives the orders that
//! are due: a bounded number each time, one at a time for each host.

mod book;
mod pause;
mod plan;
mod routes;
mod seen;
pub mod sweep;
pub mod view;

pub use pause::{pause, resume};
pub(crate) use plan::spread;
pub use routes::routes;
pub(crate) use seen::note_check;
