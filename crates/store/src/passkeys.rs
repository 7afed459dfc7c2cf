//! Keys of authenticators (WebAuthn) that people sign in with.

use sea_orm::sea_query::{Expr, SelectStatement};
use sea_orm::{
    ColumnTrait, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use sekisho_model::Timestamp;
use sekisho_model::id::{PasskeyId, UserId};
use sekisho_model::name::Label;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{Blob, Stored, affected, all, insert, one, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// The public half of a key that somebody's authenticator holds.
    pub struct Passkey in row "passkeys" {
        /// Its id.
        [primary_key] id: PasskeyId,
        /// Whose it is.
        user: UserId,
        /// What they call it.
        name: Label,
        /// The id by which the authenticator knows it; unique.
        credential_id: Blob,
        /// The public key and the authenticator's counter, as the library that
        /// checks them writes it.
        credential: serde_json::Value,
        /// When it was registered.
        created_at: Timestamp,
        /// When it was last signed in with.
        last_used_at: Option<Timestamp>,
    }
}

/// A subquery: the users with a passkey.
pub(crate) fn with_passkey() -> SelectStatement {
    let mut select = row::Entity::find().select_only().column(row::Column::User);
    QuerySelect::query(&mut select).take()
}

/// Keys of authenticators.
pub struct Passkeys<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Passkeys<'_, A> {
    /// One key.
    pub async fn find(&self, id: PasskeyId) -> Result<Option<Passkey>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid())).await
    }

    /// The key that an authenticator knows by this id.
    pub async fn find_by_credential(&self, id: &[u8]) -> Result<Option<Passkey>, StoreError> {
        let select = row::Entity::find().filter(row::Column::CredentialId.eq(id.to_vec()));
        one(&self.at.db(), select).await
    }

    /// The keys of a user, oldest first; at most `limit`.
    pub async fn of_user(&self, user: UserId, limit: u64) -> Result<Vec<Passkey>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::User.eq(user.uuid()))
            .order_by(row::Column::Id, Order::Asc);
        all(&self.at.db(), select, limit).await
    }

    /// How many keys a user has.
    pub async fn count_of_user(&self, user: UserId) -> Result<u64, StoreError> {
        let select = row::Entity::find().filter(row::Column::User.eq(user.uuid()));
        Ok(select.count(&self.at.db()).await?)
    }
}

impl Passkeys<'_, UnitOfWork> {
    /// Adds a key.
    ///
    /// # Errors
    /// A conflict on [`Unique::Passkey`](crate::Unique::Passkey).
    pub async fn insert(&self, passkey: Passkey) -> Result<(), StoreError> {
        insert(&self.at.db(), passkey).await
    }

    /// Renames a key. Returns whether it was there.
    pub async fn rename(&self, id: PasskeyId, name: &Label) -> Result<bool, StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::Name, Expr::value(name.as_str()))
            .filter(row::Column::Id.eq(id.uuid()));
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Notes that it was used, and what the authenticator said of itself then.
    pub async fn used(
        &self,
        id: PasskeyId,
        credential: serde_json::Value,
    ) -> Result<(), StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::Credential, Expr::value(credential.into_raw()))
            .col_expr(row::Column::LastUsedAt, Expr::value(self.at.now().as_millis()))
            .filter(row::Column::Id.eq(id.uuid()));
        affected(&self.at.db(), update).await.map(drop)
    }

    /// Removes a key. Returns whether it was there.
    pub async fn delete(&self, id: PasskeyId) -> Result<bool, StoreError> {
        let done = row::Entity::delete_by_id(id.uuid()).exec(&self.at.db()).await?;
        Ok(done.rows_affected == 1)
    }

    /// Removes a user's keys, and returns how many.
    pub async fn delete_of_user(&self, user: UserId) -> Result<u64, StoreError> {
        let delete = row::Entity::delete_many().filter(row::Column::User.eq(user.uuid()));
        Ok(delete.exec(&self.at.db()).await?.rows_affected)
    }
}
