//! What time alone changes.

use std::collections::BTreeSet;
use std::time::Duration;

use sekisho_model::event::{Actor, Event, Origin};
use sekisho_model::id::{DeviceId, RequestId};
use sekisho_model::order::{Operation, OrderState};
use sekisho_store::{Access, Device, MAX_PAGE, OperationContext, OrderFilter, Page, UnitOfWork};

use super::{OrderError, drop_candidate, look_was_dropped, settle, tell};
use crate::app::App;

/// A delivered reset without a receipt is shown as *indeterminate* after this
/// time. It is not an end: a receipt may still come, and a verify will look.
const UNANSWERED: Duration = Duration::from_secs(600);

/// Rows looked at in one go.
const BATCH: u64 = 100;

/// One round: expires orders that nobody fetched, and marks resets that were
/// delivered and not answered. Expiry is also judged at every use; this only
/// tidies up and tells.
///
/// # Errors
/// When the database fails; the next round tries again.
pub async fn round(app: &App) -> Result<(), OrderError> {
    let ctx = system_context(app);
    let mut uow = app.store.begin(&ctx).await?;
    let expired = uow.orders().expire_undelivered(ctx.now, BATCH).await?;
    for order in &expired {
        drop_candidate(&uow, order, "no agent fetched the order in time").await?;
        look_was_dropped(&uow, order).await?;
        uow.record(Event::OrderExpired { order: order.id });
    }
    let mut changed: Vec<_> = expired.iter().map(|order| order.id).collect();
    for order in uow.orders().delivered_before(ctx.now.minus(UNANSWERED), BATCH).await? {
        if order.operation != Operation::Reset {
            continue;
        }
        let (from, to) = (OrderState::Delivered, OrderState::Indeterminate);
        if uow.orders().move_state(order.id, from, to).await? {
            let detail = "delivered, and the agent has not reported since";
            settle::mark_indeterminate(&mut uow, order.device, &order, detail).await?;
            changed.push(order.id);
        }
    }
    wake_for_due_orders(app, &uow).await?;
    if changed.is_empty() {
        uow.rollback().await?;
        return Ok(());
    }
    let committed = uow.commit().await?;
    tell(app, &committed, &changed);
    Ok(())
}

/// Wakes devices with orders that another process gave (`recover`), or that
/// have become due. A wake for a device that is not there costs nothing.
async fn wake_for_due_orders(app: &App, uow: &UnitOfWork) -> Result<(), OrderError> {
    let queued = OrderFilter { states: vec![OrderState::Queued], ..OrderFilter::default() };
    let queued = uow.orders().list(&queued, &Page::first(MAX_PAGE)).await?.items;
    let due = queued.iter().filter(|order| order.not_before <= uow.now());
    let devices: BTreeSet<DeviceId> = due.map(|order| order.device).collect();
    // What is held for a dissociated device is nothing to call it for.
    for device in uow.devices().find_many(devices).await? {
        if !device.is_dissociated() {
            app.bus.wake(device.id);
        }
    }
    Ok(())
}

/// Gives verifies for the indeterminate resets of a device that is there:
/// inside the unit of work of its fetch, after its receipts.
///
/// # Errors
/// When the database fails.
pub async fn look_into_open_resets(
    app: &App,
    uow: &mut UnitOfWork,
    device: &Device,
) -> Result<(), OrderError> {
    let Some(resource) = device.resource else { return Ok(()) };
    // By resource, not by device: the device may be a successor.
    let open = OrderFilter {
        resource: Some(resource),
        operation: Some(Operation::Reset),
        states: vec![OrderState::Indeterminate],
        ..OrderFilter::default()
    };
    for reset in uow.orders().list(&open, &Page::first(BATCH as u16)).await?.items {
        settle::stage_look(app, uow, device, &reset, 1, Duration::ZERO).await?;
    }
    Ok(())
}

pub(super) fn system_context(app: &App) -> OperationContext {
    let now = app.clock.now();
    OperationContext {
        actor: Actor::System,
        origin: Origin { request: RequestId::at(now, app.rng.as_ref()), address: None },
        now,
    }
}
