//! Authenticator apps and the codes that stand in for a lost one.

use sea_orm::sea_query::{Expr, SelectStatement};
use sea_orm::{
    ColumnTrait, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use sekisho_model::Timestamp;
use sekisho_model::id::{RecoveryCodeId, TotpFactorId, UserId};

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{Blob, Hash, Stored, affected, insert, one, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// The secret that an authenticator app shares with this server (RFC 6238).
    pub struct TotpFactor in totp "totp_factors" {
        /// Its id.
        [primary_key] id: TotpFactorId,
        /// Whose it is.
        user: UserId,
        /// The shared secret, sealed by the vault.
        sealed_secret: Blob,
        /// The vault key that sealed it.
        vault_key_version: i64,
        /// When it was shown.
        created_at: Timestamp,
        /// When a code first proved that the app has it; it counts from then on.
        confirmed_at: Option<Timestamp>,
        /// The newest time step whose code was taken; neither it nor an older
        /// one is taken again.
        last_step: u64,
    }
}

record! {
    /// A code that stands in for a lost second factor, once.
    pub struct RecoveryCode in code "recovery_codes" {
        /// Its id.
        [primary_key] id: RecoveryCodeId,
        /// Whose it is.
        user: UserId,
        /// Hash of the code.
        code_hash: Hash,
        /// When it was made.
        created_at: Timestamp,
        /// When it was used up.
        used_at: Option<Timestamp>,
    }
}

/// A subquery: the users with an authenticator app that counts.
pub(crate) fn with_totp() -> SelectStatement {
    let mut select = totp::Entity::find()
        .select_only()
        .column(totp::Column::User)
        .filter(totp::Column::ConfirmedAt.is_not_null());
    QuerySelect::query(&mut select).take()
}

/// Authenticator apps. A user has at most one that counts, and at most one
/// that waits for its first code.
pub struct TotpFactors<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> TotpFactors<'_, A> {
    /// The one that counts.
    pub async fn confirmed(&self, user: UserId) -> Result<Option<TotpFactor>, StoreError> {
        let select = totp::Entity::find()
            .filter(totp::Column::User.eq(user.uuid()))
            .filter(totp::Column::ConfirmedAt.is_not_null());
        one(&self.at.db(), select).await
    }

    /// The newest one that waits for its first code.
    pub async fn unconfirmed(&self, user: UserId) -> Result<Option<TotpFactor>, StoreError> {
        let select = totp::Entity::find()
            .filter(totp::Column::User.eq(user.uuid()))
            .filter(totp::Column::ConfirmedAt.is_null())
            .order_by(totp::Column::Id, Order::Desc);
        one(&self.at.db(), select).await
    }
}

impl TotpFactors<'_, UnitOfWork> {
    /// Adds one that waits for its first code, in place of another that did.
    pub async fn start(&self, factor: TotpFactor) -> Result<(), StoreError> {
        totp::Entity::delete_many()
            .filter(totp::Column::User.eq(factor.user.uuid()))
            .filter(totp::Column::ConfirmedAt.is_null())
            .exec(&self.at.db())
            .await?;
        insert(&self.at.db(), factor).await
    }

    /// Makes one count from now on, in place of the one that did; `step` is
    /// the time step of the code that proved it. Returns whether it was still
    /// there and waiting.
    ///
    /// # Errors
    /// A conflict on [`Unique::SecondFactor`](crate::Unique::SecondFactor)
    /// when another was confirmed at the same time.
    pub async fn confirm(
        &self,
        user: UserId,
        id: TotpFactorId,
        step: u64,
    ) -> Result<bool, StoreError> {
        totp::Entity::delete_many()
            .filter(totp::Column::User.eq(user.uuid()))
            .filter(totp::Column::ConfirmedAt.is_not_null())
            .exec(&self.at.db())
            .await?;
        let update = totp::Entity::update_many()
            .col_expr(totp::Column::ConfirmedAt, Expr::value(self.at.now().as_millis()))
            .col_expr(totp::Column::LastStep, Expr::value(step.into_raw()))
            .filter(totp::Column::Id.eq(id.uuid()))
            .filter(totp::Column::User.eq(user.uuid()))
            .filter(totp::Column::ConfirmedAt.is_null());
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Takes the code of a time step. Returns whether it is newer than every
    /// one that was taken: of two at the same time one is.
    pub async fn take_step(&self, id: TotpFactorId, step: u64) -> Result<bool, StoreError> {
        let update = totp::Entity::update_many()
            .col_expr(totp::Column::LastStep, Expr::value(step.into_raw()))
            .filter(totp::Column::Id.eq(id.uuid()))
            .filter(totp::Column::ConfirmedAt.is_not_null())
            .filter(totp::Column::LastStep.lt(step.into_raw()));
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Removes a user's, and returns how many.
    pub async fn delete_of_user(&self, user: UserId) -> Result<u64, StoreError> {
        let delete = totp::Entity::delete_many().filter(totp::Column::User.eq(user.uuid()));
        Ok(delete.exec(&self.at.db()).await?.rows_affected)
    }

    /// Removes those that waited for their first code since before an instant,
    /// and returns how many.
    pub async fn purge(&self, shown_before: Timestamp) -> Result<u64, StoreError> {
        let delete = totp::Entity::delete_many()
            .filter(totp::Column::ConfirmedAt.is_null())
            .filter(totp::Column::CreatedAt.lt(shown_before.as_millis()));
        Ok(delete.exec(&self.at.db()).await?.rows_affected)
    }
}

/// Recovery codes.
pub struct RecoveryCodes<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> RecoveryCodes<'_, A> {
    /// How many of a user's are not used up.
    pub async fn left(&self, user: UserId) -> Result<u64, StoreError> {
        let select = code::Entity::find()
            .filter(code::Column::User.eq(user.uuid()))
            .filter(code::Column::UsedAt.is_null());
        Ok(select.count(&self.at.db()).await?)
    }
}

impl RecoveryCodes<'_, UnitOfWork> {
    /// Gives a user these codes; all former ones are void.
    pub async fn replace(
        &self,
        user: UserId,
        codes: impl IntoIterator<Item = RecoveryCode>,
    ) -> Result<(), StoreError> {
        self.delete_of_user(user).await?;
        for code in codes {
            insert(&self.at.db(), code).await?;
        }
        Ok(())
    }

    /// Uses a code up. Returns whether it was there and unused: of two at the
    /// same time one succeeds.
    pub async fn use_up(&self, user: UserId, hash: Hash) -> Result<bool, StoreError> {
        let update = code::Entity::update_many()
            .col_expr(code::Column::UsedAt, Expr::value(self.at.now().as_millis()))
            .filter(code::Column::User.eq(user.uuid()))
            .filter(code::Column::CodeHash.eq(hash.into_raw()))
            .filter(code::Column::UsedAt.is_null());
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Removes a user's, and returns how many.
    pub async fn delete_of_user(&self, user: UserId) -> Result<u64, StoreError> {
        let delete = code::Entity::delete_many().filter(code::Column::User.eq(user.uuid()));
        Ok(delete.exec(&self.at.db()).await?.rows_affected)
    }
}
