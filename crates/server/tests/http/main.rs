//! The REST API, tested through its router on a real SQLite database.
//!
//! ```text
//! let server = TestServer::start().await;
//! let admin = server.user("ann", Role::Administrator).await;
//! let created = admin.post("/users", json!({…})).await.expect(201);
//! admin.patch("/users/…", "\"1\"", json!({…})).await.problem(412, "stale");
//! ```
//!
//! Time stands still unless a test moves it (`server.clock.advance`). One
//! binary for all tests of the API: add a module here.

mod accounts;
mod agents;
mod audit;
mod audit_closed;
mod audit_heads;
mod backup;
mod certificate_end;
mod console;
mod criteria;
mod devices;
mod enrolment_keys;
mod entitlements;
mod export;
mod first_run;
mod gateways;
mod groups;
mod harness;
mod idempotency;
mod lists;
mod live;
mod live_access;
mod mail;
mod mail_tasks;
mod notifications;
mod objects;
mod oidc;
mod orders;
mod own_sessions;
mod packages;
mod passkeys;
mod policies;
mod preferences;
mod probes;
mod reports;
mod resources;
mod reveal;
mod roles;
mod rotation;
mod second_factor;
mod settings;
mod setup;
mod shape;
mod shares;
mod sign_in;
mod site_keys;
mod smtp;
mod strangers;
mod tls;
mod tokens;
mod transfer;
mod user_groups;
mod users;
mod witness;
