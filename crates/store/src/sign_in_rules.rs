//! What each role needs to sign in.

use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder};
use sekisho_model::Timestamp;
use sekisho_model::user::RoleRef;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{Stored, all, one, record, upsert};
use crate::unit_of_work::UnitOfWork;

record! {
    /// What a role needs to sign in. A role without a row needs a password.
    pub struct SignInRule in row "sign_in_rules" {
        /// The role.
        [primary_key] role: RoleRef,
        /// Whether it needs a second factor.
        second_factor: bool,
        /// When this was last changed.
        changed_at: Timestamp,
    }
}

/// What each role needs to sign in.
pub struct SignInRules<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> SignInRules<'_, A> {
    /// Whether a role needs a second factor.
    pub async fn needs_second_factor(&self, role: RoleRef) -> Result<bool, StoreError> {
        let found: Option<SignInRule> =
            one(&self.at.db(), row::Entity::find_by_id(role.into_raw())).await?;
        Ok(found.is_some_and(|rule| rule.second_factor))
    }

    /// The roles that need a second factor.
    pub async fn roles_with_second_factor(&self) -> Result<Vec<RoleRef>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::SecondFactor.eq(true))
            .order_by(row::Column::Role, Order::Asc);
        let rules: Vec<SignInRule> = all(&self.at.db(), select, 100).await?;
        Ok(rules.into_iter().map(|rule| rule.role).collect())
    }
}

impl SignInRules<'_, UnitOfWork> {
    /// Says whether a role needs a second factor from now on.
    pub async fn set_second_factor(&self, role: RoleRef, needed: bool) -> Result<(), StoreError> {
        let rule = SignInRule { role, second_factor: needed, changed_at: self.at.now() };
        let columns = [row::Column::SecondFactor, row::Column::ChangedAt];
        upsert(&self.at.db(), rule, columns).await
    }
}
