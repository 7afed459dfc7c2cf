//! Keys that admit new devices.

use sea_orm::sea_query::{Expr, ExprTrait, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use sekisho_model::Timestamp;
use sekisho_model::device::{KeyUse, Platform};
use sekisho_model::id::{DeviceId, EnrolmentKeyId, UserId};
use sekisho_model::name::Label;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::page::{By, Cursor, Page, Paged, paged};
use crate::stored::{Blob, Hash, Stored, affected, insert, one, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// A key that admits new devices.
    pub struct EnrolmentKey in row "enrolment_keys" {
        /// Its id, part of the text a person copies.
        [primary_key] id: EnrolmentKeyId,
        /// Its secret, sealed by the vault; `None` once it was purged.
        sealed_secret: Option<Blob>,
        /// The vault key that sealed it.
        vault_key_version: i64,
        /// How often it may be used.
        use_kind: KeyUse,
        /// For what kind of agent.
        platform: Platform,
        /// Who will own the resources of its devices.
        owner: UserId,
        /// What it is called.
        label: Label,
        /// Whether its devices need no approval.
        pre_approved: bool,
        /// Who issued it.
        created_by: UserId,
        /// When.
        created_at: Timestamp,
        /// Until when it may be used.
        expires_at: Timestamp,
        /// How often it was used.
        uses: u32,
        /// When it was last used.
        last_used_at: Option<Timestamp>,
        /// By which device.
        last_used_by: Option<DeviceId>,
        /// Hash of the identity key of its first device: the same one may ask
        /// again for an hour after its answer was lost.
        identity_hash: Option<Hash>,
        /// When it was revoked.
        revoked_at: Option<Timestamp>,
    }
}

/// Keys that admit devices.
pub struct EnrolmentKeys<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> EnrolmentKeys<'_, A> {
    /// One key.
    pub async fn find(&self, id: EnrolmentKeyId) -> Result<Option<EnrolmentKey>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid())).await
    }

    /// The keys of an owner, or everybody's, newest first.
    pub async fn list(
        &self,
        owner: Option<UserId>,
        page: &Page,
    ) -> Result<Paged<EnrolmentKey>, StoreError> {
        let mut select = row::Entity::find();
        if let Some(owner) = owner {
            select = select.filter(row::Column::Owner.eq(owner.uuid()));
        }
        let place = |key: &EnrolmentKey| Cursor { id: key.id.uuid(), text: String::new() };
        paged(&self.at.db(), select, By::NewestId(row::Column::Id), page, place).await
    }
}

/// A subquery: the ids of the keys of an owner.
pub(crate) fn key_ids(owner: UserId) -> SelectStatement {
    let mut select = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::Owner.eq(owner.uuid()));
    QuerySelect::query(&mut select).take()
}

impl EnrolmentKeys<'_, UnitOfWork> {
    /// One key, locked until this unit of work ends.
    pub async fn lock(&self, id: EnrolmentKeyId) -> Result<Option<EnrolmentKey>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid()).lock_exclusive()).await
    }

    /// Adds a key.
    pub async fn insert(&self, key: EnrolmentKey) -> Result<(), StoreError> {
        insert(&self.at.db(), key).await
    }

    /// Uses a key for a device, in the transaction that creates the device.
    /// Returns whether it could be used: not revoked, not expired and, for a
    /// one-time key, not used before. Of two concurrent uses of a one-time
    /// key exactly one succeeds.
    pub async fn consume(
        &self,
        id: EnrolmentKeyId,
        device: DeviceId,
        identity: Hash,
    ) -> Result<bool, StoreError> {
        use row::Column as C;
        let now = self.at.now().as_millis();
        let identity = Expr::col(C::IdentityHash).if_null(Expr::value(identity.into_raw()));
        let update = row::Entity::update_many()
            .col_expr(C::Uses, Expr::col(C::Uses).add(1i64))
            .col_expr(C::LastUsedAt, Expr::value(now))
            .col_expr(C::LastUsedBy, Expr::value(device.uuid()))
            .col_expr(C::IdentityHash, identity)
            .filter(C::Id.eq(id.uuid()))
            .filter(C::RevokedAt.is_null())
            .filter(C::ExpiresAt.gt(now))
            .filter(
                Condition::any().add(C::UseKind.eq(KeyUse::Window.as_str())).add(C::Uses.eq(0i64)),
            );
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Revokes a key. Returns whether it was not revoked yet.
    pub async fn revoke(&self, id: EnrolmentKeyId) -> Result<bool, StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::RevokedAt, Expr::value(self.at.now().as_millis()))
            .filter(row::Column::Id.eq(id.uuid()))
            .filter(row::Column::RevokedAt.is_null());
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Forgets the secrets of keys that expired before an instant, and
    /// returns how many. The rows are kept.
    pub async fn forget_secrets(&self, expired_before: Timestamp) -> Result<u64, StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::SealedSecret, Expr::value(None::<Vec<u8>>))
            .filter(row::Column::SealedSecret.is_not_null())
            .filter(row::Column::ExpiresAt.lt(expired_before.as_millis()));
        affected(&self.at.db(), update).await
    }
}
