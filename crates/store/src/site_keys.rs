//! The site's own keys: signing, opening, CA, recovery.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder};
use sekisho_model::Timestamp;
use sekisho_model::id::SiteKeyId;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{Blob, affected, all, insert, one, record};
use crate::unit_of_work::UnitOfWork;
use crate::words::SiteKeyKind;

record! {
    /// A key of the site.
    pub struct SiteKey in row "site_keys" {
        /// Its id.
        [primary_key] id: SiteKeyId,
        /// What it is for.
        kind: SiteKeyKind,
        /// The public half.
        public: Blob,
        /// The private half, sealed by the vault; `None` for recovery keys.
        sealed_private: Option<Blob>,
        /// The vault key that sealed it.
        vault_key_version: Option<i64>,
        /// The certificate (DER), for CA keys.
        certificate: Option<Blob>,
        /// When it was made.
        created_at: Timestamp,
        /// When it must be replaced.
        expires_at: Option<Timestamp>,
        /// When it was taken out of use; its row is kept.
        retired_at: Option<Timestamp>,
    }
}

/// The site's keys.
pub struct SiteKeys<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> SiteKeys<'_, A> {
    /// One key.
    pub async fn find(&self, id: SiteKeyId) -> Result<Option<SiteKey>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid())).await
    }

    /// The keys of a kind that are not retired, newest first; at most 1,000.
    /// Whether one has expired is the caller's to judge.
    pub async fn live(&self, kind: SiteKeyKind) -> Result<Vec<SiteKey>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::Kind.eq(kind.as_str()))
            .filter(row::Column::RetiredAt.is_null())
            .order_by(row::Column::Id, Order::Desc);
        all(&self.at.db(), select, 1_000).await
    }

    /// Every key, newest first; at most 1,000.
    pub async fn list(&self) -> Result<Vec<SiteKey>, StoreError> {
        let newest_first = row::Entity::find().order_by(row::Column::Id, Order::Desc);
        all(&self.at.db(), newest_first, 1_000).await
    }
}

impl SiteKeys<'_, UnitOfWork> {
    /// Adds a key.
    pub async fn insert(&self, key: SiteKey) -> Result<(), StoreError> {
        insert(&self.at.db(), key).await
    }

    /// Takes a key out of use. Returns whether it was in use.
    pub async fn retire(&self, id: SiteKeyId, at: Timestamp) -> Result<bool, StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::RetiredAt, Expr::value(at.as_millis()))
            .filter(row::Column::Id.eq(id.uuid()))
            .filter(row::Column::RetiredAt.is_null());
        Ok(affected(&self.at.db(), update).await? == 1)
    }
}
