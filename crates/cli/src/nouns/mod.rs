//! One module per noun: its arguments, its verbs and what they print.

pub(crate) mod accounts;
pub(crate) mod agents;
pub(crate) mod audit;
mod audit_files;
pub(crate) mod copy;
pub(crate) mod devices;
pub(crate) mod groups;
pub(crate) mod history;
pub(crate) mod keys;
pub(crate) mod login;
pub(crate) mod manual;
pub(crate) mod orders;
pub(crate) mod policies;
pub(crate) mod resources;
pub(crate) mod reveal;
mod rotation;
pub(crate) mod second_factor;
pub(crate) mod sessions;
pub(crate) mod setup;
pub(crate) mod status;
pub(crate) mod tokens;
pub(crate) mod users;
mod values;
mod watch;
pub(crate) mod witness;
