//! Protocol sessions between devices and the server.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};
use sekisho_model::Timestamp;
use sekisho_model::id::{DeviceId, DeviceSessionId};

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{Blob, Stored, affected, all, insert, one, record};
use crate::unit_of_work::UnitOfWork;
use crate::words::DeviceSessionState;

record! {
    /// A protocol session.
    pub struct DeviceSession in row "device_sessions" {
        /// Its id.
        [primary_key] id: DeviceSessionId,
        /// Whose it is.
        device: DeviceId,
        /// How far it is.
        state: DeviceSessionState,
        /// The device's session key, which orders are sealed to.
        session_key_public: Blob,
        /// The MAC keys, sealed by the vault.
        sealed_keys: Blob,
        /// The vault key that sealed them.
        vault_key_version: i64,
        /// The session counter of its Hello.
        counter: u64,
        /// The highest MAC counter the device has used.
        mac_counter_in: u64,
        /// The highest MAC counter the server has used.
        mac_counter_out: u64,
        /// When its Welcome was given.
        opened_at: Timestamp,
        /// When its first valid MAC came.
        live_at: Option<Timestamp>,
        /// When it ends.
        expires_at: Timestamp,
        /// Where the Hello came from.
        address: Option<String>,
    }
}

/// Protocol sessions.
pub struct DeviceSessions<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> DeviceSessions<'_, A> {
    /// One session.
    pub async fn find(&self, id: DeviceSessionId) -> Result<Option<DeviceSession>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid())).await
    }

    /// The live session of a device; there is at most one.
    pub async fn live(&self, device: DeviceId) -> Result<Option<DeviceSession>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::Device.eq(device.uuid()))
            .filter(row::Column::State.eq(DeviceSessionState::Live.as_str()));
        one(&self.at.db(), select).await
    }

    /// The sessions of a device, newest first; at most `limit`.
    pub async fn newest(
        &self,
        device: DeviceId,
        limit: u64,
    ) -> Result<Vec<DeviceSession>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::Device.eq(device.uuid()))
            .order_by(row::Column::Id, Order::Desc);
        all(&self.at.db(), select, limit).await
    }
}

impl DeviceSessions<'_, UnitOfWork> {
    /// One session, locked until this unit of work ends.
    pub async fn lock(&self, id: DeviceSessionId) -> Result<Option<DeviceSession>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid()).lock_exclusive()).await
    }

    /// Adds a session.
    pub async fn insert(&self, session: DeviceSession) -> Result<(), StoreError> {
        insert(&self.at.db(), session).await
    }

    /// Makes an offered session the live one of its device, in place of the
    /// one that was. Returns whether it was offered. Lock the device first.
    pub async fn make_live(&self, id: DeviceSessionId) -> Result<bool, StoreError> {
        use row::Column as C;
        let db = self.at.db();
        let Some(session) = self.lock(id).await? else {
            return Ok(false);
        };
        if session.state != DeviceSessionState::Offered {
            return Ok(false);
        }
        self.end_live(session.device).await?;
        let update = row::Entity::update_many()
            .col_expr(C::State, Expr::value(DeviceSessionState::Live.as_str()))
            .col_expr(C::LiveAt, Expr::value(self.at.now().as_millis()))
            .filter(C::Id.eq(id.uuid()));
        Ok(affected(&db, update).await? == 1)
    }

    /// Takes over a MAC counter of the device. Returns whether it is higher
    /// than every one before; if not, the request is a replay.
    pub async fn take_mac_counter(
        &self,
        id: DeviceSessionId,
        counter: u64,
    ) -> Result<bool, StoreError> {
        let counter = counter.into_raw();
        let update = row::Entity::update_many()
            .col_expr(row::Column::MacCounterIn, Expr::value(counter))
            .filter(row::Column::Id.eq(id.uuid()))
            .filter(row::Column::MacCounterIn.lt(counter));
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Gives the next MAC counter of the server; strictly increasing.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the session is gone.
    pub async fn next_mac_counter(&self, id: DeviceSessionId) -> Result<u64, StoreError> {
        let add = Expr::col(row::Column::MacCounterOut).add(1i64);
        let update = row::Entity::update_many()
            .col_expr(row::Column::MacCounterOut, add)
            .filter(row::Column::Id.eq(id.uuid()));
        affected(&self.at.db(), update).await?;
        let session = self.find(id).await?;
        Ok(session.ok_or(StoreError::Stale { table: "device_sessions" })?.mac_counter_out)
    }

    /// [`take_mac_counter`](Self::take_mac_counter) and
    /// [`next_mac_counter`](Self::next_mac_counter) of a live session in one:
    /// the server's counter, or `None` when the session is not live or the
    /// request is a replay; then nothing is changed.
    pub async fn exchange_counters(
        &self,
        id: DeviceSessionId,
        counter: u64,
    ) -> Result<Option<u64>, StoreError> {
        use row::Column as C;
        let counter = counter.into_raw();
        let update = row::Entity::update_many()
            .col_expr(C::MacCounterIn, Expr::value(counter))
            .col_expr(C::MacCounterOut, Expr::col(C::MacCounterOut).add(1i64))
            .filter(C::Id.eq(id.uuid()))
            .filter(C::State.eq(DeviceSessionState::Live.as_str()))
            .filter(C::MacCounterIn.lt(counter));
        if affected(&self.at.db(), update).await? == 0 {
            return Ok(None);
        }
        // The update holds the row, so that this reads what it wrote.
        Ok(self.find(id).await?.map(|session| session.mac_counter_out))
    }

    /// Ends a session. Returns whether it had not ended.
    pub async fn end(&self, id: DeviceSessionId) -> Result<bool, StoreError> {
        let update = ending().filter(row::Column::Id.eq(id.uuid()));
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Ends every session of a device (blocked, suspended), and returns how
    /// many.
    pub async fn end_all(&self, device: DeviceId) -> Result<u64, StoreError> {
        affected(&self.at.db(), ending().filter(row::Column::Device.eq(device.uuid()))).await
    }

    /// Ends every session of every device, and returns how many.
    pub async fn end_everybodys(&self) -> Result<u64, StoreError> {
        affected(&self.at.db(), ending()).await
    }

    /// Removes sessions that expired before an instant, and returns how many.
    pub async fn purge(&self, expired_before: Timestamp) -> Result<u64, StoreError> {
        let delete = row::Entity::delete_many()
            .filter(row::Column::ExpiresAt.lt(expired_before.as_millis()));
        Ok(delete.exec(&self.at.db()).await?.rows_affected)
    }

    async fn end_live(&self, device: DeviceId) -> Result<u64, StoreError> {
        let live = ending()
            .filter(row::Column::Device.eq(device.uuid()))
            .filter(row::Column::State.eq(DeviceSessionState::Live.as_str()));
        affected(&self.at.db(), live).await
    }
}

fn ending() -> sea_orm::UpdateMany<row::Entity> {
    row::Entity::update_many()
        .col_expr(row::Column::State, Expr::value(DeviceSessionState::Ended.as_str()))
        .filter(row::Column::State.ne(DeviceSessionState::Ended.as_str()))
}
