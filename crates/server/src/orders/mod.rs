//! Orders: asking for them, handing them out, taking receipts over.
//!
//! The way of a password is the protocol of *Reset of a password*: the
//! candidate is durable before any byte of its order leaves (RST-1), no
//! version is ever deleted (RST-2), one open reset per account (RST-3), the
//! current version moves only by compare-and-set (RST-6), and a delivered
//! order never fails by time-out (RST-7).
//!
//! - [`request_reset`], [`request_verify`], [`request_discover`], [`cancel`]:
//!   what people ask for.
//! - [`deliver`]: what a fetch takes along.
//! - [`receipt`]: what a receipt changes; [`settle`]: how a reset ends.
//! - [`sweep`]: what time alone changes.

mod candidate;
pub mod deliver;
mod discovery;
pub mod receipt;
pub mod rediscover;
pub mod routes;
pub(crate) mod scheduled;
mod settle;
pub mod sweep;

pub(crate) use settle::mark_indeterminate;

use std::time::Duration;

use sekisho_model::account::{AccountSource, Presence, SecretState};
use sekisho_model::device::DeviceState;
use sekisho_model::event::{Actor, Event};
use sekisho_model::id::{AccountId, DeviceId, OrderId, ResourceId, SecretVersionId, UserId};
use sekisho_model::order::{Operation, OrderState};
use sekisho_model::password::UnsatisfiableRules;
use sekisho_store::{
    Access, Account, Committed, Device, MAX_PAGE, OperationContext, Order, OrderFilter, Page,
    Resource, ResourceUpkeep, StoreError, Unique, UnitOfWork,
};
use sekisho_vault::VaultError;
use sekisho_wire::order::MAX_CANDIDATES;

use crate::app::App;

