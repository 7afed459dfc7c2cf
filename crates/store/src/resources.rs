//! Machines whose accounts are kept.

use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
};
use sekisho_model::Timestamp;
use sekisho_model::criteria::Criteria;
use sekisho_model::device::{Platform, Served};
use sekisho_model::id::{PasswordPolicyId, ResourceGroupId, ResourceId, UserId};
use sekisho_model::name::{DnsName, ResourceName};

use crate::access::{Access, sealed::Connected};
use crate::accounts::out_of_sync_resources;
use crate::devices::{Activity, served};
use crate::error::StoreError;
use crate::page::{Cursor, Key, MAX_PAGE, Page, Paged, Sort, SortBy, Sorting, begins_with, sorted};
use crate::resource_groups::members_of;
use crate::sight::{Reached, Sight, inside, matching};
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

/// For conditions on resources.
pub(crate) use row::Column as ResourceColumn;

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

impl Resource {
    /// Its place in a [`list`](Resources::list) by name, for who goes on there
    /// without having come by way of a page that ended with it.
    pub fn place(&self) -> Cursor {
        let row = ResourceRow::from(self.clone());
        let tag = SORTING.usual.tag();
        Cursor { id: row.id.uuid(), text: format!("{tag}{}", row.folded_name) }
    }
}

/// Which resources are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceFilter {
    /// Only those of an owner; `None`: everybody's.
    pub owner: Option<UserId>,
    /// Only those somebody may see; `None`: everybody's.
    pub seen_by: Option<Sight>,
    /// Only those in one of these groups: what
    /// [`reach`](crate::ResourceGroups::reach) found. Empty is no group.
    pub groups: Option<Vec<Reached>>,
    /// Only those that people put into this group itself.
    pub put_into: Option<ResourceGroupId>,
    /// Only those that criteria match.
    pub criteria: Option<Criteria>,
    /// Only those whose name begins with this text, in any case.
    pub prefix: Option<String>,
    /// Also deleted ones.
    pub deleted: bool,
    /// Only those that this person owns, among the others.
    pub owned_by: Option<UserId>,
    /// Only those that take this kind of agent.
    pub platform: Option<Platform>,
    /// Only those whose agent is like this.
    pub agent: Option<(Served, Activity)>,
    /// Only those with a present account whose known password did not work.
    pub out_of_sync: bool,
}

/// What a list of resources can be sorted by.
pub const RESOURCE_SORTS: &[&str] = &["name", "created_at", "dns_name", "platform"];

const SORTING: Sorting<ResourceRow> = Sorting {
    by: &[
        SortBy { word: "name", key: Key::Text(row::Column::FoldedName, |r| r.folded_name.clone()) },
        SortBy { word: "created_at", key: Key::Id },
        SortBy {
            word: "dns_name",
            key: Key::TextOrNone(row::Column::DnsName, |r| {
                r.dns_name.as_ref().map(|n| n.to_string())
            }),
        },
        SortBy {
            word: "platform",
            key: Key::Text(row::Column::Platform, |r| r.platform.as_str().to_owned()),
        },
    ],
    id: row::Column::Id,
    id_of: |r| r.id.uuid(),
    usual: Sort { by: "name", descending: false },
};

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

    /// Resources, by name unless the page says otherwise.
    pub async fn list(
        &self,
        filter: &ResourceFilter,
        page: &Page,
    ) -> Result<Paged<Resource>, StoreError> {
        Ok(sorted(&self.at.db(), filter.select(), &SORTING, page).await?.map(Resource::from))
    }

    /// How many resources that are not deleted a filter finds, counted up to a
    /// limit.
    pub async fn count(&self, filter: &ResourceFilter, limit: u64) -> Result<u64, StoreError> {
        let select = filter.select().select_only().column(row::Column::Id).limit(limit);
        Ok(select.into_tuple::<uuid::Uuid>().all(&self.at.db()).await?.len() as u64)
    }

    /// How many resources name a policy, deleted ones too.
    pub async fn count_with_policy(&self, policy: PasswordPolicyId) -> Result<u64, StoreError> {
        let select = row::Entity::find().filter(row::Column::Policy.eq(policy.uuid()));
        Ok(select.count(&self.at.db()).await?)
    }
}

impl ResourceFilter {
    fn select(&self) -> Select<row::Entity> {
        use row::Column as C;
        let prefix = self.prefix.as_ref().map(|prefix| prefix.to_lowercase());
        let condition = Condition::all()
            .add_option(self.owner.map(|owner| C::Owner.eq(owner.uuid())))
            .add_option(self.seen_by.as_ref().map(Sight::resources))
            .add_option(self.groups.as_deref().map(inside))
            .add_option(self.put_into.map(|group| C::Id.in_subquery(members_of(&[group]))))
            .add_option(self.criteria.as_ref().map(matching))
            .add_option(prefix.map(|prefix| begins_with(C::FoldedName, &prefix)))
            .add_option((!self.deleted).then(|| C::DeletedAt.is_null()))
            .add_option(self.owned_by.map(|owner| C::Owner.eq(owner.uuid())))
            .add_option(self.platform.map(|platform| C::Platform.eq(platform.as_str())))
            .add_option(self.agent.map(|(served_by, activity)| served(C::Id, served_by, activity)))
            .add_option(self.out_of_sync.then(|| C::Id.in_subquery(out_of_sync_resources())));
        row::Entity::find().filter(condition)
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

/// A subquery: the ids of the resources that name a policy.
pub(crate) fn with_policy(policy: PasswordPolicyId) -> SelectStatement {
    let mut select = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::Policy.eq(policy.uuid()));
    QuerySelect::query(&mut select).take()
}

/// A subquery: the ids of the resources whose name begins with a text.
pub(crate) fn named(prefix: &str) -> SelectStatement {
    let mut select = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(begins_with(row::Column::FoldedName, &prefix.to_lowercase()));
    QuerySelect::query(&mut select).take()
}

/// A subquery: the ids of the resources that are not deleted and that somebody
/// may see.
pub(crate) fn seen_ids(sight: &Sight) -> SelectStatement {
    row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::DeletedAt.is_null())
        .filter(sight.resources())
        .into_query()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::plan;

    /// The lists that people open all day read one page, and not everything
    /// to sort it.
    #[tokio::test]
    async fn the_usual_orders_need_no_sorting() {
        let owner = row::Column::Owner.eq(uuid::Uuid::from_u128(1));
        for (word, select) in [
            ("name", row::Entity::find()),
            ("name", row::Entity::find().filter(owner)),
            ("created_at", row::Entity::find()),
        ] {
            for descending in [false, true] {
                let page = Page::first(50).sorted(word, descending);
                let steps = plan(select.clone(), &SORTING, &page).await;
                let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE"));
                assert!(!sorts, "{word} {descending}: {steps:#?}");
            }
        }
    }
}
