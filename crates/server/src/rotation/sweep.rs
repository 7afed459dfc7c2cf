//! The scheduler: walks over all accounts and gives what is due.
//!
//! Bounded in every direction: so many accounts are looked at in a round, so
//! many orders given, one reset and one check at a time for each host. Ten
//! thousand accounts that are due at the same moment are reset over hours,
//! not in a flood.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_model::Timestamp;
use sekisho_model::event::{Actor, Event, Origin};
use sekisho_model::id::{AccountId, OrderId, RequestId, ResourceId};
use sekisho_model::order::{Operation, OrderState};
use sekisho_model::rotation::RotationState;
use sekisho_store::{
    Access, Account, AccountRotation, MAX_PAGE, OperationContext, OrderFilter, Page,
};

use super::book::{self, Planned};
use super::plan::tomorrow;
use crate::app::App;
use crate::orders::{self, OrderError, scheduled};

/// Accounts looked at in one round.
const LOOKED_AT: usize = 1_000;
/// Resets given in one round.
const RESETS: usize = 20;
/// Checks given in one round.
const CHECKS: usize = 20;
/// Announcements made in one round.
const ANNOUNCEMENTS: usize = 50;

/// Why a reset was given, as its order says.
const BY_AGE: &str = "the password has its maximum age";
const BY_HEALING: &str = "the password was found out of sync";
const CHECK: &str = "regular check";

/// Where the walk has come to; the next round goes on from there.
#[derive(Debug, Default)]
pub struct Walk {
    after: Option<AccountId>,
}

/// What one round has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Accounts looked at.
    pub looked_at: usize,
    /// Resets given.
    pub resets: usize,
    /// Checks given.
    pub checks: usize,
    /// Resets announced.
    pub announced: usize,
    /// Failures told.
    pub failures: usize,
}

/// One round of the scheduler.
///
/// # Errors
/// When the database or the vault fails; the next round goes on where this
/// one was.
pub async fn round(app: &App, walk: &mut Walk) -> Result<Round, OrderError> {
    let mut done = Round::default();
    let site = app.store.read().site().find().await?;
    if site.is_none_or(|site| site.recovery_reason.is_some()) {
        return Ok(done);
    }
    while done.looked_at < LOOKED_AT && done.resets < RESETS {
        let page = app.store.read().accounts().walk(walk.after, u64::from(MAX_PAGE)).await?;
        let ended = page.len() < usize::from(MAX_PAGE);
        let seen = step(app, &page, &mut done).await?;
        done.looked_at += seen;
        if seen == page.len() && ended {
            // The next round begins a new walk.
            walk.after = None;
            break;
        }
        if let Some(last) = page[..seen].last() {
            walk.after = Some(last.id);
        }
    }
    Ok(done)
}

/// Looks at a page of accounts; returns how many of them are dealt with.
async fn step(app: &App, page: &[Account], done: &mut Round) -> Result<usize, OrderError> {
    let context = context(app);
    let now = context.now;
    let reader = app.store.read();
    let plans = book::plans(reader, page, now).await?;
    announce(app, &context, page, &plans, done).await?;
    let busy = async |operations: &[Operation]| {
        let resources: BTreeSet<ResourceId> = page.iter().map(|account| account.resource).collect();
        reader.orders().busy(resources, operations, now).await
    };
    // Checks never hold a reset up; resets hold checks up.
    let mut resetting = busy(&[Operation::Reset]).await?;
    let mut seen = page.len();
    for (position, account) in page.iter().enumerate() {
        let Some(planned) = plans.get(&account.id).filter(|it| it.plan.resets_now()) else {
            continue;
        };
        if resetting.contains(&account.resource) || failed(app, &context, planned, done).await? {
            continue;
        }
        if done.resets == RESETS {
            seen = position;
            break;
        }
        if reset(app, &context, account, planned, done).await? {
            resetting.insert(account.resource);
        }
    }
    let mut checking = busy(&[Operation::Reset, Operation::Verify]).await?;
    for account in &page[..seen] {
        if done.checks == CHECKS {
            break;
        }
        let due = plans.get(&account.id).and_then(|planned| planned.plan.check_at);
        if due.is_none_or(|due| due > now) || checking.contains(&account.resource) {
            continue;
        }
        if check(app, &context, account, done).await? {
            checking.insert(account.resource);
        }
    }
    Ok(seen)
}

async fn reset(
    app: &App,
    context: &OperationContext,
    account: &Account,
    planned: &Planned,
    done: &mut Round,
) -> Result<bool, OrderError> {
    let reason = if planned.plan.heals { BY_HEALING } else { BY_AGE };
    match scheduled::reset(app, context, account, reason).await {
        Ok(order) => {
            done.resets += usize::from(order.is_some());
            Ok(order.is_some())
        }
        // Its rules let no password be made: a person must mend them.
        Err(OrderError::Policy(error)) => {
            let failure = Failure { order: None, at: context.now, detail: error.to_string() };
            tell_failure(app, context, account.id, failure, done).await?;
            Ok(false)
        }
        Err(error @ (OrderError::Store(_) | OrderError::Vault(_))) => Err(error),
        // Something changed since the plan was made; the next round looks.
        Err(error) => {
            tracing::debug!(account = %account.id, %error, "not reset by itself now");
            Ok(false)
        }
    }
}

