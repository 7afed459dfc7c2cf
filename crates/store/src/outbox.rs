//! Things to do after a commit, at least once.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder};
use sekisho_model::id::{Id, Kind};
use sekisho_model::{Rng, Timestamp};

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{affected, all, record};
use crate::unit_of_work::UnitOfWork;

/// Names the entries of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutboxKind {}

impl Kind for OutboxKind {
    const NAME: &'static str = "outbox entry";
}

/// The id of an outbox entry.
pub type OutboxId = Id<OutboxKind>;

record! {
    /// Something to do after a commit. Written by
    /// [`UnitOfWork::enqueue`](crate::UnitOfWork::enqueue).
    pub struct OutboxEntry in row "outbox" {
        /// Its id.
        [primary_key] id: OutboxId,
        /// What kind of thing.
        kind: String,
        /// What exactly; never a secret.
        payload: serde_json::Value,
        /// When it was left.
        created_at: Timestamp,
        /// When it was done.
        done_at: Option<Timestamp>,
    }
}

impl OutboxEntry {
    pub(crate) fn new(
        kind: String,
        payload: serde_json::Value,
        now: Timestamp,
        rng: &dyn Rng,
    ) -> Self {
        Self { id: OutboxId::at(now, rng), kind, payload, created_at: now, done_at: None }
    }
}

pub(crate) async fn insert(
    tx: &impl ConnectionTrait,
    entry: OutboxEntry,
) -> Result<(), StoreError> {
    crate::stored::insert(tx, entry).await
}

/// Things to do after a commit.
pub struct Outbox<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Outbox<'_, A> {
    /// What is not done, oldest first; at most `limit`.
    pub async fn pending(&self, limit: u64) -> Result<Vec<OutboxEntry>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::DoneAt.is_null())
            .order_by(row::Column::Id, Order::Asc);
        all(&self.at.db(), select, limit).await
    }
}

impl Outbox<'_, UnitOfWork> {
    /// Notes that something is done. Returns whether it was not yet.
    pub async fn done(&self, id: OutboxId) -> Result<bool, StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::DoneAt, Expr::value(self.at.now().as_millis()))
            .filter(row::Column::Id.eq(id.uuid()))
            .filter(row::Column::DoneAt.is_null());
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Removes what was done before an instant, and returns how many.
    pub async fn purge(&self, done_before: Timestamp) -> Result<u64, StoreError> {
        let delete =
            row::Entity::delete_many().filter(row::Column::DoneAt.lt(done_before.as_millis()));
        Ok(delete.exec(&self.at.db()).await?.rows_affected)
    }
}
