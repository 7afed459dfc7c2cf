//! Roles that are made of named permissions. What is in force was approved by
//! another administrator; what waits for one stands beside it.

use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, QueryOrder, QuerySelect};
use sekisho_model::Timestamp;
use sekisho_model::id::{CustomRoleId, UserId};
use sekisho_model::name::Label;
use serde::{Deserialize, Serialize};

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{all, insert, one, overwrite, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// A row of `custom_roles`; [`CustomRole`] without what can be computed.
    struct RoleRow in row "custom_roles" {
        [primary_key] id: CustomRoleId,
        name: Label,
        // For comparing alike on both databases.
        folded_name: String,
        description: String,
        permissions: Option<Vec<String>>,
        proposed: Option<Proposal>,
        proposed_by: Option<UserId>,
        proposed_at: Option<Timestamp>,
        approved_by: Option<UserId>,
        approved_at: Option<Timestamp>,
        created_at: Timestamp,
        version: i64,
    }
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomRole {
    /// Its id.
    pub id: CustomRoleId,
    /// Its name; unique, in any case.
    pub name: Label,
    /// What it is for.
    pub description: String,
    /// The words of what it may do; `None`: it was never approved, and nobody
    /// has it.
    pub permissions: Option<Vec<String>>,
    /// What waits for another administrator.
    pub proposed: Option<Proposal>,
    /// Who proposed that.
    pub proposed_by: Option<UserId>,
    /// When.
    pub proposed_at: Option<Timestamp>,
    /// Who approved what is in force.
    pub approved_by: Option<UserId>,
    /// When.
    pub approved_at: Option<Timestamp>,
    /// When it was first proposed.
    pub created_at: Timestamp,
    /// Counts changes, for optimistic concurrency.
    pub version: i64,
}

/// A role as somebody wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its name.
    pub name: Label,
    /// What it is for.
    pub description: String,
    /// The words of what it may do.
    pub permissions: Vec<String>,
}

/// The most custom roles of a site.
const MAX_ROLES: u64 = 500;

/// Custom roles.
pub struct CustomRoles<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> CustomRoles<'_, A> {
    /// The most there are.
    pub const MAX: u64 = MAX_ROLES;

    /// One role.
    pub async fn find(&self, id: CustomRoleId) -> Result<Option<CustomRole>, StoreError> {
        let found = one::<RoleRow>(&self.at.db(), row::Entity::find_by_id(id.uuid())).await?;
        Ok(found.map(CustomRole::from))
    }

    /// Every role, by name; there are at most [`MAX`](Self::MAX).
    pub async fn list(&self) -> Result<Vec<CustomRole>, StoreError> {
        let select = row::Entity::find()
            .order_by(row::Column::FoldedName, Order::Asc)
            .order_by(row::Column::Id, Order::Asc);
        let found: Vec<RoleRow> = all(&self.at.db(), select, MAX_ROLES).await?;
        Ok(found.into_iter().map(CustomRole::from).collect())
    }
}

impl CustomRoles<'_, UnitOfWork> {
    /// One role, locked until this unit of work ends.
    pub async fn lock(&self, id: CustomRoleId) -> Result<Option<CustomRole>, StoreError> {
        let select = row::Entity::find_by_id(id.uuid()).lock_exclusive();
        Ok(one::<RoleRow>(&self.at.db(), select).await?.map(CustomRole::from))
    }

    /// Adds a role.
    ///
    /// # Errors
    /// A conflict on [`Unique::RoleName`](crate::Unique::RoleName).
    pub async fn insert(&self, role: CustomRole) -> Result<(), StoreError> {
        insert(&self.at.db(), RoleRow::from(role)).await
    }

    /// Writes a role that still has the expected version.
    ///
    /// # Errors
    /// [`StoreError::Stale`], or a conflict on the name.
    pub async fn update(&self, role: CustomRole, expected: i64) -> Result<CustomRole, StoreError> {
        use row::Column as C;
        let next = CustomRole { version: expected + 1, ..role };
        let condition = Condition::all().add(C::Id.eq(next.id.uuid())).add(C::Version.eq(expected));
        overwrite(&self.at.db(), RoleRow::from(next.clone()), condition, &[C::CreatedAt]).await?;
        Ok(next)
    }

    /// Removes a role. Returns whether it was there. Nobody may have it.
    pub async fn delete(&self, id: CustomRoleId) -> Result<bool, StoreError> {
        Ok(row::Entity::delete_by_id(id.uuid()).exec(&self.at.db()).await?.rows_affected == 1)
    }
}

impl From<RoleRow> for CustomRole {
    fn from(stored: RoleRow) -> Self {
        Self {
            id: stored.id,
            name: stored.name,
            description: stored.description,
            permissions: stored.permissions,
            proposed: stored.proposed,
            proposed_by: stored.proposed_by,
            proposed_at: stored.proposed_at,
            approved_by: stored.approved_by,
            approved_at: stored.approved_at,
            created_at: stored.created_at,
            version: stored.version,
        }
    }
}

impl From<CustomRole> for RoleRow {
    fn from(role: CustomRole) -> Self {
        Self {
            id: role.id,
            folded_name: role.name.as_str().to_lowercase(),
            name: role.name,
            description: role.description,
            permissions: role.permissions,
            proposed: role.proposed,
            proposed_by: role.proposed_by,
            proposed_at: role.proposed_at,
            approved_by: role.approved_by,
            approved_at: role.approved_at,
            created_at: role.created_at,
            version: role.version,
        }
    }
}
