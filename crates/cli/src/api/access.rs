//! Answers about who may: shares, user groups, roles, transfers.

use sekisho_model::id::{ShareId, User as UserKind, UserGroupId};
use serde::{Deserialize, Serialize};

use super::shapes::Reference;
use crate::output::text::Time;

/// What is shared, or whom with.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct KindNamed {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) resource: Option<PlainName>,
}

impl KindNamed {
    /// The name; that of an account with its resource.
    pub(crate) fn path(&self) -> String {
        match &self.resource {
            Some(resource) => format!("{}/{}", resource.name, self.name),
            None => self.name.clone(),
        }
    }
}

/// The name of something.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PlainName {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// A share.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Share {
    pub(crate) id: ShareId,
    pub(crate) object: KindNamed,
    pub(crate) with: KindNamed,
    pub(crate) level: String,
    pub(crate) expires_at: Option<Time>,
    #[serde(default)]
    pub(crate) ended: bool,
    pub(crate) created_by: Option<Reference<UserKind>>,
}

/// Why somebody may or may not.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Explained {
    pub(crate) shares: Vec<HeldShare>,
    pub(crate) decisions: Vec<Decision>,
}

/// A share that reaches somebody.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct HeldShare {
    pub(crate) on: KindNamed,
    pub(crate) with: KindNamed,
    pub(crate) level: String,
    #[serde(default)]
    pub(crate) counts: bool,
}

/// One action, and why or why not.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Decision {
    pub(crate) action: String,
    pub(crate) allowed: bool,
    pub(crate) sentence: String,
}

/// Somebody one can share with or give to.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Principal {
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) name: String,
}

/// People who are shared with as one.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct UserGroup {
    pub(crate) id: UserGroupId,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) members: u64,
}

/// A role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Role {
    pub(crate) role: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) built_in: bool,
    #[serde(default)]
    pub(crate) in_force: bool,
    pub(crate) permissions: Vec<String>,
    pub(crate) proposal: Option<Proposal>,
    pub(crate) users: Option<u64>,
}

/// What waits for another administrator.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Proposal {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) permissions: Vec<String>,
    #[serde(default)]
    pub(crate) adds: Vec<String>,
    #[serde(default)]
    pub(crate) removes: Vec<String>,
    pub(crate) by: Option<PlainName>,
}

/// What a role can do.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RoleAction {
    pub(crate) action: String,
    pub(crate) own: bool,
    pub(crate) shared: Option<String>,
    #[serde(default)]
    pub(crate) foreign: bool,
    #[serde(default)]
    pub(crate) lacks: Vec<String>,
}

/// What roles are made of.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Permission {
    pub(crate) permission: String,
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) roles: Vec<String>,
}

/// What became of resources that were to be given to somebody.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Transfers {
    pub(crate) items: Vec<TransferRow>,
    #[serde(default)]
    pub(crate) more: bool,
}

/// What became of one of them.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TransferRow {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) outcome: String,
    #[serde(default)]
    pub(crate) left_groups: u64,
    #[serde(default)]
    pub(crate) ended_shares: u64,
    pub(crate) detail: Option<String>,
}

/// What criteria would take in.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Preview {
    pub(crate) count: u64,
    #[serde(default)]
    pub(crate) capped: bool,
    pub(crate) items: Vec<PreviewItem>,
}

/// A resource that criteria match.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PreviewItem {
    pub(crate) name: String,
    pub(crate) dns_name: Option<String>,
    pub(crate) platform: String,
}
