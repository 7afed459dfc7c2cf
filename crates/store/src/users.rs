//! People who sign in.

use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, Order, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use sekisho_model::Timestamp;
use sekisho_model::id::UserId;
use sekisho_model::name::LoginName;
use sekisho_model::share::Principal;
use sekisho_model::user::{RoleRef, UserState};

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::page::{
    By, Cursor, Key, Page, Paged, Sort, SortBy, Sorting, contains, contains_in_any_case, paged,
    sorted,
};
use crate::passkeys::with_passkey;
use crate::second_factors::with_totp;
use crate::stored::{PasswordHash, all, insert, one, overwrite, record};
use crate::unit_of_work::UnitOfWork;
use crate::user_groups::members_of;

record! {
    /// A person.
    pub struct User in row "users" {
        /// Their id.
        [primary_key] id: UserId,
        /// The name they sign in with; unique.
        name: LoginName,
        /// Their name for other people.
        display_name: String,
        /// The hash of their password.
        password_hash: PasswordHash,
        /// What they may do.
        role: RoleRef,
        /// Whether they may sign in.
        state: UserState,
        /// When they were created.
        created_at: Timestamp,
        /// When their password last changed; older sessions end.
        password_changed_at: Timestamp,
        /// Counts changes, for optimistic concurrency.
        version: i64,
    }
}

/// Which users are wanted; `None` means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Whose name, or name for others, contains this text.
    pub text: Option<String>,
    /// Of a role.
    pub role: Option<RoleRef>,
    /// In a state.
    pub state: Option<UserState>,
    /// Only those with a second factor (an authenticator app or a passkey), or
    /// only those without.
    pub second_factor: Option<bool>,
}

/// What a list of users can be sorted by.
pub const USER_SORTS: &[&str] = &["name", "display_name", "role", "state", "created_at"];

const SORTING: Sorting<User> = Sorting {
    by: &[
        SortBy { word: "name", key: Key::Text(row::Column::Name, |u| u.name.to_string()) },
        SortBy {
            word: "display_name",
            key: Key::Text(row::Column::DisplayName, |u| u.display_name.clone()),
        },
        SortBy { word: "role", key: Key::Text(row::Column::Role, |u| u.role.to_string()) },
        SortBy {
            word: "state",
            key: Key::Text(row::Column::State, |u| u.state.as_str().to_owned()),
        },
        SortBy { word: "created_at", key: Key::Id },
    ],
    id: row::Column::Id,
    id_of: |user| user.id.uuid(),
    usual: Sort { by: "name", descending: false },
};

/// People.
pub struct Users<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Users<'_, A> {
    /// One user.
    pub async fn find(&self, id: UserId) -> Result<Option<User>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid())).await
    }

    /// The user of a name.
    pub async fn find_by_name(&self, name: &LoginName) -> Result<Option<User>, StoreError> {
        let select = row::Entity::find().filter(row::Column::Name.eq(name.as_str()));
        one(&self.at.db(), select).await
    }

    /// Every user, by name.
    pub async fn list(&self, page: &Page) -> Result<Paged<User>, StoreError> {
        self.search(&UserFilter::default(), page).await
    }

    /// Users of a filter, by name unless the page says otherwise.
    pub async fn search(
        &self,
        filter: &UserFilter,
        page: &Page,
    ) -> Result<Paged<User>, StoreError> {
        use row::Column as C;
        let text = |text: &String| {
            Condition::any()
                .add(contains(C::Name, &text.to_lowercase()))
                .add(contains_in_any_case(C::DisplayName, text))
        };
        let condition = Condition::all()
            .add_option(filter.text.as_ref().map(text))
            .add_option(filter.role.map(|role| C::Role.eq(role.to_string())))
            .add_option(filter.state.map(|state| C::State.eq(state.as_str())))
            .add_option(filter.second_factor.map(has_second_factor));
        sorted(&self.at.db(), row::Entity::find().filter(condition), &SORTING, page).await
    }

    /// Some people, those in some groups, and those of a role, disabled ones
    /// too: by name, after one, at most so many.
    pub async fn among(
        &self,
        with: &[Principal],
        role: RoleRef,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Vec<User>, StoreError> {
        use row::Column as C;
        let (mut people, mut groups) = (Vec::new(), Vec::new());
        for one in with {
            match one {
                Principal::User(id) => people.push(id.uuid()),
                Principal::UserGroup(id) => groups.push(*id),
            }
        }
        let wanted = Condition::any()
            .add(C::Id.is_in(people))
            .add(C::Id.in_subquery(members_of(&groups)))
            .add(C::Role.eq(role.to_string()));
        let further = Condition::all().add(wanted).add_option(after.map(|name| C::Name.gt(name)));
        let select = row::Entity::find().filter(further).order_by(C::Name, Order::Asc);
        all(&self.at.db(), select, limit).await
    }

    /// How many active users have a role: the last Super Administrator must
    /// not be disabled.
    pub async fn count_active(&self, role: impl Into<RoleRef>) -> Result<u64, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::Role.eq(role.into().to_string()))
            .filter(row::Column::State.eq(UserState::Active.as_str()));
        Ok(select.count(&self.at.db()).await?)
    }

    /// How many users have a role, disabled ones too.
    pub async fn count_with(&self, role: RoleRef) -> Result<u64, StoreError> {
        let select = row::Entity::find().filter(row::Column::Role.eq(role.to_string()));
        Ok(select.count(&self.at.db()).await?)
    }
}

/// A condition: they have a second factor, or not.
fn has_second_factor(wanted: bool) -> Condition {
    let some = Condition::any()
        .add(row::Column::Id.in_subquery(with_totp()))
        .add(row::Column::Id.in_subquery(with_passkey()));
    if wanted { some } else { some.not() }
}

/// The users a subquery names, by name.
pub(crate) async fn in_subquery(
    db: &impl ConnectionTrait,
    ids: SelectStatement,
    page: &Page,
) -> Result<Paged<User>, StoreError> {
    let by = By::Name(row::Column::Name, row::Column::Id);
    let select = row::Entity::find().filter(row::Column::Id.in_subquery(ids));
    paged(db, select, by, page, |user: &User| Cursor {
        id: user.id.uuid(),
        text: user.name.to_string(),
    })
    .await
}

impl Users<'_, UnitOfWork> {
    /// One user, locked until this unit of work ends.
    pub async fn lock(&self, id: UserId) -> Result<Option<User>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid()).lock_exclusive()).await
    }

    /// Adds a user.
    ///
    /// # Errors
    /// A conflict on [`Unique::LoginName`](crate::Unique::LoginName).
    pub async fn insert(&self, user: User) -> Result<(), StoreError> {
        insert(&self.at.db(), user).await
    }

    /// Writes a user who still has the expected version, and returns them
    /// with the next one.
    ///
    /// # Errors
    /// [`StoreError::Stale`], or a conflict on the name.
    pub async fn update(&self, user: User, expected: i64) -> Result<User, StoreError> {
        let next = User { version: expected + 1, ..user };
        let condition = Condition::all()
            .add(row::Column::Id.eq(next.id.uuid()))
            .add(row::Column::Version.eq(expected));
        let fixed = [row::Column::CreatedAt];
        overwrite(&self.at.db(), next.clone(), condition, &fixed).await?;
        Ok(next)
    }
}
