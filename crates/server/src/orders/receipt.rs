//! What a receipt changes.

use sekisho_model::event::{Actor, Event};
use sekisho_model::id::OrderId;
use sekisho_model::order::{Operation, OrderState};
use sekisho_store::{Access, Device, Hash, Order, UnitOfWork};
use sekisho_wire::receipt::{Disposition, OrderRefusal, Outcome, Receipt};

use super::{OrderError, discovery, settle};
use crate::app::App;

/// Takes a receipt over, inside the caller's unit of work. The receipt's
/// signature was checked; whether it belongs to an order of this device is
/// checked here. A receipt that comes again changes nothing.
///
/// Returns what the ack says and the orders that changed.
///
/// # Errors
/// When the database or the vault fails: then there is no ack, and the agent
/// brings the receipt again.
pub async fn take_over(
    app: &App,
    uow: &mut UnitOfWork,
    device: &Device,
    receipt: &Receipt,
    receipt_hash: [u8; 32],
) -> Result<(Disposition, Vec<OrderId>), OrderError> {
    let order = uow.orders().lock(receipt.order).await?;
    let Some(order) = order.filter(|order| order.device == device.id) else {
        return Ok((Disposition::UnknownOrder, Vec::new()));
    };
    let deliveries = uow.orders().deliveries(order.id).await?;
    // A receipt names the signed bytes of one of the deliveries of its order: a
    // device cannot report on what it was never given.
    let said = Hash(receipt.order_hash);
    let Some(place) = deliveries.iter().rposition(|delivery| delivery.signed_hash == said) else {
        return Ok((Disposition::UnknownOrder, Vec::new()));
    };
    if order.state.is_terminal() || order.receipt_hash == Some(Hash(receipt_hash)) {
        return Ok((Disposition::Recorded, Vec::new()));
    }
    let given = Given {
        device: device.clone(),
        order,
        hash: Hash(receipt_hash),
        is_first: place + 1 == deliveries.len(),
    };
    let changed = match &receipt.outcome {
        Outcome::Reset { result, verified, last_change_day, detail } => {
            if given.order.operation != Operation::Reset {
                return Ok((Disposition::UnknownOrder, Vec::new()));
            }
            let said = settle::ResetSaid {
                result: *result,
                verified: *verified,
                last_change_day: *last_change_day,
                detail: detail.clone(),
            };
            settle::reset_receipt(app, uow, &given, &said).await?
        }
        Outcome::Verify { results, .. } => {
            if given.order.operation != Operation::Verify {
                return Ok((Disposition::UnknownOrder, Vec::new()));
            }
            settle::verify_receipt(app, uow, &given, results).await?
        }
        Outcome::Discover { accounts, left_out, warnings, truncated } => {
            if given.order.operation != Operation::Discover {
                return Ok((Disposition::UnknownOrder, Vec::new()));
            }
            let found = discovery::Found { accounts, left_out, warnings, truncated: *truncated };
            discovery::take_over(app, uow, &given, &found).await?;
            vec![given.order.id]
        }
        Outcome::Refused { reason, detail } => refused(app, uow, &given, *reason, detail).await?,
    };
    Ok((Disposition::Recorded, changed))
}

/// A receipt whose order is known.
pub(super) struct Given {
    /// Who brought it.
    pub(super) device: Device,
    /// The order, locked.
    pub(super) order: Order,
    /// The receipt's hash.
    pub(super) hash: Hash,
    /// Whether it answers the first delivery. The answer to a later one says
    /// nothing about what became of those before: the device may have been put
    /// back in between, and have forgotten it.
    pub(super) is_first: bool,
}

/// The agent did not run the order: positive evidence that nothing changed.
async fn refused(
    app: &App,
    uow: &mut UnitOfWork,
    given: &Given,
    reason: OrderRefusal,
    detail: &str,
) -> Result<Vec<OrderId>, OrderError> {
    if given.order.operation == Operation::Reset {
        return settle::reset_refused(app, uow, given, reason, detail).await;
    }
    let result = serde_json::json!({ "refused": reason, "detail": detail });
    let (from, to) = (given.order.state, OrderState::NotApplied);
    uow.orders().settle(given.order.id, from, to, result, Some(given.hash)).await?;
    uow.record_as(
        Actor::Device(given.device.id),
        Event::OrderFailed { order: given.order.id, detail: detail.to_owned() },
    );
    let mut changed = vec![given.order.id];
    if given.order.reconciles.is_some() {
        changed.extend(settle::look_again(app, uow, given).await?);
    }
    Ok(changed)
}
