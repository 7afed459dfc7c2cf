//! Forward-only migrations, the same ones on both databases.
//!
//! A migration is data: the tables it adds, and the columns and indexes it
//! adds to tables there are. Its SQL and its checksum are both derived from
//! that data, so that neither can drift from the other. What has been applied
//! is in `schema_migrations`, with the checksum it was applied in. A database
//! with a migration this binary does not know comes from a newer version and
//! is refused, as is one whose migration had another checksum. There is no way
//! back: an older program with a newer database restores a backup.
//!
//! To add one: a file `m<UTC time>_<what>.rs`, a line at the end of
//! `MIGRATIONS`, its checksum in `released_migrations_never_change`, and the
//! schema under `tests/fixtures` made anew (the test that fails says how).

mod m20261122_020000_initial;
mod m20261122_060000_rotation;
mod m20261122_061000_next_kek;
mod m20261122_070000_audit_heads;
mod m20261122_091500_orders_by_resource;
mod m20261122_122000_access;
mod m20261122_122000_agents;
mod m20261122_130000_sign_in;
mod m20261122_140000_passkeys;
mod m20261122_153500_mail;
mod m20261122_154000_identities;
mod m20261122_155000_default_views;
mod m20261122_160000_first_run;
mod m20261122_224500_certificate_warned;
mod m20261122_225000_gateways;
mod m20261122_231500_enrolment_uses;
pub(crate) mod schema;

use sea_orm::sea_query::{ColumnDef, Expr, Order, Query, Table as Create};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use sekisho_model::Timestamp;
use sha2::{Digest, Sha256};

use crate::connect::ConnectError;
use crate::error::StoreError;
use crate::unit_of_work::begin;
use schema::{Column, Extension, Index, Table};

/// One step forward.
struct Migration {
    /// `m`, the UTC time it was written, what it does. Sorts by time.
    id: &'static str,
    /// The tables it adds, each after the ones it refers to.
    tables: &'static [Table],
    /// What it adds to tables that are there.
    extensions: &'static [Extension],
}

/// Every migration, oldest first. Once landed they never change.
const MIGRATIONS: &[Migration] = &[
    Migration {
        id: "m20261122_020000_initial",
        tables: m20261122_020000_initial::TABLES,
        extensions: &[],
    },
    Migration {
        id: "m20261122_060000_rotation",
        tables: m20261122_060000_rotation::TABLES,
        extensions: &[],
    },
    Migration {
        id: "m20261122_061000_next_kek",
        tables: m20261122_061000_next_kek::TABLES,
        extensions: &[],
    },
    Migration {
        id: "m20261122_070000_audit_heads",
        tables: m20261122_070000_audit_heads::TABLES,
        extensions: &[],
    },
    Migration {
        id: "m20261122_091500_orders_by_resource",
        tables: &[],
        extensions: m20261122_091500_orders_by_resource::EXTENSIONS,
    },
    Migration {
        id: "m20261122_122000_access",
        tables: m20261122_122000_access::TABLES,
        extensions: m20261122_122000_access::EXTENSIONS,
    },
    Migration {
        id: "m20261122_122000_agents",
        tables: m20261122_122000_agents::TABLES,
        extensions: m20261122_122000_agents::EXTENSIONS,
    },
    Migration {
        id: "m20261122_130000_sign_in",
        tables: m20261122_130000_sign_in::TABLES,
        extensions: m20261122_130000_sign_in::EXTENSIONS,
    },
    Migration {
        id: "m20261122_140000_passkeys",
        tables: m20261122_140000_passkeys::TABLES,
        extensions: &[],
    },
    Migration {
        id: "m20261122_153500_mail",
        tables: m20261122_153500_mail::TABLES,
        extensions: &[],
    },
    Migration {
        id: "m20261122_154000_identities",
        tables: m20261122_154000_identities::TABLES,
        extensions: &[],
    },
    Migration {
        id: "m20261122_155000_default_views",
        tables: m20261122_155000_default_views::TABLES,
        extensions: &[],
    },
    Migration {
        id: "m20261122_160000_first_run",
        tables: m20261122_160000_first_run::TABLES,
        extensions: m20261122_160000_first_run::EXTENSIONS,
    },
    Migration {
        id: "m20261122_224500_certificate_warned",
        tables: &[],
        extensions: m20261122_224500_certificate_warned::EXTENSIONS,
    },
    Migration {
        id: "m20261122_225000_gateways",
        tables: m20261122_225000_gateways::TABLES,
        extensions: m20261122_225000_gateways::EXTENSIONS,
    },
    Migration {
        id: "m20261122_231500_enrolment_uses",
        tables: m20261122_231500_enrolment_uses::TABLES,
        extensions: &[],
    },
];

