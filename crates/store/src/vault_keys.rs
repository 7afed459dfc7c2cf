//! The vault's key ring, wrapped under the key-encryption key.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder};
use sekisho_model::Timestamp;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{Blob, affected, all, insert, one, record};
use crate::unit_of_work::UnitOfWork;
use crate::words::VaultKeyState;

record! {
    /// One key of the ring.
    pub struct VaultKey in row "vault_keys" {
        /// Its version, stored beside everything it sealed.
        [primary_key] version: i64,
        /// The key, wrapped under the key-encryption key.
        wrapped: Blob,
        /// Whether it still seals.
        state: VaultKeyState,
        /// When it was made.
        created_at: Timestamp,
    }
}

/// Wrapped vault keys.
pub struct VaultKeys<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> VaultKeys<'_, A> {
    /// The ring, newest first; at most 1,000.
    pub async fn list(&self) -> Result<Vec<VaultKey>, StoreError> {
        let newest_first = row::Entity::find().order_by(row::Column::Version, Order::Desc);
        all(&self.at.db(), newest_first, 1_000).await
    }

    /// One key.
    pub async fn find(&self, version: i64) -> Result<Option<VaultKey>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(version)).await
    }
}

impl VaultKeys<'_, UnitOfWork> {
    /// Adds a key. Retire the active one first.
    ///
    /// # Errors
    /// A conflict on [`Unique::ActiveVaultKey`](crate::Unique::ActiveVaultKey).
    pub async fn insert(&self, key: VaultKey) -> Result<(), StoreError> {
        insert(&self.at.db(), key).await
    }

    /// Retires a key. Returns whether it was active.
    pub async fn retire(&self, version: i64) -> Result<bool, StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::State, Expr::value(VaultKeyState::Retired.as_str()))
            .filter(row::Column::Version.eq(version))
            .filter(row::Column::State.eq(VaultKeyState::Active.as_str()));
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Replaces the wrapping of a key after the key-encryption key changed.
    /// Returns whether the key exists.
    pub async fn rewrap(&self, version: i64, wrapped: Blob) -> Result<bool, StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::Wrapped, Expr::value(wrapped.0))
            .filter(row::Column::Version.eq(version));
        Ok(affected(&self.at.db(), update).await? == 1)
    }
}
