//! Resources: the machines whose accounts are kept. Their owner sees them, and
//! whom they are shared with.

pub mod refs;
mod routes;
mod transfer;
mod view;

use sekisho_model::device::{DeviceState, Platform};
use sekisho_model::event::Event;
use sekisho_model::id::{PasswordPolicyId, ResourceId, UserId};
use sekisho_model::name::{DnsName, ResourceName};
use sekisho_model::order::OrderState;
use sekisho_policy::action::{CreateResource, DeleteResource, EditResource};
use sekisho_policy::{Facts, Granted};
use sekisho_store::{
    Access, Device, MAX_PAGE, OperationContext, OrderFilter, Page, Resource, ShareFilter,
    StoreError, UnitOfWork,
};

use crate::app::App;
use crate::http::{Authenticated, IfMatch, Problem};
use crate::orders::{self, OrderError};
use crate::{policies, sharing};

pub use routes::routes;
pub use transfer::transfer;

/// A new resource.
#[derive(Clone, Debug)]
pub struct NewResource {
    /// Its name for people.
    pub name: ResourceName,
    /// Its host name.
    pub dns_name: Option<DnsName>,
    /// What kind of agent it takes.
    pub platform: Platform,
    /// The policy of its accounts.
    pub policy: Option<PasswordPolicyId>,
}

/// What changes; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct ResourceChange {
    /// Another name.
    pub name: Option<ResourceName>,
    /// Another host name, or none.
    pub dns_name: Option<Option<DnsName>>,
    /// Another policy, or the default one.
    pub policy: Option<Option<PasswordPolicyId>>,
}

/// One resource that is not deleted.
///
/// # Errors
/// [`Problem::NotFound`].
pub async fn find<A: Access>(at: &A, id: ResourceId) -> Result<Resource, Problem> {
    let found = at.resources().find(id).await?;
    found
        .filter(|resource| resource.deleted_at.is_none())
        .ok_or(Problem::NotFound { what: "resource" })
}

/// The facts for a decision about a resource.
///
/// # Errors
/// When the database does not answer.
pub async fn facts(
    app: &App,
    caller: &Authenticated,
    resource: Resource,
) -> Result<Facts<Resource>, Problem> {
    let reader = app.store.read();
    Ok(sharing::resource_facts(reader, &caller.subject, resource, caller.now).await?)
}

/// Creates a resource; its creator owns it.
///
/// # Errors
/// A policy that does not exist.
pub async fn create(
    app: &App,
    context: &OperationContext,
    granted: Granted<CreateResource, ()>,
    new: NewResource,
) -> Result<Resource, Problem> {
    let resource = Resource {
        id: ResourceId::at(context.now, app.rng.as_ref()),
        name: new.name,
        dns_name: new.dns_name,
        platform: new.platform,
        owner: granted.by(),
        policy: new.policy,
        created_at: context.now,
        deleted_at: None,
        version: 1,
    };
    granted.into_row();
    let mut work = app.store.begin(context).await?;
    policies::check_exists(&work, resource.policy).await?;
    work.resources().insert(resource.clone()).await?;
    work.record(Event::ResourceCreated { resource: resource.id, name: resource.name.to_string() });
    work.commit().await.map(drop)?;
    Ok(resource)
}

/// The resource that a device without one serves: the owner's with its host
/// name, if no device has ever served it, or a new one. `None`: the host name belongs to
/// another device or person; a person has to decide.
///
/// # Errors
/// When the database fails.
pub async fn for_device(
    app: &App,
    uow: &mut UnitOfWork,
    owner: UserId,
    host: &str,
    dns_name: Option<DnsName>,
    platform: Platform,
) -> Result<Option<ResourceId>, StoreError> {
    if let Some(name) = &dns_name
        && let Some(taken) = uow.resources().find_by_dns_name(name).await?.into_iter().next()
    {
        let free = taken.owner == owner && !uow.devices().any_served(taken.id).await?;
        return Ok(free.then_some(taken.id));
    }
    add_for_device(app, uow, owner, host, dns_name, platform).await
}

/// A new resource named as the host of a device. `None`: no resource can be
/// called so.
///
/// # Errors
/// When the database fails.
pub async fn add_for_device(
    app: &App,
    uow: &mut UnitOfWork,
    owner: UserId,
    host: &str,
    dns_name: Option<DnsName>,
    platform: Platform,
) -> Result<Option<ResourceId>, StoreError> {
    // A host may call itself what no resource can be called.
    let name = host.parse().or_else(|_| "unnamed host".parse::<ResourceName>());
    let Ok(name) = name else { return Ok(None) };
    let now = uow.now();
    let resource = Resource {
        id: ResourceId::at(now, app.rng.as_ref()),
        name: name.clone(),
        dns_name,
        platform,
        owner,
        policy: None,
        created_at: now,
        deleted_at: None,
        version: 1,
    };
    uow.resources().insert(resource.clone()).await?;
    uow.record(Event::ResourceCreated { resource: resource.id, name: name.to_string() });
    Ok(Some(resource.id))
}

