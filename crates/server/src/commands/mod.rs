//! The command line: verbs that are more than one call.

pub(crate) mod audit;
pub(crate) mod databases;
pub(crate) mod keys;
pub(crate) mod mail;
pub(crate) mod manual;
pub(crate) mod packages;
pub(crate) mod passphrase;
pub(crate) mod people;
