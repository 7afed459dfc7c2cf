//! Groups of machines that share a rule. People say what is in them, or
//! criteria do; groups may stand inside others.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait,
};
use sekisho_model::Timestamp;
use sekisho_model::criteria::{Criteria, Facts};
use sekisho_model::id::{ResourceGroupId, ResourceId, UserId};
use sekisho_model::name::Label;
use sekisho_model::rotation::Age;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::page::{Key, Page, Paged, Sort, SortBy, Sorting, contains, sorted};
use crate::resources::{Resource, ResourceFilter};
use crate::sight::{Reached, Sight};
use crate::stored::{all, insert, one, overwrite, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// A group.
    pub struct ResourceGroup in row "resource_groups" {
        /// Its id.
        [primary_key] id: ResourceGroupId,
        /// Its name; unique among those of its owner.
        name: Label,
        /// What it is for.
        description: String,
        /// Who owns it.
        owner: UserId,
        /// The maximum age of passwords on its resources; `None`: it says
        /// nothing.
        max_age: Option<Age>,
        /// What it takes in by itself, of what its owner owns; `None`: only
        /// what people put into it.
        criteria: Option<Criteria>,
        /// When it was made.
        created_at: Timestamp,
        /// Counts changes, for optimistic concurrency.
        version: i64,
    }
}

record! {
    struct Member in member_row "resource_group_members" {
        [primary_key] group: ResourceGroupId,
        [primary_key] resource: ResourceId,
        added_at: Timestamp,
    }
}

/// Which groups are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupFilter {
    /// Only those of an owner; `None`: everybody's.
    pub owner: Option<UserId>,
    /// Only those somebody owns or that are shared with them.
    pub seen_by: Option<Sight>,
    /// Only those whose name contains this text.
    pub text: Option<String>,
}

/// What a list of groups can be sorted by.
pub const GROUP_SORTS: &[&str] = &["name", "created_at"];

const SORTING: Sorting<ResourceGroup> = Sorting {
    by: &[
        SortBy { word: "name", key: Key::Text(row::Column::Name, |g| g.name.to_string()) },
        SortBy { word: "created_at", key: Key::Id },
    ],
    id: row::Column::Id,
    id_of: |group| group.id.uuid(),
    usual: Sort { by: "name", descending: false },
};

/// The most groups a page of resources is read with.
const MAX_GROUPS: u64 = 10_000;

/// The most groups of a site that take in resources by criteria.
pub const MAX_CRITERIA_GROUPS: u64 = 1_000;

