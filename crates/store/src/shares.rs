//! What is shared with whom.

use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};
use sekisho_model::Timestamp;
use sekisho_model::id::{Id, ResourceId, ShareId, UserId};
use sekisho_model::share::{Level, Principal, Shareable};
use uuid::Uuid;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::page::{Key, Page, Paged, Sort, SortBy, Sorting, sorted};
use crate::resources::live_ids;
use crate::sight::Sight;
use crate::stored::{all, insert, one, overwrite, record};
use crate::unit_of_work::UnitOfWork;
use crate::user_groups::MAX_GROUPS_OF_USER;
use crate::words::{ObjectKind, PrincipalKind};
use crate::{accounts, resource_groups};

record! {
    /// A row of `shares`; [`Share`] with its ids by kind.
    struct ShareRow in row "shares" {
        [primary_key] id: ShareId,
        object_kind: ObjectKind,
        object: Uuid,
        principal_kind: PrincipalKind,
        principal: Uuid,
        level: Level,
        expires_at: Option<Timestamp>,
        created_by: UserId,
        created_at: Timestamp,
        version: i64,
    }
}

const SORTING: Sorting<ShareRow> = Sorting {
    by: &[SortBy { word: "created_at", key: Key::Id }],
    id: row::Column::Id,
    id_of: |share| share.id.uuid(),
    usual: Sort { by: "created_at", descending: true },
};

/// What somebody may do with something they do not own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its id.
    pub id: ShareId,
    /// What is shared.
    pub object: Shareable,
    /// With whom.
    pub with: Principal,
    /// How far it goes.
    pub level: Level,
    /// When it ends by itself; judged at every use.
    pub expires_at: Option<Timestamp>,
    /// Who shared it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// Counts changes, for optimistic concurrency.
    pub version: i64,
}

/// Which shares are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShareFilter {
    /// Only those of an object.
    pub object: Option<Shareable>,
    /// Only those of a resource and of the accounts on it.
    pub on_resource: Option<ResourceId>,
    /// Only those with one of these; empty: with anybody.
    pub with: Vec<Principal>,
    /// Only those of what somebody owns.
    pub object_owner: Option<UserId>,
}

/// The most shares of resource groups with one person or one user group that
/// hold.
pub const MAX_GROUP_SHARES: u64 = 50;

/// The most of them that are read for one person and their groups.
const MAX_GROUP_SHARES_READ: u64 = MAX_GROUP_SHARES * (MAX_GROUPS_OF_USER + 1);

/// The most shares that are read of one object and one person.
const MAX_HELD: u64 = 1_000;

/// The most shares that are read of some objects and of the groups of one owner.
const MAX_OF_OBJECTS: u64 = 10_000;

