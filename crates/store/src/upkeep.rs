//! When the accounts of a resource were last listed, and whether they have
//! changed since.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sekisho_model::Timestamp;
use sekisho_model::id::ResourceId;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::page::MAX_PAGE;
use crate::stored::{all, one, record, upsert};
use crate::unit_of_work::UnitOfWork;

record! {
    /// What is known of the list of accounts of a resource.
    pub struct ResourceUpkeep in row "resource_upkeep" {
        /// The resource.
        [primary_key] resource: ResourceId,
        /// When its agent was last asked for its accounts.
        asked_at: Option<Timestamp>,
        /// When its agent said that they have changed since.
        changed_at: Option<Timestamp>,
    }
}

impl ResourceUpkeep {
    /// A resource whose agent was never asked.
    pub const fn never(resource: ResourceId) -> Self {
        Self { resource, asked_at: None, changed_at: None }
    }
}

/// Upkeep of resources.
pub struct Upkeep<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Upkeep<'_, A> {
    /// What is known of a resource.
    pub async fn of(&self, resource: ResourceId) -> Result<ResourceUpkeep, StoreError> {
        let found = one(&self.at.db(), row::Entity::find_by_id(resource.uuid())).await?;
        Ok(found.unwrap_or_else(|| ResourceUpkeep::never(resource)))
    }

    /// What is known of some resources (a page of them); those that were never
    /// asked are left out.
    pub async fn of_many(
        &self,
        resources: impl IntoIterator<Item = ResourceId>,
    ) -> Result<BTreeMap<ResourceId, ResourceUpkeep>, StoreError> {
        let ids = resources.into_iter().map(|id| id.uuid());
        let select = row::Entity::find().filter(row::Column::Resource.is_in(ids));
        let found: Vec<ResourceUpkeep> = all(&self.at.db(), select, u64::from(MAX_PAGE)).await?;
        Ok(found.into_iter().map(|seen| (seen.resource, seen)).collect())
    }
}

impl Upkeep<'_, UnitOfWork> {
    /// Writes what is known of a resource.
    pub async fn put(&self, seen: ResourceUpkeep) -> Result<(), StoreError> {
        upsert(&self.at.db(), seen, [row::Column::AskedAt, row::Column::ChangedAt]).await
    }
}