/// Groups of machines.
pub struct ResourceGroups<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> ResourceGroups<'_, A> {
    /// One group.
    pub async fn find(&self, id: ResourceGroupId) -> Result<Option<ResourceGroup>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid())).await
    }

    /// Groups, by name unless the page says otherwise.
    pub async fn list(
        &self,
        filter: &GroupFilter,
        page: &Page,
    ) -> Result<Paged<ResourceGroup>, StoreError> {
        use row::Column as C;
        let condition = Condition::all()
            .add_option(filter.owner.map(|owner| C::Owner.eq(owner.uuid())))
            .add_option(filter.seen_by.as_ref().map(|sight| {
                let mine = C::Owner.eq(sight.user().uuid());
                let shared = (!sight.is_own_only()).then(|| C::Id.in_subquery(sight.groups()));
                Condition::any().add(mine).add_option(shared)
            }))
            .add_option(filter.text.as_ref().map(|text| contains(C::Name, text)));
        sorted(&self.at.db(), row::Entity::find().filter(condition), &SORTING, page).await
    }

    /// How many resources that are not deleted a group and those inside it
    /// have, counted up to `limit`.
    pub async fn size(&self, id: ResourceGroupId, limit: u64) -> Result<u64, StoreError> {
        let groups = Some(self.reach(&[id]).await?);
        let filter = ResourceFilter { groups, ..ResourceFilter::default() };
        self.at.resources().count(&filter, limit).await
    }

    /// How many groups take in resources by criteria.
    pub async fn count_with_criteria(&self) -> Result<u64, StoreError> {
        let select = row::Entity::find().filter(row::Column::Criteria.is_not_null());
        Ok(select.count(&self.at.db()).await?)
    }

    /// Several groups (a bounded number), in no order.
    pub async fn find_many(
        &self,
        ids: impl IntoIterator<Item = ResourceGroupId>,
    ) -> Result<Vec<ResourceGroup>, StoreError> {
        let ids = ids.into_iter().map(|id| id.uuid());
        let select = row::Entity::find().filter(row::Column::Id.is_in(ids));
        all(&self.at.db(), select, MAX_GROUPS).await
    }

    /// How many groups a resource is in.
    pub async fn count_of(&self, resource: ResourceId) -> Result<u64, StoreError> {
        let select =
            member_row::Entity::find().filter(member_row::Column::Resource.eq(resource.uuid()));
        Ok(select.count(&self.at.db()).await?)
    }

    /// In which of some groups a resource stands itself, and not only in one
    /// inside them.
    pub async fn holding(
        &self,
        resource: &Resource,
        groups: &[Reached],
    ) -> Result<BTreeSet<ResourceGroupId>, StoreError> {
        let select =
            member_row::Entity::find().filter(member_row::Column::Resource.eq(resource.id.uuid()));
        let members: Vec<Member> = all(&self.at.db(), select, MAX_GROUPS).await?;
        let mut inside: BTreeSet<_> = members.into_iter().map(|member| member.group).collect();
        inside.extend(groups.iter().filter_map(|reached| {
            let criteria = reached.criteria.as_ref()?;
            takes_in(criteria, reached.owner, resource).then_some(reached.group)
        }));
        Ok(inside)
    }

    /// The groups of some resources (a page of them), by name: those they were
    /// put into, those whose criteria match, and those around. Resources in no
    /// group are left out.
    pub async fn of_resources(
        &self,
        resources: &[Resource],
    ) -> Result<BTreeMap<ResourceId, Vec<ResourceGroup>>, StoreError> {
        let db = self.at.db();
        let ids = resources.iter().map(|resource| resource.id.uuid());
        let select = member_row::Entity::find().filter(member_row::Column::Resource.is_in(ids));
        let members: Vec<Member> = all(&db, select, MAX_GROUPS).await?;
        let mut direct: BTreeMap<ResourceId, BTreeSet<ResourceGroupId>> = BTreeMap::new();
        for member in members {
            direct.entry(member.resource).or_default().insert(member.group);
        }
        let select = row::Entity::find().filter(row::Column::Criteria.is_not_null());
        let by_criteria: Vec<ResourceGroup> = all(&db, select, MAX_CRITERIA_GROUPS).await?;
        for resource in resources {
            for group in &by_criteria {
                let criteria = group.criteria.as_ref();
                if criteria.is_some_and(|criteria| takes_in(criteria, group.owner, resource)) {
                    direct.entry(resource.id).or_default().insert(group.id);
                }
            }
        }
        if direct.is_empty() {
            return Ok(BTreeMap::new());
        }
        let inner: BTreeSet<ResourceGroupId> = direct.values().flatten().copied().collect();
        let around = self.around(&inner).await?;
        let all_ids = inner.iter().chain(around.values().flatten()).copied();
        let groups = self.find_many(all_ids.collect::<BTreeSet<_>>()).await?;
        let by_id: BTreeMap<_, _> = groups.into_iter().map(|group| (group.id, group)).collect();
        let mut found: BTreeMap<ResourceId, Vec<ResourceGroup>> = BTreeMap::new();
        for (resource, inside) in direct {
            let outer = inside.iter().filter_map(|group| around.get(group)).flatten();
            let every: BTreeSet<ResourceGroupId> = inside.iter().chain(outer).copied().collect();
            let mut groups: Vec<ResourceGroup> =
                every.iter().filter_map(|id| by_id.get(id).cloned()).collect();
            groups
                .sort_by(|one, two| (one.name.as_str(), one.id).cmp(&(two.name.as_str(), two.id)));
            found.insert(resource, groups);
        }
        Ok(found)
    }
}

