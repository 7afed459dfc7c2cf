//! The command line: verbs that are more than one call.

pub(crate) mod databases;
pub(crate) mod keys;
pub(crate) mod passphrase;
