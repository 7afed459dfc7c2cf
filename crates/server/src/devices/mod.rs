//! Devices: enrolled endpoints, and whether they may work.

mod routes;
pub(crate) mod view;

use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::device::DeviceState;
use sekisho_model::event::Event;
use sekisho_model::id::DeviceId;
use sekisho_policy::Granted;
use sekisho_policy::action::{ApproveDevice, BlockDevice};
use sekisho_store::{Access as _, Activity, Device, OperationContext, UnitOfWork};

use crate::app::App;
use crate::http::Problem;
use crate::{orders, resources};

pub(crate) use routes::DeviceRows;
pub use routes::routes;

/// A device that was silent for longer is not active, unless it polls less
/// often.
const SILENCE: Duration = Duration::from_secs(30 * 60);

const MISSING: Problem = Problem::NotFound { what: "device" };

/// Whether a device was heard of not long ago: within 30 minutes, or two of
/// the intervals at which it is asked to call, if that is longer (A-140,
/// A dissociated one is asked to look as often as was said then.
pub fn is_active(device: &Device, now: Timestamp) -> bool {
    let interval_s = device.look_every_s.or(device.interval_s).unwrap_or(0);
    let twice = Duration::from_secs(2 * u64::from(interval_s));
    device.last_seen_at.is_some_and(|seen| now <= seen.plus(SILENCE.max(twice)))
}

/// The same rule for lists.
pub(crate) const fn activity(now: Timestamp) -> Activity {
    Activity { now, silence: SILENCE }
}

/// One device.
///
/// # Errors
/// [`Problem::NotFound`].
pub async fn find(app: &App, id: DeviceId) -> Result<Device, Problem> {
    app.store.read().devices().find(id).await?.ok_or(MISSING)
}

/// Lets a pending device work. If it serves a resource, its first discovery
/// is queued in the same unit of work. A device that was recovered from
/// its certificate gets one, as if the approver had enrolled it.
///
/// # Errors
/// A conflict for a device that is blocked or out of service.
pub async fn approve(
    app: &App,
    context: &OperationContext,
    granted: Granted<ApproveDevice, Device>,
) -> Result<Device, Problem> {
    let by = granted.by();
    let mut work = app.store.begin(context).await?;
    let device = lock(&work, granted.into_row()).await?;
    match device.state {
        DeviceState::Pending => {}
        DeviceState::Approved => return Ok(device),
        DeviceState::Blocked => {
            return Err(Problem::conflict_of(
                "device_blocked",
                "the device is blocked; unblock it first",
            ));
        }
        DeviceState::Retired => return Err(out_of_service()),
    }
    let resource = match device.resource {
        None if device.enrolment_key.is_none() => {
            let (host, dns_name) = (&device.host, device.host.parse().ok());
            resources::for_device(app, &mut work, by, host, dns_name, device.platform).await?
        }
        served => served,
    };
    let version = device.version;
    let device = Device {
        resource,
        state: DeviceState::Approved,
        approved_at: Some(context.now),
        approved_by: Some(by),
        ..device
    };
    let device = work.devices().update(device, version).await?;
    work.record(Event::DeviceApproved { device: device.id });
    orders::queue_first_discovery(app, &mut work, &device).await?;
    let committed = work.commit().await?;
    orders::tell(app, &committed, &[]);
    Ok(device)
}

/// Refuses a device from now on: its sessions end and its connections are
/// cut. What it was told before cannot be taken back: its delivered orders
/// stay open (RST-7).
///
/// # Errors
/// A conflict for a device that is out of service.
pub async fn block(
    app: &App,
    context: &OperationContext,
    granted: Granted<BlockDevice, Device>,
    reason: String,
) -> Result<Device, Problem> {
    let mut work = app.store.begin(context).await?;
    let device = lock(&work, granted.into_row()).await?;
    match device.state {
        DeviceState::Pending | DeviceState::Approved => {}
        DeviceState::Blocked => return Ok(device),
        DeviceState::Retired => return Err(out_of_service()),
    }
    let version = device.version;
    let device =
        Device { state: DeviceState::Blocked, blocked_reason: Some(reason.clone()), ..device };
    let device = work.devices().update(device, version).await?;
    work.device_sessions().end_all(device.id).await?;
    work.record(Event::DeviceBlocked { device: device.id, reason });
    work.commit().await.map(drop)?;
    app.bus.revoke(device.id);
    Ok(device)
}

