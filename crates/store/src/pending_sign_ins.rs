//! Sign-ins with the right password that wait for their second factor.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sekisho_model::Timestamp;
use sekisho_model::id::{PendingSignInId, UserId};

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{Hash, Stored, affected, insert, one, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// A sign-in that waits for its second factor. It opens nothing.
    pub struct PendingSignIn in row "pending_sign_ins" {
        /// Its id.
        [primary_key] id: PendingSignInId,
        /// Whose password was right.
        user: UserId,
        /// Hash of the token the client holds.
        token_hash: Hash,
        /// Second factors that were wrong.
        failures: u32,
        /// When the password was right.
        created_at: Timestamp,
        /// When it is over.
        expires_at: Timestamp,
    }
}

/// Sign-ins that wait for their second factor.
pub struct PendingSignIns<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> PendingSignIns<'_, A> {
    /// The one of a token. Whether it is over is the caller's to judge.
    pub async fn find_by_token(&self, hash: Hash) -> Result<Option<PendingSignIn>, StoreError> {
        let select = row::Entity::find().filter(row::Column::TokenHash.eq(hash.into_raw()));
        one(&self.at.db(), select).await
    }
}

impl PendingSignIns<'_, UnitOfWork> {
    /// Adds one.
    pub async fn insert(&self, pending: PendingSignIn) -> Result<(), StoreError> {
        insert(&self.at.db(), pending).await
    }

    /// Counts a wrong second factor.
    pub async fn fail(&self, id: PendingSignInId) -> Result<(), StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::Failures, Expr::col(row::Column::Failures).add(1i64))
            .filter(row::Column::Id.eq(id.uuid()));
        affected(&self.at.db(), update).await.map(drop)
    }

    /// Ends one. Returns whether it was there: of two that finish it at the
    /// same time one does.
    pub async fn delete(&self, id: PendingSignInId) -> Result<bool, StoreError> {
        let done = row::Entity::delete_by_id(id.uuid()).exec(&self.at.db()).await?;
        Ok(done.rows_affected == 1)
    }

    /// Ends those of a user, and returns how many.
    pub async fn delete_of_user(&self, user: UserId) -> Result<u64, StoreError> {
        let delete = row::Entity::delete_many().filter(row::Column::User.eq(user.uuid()));
        Ok(delete.exec(&self.at.db()).await?.rows_affected)
    }

    /// Removes those that were over before an instant, and returns how many.
    pub async fn purge(&self, expired_before: Timestamp) -> Result<u64, StoreError> {
        let delete = row::Entity::delete_many()
            .filter(row::Column::ExpiresAt.lt(expired_before.as_millis()));
        Ok(delete.exec(&self.at.db()).await?.rows_affected)
    }
}
