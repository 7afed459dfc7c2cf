//! Whole databases as rows: read in one moment, written into another
//! database, frozen and given up.

use std::collections::BTreeSet;
use std::time::Duration;

use sekisho_model::event::Event;
use sekisho_store::copy::{Found, Row, Shape, TableSum, shapes};
use sekisho_store::{
    Access, Blob, ConnectError, Escrow, Hash, IdempotencyKey, Store, StoreConfig, StoreError,
};

use crate::databases::{Engine, World, block_on, on_both};
use crate::sample::Sample;

impl World {
    /// Rows with every kind of value, absent ones included.
    async fn with_rows(&self) -> Sample {
        let sample = self.with_sample().await;
        let mut work = self.begin().await;
        for number in 1..=3 {
            let secret = self.secret(sample.account, number);
            work.secret_versions().insert(secret).await.expect("inserts");
        }
        work.orders().insert(self.discover(sample)).await.expect("inserts");
        work.enqueue("mail", serde_json::json!({"to": "日本"}));
        let escrow = Escrow {
            device: sample.device,
            version: self.id(),
            account: sample.account,
            seq: 7,
            sealed: Blob(vec![0, 255, 1]),
            reported_at: self.now(),
            imported_at: None,
        };
        work.escrows().report(escrow).await.expect("inserts");
        let key = IdempotencyKey {
            actor: "a".to_owned(),
            key: "B".to_owned(),
            route: "/x".to_owned(),
            request_hash: Hash([3; 32]),
            status: Some(200),
            body: Some(Blob(Vec::new())),
            created_at: self.now(),
        };
        work.idempotency_keys().claim(key).await.expect("inserts");
        for _ in 0..450 {
            // More lines than are read at a time.
            work.record(Event::ServerStopped {});
        }
        self.commit(work).await;
        sample
    }

    /// Reads every row of `from` and writes it here.
    async fn fill_from(&self, from: &impl Access) -> Vec<TableSum> {
        let work = self.store.begin(&self.context()).await.expect("begins");
        let mut sums = Vec::new();
        for shape in shapes(None) {
            let rows = every_row(from, &shape).await;
            work.rows().insert(&shape, &rows).await.expect("inserts");
            sums.push(work.rows().sum(&shape).await.expect("sums"));
        }
        work.commit_unaudited("a copy").await.map(drop).expect("commits");
        sums
    }

    fn impatient(&self) -> StoreConfig {
        StoreConfig { patience: Duration::from_millis(200), ..self.config.clone() }
    }

    async fn connect(&self, config: &StoreConfig) -> Result<Store, ConnectError> {
        Store::connect(config, self.clock.clone(), self.rng.clone()).await
    }

    async fn target(&self, config: &StoreConfig) -> Result<(Store, Found), ConnectError> {
        Store::connect_target(config, self.clock.clone(), self.rng.clone(), None).await
    }
}

async fn every_row(from: &impl Access, shape: &Shape) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    loop {
        let page = from.rows().page(shape, rows.last()).await.expect("reads");
        if page.is_empty() {
            return rows;
        }
        rows.extend(page);
    }
}

async fn sums(of: &impl Access) -> Vec<TableSum> {
    let mut sums = Vec::new();
    for shape in shapes(None) {
        let sum = of.rows().sum(&shape).await.expect("sums");
        assert_eq!(sum.rows, of.rows().count(&shape).await.expect("counts"), "{}", shape.name());
        sums.push(sum);
    }
    sums
}

/// The shapes come from the migrations; what really is in the database must
/// be the same, or a copy would leave something behind.
#[test]
fn a_copy_knows_every_table_and_column_there_is() {
    block_on(async {
        let sqlite = World::new(Engine::Sqlite).await;
        let postgres = World::new(Engine::Postgres).await;
        let known: Vec<String> = shapes(None)
            .iter()
            .flat_map(|shape| shape.columns().map(|column| format!("{}.{column}", shape.name())))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let there = sqlite
            .texts(
                "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c \
                 WHERE m.type = 'table' AND m.name <> 'schema_migrations'",
            )
            .await;
        assert_eq!(known, there);
        let there = postgres
            .texts(
                "SELECT table_name || '.' || column_name FROM information_schema.columns \
                 WHERE table_schema = 'public' AND table_name <> 'schema_migrations'",
            )
            .await;
        assert_eq!(known, there);
    });
}

#[test]
fn rows_are_the_same_in_either_database() {
    block_on(async {
        let sqlite = World::new(Engine::Sqlite).await;
        let postgres = World::new(Engine::Postgres).await;
        let back = World::new(Engine::Sqlite).await;
        let sample = sqlite.with_rows().await;

        let there = postgres.fill_from(&sqlite.store.snapshot().await.expect("begins")).await;
        let back_sums = back.fill_from(&postgres.store.snapshot().await.expect("begins")).await;

        assert_eq!(sums(sqlite.store.read()).await, there);
        assert_eq!(there, back_sums);
        assert!(there.iter().any(|sum| sum.rows > 2 * sekisho_store::copy::PAGE));
        // And they mean the same.
        for world in [&postgres, &back] {
            let read = world.store.read();
            let device = read.devices().find(sample.device).await.expect("reads");
            assert_eq!(device, sqlite.store.read().devices().find(sample.device).await.expect("x"));
            for chain in read.audit().chains().await.expect("reads") {
                let lines = read.audit().verify(&chain).await.expect("reads").expect("intact");
                assert_eq!(lines, 453, "site, sample, rows");
            }
        }
    });
}

