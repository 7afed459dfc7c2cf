//! Backups, restores, drills and moves: what they promise, and what they do
//! with files that are not what was written.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sekisho_model::Secret;
use sekisho_model::event::Event;
use sekisho_model::rng::SystemRng;
use sekisho_model::user::Role;
use sekisho_seal::backup::{self as format, CHUNK_BYTES, TAG_BYTES};
use sekisho_seal::recovery_key;
use sekisho_seal::sealing::OpeningKey;
use sekisho_server::app::SharedApp;
use sekisho_server::backup::{self, Drill, Drilled, Made, Progress, Restored};
use sekisho_server::config::{Config, VaultKey};
use sekisho_server::{relocate, run};
use sekisho_store::copy::shapes;
use sekisho_store::{Access as _, Store, StoreConfig, StoreUrl};
use serde_json::json;

use crate::harness::{TestServer, config};

/// Recorded before the backups, so that they have several chunks.
const LINES: usize = 700;

impl TestServer {
    /// A site with something in it.
    async fn filled() -> Self {
        let server = Self::start().await;
        server.user("ann", Role::Administrator).await;
        let mut work = server.app.store.begin(&server.context()).await.expect("begins");
        for line in 0..LINES {
            work.record(Event::AccessDenied {
                action: format!("{line}"),
                target: "日本".repeat(9),
                reason: "a test".to_owned(),
            });
        }
        work.commit().await.map(drop).expect("commits");
        server
    }

    fn key(&self) -> OpeningKey {
        recovery_key::parse(&self.recovery_key).expect("a key")
    }

    async fn backup(&self, to: &Path, keep: Option<usize>) -> anyhow::Result<Made> {
        let config = &self.app.config;
        let rng = Arc::new(SystemRng);
        backup::make(config, self.clock.clone(), rng, None, to, keep, &mut nobody()).await
    }

    async fn restore(
        &self,
        from: &Path,
        key: &OpeningKey,
        into: &Config,
    ) -> anyhow::Result<Restored> {
        let rng = Arc::new(SystemRng);
        backup::restore(into, self.clock.clone(), rng, None, from, key, &mut nobody()).await
    }

    async fn drill(&self, from: &Path, key: &OpeningKey) -> anyhow::Result<Drilled> {
        let scratch = tempfile::tempdir().expect("a folder");
        let drill = Drill { from, key, scratch: scratch.path(), record: true };
        let (clock, rng) = (self.clock.clone(), Arc::new(SystemRng));
        let done = backup::drill(&self.app.config, clock, rng, &drill, &mut nobody()).await;
        let left = std::fs::read_dir(scratch.path()).expect("readable").count();
        assert_eq!(left, 0, "a drill leaves nothing behind");
        done
    }

    async fn relocate(&self, to: &StoreConfig) -> anyhow::Result<relocate::Moved> {
        let (clock, rng) = (self.clock.clone(), Arc::new(SystemRng));
        relocate::relocate(&self.app.config, to, clock, rng, &mut nobody()).await
    }
}

fn nobody() -> impl FnMut(Progress) + Send {
    |_| {}
}

/// Settings of another machine.
fn elsewhere() -> (tempfile::TempDir, Config) {
    let folder = tempfile::tempdir().expect("a folder");
    let config = config(folder.path());
    (folder, config)
}

fn kek_path(config: &Config) -> &Path {
    match &config.vault {
        VaultKey::File(path) => path,
        other => panic!("the tests use a key file, not {other:?}"),
    }
}

fn database(config: &Config) -> PathBuf {
    match &config.database.url {
        StoreUrl::Sqlite(path) => path.clone(),
        StoreUrl::Postgres(_) => panic!("the tests use SQLite"),
    }
}

async fn sums(store: &Store) -> Vec<(&'static str, u64, [u8; 32])> {
    let mut sums = Vec::new();
    for shape in shapes(None) {
        let sum = store.read().rows().sum(&shape).await.expect("sums");
        sums.push((shape.name(), sum.rows, sum.bytes()));
    }
    sums
}

