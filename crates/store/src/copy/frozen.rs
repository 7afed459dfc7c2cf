//! A database that nobody can change while it is copied.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend};
use sekisho_model::Timestamp;

use super::shapes;
use super::target::{Relocation, tables};
use crate::access::{Access, Store, sealed::Connected};
use crate::error::StoreError;
use crate::link::{Link, Transaction};
use crate::unit_of_work::begin;

/// A database whose rows cannot change: everybody can still read, whoever
/// wants to write waits and is then told that the database is unavailable.
/// Dropping it, or the end of the process, lets everybody write again.
#[derive(Debug)]
pub struct Frozen {
    tx: Transaction,
    moved: bool,
}

impl Connected for Frozen {
    fn db(&self) -> Link<'_> {
        Link::Transaction(&self.tx)
    }
}

impl Access for Frozen {}

impl Store {
    /// Whether the database was given up for another one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_moved(&self) -> Result<bool, StoreError> {
        Ok(matches!(Relocation::find(&self.reader.db).await?, Some(Relocation::Moved { .. })))
    }

    /// Holds off every writer: on SQLite by the write lock, on PostgreSQL by
    /// a lock on each table.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when writers did not make room in time; it
    /// may be tried again.
    pub async fn freeze(&self) -> Result<Frozen, StoreError> {
        let tx = begin(&self.writer).await?;
        if tx.get_database_backend() == DbBackend::Postgres {
            let names: Vec<_> =
                shapes(None).iter().map(|shape| format!("\"{}\"", shape.name())).collect();
            lock(&tx, &names.join(", ")).await?;
        }
        let moved = matches!(Relocation::find(&tx).await?, Some(Relocation::Moved { .. }));
        Ok(Frozen { tx: Transaction::new(tx, self.reader.limit), moved })
    }
}

/// EXCLUSIVE lets others read, but neither write nor lock rows.
async fn lock(tx: &DatabaseTransaction, names: &str) -> Result<(), StoreError> {
    tx.execute_unprepared(&format!("LOCK TABLE {names} IN EXCLUSIVE MODE")).await?;
    Ok(())
}

impl Frozen {
    /// Whether an earlier run has marked the database as moved.
    pub const fn is_moved(&self) -> bool {
        self.moved
    }

    /// Ends the database's life: no server starts on it any more, and one
    /// that runs on it can only read, whatever its version.
    ///
    /// # Errors
    /// When the database fails; everybody may write again then.
    pub async fn mark_moved(self, to: &str, at: Timestamp) -> Result<(), StoreError> {
        if !self.moved {
            let db = self.db();
            // The note is written first: the triggers guard it, too.
            Relocation::Moved { to: to.to_owned(), at }.write(&db).await?;
            let guarded = tables(&db).await?;
            match db.get_database_backend() {
                DbBackend::Postgres => guard_postgres(&db, guarded, to).await?,
                _ => guard_sqlite(&db, guarded, to).await?,
            }
        }
        self.tx.commit().await
    }
}

/// What a refused statement says. `error` knows its beginning.
pub(crate) const REFUSAL: &str = "this database was moved to ";

async fn guard_sqlite(
    db: &impl ConnectionTrait,
    tables: impl IntoIterator<Item = String>,
    to: &str,
) -> Result<(), StoreError> {
    let said = quoted(&format!("{REFUSAL}{to}"));
    for table in tables {
        for change in ["INSERT", "UPDATE", "DELETE"] {
            db.execute_unprepared(&format!(
                "CREATE TRIGGER \"moved_{table}_{change}\" BEFORE {change} ON \"{table}\" \
                 BEGIN SELECT RAISE(ABORT, {said}); END"
            ))
            .await?;
        }
    }
    Ok(())
}

async fn guard_postgres(
    db: &impl ConnectionTrait,
    tables: impl IntoIterator<Item = String>,
    to: &str,
) -> Result<(), StoreError> {
    let said = quoted(&format!("{REFUSAL}{to}"));
    // 57P03, cannot connect now: any client takes the database for
    // unavailable.
    db.execute_unprepared(&format!(
        "CREATE OR REPLACE FUNCTION sekisho_moved() RETURNS trigger LANGUAGE plpgsql AS \
         $moved$ BEGIN RAISE EXCEPTION USING MESSAGE = {said}, ERRCODE = '57P03'; END $moved$"
    ))
    .await?;
    for table in tables {
        db.execute_unprepared(&format!(
            "CREATE TRIGGER moved BEFORE INSERT OR UPDATE OR DELETE ON \"{table}\" \
             FOR EACH STATEMENT EXECUTE FUNCTION sekisho_moved()"
        ))
        .await?;
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    // The text becomes a part of SQL: of what is in an address, only quotes
    // and the dollars around the function's body could end it early.
    format!("'{}'", text.replace('\'', "''").replace('$', "?"))
}
