//! Machines whose accounts are kept.

use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use sekisho_model::Timestamp;
use sekisho_model::device::Platform;
use sekisho_model::id::{PasswordPolicyId, ResourceGroupId, ResourceId, UserId};
use sekisho_model::name::{DnsName, ResourceName};

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::page::{By, Cursor, MAX_PAGE, Page, Paged, begins_with, paged};
use crate::resource_groups::member_ids;
use crate::stored::{all, insert, one, overwrite, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// A row of `resources`; [`Resource`] without what can be computed.
    struct ResourceRow in row "resources" {
        [primary_key] id: ResourceId,
        name: ResourceName,
        // For sorting and searching alike on both databases.
        folded_name: String,
        dns_name: Option<DnsName>,
        platform: Platform,
        owner: UserId,
        policy: Option<PasswordPolicyId>,
        created_at: Timestamp,
        deleted_at: Option<Timestamp>,
        version: i64,
    }
}

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its id.
    pub id: ResourceId,
    /// Its name for people; need not be unique.
    pub name: ResourceName,
    /// Its host name, if it has one.
    pub dns_name: Option<DnsName>,
    /// What kind of agent it takes.
    pub platform: Platform,
    /// Who owns it.
    pub owner: UserId,
    /// The policy of its accounts; `None`: the default one.
    pub policy: Option<PasswordPolicyId>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was deleted; its accounts and passwords are kept.
    pub deleted_at: Option<Timestamp>,
    /// Counts changes, for optimistic concurrency.
    pub version: i64,
}

/// Which resources are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceFilter {
    /// Only those of an owner; `None`: everybody's.
    pub owner: Option<UserId>,
    /// Only those in a group.
    pub group: Option<ResourceGroupId>,
    /// Only those whose name begins with this text, in any case.
    pub prefix: Option<String>,
    /// Also deleted ones.
    pub deleted: bool,
}

/// Machines.
pub struct Resources<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Resources<'_, A> {
    /// One resource, also a deleted one.
    pub async fn find(&self, id: ResourceId) -> Result<Option<Resource>, StoreError> {
        let found = one::<ResourceRow>(&self.at.db(), row::Entity::find_by_id(id.uuid())).await?;
        Ok(found.map(Resource::from))
    }

    /// Several resources (a page of them), also deleted ones, in no order.
    pub async fn find_many(
        &self,
        ids: impl IntoIterator<Item = ResourceId>,
    ) -> Result<Vec<Resource>, StoreError> {
        let ids = ids.into_iter().map(|id| id.uuid());
        let select = row::Entity::find().filter(row::Column::Id.is_in(ids));
        let found = all::<ResourceRow>(&self.at.db(), select, u64::from(MAX_PAGE)).await?;
        Ok(found.into_iter().map(Resource::from).collect())
    }

    /// The resources of a host name that are not deleted, oldest first; at
    /// most 200.
    pub async fn find_by_dns_name(&self, name: &DnsName) -> Result<Vec<Resource>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::DnsName.eq(name.as_str()))
            .filter(row::Column::DeletedAt.is_null())
            .order_by(row::Column::Id, Order::Asc);
        let found = all::<ResourceRow>(&self.at.db(), select, 200).await?;
        Ok(found.into_iter().map(Resource::from).collect())
    }

    /// Resources by name.
    pub async fn list(
        &self,
        filter: &ResourceFilter,
        page: &Page,
    ) -> Result<Paged<Resource>, StoreError> {
        let mut select = row::Entity::find();
        if let Some(owner) = filter.owner {
            select = select.filter(row::Column::Owner.eq(owner.uuid()));
        }
        if let Some(group) = filter.group {
            select = select.filter(row::Column::Id.in_subquery(member_ids(group)));
        }
        if let Some(prefix) = &filter.prefix {
            select = select.filter(begins_with(row::Column::FoldedName, &prefix.to_lowercase()));
        }
        if !filter.deleted {
            select = select.filter(row::Column::DeletedAt.is_null());
        }
        let by = By::Name(row::Column::FoldedName, row::Column::Id);
        let place = |stored: &ResourceRow| Cursor {
            id: stored.id.uuid(),
            text: stored.folded_name.clone(),
        };
        Ok(paged(&self.at.db(), select, by, page, place).await?.map(Resource::from))
    }

    /// How many resources name a policy, deleted ones too.
    pub async fn count_with_policy(&self, policy: PasswordPolicyId) -> Result<u64, StoreError> {
        let select = row::Entity::find().filter(row::Column::Policy.eq(policy.uuid()));
        Ok(select.count(&self.at.db()).await?)
    }
}

/// A subquery: the ids of the resources that are not deleted, of one owner or
/// of everybody.
pub(crate) fn live_ids(owner: Option<UserId>) -> SelectStatement {
    let mut select = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::DeletedAt.is_null());
    if let Some(owner) = owner {
        select = select.filter(row::Column::Owner.eq(owner.uuid()));
    }
    QuerySelect::query(&mut select).take()
}

/// A subquery: the ids of the resources of an owner, deleted ones too.
pub(crate) fn all_ids(owner: UserId) -> SelectStatement {
    let mut select = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::Owner.eq(owner.uuid()));
    QuerySelect::query(&mut select).take()
}

impl Resources<'_, UnitOfWork> {
    /// One resource, locked until this unit of work ends.
    pub async fn lock(&self, id: ResourceId) -> Result<Option<Resource>, StoreError> {
        let select = row::Entity::find_by_id(id.uuid()).lock_exclusive();
        Ok(one::<ResourceRow>(&self.at.db(), select).await?.map(Resource::from))
    }

    /// Adds a resource.
    pub async fn insert(&self, resource: Resource) -> Result<(), StoreError> {
        insert(&self.at.db(), ResourceRow::from(resource)).await
    }

    /// Writes a resource that still has the expected version. Deleting is
    /// setting `deleted_at`.
    ///
    /// # Errors
    /// [`StoreError::Stale`].
    pub async fn update(&self, resource: Resource, expected: i64) -> Result<Resource, StoreError> {
        let next = Resource { version: expected + 1, ..resource };
        let condition = Condition::all()
            .add(row::Column::Id.eq(next.id.uuid()))
            .add(row::Column::Version.eq(expected));
        let fixed = [row::Column::CreatedAt];
        overwrite(&self.at.db(), ResourceRow::from(next.clone()), condition, &fixed).await?;
        Ok(next)
    }
}

impl From<ResourceRow> for Resource {
    fn from(stored: ResourceRow) -> Self {
        Self {
            id: stored.id,
            name: stored.name,
            dns_name: stored.dns_name,
            platform: stored.platform,
            owner: stored.owner,
            policy: stored.policy,
            created_at: stored.created_at,
            deleted_at: stored.deleted_at,
            version: stored.version,
        }
    }
}

impl From<Resource> for ResourceRow {
    fn from(resource: Resource) -> Self {
        Self {
            id: resource.id,
            folded_name: resource.name.as_str().to_lowercase(),
            name: resource.name,
            dns_name: resource.dns_name,
            platform: resource.platform,
            owner: resource.owner,
            policy: resource.policy,
            created_at: resource.created_at,
            deleted_at: resource.deleted_at,
            version: resource.version,
        }
    }
}
