//! People who are shared with as one.

use std::collections::BTreeMap;

use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};
use sekisho_model::Timestamp;
use sekisho_model::id::{UserGroupId, UserId};
use sekisho_model::name::Label;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::page::{By, Cursor, MAX_PAGE, Page, Paged, contains, paged};
use crate::stored::{all, insert, one, overwrite, record};
use crate::unit_of_work::UnitOfWork;
use crate::users::{self, User};

record! {
    /// A row of `user_groups`; [`UserGroup`] without what can be computed.
    struct UserGroupRow in row "user_groups" {
        [primary_key] id: UserGroupId,
        name: Label,
        // For sorting, searching and comparing alike on both databases.
        folded_name: String,
        description: String,
        created_at: Timestamp,
        version: i64,
    }
}

record! {
    struct Member in member_row "user_group_members" {
        [primary_key] group: UserGroupId,
        [primary_key] user: UserId,
        added_at: Timestamp,
    }
}

/// A group of users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserGroup {
    /// Its id.
    pub id: UserGroupId,
    /// Its name; unique, in any case.
    pub name: Label,
    /// What it is for.
    pub description: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Counts changes, for optimistic concurrency.
    pub version: i64,
}

/// The most groups a user is in.
pub const MAX_GROUPS_OF_USER: u64 = 100;

/// Groups of users.
pub struct UserGroups<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> UserGroups<'_, A> {
    /// One group.
    pub async fn find(&self, id: UserGroupId) -> Result<Option<UserGroup>, StoreError> {
        let found = one::<UserGroupRow>(&self.at.db(), row::Entity::find_by_id(id.uuid())).await?;
        Ok(found.map(UserGroup::from))
    }

    /// Groups by name; with a text, those whose name contains it.
    pub async fn list(
        &self,
        text: Option<&str>,
        page: &Page,
    ) -> Result<Paged<UserGroup>, StoreError> {
        use row::Column as C;
        let condition = Condition::all()
            .add_option(text.map(|text| contains(C::FoldedName, &text.to_lowercase())));
        let select = row::Entity::find().filter(condition);
        let by = By::Name(C::FoldedName, C::Id);
        let place =
            |group: &UserGroupRow| Cursor { id: group.id.uuid(), text: group.folded_name.clone() };
        Ok(paged(&self.at.db(), select, by, page, place).await?.map(UserGroup::from))
    }

    /// How many users are in a group, disabled ones too.
    pub async fn size(&self, id: UserGroupId) -> Result<u64, StoreError> {
        let select = member_row::Entity::find().filter(member_row::Column::Group.eq(id.uuid()));
        Ok(select.count(&self.at.db()).await?)
    }

    /// The users in a group, by name.
    pub async fn members(&self, id: UserGroupId, page: &Page) -> Result<Paged<User>, StoreError> {
        users::in_subquery(&self.at.db(), members_of(&[id]), page).await
    }

    /// The groups a user is in, oldest first; there are at most
    /// [`MAX_GROUPS_OF_USER`].
    pub async fn of_user(&self, user: UserId) -> Result<Vec<UserGroupId>, StoreError> {
        let select = member_row::Entity::find()
            .filter(member_row::Column::User.eq(user.uuid()))
            .order_by(member_row::Column::Group, Order::Asc);
        let members: Vec<Member> = all(&self.at.db(), select, MAX_GROUPS_OF_USER).await?;
        Ok(members.into_iter().map(|member| member.group).collect())
    }

    /// In which of some groups each of some users (a page of them) is. Users
    /// in none of them are left out.
    pub async fn memberships(
        &self,
        groups: &[UserGroupId],
        users: &[UserId],
    ) -> Result<BTreeMap<UserId, Vec<UserGroupId>>, StoreError> {
        use member_row::Column as C;
        let mut found: BTreeMap<UserId, Vec<UserGroupId>> = BTreeMap::new();
        if groups.is_empty() || users.is_empty() {
            return Ok(found);
        }
        let select = member_row::Entity::find()
            .filter(C::Group.is_in(groups.iter().map(|id| id.uuid())))
            .filter(C::User.is_in(users.iter().map(|id| id.uuid())));
        let most = MAX_GROUPS_OF_USER * users.len() as u64;
        let members: Vec<Member> = all(&self.at.db(), select, most).await?;
        for member in members {
            found.entry(member.user).or_default().push(member.group);
        }
        Ok(found)
    }

    /// Several groups (a page of them), in no order.
    pub async fn find_many(
        &self,
        ids: impl IntoIterator<Item = UserGroupId>,
    ) -> Result<Vec<UserGroup>, StoreError> {
        let ids = ids.into_iter().map(|id| id.uuid());
        let select = row::Entity::find().filter(row::Column::Id.is_in(ids));
        let found = all::<UserGroupRow>(&self.at.db(), select, u64::from(MAX_PAGE)).await?;
        Ok(found.into_iter().map(UserGroup::from).collect())
    }
}

