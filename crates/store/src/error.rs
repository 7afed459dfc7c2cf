//! What can go wrong, by what the caller can do about it.

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};

use crate::copy::REFUSAL;
use crate::migrations;
use crate::page::InvalidCursor;

/// A failed operation on the store.
///
/// After a failed statement a [`UnitOfWork`](crate::UnitOfWork) is spent and
/// its commit is refused. Drop it, which rolls back, and begin a new one.
/// ([`Stale`](Self::Stale) is an answer, not a failed statement.)
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is locked, full or shutting down.
    /// Nothing is half-done; the same request may succeed later (503).
    #[error("the database is unavailable: {reason}")]
    Unavailable {
        /// What the database or the system said.
        reason: String,
    },
    /// The database was asked to commit and did not say that it has: the
    /// change may have been done, whole, or not at all (503).
    #[error("the database did not confirm the change, which may or may not be done: {reason}")]
    Undecided {
        /// What the database or the system said.
        reason: String,
    },
    /// The database knows less than this server has seen it know: a former
    /// primary, or an old copy. Nothing is stored (503); see
    /// [`Store::begin_past_fence`](crate::Store::begin_past_fence).
    #[error(
        "the database holds older data than before: its audit log ends at line {found} and lacks \
         line {known} as this server wrote it"
    )]
    Behind {
        /// The place of the last line this server knows.
        known: u64,
        /// The place of the last line in the database.
        found: u64,
    },
    /// Something that must be unique exists already (409).
    #[error("{what}")]
    Conflict {
        /// Which rule was broken.
        what: Unique,
    },
    /// A row refers to one that does not exist, or something still refers to
    /// the row that was to be deleted (409).
    #[error("another row of {table} still refers to it, or it refers to a row that is gone")]
    Referenced {
        /// The table the database named, if it named one.
        table: String,
    },
    /// The row has changed since it was read, or is gone: read it again (409).
    #[error("the row in {table} was changed by somebody else; read it again")]
    Stale {
        /// The table.
        table: &'static str,
    },
    /// The cursor belongs to another list or was made up (400).
    #[error(transparent)]
    InvalidCursor(#[from] InvalidCursor),
    /// A unit of work was committed without an audit event (INV-4): a bug.
    #[error("a change must record its audit event; nothing was stored")]
    Unaudited,
    /// The audit log could not be written, so nothing was stored (503).
    #[error("the audit log cannot be written: {reason}")]
    NotRecorded {
        /// What the database said.
        reason: String,
    },
    /// A witness that the operator requires has not seen the audit log for too
    /// long, and this change is one that waits for it; nothing was stored (503).
    #[error("{reason}")]
    Held {
        /// Which witness, and since when.
        reason: String,
    },
    /// A statement of this unit of work had failed before; nothing was
    /// stored. A bug: the earlier error was swallowed.
    #[error("an earlier statement failed; nothing was stored")]
    Spent,
    /// A stored value is one that this program never writes.
    #[error("table {table}, column {column}, row {key}: '{found}' is not a possible value")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The primary key of the row.
        key: String,
        /// What was found, shortened.
        found: String,
    },
    /// A bug, or a database that somebody changed.
    #[error("unexpected answer from the database: {detail}")]
    Internal {
        /// What the database said; never a bound value.
        detail: String,
    },
}

/// The rules of uniqueness that the database keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unique {
    /// The primary key; for generated ids a bug.
    Key,
    /// User names.
    LoginName,
    /// Hashes of session and API tokens.
    Token,
    /// At most one authenticator app of a user counts.
    SecondFactor,
    /// Subjects of one issuer.
    Identity,
    /// Ids by which authenticators know passkeys.
    Passkey,
    /// Names of the saved views of one owner and page.
    ViewName,
    /// Names of password policies.
    PolicyName,
    /// At most one policy is the default.
    DefaultPolicy,
    /// Names of the resource groups of one owner.
    GroupName,
    /// Names of user groups.
    UserGroupName,
    /// One share of an object with one person or group.
    Share,
    /// Names of custom roles.
    RoleName,
    /// Names of the present accounts of one resource.
    AccountName,
    /// Numbers of the secret versions of one account.
    VersionNumber,
    /// At most one current secret version per account.
    CurrentVersion,
    /// At most one reset that is not finished per account (RST-3).
    OpenReset,
    /// Identity keys of devices.
    DeviceIdentity,
    /// At most one live session per device.
    LiveSession,
    /// File names of packages.
    PackageFile,
    /// Names of the gateways that count.
    GatewayName,
    /// Keys of the gateways that count.
    GatewayKey,
    /// Names of offices.
    OfficeName,
    /// At most one active vault key.
    ActiveVaultKey,
}

impl std::fmt::Display for Unique {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Key => "this row exists already",
            Self::LoginName => "another user has this name",
            Self::Token => "this token exists already",
            Self::SecondFactor => "another authenticator app was set up at the same time",
            Self::Identity => "another user is linked to this identity",
            Self::Passkey => "this authenticator is registered already",
            Self::ViewName => "you have another view of this name for this page",
            Self::PolicyName => "another password policy has this name",
            Self::DefaultPolicy => "another password policy is the default",
            Self::GroupName => "another resource group of this owner has this name",
            Self::UserGroupName => "another user group has this name",
            Self::Share => "it is shared with them already; change that share",
            Self::RoleName => "another role has this name",
            Self::AccountName => "the resource has another account of this name",
            Self::VersionNumber => "this version number is taken",
            Self::CurrentVersion => "the account has another current password",
            Self::OpenReset => "a reset of this account is not finished yet",
            Self::DeviceIdentity => "another device has this identity key",
            Self::LiveSession => "the device has another live session",
            Self::PackageFile => "there is a package of this file name already",
            Self::GatewayName => "another gateway has this name",
            Self::GatewayKey => "a gateway with this key is paired already",
            Self::OfficeName => "another office has this name",
            Self::ActiveVaultKey => "another vault key is active",
        })
    }
}

