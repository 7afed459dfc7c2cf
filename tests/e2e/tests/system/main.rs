//! Tests of the whole system: the programs as they are built, a server on
//! SQLite in a scratch folder, agents in scratch systems with real accounts.
//!
//! Each test starts what it needs on free ports; nothing outlives it. The
//! programs must have been built (`cargo xtask test e2e` does), and it takes
//! root: a scratch system mounts overlays and makes accounts.

mod accounts;
mod agents;
mod backup;
mod bench;
mod canary;
mod check;
mod clock;
mod database;
mod enrolment;
mod failover;
mod fleet;
mod host;
mod init;
mod kills;
mod manual;
mod orders;
mod plane;
mod proxy;
mod restart;
mod run;
mod seal;
mod service;
mod settings;
mod site;
mod site_keys;
mod syslog;
mod vault;
