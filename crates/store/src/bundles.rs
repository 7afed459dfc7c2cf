//! Trust bundles: append only, the whole chain is kept and served.

use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder};
use sekisho_model::Timestamp;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{Blob, Hash, all, insert, one, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// A signed trust bundle.
    pub struct Bundle in row "bundles" {
        /// Its version, one more than the bundle before.
        [primary_key] version: i64,
        /// The signed bytes, exactly as they are served.
        bytes: Blob,
        /// Their hash, which the next bundle names.
        hash: Hash,
        /// When it was published.
        created_at: Timestamp,
    }
}

/// Trust bundles.
pub struct Bundles<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Bundles<'_, A> {
    /// The newest bundle.
    pub async fn newest(&self) -> Result<Option<Bundle>, StoreError> {
        let newest_first = row::Entity::find().order_by(row::Column::Version, Order::Desc);
        one(&self.at.db(), newest_first).await
    }

    /// One bundle.
    pub async fn find(&self, version: i64) -> Result<Option<Bundle>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(version)).await
    }

    /// The bundles after a version (0: all), oldest first, at most `limit`.
    pub async fn after(&self, version: i64, limit: u64) -> Result<Vec<Bundle>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::Version.gt(version))
            .order_by(row::Column::Version, Order::Asc);
        all(&self.at.db(), select, limit).await
    }
}

impl Bundles<'_, UnitOfWork> {
    /// Publishes a bundle.
    ///
    /// # Errors
    /// A conflict on [`Unique::Key`](crate::Unique::Key) when the version is
    /// taken.
    pub async fn insert(&self, bundle: Bundle) -> Result<(), StoreError> {
        insert(&self.at.db(), bundle).await
    }
}
