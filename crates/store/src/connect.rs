//! Opening the database, and refusing one that would lose what it was told.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection};
use sekisho_model::{Clock, Rng, Timestamp};
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::access::{Reader, Store};
use crate::copy::{self, Found, Relocation};
use crate::error::StoreError;
use crate::fence::Fence;
use crate::migrations;
use crate::postgres::{self, PostgresServers};
use crate::unit_of_work::{ArcRng, CommitHooks};

/// How to reach the database.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// Where it is.
    pub url: StoreUrl,
    /// At most so many connections for reading (SQLite), or in all
    /// (PostgreSQL). SQLite has one more, for writing.
    pub max_connections: u32,
    /// How long to wait for a free connection or for SQLite's write lock
    /// before the database counts as unavailable. A single statement may take
    /// twice as long.
    pub patience: Duration,
    /// Accepts a PostgreSQL that answers before data is safe on disk. For
    /// tests only: what was acknowledged could be lost.
    pub allow_unsafe_durability: bool,
}

impl StoreConfig {
    /// The usual settings: 16 connections, 5 seconds of patience.
    pub const fn new(url: StoreUrl) -> Self {
        Self {
            url,
            max_connections: 16,
            patience: Duration::from_secs(5),
            allow_unsafe_durability: false,
        }
    }
}

/// Where the database is. Printing it never shows a password.
#[derive(Clone)]
pub enum StoreUrl {
    /// A file, made with mode 0600 if it is missing.
    Sqlite(PathBuf),
    /// A PostgreSQL server, or a primary and its standbys.
    Postgres(PostgresServers),
}

/// The text names no database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "database: {0}; write sqlite:///var/lib/sekisho/sekisho.db or \
     postgres://user:password@host/database?sslmode=verify-full"
)]
pub struct InvalidStoreUrl(String);

impl InvalidStoreUrl {
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Self(problem.into())
    }
}

impl FromStr for StoreUrl {
    type Err = InvalidStoreUrl;

    fn from_str(text: &str) -> Result<Self, InvalidStoreUrl> {
        match text.split_once(':') {
            Some(("sqlite", path)) => {
                let path = path.strip_prefix("//").unwrap_or(path);
                if path.is_empty() || path == ":memory:" || path.contains('?') {
                    return Err(InvalidStoreUrl("sqlite: needs the path of a file".to_owned()));
                }
                Ok(Self::Sqlite(PathBuf::from(path)))
            }
            Some(("postgres" | "postgresql", _)) => {
                PostgresServers::parse(text).map(Self::Postgres)
            }
            Some(_) | None => Err(InvalidStoreUrl("unknown kind of database".to_owned())),
        }
    }
}

impl std::fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(servers) => write!(f, "{servers}"),
        }
    }
}

