//! Reading every row, and writing rows as they are.

use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use super::Shape;
use super::value::{Row, TableSum, Value};
use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::migrations::schema::Kind;
use crate::unit_of_work::UnitOfWork;

/// Rows read at a time. Memory stays bounded whatever the table holds.
pub const PAGE: u64 = 200;

/// Rows as they are, without their meaning.
pub struct Rows<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Rows<'_, A> {
    /// How many rows a table has.
    pub async fn count(&self, shape: &Shape) -> Result<u64, StoreError> {
        let query = Query::select().expr(Expr::cust("count(*)")).from(shape.name).to_owned();
        let row = self.at.db().query_one(&query).await?;
        let row = row.ok_or_else(|| StoreError::internal("count(*) gave no row"))?;
        let count: i64 = row.try_get_by_index(0)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// The rows after a row, in the order of the key, at most [`PAGE`].
    pub async fn page(&self, shape: &Shape, after: Option<&Row>) -> Result<Vec<Row>, StoreError> {
        let mut query = Query::select();
        query.columns(shape.columns()).from(shape.name).limit(PAGE);
        for place in &shape.key {
            query.order_by(shape.columns[*place].0, Order::Asc);
        }
        if let Some(after) = after {
            let key = |place: &usize| Expr::col(shape.columns[*place].0);
            let value =
                |place: &usize| Expr::value(after.0[*place].to_sql(shape.columns[*place].1));
            query.and_where(
                Expr::tuple(shape.key.iter().map(key)).gt(Expr::tuple(shape.key.iter().map(value))),
            );
        }
        let rows = self.at.db().query_all(&query).await?;
        rows.iter().map(|row| read(shape, row)).collect()
    }

    /// The sum over every row of a table.
    pub async fn sum(&self, shape: &Shape) -> Result<TableSum, StoreError> {
        let mut sum = TableSum::default();
        let mut last: Option<Row> = None;
        loop {
            let page = self.page(shape, last.as_ref()).await?;
            page.iter().for_each(|row| sum.add(&row.encode()));
            if (page.len() as u64) < PAGE {
                return Ok(sum);
            }
            last = page.into_iter().next_back();
        }
    }
}

impl Rows<'_, UnitOfWork> {
    /// Writes rows as they are; the tables they refer to must have theirs.
    ///
    /// # Errors
    /// When a row has another shape, exists already, or refers to one that
    /// does not.
    pub async fn insert(&self, shape: &Shape, rows: &[Row]) -> Result<(), StoreError> {
        // SQLite takes 32,766 values in a statement, PostgreSQL 65,535.
        const VALUES: usize = 8_000;
        for part in rows.chunks((VALUES / shape.columns.len().max(1)).max(1)) {
            let mut insert = Query::insert();
            insert.into_table(shape.name).columns(shape.columns());
            for row in part {
                shape.check(row).map_err(|problem| {
                    StoreError::internal(format_args!("table {}: {problem}", shape.name))
                })?;
                let values = row.0.iter().zip(&shape.columns);
                insert.values_panic(
                    values.map(|(value, column)| Expr::value(value.to_sql(column.1))),
                );
            }
            self.at.db().execute(&insert).await?;
        }
        Ok(())
    }

    /// Removes every row of a table; those that refer to it must be gone.
    pub async fn clear(&self, shape: &Shape) -> Result<(), StoreError> {
        let delete = Query::delete().from_table(shape.name).to_owned();
        self.at.db().execute(&delete).await?;
        Ok(())
    }
}

fn read(shape: &Shape, row: &QueryResult) -> Result<Row, StoreError> {
    let mut values = Vec::with_capacity(shape.columns.len());
    for (place, (_, kind)) in shape.columns.iter().enumerate() {
        let value = match kind {
            Kind::Uuid => row
                .try_get_by_index::<Option<Uuid>>(place)?
                .map(|uuid| Value::Uuid(uuid.into_bytes())),
            Kind::Integer => row.try_get_by_index::<Option<i64>>(place)?.map(Value::Int),
            Kind::Text => row.try_get_by_index::<Option<String>>(place)?.map(Value::Text),
            Kind::Blob => row.try_get_by_index::<Option<Vec<u8>>>(place)?.map(Value::Blob),
            Kind::Flag => row.try_get_by_index::<Option<bool>>(place)?.map(Value::Flag),
        };
        values.push(value.unwrap_or(Value::Null));
    }
    Ok(Row(values))
}
