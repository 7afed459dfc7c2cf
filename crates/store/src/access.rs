//! The two ways to the repositories: reading and changing.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, IsolationLevel, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
};
use sekisho_model::audit::LineHash;
use sekisho_model::event::{Actor, Event};
use sekisho_model::id::AuditChainId;
use tokio::sync::watch;

use crate::connect::FileIdentity;
use crate::copy::Rows;
use crate::error::StoreError;
use crate::fence::{AuditHead, Check, Fence};
use crate::link::{Link, Transaction};
use crate::postgres::Watch;
use crate::unit_of_work::{ArcRng, CommitHooks, OperationContext, UnitOfWork};
use crate::{
    Accounts, ApiTokens, AuditGate, AuditHeads, AuditLog, Bundles, CustomRoles, DeviceCertificates,
    DeviceSessions, Devices, EnrolmentKeys, Escrows, Gateways, IdempotencyKeys, Identities,
    LoginSessions, Mails, Notifications, Offices, Orders, Outbox, Packages, Passkeys,
    PasswordPolicies, PendingSignIns, RecoveryCodes, RecoveryProofs, ReportSchedules,
    ResourceGroups, Resources, Rotation, SavedViews, SealedValues, SecretVersions,
    ServerCertificates, Shares, SignInAttempts, SignInRules, SiteKeys, Sites, TotpFactors, Upkeep,
    UserGroups, UserMails, UserPreferences, Users, VaultKeys,
};

/// An open database. Cloning it is cheap and shares the connections.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) writer: DatabaseConnection,
    pub(crate) reader: Reader,
    pub(crate) file: Option<FileIdentity>,
    pub(crate) _watch: Option<Watch>,
    pub(crate) fence: Arc<Fence>,
    pub(crate) chain: Arc<OnceLock<AuditChainId>>,
    pub(crate) hooks: CommitHooks,
    pub(crate) rng: ArcRng,
}

impl Store {
    /// Reads without a transaction: each query sees the newest commit.
    pub fn read(&self) -> &Reader {
        &self.reader
    }

