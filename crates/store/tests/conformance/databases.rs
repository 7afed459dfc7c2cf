//! The two databases under test.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use sekisho_model::clock::ManualClock;
use sekisho_model::event::{Actor, Event, Origin};
use sekisho_model::id::{Id, Kind};
use sekisho_model::rng::SeededRng;
use sekisho_model::{Clock, Timestamp};
use sekisho_store::{
    ConnectError, OperationContext, PostgresServers, Store, StoreConfig, StoreUrl, UnitOfWork,
};
use sqlx::{AssertSqlSafe, Connection, Row};

/// Runs a test on SQLite and on PostgreSQL. Which one failed is the name of
/// the thread in the panic's message.
pub(crate) fn on_both<F, T>(test: T)
where
    F: Future<Output = ()>,
    T: Fn(World) -> F + Send + Sync,
{
    std::thread::scope(|scope| {
        let on = |name: &str, engine: Engine| {
            let test = &test;
            let run = move || {
                block_on(async {
                    let world = World::new(engine).await;
                    test(world).await;
                });
            };
            std::thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, run)
        };
        let both = [on("on SQLite", Engine::Sqlite), on("on PostgreSQL", Engine::Postgres)];
        for thread in both {
            let done = thread.expect("a thread starts").join();
            assert!(done.is_ok(), "see above");
        }
    });
}

/// Runs a test that makes its own worlds.
pub(crate) fn block_on(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime starts")
        .block_on(test);
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// An open, empty, migrated store.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) config: StoreConfig,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) rng: Arc<SeededRng>,
    pub(crate) folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = match engine {
            Engine::Sqlite => format!("sqlite:{}", folder.path().join("store.db").display()),
            Engine::Postgres => CLUSTER.new_database().await,
        };
        Self::at(&url, folder).await
    }

    pub(crate) async fn at(url: &str, folder: tempfile::TempDir) -> Self {
        let config = StoreConfig {
            max_connections: 4,
            patience: Duration::from_secs(10),
            allow_unsafe_durability: true,
            ..StoreConfig::new(url.parse().expect("a valid address"))
        };
        let clock = Arc::new(ManualClock::new("2026-01-31T09:00:00Z".parse().expect("valid")));
        let rng = Arc::new(SeededRng::new(1));
        let store = Store::connect(&config, clock.clone(), rng.clone()).await.expect("connects");
        Self { store, config, clock, rng, folder }
    }

    /// Opens the same database once more.
    pub(crate) async fn reconnect(&self) -> Result<Store, ConnectError> {
        Store::connect(&self.config, self.clock.clone(), self.rng.clone()).await
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn id<K: Kind>(&self) -> Id<K> {
        Id::at(self.now(), self.rng.as_ref())
    }

    pub(crate) fn context(&self) -> OperationContext {
        OperationContext {
            actor: Actor::System,
            origin: Origin { request: self.id(), address: None },
            now: self.now(),
        }
    }

    pub(crate) async fn begin(&self) -> UnitOfWork {
        self.store.begin(&self.context()).await.expect("begins")
    }

    /// Commits with an event that does not matter.
    pub(crate) async fn commit(&self, mut work: UnitOfWork) {
        work.record(Event::ServerStopped {});
        let _ = work.commit().await.expect("commits");
    }

    /// Runs SQL behind the store's back.
    pub(crate) async fn execute(&self, sql: &str) {
        execute_at(&self.config.url, sql).await;
    }

    /// The first column of every row, as text, sorted.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        texts_at(&self.config.url, sql).await
    }
}

/// Runs SQL on a database that no store has opened.
pub(crate) async fn execute_at(url: &StoreUrl, sql: &str) {
    let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
    match url {
        StoreUrl::Sqlite(path) => {
            sql.execute(&mut sqlite(path).await).await.expect("runs");
        }
        StoreUrl::Postgres(servers) => {
            sql.execute(&mut postgres(servers).await).await.expect("runs");
        }
    }
}