/// Shares.
pub struct Shares<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Shares<'_, A> {
    /// One share.
    pub async fn find(&self, id: ShareId) -> Result<Option<Share>, StoreError> {
        let found = one::<ShareRow>(&self.at.db(), row::Entity::find_by_id(id.uuid())).await?;
        Ok(found.map(Share::from))
    }

    /// Shares, newest first; ended ones, too.
    pub async fn list(
        &self,
        filter: &ShareFilter,
        page: &Page,
    ) -> Result<Paged<Share>, StoreError> {
        use row::Column as C;
        let with = filter.with.iter().map(|one| parts(one).1);
        let condition = Condition::all()
            .add_option(filter.object.map(|object| C::Object.eq(object_parts(&object).1)))
            .add_option(filter.on_resource.map(on_resource))
            .add_option((!filter.with.is_empty()).then(|| C::Principal.is_in(with)))
            .add_option(filter.object_owner.map(owned));
        let select = row::Entity::find().filter(condition);
        Ok(sorted(&self.at.db(), select, &SORTING, page).await?.map(Share::from))
    }

    /// The shares of some objects with some people; ended ones, too.
    pub async fn held(
        &self,
        objects: &[Shareable],
        with: &[Principal],
    ) -> Result<Vec<Share>, StoreError> {
        use row::Column as C;
        let select = row::Entity::find()
            .filter(C::Object.is_in(objects.iter().map(|one| object_parts(one).1)))
            .filter(C::Principal.is_in(with.iter().map(|one| parts(one).1)))
            .order_by(C::Id, Order::Asc);
        let found: Vec<ShareRow> = all(&self.at.db(), select, MAX_HELD).await?;
        Ok(found.into_iter().map(Share::from).collect())
    }

    /// Every share of some objects that holds at an instant, whoever it is
    /// with, oldest first. An object has a bounded number of shares; give a
    /// bounded number of objects.
    pub async fn of_objects(
        &self,
        objects: &[Shareable],
        now: Timestamp,
    ) -> Result<Vec<Share>, StoreError> {
        use row::Column as C;
        let mut found: Vec<Share> = Vec::new();
        if objects.is_empty() {
            return Ok(found);
        }
        loop {
            let condition = Condition::all()
                .add(C::Object.is_in(objects.iter().map(|one| object_parts(one).1)))
                .add(unended(now))
                .add_option(found.last().map(|last| C::Id.gt(last.id.uuid())));
            let select = row::Entity::find().filter(condition).order_by(C::Id, Order::Asc);
            let step: Vec<ShareRow> = all(&self.at.db(), select, MAX_HELD).await?;
            let is_last = (step.len() as u64) < MAX_HELD;
            found.extend(step.into_iter().map(Share::from));
            if is_last {
                return Ok(found);
            }
        }
    }

    /// The shares of resource groups with some people that hold at an instant.
    pub async fn of_groups(
        &self,
        with: &[Principal],
        now: Timestamp,
    ) -> Result<Vec<Share>, StoreError> {
        let select = row::Entity::find()
            .filter(live(ObjectKind::ResourceGroup, with, now))
            .order_by(row::Column::Id, Order::Asc);
        let found: Vec<ShareRow> = all(&self.at.db(), select, MAX_GROUP_SHARES_READ).await?;
        Ok(found.into_iter().map(Share::from).collect())
    }

    /// The shares that hold at an instant of some objects, and of every group
    /// that somebody owns; the oldest, if there are more than are told anything.
    pub async fn touching(
        &self,
        objects: &[Shareable],
        groups_of: Option<UserId>,
        now: Timestamp,
    ) -> Result<Vec<Share>, StoreError> {
        use row::Column as C;
        let which = Condition::any()
            .add(C::Object.is_in(objects.iter().map(|one| object_parts(one).1)))
            .add_option(
                groups_of.map(|owner| C::Object.in_subquery(resource_groups::ids_of(owner))),
            );
        let select =
            row::Entity::find().filter(which).filter(unended(now)).order_by(C::Id, Order::Asc);
        let found: Vec<ShareRow> = all(&self.at.db(), select, MAX_OF_OBJECTS).await?;
        Ok(found.into_iter().map(Share::from).collect())
    }

    /// What somebody may see at an instant, for lists.
    pub async fn sight(&self, user: UserId, now: Timestamp) -> Result<Sight, StoreError> {
        let with = self.principals(user).await?;
        if !self.any_with(&with).await? {
            return Ok(Sight { user, with: Vec::new(), now, groups: Vec::new() });
        }
        let roots: Vec<_> = self
            .of_groups(&with, now)
            .await?
            .into_iter()
            .filter_map(|share| match share.object {
                Shareable::ResourceGroup(id) => Some(id),
                Shareable::Resource(_) | Shareable::Account(_) => None,
            })
            .collect();
        let groups = self.at.resource_groups().reach(&roots).await?;
        Ok(Sight { user, with, now, groups })
    }

    /// Whom a share must be with to reach somebody: them, and their groups.
    pub async fn principals(&self, user: UserId) -> Result<Vec<Principal>, StoreError> {
        let groups = self.at.user_groups().of_user(user).await?;
        let groups = groups.into_iter().map(Principal::UserGroup);
        Ok(std::iter::once(Principal::User(user)).chain(groups).collect())
    }

    /// Whether there is any share with one of some people.
    async fn any_with(&self, with: &[Principal]) -> Result<bool, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::Principal.is_in(with.iter().map(|one| parts(one).1)));
        Ok(one::<ShareRow>(&self.at.db(), select).await?.is_some())
    }

    /// How many shares an object has.
    pub async fn count_of_object(&self, object: Shareable) -> Result<u64, StoreError> {
        let select = row::Entity::find().filter(row::Column::Object.eq(object_parts(&object).1));
        Ok(select.count(&self.at.db()).await?)
    }

    /// How many shares there are with somebody.
    pub async fn count_with(&self, with: Principal) -> Result<u64, StoreError> {
        let select = row::Entity::find().filter(row::Column::Principal.eq(parts(&with).1));
        Ok(select.count(&self.at.db()).await?)
    }
}

/// A condition: shares of objects of a kind with some people that hold.
fn live(kind: ObjectKind, with: &[Principal], now: Timestamp) -> Condition {
    use row::Column as C;
    Condition::all()
        .add(C::Principal.is_in(with.iter().map(|one| parts(one).1)))
        .add(C::ObjectKind.eq(kind.as_str()))
        .add(unended(now))
}

/// A condition: shares that have not ended by themselves.
fn unended(now: Timestamp) -> Condition {
    use row::Column as C;
    Condition::any().add(C::ExpiresAt.is_null()).add(C::ExpiresAt.gt(now.as_millis()))
}

/// A subquery: the objects of a kind that are shared with some people.
pub(crate) fn live_objects(
    kind: ObjectKind,
    with: &[Principal],
    now: Timestamp,
) -> SelectStatement {
    row::Entity::find()
        .select_only()
        .column(row::Column::Object)
        .filter(live(kind, with, now))
        .into_query()
}

