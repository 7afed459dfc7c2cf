//! What a fetch takes along.

use std::time::Duration;

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
    if !uow.orders().deliver(delivery).await? {
        return Ok(None);
    }
    let event = Event::OrderDelivered { order: order.id, device: device.id, seq };
    uow.record_as(Actor::Device(device.id), event);
    Ok(Some(sealed))
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
