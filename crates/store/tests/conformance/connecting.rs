//! Opening a database: migrations, durability, unavailability.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use sekisho_store::{Access, ConnectError, Hash, Page, Store, StoreConfig, StoreError, StoreUrl};
use sqlx::{AssertSqlSafe, Connection};

use crate::databases::{Cluster, Engine, World, block_on, on_both};

#[test]
fn migrating_again_changes_nothing() {
    on_both(async |world| {
        world.with_site().await;
        let applied = "SELECT id || ' ' || checksum || ' ' || applied_at FROM schema_migrations";
        let before = world.texts(applied).await;
        assert!(before[0].starts_with("m20261122_020000_initial "), "{before:?}");
        let again = world.reconnect().await.expect("connects again");
        assert!(again.read().site().find().await.expect("reads").is_some());
        assert_eq!(world.texts(applied).await, before);
    });
}

#[test]
fn a_database_from_a_newer_version_is_refused() {
    on_both(async |world| {
        let newer = "INSERT INTO schema_migrations VALUES ('m29990101_000000_later', '', 0)";
        world.execute(newer).await;
        let error = world.reconnect().await.expect_err("refused");
        let migration = "m29990101_000000_later".to_owned();
        assert_eq!(error, ConnectError::NewerDatabase { migration });
        assert!(error.to_string().contains("from a newer version"), "{error}");
    });
}

#[test]
fn a_migration_in_another_form_is_refused() {
    on_both(async |world| {
        world.execute("UPDATE schema_migrations SET checksum = 'x'").await;
        let error = world.reconnect().await.expect_err("refused");
        assert!(matches!(error, ConnectError::ChangedMigration { .. }), "{error}");
    });
}

#[test]
fn servers_that_start_together_migrate_once() {
    on_both(async |world| {
        world.execute("DROP TABLE outbox").await;
        world.execute("DELETE FROM schema_migrations").await;
        for table in world.texts(&tables(&world)).await {
            // Every table goes; references do not hold it back.
            let cascade = if is_sqlite(&world) { "" } else { "CASCADE" };
            let keys = if is_sqlite(&world) { "PRAGMA foreign_keys = OFF;" } else { "" };
            world.execute(&format!("{keys} DROP TABLE IF EXISTS {table} {cascade}")).await;
        }
        let (one, two) = tokio::join!(world.reconnect(), world.reconnect());
        one.expect("connects");
        two.expect("connects");
    });
}

#[test]
fn a_postgresql_that_may_lose_data_is_refused() {
    block_on(async {
        let world = World::new(Engine::Postgres).await;
        let safe = StoreConfig { allow_unsafe_durability: false, ..world.config.clone() };
        let connect = || Store::connect(&safe, world.clock.clone(), world.rng.clone());

        // The cluster of the tests runs with fsync off.
        let error = connect().await.expect_err("refused");
        assert!(matches!(error, ConnectError::Unsafe { setting: "fsync", .. }), "{error}");

        world.execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$").await;
        let error = connect().await.expect_err("refused");
        let setting = "synchronous_commit";
        let expected = "on";
        assert_eq!(error, ConnectError::Unsafe { setting, found: "off".to_owned(), expected });
    });
}

#[test]
fn the_database_file_is_private() {
    block_on(async {
        let world = World::new(Engine::Sqlite).await;
        world.with_site().await;
        let mut files = 0;
        for entry in std::fs::read_dir(world.folder.path()).expect("readable") {
            let entry = entry.expect("readable");
            let mode = entry.metadata().expect("readable").permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{:?}", entry.path());
            files += 1;
        }
        assert_eq!(files, 3, "database, log and index of the log");
    });
}

#[test]
fn an_address_never_shows_its_password() {
    let url: StoreUrl = "postgres://ann:hunter2@db.example/x".parse().expect("valid");
    assert_eq!(url.to_string(), "postgres://ann@db.example:5432/x");
    assert!(!format!("{:?}", StoreConfig::new(url)).contains("hunter2"));
    for bad in ["mysql://ann:hunter2@db/x", "postgres://ann:hunter2@db:port/x", "sqlite:", ""] {
        let error = bad.parse::<StoreUrl>().expect_err("refused").to_string();
        assert!(error.starts_with("database: ") && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn a_locked_database_is_unavailable() {
    on_both(async |world| {
        world.with_sample().await;
        let impatient =
            StoreConfig { patience: Duration::from_millis(200), ..world.config.clone() };
        let store = Store::connect(&impatient, world.clock.clone(), world.rng.clone()).await;
        let store = store.expect("connects");
        // Somebody else holds the write lock, or the row.
        let holder = world.begin().await;
        assert!(holder.site().consume_setup_token(Hash([7; 32])).await.expect("updates"));

        let error = match store.begin(&world.context()).await {
            Ok(work) => work.site().consume_setup_token(Hash([7; 32])).await.expect_err("waits"),
            Err(error) => error,
        };

        assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
        drop(holder);
        let freed = store.begin(&world.context()).await;
        assert!(freed.is_ok(), "the lock is free again");
    });
}

#[test]
fn a_removed_database_file_is_unavailable() {
    block_on(async {
        let world = World::new(Engine::Sqlite).await;
        world.with_site().await;
        std::fs::remove_file(world.folder.path().join("store.db")).expect("removes");
        let error = world.store.begin(&world.context()).await.expect_err("unavailable");
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
        let error = world.store.ping().await.expect_err("unavailable");
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    });
}

#[test]
fn a_stopped_server_is_unavailable() {
    let cluster = Cluster::start();
    block_on(async {
        let url = cluster.new_database().await;
        let mut world = World::at(&url, tempfile::tempdir().expect("a folder")).await;
        world.config.patience = Duration::from_millis(500);
        world.store = world.reconnect().await.expect("connects");
        world.with_site().await;
        let mut work = world.begin().await;
        work.record(sekisho_model::event::Event::ServerStopped {});

        tokio::task::block_in_place(|| cluster.stop());

        let errors = [
            work.commit().await.expect_err("in a unit of work"),
            world.store.begin(&world.context()).await.expect_err("beginning one"),
            world.store.read().users().list(&Page::default()).await.expect_err("reading"),
            world.store.ping().await.expect_err("asking"),
        ];
        for error in errors {
            assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
        }
        let error = world.reconnect().await.expect_err("connecting");
        assert!(matches!(error, ConnectError::Store(StoreError::Unavailable { .. })), "{error}");
    });
}

/// Sessions that the server ends (a restart, an administrator) are replaced.
#[test]
fn a_broken_connection_is_replaced() {
    block_on(async {
        let world = World::new(Engine::Postgres).await;
        world.with_site().await;
        let StoreUrl::Postgres(servers) = &world.config.url else { panic!("not PostgreSQL") };
        let mut admin =
            sqlx::PgConnection::connect_with(&servers.all()[0]).await.expect("connects");
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        sqlx::raw_sql(AssertSqlSafe(end)).execute(&mut admin).await.expect("ends them");
        assert!(world.store.read().site().find().await.expect("reads").is_some());
    });
}

fn is_sqlite(world: &World) -> bool {
    matches!(world.config.url, StoreUrl::Sqlite(_))
}

fn tables(world: &World) -> String {
    if is_sqlite(world) {
        "SELECT name FROM sqlite_master WHERE type = 'table'".to_owned()
    } else {
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'".to_owned()
    }
}
