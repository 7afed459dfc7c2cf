//! PostgreSQL, reached through a relay that hangs up on the server.
//!
//! The cluster is a throw-away one. The server dies with its connections in
//! the middle of whatever it did: before a message reaches PostgreSQL, or after
//! PostgreSQL has done what it says and before the server hears of it.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use rusqlite::types::ValueRef;
use sekisho_model::clock::ManualClock;
use sekisho_model::rng::SeededRng;
use sekisho_store::{Store, StoreConfig};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::power::Power;
use crate::site::Site;

/// Where PostgreSQL's clients look in a folder.
const SOCKET: &str = ".s.PGSQL.5432";

/// A cluster, a database with a copy of each stage, and the relay before it.
pub(crate) struct Postgres {
    admin: PgConnection,
    tables: Vec<String>,
    /// Which server lives; those before it have no connections any more.
    lives: watch::Sender<u64>,
    relay_folder: tempfile::TempDir,
    _relay: JoinSet<()>,
    // Last, so that it is stopped last.
    _cluster: Cluster,
}

impl Postgres {
    pub(crate) async fn new(site: &Site, power: &Power) -> Self {
        let cluster = Cluster::start();
        let direct = address("postgres", &cluster.folder);
        let mut first = PgConnection::connect(&direct).await.expect("PostgreSQL answers");
        run(&mut first, "CREATE DATABASE sim").await;
        let direct = address("sim", &cluster.folder);
        migrate(&direct).await;
        let mut admin = PgConnection::connect(&direct).await.expect("PostgreSQL answers");
        // Rows are put in the place of others as a whole.
        run(&mut admin, "SET session_replication_role = replica").await;
        let tables = tables(&mut admin).await;
        for schema in ["backup".to_owned()].into_iter().chain((0..site.stages.len()).map(stage)) {
            let mut sql = format!("CREATE SCHEMA {schema};");
            for table in &tables {
                write!(sql, "CREATE TABLE {schema}.{table} (LIKE public.{table});")
                    .expect("a string grows");
            }
            run(&mut admin, &sql).await;
        }
        for (number, at) in site.stages.iter().enumerate() {
            let sql = rows(&at.image, &stage(number), &tables);
            run(&mut admin, &sql).await;
        }
        let relay_folder = tempfile::tempdir().expect("a folder");
        let (lives, watch) = watch::channel(0);
        let listener = UnixListener::bind(relay_folder.path().join(SOCKET)).expect("a socket");
        let mut relay = JoinSet::new();
        relay.spawn(accept(listener, cluster.folder.join(SOCKET), power.clone(), watch));
        Self { admin, tables, lives, relay_folder, _relay: relay, _cluster: cluster }
    }

    /// How the server reaches it.
    pub(crate) fn config(&self) -> StoreConfig {
        let url = address("sim", self.relay_folder.path());
        StoreConfig {
            max_connections: 3,
            // What dies here is the server, not PostgreSQL or its disk.
            allow_unsafe_durability: true,
            ..StoreConfig::new(url.parse().expect("an address"))
        }
    }

    /// Every connection of the server that lived ends.
    pub(crate) fn hang_up(&self) {
        self.lives.send_modify(|life| *life += 1);
    }

    pub(crate) async fn reset(&mut self, number: usize) {
        self.hang_up();
        self.copy(&stage(number), "public").await;
    }

    pub(crate) async fn backup(&mut self) {
        self.copy("public", "backup").await;
    }

    pub(crate) async fn restore(&mut self) {
        self.copy("backup", "public").await;
    }

    async fn copy(&mut self, from: &str, to: &str) {
        let mut sql = String::from("BEGIN;");
        for table in &self.tables {
            write!(
                sql,
                "DELETE FROM {to}.{table}; INSERT INTO {to}.{table} SELECT * FROM {from}.{table};"
            )
            .expect("a string grows");
        }
        sql.push_str("COMMIT;");
        run(&mut self.admin, &sql).await;
    }
}

fn stage(number: usize) -> String {
    format!("stage{number}")
}

fn address(database: &str, folder: &Path) -> String {
    format!("postgres://postgres@localhost/{database}?host={}&sslmode=disable", folder.display())
}

async fn run(connection: &mut PgConnection, sql: &str) {
    let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
    sql.execute(connection).await.expect("a statement of ours");
}

async fn migrate(address: &str) {
    let config = StoreConfig {
        max_connections: 1,
        allow_unsafe_durability: true,
        ..StoreConfig::new(address.parse().expect("an address"))
    };
    let clock = Arc::new(ManualClock::new(sekisho_model::Timestamp::EPOCH));
    let store = Store::connect(&config, clock, Arc::new(SeededRng::new(1))).await;
    store.expect("migrates").close().await.expect("closes");
}

/// Every table but the list of migrations, which stays.
async fn tables(admin: &mut PgConnection) -> Vec<String> {
    let sql = "SELECT table_name::text FROM information_schema.tables \
               WHERE table_schema = 'public' AND table_name <> 'schema_migrations' ORDER BY 1";
    let rows = sqlx::query(sql).fetch_all(admin).await.expect("a statement of ours");
    rows.iter().map(|row| row.get(0)).collect()
}