/// Changes a resource.
///
/// # Errors
/// A policy that does not exist; a stale version.
pub async fn edit(
    app: &App,
    context: &OperationContext,
    granted: Granted<EditResource, Resource>,
    read: IfMatch,
    change: ResourceChange,
) -> Result<Resource, Problem> {
    let before = granted.into_row();
    read.check(before.version)?;
    let mut next = before.clone();
    next.name = change.name.unwrap_or(next.name);
    next.dns_name = change.dns_name.unwrap_or(next.dns_name);
    next.policy = change.policy.unwrap_or(next.policy);
    let fields: Vec<String> = [
        ("name", next.name != before.name),
        ("dns_name", next.dns_name != before.dns_name),
        ("policy", next.policy != before.policy),
    ]
    .into_iter()
    .filter(|(_, changed)| *changed)
    .map(|(field, _)| field.to_owned())
    .collect();
    if fields.is_empty() {
        return Ok(before);
    }
    let mut work = app.store.begin(context).await?;
    policies::check_exists(&work, next.policy).await?;
    let resource = work.resources().update(next, before.version).await?;
    work.record(Event::ResourceChanged { resource: resource.id, fields });
    work.commit().await.map(drop)?;
    Ok(resource)
}

/// Deletes a resource: it is no longer shown, its passwords are kept (RST-2).
/// Orders that no device has seen are withdrawn first.
///
/// # Errors
/// A conflict while a device has an order and has not answered (`pam.md`
/// §5.6); a stale version.
pub async fn delete(
    app: &App,
    context: &OperationContext,
    granted: Granted<DeleteResource, Resource>,
    read: IfMatch,
) -> Result<(), Problem> {
    let before = granted.into_row();
    read.check(before.version)?;
    refuse_while_orders(app.store.read(), &before, UNANSWERED).await?;
    withdraw_orders(app, context, &before).await?;

    let mut work = app.store.begin(context).await?;
    let resource = work.resources().lock(before.id).await?;
    read.check(resource.ok_or(Problem::NotFound { what: "resource" })?.version)?;
    refuse_while_orders(&work, &before, &[UNSEEN, UNANSWERED].concat()).await?;
    for device in work.devices().of_resource(before.id).await? {
        let version = device.version;
        let orphan = Device { resource: None, former_resource: Some(before.id), ..device };
        work.devices().update(orphan.associated(), version).await?;
    }
    end_shares(&mut work, before.id).await?;
    let gone = Resource { deleted_at: Some(context.now), ..before.clone() };
    work.resources().update(gone, before.version).await?;
    work.record(Event::ResourceDeleted { resource: before.id, name: before.name.to_string() });
    work.commit().await.map(drop)?;
    Ok(())
}

/// What is deleted is shared with nobody, and neither are the accounts on it.
async fn end_shares(work: &mut UnitOfWork, id: ResourceId) -> Result<(), StoreError> {
    let filter = ShareFilter { on_resource: Some(id), ..ShareFilter::default() };
    loop {
        let shares = work.shares().list(&filter, &Page::first(MAX_PAGE)).await?.items;
        if shares.is_empty() {
            return Ok(());
        }
        for share in shares {
            work.shares().delete(share.id).await?;
            let (share, object, with) = (share.id, share.object, share.with);
            work.record(Event::ShareEnded { share, object, with });
        }
    }
}

/// No device has seen orders in these states.
const UNSEEN: &[OrderState] = &[OrderState::Staged, OrderState::Queued];

/// The outcome of orders in these states is not known.
const UNANSWERED: &[OrderState] =
    &[OrderState::Delivered, OrderState::Indeterminate, OrderState::Reconciling];

fn orders_of(resource: &Resource, states: &[OrderState]) -> OrderFilter {
    OrderFilter { resource: Some(resource.id), states: states.to_vec(), ..OrderFilter::default() }
}

async fn refuse_while_orders<A: Access>(
    at: &A,
    resource: &Resource,
    states: &[OrderState],
) -> Result<(), Problem> {
    let open = at.orders().list(&orders_of(resource, states), &Page::first(1)).await?.items;
    match open.first() {
        Some(order) => Err(Problem::conflict_of(
            "order_open",
            format!(
                "the order {} on this resource is {}; wait until it is finished, so that no password \
             is lost",
                order.id, order.state,
            ),
        )),
        None => Ok(()),
    }
}

async fn withdraw_orders(
    app: &App,
    context: &OperationContext,
    resource: &Resource,
) -> Result<(), Problem> {
    loop {
        let filter = orders_of(resource, UNSEEN);
        let unseen = app.store.read().orders().list(&filter, &Page::default()).await?.items;
        let mut withdrawn = 0;
        for order in unseen {
            match orders::cancel(app, context, order).await {
                Ok(_) => withdrawn += 1,
                // Delivered meanwhile: the check that follows refuses.
                Err(OrderError::NotCancellable(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if withdrawn == 0 {
            return Ok(());
        }
    }
}

/// The device that serves a resource: the approved one, else the newest that
/// is still in service.
///
/// # Errors
/// When the database does not answer.
pub async fn device_of<A: Access>(at: &A, id: ResourceId) -> Result<Option<Device>, StoreError> {
    let mut devices = at.devices().of_resource(id).await?;
    devices.retain(|device| device.state != DeviceState::Retired);
    let approved = devices.iter().position(|device| device.state == DeviceState::Approved);
    Ok(match approved {
        Some(at) => Some(devices.swap_remove(at)),
        None => devices.pop(),
    })
}