    /// Reads in one transaction: every query sees the same moment, whatever
    /// others change meanwhile. Do not keep it for long: the database keeps
    /// everything that was changed since.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database cannot be reached.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let (isolation_level, access_mode) = match self.reader.db.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                (Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly))
            }
            _ => (None, None),
        };
        let options = TransactionOptions {
            isolation_level,
            access_mode,
            sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
        };
        let limit = self.reader.limit;
        let begun = crate::link::within(limit, self.reader.db.begin_with_options(options)).await?;
        let snapshot = Snapshot { tx: Transaction::new(begun, limit) };
        // The first query fixes the moment.
        snapshot.site().find().await?;
        Ok(snapshot)
    }

    /// Begins a change. On SQLite this waits for the one writer; do nothing
    /// slow (hashing, network) while holding a unit of work, never hold two,
    /// and read through it instead of through [`read`](Self::read).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database cannot be reached or the
    /// write lock is not free in time.
    pub async fn begin(&self, context: &OperationContext) -> Result<UnitOfWork, StoreError> {
        if let Some(file) = &self.file {
            file.check()?;
        }
        UnitOfWork::begin(self, context.clone(), false).await
    }

    /// [`begin`](Self::begin) for the change that takes a database as it is
    /// although it knows less than this server has seen: sending the site into
    /// recovery. Its commit makes the head of the chain it finds the known one.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub async fn begin_past_fence(
        &self,
        context: &OperationContext,
    ) -> Result<UnitOfWork, StoreError> {
        UnitOfWork::begin(self, context.clone(), true).await
    }

    /// The last line of this node's audit chain that is certainly committed;
    /// `None` before the first commit.
    pub fn audit_head(&self) -> Option<AuditHead> {
        self.fence.known()
    }

    /// Remembers a line that this server has seen committed before it was
    /// started, so that a database without it is noticed.
    pub fn expect_audit_head(&self, head: AuditHead) {
        self.fence.advance(head);
    }

    /// The known and the found place, once the database was found to know less
    /// than this server has seen; until a commit after
    /// [`begin_past_fence`](Self::begin_past_fence).
    pub fn behind(&self) -> Option<(u64, u64)> {
        self.fence.found_behind()
    }

    /// Looks whether the last known line is in the database.
    ///
    /// # Errors
    /// [`StoreError::Behind`] when it is not; otherwise when the database
    /// fails.
    pub async fn check_audit_head(&self) -> Result<(), StoreError> {
        let Some(known) = self.fence.known() else { return Ok(()) };
        let Some(chain) = self.reader.audit().chain(known.chain).await? else {
            return Ok(());
        };
        let hash = LineHash(chain.head_hash.0);
        let found = AuditHead { chain: chain.id, seq: chain.head_seq, hash };
        match self.fence.check(Some(known), found)? {
            Check::Fits => Ok(()),
            Check::Find(line) => {
                let found =
                    crate::audit::is_in_chain(&sealed::Connected::db(&self.reader), line).await?;
                if found { Ok(()) } else { Err(self.fence.fail(line, chain.head_seq)) }
            }
        }
    }

    /// What stops changes while a required witness is missing.
    pub fn gate(&self) -> &AuditGate {
        &self.hooks.gate
    }

    /// Tells, after each commit through this store, the number of the newest
    /// line of its audit chain; 0 before the first.
    pub fn appended(&self) -> watch::Receiver<u64> {
        self.hooks.appended.subscribe()
    }

    /// Calls `observe` after each commit through this store that recorded
    /// events, with these and their actors, in the order of the commits as far
    /// as they did not happen at once. It must be quick and must not wait: it
    /// runs before whoever committed goes on. The last one that was set is
    /// called.
    pub fn observe(&self, observe: impl Fn(&[(Actor, Event)]) + Send + Sync + 'static) {
        self.hooks.observer.set(observe);
    }

    /// Asks the database whether it answers, for health checks.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        if let Some(file) = &self.file {
            file.check()?;
        }
        sealed::Connected::db(&self.reader).execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Whether commits of this server wait for a synchronous standby, seen from
    /// one that has waited for five seconds. Not seen before somebody has written
    /// something. Never so with SQLite.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn waits_for_standby(&self) -> Result<bool, StoreError> {
        let db = sealed::Connected::db(&self.reader);
        if db.get_database_backend() != sea_orm::DbBackend::Postgres {
            return Ok(false);
        }
        // Everybody may see what sessions of their own wait for; the state of the
        // standbys needs rights that the server has no use for. The wait goes on in
        // the database when the one who asked has given up.
        let question = "SELECT EXISTS (SELECT FROM pg_stat_activity \
                        WHERE usename = current_user AND datname = current_database() \
                        AND wait_event = 'SyncRep' \
                        AND query_start < clock_timestamp() - interval '5 seconds') AS waits";
        let question = Statement::from_string(sea_orm::DbBackend::Postgres, question);
        let answer = db.query_one_raw(question).await?;
        match answer {
            Some(row) => Ok(row.try_get("", "waits")?),
            None => Err(StoreError::internal("no answer about what commits wait for")),
        }
    }

    /// Waits for the connections to finish and closes them.
    ///
    /// # Errors
    /// When the database reports a problem while closing.
    pub async fn close(self) -> Result<(), StoreError> {
        self.reader.db.close().await?;
        Ok(self.writer.close().await?)
    }
}

/// Reading access, outside any transaction.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(crate) db: DatabaseConnection,
    /// How long a statement may take.
    pub(crate) limit: Duration,
}

impl sealed::Connected for Reader {
    fn db(&self) -> Link<'_> {
        Link::Pool(&self.db, self.limit)
    }
}

impl Access for Reader {}

/// Reading access to one moment.
#[derive(Debug)]
pub struct Snapshot {
    tx: Transaction,
}

impl sealed::Connected for Snapshot {
    fn db(&self) -> Link<'_> {
        Link::Transaction(&self.tx)
    }
}