async fn check(
    app: &App,
    context: &OperationContext,
    account: &Account,
    done: &mut Round,
) -> Result<bool, OrderError> {
    // A check that was refused or not fetched leaves no result; it comes again
    // tomorrow, not in the next round.
    let filter = OrderFilter {
        account: Some(account.id),
        operation: Some(Operation::Verify),
        ..OrderFilter::default()
    };
    let newest = app.store.read().orders().list(&filter, &Page::first(1)).await?;
    let without_result = newest.items.first().filter(|order| {
        order.state.is_terminal() && order.state != OrderState::Committed
            || account.last_verified_at.is_none_or(|seen| seen < order.created_at)
    });
    if without_result.is_some_and(|order| context.now < tomorrow(order.created_at, account.id)) {
        return Ok(false);
    }
    match orders::request_verify(app, context, account.clone(), CHECK).await {
        Ok(_) => {
            done.checks += 1;
            Ok(true)
        }
        Err(error @ (OrderError::Store(_) | OrderError::Vault(_))) => Err(error),
        Err(error) => {
            tracing::debug!(account = %account.id, %error, "not checked now");
            Ok(false)
        }
    }
}

/// Whether the newest reset of an account that is due ended without effect
/// less than a day ago: then it was tried often enough.
async fn failed(
    app: &App,
    context: &OperationContext,
    planned: &Planned,
    done: &mut Round,
) -> Result<bool, OrderError> {
    let account = planned.own.account;
    let filter = OrderFilter {
        account: Some(account),
        operation: Some(Operation::Reset),
        ..OrderFilter::default()
    };
    let newest = app.store.read().orders().list(&filter, &Page::first(1)).await?;
    let Some(order) = newest.items.into_iter().next() else { return Ok(false) };
    let why = match order.state {
        OrderState::NotApplied => "the host did not take a new password",
        OrderState::OutOfSync => "no known password works",
        OrderState::Expired => "no agent fetched the order",
        OrderState::Cancelled => "somebody withdrew the order",
        OrderState::Committed
        | OrderState::Staged
        | OrderState::Queued
        | OrderState::Delivered
        | OrderState::Indeterminate
        | OrderState::Reconciling => return Ok(false),
    };
    if planned.own.failed_order == Some(order.id) {
        return Ok(false);
    }
    let at = order.finished_at.unwrap_or(order.created_at);
    let said = order.result.as_ref().and_then(|result| result.get("detail")?.as_str());
    let detail = said.map_or_else(|| why.to_owned(), |said| format!("{why}: {said}"));
    let failure = Failure { order: Some(order.id), at, detail };
    tell_failure(app, context, account, failure, done).await
}

struct Failure {
    order: Option<OrderId>,
    at: Timestamp,
    detail: String,
}

/// Notes a failure, tells it, and waits until tomorrow. Returns whether
/// tomorrow has not come yet.
async fn tell_failure(
    app: &App,
    context: &OperationContext,
    account: AccountId,
    failure: Failure,
    done: &mut Round,
) -> Result<bool, OrderError> {
    let next_try_at = tomorrow(failure.at, account);
    if next_try_at <= context.now {
        return Ok(false);
    }
    let mut uow = app.store.begin(context).await?;
    if uow.accounts().lock(account).await?.is_none() {
        return Ok(true);
    }
    let own = uow.rotation().of_account(account).await?;
    let next = AccountRotation { failed_order: failure.order, retry_at: Some(next_try_at), ..own };
    uow.rotation().put_account(next).await?;
    let Failure { order, detail, .. } = failure;
    uow.record(Event::RotationFailed { account, order, detail, next_try_at });
    uow.commit().await.map(drop)?;
    done.failures += 1;
    Ok(true)
}

/// Announces resets that are near, each value's once.
async fn announce(
    app: &App,
    context: &OperationContext,
    page: &[Account],
    plans: &BTreeMap<AccountId, Planned>,
    done: &mut Round,
) -> Result<(), OrderError> {
    let near = page.iter().filter_map(|account| {
        let planned = plans.get(&account.id)?;
        let soon = planned.plan.state == RotationState::DueSoon
            && planned.own.announced_for != account.current_version;
        Some((account, planned.plan.due_at?)).filter(|_| soon)
    });
    let near: Vec<_> = near.take(ANNOUNCEMENTS - done.announced).collect();
    if near.is_empty() {
        return Ok(());
    }
    let mut uow = app.store.begin(context).await?;
    for (account, due_at) in near {
        let now = uow.accounts().lock(account.id).await?;
        if now.and_then(|now| now.current_version) != account.current_version {
            continue;
        }
        let own = uow.rotation().of_account(account.id).await?;
        let next = AccountRotation { announced_for: account.current_version, ..own };
        uow.rotation().put_account(next).await?;
        uow.record(Event::RotationAnnounced { account: account.id, due_at });
        done.announced += 1;
    }
    if uow.has_events() {
        uow.commit().await.map(drop)?;
    }
    Ok(())
}

fn context(app: &App) -> OperationContext {
    let now = app.clock.now();
    OperationContext {
        actor: Actor::System,
        origin: Origin { request: RequestId::at(now, app.rng.as_ref()), address: None },
        now,
    }
}
