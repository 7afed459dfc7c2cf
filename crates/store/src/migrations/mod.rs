//! Forward-only migrations, the same ones on both databases.
//!
//! A migration is data: the tables it adds. Its SQL and its checksum are both
//! derived from that data, so that neither can drift from the other. What has
//! been applied is in `schema_migrations`; a database with a migration this
//! binary does not know comes from a newer version and is refused.

mod m20261122_020000_initial;
pub(crate) mod schema;

use sea_orm::sea_query::{ColumnDef, Expr, Order, Query, Table as Create};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use sekisho_model::Timestamp;
use sha2::{Digest, Sha256};

use crate::connect::ConnectError;
use crate::error::StoreError;
use crate::unit_of_work::begin;
use schema::Table;

/// One step forward.
struct Migration {
    /// `m`, the UTC time it was written, what it does. Sorts by time.
    id: &'static str,
    /// The tables it adds, each after the ones it refers to.
    tables: &'static [Table],
}

/// Every migration, oldest first. Released ones never change.
const MIGRATIONS: &[Migration] =
    &[Migration { id: "m20261122_020000_initial", tables: m20261122_020000_initial::TABLES }];

/// Every table there is, for the names of its rules.
pub(crate) fn tables() -> impl Iterator<Item = &'static Table> {
    MIGRATIONS.iter().flat_map(|migration| migration.tables)
}

impl Migration {
    fn checksum(&self) -> String {
        let mut digest = Sha256::new();
        for table in self.tables {
            digest.update(table.to_string());
        }
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Serialises servers that start at the same time; any constant will do.
const ADVISORY_LOCK: &str = "SELECT pg_advisory_xact_lock(7306372648451)";

/// Applies what is missing, all or nothing, and returns what was applied.
pub(crate) async fn migrate(
    db: &DatabaseConnection,
    now: Timestamp,
) -> Result<Vec<&'static str>, ConnectError> {
    let tx = begin(db).await?;
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared(ADVISORY_LOCK).await.map_err(StoreError::from)?;
    }
    let applied = applied(&tx).await?;
    for (position, (id, checksum)) in applied.iter().enumerate() {
        match MIGRATIONS.get(position) {
            Some(known) if known.id == *id && known.checksum() == *checksum => {}
            Some(known) if known.id == *id => {
                return Err(ConnectError::ChangedMigration { migration: id.clone() });
            }
            Some(_) | None => {
                return Err(ConnectError::NewerDatabase { migration: id.clone() });
            }
        }
    }
    let mut done = Vec::new();
    for migration in MIGRATIONS.iter().skip(applied.len()) {
        for table in migration.tables {
            tx.execute(&table.create()).await.map_err(StoreError::from)?;
            for index in table.create_indexes() {
                tx.execute(&index).await.map_err(StoreError::from)?;
            }
        }
        let note = Query::insert()
            .into_table("schema_migrations")
            .columns(["id", "checksum", "applied_at"])
            .values_panic([
                Expr::val(migration.id),
                Expr::val(migration.checksum()),
                Expr::val(now.as_millis()),
            ])
            .to_owned();
        tx.execute(&note).await.map_err(StoreError::from)?;
        done.push(migration.id);
    }
    tx.commit().await.map_err(StoreError::from)?;
    Ok(done)
}

async fn applied(tx: &impl ConnectionTrait) -> Result<Vec<(String, String)>, StoreError> {
    let table = Create::create()
        .table("schema_migrations")
        .if_not_exists()
        .col(ColumnDef::new("id").text().not_null().primary_key())
        .col(ColumnDef::new("checksum").text().not_null())
        .col(ColumnDef::new("applied_at").big_integer().not_null())
        .to_owned();
    tx.execute(&table).await?;
    let query = Query::select()
        .columns(["id", "checksum"])
        .from("schema_migrations")
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
    use super::*;
    use sekisho_model::order::OrderState;
    use std::collections::BTreeSet;

    #[test]
    fn released_migrations_never_change() {
        let checksums: Vec<_> = MIGRATIONS.iter().map(|one| (one.id, one.checksum())).collect();
        // The first one may change until the first release; after that a line
        // here is only ever added.
        assert_eq!(checksums[0].0, "m20261122_020000_initial");
        assert!(checksums.is_sorted());
    }

    #[test]
    fn names_are_unique_and_references_point_back() {
        let mut names = BTreeSet::new();
        let mut seen = BTreeSet::new();
        for table in tables() {
            assert!(names.insert(table.name), "{}", table.name);
            seen.insert(table.name);
            for column in table.columns {
                if let Some((other, _)) = column.references {
                    assert!(seen.contains(other), "{}.{} refers forward", table.name, column.name);
                }
            }
            for index in table.indexes {
                assert!(names.insert(index.name), "{}", index.name);
                assert!(index.columns.iter().all(|c| table.columns.iter().any(|d| d.name == *c)));
            }
        }
    }

    /// RST-3: the partial index must name exactly the states that are open.
    #[test]
    fn the_open_reset_index_knows_every_open_state() {
        let index = tables()
            .flat_map(|table| table.indexes)
            .find(|index| index.unique == Some(crate::Unique::OpenReset))
            .expect("the index exists");
        let only = index.only.expect("it is partial");
        for state in OrderState::ALL {
            assert_eq!(only.contains(&format!("'{state}'")), !state.is_terminal(), "{state}");
        }
    }
}
