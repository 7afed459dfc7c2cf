//! What the server knows of the escrows devices hold.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder};
use sekisho_model::Timestamp;
use sekisho_model::id::{DeviceId, OrderId, SecretVersionId};
use sekisho_model::name::AccountName;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{affected, all, record, upsert};
use crate::unit_of_work::UnitOfWork;

record! {
    /// An escrow a device holds: a candidate sealed to the recovery key. The
    /// version may be unknown here (the server was restored from a backup).
    pub struct Escrow in row "escrows" {
        /// Who holds it.
        [primary_key] device: DeviceId,
        /// The account, by its name on the host.
        [primary_key] account_name: AccountName,
        /// The value.
        [primary_key] version: SecretVersionId,
        /// The order that set it.
        order: OrderId,
        /// When the device reported it.
        reported_at: Timestamp,
        /// When the server confirmed that it holds the same value.
        confirmed_at: Option<Timestamp>,
    }
}

/// What devices hold in escrow.
pub struct Escrows<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Escrows<'_, A> {
    /// The escrows of a device, newest versions first; at most `limit`.
    pub async fn of_device(&self, device: DeviceId, limit: u64) -> Result<Vec<Escrow>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::Device.eq(device.uuid()))
            .order_by(row::Column::Version, Order::Desc)
            .order_by(row::Column::AccountName, Order::Asc);
        all(&self.at.db(), select, limit).await
    }
}

impl Escrows<'_, UnitOfWork> {
    /// Notes what a device reported; a confirmation that exists is kept.
    pub async fn report(&self, escrow: Escrow) -> Result<(), StoreError> {
        upsert(&self.at.db(), escrow, [row::Column::Order, row::Column::ReportedAt]).await
    }

    /// Confirms every escrow of a value at a device. Returns how many were
    /// not confirmed yet.
    pub async fn confirm(
        &self,
        device: DeviceId,
        version: SecretVersionId,
    ) -> Result<u64, StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::ConfirmedAt, Expr::value(self.at.now().as_millis()))
            .filter(row::Column::Device.eq(device.uuid()))
            .filter(row::Column::Version.eq(version.uuid()))
            .filter(row::Column::ConfirmedAt.is_null());
        affected(&self.at.db(), update).await
    }
}
