//! The site itself and its master key's metadata: one row each.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use sekisho_model::Timestamp;
use sekisho_model::id::{AuditChainId, SiteId};

use crate::access::{Access, sealed::Connected};
use crate::audit;
use crate::error::StoreError;
use crate::stored::{Blob, Hash, Only, Stored, affected, insert, one, record, upsert};
use crate::unit_of_work::UnitOfWork;

record! {
    /// One installation.
    pub struct Site in row "site" {
        /// There is one.
        [primary_key] only: Only,
        /// Its id, in every key, order and signature.
        id: SiteId,
        /// The audit chain this server node appends to.
        node_chain: AuditChainId,
        /// Hash of the token that creates the first administrator; `None`
        /// once it was used.
        setup_token_hash: Option<Hash>,
        /// From when on that token is not taken any more.
        setup_token_expires_at: Option<Timestamp>,
        /// Why the site is in recovery; `None` in normal operation.
        recovery_reason: Option<String>,
        /// When it was created.
        created_at: Timestamp,
    }
}

record! {
    /// How the vault's key-encryption key is provided. Holds no key.
    pub struct Kek in kek_row "kek" {
        /// There is one.
        [primary_key] only: Only,
        /// The word of the provider: `file`, `passphrase`, … .
        provider: String,
        /// The provider's parameters (salt, cost, …), not secret.
        params: serde_json::Value,
        /// A known value sealed under the key, to tell a wrong key at once.
        check: Blob,
        /// When the key was last changed.
        changed_at: Timestamp,
    }
}

record! {
    /// How the key-encryption key that is to come is provided.
    pub struct NextKek in next_kek_row "next_kek" {
        /// There is one at most.
        [primary_key] only: Only,
        /// The word of the provider.
        provider: String,
        /// The provider's parameters, not secret.
        params: serde_json::Value,
        /// When it was prepared.
        created_at: Timestamp,
    }
}

/// The site and its master key's metadata.
pub struct Sites<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Sites<'_, A> {
    /// The site; `None` before it was initialised.
    pub async fn find(&self) -> Result<Option<Site>, StoreError> {
        one(&self.at.db(), row::Entity::find()).await
    }

    /// The metadata of the key-encryption key.
    pub async fn kek(&self) -> Result<Option<Kek>, StoreError> {
        one(&self.at.db(), kek_row::Entity::find()).await
    }

    /// The metadata of the key-encryption key that is to come.
    pub async fn next_kek(&self) -> Result<Option<NextKek>, StoreError> {
        one(&self.at.db(), next_kek_row::Entity::find()).await
    }
}

impl Sites<'_, UnitOfWork> {
    /// The site, locked until this unit of work ends.
    pub async fn lock(&self) -> Result<Option<Site>, StoreError> {
        one(&self.at.db(), row::Entity::find().lock_exclusive()).await
    }

    /// Creates the site and this node's empty audit chain.
    ///
    /// # Errors
    /// A conflict on [`Unique::Key`](crate::Unique::Key) when there is one.
    pub async fn insert(&self, site: Site) -> Result<(), StoreError> {
        let db = self.at.db();
        audit::create_chain(&db, site.node_chain, site.created_at).await?;
        insert(&db, site).await
    }

    /// Uses up the set-up token. Returns whether this call did: of two
    /// concurrent ones exactly one.
    pub async fn consume_setup_token(&self, hash: Hash) -> Result<bool, StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::SetupTokenHash, Expr::value(None::<Vec<u8>>))
            .col_expr(row::Column::SetupTokenExpiresAt, Expr::value(None::<i64>))
            .filter(row::Column::SetupTokenHash.eq(hash.into_raw()));
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Replaces the set-up token, which is taken until `expires_at`; for an
    /// operator at the machine's console. Returns whether there was one: a site
    /// that is set up gets no other.
    pub async fn renew_setup_token(
        &self,
        hash: Hash,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::SetupTokenHash, Expr::value(hash.into_raw()))
            .col_expr(row::Column::SetupTokenExpiresAt, Expr::value(expires_at.as_millis()))
            .filter(row::Column::SetupTokenHash.is_not_null());
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Enters recovery. Returns whether the site was in normal operation;
    /// the reason of an earlier entry is kept.
    pub async fn enter_recovery(&self, reason: &str) -> Result<bool, StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::RecoveryReason, Expr::value(reason))
            .filter(row::Column::RecoveryReason.is_null());
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Ends recovery. Returns whether the site was in recovery.
    pub async fn end_recovery(&self) -> Result<bool, StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::RecoveryReason, Expr::value(None::<String>))
            .filter(row::Column::RecoveryReason.is_not_null());
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Goes on in a new, empty audit chain; the former one stays as it is.
    ///
    /// # Errors
    /// A conflict on [`Unique::Key`](crate::Unique::Key) when there is a chain
    /// of that id.
    pub async fn begin_chain(&self, id: AuditChainId) -> Result<(), StoreError> {
        let db = self.at.db();
        audit::create_chain(&db, id, self.at.now()).await?;
        let update =
            row::Entity::update_many().col_expr(row::Column::NodeChain, Expr::value(id.uuid()));
        affected(&db, update).await.map(drop)
    }

    /// Prepares another key-encryption key.
    ///
    /// # Errors
    /// A conflict on [`Unique::Key`](crate::Unique::Key) when one is prepared.
    pub async fn insert_next_kek(&self, kek: NextKek) -> Result<(), StoreError> {
        insert(&self.at.db(), kek).await
    }

    /// Forgets the key-encryption key that was to come. Returns whether there
    /// was one.
    pub async fn forget_next_kek(&self) -> Result<bool, StoreError> {
        let done = next_kek_row::Entity::delete_many().exec(&self.at.db()).await?;
        Ok(done.rows_affected == 1)
    }

    /// Writes the metadata of the key-encryption key.
    pub async fn put_kek(&self, kek: Kek) -> Result<(), StoreError> {
        use kek_row::Column as C;
        upsert(&self.at.db(), kek, [C::Provider, C::Params, C::Check, C::ChangedAt]).await
    }
}
