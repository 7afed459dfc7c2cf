//! Escrows that devices handed in during recovery.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder};
use sekisho_model::Timestamp;
use sekisho_model::id::{AccountId, DeviceId, SecretVersionId};

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{Blob, affected, all, record, upsert};
use crate::unit_of_work::UnitOfWork;

record! {
    /// A candidate sealed to the recovery key, as its device kept it. The
    /// server cannot read it; its account and version may be unknown here (the
    /// server was restored from a backup).
    pub struct Escrow in row "escrows" {
        /// Who handed it in.
        [primary_key] device: DeviceId,
        /// The value.
        [primary_key] version: SecretVersionId,
        /// The account it is of.
        account: AccountId,
        /// The seq of the order that brought it.
        seq: u64,
        /// The escrow, sealed.
        sealed: Blob,
        /// When it was handed in.
        reported_at: Timestamp,
        /// When it was opened and taken over.
        imported_at: Option<Timestamp>,
    }
}

/// Escrows that devices handed in.
pub struct Escrows<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Escrows<'_, A> {
    /// Escrows that were not taken over yet, in the order of their seq; at most
    /// `limit`.
    pub async fn open(&self, limit: u64) -> Result<Vec<Escrow>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::ImportedAt.is_null())
            .order_by(row::Column::Device, Order::Asc)
            .order_by(row::Column::Seq, Order::Asc);
        all(&self.at.db(), select, limit).await
    }
}

impl Escrows<'_, UnitOfWork> {
    /// Keeps what a device handed in; one that is there already is kept.
    pub async fn report(&self, escrow: Escrow) -> Result<(), StoreError> {
        upsert(&self.at.db(), escrow, [row::Column::ReportedAt]).await
    }

    /// Notes that an escrow was taken over. Returns whether it was open.
    pub async fn imported(
        &self,
        device: DeviceId,
        version: SecretVersionId,
    ) -> Result<bool, StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::ImportedAt, Expr::value(self.at.now().as_millis()))
            .filter(row::Column::Device.eq(device.uuid()))
            .filter(row::Column::Version.eq(version.uuid()))
            .filter(row::Column::ImportedAt.is_null());
        Ok(affected(&self.at.db(), update).await? == 1)
    }
}
