//! The Sekisho server: vault, policy, orders, REST API, agent plane.
//!
//! One folder per feature: its use-cases, callable without HTTP, and its
//! endpoints. [`app::App`] wires them; [`http`] is the scaffolding they share.

pub mod accounts;
pub mod agent_management;
pub mod agents;
pub mod app;
pub mod audit;
pub mod backup;
pub mod bus;
pub mod certificate;
pub mod config;
pub mod devices;
pub mod enrolment_keys;
pub mod gateways;
pub mod groups;
pub mod http;
pub mod init;
pub mod keys;
pub mod live;
pub mod mail;
pub mod metrics;
pub mod notifications;
pub mod oidc;
pub mod orders;
pub mod overview;
pub mod packages;
pub mod passkeys;
pub mod policies;
pub mod preferences;
pub mod recovery;
pub mod recovery_key;
pub mod relocate;
pub mod reports;
pub mod resources;
pub mod roles;
pub mod rotation;
pub mod run;
pub mod sealed;
pub mod secrets;
pub mod sessions;
pub mod sharing;
pub mod shutdown;
pub mod system;
pub mod tokens;
pub mod user_groups;
pub mod users;
pub mod vault;
