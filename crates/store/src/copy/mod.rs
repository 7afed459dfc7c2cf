//! Whole databases as rows: for backups, and for moving between databases.
//!
//! A [`Snapshot`](crate::Snapshot) or a [`Frozen`] database gives every row of
//! every table as a [`Row`], which is the same whatever the database is. A
//! unit of work writes rows into the empty tables of another. A [`TableSum`]
//! says whether two tables hold the same rows.
//!
//! [`shapes`] lists the tables, each after those it refers to. It is derived
//! from the migrations, so that a table cannot be forgotten.

mod frozen;
mod rows;
mod target;
mod value;

use crate::migrations;
use crate::migrations::schema::Kind;

pub use frozen::Frozen;
pub(crate) use frozen::REFUSAL;
pub use rows::{PAGE, Rows};
pub(crate) use target::examine;
pub use target::{Found, Relocation};
pub use value::{InvalidRow, MAX_VALUE_BYTES, Row, TableSum, Value};

/// A table as a copy sees it: its name, its columns in order, its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    name: &'static str,
    columns: Vec<(&'static str, Kind)>,
    /// Positions in `columns`.
    key: Vec<usize>,
}

impl Shape {
    /// The table.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The columns, in the order of a row's values.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.columns.iter().map(|(name, _)| *name)
    }

    /// Where a column stands in a row.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|(name, _)| *name == column)
    }

    /// Whether a row has this shape.
    ///
    /// # Errors
    /// Names the column that has another kind of value.
    pub fn check(&self, row: &Row) -> Result<(), InvalidRow> {
        if row.0.len() != self.columns.len() {
            return Err(InvalidRow::Columns { found: row.0.len(), expected: self.columns.len() });
        }
        for ((column, kind), value) in self.columns.iter().zip(&row.0) {
            if !value.fits(*kind) {
                return Err(InvalidRow::Kind { column });
            }
        }
        Ok(())
    }
}

/// The tables of the schema after the migration `newest` (`None`: after all),
/// each after those it refers to. Empty when there is no such migration.
pub fn shapes(newest: Option<&str>) -> Vec<Shape> {
    migrations::layouts(newest)
        .into_iter()
        .map(|table| {
            let columns: Vec<_> = table.columns.iter().map(|one| (one.name, one.kind)).collect();
            let place = |key: &&str| columns.iter().position(|(name, _)| name == key);
            let key = table.key.iter().filter_map(place).collect();
            Shape { name: table.name, columns, key }
        })
        .collect()
}

/// Every migration of this program with its checksum, oldest first.
pub fn migrations() -> Vec<(&'static str, String)> {
    migrations::known()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_a_shape_with_its_key() {
        let shapes = shapes(None);
        assert_eq!(shapes.len(), migrations::tables().count());
        for shape in &shapes {
            assert!(!shape.key.is_empty(), "{}", shape.name);
        }
        assert!(super::shapes(Some("m19990101_000000_never")).is_empty());
    }
}
