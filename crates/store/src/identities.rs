//! Whom OpenID providers know as which user.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder};
use sekisho_model::Timestamp;
use sekisho_model::id::{IdentityId, UserId};

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{affected, all, insert, one, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// Somebody as an OpenID provider knows them.
    pub struct Identity in row "identities" {
        /// Its id.
        [primary_key] id: IdentityId,
        /// Who they are here.
        user: UserId,
        /// The provider.
        issuer: String,
        /// Who they are there; unique with the issuer.
        subject: String,
        /// When they came first.
        created_at: Timestamp,
        /// When they last signed in.
        last_used_at: Option<Timestamp>,
    }
}

/// A user has at most so many identities.
pub const MAX_IDENTITIES: u64 = 10;

/// Whom OpenID providers know as which user.
pub struct Identities<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Identities<'_, A> {
    /// The identity of an issuer and a subject.
    pub async fn find(&self, issuer: &str, subject: &str) -> Result<Option<Identity>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::Issuer.eq(issuer))
            .filter(row::Column::Subject.eq(subject));
        one(&self.at.db(), select).await
    }

    /// The identity of an id.
    pub async fn find_by_id(&self, id: IdentityId) -> Result<Option<Identity>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid())).await
    }

    /// The identities of a user, oldest first; at most [`MAX_IDENTITIES`].
    pub async fn of_user(&self, user: UserId) -> Result<Vec<Identity>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::User.eq(user.uuid()))
            .order_by(row::Column::Id, Order::Asc);
        all(&self.at.db(), select, MAX_IDENTITIES).await
    }
}

impl Identities<'_, UnitOfWork> {
    /// Adds an identity.
    ///
    /// # Errors
    /// A conflict on [`Unique::Identity`](crate::Unique::Identity).
    pub async fn insert(&self, identity: Identity) -> Result<(), StoreError> {
        insert(&self.at.db(), identity).await
    }

    /// Removes an identity. Returns whether it was there.
    pub async fn delete(&self, id: IdentityId) -> Result<bool, StoreError> {
        let done = row::Entity::delete_by_id(id.uuid()).exec(&self.at.db()).await?;
        Ok(done.rows_affected == 1)
    }

    /// Notes that somebody signed in with it.
    pub async fn used(&self, issuer: &str, subject: &str) -> Result<(), StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::LastUsedAt, Expr::value(self.at.now().as_millis()))
            .filter(row::Column::Issuer.eq(issuer))
            .filter(row::Column::Subject.eq(subject));
        affected(&self.at.db(), update).await.map(drop)
    }
}
