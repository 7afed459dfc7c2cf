//! How people like the console, and the views of its lists they saved.

use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QueryOrder};
use sekisho_model::Timestamp;
use sekisho_model::id::{SavedViewId, UserId};
use sekisho_model::name::Label;
use sekisho_model::user::{Density, Language, RoleRef, Theme};

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{all, insert, one, overwrite, record, upsert};
use crate::unit_of_work::UnitOfWork;

record! {
    /// How somebody likes the console.
    pub struct Preferences in row "user_preferences" {
        /// Whose they are.
        [primary_key] user: UserId,
        /// The language; `None`: the browser's.
        language: Option<Language>,
        /// Light or dark.
        theme: Theme,
        /// How much room a row has.
        density: Density,
        /// Whether single keys do something.
        shortcuts: bool,
        /// Whether the list of first steps was put away.
        start_dismissed: bool,
        /// When they were last changed.
        changed_at: Timestamp,
    }
}

record! {
    /// A named address of a list in the console.
    pub struct SavedView in view "saved_views" {
        /// Its id.
        [primary_key] id: SavedViewId,
        /// Who saved it.
        owner: UserId,
        /// The path of the page.
        page: String,
        /// Its name, unique for one owner and page.
        name: Label,
        /// The query string, with what is filtered, sorted and shown.
        query: String,
        /// The role whose people see it, too.
        shared_with: Option<RoleRef>,
        /// When it was saved first.
        created_at: Timestamp,
        /// When it was last changed.
        changed_at: Timestamp,
    }
}

record! {
    /// The view of a page that somebody begins with: their own, or one that is
    /// shared with their role.
    pub struct DefaultView in default_row "default_views" {
        /// Who.
        [primary_key] user: UserId,
        /// The path of the page.
        [primary_key] page: String,
        /// The view.
        view: SavedViewId,
    }
}

/// How people like the console.
pub struct UserPreferences<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> UserPreferences<'_, A> {
    /// Somebody's; `None` when they never said.
    pub async fn find(&self, user: UserId) -> Result<Option<Preferences>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(user.uuid())).await
    }
}

impl UserPreferences<'_, UnitOfWork> {
    /// Writes somebody's.
    pub async fn put(&self, preferences: Preferences) -> Result<(), StoreError> {
        use row::Column as C;
        let columns =
            [C::Language, C::Theme, C::Density, C::Shortcuts, C::StartDismissed, C::ChangedAt];
        upsert(&self.at.db(), preferences, columns).await
    }
}

/// Saved views of lists.
pub struct SavedViews<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> SavedViews<'_, A> {
    /// One view.
    pub async fn find(&self, id: SavedViewId) -> Result<Option<SavedView>, StoreError> {
        one(&self.at.db(), view::Entity::find_by_id(id.uuid())).await
    }

    /// The views of an owner, by page and name; at most `limit`.
    pub async fn of_owner(&self, owner: UserId, limit: u64) -> Result<Vec<SavedView>, StoreError> {
        let select = view::Entity::find()
            .filter(view::Column::Owner.eq(owner.uuid()))
            .order_by(view::Column::Page, Order::Asc)
            .order_by(view::Column::Name, Order::Asc);
        all(&self.at.db(), select, limit).await
    }

    /// The views that others share with a role, by page and name; at most
    /// `limit`.
    pub async fn shared_with(
        &self,
        role: RoleRef,
        except: UserId,
        limit: u64,
    ) -> Result<Vec<SavedView>, StoreError> {
        let select = view::Entity::find()
            .filter(view::Column::SharedWith.eq(role.to_string()))
            .filter(view::Column::Owner.ne(except.uuid()))
            .order_by(view::Column::Page, Order::Asc)
            .order_by(view::Column::Name, Order::Asc)
            .order_by(view::Column::Id, Order::Asc);
        all(&self.at.db(), select, limit).await
    }

    /// With which views somebody begins; at most `limit`.
    pub async fn defaults_of(
        &self,
        user: UserId,
        limit: u64,
    ) -> Result<Vec<DefaultView>, StoreError> {
        let select = default_row::Entity::find()
            .filter(default_row::Column::User.eq(user.uuid()))
            .order_by(default_row::Column::Page, Order::Asc);
        all(&self.at.db(), select, limit).await
    }
}

impl SavedViews<'_, UnitOfWork> {
    /// Adds a view.
    ///
    /// # Errors
    /// A conflict on [`Unique::ViewName`](crate::Unique::ViewName).
    pub async fn insert(&self, view: SavedView) -> Result<(), StoreError> {
        insert(&self.at.db(), view).await
    }

    /// Writes a view that is there.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when it is gone, or a conflict on the name.
    pub async fn update(&self, changed: SavedView) -> Result<(), StoreError> {
        let condition = Condition::all().add(view::Column::Id.eq(changed.id.uuid()));
        let fixed = [view::Column::Owner, view::Column::CreatedAt];
        overwrite(&self.at.db(), changed, condition, &fixed).await
    }

    /// Somebody begins with this view of a page, instead of another one.
    pub async fn put_default(&self, wanted: DefaultView) -> Result<(), StoreError> {
        upsert(&self.at.db(), wanted, [default_row::Column::View]).await
    }

    /// Somebody does not begin with this view any more.
    pub async fn delete_default(&self, user: UserId, view: SavedViewId) -> Result<(), StoreError> {
        default_row::Entity::delete_many()
            .filter(default_row::Column::User.eq(user.uuid()))
            .filter(default_row::Column::View.eq(view.uuid()))
            .exec(&self.at.db())
            .await?;
        Ok(())
    }

    /// Deletes a view; nobody begins with it any more. Returns whether it was
    /// there.
    pub async fn delete(&self, id: SavedViewId) -> Result<bool, StoreError> {
        default_row::Entity::delete_many()
            .filter(default_row::Column::View.eq(id.uuid()))
            .exec(&self.at.db())
            .await?;
        let done = view::Entity::delete_by_id(id.uuid()).exec(&self.at.db()).await?;
        Ok(done.rows_affected == 1)
    }
}
