//! SQLite in memory, called directly: no thread, no file, one connection.
//!
//! The store's own code makes the statements; SQLite's own code keeps the
//! rules. What is left out is the driver in between and the disk below.
//! Everything of a case happens inside one outer transaction: rolling it back
//! gives the next case the same beginning, and statements stay prepared. A
//! backup is a savepoint in it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, Value as Stored, ValueRef};
use rusqlite::{Connection, ErrorCode};
use sea_orm::{
    DatabaseConnection, DatabaseConnectionType, DbBackend, DbErr, ExecResult, MockDatabase,
    MockDatabaseConnection, MockDatabaseTrait, MockExecResult, QueryResult, RuntimeErr, Statement,
    Transaction, Value,
};

use crate::power::Power;

/// A database in memory. Clones are the same database.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    inner: Arc<Mutex<Inner>>,
    power: Power,
}

#[derive(Debug)]
struct Inner {
    connection: Connection,
    in_transaction: bool,
    /// The teeth test's disk says that it synced, and did not: the beginning of
    /// this server's life is all that will be left, once there is one.
    lies: bool,
    in_life: bool,
    columns: BTreeMap<String, Arc<[Column]>>,
}

#[derive(Debug)]
struct Column {
    name: String,
    kind: Kind,
}

/// What SeaORM expects of a column.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Uuid,
    Integer,
    Count,
    Flag,
    Text,
    Blob,
}

impl Memory {
    /// A database that begins as this image of a file.
    pub(crate) fn new(image: &[u8], power: Power, lies: bool) -> Self {
        let mut connection = Connection::open_in_memory().expect("memory is there");
        connection.set_prepared_statement_cache_capacity(512);
        connection
            .deserialize_read_exact("main", image, image.len(), false)
            .expect("an image of a database");
        // A plan does not depend on what is bound: else each statement with a
        // bound LIMIT is prepared anew whenever it is used.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .expect("a switch of this SQLite");
        let inner = Inner {
            connection,
            in_transaction: false,
            lies,
            in_life: false,
            columns: BTreeMap::new(),
        };
        inner.run("PRAGMA foreign_keys = ON");
        inner.run("BEGIN");
        Self { inner: Arc::new(Mutex::new(inner)), power }
    }

    /// As it was at the beginning.
    pub(crate) fn reset(&self) {
        let mut inner = self.inner();
        inner.in_transaction = false;
        inner.in_life = false;
        inner.run("ROLLBACK");
        inner.run("BEGIN");
    }

    /// Remembers what there is now, while no server runs.
    pub(crate) fn keep(&self) {
        self.inner().run("SAVEPOINT kept");
    }

    /// Goes back to what was remembered last, while no server runs.
    pub(crate) fn go_back(&self) {
        self.inner().run("ROLLBACK TO kept");
    }

    /// The server died: what it had not committed is gone.
    pub(crate) fn lose_uncommitted(&self) {
        let mut inner = self.inner();
        inner.end_transaction();
        if std::mem::take(&mut inner.in_life) {
            inner.run("ROLLBACK TO life");
            inner.run("RELEASE life");
        }
    }

    /// A connection for the store of a server that begins.
    pub(crate) fn connection(&self) -> DatabaseConnection {
        {
            let mut inner = self.inner();
            if inner.lies && !inner.in_life {
                inner.run("SAVEPOINT life");
                inner.in_life = true;
            }
        }
        let connection = MockDatabaseConnection::new(self.clone());
        DatabaseConnectionType::MockDatabaseConnection(Arc::new(connection)).into()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no holder panics")
    }
}

type Row = BTreeMap<String, Value>;

impl Inner {
    fn end_transaction(&mut self) {
        if std::mem::take(&mut self.in_transaction) {
            self.run("ROLLBACK TO unit");
            self.run("RELEASE unit");
        }
    }

    fn run(&self, sql: &str) {
        let mut statement = self.connection.prepare_cached(sql).expect("a statement of ours");
        let mut rows = statement.raw_query();
        while rows.next().expect("a statement of ours").is_some() {}
    }

    fn query(&mut self, statement: &Statement) -> rusqlite::Result<Vec<Row>> {
        let Self { connection, columns, .. } = self;
        let mut prepared = connection.prepare_cached(&statement.sql)?;
        let shape = match columns.get(&statement.sql) {
            Some(shape) => shape.clone(),
            None => {
                let shape: Arc<[Column]> = prepared.columns().iter().map(Column::of).collect();
                columns.insert(statement.sql.clone(), shape.clone());
                shape
            }
        };
        bind(&mut prepared, statement)?;
        let mut rows = prepared.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let mut values = BTreeMap::new();
            for (index, column) in shape.iter().enumerate() {
                values.insert(column.name.clone(), column.kind.value(row.get_ref(index)?));
            }
            found.push(values);
        }
        Ok(found)
    }

    fn execute(&mut self, statement: &Statement) -> rusqlite::Result<u64> {
        let mut prepared = self.connection.prepare_cached(&statement.sql)?;
        bind(&mut prepared, statement)?;
        Ok(prepared.raw_execute()? as u64)
    }
}

impl Column {
    fn of(column: &rusqlite::Column<'_>) -> Self {
        let declared = column.decl_type().unwrap_or("count").to_ascii_lowercase();
        let kind = match declared.as_str() {
            "count" => Kind::Count,
            "blob" => Kind::Blob,
            "boolean" => Kind::Flag,
            "bigint" | "integer" => Kind::Integer,
            "text" => Kind::Text,
            uuid if uuid.contains("uuid") => Kind::Uuid,
            other => panic!("a column of the unknown type {other}"),
        };
        Self { name: column.name().to_owned(), kind }
    }
}