async fn open(server: &TestServer, config: &Config) -> anyhow::Result<SharedApp> {
    run::open(config.clone(), server.clock.clone(), Arc::new(SystemRng)).await
}

#[tokio::test]
async fn a_backup_restores_under_a_new_key() {
    let server = TestServer::filled().await;
    let eve = server.user("eve", Role::Administrator).await;
    for (name, life_s) in [("command line", 12 * 3600), ("program", 48 * 3600)] {
        let body = json!({ "name": name, "scopes": ["read"], "expires_in_s": life_s });
        eve.post("/tokens", body).await.expect(201);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let before = sums(&server.app.store).await;
    let made = server.backup(folder.path(), None).await.expect("made");
    assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 1);
    assert_eq!(std::fs::metadata(&made.path).expect("there").len(), made.bytes);
    assert!(made.bytes > 3 * CHUNK_BYTES as u64, "{} bytes", made.bytes);
    assert!(made.inspected.secrets >= 5 && made.inspected.bundles == 1, "{made:?}");
    assert_eq!(server.event_codes().await.last(), Some(&120));

    let (_folder, other) = elsewhere();
    // Left from the database that was there before.
    sekisho_platform::files::create_private_dir(&other.data_dir).expect("a folder");
    let note = other.data_dir.join("audit-head");
    std::fs::write(&note, "of another life").expect("written");
    let restored = server.restore(&made.path, &server.key(), &other).await.expect("restored");
    assert!(!note.exists(), "the restored server does not look for it");
    assert_eq!(restored.inspected, made.inspected);
    let old = std::fs::read(kek_path(&server.app.config)).expect("readable");
    assert_ne!(std::fs::read(kek_path(&other)).expect("made"), old, "the key is a new one");
    assert!(std::fs::read_to_string(other.ca_path()).expect("written").contains("CERTIFICATE"));

    let app = open(&server, &other).await.expect("opens with the new key");
    let site = app.store.read().site().find().await.expect("reads").expect("a site");
    assert_eq!(site.id, made.site);
    let reason = site.recovery_reason.expect("it gives no orders");
    assert_eq!(reason, format!("restored from a backup of {}", made.created_at));
    // What is different, and nothing else.
    let differ: Vec<&str> = before
        .iter()
        .zip(sums(&app.store).await)
        .filter(|(a, b)| **a != *b)
        .map(|(a, _)| a.0)
        .collect();
    let expected = [
        "audit_chains",
        "audit_lines",
        "site",
        "kek",
        "vault_keys",
        "login_sessions",
        "api_tokens",
    ];
    assert_eq!(differ, expected);
    assert!(
        app.store
            .read()
            .login_sessions()
            .of_user(
                app.store.read().users().list(&Default::default()).await.expect("reads").items[0]
                    .id
            )
            .await
            .expect("reads")
            .is_empty(),
        "nobody is signed in"
    );
    let tokens = app.store.read().api_tokens().list(None, &Default::default()).await;
    let tokens = tokens.expect("reads").items.into_iter();
    let live: Vec<String> =
        tokens.filter(|it| it.revoked_at.is_none()).map(|it| it.name.to_string()).collect();
    assert_eq!(live, ["program"], "nor with the command line");
    // The audit log goes on in a chain of its own.
    let chains = app.store.read().audit().chains().await.expect("reads");
    assert_eq!(chains.len(), 2);
    for chain in &chains {
        app.store.read().audit().verify(chain).await.expect("reads").expect("whole");
    }
    let lines = app.store.read().audit().after(site.node_chain, 0, 10).await.expect("reads");
    assert_eq!(lines.len(), 1);
    let said: Event = serde_json::from_str(&lines[0].event).expect("an event");
    let Event::SiteRestored { taken_at, former_chain, former_seq } = said else {
        panic!("{said:?}")
    };
    let former = chains.iter().find(|chain| chain.id != site.node_chain).expect("two");
    assert_eq!((taken_at, former_chain), (made.created_at, former.id));
    assert_eq!(former_seq, former.head_seq);
}

