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
mod audit;
mod audit_closed;
mod audit_heads;
mod backup;
mod console;
mod devices;
mod enrolment_keys;
mod groups;
mod harness;
mod idempotency;
mod objects;
mod orders;
mod own_sessions;
mod passkeys;
mod policies;
mod preferences;
mod probes;
mod resources;
mod reveal;
mod rotation;
mod second_factor;
mod setup;
mod shape;
mod sign_in;
mod site_keys;
mod strangers;
mod tls;
mod tokens;
mod users;
mod witness;