impl StoreError {
    pub(crate) fn unavailable(reason: impl std::fmt::Display) -> Self {
        Self::Unavailable { reason: reason.to_string() }
    }

    /// The error of a COMMIT that was sent.
    pub(crate) fn of_commit(error: DbErr) -> Self {
        let decided = match &error {
            DbErr::Conn(RuntimeErr::SqlxError(inner))
            | DbErr::Exec(RuntimeErr::SqlxError(inner))
            | DbErr::Query(RuntimeErr::SqlxError(inner)) => says_no(inner),
            _ => false,
        };
        match error.into() {
            Self::Unavailable { reason } if !decided => Self::Undecided { reason },
            other => other,
        }
    }

    /// The error of writing audit lines.
    pub(crate) fn not_recorded(self) -> Self {
        match self {
            Self::Unavailable { .. } | Self::Undecided { .. } | Self::Behind { .. } => self,
            other => Self::NotRecorded { reason: other.to_string() },
        }
    }

    pub(crate) fn internal(detail: impl std::fmt::Display) -> Self {
        Self::Internal { detail: detail.to_string() }
    }

    pub(crate) fn corrupt(
        table: &'static str,
        column: &'static str,
        key: &impl std::fmt::Debug,
        found: String,
    ) -> Self {
        let found = found.chars().take(64).collect();
        Self::Corrupt { table, column, key: format!("{key:?}"), found }
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match &error {
            DbErr::ConnectionAcquire(
                ConnAcquireErr::Timeout | ConnAcquireErr::ConnectionClosed,
            ) => Self::unavailable(&error),
            DbErr::Conn(RuntimeErr::SqlxError(inner))
            | DbErr::Exec(RuntimeErr::SqlxError(inner))
            | DbErr::Query(RuntimeErr::SqlxError(inner)) => from_sqlx(inner),
            _ => Self::internal(&error),
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        from_sqlx(&error)
    }
}

fn from_sqlx(error: &sqlx::Error) -> StoreError {
    use sqlx::Error as E;
    match error {
        E::Database(database) => from_database(database.as_ref()),
        E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => {
            StoreError::unavailable(error)
        }
        _ => StoreError::internal(error),
    }
}

/// Whether the database itself refused a COMMIT: then nothing is stored. One
/// that is shut down, or whose disk failed, may have stored it before.
fn says_no(error: &sqlx::Error) -> bool {
    const SQLITE_IOERR: u32 = 10;
    let sqlx::Error::Database(error) = error else { return false };
    let code = error.code().unwrap_or_default();
    if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
        return !matches!(code.get(..2), Some("08" | "57" | "58"));
    }
    code.parse::<u32>().unwrap_or(0) & 0xff != SQLITE_IOERR
}

fn from_database(error: &dyn sqlx::error::DatabaseError) -> StoreError {
    let code = error.code().unwrap_or_default();
    if let Some(postgres) = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        return match code.as_ref() {
            "23505" => unique(postgres.constraint(), postgres.table(), error.message()),
            "23503" | "23001" => {
                StoreError::Referenced { table: postgres.table().unwrap_or_default().to_owned() }
            }
            // Connection exceptions, resources, operator intervention,
            // serialisation failures and deadlocks, lock time-out, a standby.
            code if matches!(code.get(..2), Some("08" | "53" | "57" | "58"))
                || matches!(code, "40001" | "40P01" | "55P03" | "25P03" | "25006") =>
            {
                StoreError::unavailable(error)
            }
            code => StoreError::internal(format_args!("{} (SQLSTATE {code})", error.message())),
        };
    }
    let extended: u32 = code.parse().unwrap_or(0);
    match (extended, extended & 0xff) {
        (1555 | 2067, _) => unique(None, None, error.message()),
        (1811, _) if error.message().starts_with(REFUSAL) => {
            StoreError::unavailable(error.message())
        }
        // RESTRICT is reported like a trigger's refusal; there are no others.
        (787 | 1811, _) => StoreError::Referenced { table: String::new() },
        // BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL.
        (_, 5 | 6 | 7 | 8 | 10 | 13 | 14 | 15) => StoreError::unavailable(error),
        _ => StoreError::internal(format_args!("{} (SQLite {extended})", error.message())),
    }
}

/// Finds the rule: PostgreSQL names the index, SQLite names the columns as
/// `UNIQUE constraint failed: accounts.resource, accounts.name`.
fn unique(constraint: Option<&str>, table: Option<&str>, message: &str) -> StoreError {
    let columns = message.rsplit(": ").next().unwrap_or_default();
    for found in migrations::tables() {
        let by_key = found.key.iter().map(|column| format!("{}.{column}", found.name));
        let is_key = table == Some(found.name)
            && constraint.is_some_and(|name| name == format!("{}_pkey", found.name));
        if is_key || (constraint.is_none() && columns == by_key.collect::<Vec<_>>().join(", ")) {
            return StoreError::Conflict { what: Unique::Key };
        }
    }
    for (table, index) in migrations::indexes() {
        let by_name = constraint == Some(index.name);
        let spelt: Vec<_> =
            index.columns.iter().map(|column| format!("{table}.{column}")).collect();
        if let Some(what) = index.unique
            && (by_name || (constraint.is_none() && columns == spelt.join(", ")))
        {
            return StoreError::Conflict { what };
        }
    }
    StoreError::internal(format_args!("an unknown rule of uniqueness: {message}"))
}