/// Takes a block back. The device waits for approval again.
///
/// # Errors
/// A conflict for a device that is not blocked.
pub async fn unblock(
    app: &App,
    context: &OperationContext,
    granted: Granted<BlockDevice, Device>,
) -> Result<Device, Problem> {
    let mut work = app.store.begin(context).await?;
    let device = lock(&work, granted.into_row()).await?;
    if device.state != DeviceState::Blocked {
        let detail = format!("the device is {}, not blocked", device.state);
        return Err(Problem::conflict_of("device_not_blocked", detail));
    }
    let version = device.version;
    let device = Device {
        state: DeviceState::Pending,
        approved_at: None,
        approved_by: None,
        blocked_reason: None,
        ..device
    };
    let device = work.devices().update(device, version).await?;
    work.record(Event::DeviceUnblocked { device: device.id });
    work.commit().await.map(drop)?;
    Ok(device)
}

/// Lets a device go on that was held back because it seemed to be two. Who
/// asks for it has made sure that one of them is gone: two that speak again
/// are held back again.
///
/// # Errors
/// A conflict for a device that is not held back.
pub async fn resume(
    app: &App,
    context: &OperationContext,
    granted: Granted<ApproveDevice, Device>,
    reason: String,
) -> Result<Device, Problem> {
    let mut work = app.store.begin(context).await?;
    let device = lock(&work, granted.into_row()).await?;
    if device.suspension.is_none() {
        return Err(Problem::conflict_of(
            "device_not_held",
            "the device is not held back as a copy",
        ));
    }
    let version = device.version;
    let device = Device { suspension: None, ..device };
    let device = work.devices().update(device, version).await?;
    work.record(Event::DeviceResumed { device: device.id, reason });
    work.commit().await.map(drop)?;
    Ok(device)
}

async fn lock(work: &UnitOfWork, decided: Device) -> Result<Device, Problem> {
    work.devices().lock(decided.id).await?.ok_or(MISSING)
}

fn out_of_service() -> Problem {
    Problem::conflict_of("device_retired", "the device is out of service; enrol it anew")
}

#[cfg(test)]
mod tests {
    use sekisho_model::device::Platform;
    use sekisho_model::rng::SeededRng;

    use super::*;

    fn seen(interval_s: Option<u32>, minutes_ago: u64) -> bool {
        is_active(&silent_for(interval_s, minutes_ago), now())
    }

    fn now() -> Timestamp {
        Timestamp::from_millis(1_000_000_000)
    }

    fn silent_for(interval_s: Option<u32>, minutes_ago: u64) -> Device {
        let now = now();
        Device {
            id: DeviceId::at(now, &SeededRng::new(1)),
            resource: None,
            state: DeviceState::Approved,
            suspension: None,
            identity_spki: Vec::new().into(),
            identity_fingerprint: String::new(),
            host: "web".to_owned(),
            facts: serde_json::Value::Null,
            platform: Platform::Linux,
            agent_version: String::new(),
            protocol_version: 1,
            capabilities: Vec::new(),
            enrolment_key: None,
            created_at: now,
            approved_at: None,
            approved_by: None,
            blocked_reason: None,
            last_seen_at: Some(now.minus(Duration::from_secs(60 * minutes_ago))),
            last_seq: 0,
            session_counter: 0,
            bundle_version: 1,
            interval_s,
            former_resource: None,
            look_every_s: None,
            dissociated_at: None,
            dissociated_by: None,
            last_gateway: None,
            version: 1,
        }
    }

    #[test]
    fn silence_is_measured_by_the_interval_of_the_agent() {
        assert!(seen(None, 30));
        assert!(!seen(None, 31));
        assert!(seen(Some(60), 30));
        assert!(seen(Some(3600), 120), "two intervals of an hour");
        assert!(!seen(Some(3600), 121));
    }

    /// a dissociated agent is late by the interval that was asked of it.
    #[test]
    fn silence_of_a_dissociated_agent_is_measured_by_its_own_interval() {
        let every = |minutes: u32, ago| {
            let device = silent_for(Some(60), ago);
            is_active(&Device { look_every_s: Some(60 * minutes), ..device }, now())
        };
        assert!(every(5, 30), "never less than 30 minutes");
        assert!(!every(5, 31));
        assert!(every(60, 120));
        assert!(!every(60, 121));
    }
}
