//! Discoveries that nobody asked for: every day, and when the agent says that
//! the account files have changed.

use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::device::DeviceState;
use sekisho_model::id::ResourceId;
use sekisho_model::order::{Operation, OrderState};
use sekisho_store::{
    Access, Cursor, Device, DeviceFilter, MAX_PAGE, OrderFilter, Page, ResourceUpkeep, UnitOfWork,
};

use super::{OrderError, blank, finish, stage, sweep};
use crate::app::App;
use crate::devices;
use crate::rotation::spread;

/// However often accounts change, they are not listed more often.
const AT_MOST_EVERY: Duration = Duration::from_secs(5 * 60);

/// Accounts are listed once a day, ± a tenth.
const DAILY: Duration = Duration::from_secs(24 * 3600);

/// Devices looked at in one round.
const LOOKED_AT: u16 = MAX_PAGE;

/// Discoveries given in one round.
const GIVEN: usize = 20;

/// Where the walk over all devices has come to.
#[derive(Debug, Default)]
pub struct Walk(Option<Cursor>);

/// Notes that a device saw its accounts change, and has it list them, at once
/// if it has not just done so: inside the unit of work of its fetch.
///
/// # Errors
/// When the database fails.
pub(crate) async fn accounts_changed(
    app: &App,
    uow: &mut UnitOfWork,
    device: &Device,
) -> Result<(), OrderError> {
    let Some(resource) = device.resource else { return Ok(()) };
    let seen = uow.upkeep().of(resource).await?;
    let noted = ResourceUpkeep { changed_at: Some(uow.now()), ..seen };
    uow.upkeep().put(noted.clone()).await?;
    if device.is_dissociated() {
        // Its accounts are listed soon after it is associated again.
        return Ok(());
    }
    give(app, uow, device, &noted).await.map(drop)
}

/// One round: gives discoveries that are due to devices that are there.
/// Returns how many.
///
/// # Errors
/// When the database fails; the next round goes on.
pub async fn round(app: &App, walk: &mut Walk) -> Result<usize, OrderError> {
    let context = sweep::system_context(app);
    let site = app.store.read().site().find().await?;
    if site.is_none_or(|site| site.recovery_reason.is_some()) {
        return Ok(0);
    }
    let filter = DeviceFilter { states: vec![DeviceState::Approved], ..DeviceFilter::default() };
    let page = match walk.0.take() {
        Some(after) => Page::after(after, LOOKED_AT),
        None => Page::first(LOOKED_AT),
    };
    let found = app.store.read().devices().list(&filter, &page).await?;
    let resources = found.items.iter().filter_map(|device| device.resource);
    let seen = app.store.read().upkeep().of_many(resources).await?;
    let mut given = 0;
    for device in &found.items {
        let Some(resource) = device.resource else { continue };
        let serves = device.suspension.is_none()
            && !device.is_dissociated()
            && devices::is_active(device, context.now);
        let never = ResourceUpkeep::never(resource);
        let upkeep = seen.get(&resource).unwrap_or(&never);
        if !serves || !is_due(upkeep, device, context.now) {
            continue;
        }
        if given == GIVEN {
            // The rest of this page in the next round.
            walk.0 = page.after.clone();
            return Ok(given);
        }
        let mut uow = app.store.begin(&context).await?;
        let Some(device) = uow.devices().lock(device.id).await? else { continue };
        let upkeep = uow.upkeep().of(resource).await?;
        let still = device.resource == Some(resource)
            && device.state == DeviceState::Approved
            && !device.is_dissociated();
        if still
            && is_due(&upkeep, &device, context.now)
            && give(app, &mut uow, &device, &upkeep).await?
        {
            finish(app, uow, &[]).await?;
            given += 1;
        }
    }
    walk.0 = found.next;
    Ok(given)
}

/// Gives a discovery, unless one is open or was given a moment ago.
async fn give(
    app: &App,
    uow: &mut UnitOfWork,
    device: &Device,
    upkeep: &ResourceUpkeep,
) -> Result<bool, OrderError> {
    let now = uow.now();
    if upkeep.asked_at.is_some_and(|asked| now < asked.plus(AT_MOST_EVERY)) {
        return Ok(false);
    }
    let open = OrderFilter {
        resource: Some(upkeep.resource),
        operation: Some(Operation::Discover),
        states: OrderState::open().collect(),
        ..OrderFilter::default()
    };
    if !uow.orders().list(&open, &Page::first(1)).await?.items.is_empty() {
        return Ok(false);
    }
    let reason = match upkeep.changed_at {
        Some(_) => "the account files have changed",
        None => "daily look",
    };
    let order = blank(app, device, upkeep.resource, Operation::Discover, reason);
    stage(uow, &order).await?;
    Ok(true)
}

fn is_due(upkeep: &ResourceUpkeep, device: &Device, now: Timestamp) -> bool {
    let asked = upkeep.asked_at.or(device.approved_at).unwrap_or(device.created_at);
    match upkeep.changed_at {
        Some(_) => now >= asked.plus(AT_MOST_EVERY),
        None => now >= daily(upkeep.resource, asked),
    }
}

fn daily(resource: ResourceId, asked: Timestamp) -> Timestamp {
    let tenth = DAILY / 10;
    asked.plus(DAILY - tenth).plus(spread(tenth * 2, *resource.as_bytes()))
}