impl Access for Snapshot {}

pub(crate) mod sealed {
    use crate::link::Link;

    /// Only this crate decides what a connection is.
    pub trait Connected: Sync {
        /// The connection or transaction.
        #[doc(hidden)]
        fn db(&self) -> Link<'_>;
    }
}

macro_rules! repositories {
    ($($(#[$doc:meta])* $name:ident: $repository:ident,)*) => {
        /// What a [`Reader`], a [`Snapshot`] and a [`UnitOfWork`] have in common: the
        /// repositories. Only those of a unit of work have methods that write.
        pub trait Access: sealed::Connected + Sized {
            $($(#[$doc])* fn $name(&self) -> $repository<'_, Self> {
                $repository { at: self }
            })*
        }
    };
}

repositories! {
    /// The site and its master key's metadata.
    site: Sites,
    /// Wrapped vault keys.
    vault_keys: VaultKeys,
    /// Everything the vault has sealed.
    sealed_values: SealedValues,
    /// The site's signing, opening and CA keys.
    site_keys: SiteKeys,
    /// Proofs that somebody holds the recovery key.
    recovery_proofs: RecoveryProofs,
    /// The certificate that browsers and the command line see.
    server_certificates: ServerCertificates,
    /// Trust bundles.
    bundles: Bundles,
    /// People.
    users: Users,
    /// Signed-in browsers and command lines.
    login_sessions: LoginSessions,
    /// Sign-ins that wait for their second factor.
    pending_sign_ins: PendingSignIns,
    /// Authenticator apps.
    totp_factors: TotpFactors,
    /// Codes that stand in for a lost second factor.
    recovery_codes: RecoveryCodes,
    /// Keys of authenticators.
    passkeys: Passkeys,
    /// Whom OpenID providers know as which user.
    identities: Identities,
    /// What each role needs to sign in.
    sign_in_rules: SignInRules,
    /// How people like the console.
    preferences: UserPreferences,
    /// Saved views of lists.
    saved_views: SavedViews,
    /// Keys to the REST API.
    api_tokens: ApiTokens,
    /// Counters against guessing.
    sign_in_attempts: SignInAttempts,
    /// Rules for generated passwords.
    password_policies: PasswordPolicies,
    /// Machines.
    resources: Resources,
    /// Groups of machines.
    resource_groups: ResourceGroups,
    /// Groups of people.
    user_groups: UserGroups,
    /// What is shared with whom.
    shares: Shares,
    /// Roles made of named permissions.
    custom_roles: CustomRoles,
    /// Privileged accounts.
    accounts: Accounts,
    /// How passwords age.
    rotation: Rotation,
    /// When accounts were last listed.
    upkeep: Upkeep,
    /// The values passwords have had.
    secret_versions: SecretVersions,
    /// Orders for agents.
    orders: Orders,
    /// Enrolled endpoints.
    devices: Devices,
    /// Protocol sessions.
    device_sessions: DeviceSessions,
    /// Certificates of devices.
    device_certificates: DeviceCertificates,
    /// Keys that admit devices.
    enrolment_keys: EnrolmentKeys,
    /// Gateways in front of the agent plane.
    gateways: Gateways,
    /// Networks that many devices share few addresses of.
    offices: Offices,
    /// Packages of the agent, and links to them.
    packages: Packages,
    /// What people have read of their tasks.
    notifications: Notifications,
    /// Mail that is to be sent.
    mails: Mails,
    /// Whether and where people get mail.
    user_mail: UserMails,
    /// Reports that are sent again and again.
    report_schedules: ReportSchedules,
    /// What devices hold in escrow.
    escrows: Escrows,
    /// The audit log.
    audit: AuditLog,
    /// Signed heads of audit chains, and who has received them.
    audit_heads: AuditHeads,
    /// Answers to requests that may come again.
    idempotency_keys: IdempotencyKeys,
    /// Things to do after a commit.
    outbox: Outbox,
    /// Rows as they are, for copies of the whole database.
    rows: Rows,
}
