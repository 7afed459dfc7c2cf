//! The way to the server: its address, how it is recognised, one connection.

pub(crate) mod connection;
pub(crate) mod first_sight;
pub(crate) mod proxy;
pub(crate) mod server;
pub(crate) mod trust;
