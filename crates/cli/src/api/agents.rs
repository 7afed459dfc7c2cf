//! The parts of answers about agents, packages and one's own tasks.

use sekisho_model::Secret;
use sekisho_model::id::{
    Account as AccountKind, Device as DeviceKind, OrderId, Package as PackageKind, PackageId,
    PackageLinkId, Resource as ResourceKind,
};
use serde::Deserialize;

use super::shapes::{Device, Named, secret};
use crate::output::text::Time;

/// An agent on a resource: a device, as its resource's owner sees it.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Agent(pub(crate) Device);

/// What became of several agents.
#[derive(Debug, Deserialize)]
pub(crate) struct BulkAgents {
    pub(crate) dry_run: bool,
    pub(crate) changed: u32,
    pub(crate) unchanged: u32,
    pub(crate) refused: u32,
    pub(crate) items: Vec<BulkAgent>,
}

/// What became of one of them.
#[derive(Debug, Deserialize)]
pub(crate) struct BulkAgent {
    pub(crate) agent: Named<DeviceKind>,
    pub(crate) outcome: String,
    pub(crate) detail: Option<String>,
}

/// Where an agent could be remapped to.
#[derive(Debug, Deserialize)]
pub(crate) struct RemapTargets {
    pub(crate) dns_name: Option<String>,
    pub(crate) items: Vec<RemapTarget>,
}

/// One resource that an agent could be remapped to.
#[derive(Debug, Deserialize)]
pub(crate) struct RemapTarget {
    pub(crate) resource: Named<ResourceKind>,
    pub(crate) accounts: u64,
    pub(crate) problem: Option<String>,
}

/// A package of the agent.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) id: PackageId,
    pub(crate) file: String,
    pub(crate) platform: String,
    pub(crate) architecture: String,
    pub(crate) version: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
    pub(crate) added_at: Time,
}

/// A link to a package, shown once.
#[derive(Debug, Deserialize)]
pub(crate) struct NewPackageLink {
    pub(crate) id: PackageLinkId,
    #[serde(deserialize_with = "secret")]
    pub(crate) path: Secret,
    pub(crate) expires_at: Time,
}

/// A link to a package, without what makes it a secret.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PackageLink {
    pub(crate) id: PackageLinkId,
    pub(crate) package: Named<PackageKind>,
    pub(crate) created_at: Time,
    pub(crate) expires_at: Time,
    pub(crate) state: String,
}

/// One of one's own tasks.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Notification {
    pub(crate) order: OrderId,
    pub(crate) operation: String,
    pub(crate) state: String,
    pub(crate) kind: Option<String>,
    pub(crate) verified: Option<String>,
    #[serde(default)]
    pub(crate) retried: bool,
    pub(crate) account: Option<Named<AccountKind>>,
    pub(crate) resource: Named<ResourceKind>,
    pub(crate) created_at: Time,
    pub(crate) ended_at: Option<Time>,
    pub(crate) read: bool,
}

/// How many of one's own tasks wait, and of how many one has not read.
#[derive(Debug, Deserialize)]
pub(crate) struct NotificationCounts {
    pub(crate) waiting_resets: u64,
    pub(crate) waiting_verifies: u64,
    pub(crate) unread: u64,
}
