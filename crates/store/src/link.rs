//! What statements run on: a pool, or a transaction that remembers failures.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, RuntimeErr, Statement,
};

use crate::error::StoreError;

/// A transaction that cannot be committed once a statement in it failed.
///
/// PostgreSQL refuses everything after a failure but answers the COMMIT with
/// success and rolls back; SQLite would commit the half that worked. Here
/// both do the same: nothing is stored, and the commit says so.
#[derive(Debug)]
pub(crate) struct Transaction {
    inner: DatabaseTransaction,
    limit: Duration,
    failed: AtomicBool,
}

/// Waits no longer than the limit: a database that is cut off says nothing.
pub(crate) async fn within<T>(
    limit: Duration,
    statement: impl Future<Output = Result<T, DbErr>>,
) -> Result<T, DbErr> {
    tokio::time::timeout(limit, statement).await.unwrap_or_else(|_| {
        let text = format!("the database did not answer within {} ms", limit.as_millis());
        let error = std::io::Error::new(std::io::ErrorKind::TimedOut, text);
        Err(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(sqlx::Error::Io(error)))))
    })
}

impl Transaction {
    pub(crate) const fn new(inner: DatabaseTransaction, limit: Duration) -> Self {
        Self { inner, limit, failed: AtomicBool::new(false) }
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let limit = self.limit;
        within(limit, self.inner.commit()).await.map_err(StoreError::of_commit)
    }

    pub(crate) async fn rollback(self) -> Result<(), DbErr> {
        let limit = self.limit;
        within(limit, self.inner.rollback()).await
    }

    fn note<T>(&self, result: Result<T, DbErr>) -> Result<T, DbErr> {
        if result.is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
        result
    }
}

/// Where a repository's statements go.
#[derive(Clone, Copy, Debug)]
pub enum Link<'a> {
    /// Any free connection, each statement by itself.
    #[doc(hidden)]
    Pool(&'a DatabaseConnection, Duration),
    /// One transaction.
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "the enum itself is not reachable from outside")]
    Transaction(&'a Transaction),
}

#[async_trait::async_trait]
impl ConnectionTrait for Link<'_> {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Pool(pool, _) => pool.get_database_backend(),
            Self::Transaction(tx) => tx.inner.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pool(pool, limit) => within(*limit, pool.execute_raw(statement)).await,
            Self::Transaction(tx) => {
                tx.note(within(tx.limit, tx.inner.execute_raw(statement)).await)
            }
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pool(pool, limit) => within(*limit, pool.execute_unprepared(sql)).await,
            Self::Transaction(tx) => {
                tx.note(within(tx.limit, tx.inner.execute_unprepared(sql)).await)
            }
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Pool(pool, limit) => within(*limit, pool.query_one_raw(statement)).await,
            Self::Transaction(tx) => {
                tx.note(within(tx.limit, tx.inner.query_one_raw(statement)).await)
            }
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Pool(pool, limit) => within(*limit, pool.query_all_raw(statement)).await,
            Self::Transaction(tx) => {
                tx.note(within(tx.limit, tx.inner.query_all_raw(statement)).await)
            }
        }
    }
}