/// Every table there is, for the names of its key.
pub(crate) fn tables() -> impl Iterator<Item = &'static Table> {
    MIGRATIONS.iter().flat_map(|migration| migration.tables)
}

/// Every column there is, with its table.
#[cfg(test)]
pub(crate) fn columns() -> impl Iterator<Item = (&'static str, &'static schema::Column)> {
    MIGRATIONS.iter().flat_map(|migration| {
        let new = migration.tables.iter().map(|table| (table.name, table.columns));
        let more = migration.extensions.iter().map(|more| (more.table, more.columns));
        new.chain(more).flat_map(|(table, columns)| columns.iter().map(move |one| (table, one)))
    })
}

/// Every index there is, with its table, for the names of its rules.
pub(crate) fn indexes() -> impl Iterator<Item = (&'static str, &'static Index)> {
    MIGRATIONS.iter().flat_map(|migration| {
        let new = migration.tables.iter().map(|table| (table.name, table.indexes));
        let more = migration.extensions.iter().map(|more| (more.table, more.indexes));
        new.chain(more).flat_map(|(table, indexes)| indexes.iter().map(move |one| (table, one)))
    })
}

/// A table as the migrations up to one of them made it.
pub(crate) struct Layout {
    pub(crate) name: &'static str,
    pub(crate) key: &'static [&'static str],
    /// In the order they were added.
    pub(crate) columns: Vec<&'static Column>,
}

/// The tables after a migration (`None`: after all), each after those it
/// refers to. None if the migration is not known.
pub(crate) fn layouts(newest: Option<&str>) -> Vec<Layout> {
    let mut layouts: Vec<Layout> = Vec::new();
    for migration in &MIGRATIONS[..until(newest)] {
        layouts.extend(migration.tables.iter().map(|table| Layout {
            name: table.name,
            key: table.key,
            columns: table.columns.iter().collect(),
        }));
        for more in migration.extensions {
            if let Some(layout) = layouts.iter_mut().find(|layout| layout.name == more.table) {
                layout.columns.extend(more.columns);
            }
        }
    }
    by_reference(layouts)
}

/// A column that was added later may refer to a table that was added later.
fn by_reference(mut waiting: Vec<Layout>) -> Vec<Layout> {
    let mut placed: Vec<Layout> = Vec::new();
    loop {
        let ready = waiting.iter().position(|layout| {
            let mut references = layout.columns.iter().filter_map(|column| column.references);
            references.all(|(to, _)| placed.iter().any(|done| done.name == to))
        });
        match ready {
            Some(next) => placed.push(waiting.remove(next)),
            // Nothing waits, or tables refer to each other, which no order
            // helps; a test keeps that from happening.
            None => {
                placed.append(&mut waiting);
                return placed;
            }
        }
    }
}

/// How many migrations there are up to one of them.
fn until(newest: Option<&str>) -> usize {
    match newest {
        None => MIGRATIONS.len(),
        Some(id) => MIGRATIONS.iter().position(|known| known.id == id).map_or(0, |at| at + 1),
    }
}

/// Every migration with its checksum, oldest first.
pub(crate) fn known() -> Vec<(&'static str, String)> {
    MIGRATIONS.iter().map(|migration| (migration.id, migration.checksum())).collect()
}

/// Where it is noted what has been applied.
pub(crate) const TABLE: &str = "schema_migrations";