#[tokio::test]
async fn nothing_that_was_damaged_is_restored() {
    let server = TestServer::filled().await;
    let folder = tempfile::tempdir().expect("a folder");
    let made = server.backup(&folder.path().join("good"), None).await.expect("made");
    let good = std::fs::read(&made.path).expect("readable");
    let first = good.len() % (CHUNK_BYTES + TAG_BYTES); // some byte of a chunk
    let start = format::PREFIX_BYTES
        + format::header_length(good.first_chunk().expect("long")).expect("a header");
    let mut damaged: Vec<(String, Vec<u8>)> = Vec::new();
    let mut border = start;
    while border < good.len() {
        damaged.push((format!("cut at {border}"), good[..border].to_vec()));
        damaged.push((format!("cut after {border}"), good[..border + 100].to_vec()));
        border += CHUNK_BYTES + TAG_BYTES;
    }
    for cut in [0, 5, format::PREFIX_BYTES, start - 1, good.len() - 1] {
        damaged.push((format!("cut at {cut}"), good[..cut].to_vec()));
    }
    for at in [3, 16, 18, 25, start - 1, start, start + first, good.len() / 2, good.len() - 1] {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        damaged.push((format!("bit flipped at {at}"), bytes));
    }
    let (chunk, rest) = (CHUNK_BYTES + TAG_BYTES, good[start..].to_vec());
    let swapped = [&good[..start], &rest[chunk..2 * chunk], &rest[..chunk], &rest[2 * chunk..]];
    damaged.push(("chunks swapped".to_owned(), swapped.concat()));
    let shorter = [&good[..start], &rest[..chunk], &rest[2 * chunk..]];
    damaged.push(("a chunk left out".to_owned(), shorter.concat()));
    damaged.push(("something follows".to_owned(), [&good[..], b"x"].concat()));

    let (_elsewhere, other) = elsewhere();
    let path = folder.path().join("damaged");
    for (how, bytes) in damaged {
        std::fs::write(&path, bytes).expect("written");
        let refused = server.restore(&path, &server.key(), &other).await;
        let error = format!("{:#}", refused.expect_err(&how));
        assert!(error.contains("backup"), "{how}: {error}");
        assert!(!database(&other).exists() && !kek_path(&other).exists(), "{how}: {error}");
        assert!(!other.data_dir.exists(), "{how}: nothing was begun");
    }
    // The same place takes the good one.
    server.restore(&made.path, &server.key(), &other).await.expect("restored");
}

#[tokio::test]
async fn another_key_and_a_changed_file_look_alike() {
    let server = TestServer::filled().await;
    let folder = tempfile::tempdir().expect("a folder");
    let made = server.backup(&folder.path().join("good"), None).await.expect("made");
    let (_elsewhere, other) = elsewhere();
    let wrong = OpeningKey::generate(&SystemRng);
    let message =
        |refused: anyhow::Result<Restored>| format!("{:#}", refused.expect_err("refused"));
    let by_key = message(server.restore(&made.path, &wrong, &other).await);
    let mut bytes = std::fs::read(&made.path).expect("readable");
    let start = format::PREFIX_BYTES
        + format::header_length(bytes.first_chunk().expect("long")).expect("a header");
    // The sealed file key, and the first chunk.
    for at in [start - 3, start + 9] {
        bytes[at] ^= 1;
        let path = folder.path().join("changed");
        std::fs::write(&path, &bytes).expect("written");
        let by_bytes = message(server.restore(&path, &server.key(), &other).await);
        assert_eq!(by_bytes.replace("changed", "good"), by_key);
        bytes[at] ^= 1;
    }
    assert!(by_key.contains("this recovery key does not open the backup"), "{by_key}");
}

