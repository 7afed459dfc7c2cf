//! Giving an agent a resource again (A-120…A-122): its own was deleted by
//! mistake, or it moved away and its former one was handed over since.
//!
//! Three things must agree, because what a host says of itself is only a claim:
//! the resource has the DNS name of the agent's host, the agent's identity key
//! is the one that served that machine before, and who asks owns the resource.
//! The accounts, with every password they have had, come along.

use std::collections::BTreeSet;

use sekisho_model::account::Presence;
use sekisho_model::device::DeviceState;
use sekisho_model::event::Event;
use sekisho_model::id::ResourceId;
use sekisho_model::name::{AccountName, DnsName};
use sekisho_policy::Granted;
use sekisho_policy::action::{EditResource, ManageAgent};
use sekisho_store::{
    Access, Account, Device, MAX_PAGE, OperationContext, Page, Resource, StoreError, Unique,
    UnitOfWork,
};

use super::refuse_limit;
use crate::app::App;
use crate::http::Problem;
use crate::orders;

/// What a remap does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The deleted resource whose accounts come along.
    pub accounts_from: Option<ResourceId>,
    /// How many those are.
    pub accounts: u64,
}

/// The DNS name that the host of an agent says it has.
pub fn claimed_name(device: &Device) -> Option<DnsName> {
    let said = device.facts.get("dns_name").and_then(serde_json::Value::as_str);
    said.unwrap_or(&device.host).parse().ok()
}

/// What a remap of an agent to a resource would do.
///
/// # Errors
/// Why it cannot be done, as a sentence.
pub async fn plan<A: Access>(
    at: &A,
    device: &Device,
    resource: &Resource,
) -> Result<Plan, Problem> {
    refuse_limit(device, "remapped")?;
    let host = &device.host;
    if device.resource == Some(resource.id) {
        let detail = format!("the agent on {host} serves this resource already");
        return Err(Problem::conflict(detail));
    }
    if resource.platform != device.platform {
        return Err(Problem::conflict(format!(
            "the agent on {host} is for {}, the resource is {}; choose one of the same kind",
            device.platform, resource.platform
        )));
    }
    let claimed = claimed_name(device);
    if claimed.is_none() || resource.dns_name != claimed {
        let name = |name: &Option<DnsName>| {
            name.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string)
        };
        return Err(Problem::conflict(format!(
            "the DNS name of the resource is {}, that of the agent's host {}; add a resource with \
             the same DNS name, or correct it",
            name(&resource.dns_name),
            name(&claimed)
        )));
    }
    let others = at.devices().of_resource(resource.id).await?;
    if let Some(other) = others.iter().find(|other| other.state != DeviceState::Retired) {
        return Err(Problem::conflict(format!(
            "the resource has another agent, on {}; it must leave first",
            other.host
        )));
    }
    if orders::is_unsettled(at, device.id).await? {
        return Err(Problem::conflict(format!(
            "the outcome of an order of the agent on {host} is not known yet; wait until it is, \
             so that no password is lost"
        )));
    }
    same_key(at, device, resource).await
}

/// The agent's key is the one that served this machine before, under the same
/// owner.
async fn same_key<A: Access>(
    at: &A,
    device: &Device,
    resource: &Resource,
) -> Result<Plan, Problem> {
    let unknown = || {
        Problem::conflict(format!(
            "the agent on {} has another identity key than the one that served this machine \
             before; it is enrolled as a new device instead: delete this agent and enrol the host \
             with a new enrolment key",
            device.host
        ))
    };
    let former = device.former_resource.ok_or_else(unknown)?;
    let former = at.resources().find(former).await?.ok_or_else(unknown)?;
    if former.owner != resource.owner {
        return Err(Problem::conflict(format!(
            "the former resource of the agent on {} belongs to another owner, and so do the \
             passwords there",
            device.host
        )));
    }
    if former.id == resource.id {
        return Ok(Plan { accounts_from: None, accounts: 0 });
    }
    if former.deleted_at.is_none() || device.resource.is_some() {
        return Err(Problem::conflict(format!(
            "the agent on {} belongs to the resource {}; remap it to that one",
            device.host, former.name
        )));
    }
    let theirs = accounts_of(at, former.id).await?;
    let taken: BTreeSet<AccountName> = present(accounts_of(at, resource.id).await?).collect();
    let accounts = theirs.len() as u64;
    if let Some(both) = present(theirs).find(|name| taken.contains(name)) {
        return Err(Problem::conflict(format!(
            "both the former resource and this one have an account '{both}', and two histories \
             cannot become one; add another resource with this DNS name and remap to that"
        )));
    }
    Ok(Plan { accounts_from: Some(former.id), accounts })
}

/// The accounts of a resource, gone ones too.
async fn accounts_of<A: Access>(at: &A, of: ResourceId) -> Result<Vec<Account>, StoreError> {
    let mut accounts = Vec::new();
    let mut page = Page::first(MAX_PAGE);
    loop {
        let some = at.accounts().list(of, true, &page).await?;
        accounts.extend(some.items);
        match some.next {
            Some(next) => page = Page::after(next, MAX_PAGE),
            None => return Ok(accounts),
        }
    }
}

/// Names are unique among present accounts only.
fn present(accounts: Vec<Account>) -> impl Iterator<Item = AccountName> {
    let present = |account: &Account| account.presence == Presence::Present;
    accounts.into_iter().filter(present).map(|account| account.name)
}

/// Remaps an agent; its accounts are listed next.
///
/// # Errors
/// Why it cannot be done; nothing is changed then.
pub async fn remap(
    app: &App,
    context: &OperationContext,
    granted: Granted<ManageAgent, Device>,
    target: Granted<EditResource, Resource>,
) -> Result<Device, Problem> {
    let mut work = app.store.begin(context).await?;
    let device = super::lock(&work, granted.row()).await?;
    granted.into_row();
    let decided = target.into_row();
    let resource = work.resources().lock(decided.id).await?;
    let resource = resource
        .filter(|now| now.owner == decided.owner && now.deleted_at.is_none())
        .ok_or(Problem::Stale)?;
    let plan = plan(&work, &device, &resource).await?;
    orders::withdraw_unseen(&mut work, device.id).await?;
    let accounts = match plan.accounts_from {
        Some(from) => move_accounts(&work, from, resource.id).await?,
        None => 0,
    };
    let (version, from) = (device.version, device.resource.or(device.former_resource));
    let next = Device {
        resource: Some(resource.id),
        former_resource: device.resource.or(device.former_resource),
        ..device
    };
    let device = work.devices().update(next.associated(), version).await?;
    work.record(Event::AgentRemapped { device: device.id, from, to: resource.id, accounts });
    if device.state == DeviceState::Approved {
        orders::queue_first_discovery(app, &mut work, &device).await?;
    }
    let committed = work.commit().await?;
    orders::tell(app, &committed, &[]);
    Ok(device)
}

async fn move_accounts(
    work: &UnitOfWork,
    from: ResourceId,
    to: ResourceId,
) -> Result<u64, Problem> {
    let moved = match work.accounts().move_all(from, to).await {
        Err(StoreError::Conflict { what: Unique::AccountName }) => return Err(Problem::Stale),
        other => other?,
    };
    // Tasks are shown with the resource that they were for.
    work.orders().move_all(from, to).await?;
    Ok(moved)
}
