//! Groups of machines that share a rule. Static: people say what is in them.

use std::collections::BTreeMap;

use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait,
};
use sekisho_model::Timestamp;
use sekisho_model::id::{ResourceGroupId, ResourceId, UserId};
use sekisho_model::name::Label;
use sekisho_model::rotation::Age;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::page::{Key, Page, Paged, Sort, SortBy, Sorting, contains, sorted};
use crate::resources::live_ids;
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

/// The most groups a resource is read with.
const MAX_GROUPS: u64 = 10_000;

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
            .add_option(filter.text.as_ref().map(|text| contains(C::Name, text)));
        sorted(&self.at.db(), row::Entity::find().filter(condition), &SORTING, page).await
    }

    /// How many resources that are not deleted a group has.
    pub async fn size(&self, id: ResourceGroupId) -> Result<u64, StoreError> {
        use member_row::Column as C;
        let select = member_row::Entity::find()
            .filter(C::Group.eq(id.uuid()))
            .filter(C::Resource.in_subquery(live_ids(None)));
        Ok(select.count(&self.at.db()).await?)
    }

    /// How many groups a resource is in.
    pub async fn count_of(&self, resource: ResourceId) -> Result<u64, StoreError> {
        let select =
            member_row::Entity::find().filter(member_row::Column::Resource.eq(resource.uuid()));
        Ok(select.count(&self.at.db()).await?)
    }

    /// The groups of some resources (a page of them), by name. Resources in no
    /// group are left out.
    pub async fn of_resources(
        &self,
        resources: impl IntoIterator<Item = ResourceId>,
    ) -> Result<BTreeMap<ResourceId, Vec<ResourceGroup>>, StoreError> {
        let db = self.at.db();
        let resources = resources.into_iter().map(|id| id.uuid());
        let select =
            member_row::Entity::find().filter(member_row::Column::Resource.is_in(resources));
        let members: Vec<Member> = all(&db, select, MAX_GROUPS).await?;
        let ids = members.iter().map(|member| member.group.uuid());
        let select = row::Entity::find().filter(row::Column::Id.is_in(ids));
        let groups: Vec<ResourceGroup> = all(&db, select, MAX_GROUPS).await?;
        let by_id: BTreeMap<_, _> = groups.into_iter().map(|group| (group.id, group)).collect();
        let mut found: BTreeMap<ResourceId, Vec<ResourceGroup>> = BTreeMap::new();
        for member in members {
            let groups = found.entry(member.resource).or_default();
            groups.extend(by_id.get(&member.group).cloned());
        }
        for groups in found.values_mut() {
            groups
                .sort_by(|one, two| (one.name.as_str(), one.id).cmp(&(two.name.as_str(), two.id)));
        }
        Ok(found)
    }
}

/// A subquery: the ids of the resources in a group.
pub(crate) fn member_ids(group: ResourceGroupId) -> SelectStatement {
    member_row::Entity::find()
        .select_only()
        .column(member_row::Column::Resource)
        .filter(member_row::Column::Group.eq(group.uuid()))
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

    /// Removes a group; its resources stay. Returns whether it was there.
    pub async fn delete(&self, id: ResourceGroupId) -> Result<bool, StoreError> {
        let db = self.at.db();
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
