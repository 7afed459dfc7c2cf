//! Tables as data.

use std::fmt;

use sea_orm::sea_query::{
    ColumnDef, ConditionalStatement, Expr, ForeignKey, ForeignKeyAction, Index as CreateIndex,
    IndexCreateStatement, Table as Create, TableAlterStatement, TableCreateStatement,
};

use crate::error::Unique;

/// A table with its keys and indexes.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// The primary key.
    pub(crate) key: &'static [&'static str],
    pub(crate) columns: &'static [Column],
    pub(crate) indexes: &'static [Index],
}

/// Columns and indexes that a later migration adds to a table there is.
pub(crate) struct Extension {
    pub(crate) table: &'static str,
    /// Each may be null or has a default, for the rows that are there.
    pub(crate) columns: &'static [Column],
    pub(crate) indexes: &'static [Index],
}

/// A column; `NOT NULL` unless said otherwise.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    null: bool,
    /// What rows get that were there before the column.
    default: Option<&'static str>,
    /// Table and column; deleting the row referred to is refused.
    pub(crate) references: Option<(&'static str, &'static str)>,
}

/// The column types, chosen to behave alike on both databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Uuid,
    Integer,
    Text,
    Blob,
    Flag,
}

/// An index.
pub(crate) struct Index {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [&'static str],
    /// The rule it keeps, if it is unique.
    pub(crate) unique: Option<Unique>,
    /// The rows it covers, in SQL that both databases read alike.
    pub(crate) only: Option<&'static str>,
}

pub(super) const fn uuid(name: &'static str) -> Column {
    Column::new(name, Kind::Uuid)
}

pub(super) const fn int(name: &'static str) -> Column {
    Column::new(name, Kind::Integer)
}

pub(super) const fn text(name: &'static str) -> Column {
    Column::new(name, Kind::Text)
}

pub(super) const fn blob(name: &'static str) -> Column {
    Column::new(name, Kind::Blob)
}

pub(super) const fn flag(name: &'static str) -> Column {
    Column::new(name, Kind::Flag)
}

pub(super) const fn index(name: &'static str, columns: &'static [&'static str]) -> Index {
    Index { name, columns, unique: None, only: None }
}

impl Column {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, null: false, default: None, references: None }
    }

    pub(super) const fn null(self) -> Self {
        Self { null: true, ..self }
    }

    /// Gives the rows that are there a value: SQL that both databases read
    /// alike, `0` or `'word'`.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the migrations to come"))]
    pub(super) const fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    /// Refers to the `id` of another table.
    pub(super) const fn refers_to(self, table: &'static str) -> Self {
        self.refers_to_key(table, "id")
    }

    pub(super) const fn refers_to_key(self, table: &'static str, column: &'static str) -> Self {
        Self { references: Some((table, column)), ..self }
    }

    fn definition(&self) -> ColumnDef {
        let mut definition = ColumnDef::new(self.name);
        match self.kind {
            Kind::Uuid => definition.uuid(),
            Kind::Integer => definition.big_integer(),
            Kind::Text => definition.text(),
            Kind::Blob => definition.blob(),
            Kind::Flag => definition.boolean(),
        };
        if self.null {
            definition.null()
        } else {
            definition.not_null()
        };
        if let Some(default) = self.default {
            definition.default(Expr::cust(default));
        }
        definition
    }

    fn constraint(&self, table: &str) -> String {
        format!("{table}_{}_fkey", self.name)
    }

    /// Whether a table with rows can be given it.
    #[cfg(test)]
    pub(super) const fn can_be_added(&self) -> bool {
        self.null || self.default.is_some()
    }
}

impl Index {
    pub(super) const fn unique(self, rule: Unique) -> Self {
        Self { unique: Some(rule), ..self }
    }

    pub(super) const fn only(self, rows: &'static str) -> Self {
        Self { only: Some(rows), ..self }
    }

    fn create(&self, table: &'static str) -> IndexCreateStatement {
        let mut create = CreateIndex::create();
        create.name(self.name).table(table);
        for column in self.columns {
            create.col(*column);
        }
        if self.unique.is_some() {
            create.unique();
        }
        if let Some(only) = self.only {
            create.and_where(Expr::cust(only));
        }
        create
    }
}

impl Table {
    pub(super) fn create(&self) -> TableCreateStatement {
        let mut create = Create::create();
        create.table(self.name);
        for column in self.columns {
            create.col(column.definition());
        }
        let mut key = CreateIndex::create();
        for column in self.key {
            key.col(*column);
        }
        create.primary_key(&mut key);
        for column in self.columns {
            if let Some((table, other)) = column.references {
                create.foreign_key(
                    ForeignKey::create()
                        .name(column.constraint(self.name))
                        .from(self.name, column.name)
                        .to(table, other)
                        .on_delete(ForeignKeyAction::Restrict),
                );
            }
        }
        create
    }

    pub(super) fn create_indexes(&self) -> impl Iterator<Item = IndexCreateStatement> {
        self.indexes.iter().map(|index| index.create(self.name))
    }
}

impl Extension {
    /// One statement for each column: SQLite takes no more at once.
    pub(super) fn add_columns(&self) -> impl Iterator<Item = TableAlterStatement> {
        self.columns.iter().map(|column| {
            let mut definition = column.definition();
            if let Some((table, other)) = column.references {
                let name = column.constraint(self.table);
                definition.extra(format!(
                    r#"CONSTRAINT "{name}" REFERENCES "{table}" ("{other}") ON DELETE RESTRICT"#
                ));
            }
            Create::alter().table(self.table).add_column(definition).to_owned()
        })
    }

    pub(super) fn create_indexes(&self) -> impl Iterator<Item = IndexCreateStatement> {
        self.indexes.iter().map(|index| index.create(self.table))
    }
}

impl fmt::Display for Table {
    /// The description that checksums are made of. Changing its format would
    /// make every database look altered.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "table {} key {}", self.name, self.key.join(","))?;
        describe(f, self.columns, self.indexes)
    }
}

impl fmt::Display for Extension {
    /// As for [`Table`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "extend {}", self.table)?;
        describe(f, self.columns, self.indexes)
    }
}

fn describe(f: &mut fmt::Formatter<'_>, columns: &[Column], indexes: &[Index]) -> fmt::Result {
    for column in columns {
        let kind = match column.kind {
            Kind::Uuid => "uuid",
            Kind::Integer => "integer",
            Kind::Text => "text",
            Kind::Blob => "blob",
            Kind::Flag => "flag",
        };
        let null = if column.null { " null" } else { "" };
        write!(f, "column {} {kind}{null}", column.name)?;
        if let Some(default) = column.default {
            write!(f, " or {default}")?;
        }
        if let Some((table, other)) = column.references {
            write!(f, " to {table}.{other}")?;
        }
        writeln!(f)?;
    }
    for index in indexes {
        let unique = if index.unique.is_some() { " unique" } else { "" };
        let only = index.only.unwrap_or("every row");
        writeln!(f, "index {} {}{unique} {only}", index.name, index.columns.join(","))?;
    }
    Ok(())
}
