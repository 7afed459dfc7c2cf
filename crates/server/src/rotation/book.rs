//! What the plans of a page of accounts depend on, read in few queries.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_model::Timestamp;
use sekisho_model::device::DeviceState;
use sekisho_model::id::{AccountId, PasswordPolicyId, ResourceId};
use sekisho_model::rotation::RotationHold;
use sekisho_store::{Access, Account, AccountRotation, Device, StoreError};

use super::plan::{Plan, Situation, plan};
use crate::devices;

/// An account's plan with what it was made from.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) plan: Plan,
    pub(super) own: AccountRotation,
    pub(super) group_name: Option<String>,
}

/// The plans of a page of accounts.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn plans<A: Access>(
    at: &A,
    accounts: &[Account],
    now: Timestamp,
) -> Result<BTreeMap<AccountId, Planned>, StoreError> {
    let resources: BTreeSet<ResourceId> = accounts.iter().map(|account| account.resource).collect();
    let found = at.resources().find_many(resources.iter().copied()).await?;
    let of_resource: BTreeMap<ResourceId, Option<PasswordPolicyId>> =
        found.iter().map(|resource| (resource.id, resource.policy)).collect();
    let default = at.password_policies().find_default().await?.map(|policy| policy.id);
    let policy_of = |account: &Account| {
        account.policy.or_else(|| of_resource.get(&account.resource).copied().flatten()).or(default)
    };
    let policies: BTreeSet<PasswordPolicyId> = accounts.iter().filter_map(policy_of).collect();
    let policies = at.rotation().of_policies(policies).await?;
    let groups = at.resource_groups().of_resources(&found).await?;
    let agents = agents(at, resources, now).await?;
    let mut own = at.rotation().of_accounts(accounts.iter().map(|account| account.id)).await?;
    let current = accounts.iter().filter_map(|account| account.current_version);
    let since: BTreeMap<_, _> = at
        .secret_versions()
        .find_many(current)
        .await?
        .into_iter()
        .map(|version| (version.id, version.state_changed_at))
        .collect();
    let open = at.orders().open_resets(accounts.iter().map(|account| account.id)).await?;
    let open: BTreeSet<AccountId> = open.into_iter().filter_map(|order| order.account).collect();

    let mut planned = BTreeMap::new();
    for account in accounts {
        let own = own.remove(&account.id).unwrap_or_else(|| AccountRotation::silent(account.id));
        let policy_id = policy_of(account);
        let policy = policy_id.and_then(|id| policies.get(&id).copied()).unwrap_or_default();
        let groups = groups.get(&account.resource).map_or(&[][..], Vec::as_slice);
        let situation = Situation {
            account,
            since: account.current_version.and_then(|version| since.get(&version).copied()),
            own: &own,
            policy,
            policy_id,
            groups,
            agent: agents.get(&account.resource).copied().unwrap_or(Some(RotationHold::NoAgent)),
            open_reset: open.contains(&account.id),
        };
        let plan = plan(&situation, now);
        let group = groups.iter().find(|group| Some(group.id) == plan.rule.group);
        let group_name = group.map(|group| group.name.to_string());
        planned.insert(account.id, Planned { plan, own, group_name });
    }
    Ok(planned)
}

/// Why the agent of a resource would not do anything now; `None`: it would.
async fn agents<A: Access>(
    at: &A,
    resources: BTreeSet<ResourceId>,
    now: Timestamp,
) -> Result<BTreeMap<ResourceId, Option<RotationHold>>, StoreError> {
    let mut agents = BTreeMap::new();
    for device in at.devices().of_resources(resources).await? {
        let Some(resource) = device.resource else { continue };
        let hold = hold(&device, now);
        let best = agents.entry(resource).or_insert(hold);
        // The one that works counts, whatever others there were.
        if rank(hold) < rank(*best) {
            *best = hold;
        }
    }
    Ok(agents)
}

fn hold(device: &Device, now: Timestamp) -> Option<RotationHold> {
    match device.state {
        DeviceState::Approved if device.suspension.is_some() => {
            Some(RotationHold::AgentNotApproved)
        }
        DeviceState::Approved if device.is_dissociated() => Some(RotationHold::AgentDissociated),
        DeviceState::Approved if devices::is_active(device, now) => None,
        DeviceState::Approved => Some(RotationHold::AgentAway),
        DeviceState::Pending | DeviceState::Blocked => Some(RotationHold::AgentNotApproved),
        DeviceState::Retired => Some(RotationHold::NoAgent),
    }
}

const fn rank(hold: Option<RotationHold>) -> u8 {
    match hold {
        None => 0,
        Some(RotationHold::AgentAway) => 1,
        Some(RotationHold::AgentDissociated) => 2,
        Some(RotationHold::AgentNotApproved) => 3,
        Some(_) => 4,
    }
}