impl std::fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// Why the store was not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// A setting of the database would lose acknowledged data.
    #[error("{setting} is '{found}', but must be {expected}: a crash would lose passwords")]
    Unsafe {
        /// The setting.
        setting: &'static str,
        /// Its value.
        found: String,
        /// What it must be.
        expected: &'static str,
    },
    /// The database has a migration that this program does not know.
    #[error(
        "the database is from a newer version of Sekisho (it has {migration}); install that \
         version, or restore a backup made before the upgrade"
    )]
    NewerDatabase {
        /// The first unknown migration.
        migration: String,
    },
    /// A migration was applied in another form than this program's.
    #[error(
        "migration {migration} was applied to the database in another form (checksum {found}, \
         this program's is {expected}); it is from a build that was never released: use that \
         build, or restore a backup made by a released version"
    )]
    ChangedMigration {
        /// The migration.
        migration: String,
        /// Its checksum in the database.
        found: String,
        /// Its checksum in this program.
        expected: String,
    },
    /// A migration is missing before one that was applied.
    #[error(
        "the database lacks {migration} but has {later}, which comes after it; it is from a build \
         that was never released: use that build, or restore a backup made by a released version"
    )]
    SkippedMigration {
        /// The one that is missing.
        migration: String,
        /// The one that was applied.
        later: String,
    },
    /// The database file cannot be made or opened.
    #[error("database file {path}: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        problem: String,
    },
    /// The site lives elsewhere now, or a copy into this database was not
    /// finished.
    #[error("{}", told(.0))]
    Relocated(Relocation),
    /// A database that is to be filled has tables of something else.
    #[error(
        "the database is not empty: its table '{table}' is none of Sekisho's; name an empty one"
    )]
    Foreign {
        /// The first such table.
        table: String,
    },
    /// A database that is to be filled has rows.
    #[error("the database is not empty: its table '{table}' has rows; name an empty one")]
    NotEmpty {
        /// The first such table.
        table: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn told(note: &Relocation) -> String {
    match note {
        Relocation::Moved { to, at } => format!(
            "the site was moved to {to} at {at}; set 'database.url' or 'database.url_file' to \
             that database"
        ),
        Relocation::Unfinished { from, at } => format!(
            "a copy from {from}, begun at {at}, was not finished; run the same `sekisho-server \
             migrate-to` again"
        ),
    }
}

impl Store {
    /// Opens the database, refuses unsafe settings and applies missing
    /// migrations.
    ///
    /// # Errors
    /// Says what is wrong and what to do.
    pub async fn connect(
        config: &StoreConfig,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Result<Self, ConnectError> {
        let store = Self::open(config, rng).await?;
        if let Some(note) = Relocation::find(&store.writer).await? {
            return Err(ConnectError::Relocated(note));
        }
        store.migrate(clock.now(), None).await?;
        Ok(store)
    }

    /// Opens a database that is to be moved; one that was moved already is no
    /// error, so that an interrupted move can be finished.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_source(
        config: &StoreConfig,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Result<Self, ConnectError> {
        let store = Self::open(config, rng).await?;
        match Relocation::find(&store.writer).await? {
            // Nothing can be written to it any more.
            Some(Relocation::Moved { .. }) => {}
            Some(note) => return Err(ConnectError::Relocated(note)),
            None => store.migrate(clock.now(), None).await?,
        }
        Ok(store)
    }

    /// Opens a database to fill it with the rows of another, and gives it the
    /// schema of the migration `newest` (`None`: this program's).
    ///
    /// # Errors
    /// When it holds anything else, or cannot be opened.
    pub async fn connect_target(
        config: &StoreConfig,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
        newest: Option<&str>,
    ) -> Result<(Self, Found), ConnectError> {
        let store = Self::open(config, rng).await?;
        let found = copy::examine(&store.writer).await?;
        store.migrate(clock.now(), newest).await?;
        Ok((store, found))
    }

    async fn open(config: &StoreConfig, rng: Arc<dyn Rng>) -> Result<Self, ConnectError> {
        let (writer, reader, file, watch) = match &config.url {
            StoreUrl::Sqlite(path) => {
                let (writer, reader) = sqlite(path, config).await?;
                (writer, reader, Some(FileIdentity::of(path)?), None)
            }
            StoreUrl::Postgres(servers) => {
                let (pool, watch) = postgres::connect(servers, config).await?;
                if !config.allow_unsafe_durability {
                    expect_durable(&pool).await?;
                }
                (pool.clone(), pool, None, Some(watch))
            }
        };
        Ok(Self {
            writer,
            reader: Reader { db: reader, limit: config.patience * 2 },
            file,
            _watch: watch,
            fence: Arc::new(Fence::default()),
            chain: Arc::new(OnceLock::new()),
            hooks: CommitHooks::default(),
            rng: ArcRng(rng),
        })
    }

    async fn migrate(&self, now: Timestamp, newest: Option<&str>) -> Result<(), ConnectError> {
        for applied in migrations::migrate(&self.writer, now, newest).await? {
            tracing::info!(migration = applied, "database migrated");
        }
        Ok(())
    }
}

#[cfg(feature = "simulation")]
impl Store {
    /// A store on a connection that somebody else made, for a simulator that
    /// answers statements itself. Applies missing migrations; what the
    /// connection promises about durability is its maker's business.
    ///
    /// # Errors
    /// When the database is newer than this program, or fails.
    pub async fn on(
        connection: DatabaseConnection,
        clock: &dyn Clock,
        rng: Arc<dyn Rng>,
    ) -> Result<Self, ConnectError> {
        let limit = Duration::from_secs(10);
        let store = Self {
            writer: connection.clone(),
            reader: Reader { db: connection, limit },
            file: None,
            _watch: None,
            fence: Arc::new(Fence::default()),
            chain: Arc::new(OnceLock::new()),
            hooks: CommitHooks::default(),
            rng: ArcRng(rng),
        };
        store.migrate(clock.now(), None).await?;
        Ok(store)
    }
}

/// Statements that SQLite's one writer keeps prepared, at most: more than there
/// are.
const STATEMENTS: usize = 512;

async fn sqlite(
    path: &Path,
    config: &StoreConfig,
) -> Result<(DatabaseConnection, DatabaseConnection), ConnectError> {
    create_private(path)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(config.patience);
    // A file does not hang up: nothing is asked of a connection before its use.
    let pool = || {
        let options = without_reaper(SqlitePoolOptions::new()).test_before_acquire(false);
        options.acquire_timeout(config.patience)
    };
    // The write-ahead log exists once the writer has connected.
    // All changes go over it; none is prepared twice.
    let remembering = options.clone().statement_cache_capacity(STATEMENTS);
    let writer = pool().max_connections(1).connect_with(remembering).await;
    let writer = DatabaseConnection::from(writer.map_err(StoreError::from)?);
    expect_pragma(&writer, "journal_mode", "wal").await?;
    expect_pragma(&writer, "synchronous", "2").await?;
    expect_pragma(&writer, "foreign_keys", "1").await?;
    let reader = pool()
        .max_connections(config.max_connections.max(1))
        .connect_with(options.pragma("query_only", "ON"))
        .await;
    let reader = DatabaseConnection::from(reader.map_err(StoreError::from)?);
    expect_pragma(&reader, "query_only", "1").await?;
    Ok((writer, reader))
}

/// Without the pool's own task that closes idle connections. Its count of them
/// may fall below zero when a connection comes back while it looks (sqlx 0.9.0,
/// issue 3645); it then turns in one poll for ever, most often right after the
/// start, and holds up whatever waits for the same thread.
pub(crate) fn without_reaper<DB: sqlx::Database>(options: PoolOptions<DB>) -> PoolOptions<DB> {
    options.idle_timeout(None).max_lifetime(None)
}

/// SQLite gives its log files the mode of the database file.
fn create_private(path: &Path) -> Result<(), ConnectError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(ConnectError::File { path: path.to_owned(), problem: error.to_string() }),
    }
}

