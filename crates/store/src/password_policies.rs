//! Rules for generated passwords.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use sekisho_model::Timestamp;
use sekisho_model::id::PasswordPolicyId;
use sekisho_model::name::Label;
use sekisho_model::password::PasswordRules;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::page::{Key, Page, Paged, Sort, SortBy, Sorting, contains_in_any_case, sorted};
use crate::stored::{affected, insert, one, overwrite, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// A named set of rules.
    pub struct PasswordPolicy in row "password_policies" {
        /// Its id.
        [primary_key] id: PasswordPolicyId,
        /// Its name; unique.
        name: Label,
        /// The rules.
        rules: PasswordRules,
        /// Whether it holds where no other was chosen.
        is_default: bool,
        /// When it was made.
        created_at: Timestamp,
        /// Counts changes, for optimistic concurrency; stored with each
        /// generated candidate.
        version: i64,
    }
}

/// What a list of policies can be sorted by.
pub const POLICY_SORTS: &[&str] = &["name", "created_at"];

const SORTING: Sorting<PasswordPolicy> = Sorting {
    by: &[
        SortBy { word: "name", key: Key::Text(row::Column::Name, |p| p.name.to_string()) },
        SortBy { word: "created_at", key: Key::Id },
    ],
    id: row::Column::Id,
    id_of: |policy| policy.id.uuid(),
    usual: Sort { by: "name", descending: false },
};

/// Rules for generated passwords.
pub struct PasswordPolicies<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> PasswordPolicies<'_, A> {
    /// One policy.
    pub async fn find(&self, id: PasswordPolicyId) -> Result<Option<PasswordPolicy>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid())).await
    }

    /// The policy that holds where no other was chosen.
    pub async fn find_default(&self) -> Result<Option<PasswordPolicy>, StoreError> {
        one(&self.at.db(), row::Entity::find().filter(row::Column::IsDefault.eq(true))).await
    }

    /// Every policy, by name.
    pub async fn list(&self, page: &Page) -> Result<Paged<PasswordPolicy>, StoreError> {
        self.search(None, page).await
    }

    /// Policies whose name contains a text, by name unless the page says
    /// otherwise.
    pub async fn search(
        &self,
        text: Option<&str>,
        page: &Page,
    ) -> Result<Paged<PasswordPolicy>, StoreError> {
        let condition = Condition::all()
            .add_option(text.map(|text| contains_in_any_case(row::Column::Name, text)));
        sorted(&self.at.db(), row::Entity::find().filter(condition), &SORTING, page).await
    }
}

impl PasswordPolicies<'_, UnitOfWork> {
    /// Adds a policy.
    ///
    /// # Errors
    /// A conflict on [`Unique::PolicyName`](crate::Unique::PolicyName) or
    /// [`Unique::DefaultPolicy`](crate::Unique::DefaultPolicy).
    pub async fn insert(&self, policy: PasswordPolicy) -> Result<(), StoreError> {
        insert(&self.at.db(), policy).await
    }

    /// Writes name and rules of a policy that still has the expected version.
    /// Which one is the default is changed by [`make_default`](Self::make_default).
    ///
    /// # Errors
    /// [`StoreError::Stale`], or a conflict on the name.
    pub async fn update(
        &self,
        policy: PasswordPolicy,
        expected: i64,
    ) -> Result<PasswordPolicy, StoreError> {
        let next = PasswordPolicy { version: expected + 1, ..policy };
        let condition = Condition::all()
            .add(row::Column::Id.eq(next.id.uuid()))
            .add(row::Column::Version.eq(expected));
        let fixed = [row::Column::IsDefault, row::Column::CreatedAt];
        overwrite(&self.at.db(), next.clone(), condition, &fixed).await?;
        Ok(next)
    }

    /// Makes a policy the default instead of the one that was. Returns
    /// whether it exists.
    pub async fn make_default(&self, id: PasswordPolicyId) -> Result<bool, StoreError> {
        let db = self.at.db();
        let clear = row::Entity::update_many()
            .col_expr(row::Column::IsDefault, Expr::value(false))
            .filter(row::Column::IsDefault.eq(true));
        affected(&db, clear).await?;
        let set = row::Entity::update_many()
            .col_expr(row::Column::IsDefault, Expr::value(true))
            .filter(row::Column::Id.eq(id.uuid()));
        Ok(affected(&db, set).await? == 1)
    }

    /// Removes a policy and how its passwords age. Returns whether it was
    /// there.
    ///
    /// # Errors
    /// [`StoreError::Referenced`] while a resource or an account uses it.
    pub async fn delete(&self, id: PasswordPolicyId) -> Result<bool, StoreError> {
        self.at.rotation().forget_policy(id).await?;
        let done = row::Entity::delete_by_id(id.uuid()).exec(&self.at.db()).await?;
        Ok(done.rows_affected == 1)
    }
}