#[tokio::test]
async fn a_backup_from_a_newer_version_is_refused_by_name() {
    let server = TestServer::filled().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("newer");
    let key = server.key();
    let facts = format::Facts {
        site: server.app.keys.site(),
        created_at: server.tick(),
        product: "9.0.0",
        schema: "m29990101_000000_later",
    };
    let (start, payload) = format::begin(facts, &[key.public()], &SystemRng).expect("begins");
    let mut migrations = sekisho_store::copy::migrations()
        .into_iter()
        .map(|(id, sum)| (id.to_owned(), sum))
        .collect::<Vec<_>>();
    migrations.push(("m29990101_000000_later".to_owned(), "x".to_owned()));
    let manifest = serde_json::json!({"migrations": migrations, "tables": []}).to_string();
    let mut chunk = vec![1];
    chunk.extend_from_slice(&u32::try_from(manifest.len()).expect("short").to_be_bytes());
    chunk.extend_from_slice(manifest.as_bytes());
    payload.sealer().seal(&mut chunk, true);
    std::fs::write(&path, [&start[..], &chunk[..]].concat()).expect("written");
    let (_elsewhere, other) = elsewhere();
    let error = server.restore(&path, &key, &other).await.expect_err("refused");
    let error = format!("{error:#}");
    assert!(error.contains("newer version") && error.contains("m29990101"), "{error}");

    let mut bytes = start;
    bytes[format::MAGIC.len() + 1] = 7;
    std::fs::write(&path, bytes).expect("written");
    let error = server.restore(&path, &key, &other).await.expect_err("refused");
    assert!(format!("{error:#}").contains("format 7"), "{error:#}");
    assert!(!other.data_dir.exists());
}

#[tokio::test]
async fn a_site_whose_passphrase_is_kept_nowhere_is_restored_and_backed_up_with_it() {
    let server = TestServer::filled().await;
    let folder = tempfile::tempdir().expect("a folder");
    let made = server.backup(folder.path(), None).await.expect("made");
    let (_folder, mut other) = elsewhere();
    other.vault = VaultKey::PassphraseAsked;
    let (key, rng) = (server.key(), Arc::new(SystemRng));
    let given = || Some(Secret::from("a passphrase on paper".to_owned()));

    let refused = server.restore(&made.path, &key, &other).await.expect_err("not given");
    let clock = || server.clock.clone();
    backup::restore(&other, clock(), rng.clone(), given(), &made.path, &key, &mut nobody())
        .await
        .expect("restored");
    server.clock.advance(Duration::from_secs(60));
    let asked =
        backup::make(&other, clock(), rng.clone(), None, folder.path(), None, &mut nobody())
            .await
            .expect_err("not given");
    let wrong = Some(Secret::from("another on paper".to_owned()));
    backup::make(&other, clock(), rng.clone(), wrong, folder.path(), None, &mut nobody())
        .await
        .expect_err("a wrong one");
    let again = backup::make(&other, clock(), rng, given(), folder.path(), None, &mut nobody())
        .await
        .expect("made");

    for error in [refused, asked] {
        let error = format!("{error:#}");
        assert!(error.contains("the passphrase was not given"), "{error}");
    }
    assert_eq!(again.inspected.secrets, made.inspected.secrets);
}

#[tokio::test]
async fn a_site_from_before_the_audit_key_is_backed_up_before_its_server_starts_again() {
    let server = TestServer::filled().await;
    server.sql("DELETE FROM audit_heads").await;
    server.sql("DELETE FROM site_keys WHERE kind = 'audit'").await;
    let folder = tempfile::tempdir().expect("a folder");

    let made = server.backup(folder.path(), None).await.expect("made");

    let (_folder, other) = elsewhere();
    server.restore(&made.path, &server.key(), &other).await.expect("restored");
    let codes = server.event_codes().await;
    assert_eq!(codes[codes.len() - 2..], [703, 120], "the key is in the backup's own log");
}

#[tokio::test]
async fn what_is_there_is_not_overwritten() {
    let server = TestServer::filled().await;
    let folder = tempfile::tempdir().expect("a folder");
    let to = folder.path().join("one");
    let made = server.backup(&to, None).await.expect("made");
    let error = server.backup(&to, None).await.expect_err("refused").to_string();
    assert!(error.contains("exists already"), "{error}");
    let before = sums(&server.app.store).await;
    let error = server.restore(&made.path, &server.key(), &server.app.config).await;
    let error = error.expect_err("refused").to_string();
    assert!(error.contains("there is a database") && error.contains("nothing"), "{error}");
    assert_eq!(sums(&server.app.store).await, before);
    assert!(kek_path(&server.app.config).exists());
}

