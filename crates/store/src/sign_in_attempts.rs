//! Counters against guessing passwords.

use std::time::Duration;

use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, Insert, QueryFilter};
use sekisho_model::Timestamp;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{Record, affected, one, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// Failed sign-ins of one name from one address.
    pub struct SignInBucket in row "sign_in_attempts" {
        /// The name that was tried; empty for everything from the address.
        [primary_key] name: String,
        /// The address it came from.
        [primary_key] address: String,
        /// Failures in this window.
        failures: u32,
        /// When the window began.
        window_started_at: Timestamp,
        /// Until when every try is refused.
        blocked_until: Option<Timestamp>,
    }
}

/// Counters against guessing. A bucket with an empty name counts everything
/// from one address.
pub struct SignInAttempts<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> SignInAttempts<'_, A> {
    /// The counter of a name and an address.
    pub async fn find(
        &self,
        name: &str,
        address: &str,
    ) -> Result<Option<SignInBucket>, StoreError> {
        let key = (name.to_owned(), address.to_owned());
        one(&self.at.db(), row::Entity::find_by_id(key)).await
    }
}

impl SignInAttempts<'_, UnitOfWork> {
    /// Counts a failure, in a new window if the last one is over, and returns
    /// the counter. Concurrent failures all count.
    pub async fn fail(
        &self,
        name: &str,
        address: &str,
        now: Timestamp,
        window: Duration,
    ) -> Result<SignInBucket, StoreError> {
        use row::Column as C;
        let first = SignInBucket {
            name: name.to_owned(),
            address: address.to_owned(),
            failures: 1,
            window_started_at: now,
            blocked_until: None,
        };
        let is_over =
            || Expr::col((row::Entity, C::WindowStartedAt)).lte(now.minus(window).as_millis());
        let failures = CaseStatement::new()
            .case(is_over(), Expr::value(1i64))
            .finally(Expr::col((row::Entity, C::Failures)).add(1i64));
        let started = CaseStatement::new()
            .case(is_over(), Expr::value(now.as_millis()))
            .finally(Expr::col((row::Entity, C::WindowStartedAt)));
        let add = OnConflict::columns([C::Name, C::Address])
            .value(C::Failures, failures)
            .value(C::WindowStartedAt, started)
            .to_owned();
        let db = self.at.db();
        Insert::<row::ActiveModel>::one(first.clone().into_active())
            .on_conflict(add)
            .exec_without_returning(&db)
            .await?;
        Ok(self.find(name, address).await?.unwrap_or(first))
    }

    /// Refuses every try until an instant.
    pub async fn block(
        &self,
        name: &str,
        address: &str,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::BlockedUntil, Expr::value(until.as_millis()))
            .filter(row::Column::Name.eq(name))
            .filter(row::Column::Address.eq(address));
        affected(&self.at.db(), update).await.map(drop)
    }

    /// Forgets the failures after a success.
    pub async fn clear(&self, name: &str, address: &str) -> Result<(), StoreError> {
        let key = (name.to_owned(), address.to_owned());
        row::Entity::delete_by_id(key).exec(&self.at.db()).await?;
        Ok(())
    }

    /// Removes counters whose window began before an instant and that block
    /// nobody any more, and returns how many.
    pub async fn purge(&self, before: Timestamp, now: Timestamp) -> Result<u64, StoreError> {
        use row::Column as C;
        let delete = row::Entity::delete_many()
            .filter(C::WindowStartedAt.lt(before.as_millis()))
            .filter(C::BlockedUntil.is_null().or(C::BlockedUntil.lt(now.as_millis())));
        Ok(delete.exec(&self.at.db()).await?.rows_affected)
    }
}
