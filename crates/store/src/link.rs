//! What statements run on: a pool, or a transaction that remembers failures.

use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, Statement,
};

/// A transaction that cannot be committed once a statement in it failed.
///
/// PostgreSQL refuses everything after a failure but answers the COMMIT with
/// success and rolls back; SQLite would commit the half that worked. Here
/// both do the same: nothing is stored, and the commit says so.
#[derive(Debug)]
pub(crate) struct Transaction {
    inner: DatabaseTransaction,
    failed: AtomicBool,
}

impl Transaction {
    pub(crate) const fn new(inner: DatabaseTransaction) -> Self {
        Self { inner, failed: AtomicBool::new(false) }
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        self.inner.commit().await
    }

    pub(crate) async fn rollback(self) -> Result<(), DbErr> {
        self.inner.rollback().await
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
    Pool(&'a DatabaseConnection),
    /// One transaction.
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "the enum itself is not reachable from outside")]
    Transaction(&'a Transaction),
}

#[async_trait::async_trait]
impl ConnectionTrait for Link<'_> {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Pool(pool) => pool.get_database_backend(),
            Self::Transaction(tx) => tx.inner.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pool(pool) => pool.execute_raw(statement).await,
            Self::Transaction(tx) => tx.note(tx.inner.execute_raw(statement).await),
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pool(pool) => pool.execute_unprepared(sql).await,
            Self::Transaction(tx) => tx.note(tx.inner.execute_unprepared(sql).await),
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Pool(pool) => pool.query_one_raw(statement).await,
            Self::Transaction(tx) => tx.note(tx.inner.query_one_raw(statement).await),
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Pool(pool) => pool.query_all_raw(statement).await,
            Self::Transaction(tx) => tx.note(tx.inner.query_all_raw(statement).await),
        }
    }
}
