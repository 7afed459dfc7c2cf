//! What a fetch takes along.

use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::account::SecretState;
use sekisho_model::event::{Actor, Event};
use sekisho_model::id::{AccountId, SecretVersionId};
use sekisho_model::order::{Operation, OrderState};
use sekisho_seal::message;
use sekisho_store::{
    Access, Delivery, Device, DeviceSession, Hash, MAX_PAGE, Order, StoreError, UnitOfWork,
};
use sekisho_wire::order::{
    Candidate, MAX_LINEAGE, MAX_ORDERS_PER_FETCH, Order as WireOrder, SealedOrder, SecretBytes,
    Target, Task,
};

use super::OrderError;
use crate::app::App;
use crate::secrets;

/// A delivered order may be begun so long after its delivery. A copy that
/// somebody kept back is of no use later.
const FRESH: Duration = Duration::from_secs(600);

/// A device that calls at least so often is there.
const THERE: Duration = Duration::from_secs(20 * 60);

/// A device that is there has answered after this time.
const ANSWERED: Duration = Duration::from_secs(15 * 60);

/// So many deliveries at least, before their answers are missed.
const DELIVERIES: usize = 3;

/// The orders for one answer to a fetch, delivered inside the caller's unit of
/// work: it must be committed before the first byte is sent (RST-7).
///
/// An order that was delivered before and has no receipt goes out again: the
/// agent fetches only after it has reported everything, so the answer to the
/// former fetch was lost. It keeps its id and gets a new seq; an agent that
/// has run it answers with the stored receipt.
///
/// # Errors
/// When the database or the vault fails.
pub async fn deliver(
    app: &App,
    uow: &mut UnitOfWork,
    device: &Device,
    session: &DeviceSession,
) -> Result<(Vec<SealedOrder>, bool), OrderError> {
    let mut waiting = uow.orders().unanswered(device.id).await?;
    let limit = MAX_ORDERS_PER_FETCH as u64 + 1;
    waiting.extend(uow.orders().deliverable(device.id, uow.now(), limit).await?);
    waiting.sort_by_key(is_background);
    let more = waiting.len() > MAX_ORDERS_PER_FETCH;
    waiting.truncate(MAX_ORDERS_PER_FETCH);
    let mut sealed = Vec::new();
    for order in waiting {
        if let Some(one) = deliver_one(app, uow, device, session, &order).await? {
            sealed.push(one);
        }
    }
    Ok((sealed, more))
}

/// A check that nobody asked for waits for everything else.
fn is_background(order: &Order) -> bool {
    order.operation == Operation::Verify && order.initiator.is_none() && order.reconciles.is_none()
}

async fn deliver_one(
    app: &App,
    uow: &mut UnitOfWork,
    device: &Device,
    session: &DeviceSession,
    order: &Order,
) -> Result<Option<SealedOrder>, OrderError> {
    let now = uow.now();
    let Some(task) = task(app, uow, order).await? else {
        // Its account or value is gone from the database: nothing to send.
        fail(uow, order, "what the order is about no longer exists").await?;
        return Ok(None);
    };
    let seq = uow.devices().next_seq(device.id).await?;
    let wire = WireOrder {
        protocol: sekisho_wire::PROTOCOL,
        order: order.id,
        site: app.keys.site(),
        device: device.id,
        session: session.id,
        seq,
        not_before: order.not_before,
        expires: now.plus(FRESH),
        task,
        initiator: initiator(uow, order).await?,
    };
    let session_key: [u8; 32] =
        session.session_key_public.0.as_slice().try_into().map_err(|_| StoreError::Internal {
            detail: format!("the public key of session {} is damaged", session.id),
        })?;
    let signer = app.keys.order_key(now);
    let (sealed, hash) = message::seal_order(&wire, &signer, &session_key, app.rng.as_ref())
        .map_err(|error| StoreError::Internal { detail: format!("order {}: {error}", order.id) })?;
    let delivery = Delivery {
        order: order.id,
        seq,
        session: session.id,
        signed_hash: Hash(hash),
        delivered_at: now,
    };
    let before = match order.delivered_at {
        Some(_) => uow.orders().deliveries(order.id).await?,
        None => Vec::new(),
    };
    if !uow.orders().deliver(delivery).await? {
        return Ok(None);
    }
    if is_missed(before.iter().map(|delivery| delivery.delivered_at), now) {
        let deliveries = before.len() as u64 + 1;
        let event = Event::OrderUnanswered { order: order.id, device: device.id, deliveries };
        uow.record_as(Actor::System, event);
    }
    let event = Event::OrderDelivered { order: order.id, device: device.id, seq };
    uow.record_as(Actor::Device(device.id), event);
    Ok(Some(sealed))
}

