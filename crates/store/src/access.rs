//! The two ways to the repositories: reading and changing.

use std::sync::{Arc, OnceLock};

use sea_orm::{ConnectionTrait, DatabaseConnection};
use sekisho_model::id::AuditChainId;

use crate::connect::FileIdentity;
use crate::error::StoreError;
use crate::link::Link;
use crate::unit_of_work::{ArcRng, OperationContext, UnitOfWork};
use crate::{
    Accounts, ApiTokens, AuditLog, Bundles, DeviceCertificates, DeviceSessions, Devices,
    EnrolmentKeys, Escrows, IdempotencyKeys, LoginSessions, Orders, Outbox, PasswordPolicies,
    Resources, SecretVersions, SignInAttempts, SiteKeys, Sites, Users, VaultKeys,
};

/// An open database. Cloning it is cheap and shares the connections.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) writer: DatabaseConnection,
    pub(crate) reader: Reader,
    pub(crate) file: Option<FileIdentity>,
    pub(crate) chain: Arc<OnceLock<AuditChainId>>,
    pub(crate) rng: ArcRng,
}

impl Store {
    /// Reads without a transaction: each query sees the newest commit.
    pub fn read(&self) -> &Reader {
        &self.reader
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
        UnitOfWork::begin(&self.writer, context.clone(), self.chain.clone(), self.rng.clone()).await
    }

    /// Asks the database whether it answers, for health checks.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        if let Some(file) = &self.file {
            file.check()?;
        }
        self.reader.db.execute_unprepared("SELECT 1").await?;
        Ok(())
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
}

impl sealed::Connected for Reader {
    fn db(&self) -> Link<'_> {
        Link::Pool(&self.db)
    }
}

impl Access for Reader {}

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
        /// What a [`Reader`] and a [`UnitOfWork`] have in common: the
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
    /// The site's signing, opening and CA keys.
    site_keys: SiteKeys,
    /// Trust bundles.
    bundles: Bundles,
    /// People.
    users: Users,
    /// Signed-in browsers and command lines.
    login_sessions: LoginSessions,
    /// Keys to the REST API.
    api_tokens: ApiTokens,
    /// Counters against guessing.
    sign_in_attempts: SignInAttempts,
    /// Rules for generated passwords.
    password_policies: PasswordPolicies,
    /// Machines.
    resources: Resources,
    /// Privileged accounts.
    accounts: Accounts,
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
    /// What devices hold in escrow.
    escrows: Escrows,
    /// The audit log.
    audit: AuditLog,
    /// Answers to requests that may come again.
    idempotency_keys: IdempotencyKeys,
    /// Things to do after a commit.
    outbox: Outbox,
}