/// Whether criteria take a resource in: only what the group's owner owns.
fn takes_in(criteria: &Criteria, owner: UserId, resource: &Resource) -> bool {
    resource.owner == owner
        && criteria.matches(&Facts {
            name: resource.name.as_str(),
            address: resource.dns_name.as_ref().map(|name| name.as_str()),
            platform: resource.platform,
        })
}

/// A subquery: the ids of the resources that people put into some groups.
pub(crate) fn members_of(groups: &[ResourceGroupId]) -> SelectStatement {
    member_row::Entity::find()
        .select_only()
        .column(member_row::Column::Resource)
        .filter(member_row::Column::Group.is_in(groups.iter().map(|id| id.uuid())))
        .into_query()
}

/// A subquery: the ids of the groups somebody owns.
pub(crate) fn ids_of(owner: UserId) -> SelectStatement {
    row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::Owner.eq(owner.uuid()))
        .into_query()
}

impl ResourceGroups<'_, UnitOfWork> {
    /// One group, locked until this unit of work ends.
    pub async fn lock(&self, id: ResourceGroupId) -> Result<Option<ResourceGroup>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid()).lock_exclusive()).await
    }

    /// Adds a group.
    ///
    /// # Errors
    /// A conflict on [`Unique::GroupName`](crate::Unique::GroupName).
    pub async fn insert(&self, group: ResourceGroup) -> Result<(), StoreError> {
        insert(&self.at.db(), group).await
    }

    /// Writes a group that still has the expected version.
    ///
    /// # Errors
    /// [`StoreError::Stale`], or a conflict on the name.
    pub async fn update(
        &self,
        group: ResourceGroup,
        expected: i64,
    ) -> Result<ResourceGroup, StoreError> {
        use row::Column as C;
        let next = ResourceGroup { version: expected + 1, ..group };
        let condition = Condition::all().add(C::Id.eq(next.id.uuid())).add(C::Version.eq(expected));
        overwrite(&self.at.db(), next.clone(), condition, &[C::CreatedAt]).await?;
        Ok(next)
    }

    /// Removes a group; its resources and the groups inside it stay. Take its
    /// shares back first. Returns whether it was there.
    pub async fn delete(&self, id: ResourceGroupId) -> Result<bool, StoreError> {
        let db = self.at.db();
        self.unnest_all(id).await?;
        member_row::Entity::delete_many()
            .filter(member_row::Column::Group.eq(id.uuid()))
            .exec(&db)
            .await?;
        Ok(row::Entity::delete_by_id(id.uuid()).exec(&db).await?.rows_affected == 1)
    }

    /// Puts a resource into a group. Returns whether it was not in it. Lock
    /// the group first.
    pub async fn join(
        &self,
        group: ResourceGroupId,
        resource: ResourceId,
    ) -> Result<bool, StoreError> {
        let db = self.at.db();
        let key = (group.uuid(), resource.uuid());
        if one::<Member>(&db, member_row::Entity::find_by_id(key)).await?.is_some() {
            return Ok(false);
        }
        insert(&db, Member { group, resource, added_at: self.at.now() }).await?;
        Ok(true)
    }

    /// Takes a resource out of every group that somebody else than `owner`
    /// owns. Returns how many those were.
    pub async fn leave_others(
        &self,
        resource: ResourceId,
        owner: UserId,
    ) -> Result<u64, StoreError> {
        let gone = member_row::Entity::delete_many()
            .filter(member_row::Column::Resource.eq(resource.uuid()))
            .filter(member_row::Column::Group.not_in_subquery(ids_of(owner)))
            .exec(&self.at.db())
            .await?;
        Ok(gone.rows_affected)
    }

    /// Takes a resource out of a group. Returns whether it was in it.
    pub async fn leave(
        &self,
        group: ResourceGroupId,
        resource: ResourceId,
    ) -> Result<bool, StoreError> {
        let key = (group.uuid(), resource.uuid());
        let done = member_row::Entity::delete_by_id(key).exec(&self.at.db()).await?;
        Ok(done.rows_affected == 1)
    }
}