/// The rows of a SQLite file as statements for a schema.
fn rows(image: &[u8], schema: &str, tables: &[String]) -> String {
    let mut connection = rusqlite::Connection::open_in_memory().expect("memory is there");
    connection.deserialize_read_exact("main", image, image.len(), true).expect("a database");
    let mut sql = String::new();
    for table in tables {
        let mut select =
            connection.prepare(&format!("SELECT * FROM {table}")).expect("the same tables");
        let names: Vec<String> = select.column_names().iter().map(|n| format!("{n:?}")).collect();
        let uuids: Vec<bool> = select
            .columns()
            .iter()
            .map(|column| column.decl_type().unwrap_or_default().to_lowercase().contains("uuid"))
            .collect();
        let flags: Vec<bool> = select
            .columns()
            .iter()
            .map(|column| column.decl_type().unwrap_or_default().to_lowercase() == "boolean")
            .collect();
        let mut found = select.raw_query();
        while let Some(row) = found.next().expect("rows") {
            let value = |index: usize| match row.get_ref(index).expect("a column") {
                ValueRef::Null => "NULL".to_owned(),
                ValueRef::Integer(number) if flags[index] => (number != 0).to_string(),
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Real(number) => number.to_string(),
                ValueRef::Text(text) => {
                    format!("'{}'", String::from_utf8_lossy(text).replace('\'', "''"))
                }
                ValueRef::Blob(bytes) => {
                    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                    if uuids[index] { format!("'{hex}'") } else { format!("'\\x{hex}'") }
                }
            };
            let values: Vec<String> = (0..names.len()).map(value).collect();
            write!(
                sql,
                "INSERT INTO {schema}.{table} ({}) VALUES ({});",
                names.join(","),
                values.join(",")
            )
            .expect("a string grows");
        }
    }
    sql
}

// --- The relay ----------------------------------------------------------------

async fn accept(listener: UnixListener, to: PathBuf, power: Power, lives: watch::Receiver<u64>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let (to, power, lives) = (to.clone(), power.clone(), lives.clone());
        connections.spawn(async move {
            // Dropping the two ends hangs up on both.
            let _ = relay(client, &to, &power, lives).await;
        });
    }
}

async fn relay(
    client: UnixStream,
    to: &Path,
    power: &Power,
    mut lives: watch::Receiver<u64>,
) -> std::io::Result<()> {
    lives.mark_unchanged();
    let database = UnixStream::connect(to).await?;
    let (mut client_in, mut client_out) = client.into_split();
    let (mut database_in, mut database_out) = database.into_split();
    let up = async {
        // The first message has no kind.
        let first = message(&mut client_in, false).await?;
        database_out.write_all(&first).await?;
        loop {
            let message = message(&mut client_in, true).await?;
            // Sync and Query: what was sent until here is carried out.
            if matches!(message[0], b'S' | b'Q') && power.step() {
                return Err(hung_up());
            }
            database_out.write_all(&message).await?;
        }
    };
    let down = async {
        loop {
            let message = message(&mut database_in, true).await?;
            // Ready: it was carried out, and the server does not know yet.
            if message[0] == b'Z' && power.step() {
                return Err(hung_up());
            }
            client_out.write_all(&message).await?;
        }
    };
    let ended: std::io::Result<()> = tokio::select! {
        ended = up => ended,
        ended = down => ended,
        _ = lives.changed() => Ok(()),
    };
    ended
}

fn hung_up() -> std::io::Error {
    std::io::ErrorKind::ConnectionReset.into()
}

/// One message of PostgreSQL's protocol: a kind, a length that counts itself,
/// and so many bytes.
async fn message(
    from: &mut (impl tokio::io::AsyncRead + Unpin),
    has_kind: bool,
) -> std::io::Result<Vec<u8>> {
    let head = usize::from(has_kind);
    let mut bytes = vec![0; head + 4];
    from.read_exact(&mut bytes).await?;
    let length: [u8; 4] = bytes[head..].try_into().expect("four bytes");
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(4).max(4);
    bytes.resize(head + length, 0);
    from.read_exact(&mut bytes[head + 4..]).await?;
    Ok(bytes)
}

// --- The cluster --------------------------------------------------------------

/// A PostgreSQL that lives as long as a pipe to it is open: it ends with this
/// process, however that ends.
struct Cluster {
    folder: PathBuf,
    child: Child,
}

/// Starts a server that listens only on a socket in its own folder, says so,
/// waits for the end of its input, stops and removes everything.
const SCRIPT: &str = r#"
set -e
folder=$(mktemp -d /tmp/sekisho-pg-XXXXXX)
cd "$folder"
"$1/initdb" -D data -U postgres --auth=trust -N -E UTF8 --locale=C.UTF-8 >log 2>&1
"$1/pg_ctl" -D data -w -l log -o "-k $folder -c listen_addresses= -c fsync=off -c full_page_writes=off" start >>log 2>&1
echo "$folder"
cat >/dev/null
"$1/pg_ctl" -D data -w -m immediate stop >>log 2>&1
cd /
rm -rf "$folder"
"#;

impl Cluster {
    fn start() -> Self {
        // PostgreSQL refuses to run as root.
        let is_root = std::fs::metadata("/proc/self").expect("Linux").uid() == 0;
        let mut command = if is_root {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        let mut child = command
            .args(["-c", SCRIPT, "sh"])
            .arg(programs())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell starts");
        let mut folder = String::new();
        let output = child.stdout.as_mut().expect("is piped");
        BufReader::new(output).read_line(&mut folder).expect("readable");
        assert!(!folder.is_empty(), "PostgreSQL did not start; see /tmp/sekisho-pg-*/log");
        Self { folder: PathBuf::from(folder.trim()), child }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql");
    let found = versions.into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let newest = found.filter(|bin| bin.join("initdb").exists()).max();
    newest.unwrap_or_else(|| {
        panic!(
            "this needs PostgreSQL's programs in /usr/lib/postgresql/<version>/bin; \
             install them with: cargo xtask setup"
        )
    })
}