async fn expect_pragma(
    db: &DatabaseConnection,
    setting: &'static str,
    expected: &'static str,
) -> Result<(), ConnectError> {
    let row = ask(db, &format!("PRAGMA {setting}")).await?;
    // A PRAGMA answers with text or with a number.
    let found = row
        .try_get_by_index::<String>(0)
        .or_else(|_| row.try_get_by_index::<i64>(0).map(|number| number.to_string()))
        .map_err(StoreError::from)?;
    if found == expected { Ok(()) } else { Err(ConnectError::Unsafe { setting, found, expected }) }
}

async fn expect_durable(db: &DatabaseConnection) -> Result<(), ConnectError> {
    let commit = show(db, "synchronous_commit").await?;
    let fsync = show(db, "fsync").await?;
    if !matches!(commit.as_str(), "on" | "local" | "remote_write" | "remote_apply") {
        let setting = "synchronous_commit";
        return Err(ConnectError::Unsafe { setting, found: commit, expected: "on" });
    }
    if fsync != "on" {
        return Err(ConnectError::Unsafe { setting: "fsync", found: fsync, expected: "on" });
    }
    Ok(())
}

async fn show(db: &DatabaseConnection, setting: &str) -> Result<String, StoreError> {
    Ok(ask(db, &format!("SHOW {setting}")).await?.try_get_by_index(0)?)
}

async fn ask(db: &DatabaseConnection, sql: &str) -> Result<sea_orm::QueryResult, StoreError> {
    let statement = sea_orm::Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await?;
    row.ok_or_else(|| StoreError::internal(format_args!("no answer to {sql}")))
}

/// The file that was opened. A database whose file was removed or replaced
/// would go on writing into nowhere.
#[derive(Clone, Debug)]
pub(crate) struct FileIdentity {
    path: PathBuf,
    #[cfg(unix)]
    identity: (u64, u64),
}

impl FileIdentity {
    fn of(path: &Path) -> Result<Self, ConnectError> {
        let file = |error: std::io::Error| ConnectError::File {
            path: path.to_owned(),
            problem: error.to_string(),
        };
        #[cfg(unix)]
        let identity = identity(path).map_err(file)?;
        #[cfg(not(unix))]
        std::fs::metadata(path).map_err(file)?;
        Ok(Self {
            path: path.to_owned(),
            #[cfg(unix)]
            identity,
        })
    }

    /// Whether the path still names the file that was opened.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        #[cfg(unix)]
        if identity(&self.path).ok() != Some(self.identity) {
            return Err(StoreError::unavailable(format_args!(
                "the database file {} was removed or replaced; restart the server",
                self.path.display()
            )));
        }
        Ok(())
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> std::io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let found = std::fs::metadata(path)?;
    Ok((found.dev(), found.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::clock::ManualClock;
    use sekisho_model::rng::SeededRng;

    #[test]
    fn no_task_of_the_pool_looks_for_idle_connections() {
        let options = without_reaper(SqlitePoolOptions::new());
        assert_eq!((options.get_idle_timeout(), options.get_max_lifetime()), (None, None));
    }

    #[tokio::test]
    async fn readers_of_sqlite_cannot_write() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = StoreConfig::new(StoreUrl::Sqlite(folder.path().join("store.db")));
        let clock = Arc::new(ManualClock::new(sekisho_model::Timestamp::EPOCH));
        let store = Store::connect(&config, clock, Arc::new(SeededRng::new(1))).await;
        let reader = store.expect("connects").reader;
        let refused = reader.db.execute_unprepared("DELETE FROM users").await;
        let error = refused.expect_err("readers only read").to_string();
        assert!(error.contains("readonly"), "{error}");
    }
}