#[test]
fn a_snapshot_sees_one_moment() {
    on_both(async |world| {
        world.with_rows().await;
        let snapshot = world.store.snapshot().await.expect("begins");
        let before = sums(&snapshot).await;
        let work = world.begin().await;
        work.users().insert(world.user("bob")).await.expect("inserts");
        world.commit(work).await;

        assert_eq!(sums(&snapshot).await, before);
        assert_ne!(sums(world.store.read()).await, before);
    });
}

#[test]
fn a_changed_row_changes_the_sum() {
    on_both(async |world| {
        world.with_rows().await;
        let before = sums(world.store.read()).await;
        world.execute("UPDATE outbox SET kind = 'post'").await;
        let after = sums(world.store.read()).await;
        let differ = before.iter().zip(&after).filter(|(a, b)| a != b).count();
        assert_eq!(differ, 1);
    });
}

#[test]
fn a_frozen_database_can_be_read_but_not_written() {
    on_both(async |world| {
        let sample = world.with_rows().await;
        let impatient = world.connect(&world.impatient()).await.expect("connects");
        let frozen = world.store.freeze().await.expect("freezes");

        let read = impatient.read().accounts().find(sample.account).await.expect("reads");
        assert!(read.is_some());
        let error = write(&impatient, &world).await.expect_err("held off");
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
        assert_eq!(sums(&frozen).await.len(), shapes(None).len());

        drop(frozen);
        let again = async {
            // The rollback of a dropped transaction reaches the database soon.
            while write(&impatient, &world).await.is_err() {}
        };
        tokio::time::timeout(Duration::from_secs(20), again).await.expect("it is free again");
    });
}

#[test]
fn a_database_that_was_moved_takes_no_write_and_no_server() {
    on_both(async |world| {
        let sample = world.with_rows().await;
        let server = world.reconnect().await.expect("a server that goes on running");
        let frozen = world.store.freeze().await.expect("freezes");
        assert!(!frozen.is_moved());
        frozen.mark_moved("postgres://o'neil@db/$moved$", world.now()).await.expect("marks");

        let error = write(&server, &world).await.expect_err("refused").to_string();
        assert!(error.contains("this database was moved to postgres://o'neil@db"), "{error}");
        assert!(server.read().accounts().find(sample.account).await.expect("reads").is_some());
        let error = world.reconnect().await.expect_err("refused").to_string();
        assert!(error.contains("the site was moved to postgres://o'neil@db"), "{error}");
        assert!(error.contains("database.url"), "{error}");
        let error = world.target(&world.config).await.expect_err("no target either");
        assert!(matches!(error, ConnectError::Relocated(_)), "{error}");

        // An interrupted move can be finished.
        let source = Store::connect_source(&world.config, world.clock.clone(), world.rng.clone());
        let again = source.await.expect("opens").freeze().await.expect("freezes");
        assert!(again.is_moved());
        again.mark_moved("elsewhere", world.now()).await.expect("marks once");
    });
}

#[test]
fn only_an_empty_database_is_filled() {
    on_both(async |world| {
        let (_, found) = world.target(&world.config).await.expect("empty tables are fine");
        assert_eq!(found, Found::Empty);

        world.execute("CREATE TABLE wiki (page text)").await;
        let error = world.target(&world.config).await.expect_err("refused");
        assert_eq!(error, ConnectError::Foreign { table: "wiki".to_owned() });
        world.execute("DROP TABLE wiki").await;

        world.with_sample().await;
        let error = world.target(&world.config).await.expect_err("refused");
        assert!(matches!(error, ConnectError::NotEmpty { .. }), "{error}");
        assert!(error.to_string().contains("name an empty one"), "{error}");
    });
}

#[test]
fn an_unfinished_copy_is_told_from_a_finished_one() {
    on_both(async |world| {
        let work = world.begin().await;
        work.note_unfinished("sqlite:/old").await.expect("notes");
        work.commit_unaudited("a copy begins").await.map(drop).expect("commits");
        world.with_sample().await;

        let error = world.reconnect().await.expect_err("no server").to_string();
        assert!(error.contains("a copy from sqlite:/old"), "{error}");
        let (store, found) = world.target(&world.config).await.expect("goes on");
        assert_eq!(found, Found::Unfinished { from: "sqlite:/old".to_owned() });
        let work = store.begin(&world.context()).await.expect("begins");
        for shape in shapes(None).iter().rev() {
            work.rows().clear(shape).await.expect("clears");
        }
        work.note_finished().await.expect("notes");
        work.commit_unaudited("a copy ends").await.map(drop).expect("commits");
        world.reconnect().await.expect("a server may use it");
    });
}

#[test]
fn a_row_of_another_shape_is_refused() {
    on_both(async |world| {
        let shape = shapes(None).into_iter().find(|one| one.name() == "outbox").expect("exists");
        let work = world.begin().await;
        let error = work.rows().insert(&shape, &[Row(Vec::new())]).await.expect_err("refused");
        assert!(error.to_string().contains("table outbox"), "{error}");
    });
}

async fn write(store: &Store, world: &World) -> Result<(), StoreError> {
    let mut work = store.begin(&world.context()).await?;
    work.site().consume_setup_token(Hash([9; 32])).await?;
    work.record(Event::ServerStopped {});
    work.commit().await.map(drop)
}
