//! The vault of a running site: its keys, their rotation, what locks them.

mod status;

pub use status::{KeyStatus, VaultStatus, status};