impl Kind {
    fn value(self, found: ValueRef<'_>) -> Value {
        match (self, found) {
            (_, ValueRef::Null) => Value::String(None),
            (Self::Uuid, ValueRef::Blob(bytes)) => {
                Value::Uuid(Some(sea_orm::prelude::Uuid::from_slice(bytes).expect("16 bytes")))
            }
            (Self::Integer, ValueRef::Integer(number)) => Value::BigInt(Some(number)),
            (Self::Count, ValueRef::Integer(number)) => {
                Value::Int(Some(i32::try_from(number).expect("few rows")))
            }
            (Self::Flag, ValueRef::Integer(number)) => Value::Bool(Some(number != 0)),
            (Self::Text, ValueRef::Text(text)) => {
                Value::String(Some(String::from_utf8(text.to_vec()).expect("text")))
            }
            (Self::Blob, ValueRef::Blob(bytes)) => Value::Bytes(Some(bytes.to_vec())),
            (kind, found) => panic!("a {:?} in a column of kind {kind:?}", found.data_type()),
        }
    }
}

fn bind(prepared: &mut rusqlite::Statement<'_>, statement: &Statement) -> rusqlite::Result<()> {
    let values = statement.values.iter().flat_map(|values| values.0.iter());
    for (index, value) in values.enumerate() {
        prepared.raw_bind_parameter(index + 1, output(value))?;
    }
    Ok(())
}

fn output(value: &Value) -> ToSqlOutput<'_> {
    fn null<'a, T>(
        value: &'a Option<T>,
        some: impl FnOnce(&'a T) -> ToSqlOutput<'a>,
    ) -> ToSqlOutput<'a> {
        value.as_ref().map_or(ToSqlOutput::Owned(Stored::Null), some)
    }
    let integer = |number: i64| ToSqlOutput::Owned(Stored::Integer(number));
    match value {
        Value::Bool(flag) => null(flag, |flag| integer(i64::from(*flag))),
        Value::Int(number) => null(number, |number| integer(i64::from(*number))),
        Value::BigInt(number) => null(number, |number| integer(*number)),
        Value::BigUnsigned(number) => {
            null(number, |number| integer(i64::try_from(*number).expect("a limit")))
        }
        Value::String(text) => {
            null(text, |text| ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())))
        }
        Value::Bytes(bytes) => {
            null(bytes, |bytes| ToSqlOutput::Borrowed(ValueRef::Blob(bytes.as_slice())))
        }
        Value::Uuid(id) => null(id, |id| ToSqlOutput::Borrowed(ValueRef::Blob(id.as_bytes()))),
        other => panic!("the store binds a value of another kind: {other:?}"),
    }
}

/// The power is off: whoever asks is about to be dropped, see [`Power::run`].
fn off() -> RuntimeErr {
    RuntimeErr::SqlxError(Arc::new(sqlx::Error::PoolClosed))
}

/// What is called a mock is only the door: SQLite answers.
impl MockDatabaseTrait for Memory {
    fn execute(&mut self, _: usize, statement: Statement) -> Result<ExecResult, DbErr> {
        if self.power.step() {
            return Err(DbErr::Exec(off()));
        }
        let changed = self.inner().execute(&statement);
        let rows_affected = changed.map_err(|error| DbErr::Exec(refusal(error)))?;
        let result = MockExecResult { last_insert_id: 0, rows_affected };
        MockDatabase::new(DbBackend::Sqlite).append_exec_results([result]).execute(0, statement)
    }

    fn query(&mut self, _: usize, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        if self.power.step() {
            return Err(DbErr::Query(off()));
        }
        let rows = self.inner().query(&statement);
        let rows = rows.map_err(|error| DbErr::Query(refusal(error)))?;
        MockDatabase::new(DbBackend::Sqlite).append_query_results([rows]).query(0, statement)
    }

    fn begin(&mut self) {
        if !self.power.step() {
            let mut inner = self.inner();
            assert!(!inner.in_transaction, "there is one writer");
            inner.run("SAVEPOINT unit");
            inner.in_transaction = true;
        }
    }

    fn commit(&mut self) {
        if !self.power.step() {
            let mut inner = self.inner();
            if std::mem::take(&mut inner.in_transaction) {
                inner.run("RELEASE unit");
            }
        }
        // From here on it is durable, and nobody was told yet.
        self.power.step();
    }

    fn rollback(&mut self) {
        self.inner().end_transaction();
    }

    fn drain_transaction_log(&mut self) -> Vec<Transaction> {
        Vec::new()
    }

    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    fn ping(&self) -> Result<(), DbErr> {
        Ok(())
    }
}

/// A refusal in the form in which the driver would have brought it.
fn refusal(error: rusqlite::Error) -> RuntimeErr {
    let (code, message) = match error {
        rusqlite::Error::SqliteFailure(error, message) => {
            (error.extended_code, message.unwrap_or_default())
        }
        other => (ErrorCode::Unknown as i32, other.to_string()),
    };
    let refusal: Box<dyn sqlx::error::DatabaseError> = Box::new(Refusal { code, message });
    RuntimeErr::SqlxError(Arc::new(sqlx::Error::Database(refusal)))
}

#[derive(Debug)]
struct Refusal {
    code: i32,
    message: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

impl sqlx::error::DatabaseError for Refusal {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<std::borrow::Cow<'_, str>> {
        Some(self.code.to_string().into())
    }

    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> sqlx::error::ErrorKind {
        sqlx::error::ErrorKind::Other
    }
}