/// A condition: shares of what somebody owns.
fn owned(owner: UserId) -> Condition {
    use row::Column as C;
    Condition::any()
        .add(C::Object.in_subquery(live_ids(Some(owner))))
        .add(C::Object.in_subquery(accounts::ids_on(live_ids(Some(owner)))))
        .add(C::Object.in_subquery(resource_groups::ids_of(owner)))
}

/// A condition: shares of a resource and of the accounts on it.
fn on_resource(resource: ResourceId) -> Condition {
    Condition::any()
        .add(row::Column::Object.eq(resource.uuid()))
        .add(row::Column::Object.in_subquery(accounts::ids_of(resource)))
}

impl Shares<'_, UnitOfWork> {
    /// One share, locked until this unit of work ends.
    pub async fn lock(&self, id: ShareId) -> Result<Option<Share>, StoreError> {
        let select = row::Entity::find_by_id(id.uuid()).lock_exclusive();
        Ok(one::<ShareRow>(&self.at.db(), select).await?.map(Share::from))
    }

    /// Adds a share.
    ///
    /// # Errors
    /// A conflict on [`Unique::Share`](crate::Unique::Share).
    pub async fn insert(&self, share: Share) -> Result<(), StoreError> {
        insert(&self.at.db(), ShareRow::from(share)).await
    }

    /// Writes level and end of a share that still has the expected version.
    ///
    /// # Errors
    /// [`StoreError::Stale`].
    pub async fn update(&self, share: Share, expected: i64) -> Result<Share, StoreError> {
        use row::Column as C;
        let next = Share { version: expected + 1, ..share };
        let condition = Condition::all().add(C::Id.eq(next.id.uuid())).add(C::Version.eq(expected));
        let fixed =
            [C::ObjectKind, C::Object, C::PrincipalKind, C::Principal, C::CreatedBy, C::CreatedAt];
        overwrite(&self.at.db(), ShareRow::from(next.clone()), condition, &fixed).await?;
        Ok(next)
    }

    /// Removes a share. Returns whether it was there.
    pub async fn delete(&self, id: ShareId) -> Result<bool, StoreError> {
        let done = row::Entity::delete_by_id(id.uuid()).exec(&self.at.db()).await?;
        Ok(done.rows_affected == 1)
    }

    /// Removes every share with somebody. Returns how many there were.
    pub async fn delete_of_principal(&self, with: Principal) -> Result<u64, StoreError> {
        let gone = row::Entity::delete_many()
            .filter(row::Column::Principal.eq(parts(&with).1))
            .exec(&self.at.db())
            .await?;
        Ok(gone.rows_affected)
    }

    /// Removes the shares of a resource and its accounts with one person.
    /// Returns how many there were.
    pub async fn delete_on_resource(
        &self,
        resource: ResourceId,
        with: UserId,
    ) -> Result<u64, StoreError> {
        let gone = row::Entity::delete_many()
            .filter(row::Column::Principal.eq(with.uuid()))
            .filter(on_resource(resource))
            .exec(&self.at.db())
            .await?;
        Ok(gone.rows_affected)
    }
}

fn object_parts(object: &Shareable) -> (ObjectKind, Uuid) {
    match object {
        Shareable::ResourceGroup(id) => (ObjectKind::ResourceGroup, id.uuid()),
        Shareable::Resource(id) => (ObjectKind::Resource, id.uuid()),
        Shareable::Account(id) => (ObjectKind::Account, id.uuid()),
    }
}

fn parts(with: &Principal) -> (PrincipalKind, Uuid) {
    match with {
        Principal::User(id) => (PrincipalKind::User, id.uuid()),
        Principal::UserGroup(id) => (PrincipalKind::UserGroup, id.uuid()),
    }
}

impl From<ShareRow> for Share {
    fn from(stored: ShareRow) -> Self {
        let object = match stored.object_kind {
            ObjectKind::ResourceGroup => Shareable::ResourceGroup(Id::from_uuid(stored.object)),
            ObjectKind::Resource => Shareable::Resource(Id::from_uuid(stored.object)),
            ObjectKind::Account => Shareable::Account(Id::from_uuid(stored.object)),
        };
        let with = match stored.principal_kind {
            PrincipalKind::User => Principal::User(Id::from_uuid(stored.principal)),
            PrincipalKind::UserGroup => Principal::UserGroup(Id::from_uuid(stored.principal)),
        };
        Self {
            id: stored.id,
            object,
            with,
            level: stored.level,
            expires_at: stored.expires_at,
            created_by: stored.created_by,
            created_at: stored.created_at,
            version: stored.version,
        }
    }
}

impl From<Share> for ShareRow {
    fn from(share: Share) -> Self {
        let (object_kind, object) = object_parts(&share.object);
        let (principal_kind, principal) = parts(&share.with);
        Self {
            id: share.id,
            object_kind,
            object,
            principal_kind,
            principal,
            level: share.level,
            expires_at: share.expires_at,
            created_by: share.created_by,
            created_at: share.created_at,
            version: share.version,
        }
    }
}