/// The first column of every row, as text, sorted.
pub(crate) async fn texts_at(url: &StoreUrl, sql: &str) -> Vec<String> {
    let sql = AssertSqlSafe(sql.to_owned());
    let mut texts: Vec<String> = match url {
        StoreUrl::Sqlite(path) => {
            let rows = sqlx::query(sql).fetch_all(&mut sqlite(path).await).await;
            rows.expect("runs").iter().map(|row| row.get(0)).collect()
        }
        StoreUrl::Postgres(servers) => {
            let rows = sqlx::query(sql).fetch_all(&mut postgres(servers).await).await;
            rows.expect("runs").iter().map(|row| row.get(0)).collect()
        }
    };
    texts.sort();
    texts
}

async fn sqlite(path: &Path) -> sqlx::SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    sqlx::SqliteConnection::connect_with(&options).await.expect("opens")
}

async fn postgres(servers: &PostgresServers) -> sqlx::PgConnection {
    sqlx::PgConnection::connect_with(&servers.all()[0]).await.expect("connects")
}

pub(crate) static CLUSTER: LazyLock<Cluster> = LazyLock::new(Cluster::start);

/// A PostgreSQL server that lives as long as a pipe to it is open: it ends
/// with this process, however that ends.
pub(crate) struct Cluster {
    folder: PathBuf,
    child: Child,
    databases: AtomicU64,
}

/// Starts a server that listens only on a socket in its own folder, says so,
/// waits for the end of its input, stops and removes everything.
const SCRIPT: &str = r#"
set -e
folder=$(mktemp -d /tmp/sekisho-pg-XXXXXX)
cd "$folder"
"$1/initdb" -D data -U postgres --auth=trust -N -E UTF8 --locale=C.UTF-8 >log 2>&1
"$1/pg_ctl" -D data -w -l log -o "-k $folder -c listen_addresses= -c fsync=off -c max_connections=300" start >>log 2>&1
echo "$folder"
cat >/dev/null
"$1/pg_ctl" -D data -w -m immediate stop >>log 2>&1
cd /
rm -rf "$folder"
"#;

impl Cluster {
    pub(crate) fn start() -> Self {
        let programs = programs();
        let mut child = shell(SCRIPT)
            .arg(programs)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell starts");
        let mut folder = String::new();
        let output = child.stdout.as_mut().expect("is piped");
        BufReader::new(output).read_line(&mut folder).expect("readable");
        assert!(!folder.is_empty(), "PostgreSQL did not start; see /tmp/sekisho-pg-*/log");
        Self { folder: PathBuf::from(folder.trim()), child, databases: AtomicU64::new(0) }
    }

    /// A new database and its address.
    pub(crate) async fn new_database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut admin =
            sqlx::PgConnection::connect(&self.address("postgres")).await.expect("connects");
        let create = sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}")));
        create.execute(&mut admin).await.expect("creates a database");
        self.address(&name)
    }

    fn address(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.folder.display())
    }

    /// Stops the server and waits until it is gone.
    pub(crate) fn stop(mut self) {
        drop(self.child.stdin.take());
        self.child.wait().expect("it ends");
    }
}

/// A shell for a script that starts PostgreSQL, which refuses to run as root.
pub(crate) fn shell(script: &str) -> Command {
    let is_root = std::fs::metadata("/proc/self").expect("Linux").uid() == 0;
    let mut command = if is_root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    command.args(["-c", script, "sh"]).current_dir("/");
    command
}

pub(crate) fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql");
    let found = versions.into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let newest = found.filter(|bin| Path::new(&bin.join("initdb")).exists()).max();
    newest.unwrap_or_else(|| {
        panic!(
            "these tests need PostgreSQL's programs in /usr/lib/postgresql/<version>/bin; \
             install them with: apt-get install postgresql"
        )
    })
}
