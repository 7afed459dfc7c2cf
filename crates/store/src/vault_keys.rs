//! The vault's key ring, wrapped under the key-encryption key.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};
use sekisho_model::Timestamp;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{Blob, affected, all, insert, one, record};
use crate::unit_of_work::UnitOfWork;
use crate::words::VaultKeyState;

record! {
    /// One key of the ring, wrapped under the key-encryption key that is to
    /// come. Both wrappings exist until the new one has opened the vault.
    pub struct NextWrapping in next_row "next_vault_keys" {
        /// The key's version.
        [primary_key] version: i64,
        /// The key, wrapped.
        wrapped: Blob,
    }
}

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

    /// The ring under the key-encryption key that is to come, newest first;
    /// empty when none is to come.
    pub async fn next(&self) -> Result<Vec<NextWrapping>, StoreError> {
        let newest_first =
            next_row::Entity::find().order_by(next_row::Column::Version, Order::Desc);
        all(&self.at.db(), newest_first, 1_000).await
    }

    /// One key.
    pub async fn find(&self, version: i64) -> Result<Option<VaultKey>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(version)).await
    }
}

impl VaultKeys<'_, UnitOfWork> {
    /// Adds a key. Supersede the active one first.
    ///
    /// # Errors
    /// A conflict on [`Unique::ActiveVaultKey`](crate::Unique::ActiveVaultKey).
    pub async fn insert(&self, key: VaultKey) -> Result<(), StoreError> {
        insert(&self.at.db(), key).await
    }

    /// The active key stops sealing and only opens. Returns whether it was
    /// active.
    pub async fn supersede(&self, version: i64) -> Result<bool, StoreError> {
        self.move_state(version, VaultKeyState::Active, VaultKeyState::Draining).await
    }

    /// Retires a key that only opens, if nothing is sealed with it any more,
    /// counted in this transaction. Returns whether it was retired.
    pub async fn retire_if_empty(&self, version: i64) -> Result<bool, StoreError> {
        // On PostgreSQL this waits for transactions that refer to the key.
        let lock = row::Entity::find_by_id(version).lock_exclusive();
        let Some(key): Option<VaultKey> = one(&self.at.db(), lock).await? else {
            return Ok(false);
        };
        if key.state != VaultKeyState::Draining {
            return Ok(false);
        }
        let still = self.at.sealed_values().tally().await?;
        if still.iter().any(|count| count.version == version) {
            return Ok(false);
        }
        self.move_state(version, VaultKeyState::Draining, VaultKeyState::Retired).await
    }

    async fn move_state(
        &self,
        version: i64,
        from: VaultKeyState,
        to: VaultKeyState,
    ) -> Result<bool, StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::State, Expr::value(to.as_str()))
            .filter(row::Column::Version.eq(version))
            .filter(row::Column::State.eq(from.as_str()));
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Adds a key of the ring under the key-encryption key that is to come.
    pub async fn insert_next(&self, key: NextWrapping) -> Result<(), StoreError> {
        insert(&self.at.db(), key).await
    }

    /// Forgets the ring under the key-encryption key that was to come.
    pub async fn forget_next(&self) -> Result<(), StoreError> {
        next_row::Entity::delete_many().exec(&self.at.db()).await?;
        Ok(())
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
