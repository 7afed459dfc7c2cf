//! Everything the vault has sealed, whatever table it stands in.

use sea_orm::sea_query::{Expr, ExprTrait, LockType, Order, Query};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::Blob;
use crate::unit_of_work::UnitOfWork;

/// A column of sealed values. Its table has the columns `id` and
/// `vault_key_version` beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SealedColumn {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub field: &'static str,
}

/// Every column that holds values sealed by the vault, those first that guard
/// the most. A test compares this with the schema.
pub const SEALED_COLUMNS: &[SealedColumn] = &[
    SealedColumn { table: "site_keys", field: "sealed_private" },
    SealedColumn { table: "enrolment_keys", field: "sealed_secret" },
    SealedColumn { table: "totp_factors", field: "sealed_secret" },
    SealedColumn { table: "server_certificates", field: "sealed_key" },
    SealedColumn { table: "device_sessions", field: "sealed_keys" },
    SealedColumn { table: "secret_versions", field: "sealed" },
];

const ID: &str = "id";
const VERSION: &str = "vault_key_version";

/// A sealed value where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedValue {
    /// The row's id.
    pub id: Uuid,
    /// The vault key that sealed it.
    pub version: i64,
    /// The value; `None` when it was forgotten and only the version is left.
    pub sealed: Option<Blob>,
}

/// How many values of a column a vault key has sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedCount {
    /// Where they stand.
    pub column: SealedColumn,
    /// The vault key.
    pub version: i64,
    /// How many; never 0.
    pub count: u64,
}

/// Everything the vault has sealed.
pub struct SealedValues<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> SealedValues<'_, A> {
    /// Counts all sealed values by column and vault key. Reads every row.
    pub async fn tally(&self) -> Result<Vec<SealedCount>, StoreError> {
        let db = self.at.db();
        let mut all = Vec::new();
        for column in SEALED_COLUMNS {
            let query = Query::select()
                .column(VERSION)
                .expr_as(Expr::col(ID).count(), "count")
                .from(column.table)
                .and_where(Expr::col(VERSION).is_not_null())
                .group_by_col(VERSION)
                .order_by(VERSION, Order::Asc)
                .to_owned();
            for row in db.query_all(&query).await? {
                let count: i64 = row.try_get("", "count")?;
                let version = row.try_get("", VERSION)?;
                let count = u64::try_from(count).unwrap_or_default();
                all.push(SealedCount { column: *column, version, count });
            }
        }
        Ok(all)
    }
}

impl SealedValues<'_, UnitOfWork> {
    /// Values of a column that an older vault key has sealed, in the order of
    /// their ids, after one; locked until this unit of work ends.
    pub async fn lock_older(
        &self,
        column: SealedColumn,
        than: i64,
        after: Option<Uuid>,
        limit: u64,
    ) -> Result<Vec<SealedValue>, StoreError> {
        let mut query = Query::select()
            .columns([ID, VERSION, column.field])
            .from(column.table)
            .and_where(Expr::col(VERSION).lt(than))
            .order_by(ID, Order::Asc)
            .limit(limit)
            .lock(LockType::Update)
            .to_owned();
        if let Some(after) = after {
            query.and_where(Expr::col(ID).gt(after));
        }
        let rows = self.at.db().query_all(&query).await?;
        let read = |row: &sea_orm::QueryResult| -> Result<SealedValue, DbErr> {
            let sealed: Option<Vec<u8>> = row.try_get("", column.field)?;
            Ok(SealedValue {
                id: row.try_get("", ID)?,
                version: row.try_get("", VERSION)?,
                sealed: sealed.map(Blob),
            })
        };
        rows.iter().map(read).collect::<Result<_, _>>().map_err(StoreError::from)
    }

    /// Replaces a value by the same one sealed with another vault key. Returns
    /// whether it was still sealed with the one that `old` names.
    pub async fn reseal(
        &self,
        column: SealedColumn,
        old: &SealedValue,
        sealed: Option<Blob>,
        version: i64,
    ) -> Result<bool, StoreError> {
        let update = Query::update()
            .table(column.table)
            .value(column.field, sealed.map(|blob| blob.0))
            .value(VERSION, version)
            .and_where(Expr::col(ID).eq(old.id))
            .and_where(Expr::col(VERSION).eq(old.version))
            .to_owned();
        Ok(self.at.db().execute(&update).await?.rows_affected() == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::columns;

    /// A column that holds something sealed and is not listed here would stay
    /// under a vault key that was rotated because it leaked.
    #[test]
    fn no_sealed_column_is_forgotten() {
        // Sealed to the recovery key, which no vault key opens.
        let not_by_the_vault = [SealedColumn { table: "escrows", field: "sealed" }];
        let all: Vec<_> = columns().collect();
        let of = |table: &str| {
            let table = table.to_owned();
            all.iter().filter(move |(other, _)| **other == *table)
        };
        let refers = |table: &str| {
            of(table).any(|(_, column)| column.references.is_some_and(|(to, _)| to == "vault_keys"))
        };
        let mut found = Vec::new();
        for (table, column) in &all {
            let here = SealedColumn { table, field: column.name };
            if column.name.starts_with("sealed") && !not_by_the_vault.contains(&here) {
                found.push(here);
                assert!(refers(table), "{here:?} does not say which vault key sealed it");
                let has = |name| of(table).any(|(_, column)| column.name == name);
                assert!(has(ID) && has(VERSION), "{here:?}");
            }
        }
        for (table, _) in &all {
            // A table that names a vault key holds something sealed, but for
            // the rings themselves.
            let sealed = found.iter().any(|column| column.table == *table);
            assert!(!refers(table) || sealed || *table == "next_vault_keys", "{table}");
        }
        let mut listed = SEALED_COLUMNS.to_vec();
        listed.sort();
        found.sort();
        assert_eq!(listed, found);
    }
}
