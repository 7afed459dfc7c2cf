//! Certificates of devices.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder};
use sekisho_model::Timestamp;
use sekisho_model::id::DeviceId;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{Blob, affected, all, insert, one, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// A certificate of a device's identity key.
    pub struct DeviceCertificate in row "device_certificates" {
        /// Its serial number, in lower-case hexadecimal.
        [primary_key] serial: String,
        /// Whose it is.
        device: DeviceId,
        /// The certificate.
        der: Blob,
        /// Valid from.
        not_before: Timestamp,
        /// Valid until.
        not_after: Timestamp,
        /// When it was issued.
        issued_at: Timestamp,
        /// When a newer one took its place.
        superseded_at: Option<Timestamp>,
    }
}

/// Certificates of devices.
pub struct DeviceCertificates<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> DeviceCertificates<'_, A> {
    /// One certificate.
    pub async fn find(&self, serial: &str) -> Result<Option<DeviceCertificate>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(serial.to_owned())).await
    }

    /// The certificates of a device, newest first; at most `limit`.
    pub async fn newest(
        &self,
        device: DeviceId,
        limit: u64,
    ) -> Result<Vec<DeviceCertificate>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::Device.eq(device.uuid()))
            .order_by(row::Column::IssuedAt, Order::Desc)
            .order_by(row::Column::Serial, Order::Asc);
        all(&self.at.db(), select, limit).await
    }
}

impl DeviceCertificates<'_, UnitOfWork> {
    /// Adds a certificate; those before it are superseded.
    pub async fn insert(&self, certificate: DeviceCertificate) -> Result<(), StoreError> {
        let db = self.at.db();
        let supersede = row::Entity::update_many()
            .col_expr(row::Column::SupersededAt, Expr::value(certificate.issued_at.as_millis()))
            .filter(row::Column::Device.eq(certificate.device.uuid()))
            .filter(row::Column::SupersededAt.is_null());
        affected(&db, supersede).await?;
        insert(&db, certificate).await
    }
}