/// A subquery: the ids of the users in some groups.
pub(crate) fn members_of(groups: &[UserGroupId]) -> SelectStatement {
    member_row::Entity::find()
        .select_only()
        .column(member_row::Column::User)
        .filter(member_row::Column::Group.is_in(groups.iter().map(|id| id.uuid())))
        .into_query()
}

impl UserGroups<'_, UnitOfWork> {
    /// One group, locked until this unit of work ends.
    pub async fn lock(&self, id: UserGroupId) -> Result<Option<UserGroup>, StoreError> {
        let select = row::Entity::find_by_id(id.uuid()).lock_exclusive();
        Ok(one::<UserGroupRow>(&self.at.db(), select).await?.map(UserGroup::from))
    }

    /// Adds a group.
    ///
    /// # Errors
    /// A conflict on [`Unique::UserGroupName`](crate::Unique::UserGroupName).
    pub async fn insert(&self, group: UserGroup) -> Result<(), StoreError> {
        insert(&self.at.db(), UserGroupRow::from(group)).await
    }

    /// Writes a group that still has the expected version.
    ///
    /// # Errors
    /// [`StoreError::Stale`], or a conflict on the name.
    pub async fn update(&self, group: UserGroup, expected: i64) -> Result<UserGroup, StoreError> {
        use row::Column as C;
        let next = UserGroup { version: expected + 1, ..group };
        let condition = Condition::all().add(C::Id.eq(next.id.uuid())).add(C::Version.eq(expected));
        let row = UserGroupRow::from(next.clone());
        overwrite(&self.at.db(), row, condition, &[C::CreatedAt]).await?;
        Ok(next)
    }

    /// Removes a group; its users stay. What was shared with it goes by
    /// [`delete_of_principal`](crate::Shares::delete_of_principal). Returns
    /// whether it was there.
    pub async fn delete(&self, id: UserGroupId) -> Result<bool, StoreError> {
        let db = self.at.db();
        member_row::Entity::delete_many()
            .filter(member_row::Column::Group.eq(id.uuid()))
            .exec(&db)
            .await?;
        Ok(row::Entity::delete_by_id(id.uuid()).exec(&db).await?.rows_affected == 1)
    }

    /// Puts a user into a group. Returns whether they were not in it. Lock the
    /// group first.
    pub async fn join(&self, group: UserGroupId, user: UserId) -> Result<bool, StoreError> {
        let db = self.at.db();
        let key = (group.uuid(), user.uuid());
        if one::<Member>(&db, member_row::Entity::find_by_id(key)).await?.is_some() {
            return Ok(false);
        }
        insert(&db, Member { group, user, added_at: self.at.now() }).await?;
        Ok(true)
    }

    /// Takes a user out of a group. Returns whether they were in it.
    pub async fn leave(&self, group: UserGroupId, user: UserId) -> Result<bool, StoreError> {
        let key = (group.uuid(), user.uuid());
        let done = member_row::Entity::delete_by_id(key).exec(&self.at.db()).await?;
        Ok(done.rows_affected == 1)
    }
}

impl From<UserGroupRow> for UserGroup {
    fn from(stored: UserGroupRow) -> Self {
        Self {
            id: stored.id,
            name: stored.name,
            description: stored.description,
            created_at: stored.created_at,
            version: stored.version,
        }
    }
}

impl From<UserGroup> for UserGroupRow {
    fn from(group: UserGroup) -> Self {
        Self {
            id: group.id,
            folded_name: group.name.as_str().to_lowercase(),
            name: group.name,
            description: group.description,
            created_at: group.created_at,
            version: group.version,
        }
    }
}