/// An order that no device has fetched ends after this time.
const UNDELIVERED_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Why an order was not given.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// No agent serves the resource.
    #[error("no agent serves this resource; enrol one with an enrolment key")]
    NoDevice,
    /// The agent's device is not approved, or is held back.
    #[error("the agent of this resource is not approved; an administrator must approve it first")]
    DeviceNotApproved,
    /// The agent is dissociated from its resource.
    #[error(
        "the agent of this resource is dissociated from it and does nothing; associate it first"
    )]
    Dissociated,
    /// Another order for the account is open.
    #[error("another order for it is open ({0}); wait for it or cancel it")]
    InProgress(OrderId),
    /// Nothing is known that could be checked.
    #[error("no password of this account is known yet; reset it first")]
    UnknownPassword,
    /// The account is defined in a directory.
    #[error("the account is defined in a directory, not on this host; change it there")]
    NotLocal,
    /// The account has vanished from its host.
    #[error("the account is no longer on its host")]
    AccountGone,
    /// No generator can satisfy the password policy.
    #[error("the password policy cannot be satisfied: {0}")]
    Policy(#[from] UnsatisfiableRules),
    /// The order has left, or has ended.
    #[error("the order is {0}; only an order that no agent has fetched can be cancelled")]
    NotCancellable(OrderState),
    /// The site is in recovery.
    #[error("the site is in recovery and gives no orders; an operator must finish it first")]
    Recovery,
    /// The vault cannot seal or open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Asks for a new password on an account.
///
/// # Errors
/// Says what stands in the way; nothing is stored then.
pub async fn request_reset(
    app: &App,
    ctx: &OperationContext,
    account: Account,
    reason: &str,
) -> Result<Order, OrderError> {
    refuse_in_recovery(app).await?;
    can_be_reset(&account)?;
    let device = serving_device(app, account.resource).await?;
    let mut uow = app.store.begin(ctx).await?;
    let account = uow.accounts().lock(account.id).await?.ok_or(OrderError::AccountGone)?;
    can_be_reset(&account)?;
    if let Some(open) = uow.orders().open_reset(account.id).await? {
        return Err(OrderError::InProgress(open.id));
    }
    let order =
        stage_reset(app, &mut uow, &device, &account, Attempt::first(initiator(ctx), reason), None)
            .await?;
    match finish(app, uow, &[order.id]).await {
        Ok(()) => Ok(order),
        // Somebody else was faster; say whose order it is.
        Err(StoreError::Conflict { what: Unique::OpenReset }) => {
            let open = app.store.read().orders().open_reset(account.id).await?;
            Err(open.map_or(OrderError::AccountGone, |open| OrderError::InProgress(open.id)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Asks whether the known password of an account works.
///
/// # Errors
/// Says what stands in the way; nothing is stored then.
pub async fn request_verify(
    app: &App,
    ctx: &OperationContext,
    account: Account,
    reason: &str,
) -> Result<Order, OrderError> {
    refuse_in_recovery(app).await?;
    can_be_reset(&account)?;
    let device = serving_device(app, account.resource).await?;
    if let Some(open) =
        open_order(app, Operation::Verify, Some(account.id), account.resource).await?
    {
        return Err(OrderError::InProgress(open));
    }
    let mut uow = app.store.begin(ctx).await?;
    // What may work besides is tried too: the check settles it.
    let open = uow.secret_versions().in_states(account.id, &[SecretState::Indeterminate]).await?;
    let open = open.into_iter().map(|version| version.id);
    let mut versions: Vec<_> = account.current_version.into_iter().chain(open).collect();
    versions.truncate(MAX_CANDIDATES);
    if versions.is_empty() {
        return Err(OrderError::UnknownPassword);
    }
    let order = Order {
        account: Some(account.id),
        base_version: account.current_version,
        verify_versions: versions,
        initiator: initiator(ctx),
        ..blank(app, &device, account.resource, Operation::Verify, reason)
    };
    stage(&mut uow, &order).await?;
    finish(app, uow, &[order.id]).await?;
    Ok(order)
}

/// Asks for the accounts of a resource.
///
/// # Errors
/// Says what stands in the way; nothing is stored then.
pub async fn request_discover(
    app: &App,
    ctx: &OperationContext,
    resource: Resource,
    reason: &str,
) -> Result<Order, OrderError> {
    refuse_in_recovery(app).await?;
    let device = serving_device(app, resource.id).await?;
    if let Some(open) = open_order(app, Operation::Discover, None, resource.id).await? {
        return Err(OrderError::InProgress(open));
    }
    let mut uow = app.store.begin(ctx).await?;
    let order = Order {
        initiator: initiator(ctx),
        ..blank(app, &device, resource.id, Operation::Discover, reason)
    };
    stage(&mut uow, &order).await?;
    finish(app, uow, &[order.id]).await?;
    Ok(order)
}

/// Queues the discovery that every device does when it may first work
/// inside the unit of work that approves it.
///
/// # Errors
/// When the database fails.
pub async fn queue_first_discovery(
    app: &App,
    uow: &mut UnitOfWork,
    device: &Device,
) -> Result<(), OrderError> {
    let Some(resource) = device.resource else { return Ok(()) };
    let open = OrderFilter {
        resource: Some(resource),
        operation: Some(Operation::Discover),
        states: OrderState::open().collect(),
        ..OrderFilter::default()
    };
    if uow.orders().list(&open, &Page::first(1)).await?.items.is_empty() {
        let order = blank(app, device, resource, Operation::Discover, "first contact");
        stage(uow, &order).await?;
    }
    Ok(())
}

/// Queues a check of several values of an account, most likely first: which of
/// them works becomes the current one.
///
/// # Errors
/// When the database fails.
pub async fn queue_check_of_all(
    app: &App,
    uow: &mut UnitOfWork,
    device: &Device,
    account: &Account,
    versions: Vec<SecretVersionId>,
) -> Result<(), OrderError> {
    let order = Order {
        account: Some(account.id),
        base_version: account.current_version,
        verify_versions: versions,
        ..blank(app, device, account.resource, Operation::Verify, "recovery")
    };
    Ok(stage(uow, &order).await?)
}

/// After an endpoint was reverted to a snapshot its accounts may have older
/// passwords than the server knows: each is rotated again, inside the unit of
/// work in which the revert was noticed.
///
/// # Errors
/// When the database or the vault fails.
pub async fn rotate_after_revert(
    app: &App,
    uow: &mut UnitOfWork,
    device: &Device,
) -> Result<(), OrderError> {
    let Some(resource) = device.resource else { return Ok(()) };
    let mut page = Page::first(MAX_PAGE);
    loop {
        let some = uow.accounts().list(resource, false, &page).await?;
        for account in some.items {
            let known = account.current_version.is_some() && can_be_reset(&account).is_ok();
            if known && uow.orders().open_reset(account.id).await?.is_none() {
                let attempt = Attempt::first(None, "the endpoint was reverted to a snapshot");
                stage_reset(app, uow, device, &account, attempt, None).await?;
            }
        }
        match some.next {
            Some(next) => page = Page::after(next, MAX_PAGE),
            None => return Ok(()),
        }
    }
}

/// Withdraws an order that no device has fetched.
///
/// # Errors
/// [`OrderError::NotCancellable`] once it has left.
pub async fn cancel(app: &App, ctx: &OperationContext, order: Order) -> Result<Order, OrderError> {
    let mut uow = app.store.begin(ctx).await?;
    let order = uow.orders().lock(order.id).await?.unwrap_or(order);
    if !matches!(order.state, OrderState::Staged | OrderState::Queued) {
        return Err(OrderError::NotCancellable(order.state));
    }
    if !uow.orders().move_state(order.id, order.state, OrderState::Cancelled).await? {
        return Err(OrderError::NotCancellable(order.state));
    }
    drop_candidate(&uow, &order, "the order was cancelled before delivery").await?;
    look_was_dropped(&uow, &order).await?;
    uow.record(Event::OrderCancelled { order: order.id });
    finish(app, uow, &[order.id]).await?;
    Ok(Order { state: OrderState::Cancelled, finished_at: Some(ctx.now), ..order })
}

/// Withdraws every order of a device that it has not fetched, inside a unit of
/// work: the device leaves its resource.
///
/// # Errors
/// When the database fails.
pub async fn withdraw_unseen(uow: &mut UnitOfWork, device: DeviceId) -> Result<(), OrderError> {
    let unseen = OrderFilter {
        device: Some(device),
        states: vec![OrderState::Staged, OrderState::Queued],
        ..OrderFilter::default()
    };
    loop {
        let some = uow.orders().list(&unseen, &Page::first(MAX_PAGE)).await?.items;
        if some.is_empty() {
            return Ok(());
        }
        for order in some {
            uow.orders().move_state(order.id, order.state, OrderState::Cancelled).await?;
            drop_candidate(uow, &order, "the order was withdrawn before delivery").await?;
            look_was_dropped(uow, &order).await?;
            uow.record(Event::OrderCancelled { order: order.id });
        }
    }
}

/// Whether a device has an order whose outcome is not known.
///
/// # Errors
/// When the database fails.
pub async fn is_unsettled<A: Access>(at: &A, device: DeviceId) -> Result<bool, StoreError> {
    let open = OrderFilter {
        device: Some(device),
        states: vec![OrderState::Delivered, OrderState::Indeterminate, OrderState::Reconciling],
        ..OrderFilter::default()
    };
    Ok(!at.orders().list(&open, &Page::first(1)).await?.items.is_empty())
}

/// Waits until an order has ended, at most so long, and returns it as it is
/// then.
///
/// # Errors
/// When the database fails.
pub async fn wait_terminal(
    app: &App,
    id: OrderId,
    wait: Duration,
) -> Result<Option<Order>, StoreError> {
    let deadline = tokio::time::Instant::now() + wait;
    let mut listener = app.bus.listen_order(id);
    loop {
        let order = app.store.read().orders().find(id).await?;
        let settled = order.as_ref().is_none_or(|order| {
            order.state.is_terminal() || order.state == OrderState::Indeterminate
        });
        if settled {
            return Ok(order);
        }
        if tokio::time::timeout_at(deadline, listener.heard()).await.is_err() {
            return Ok(order);
        }
    }
}

// --- Shared by the files of this folder --------------------------------------

/// How often something was tried, and for whom.
#[derive(Clone, Debug)]
struct Attempt {
    initiator: Option<UserId>,
    reason: String,
    attempt: u32,
    policy_retries: u32,
    delay: Duration,
}

impl Attempt {
    fn first(initiator: Option<UserId>, reason: &str) -> Self {
        Self {
            initiator,
            reason: reason.to_owned(),
            attempt: 1,
            policy_retries: 0,
            delay: Duration::ZERO,
        }
    }

    fn again(order: &Order, delay: Duration) -> Self {
        Self {
            initiator: order.initiator,
            reason: order.reason.clone(),
            attempt: order.attempt + 1,
            policy_retries: order.policy_retries,
            delay,
        }
    }
}

/// Stores a reset with its candidate: a new one, or the one of a former try.
async fn stage_reset(
    app: &App,
    uow: &mut UnitOfWork,
    device: &Device,
    account: &Account,
    attempt: Attempt,
    same_candidate: Option<SecretVersionId>,
) -> Result<Order, OrderError> {
    let blank = blank(app, device, account.resource, Operation::Reset, &attempt.reason);
    let candidate = match same_candidate {
        Some(version) => version,
        None => candidate::generate(app, uow, account, blank.id).await?,
    };
    let order = Order {
        account: Some(account.id),
        base_version: account.current_version,
        candidate_version: Some(candidate),
        initiator: attempt.initiator,
        attempt: attempt.attempt,
        policy_retries: attempt.policy_retries,
        not_before: blank.created_at.plus(attempt.delay),
        ..blank
    };
    stage(uow, &order).await?;
    Ok(order)
}

async fn stage(uow: &mut UnitOfWork, order: &Order) -> Result<(), StoreError> {
    uow.orders().insert(order.clone()).await?;
    if order.operation == Operation::Discover {
        let asked_at = Some(order.created_at);
        let asked = ResourceUpkeep { resource: order.resource, asked_at, changed_at: None };
        uow.upkeep().put(asked).await?;
    }
    uow.record(Event::OrderCreated {
        order: order.id,
        operation: order.operation,
        device: order.device,
        account: order.account,
    });
    uow.wake(order.device);
    Ok(())
}

fn blank(
    app: &App,
    device: &Device,
    resource: ResourceId,
    operation: Operation,
    reason: &str,
) -> Order {
    let now = app.clock.now();
    Order {
        id: OrderId::at(now, app.rng.as_ref()),
        device: device.id,
        resource,
        account: None,
        operation,
        state: OrderState::Queued,
        seq: None,
        base_version: None,
        candidate_version: None,
        verify_versions: Vec::new(),
        reconciles: None,
        initiator: None,
        reason: reason.to_owned(),
        attempt: 1,
        policy_retries: 0,
        created_at: now,
        not_before: now,
        expires_at: now.plus(UNDELIVERED_LIFE),
        delivered_at: None,
        finished_at: None,
        session: None,
        signed_hash: None,
        result: None,
        receipt_hash: None,
    }
}

/// Commits, then tells whoever waits: first durable, then known.
async fn finish(app: &App, uow: UnitOfWork, changed: &[OrderId]) -> Result<(), StoreError> {
    let committed = uow.commit().await?;
    tell(app, &committed, changed);
    Ok(())
}

/// Tells whoever waits for a device or an order.
pub(crate) fn tell(app: &App, committed: &Committed, changed: &[OrderId]) {
    for device in &committed.wakes {
        app.bus.wake(*device);
    }
    for order in changed {
        app.bus.order_changed(*order);
    }
}

/// The candidate of an order that was never delivered did not work anywhere.
async fn drop_candidate(uow: &UnitOfWork, order: &Order, evidence: &str) -> Result<(), StoreError> {
    if let Some(candidate) = order.candidate_version {
        let versions = uow.secret_versions();
        let (from, to) = (SecretState::Candidate, SecretState::Rejected);
        versions.move_state(candidate, from, to, evidence).await?;
    }
    Ok(())
}

/// The look at an open reset will not be made: the next one is given when the
/// device is there again.
async fn look_was_dropped(uow: &UnitOfWork, order: &Order) -> Result<(), StoreError> {
    if let Some(reset) = order.reconciles {
        let (from, to) = (OrderState::Reconciling, OrderState::Indeterminate);
        uow.orders().move_state(reset, from, to).await?;
    }
    Ok(())
}

fn can_be_reset(account: &Account) -> Result<(), OrderError> {
    match (account.presence, account.source) {
        (Presence::Gone, _) => Err(OrderError::AccountGone),
        (Presence::Present, AccountSource::Directory) => Err(OrderError::NotLocal),
        (Presence::Present, AccountSource::Local) => Ok(()),
    }
}

async fn refuse_in_recovery(app: &App) -> Result<(), OrderError> {
    let site = app.store.read().site().find().await?;
    match site.and_then(|site| site.recovery_reason) {
        Some(_) => Err(OrderError::Recovery),
        None => Ok(()),
    }
}

async fn serving_device(app: &App, resource: ResourceId) -> Result<Device, OrderError> {
    let devices = app.store.read().devices().of_resource(resource).await?;
    let serving =
        |device: &&Device| device.state == DeviceState::Approved && device.suspension.is_none();
    match devices.iter().rev().find(serving) {
        Some(device) if device.is_dissociated() => Err(OrderError::Dissociated),
        Some(device) => Ok(device.clone()),
        None if devices.is_empty() => Err(OrderError::NoDevice),
        None => Err(OrderError::DeviceNotApproved),
    }
}

async fn open_order(
    app: &App,
    operation: Operation,
    account: Option<AccountId>,
    resource: ResourceId,
) -> Result<Option<OrderId>, StoreError> {
    let filter = OrderFilter {
        resource: Some(resource),
        account,
        operation: Some(operation),
        states: OrderState::open().collect(),
        ..OrderFilter::default()
    };
    let open = app.store.read().orders().list(&filter, &Page::first(1)).await?;
    Ok(open.items.first().map(|order| order.id))
}

fn initiator(ctx: &OperationContext) -> Option<UserId> {
    match ctx.actor {
        Actor::User(user) => Some(user),
        Actor::Device(_) | Actor::System | Actor::Anonymous => None,
    }
}
