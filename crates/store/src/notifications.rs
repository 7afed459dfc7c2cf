//! What people have read of the tasks they asked for. The tasks themselves are
//! orders; nothing is written when one ends.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sekisho_model::Timestamp;
use sekisho_model::id::{OrderId, UserId};

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::page::MAX_PAGE;
use crate::stored::{all, one, record, upsert};
use crate::unit_of_work::UnitOfWork;

record! {
    /// Whether somebody has read of one task.
    pub struct NotificationMark in mark_row "notification_marks" {
        /// Who.
        [primary_key] user: UserId,
        /// Of what.
        [primary_key] order: OrderId,
        /// Read, or marked as unread again.
        is_read: bool,
        /// When they said so.
        at: Timestamp,
    }
}

record! {
    /// What somebody wants to be told.
    pub struct NotificationSettings in settings_row "notification_settings" {
        /// Who.
        [primary_key] user: UserId,
        /// Whatever ended until then counts as read, unless it is marked.
        read_until: Timestamp,
        /// The kinds that are not told.
        muted: Vec<String>,
    }
}

impl NotificationSettings {
    /// Somebody who has said nothing yet.
    pub const fn silent(user: UserId) -> Self {
        Self { user, read_until: Timestamp::EPOCH, muted: Vec::new() }
    }
}

/// What people have read of their tasks.
pub struct Notifications<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Notifications<'_, A> {
    /// What somebody wants to be told.
    pub async fn settings(&self, user: UserId) -> Result<NotificationSettings, StoreError> {
        let found = one(&self.at.db(), settings_row::Entity::find_by_id(user.uuid())).await?;
        Ok(found.unwrap_or_else(|| NotificationSettings::silent(user)))
    }

    /// What somebody said of some orders (a page of them): read, or not.
    pub async fn marks(
        &self,
        user: UserId,
        orders: impl IntoIterator<Item = OrderId>,
    ) -> Result<BTreeMap<OrderId, bool>, StoreError> {
        let orders = orders.into_iter().map(|id| id.uuid());
        let select = mark_row::Entity::find()
            .filter(mark_row::Column::User.eq(user.uuid()))
            .filter(mark_row::Column::Order.is_in(orders));
        let found: Vec<NotificationMark> = all(&self.at.db(), select, u64::from(MAX_PAGE)).await?;
        Ok(found.into_iter().map(|mark| (mark.order, mark.is_read)).collect())
    }
}

impl Notifications<'_, UnitOfWork> {
    /// Writes what somebody said of an order.
    pub async fn mark(&self, mark: NotificationMark) -> Result<(), StoreError> {
        upsert(&self.at.db(), mark, [mark_row::Column::IsRead, mark_row::Column::At]).await
    }

    /// Writes what somebody wants to be told.
    pub async fn put_settings(&self, settings: NotificationSettings) -> Result<(), StoreError> {
        use settings_row::Column as C;
        upsert(&self.at.db(), settings, [C::ReadUntil, C::Muted]).await
    }

    /// Forgets what somebody marked one by one: everything counts as read.
    pub async fn forget_marks(&self, user: UserId) -> Result<(), StoreError> {
        let delete = mark_row::Entity::delete_many().filter(mark_row::Column::User.eq(user.uuid()));
        delete.exec(&self.at.db()).await?;
        Ok(())
    }

    /// Forgets marks made before an instant. Returns how many.
    pub async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let delete =
            mark_row::Entity::delete_many().filter(mark_row::Column::At.lt(before.as_millis()));
        Ok(delete.exec(&self.at.db()).await?.rows_affected)
    }
}
