//! The database that rows are written to, and the note that keeps servers
//! away from one that is not finished, or not used any more.

use std::collections::BTreeSet;

use sea_orm::sea_query::{ColumnDef, Expr, Query, Table as Create};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sekisho_model::Timestamp;

use crate::access::sealed::Connected as _;
use crate::connect::ConnectError;
use crate::error::StoreError;
use crate::migrations;
use crate::unit_of_work::UnitOfWork;

/// The table that exists only in a database no server may use.
pub(super) const NOTE: &str = "relocation";

/// Why no server may use a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relocation {
    /// Its site lives in another database now.
    Moved {
        /// Where to, without a password.
        to: String,
        /// When.
        at: Timestamp,
    },
    /// It is being filled from another database.
    Unfinished {
        /// Where from, without a password.
        from: String,
        /// Since when.
        at: Timestamp,
    },
}

/// What a database that is to be filled holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Empty,
    /// What an interrupted copy left.
    Unfinished {
        /// Where it came from.
        from: String,
    },
}

impl Relocation {
    /// The note, if the database has one.
    pub(crate) async fn find(db: &impl ConnectionTrait) -> Result<Option<Self>, StoreError> {
        if !tables(db).await?.contains(NOTE) {
            return Ok(None);
        }
        let query = Query::select().columns(["state", "other", "at"]).from(NOTE).to_owned();
        let Some(row) = db.query_one(&query).await? else { return Ok(None) };
        let other: String = row.try_get("", "other")?;
        let at = Timestamp::from_millis(row.try_get("", "at")?);
        let state: String = row.try_get("", "state")?;
        match state.as_str() {
            "moved" => Ok(Some(Self::Moved { to: other, at })),
            "unfinished" => Ok(Some(Self::Unfinished { from: other, at })),
            _ => Err(StoreError::corrupt(NOTE, "state", &1, state)),
        }
    }

    pub(super) async fn write(&self, db: &impl ConnectionTrait) -> Result<(), StoreError> {
        let table = Create::create()
            .table(NOTE)
            .if_not_exists()
            .col(ColumnDef::new("state").text().not_null())
            .col(ColumnDef::new("other").text().not_null())
            .col(ColumnDef::new("at").big_integer().not_null())
            .to_owned();
        db.execute(&table).await?;
        let (state, other, at) = match self {
            Self::Moved { to, at } => ("moved", to, at),
            Self::Unfinished { from, at } => ("unfinished", from, at),
        };
        db.execute(&Query::delete().from_table(NOTE).to_owned()).await?;
        let insert = Query::insert()
            .into_table(NOTE)
            .columns(["state", "other", "at"])
            .values_panic([
                Expr::value(state),
                Expr::value(other.clone()),
                Expr::value(at.as_millis()),
            ])
            .to_owned();
        db.execute(&insert).await?;
        Ok(())
    }
}

impl UnitOfWork {
    /// Notes that no server may use this database until it is finished.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_unfinished(&self, from: &str) -> Result<(), StoreError> {
        let note = Relocation::Unfinished { from: from.to_owned(), at: self.now() };
        note.write(&self.db()).await
    }

    /// Takes the note away: servers may use this database once this is
    /// committed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_finished(&self) -> Result<(), StoreError> {
        let drop = Create::drop().table(NOTE).if_exists().to_owned();
        self.db().execute(&drop).await?;
        Ok(())
    }
}

/// Refuses a database that holds anything but what an interrupted copy left.
pub(crate) async fn examine(db: &impl ConnectionTrait) -> Result<Found, ConnectError> {
    let present = tables(db).await?;
    let ours: BTreeSet<&str> = migrations::tables().map(|table| table.name).collect();
    let known = |name: &str| ours.contains(name) || name == NOTE || name == migrations::TABLE;
    if let Some(foreign) = present.iter().find(|name| !known(name)) {
        return Err(ConnectError::Foreign { table: foreign.clone() });
    }
    match Relocation::find(db).await? {
        Some(Relocation::Unfinished { from, .. }) => return Ok(Found::Unfinished { from }),
        Some(found @ Relocation::Moved { .. }) => return Err(ConnectError::Relocated(found)),
        None => {}
    }
    for table in present.iter().filter(|name| ours.contains(name.as_str())) {
        let one = Query::select().expr(Expr::val(1)).from(table.clone()).limit(1).to_owned();
        if db.query_one(&one).await.map_err(StoreError::from)?.is_some() {
            return Err(ConnectError::NotEmpty { table: table.clone() });
        }
    }
    Ok(Found::Empty)
}

/// The tables that are there, the database's own left out.
pub(super) async fn tables(db: &impl ConnectionTrait) -> Result<BTreeSet<String>, StoreError> {
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()"
        }
        _ => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        }
    };
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
}
