//! Sharing: what is shared, with whom, and how far.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ResourceGroupId, ResourceId, UserGroupId, UserId};
use crate::word::words;

words! {
    /// How far a share goes, the weakest first. Each level includes the ones
    /// before it; accounts alone are shared to *modify* at most.
    Level ("level") {
        /// See it and its accounts, use and verify their passwords.
        View = "view",
        /// Also reset and store passwords, and look into former ones.
        Modify = "modify",
        /// Also change it, add accounts to it, and share it further. Never its
        /// agent, and never its ownership.
        Full = "full",
    }
}

/// What can be shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Shareable {
    /// A resource group: every resource in it, and in the groups inside it.
    ResourceGroup(ResourceGroupId),
    /// A resource with its accounts.
    Resource(ResourceId),
    /// One account.
    Account(AccountId),
}

impl Shareable {
    /// The kind, as a word.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ResourceGroup(_) => "resource_group",
            Self::Resource(_) => "resource",
            Self::Account(_) => "account",
        }
    }
}

/// Whom something is shared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Principal {
    /// One person.
    User(UserId),
    /// Everybody in a user group.
    UserGroup(UserGroupId),
}

impl Principal {
    /// The kind, as a word.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::UserGroup(_) => "user_group",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_from_weak_to_strong() {
        assert!(Level::View < Level::Modify && Level::Modify < Level::Full);
    }

    #[test]
    fn objects_and_people_say_their_kind() {
        let id = uuid::Uuid::from_bytes([0; 16]);
        let object = Shareable::ResourceGroup(ResourceGroupId::from_uuid(id));
        let text = serde_json::to_value(object).expect("JSON");
        assert_eq!(text["kind"], object.kind());
        assert_eq!(serde_json::from_value::<Shareable>(text).expect("reads"), object);
        let with = Principal::UserGroup(UserGroupId::from_uuid(id));
        assert_eq!(serde_json::to_value(with).expect("JSON")["kind"], with.kind());
    }
}
