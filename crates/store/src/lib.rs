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
mod custom_roles;
mod device_certificates;
mod device_sessions;
mod devices;
mod enrolment_keys;
mod error;
mod escrows;
mod fence;
mod gateways;
mod idempotency_keys;
mod identities;
mod link;
mod login_sessions;
mod mails;
mod migrations;
mod nests;
mod notifications;
mod offices;
mod orders;
mod outbox;
mod packages;
mod page;
mod passkeys;
mod password_policies;
mod pending_sign_ins;
mod postgres;
mod preferences;
mod recovery_proofs;
mod report_schedules;
mod resource_groups;
mod resources;
mod rotation;
mod sealed_values;
mod second_factors;
mod secret_versions;
mod server_certificates;
mod shares;
mod sight;
mod sign_in_attempts;
mod sign_in_rules;
mod site;
mod site_keys;
mod stored;
mod unit_of_work;
mod upkeep;
mod user_groups;
mod user_mail;
mod users;
mod vault_keys;
mod words;

pub use access::{Access, Reader, Snapshot, Store};
pub use accounts::{ACCOUNT_SORTS, Account, AccountFilter, AccountTally, Accounts};
pub use api_tokens::{ApiToken, ApiTokens, SIGN_IN_LIFE, TOKEN_SORTS};
pub use audit::{AUDIT_SORTS, AuditChain, AuditFilter, AuditLog};
pub use audit_gate::AuditGate;
pub use audit_heads::{AuditCursor, AuditHeads, StoredHead, WitnessedHead, WitnessedSite};
pub use bundles::{Bundle, Bundles};
pub use connect::{ConnectError, InvalidStoreUrl, StoreConfig, StoreUrl};
pub use custom_roles::{CustomRole, CustomRoles, Proposal};
pub use device_certificates::{DeviceCertificate, DeviceCertificates};
pub use device_sessions::{DeviceSession, DeviceSessions};
pub use devices::{Activity, BundleHeld, DEVICE_SORTS, Device, DeviceFilter, Devices};
pub use enrolment_keys::{ENROLMENT_KEY_SORTS, EnrolmentKey, EnrolmentKeyFilter, EnrolmentKeys};
pub use error::{StoreError, Unique};
pub use escrows::{Escrow, Escrows};
pub use fence::AuditHead;
pub use gateways::{GATEWAY_SORTS, Gateway, GatewaySettings, Gateways, folded};
pub use idempotency_keys::{Claim, IdempotencyKey, IdempotencyKeys};
pub use identities::{Identities, Identity, MAX_IDENTITIES};
pub use login_sessions::{LoginSession, LoginSessions};
pub use mails::{MAIL_SORTS, Mail, Mails};
pub use nests::{MAX_INSIDE, MAX_NESTING};
pub use notifications::{NotificationMark, NotificationSettings, Notifications};
pub use offices::{OFFICE_SORTS, Office, Offices};
pub use orders::{Delivery, ORDER_SORTS, Order, OrderFilter, Orders};
pub use outbox::{Outbox, OutboxEntry, OutboxId, OutboxKind};
pub use packages::{Package, PackageLink, Packages};
pub use page::{Count, Cursor, InvalidCursor, MAX_COUNT, MAX_PAGE, Page, PageEnd, Paged, Sort};
pub use passkeys::{Passkey, Passkeys};
pub use password_policies::{POLICY_SORTS, PasswordPolicies, PasswordPolicy};
pub use pending_sign_ins::{PendingSignIn, PendingSignIns};
pub use postgres::PostgresServers;
pub use preferences::{DefaultView, Preferences, SavedView, SavedViews, UserPreferences};
pub use recovery_proofs::{RecoveryProof, RecoveryProofs};
pub use report_schedules::{ReportSchedule, ReportSchedules, SCHEDULE_SORTS};
pub use resource_groups::{
    GROUP_SORTS, GroupFilter, MAX_CRITERIA_GROUPS, ResourceGroup, ResourceGroups,
};
pub use resources::{RESOURCE_SORTS, Resource, ResourceFilter, Resources};
pub use rotation::{AccountRotation, Rotation};
pub use sealed_values::{SEALED_COLUMNS, SealedColumn, SealedCount, SealedValue, SealedValues};
pub use second_factors::{RecoveryCode, RecoveryCodes, TotpFactor, TotpFactors};
pub use secret_versions::{SecretVersion, SecretVersions};
pub use server_certificates::{ServerCertificate, ServerCertificates};
pub use shares::{MAX_GROUP_SHARES, Share, ShareFilter, Shares};
pub use sight::{Reached, Sight};
pub use sign_in_attempts::{SignInAttempts, SignInBucket};
pub use sign_in_rules::{SignInRule, SignInRules};
pub use site::{Kek, NextKek, Site, Sites};
pub use site_keys::{SiteKey, SiteKeys};
pub use stored::{Blob, Hash, Only, PasswordHash};
pub use unit_of_work::{Committed, OperationContext, UnitOfWork};
pub use upkeep::{ResourceUpkeep, Upkeep};
pub use user_groups::{MAX_GROUPS_OF_USER, UserGroup, UserGroups};
pub use user_mail::{UserMail, UserMails};
pub use users::{USER_SORTS, User, UserFilter, Users};
pub use vault_keys::{NextWrapping, VaultKey, VaultKeys};
pub use words::{DeviceSessionState, ObjectKind, PrincipalKind, SiteKeyKind, VaultKeyState};