impl Migration {
    fn checksum(&self) -> String {
        let mut digest = Sha256::new();
        for table in self.tables {
            digest.update(table.to_string());
        }
        for extension in self.extensions {
            digest.update(extension.to_string());
        }
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    async fn apply(&self, tx: &impl ConnectionTrait, now: Timestamp) -> Result<(), StoreError> {
        for table in self.tables {
            tx.execute(&table.create()).await?;
            for index in table.create_indexes() {
                tx.execute(&index).await?;
            }
        }
        for extension in self.extensions {
            for column in extension.add_columns() {
                tx.execute(&column).await?;
            }
            for index in extension.create_indexes() {
                tx.execute(&index).await?;
            }
        }
        let note = Query::insert()
            .into_table(TABLE)
            .columns(["id", "checksum", "applied_at"])
            .values_panic([
                Expr::val(self.id),
                Expr::val(self.checksum()),
                Expr::val(now.as_millis()),
            ])
            .to_owned();
        tx.execute(&note).await?;
        Ok(())
    }
}

/// Serialises servers that start at the same time; any constant will do.
const ADVISORY_LOCK: &str = "SELECT pg_advisory_xact_lock(7306372648451)";

/// Applies what is missing up to the migration `newest` (`None`: all of
/// them), all or nothing, and returns what was applied.
pub(crate) async fn migrate(
    db: &DatabaseConnection,
    now: Timestamp,
    newest: Option<&str>,
) -> Result<Vec<&'static str>, ConnectError> {
    let tx = begin(db).await?;
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared(ADVISORY_LOCK).await.map_err(StoreError::from)?;
    }
    let applied = applied(&tx).await?;
    check(MIGRATIONS, &applied)?;
    let mut done = Vec::new();
    for migration in MIGRATIONS.iter().take(until(newest)).skip(applied.len()) {
        migration.apply(&tx, now).await?;
        done.push(migration.id);
    }
    tx.commit().await.map_err(StoreError::from)?;
    Ok(done)
}

/// What has been applied must be the beginning of what is known.
fn check(known: &[Migration], applied: &[(String, String)]) -> Result<(), ConnectError> {
    for (id, checksum) in applied {
        let migration = id.clone();
        match known.iter().find(|known| known.id == id) {
            None => return Err(ConnectError::NewerDatabase { migration }),
            Some(known) if known.checksum() != *checksum => {
                let (found, expected) = (checksum.clone(), known.checksum());
                return Err(ConnectError::ChangedMigration { migration, found, expected });
            }
            Some(_) => {}
        }
    }
    for (known, (id, _)) in known.iter().zip(applied) {
        if known.id != id {
            let (migration, later) = (known.id.to_owned(), id.clone());
            return Err(ConnectError::SkippedMigration { migration, later });
        }
    }
    Ok(())
}

async fn applied(tx: &impl ConnectionTrait) -> Result<Vec<(String, String)>, StoreError> {
    let table = Create::create()
        .table(TABLE)
        .if_not_exists()
        .col(ColumnDef::new("id").text().not_null().primary_key())
        .col(ColumnDef::new("checksum").text().not_null())
        .col(ColumnDef::new("applied_at").big_integer().not_null())
        .to_owned();
    tx.execute(&table).await?;
    let query = Query::select()
        .columns(["id", "checksum"])
        .from(TABLE)
        .order_by("id", Order::Asc)
        .to_owned();
    let rows = tx.query_all(&query).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("", "id")?, row.try_get("", "checksum")?)))
        .collect::<Result<_, sea_orm::DbErr>>()
        .map_err(StoreError::from)
}

#[cfg(test)]
mod tests {
    use super::schema::{index, int, uuid};
    use super::*;
    use sekisho_model::order::OrderState;
    use std::collections::BTreeSet;

