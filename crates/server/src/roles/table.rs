//! What every role may do now.

use std::collections::BTreeMap;

use sekisho_model::id::CustomRoleId;
use sekisho_model::user::{RoleRef, UserState};
use sekisho_policy::{Permission, Permissions, Subject};
use sekisho_store::{Access, CustomRole, StoreError, User};

/// Every custom role that is in force; the built-in ones are fixed.
#[derive(Clone, Debug, Default)]
pub struct RoleTable(BTreeMap<CustomRoleId, CustomRole>);

impl RoleTable {
    /// Reads it. What is read is what counts: a change that was approved
    /// counts from the next request on.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load<A: Access>(at: &A) -> Result<Self, StoreError> {
        let roles = at.custom_roles().list().await?;
        Ok(Self(roles.into_iter().map(|role| (role.id, role)).collect()))
    }

    /// What is needed of it for one role.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn of<A: Access>(at: &A, role: RoleRef) -> Result<Self, StoreError> {
        let RoleRef::Custom(id) = role else { return Ok(Self::default()) };
        let found = at.custom_roles().find(id).await?;
        Ok(Self(found.into_iter().map(|role| (role.id, role)).collect()))
    }

    /// What a role may do: nothing, if there is no such role.
    pub fn permissions(&self, role: RoleRef) -> Permissions {
        match role {
            RoleRef::BuiltIn(role) => role.into(),
            RoleRef::Custom(id) => {
                let words = self.0.get(&id).and_then(|role| role.permissions.as_deref());
                in_force(words.unwrap_or_default())
            }
        }
    }

    /// What people call it.
    pub fn name(&self, role: RoleRef) -> String {
        match role {
            RoleRef::BuiltIn(role) => role.to_string(),
            RoleRef::Custom(id) => {
                self.0.get(&id).map_or_else(|| id.to_string(), |role| role.name.to_string())
            }
        }
    }

    /// Whether somebody can be given it: it exists and was approved.
    pub fn can_be_granted(&self, role: RoleRef) -> bool {
        match role {
            RoleRef::BuiltIn(_) => true,
            RoleRef::Custom(id) => self.0.get(&id).is_some_and(|role| role.permissions.is_some()),
        }
    }

    /// Whether somebody is active and may do something.
    pub fn allows(&self, user: &User, permission: Permission) -> bool {
        user.state == UserState::Active && self.permissions(user.role).has(permission)
    }

    /// Somebody as the policy knows them, in a session of their own.
    pub fn subject(&self, user: &User) -> Subject {
        Subject {
            user: user.id,
            role: self.name(user.role),
            permissions: self.permissions(user.role),
            scopes: None,
        }
    }

    /// The same table with other permissions for one role.
    #[must_use]
    pub(super) fn with(&self, role: CustomRole) -> Self {
        let mut next = self.clone();
        next.0.insert(role.id, role);
        next
    }
}

/// The permissions that stored words name. A word that this program does not
/// know comes from a newer one and allows nothing.
fn in_force(words: &[String]) -> Permissions {
    words
        .iter()
        .filter_map(|word| word.parse::<Permission>().ok())
        .filter(|permission| permission.is_for_custom_roles())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_newer_program_and_of_the_super_administrator_allow_nothing() {
        let words = ["manage_users", "fly", "see_everything"].map(str::to_owned);
        let found: Vec<Permission> = in_force(&words).iter().collect();
        assert_eq!(found, [Permission::ManageUsers]);
        let nobody: CustomRoleId = "019a0000-0000-7000-8000-000000000001".parse().expect("an id");
        let table = RoleTable::default();
        assert_eq!(table.permissions(RoleRef::Custom(nobody)), Permissions::default());
        assert!(!table.can_be_granted(RoleRef::Custom(nobody)));
    }
}