/// Whether the answer of an order is missed from now on: its device has been
/// there for a while, was handed the order several times, newest first, and has
/// not answered. Whatever stands between lets fetches through and nothing that
/// comes of them. Said once for each time that the device is there.
fn is_missed(deliveries: impl Iterator<Item = Timestamp>, now: Timestamp) -> bool {
    let (mut since, mut times, mut last) = (now, 0, None);
    for at in deliveries {
        if since.since(at) > THERE {
            break;
        }
        last.get_or_insert(at);
        (since, times) = (at, times + 1);
    }
    times >= DELIVERIES
        && now.since(since) >= ANSWERED
        && last.is_some_and(|last| last.since(since) < ANSWERED)
}

async fn task(app: &App, uow: &UnitOfWork, order: &Order) -> Result<Option<Task>, OrderError> {
    if order.operation == Operation::Discover {
        return Ok(Some(Task::Discover {}));
    }
    let Some(account) = order.account else { return Ok(None) };
    let Some(account) = uow.accounts().find(account).await? else { return Ok(None) };
    let target = Target {
        account: account.id,
        name: account.name.clone(),
        native_id: account.native_id.clone(),
    };
    match order.operation {
        Operation::Reset => {
            let Some(version) = order.candidate_version else { return Ok(None) };
            let Some(candidate) = candidate(app, uow, version).await? else { return Ok(None) };
            let lineage = lineage(uow, account.id).await?;
            Ok(Some(Task::Reset { target, base: order.base_version, lineage, candidate }))
        }
        Operation::Verify => {
            let mut candidates = Vec::new();
            for version in &order.verify_versions {
                candidates.extend(candidate(app, uow, *version).await?);
            }
            Ok((!candidates.is_empty()).then_some(Task::Verify { target, candidates }))
        }
        Operation::Discover => Ok(Some(Task::Discover {})),
    }
}

/// What the server knows of an account: an agent that holds something else
/// refuses (RST-4). Values that may ever have been applied come first, so that
/// no number of cancelled orders pushes them out.
async fn lineage(uow: &UnitOfWork, account: AccountId) -> Result<Vec<SecretVersionId>, StoreError> {
    let mut newest = uow.secret_versions().newest(account, u64::from(MAX_PAGE)).await?;
    newest.sort_by_key(|version| version.state == SecretState::Rejected);
    Ok(newest.into_iter().take(MAX_LINEAGE).map(|version| version.id).collect())
}

async fn candidate(
    app: &App,
    uow: &UnitOfWork,
    version: SecretVersionId,
) -> Result<Option<Candidate>, OrderError> {
    let Some(stored) = uow.secret_versions().find(version).await? else { return Ok(None) };
    let value = secrets::open_version(app, &stored)?;
    Ok(Some(Candidate { version, value: SecretBytes(value) }))
}

async fn initiator(uow: &UnitOfWork, order: &Order) -> Result<String, StoreError> {
    let Some(user) = order.initiator else { return Ok("sekisho".to_owned()) };
    let user = uow.users().find(user).await?;
    Ok(user.map_or_else(|| "sekisho".to_owned(), |user| user.name.to_string()))
}

async fn fail(uow: &mut UnitOfWork, order: &Order, detail: &str) -> Result<(), StoreError> {
    let result = serde_json::json!({ "problem": detail });
    uow.orders().settle(order.id, order.state, OrderState::NotApplied, result, None).await?;
    uow.record(Event::OrderFailed { order: order.id, detail: detail.to_owned() });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the delivery at each minute is the one at which it is said.
    fn missed_at(minutes: &[u64]) -> Vec<u64> {
        let at = |minute: &u64| Timestamp::EPOCH.plus(Duration::from_secs(60 * minute));
        let said = (0..minutes.len())
            .filter(|nth| is_missed(minutes[..*nth].iter().rev().map(at), at(&minutes[*nth])));
        said.map(|nth| minutes[nth]).collect()
    }

    #[test]
    fn an_order_that_is_fetched_again_and_again_without_an_answer_is_missed_once() {
        assert_eq!(missed_at(&[0, 5, 10, 15, 20, 40, 50]), [15]);
        assert_eq!(missed_at(&[0, 1, 2, 3, 14]), [0; 0], "it may still come");
    }

    #[test]
    fn a_host_that_was_away_is_not_missed() {
        assert_eq!(missed_at(&[0, 600, 601, 602]), [0; 0]);
        assert_eq!(missed_at(&[0, 600, 605, 610, 616]), [616], "but when it is back");
    }
}