    /// A line here is only ever added.
    #[test]
    fn released_migrations_never_change() {
        let pinned = [
            (
                "m20261122_020000_initial",
                "cd590b3578ca305cceff4c60f0a393a1dc8e60c5dac621b101549cfb71670fbc",
            ),
            (
                "m20261122_060000_rotation",
                "76871bbe1f57a699bf74522219c05720012dcddf48208159c87e45c65170f0bd",
            ),
            (
                "m20261122_061000_next_kek",
                "f2793bdb25ea83c9a7cdf37bc550993c942f368e4cfeadfe2c379888804e77a2",
            ),
            (
                "m20261122_070000_audit_heads",
                "767a2116bd01602890726b5eafbbb779751698d4a03f0947b1920e343e7e46d0",
            ),
            (
                "m20261122_091500_orders_by_resource",
                "aef933239b9b5ec13031cf5bfd3782a846ef4ec5686f9f9a5f9d934534276af9",
            ),
            (
                "m20261122_122000_access",
                "ac155a374407001989aa96bcc0775f113c488da4eeb1ced0e371bc9bce1bd857",
            ),
            (
                "m20261122_122000_agents",
                "a64a8a93cf9a5afdd672b6ed7678b941821bcce3da2c702991a4d83e3b3a9a31",
            ),
            (
                "m20261122_130000_sign_in",
                "5e0a33d22f02340b593b30c226af7858d6d3f19ad307dd6da2810a5133bd307f",
            ),
            (
                "m20261122_140000_passkeys",
                "6aa34a625195fc47698a148a1e2cffaecf65213c19f09e72ddf0965285058359",
            ),
            (
                "m20261122_153500_mail",
                "4b4dfb39ec67f5f0d5afd5e4c08336815c2e46cae6bcb8a71760d78502c3ab7f",
            ),
            (
                "m20261122_154000_identities",
                "e89ee586b88107087c3ba2256a2296eb7ade29d12f77c10850c6bf3d95e98bea",
            ),
            (
                "m20261122_155000_default_views",
                "a4b69755e413f18b3312dd4c9564de22c7976cdd569860c8d5a93a64ff7317d1",
            ),
            (
                "m20261122_160000_first_run",
                "cc8d9dd758859cd62f9959a827870adb7c0406f1897db7b7614774fd9f5fe6da",
            ),
            (
                "m20261122_224500_certificate_warned",
                "eafcb40f7e33c83203c8bfbb6a5c646f2f734dd8cbabde7cd0baf6ee42d63181",
            ),
            (
                "m20261122_225000_gateways",
                "447a48ff72230298ab14054028e3f828919a887a5ad35cc5618b081ed2d31add",
            ),
            (
                "m20261122_231500_enrolment_uses",
                "048ab661d1b6f6401836dfe6eb5c0c952f0f7387beb3077a130b74e2745c2dba",
            ),
        ];
        let found: Vec<_> = MIGRATIONS.iter().map(|one| (one.id, one.checksum())).collect();
        let found: Vec<_> = found.iter().map(|(id, checksum)| (*id, checksum.as_str())).collect();
        assert_eq!(found, pinned, "a migration changed: write a new one instead");
        assert!(found.is_sorted_by_key(|(id, _)| *id), "the newest stands last");
    }

    #[test]
    fn names_are_unique_and_references_point_back() {
        let mut names = BTreeSet::new();
        let mut columns = BTreeSet::new();
        for migration in MIGRATIONS {
            let new = migration.tables.iter().map(|one| (one.name, one.columns, true));
            let more = migration.extensions.iter().map(|one| (one.table, one.columns, false));
            for (table, added, is_new) in new.chain(more) {
                assert_eq!(names.insert(table), is_new, "{table}");
                for column in added {
                    assert!(columns.insert((table, column.name)), "{table}.{}", column.name);
                    let to = column.references.map_or(table, |(other, _)| other);
                    assert!(names.contains(to), "{table}.{} refers forward", column.name);
                    assert!(is_new || column.can_be_added(), "{table}.{}", column.name);
                }
            }
        }
        for (table, index) in indexes() {
            assert!(names.insert(index.name), "{}", index.name);
            for column in index.columns {
                assert!(columns.contains(&(table, column)), "{}: {column}", index.name);
            }
        }
    }

