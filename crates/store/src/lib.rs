//! Repositories and migrations on SQLite and PostgreSQL through one query path.
//!
//! # Reading and changing
//!
//! [`Store::connect`] opens a database, refuses one that would lose
//! acknowledged data, and migrates it. [`Store::read`] gives a [`Reader`],
//! [`Store::begin`] a [`UnitOfWork`]. Both give the repositories through the
//! trait [`Access`] (import it); only those of a unit of work have methods
//! that write, so that a change without a transaction does not compile:
//!
//! ```no_run
//! # use sekisho_model::{event::Event, id::DeviceId};
//! # use sekisho_store::{Access, OperationContext, Store, StoreError};
//! # async fn example(store: Store, context: OperationContext, device: DeviceId)
//! # -> Result<(), StoreError> {
//! let mut work = store.begin(&context).await?;
//! if let Some(mut found) = work.devices().lock(device).await? {
//!     found.blocked_reason = Some("lost".to_owned());
//!     let version = found.version;
//!     work.devices().update(found, version).await?;
//!     work.record(Event::DeviceBlocked { device, reason: "lost".to_owned() });
//! }
//! for device in work.commit().await?.wakes {
//!     // wake it
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`Store::snapshot`] reads one moment; [`copy`] moves whole databases.
//!
//! - A commit appends the recorded events to this node's audit chain in the
//!   same transaction (INV-4); one without an event is refused.
//! - *Not found* is `None`. Rows people edit have a `version`; `update` takes
//!   the one that was read and fails with [`StoreError::Stale`]. State changes
//!   are compare-and-set and return whether they moved.
//! - Nothing is loaded without a limit: lists are [`Paged`], or bounded by a
//!   limit in the method's name or arguments.
//! - After a failed statement a unit of work is spent: drop it and begin again.
//!
//! # Values
//!
//! Ids are UUID columns, times are milliseconds, enums are their word, sealed
//! values are [`Blob`]s, structured data is JSON text; a stored value that
//! does not parse back is [`StoreError::Corrupt`]. No clear secret passes
//! through this crate (INV-3).

mod access;
mod accounts;
mod api_tokens;
mod audit;
mod audit_gate;
mod audit_heads;
mod bundles;
mod connect;
pub mod copy;
mod device_certificates;
mod device_sessions;
mod devices;
mod enrolment_keys;
mod error;
mod escrows;
mod fence;
mod idempotency_keys;
mod link;
mod login_sessions;
mod migrations;
mod orders;
mod outbox;
mod page;
mod password_policies;
mod postgres;
mod resource_groups;
mod resources;
mod rotation;
mod sealed_values;
mod secret_versions;
mod sign_in_attempts;
mod site;
mod site_keys;
mod stored;
mod unit_of_work;
mod upkeep;
mod users;
mod vault_keys;
mod words;

pub use access::{Access, Reader, Snapshot, Store};
pub use accounts::{Account, AccountFilter, AccountTally, Accounts};
pub use api_tokens::{ApiToken, ApiTokens, SIGN_IN_LIFE};
pub use audit::{AuditChain, AuditFilter, AuditLog};
pub use audit_gate::AuditGate;
pub use audit_heads::{AuditCursor, AuditHeads, StoredHead, WitnessedHead, WitnessedSite};
pub use bundles::{Bundle, Bundles};
pub use connect::{ConnectError, InvalidStoreUrl, StoreConfig, StoreUrl};
pub use device_certificates::{DeviceCertificate, DeviceCertificates};
pub use device_sessions::{DeviceSession, DeviceSessions};
pub use devices::{BundleHeld, Device, DeviceFilter, Devices};
pub use enrolment_keys::{EnrolmentKey, EnrolmentKeys};
pub use error::{StoreError, Unique};
pub use escrows::{Escrow, Escrows};
pub use fence::AuditHead;
pub use idempotency_keys::{Claim, IdempotencyKey, IdempotencyKeys};
pub use login_sessions::{LoginSession, LoginSessions};
pub use orders::{Delivery, Order, OrderFilter, Orders};
pub use outbox::{Outbox, OutboxEntry, OutboxId, OutboxKind};
pub use page::{Cursor, InvalidCursor, MAX_PAGE, Page, Paged};
pub use password_policies::{PasswordPolicies, PasswordPolicy};
pub use postgres::PostgresServers;
pub use resource_groups::{GroupFilter, ResourceGroup, ResourceGroups};
pub use resources::{Resource, ResourceFilter, Resources};
pub use rotation::{AccountRotation, Rotation};
pub use sealed_values::{SEALED_COLUMNS, SealedColumn, SealedCount, SealedValue, SealedValues};
pub use secret_versions::{SecretVersion, SecretVersions};
pub use sign_in_attempts::{SignInAttempts, SignInBucket};
pub use site::{Kek, NextKek, Site, Sites};
pub use site_keys::{SiteKey, SiteKeys};
pub use stored::{Blob, Hash, Only, PasswordHash};
pub use unit_of_work::{Committed, OperationContext, UnitOfWork};
pub use upkeep::{ResourceUpkeep, Upkeep};
pub use users::{User, Users};
pub use vault_keys::{NextWrapping, VaultKey, VaultKeys};
pub use words::{DeviceSessionState, SiteKeyKind, VaultKeyState};
