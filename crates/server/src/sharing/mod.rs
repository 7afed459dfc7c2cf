//! Shares: what somebody may do with something they do not own.
//!
//! The facts of every decision about a resource, an account or a resource
//! group are loaded here; which share counts is `sekisho_policy::sharing`.
//! A share of a resource group reaches what the group's owner owns, and
//! nothing else: nobody can give away what is not theirs by way of a group.

mod change;
mod explain;
mod questions;
mod routes;
mod view;

use std::collections::BTreeMap;

use sekisho_model::Timestamp;
use sekisho_model::id::{AccountId, ResourceGroupId, UserGroupId, UserId};
use sekisho_model::share::{Principal, Shareable};
use sekisho_policy::{Facts, Held, Subject};
use sekisho_store::{Access, Account, Reached, Resource, ResourceGroup, Share, Sight, StoreError};

use crate::app::App;
use crate::http::Authenticated;

pub(crate) use explain::{actions_of, ground_word};
pub use routes::routes;

/// What a list shows the caller; `None`: everything.
///
/// # Errors
/// When the database does not answer.
pub async fn sight(app: &App, caller: &Authenticated) -> Result<Option<Sight>, StoreError> {
    sight_of(app, &caller.subject, caller.now).await
}

/// What a list shows somebody; `None`: everything.
///
/// # Errors
/// When the database does not answer.
pub async fn sight_of(
    app: &App,
    subject: &Subject,
    now: Timestamp,
) -> Result<Option<Sight>, StoreError> {
    if subject.sees_everything() {
        return Ok(None);
    }
    app.store.read().shares().sight(subject.user, now).await.map(Some)
}

/// The facts for a decision about a resource.
///
/// # Errors
/// When the database does not answer.
pub async fn resource_facts<A: Access>(
    at: &A,
    subject: &Subject,
    resource: Resource,
    now: Timestamp,
) -> Result<Facts<Resource>, StoreError> {
    let held = on_resource(at, subject, &resource, None, now).await?;
    Ok(Facts::shared(resource.owner, held, now, resource))
}

/// The facts for a decision about a resource group.
///
/// # Errors
/// When the database does not answer.
pub async fn group_facts<A: Access>(
    at: &A,
    subject: &Subject,
    group: ResourceGroup,
    now: Timestamp,
) -> Result<Facts<ResourceGroup>, StoreError> {
    let held = on_group(at, subject, &group, now).await?;
    Ok(Facts::shared(group.owner, held, now, group))
}

/// The shares that reach somebody on a resource, or on one account of it.
/// None are looked for where they would not matter: the owner, and who sees
/// everything, need none.
///
/// # Errors
/// When the database does not answer.
pub async fn on_resource<A: Access>(
    at: &A,
    subject: &Subject,
    resource: &Resource,
    account: Option<AccountId>,
    now: Timestamp,
) -> Result<Vec<Held>, StoreError> {
    if resource.owner == subject.user || subject.sees_everything() {
        return Ok(Vec::new());
    }
    let with = at.shares().principals(subject.user).await?;
    let objects: Vec<Shareable> = std::iter::once(Shareable::Resource(resource.id))
        .chain(account.map(Shareable::Account))
        .collect();
    let direct = at.shares().held(&objects, &with).await?;
    let mut held: Vec<Held> = direct.iter().map(|share| of_share(share, 0)).collect();
    let shared = at.shares().of_groups(&with, now).await?;
    held.extend(by_groups(at, resource, &shared).await?);
    Ok(held)
}

/// The shares that reach a resource, whoever they are with. `groups` are those
/// that it is in, also by way of another one.
///
/// # Errors
/// When the database does not answer.
pub async fn all_on_resource<A: Access>(
    at: &A,
    resource: &Resource,
    groups: &[ResourceGroup],
    now: Timestamp,
) -> Result<Vec<Held>, StoreError> {
    let direct = at.shares().of_objects(&[Shareable::Resource(resource.id)], now).await?;
    let mut held: Vec<Held> = direct.iter().map(|share| of_share(share, 0)).collect();
    let groups: Vec<Shareable> =
        groups.iter().map(|group| Shareable::ResourceGroup(group.id)).collect();
    let shared = at.shares().of_objects(&groups, now).await?;
    held.extend(by_groups(at, resource, &shared).await?);
    Ok(held)
}