#[tokio::test]
async fn only_so_many_backups_are_kept_and_nothing_else_is_touched() {
    let server = TestServer::filled().await;
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("notes.backup"), "mine").expect("written");
    std::fs::write(at("sekisho-20200101T000000.000Z.backup"), "no backup").expect("written");
    std::fs::write(at(".sekisho-20200101T000000.000Z.backup.partial"), "half").expect("written");
    let mut made = Vec::new();
    for _ in 0..4 {
        server.clock.advance(Duration::from_secs(60));
        made.push(server.backup(folder.path(), Some(2)).await.expect("made"));
    }
    let mut left: Vec<String> = std::fs::read_dir(folder.path())
        .expect("readable")
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .collect();
    left.sort();
    let name = |made: &Made| made.path.file_name().expect("a name").to_string_lossy().into_owned();
    let mut expected = vec![
        "notes.backup".to_owned(),
        "sekisho-20200101T000000.000Z.backup".to_owned(),
        name(&made[2]),
        name(&made[3]),
    ];
    expected.sort();
    assert_eq!(left, expected);
    assert_eq!(made[3].removed, [made[1].path.clone()]);
    let error = server.backup(&at("file"), Some(2)).await.expect_err("refused").to_string();
    assert!(error.contains("--keep needs a folder"), "{error}");
}

#[tokio::test]
async fn a_drill_looks_at_everything_and_changes_nothing() {
    let server = TestServer::filled().await;
    let admin = server.user("eve", Role::Administrator).await;
    let folder = tempfile::tempdir().expect("a folder");
    let made = server.backup(folder.path(), None).await.expect("made");
    let system = admin.get("/system").await.expect(200);
    assert_eq!(system["last_backup_at"], made.created_at.to_string());
    assert!(system["last_drill_at"].is_null());

    let done = server.drill(&made.path, &server.key()).await.expect("passes");
    assert_eq!(done.inspected.secrets, made.inspected.secrets);
    // The restore itself is recorded in the restored copy.
    assert_eq!(done.inspected.audit_lines, made.inspected.audit_lines + 1);
    assert_eq!(server.event_codes().await.last(), Some(&121));
    let site = server.app.store.read().site().find().await.expect("reads").expect("a site");
    assert_eq!(site.recovery_reason, None);
    let system = admin.get("/system").await.expect(200);
    assert!(!system["last_drill_at"].is_null());

    // A drill that fails is recorded as such and does not count.
    server.clock.advance(Duration::from_secs(60));
    let wrong = OpeningKey::generate(&SystemRng);
    assert!(server.drill(&made.path, &wrong).await.is_err());
    let line = server.newest_event().await;
    assert!(line.contains("\"passed\":false"), "{line}");
    let again = admin.get("/system").await.expect(200);
    assert_eq!(again["last_drill_at"], system["last_drill_at"]);

    // Nor does the backup of another site.
    let other = TestServer::filled().await;
    let foreign = other.backup(&folder.path().join("foreign"), None).await.expect("made");
    let error = server.drill(&foreign.path, &other.key()).await.expect_err("refused").to_string();
    assert!(error.contains("another site"), "{error}");
}

#[tokio::test]
async fn a_site_moves_to_another_database() {
    let server = TestServer::filled().await;
    let (_folder, other) = elsewhere();
    std::fs::create_dir_all(&other.data_dir).expect("a folder");
    let to = StoreConfig::new(StoreUrl::Sqlite(other.data_dir.join("moved.db")));
    let before = sums(&server.app.store).await;
    let moved = server.relocate(&to).await.expect("moves");
    assert_eq!(moved.rows, before.iter().map(|(_, rows, _)| rows).sum::<u64>());
    assert_eq!(moved.tables.len(), before.len());

    // The server that still runs reads, and writes nothing.
    let admin = server.anonymous();
    admin.get("/system/public").await.expect(200);
    let ready = admin.get("//readyz").await.problem(503, "unavailable");
    assert_eq!(ready["cause"], "moved");
    assert!(!ready.to_string().contains("moved.db"), "not where to: {ready}");
    let refused = server.app.store.begin(&server.context()).await.expect("begins");
    let reason = refused.site().enter_recovery("x").await.expect_err("refused").to_string();
    assert!(reason.contains("was moved to"), "{reason}");
    drop(refused);
    let error = open(&server, &server.app.config).await.err().expect("refused");
    assert!(format!("{error:#}").contains("the site was moved to"), "{error:#}");

    let there = Config { database: to.clone(), ..(*server.app.config).clone() };
    let app = open(&server, &there).await.expect("opens");
    let differ: Vec<&str> = before
        .iter()
        .zip(sums(&app.store).await)
        .filter(|(a, b)| **a != *b)
        .map(|(a, _)| a.0)
        .collect();
    assert_eq!(differ, ["audit_chains", "audit_lines"], "only the event of the move");
    let error = server.relocate(&to).await.expect_err("done").to_string();
    assert!(error.contains("moved to another database already"), "{error}");
}

