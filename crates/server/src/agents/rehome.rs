//! `sekisho-agent update`: a host moves its agent to the owner of another key
//! (A-047…A-049), without being enrolled anew.
//!
//! The device stays who it is: its identity, its approval, its session. It gets
//! a resource of the new owner, whose accounts begin *unknown*. The former
//! resource stays with its owner, with every account and password on it; the
//! new owner sees none of them until the former one transfers it.

use sekisho_model::device::{DeviceState, EnrolmentRefusal};
use sekisho_model::event::Event;
use sekisho_model::id::ResourceId;
use sekisho_store::{Access, Device, EnrolmentKey, UnitOfWork};
use sekisho_wire::enrolment::Enrolment;

use super::enrol::{self, Declined};
use crate::app::App;
use crate::orders;

/// Whether a device serves a resource of the key's owner.
pub(super) async fn is_home(
    uow: &UnitOfWork,
    key: &EnrolmentKey,
    device: &Device,
) -> Result<bool, Declined> {
    let Some(resource) = device.resource else { return Ok(false) };
    let resource = uow.resources().find(resource).await?;
    Ok(resource.is_some_and(|resource| resource.owner == key.owner))
}

/// Moves a known device, inside the unit of work that uses the key.
///
/// # Errors
/// Refused while the outcome of an order on it is open: nothing may be lost.
pub(super) async fn rehome(
    app: &App,
    uow: &mut UnitOfWork,
    key: &EnrolmentKey,
    device: Device,
    enrolment: &Enrolment,
) -> Result<Device, Declined> {
    if is_home(uow, key, &device).await? {
        return Err(EnrolmentRefusal::SameOwner.into());
    }
    if orders::is_unsettled(uow, device.id).await? {
        return Err(EnrolmentRefusal::Busy.into());
    }
    orders::withdraw_unseen(uow, device.id).await?;
    let from = device.resource;
    let to = match back(uow, key, &device).await? {
        Some(former) => former,
        None => enrol::add_resource(app, uow, key, enrolment).await?,
    };
    let moved = Device {
        resource: Some(to),
        former_resource: from.or(device.former_resource),
        state: match device.state {
            DeviceState::Retired => DeviceState::Pending,
            other => other,
        },
        ..enrol::again(key, device.clone(), enrolment)
    };
    let moved = uow.devices().update(moved.associated(), device.version).await?;
    uow.record(Event::AgentRehomed { device: device.id, key: key.id, from, to });
    if moved.state == DeviceState::Approved {
        orders::queue_first_discovery(app, uow, &moved).await?;
    }
    Ok(moved)
}

/// The resource that this device served before, if it is the key's owner's and
/// nobody has taken its place: an agent that comes back finds its accounts.
async fn back(
    uow: &UnitOfWork,
    key: &EnrolmentKey,
    device: &Device,
) -> Result<Option<ResourceId>, Declined> {
    let Some(former) = device.former_resource else { return Ok(None) };
    let resource = uow.resources().find(former).await?;
    let is_theirs = resource
        .is_some_and(|resource| resource.owner == key.owner && resource.deleted_at.is_none());
    let is_free = uow.devices().of_resource(former).await?.is_empty();
    Ok((is_theirs && is_free).then_some(former))
}
