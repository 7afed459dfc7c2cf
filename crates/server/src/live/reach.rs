//! With whom something is shared. They are told that something of its kind
//! has changed, never which: what they may see of it is decided when they ask.

use std::collections::BTreeSet;
use std::slice;
use std::sync::Arc;

use sekisho_model::Timestamp;
use sekisho_model::id::{AccountId, ResourceGroupId, UserId};
use sekisho_model::share::{Principal, Shareable};
use sekisho_store::{Access, Resource, Share, StoreError};

/// Whom shares are with.
pub(super) type With = Arc<BTreeSet<Principal>>;

/// Those with whom a resource is shared, by itself or by a group that it is
/// in, and, if one is given, those with whom an account on it is.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn of_resource(
    at: &impl Access,
    resource: &Resource,
    account: Option<AccountId>,
    now: Timestamp,
) -> Result<With, StoreError> {
    let objects: Vec<Shareable> = std::iter::once(Shareable::Resource(resource.id))
        .chain(account.map(Shareable::Account))
        .collect();
    // A shared group reaches what its owner owns, and nothing else.
    let mut shares = at.shares().touching(&objects, Some(resource.owner), now).await?;
    if shares.iter().any(|share| group_in(share).is_some()) {
        let groups = at.resource_groups().of_resources(slice::from_ref(resource)).await?;
        let around: BTreeSet<_> = groups.into_values().flatten().map(|group| group.id).collect();
        shares.retain(|share| group_in(share).is_none_or(|group| around.contains(&group)));
    }
    Ok(whom(&shares))
}

/// Those with whom a resource group is shared, or one around it.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn of_group(
    at: &impl Access,
    group: ResourceGroupId,
    now: Timestamp,
) -> Result<With, StoreError> {
    let around = at.resource_groups().around(&BTreeSet::from([group])).await?;
    let groups = around.into_values().flatten().chain([group]);
    let objects: Vec<Shareable> = groups.map(Shareable::ResourceGroup).collect();
    Ok(whom(&at.shares().touching(&objects, None, now).await?))
}

/// Those with whom any group of an owner is shared.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn of_groups_of(
    at: &impl Access,
    owner: UserId,
    now: Timestamp,
) -> Result<With, StoreError> {
    Ok(whom(&at.shares().touching(&[], Some(owner), now).await?))
}

const fn group_in(share: &Share) -> Option<ResourceGroupId> {
    match share.object {
        Shareable::ResourceGroup(id) => Some(id),
        Shareable::Resource(_) | Shareable::Account(_) => None,
    }
}

fn whom(shares: &[Share]) -> With {
    Arc::new(shares.iter().map(|share| share.with).collect())
}