#[tokio::test]
async fn an_interrupted_move_goes_on_where_it_was() {
    let server = TestServer::filled().await;
    let (_folder, other) = elsewhere();
    std::fs::create_dir_all(&other.data_dir).expect("a folder");
    let to = StoreConfig::new(StoreUrl::Sqlite(other.data_dir.join("moved.db")));
    let open_target =
        || Store::connect_target(&to, server.clock.clone(), Arc::new(SystemRng), None);
    // Two tables were there, and the next one only in parts, when it died.
    let (target, _) = open_target().await.expect("opens");
    let work = target.begin(&server.context()).await.expect("begins");
    work.note_unfinished(&server.app.config.database.url.to_string()).await.expect("notes");
    for shape in &shapes(None)[..3] {
        let page = server.app.store.read().rows().page(shape, None).await.expect("reads");
        work.rows().insert(shape, &page).await.expect("inserts");
    }
    work.commit_unaudited("a test").await.map(drop).expect("commits");
    target.close().await.expect("closes");
    let there = Config { database: to.clone(), ..(*server.app.config).clone() };
    let error = open(&server, &there).await.err().expect("no server starts on half a copy");
    assert!(format!("{error:#}").contains("was not finished"), "{error:#}");

    let moved = server.relocate(&to).await.expect("moves");
    assert!(moved.resumed);
    open(&server, &there).await.expect("opens");
}

#[tokio::test]
async fn a_move_that_died_between_the_two_databases_is_finished() {
    let server = TestServer::filled().await;
    let (_folder, other) = elsewhere();
    std::fs::create_dir_all(&other.data_dir).expect("a folder");
    let to = StoreConfig::new(StoreUrl::Sqlite(other.data_dir.join("moved.db")));
    server.relocate(&to).await.expect("moves");
    let there = Config { database: to.clone(), ..(*server.app.config).clone() };
    let app = open(&server, &there).await.expect("opens");
    app.store.clone().close().await.expect("closes");
    // As it was before the last step: the old one given up, the new one not
    // open yet.
    let (source, moved) = (database(&server.app.config), other.data_dir.join("moved.db"));
    let take_back = format!(
        "DELETE FROM audit_lines WHERE (chain, seq) = (SELECT id, head_seq FROM audit_chains); \
         UPDATE audit_chains SET head_seq = head_seq - 1, \
           head_hash = (SELECT hash FROM audit_lines WHERE seq = head_seq - 1); \
         CREATE TABLE relocation (state TEXT NOT NULL, other TEXT NOT NULL, at BIGINT NOT NULL); \
         INSERT INTO relocation VALUES ('unfinished', 'sqlite:{}', 0)",
        source.display()
    );
    sql(&moved, &take_back).await;
    assert!(open(&server, &there).await.is_err(), "it is not open yet");

    let done = server.relocate(&to).await.expect("finishes");
    assert!(done.resumed);
    open(&server, &there).await.expect("opens");
}

async fn sql(path: &Path, statements: &str) {
    use sqlx::{AssertSqlSafe, Connection as _};
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.expect("opens");
    let statements = sqlx::raw_sql(AssertSqlSafe(statements.to_owned()));
    statements.execute(&mut connection).await.expect("runs");
    connection.close().await.expect("closes");
}
