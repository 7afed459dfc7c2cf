//! Agents on resources: who may manage them, and what can be done with them:
//! associate and dissociate ([`association`], A-100…A-105), give an agent the
//! resource back that was deleted by mistake ([`remap`], A-120…A-122), and take
//! one off the list whose resource was deleted ([`delete`], A-110, A-111).
//!
//! Whether a *device* may work at all is another question: see
//! [`devices`](crate::devices).

pub mod association;
mod bulk;
pub mod remap;
mod routes;

use sekisho_model::device::DeviceState;
use sekisho_model::event::Event;
use sekisho_model::id::{DeviceId, UserId};
use sekisho_policy::action::ManageAgent;
use sekisho_policy::{Facts, Granted};
use sekisho_store::{Access, Device, OperationContext, StoreError, UnitOfWork};
use sekisho_wire::session::MANAGED;

use crate::app::App;
use crate::http::Problem;
use crate::orders;

pub use routes::routes;

const MISSING: Problem = Problem::NotFound { what: "agent" };

/// The facts for a decision about an agent: the one place that says whose an
/// agent is.
///
/// It is the resource's owner's. An agent without a resource (*N/A*, A-111) is
/// the owner's of the resource that it served before, else of the key that
/// admitted it. A share of the resource gives nothing here; a transfer
/// of it does. Lists ask the same question: `DeviceFilter::owner`.
///
/// # Errors
/// [`Problem::NotFound`], also for an agent that was deleted.
pub async fn facts(app: &App, id: DeviceId) -> Result<Facts<Device>, Problem> {
    let reader = app.store.read();
    let device = reader.devices().find(id).await?.ok_or(MISSING)?;
    if device.state == DeviceState::Retired {
        return Err(MISSING);
    }
    let owner = owner(reader, &device).await?;
    Ok(Facts::owned_by(owner.ok_or(MISSING)?, device))
}

/// Whose an agent is; see [`facts`]. `None`: nobody's.
///
/// # Errors
/// When the database does not answer.
pub async fn owner(at: &impl Access, device: &Device) -> Result<Option<UserId>, StoreError> {
    Ok(match (device.resource.or(device.former_resource), device.enrolment_key) {
        (Some(resource), _) => at.resources().find(resource).await?.map(|it| it.owner),
        (None, Some(key)) => at.enrolment_keys().find(key).await?.map(|key| key.owner),
        (None, None) => None,
    })
}

/// What an agent's own version keeps from being done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// It has not connected yet, so that nobody knows what it can do.
    NotConnected,
    /// It is too old: it can only be viewed and deleted.
    Outdated,
}

/// What an agent's version keeps from being done with it; `None`: nothing.
pub fn limit(device: &Device) -> Option<Limit> {
    let reads_us = device.protocol_version >= u32::from(sekisho_wire::PROTOCOL_MIN);
    if reads_us && device.capabilities.iter().any(|can| can == MANAGED) {
        None
    } else if device.session_counter == 0 {
        Some(Limit::NotConnected)
    } else {
        Some(Limit::Outdated)
    }
}

/// Refuses what an agent's version cannot do; `what` is the past participle.
fn refuse_limit(device: &Device, what: &str) -> Result<(), Problem> {
    let host = &device.host;
    match limit(device) {
        None => Ok(()),
        Some(Limit::NotConnected) => Err(Problem::conflict(format!(
            "the agent on {host} has not connected yet and cannot be {what}; approve it, start it \
             there (sekisho-agent start), then try again"
        ))),
        Some(Limit::Outdated) => Err(Problem::conflict(format!(
            "the agent on {host} is version {} and cannot be {what}: it can only be viewed and \
             deleted. Install version {} or newer on the host and start it, then try again",
            device.agent_version,
            env!("CARGO_PKG_VERSION"),
        ))),
    }
}

/// The device as it is now, locked; refused if it has moved to another
/// resource since the decision was made about it.
async fn lock(work: &UnitOfWork, decided: &Device) -> Result<Device, Problem> {
    let device = work.devices().lock(decided.id).await?.ok_or(MISSING)?;
    let same = device.resource == decided.resource
        && device.former_resource == decided.former_resource
        && device.state != DeviceState::Retired;
    if same { Ok(device) } else { Err(Problem::Stale) }
}

/// Takes an agent off the list whose resource was deleted: it is told
/// so, and gets neither a session nor a certificate any more. What it did
/// stays on record. It may enrol again with a new key.
///
/// # Errors
/// A conflict while it has a resource, while it is blocked, or while the
/// outcome of one of its orders is open.
pub async fn delete(
    app: &App,
    context: &OperationContext,
    granted: Granted<ManageAgent, Device>,
) -> Result<(), Problem> {
    let mut work = app.store.begin(context).await?;
    let device = lock(&work, granted.row()).await?;
    granted.into_row();
    if device.resource.is_some() {
        return Err(Problem::conflict(format!(
            "the agent on {} serves a resource; delete the resource first, then the agent",
            device.host
        )));
    }
    if device.state == DeviceState::Blocked {
        return Err(Problem::conflict(format!(
            "the device {} is blocked and is kept so that it stays refused; an administrator \
             can unblock it first",
            device.host
        )));
    }
    if orders::is_unsettled(&work, device.id).await? {
        return Err(Problem::conflict(format!(
            "the outcome of an order of the agent on {} is not known yet; wait until it is, so \
             that no password is lost",
            device.host
        )));
    }
    orders::withdraw_unseen(&mut work, device.id).await?;
    let version = device.version;
    let gone = Device { state: DeviceState::Retired, ..device.associated() };
    let gone = work.devices().update(gone, version).await?;
    work.device_sessions().end_all(gone.id).await?;
    work.record(Event::AgentDeleted { device: gone.id, host: gone.host });
    work.commit().await.map(drop)?;
    app.bus.revoke(gone.id);
    Ok(())
}
