//! Answers to requests that may come again.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, Insert, QueryFilter, QuerySelect, TryInsertResult};
use sekisho_model::Timestamp;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{Blob, Hash, Record, Stored, affected, one, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// A request with an idempotency key, and its answer.
    pub struct IdempotencyKey in row "idempotency_keys" {
        /// Whose key it is, as text: keys of different actors never meet.
        [primary_key] actor: String,
        /// The key the client chose.
        [primary_key] key: String,
        /// The method and template of the route.
        route: String,
        /// Hash of the request: the same key with another request is refused.
        request_hash: Hash,
        /// The status that was answered; `None` until it is.
        status: Option<u16>,
        /// The body that was answered; `None` when it holds a secret, which
        /// is never stored (INV-3).
        body: Option<Blob>,
        /// When the request came first.
        created_at: Timestamp,
    }
}

/// What [`IdempotencyKeys::claim`] found.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// The key is new: do the work, then [`IdempotencyKeys::answer`].
    New,
    /// The key was used: compare route and request, repeat the answer.
    Used(IdempotencyKey),
}

/// Answers to requests that may come again.
pub struct IdempotencyKeys<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> IdempotencyKeys<'_, A> {
    /// One key.
    pub async fn find(&self, actor: &str, key: &str) -> Result<Option<IdempotencyKey>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id((actor.to_owned(), key.to_owned()))).await
    }
}

impl IdempotencyKeys<'_, UnitOfWork> {
    /// Takes a key, in the transaction that does the work. A concurrent
    /// request with the same key waits for that transaction to end.
    pub async fn claim(&self, key: IdempotencyKey) -> Result<Claim, StoreError> {
        let db = self.at.db();
        let (actor, text) = (key.actor.clone(), key.key.clone());
        let inserted = Insert::<row::ActiveModel>::one(key.into_active())
            .on_conflict_do_nothing_on([row::Column::Actor, row::Column::Key])
            .exec_without_returning(&db)
            .await?;
        match inserted {
            TryInsertResult::Inserted(1..) => Ok(Claim::New),
            TryInsertResult::Inserted(0) | TryInsertResult::Conflicted | TryInsertResult::Empty => {
                let select = row::Entity::find_by_id((actor, text)).lock_exclusive();
                let used = one(&db, select).await?;
                used.map(Claim::Used).ok_or(StoreError::Stale { table: "idempotency_keys" })
            }
        }
    }

    /// Notes the answer, in the same transaction. No body when it holds a
    /// secret.
    pub async fn answer(
        &self,
        actor: &str,
        key: &str,
        status: u16,
        body: Option<Blob>,
    ) -> Result<(), StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::Status, Expr::value(status.into_raw()))
            .col_expr(row::Column::Body, Expr::value(body.into_raw()))
            .filter(row::Column::Actor.eq(actor))
            .filter(row::Column::Key.eq(key));
        affected(&self.at.db(), update).await.map(drop)
    }

    /// Forgets a key whose request was refused and did nothing: the same
    /// request is judged again when it comes again.
    pub async fn release(&self, actor: &str, key: &str) -> Result<(), StoreError> {
        let key = (actor.to_owned(), key.to_owned());
        row::Entity::delete_by_id(key).exec(&self.at.db()).await?;
        Ok(())
    }

    /// Removes keys that came before an instant (24 hours ago), and returns
    /// how many.
    pub async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let delete =
            row::Entity::delete_many().filter(row::Column::CreatedAt.lt(before.as_millis()));
        Ok(delete.exec(&self.at.db()).await?.rows_affected)
    }
}