/// The shares of some accounts alone, whoever they are with. Accounts without
/// any are left out.
///
/// # Errors
/// When the database does not answer.
pub async fn all_on_accounts<A: Access>(
    at: &A,
    accounts: &[Account],
    now: Timestamp,
) -> Result<BTreeMap<AccountId, Vec<Held>>, StoreError> {
    let objects: Vec<Shareable> =
        accounts.iter().map(|account| Shareable::Account(account.id)).collect();
    let mut held: BTreeMap<AccountId, Vec<Held>> = BTreeMap::new();
    for share in at.shares().of_objects(&objects, now).await? {
        if let Shareable::Account(account) = share.object {
            held.entry(account).or_default().push(of_share(&share, 0));
        }
    }
    Ok(held)
}

/// Which shares of groups reach a resource: only by way of a group of the
/// resource's own owner.
async fn by_groups<A: Access>(
    at: &A,
    resource: &Resource,
    shared: &[Share],
) -> Result<Vec<Held>, StoreError> {
    let reached = at.resource_groups().reach(&roots(shared)).await?;
    let reached: Vec<Reached> =
        reached.into_iter().filter(|one| one.owner == resource.owner).collect();
    if reached.is_empty() {
        return Ok(Vec::new());
    }
    let holding = at.resource_groups().holding(resource, &reached).await?;
    let inside = reached.iter().filter(|one| holding.contains(&one.group));
    Ok(by_root(shared, inside))
}

/// The shares that reach somebody on a resource group.
async fn on_group<A: Access>(
    at: &A,
    subject: &Subject,
    group: &ResourceGroup,
    now: Timestamp,
) -> Result<Vec<Held>, StoreError> {
    if group.owner == subject.user || subject.sees_everything() {
        return Ok(Vec::new());
    }
    let with = at.shares().principals(subject.user).await?;
    let shared = at.shares().of_groups(&with, now).await?;
    let reached = at.resource_groups().reach(&roots(&shared)).await?;
    let here = reached.iter().filter(|one| one.group == group.id && one.owner == group.owner);
    Ok(by_root(&shared, here))
}

fn roots(shares: &[Share]) -> Vec<ResourceGroupId> {
    let group = |share: &Share| match share.object {
        Shareable::ResourceGroup(id) => Some(id),
        Shareable::Resource(_) | Shareable::Account(_) => None,
    };
    let mut roots: Vec<_> = shares.iter().filter_map(group).collect();
    roots.sort();
    roots.dedup();
    roots
}

/// Each share of a group that reaches the object, by the shortest way.
fn by_root<'a>(shares: &[Share], reached: impl Iterator<Item = &'a Reached>) -> Vec<Held> {
    let mut depths: BTreeMap<_, u16> = BTreeMap::new();
    for one in reached {
        let depth = depths.entry(one.root).or_insert(one.depth);
        *depth = (*depth).min(one.depth);
    }
    let held = |share: &Share| match share.object {
        Shareable::ResourceGroup(id) => depths.get(&id).map(|depth| of_share(share, *depth)),
        Shareable::Resource(_) | Shareable::Account(_) => None,
    };
    shares.iter().filter_map(held).collect()
}

fn of_share(share: &Share, depth: u16) -> Held {
    Held {
        share: share.id,
        on: share.object,
        depth,
        with: share.with,
        level: share.level,
        expires_at: share.expires_at,
    }
}

/// A principal of a request: exactly one of the two ids.
fn principal(user: Option<UserId>, group: Option<UserGroupId>) -> Option<Principal> {
    match (user, group) {
        (Some(user), None) => Some(Principal::User(user)),
        (None, Some(group)) => Some(Principal::UserGroup(group)),
        (Some(_), Some(_)) | (None, None) => None,
    }
}