    const STEP: Migration = Migration {
        id: "m20261122_030000_step",
        tables: &[],
        extensions: &[Extension {
            table: "site",
            columns: &[int("added").or("7"), uuid("added_chain").null().refers_to("audit_chains")],
            indexes: &[index("site_added", &["added"])],
        }],
    };

    fn row(migration: &Migration) -> (String, String) {
        (migration.id.to_owned(), migration.checksum())
    }

    #[test]
    fn what_is_applied_must_be_the_beginning_of_what_is_known() {
        let [first, second] = [&MIGRATIONS[0], &STEP];
        let two =
            [Migration { id: first.id, tables: first.tables, extensions: first.extensions }, STEP];
        assert_eq!(check(&two, &[]), Ok(()));
        assert_eq!(check(&two, &[row(first)]), Ok(()));
        assert_eq!(check(&two, &[row(first), row(second)]), Ok(()));
        let newer = check(&two[..1], &[row(first), row(second)]).expect_err("newer");
        assert!(newer.to_string().contains("has m20261122_030000_step"), "{newer}");
        let skipped = check(&two, &[row(second)]).expect_err("one is missing");
        assert!(skipped.to_string().contains("lacks m20261122_020000_initial"), "{skipped}");
        let changed = check(&two, &[(first.id.to_owned(), "abc".to_owned())]);
        let changed = changed.expect_err("another checksum").to_string();
        assert!(changed.contains(&first.checksum()) && changed.contains("abc"), "{changed}");
    }

    /// The checksum is of what is done, so each part of it counts.
    #[test]
    fn every_part_of_an_extension_is_in_its_checksum() {
        let text = STEP.extensions[0].to_string();
        assert_eq!(
            text,
            "extend site\ncolumn added integer or 7\ncolumn added_chain uuid null to \
             audit_chains.id\nindex site_added added every row\n"
        );
    }

    #[tokio::test]
    async fn columns_are_added_to_tables_with_rows() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .foreign_keys(true);
        let pool = sqlx::SqlitePool::connect_with(options).await.expect("opens");
        let db = DatabaseConnection::from(pool);
        migrate(&db, Timestamp::EPOCH, None).await.expect("migrates");
        let rows = "INSERT INTO audit_chains VALUES (x'01', 0, x'00', 0); \
                    INSERT INTO site (\"only\", id, node_chain, created_at) VALUES (1, x'01', x'01', 0)";
        db.execute_unprepared(rows).await.expect("inserts");

        STEP.apply(&db, Timestamp::EPOCH).await.expect("applies");

        let added = "SELECT 1 FROM site WHERE added = 7 AND added_chain IS NULL";
        let found = db.query_one_raw(sea_orm::Statement::from_string(DbBackend::Sqlite, added));
        assert!(found.await.expect("reads").is_some());
        let nowhere = db.execute_unprepared("UPDATE site SET added_chain = x'02'").await;
        let error = nowhere.expect_err("the reference is kept").to_string();
        assert!(error.contains("FOREIGN KEY"), "{error}");
    }

    /// A copy writes tables in this order, and rows by their key.
    #[test]
    fn every_table_stands_after_those_it_refers_to() {
        let mut seen = BTreeSet::new();
        for layout in layouts(None) {
            for column in &layout.columns {
                if let Some((to, _)) = column.references {
                    assert!(seen.contains(to), "{}.{} to {to}", layout.name, column.name);
                }
            }
            seen.insert(layout.name);
        }
        assert_eq!(seen.len(), tables().count());
        assert!(layouts(Some("m19990101_000000_never")).is_empty());
    }

    /// RST-3: the partial index must name exactly the states that are open.
    #[test]
    fn the_open_reset_index_knows_every_open_state() {
        let (_, index) = indexes()
            .find(|(_, index)| index.unique == Some(crate::Unique::OpenReset))
            .expect("the index exists");
        let only = index.only.expect("it is partial");
        for state in OrderState::ALL {
            assert_eq!(only.contains(&format!("'{state}'")), !state.is_terminal(), "{state}");
        }
    }
}
