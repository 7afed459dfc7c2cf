//! How a reset ends: committed, not applied, or looked into until it is known.
//!
//! The reconcile table of `pam.md` §5.4:
//!
//! | candidate works | former works | then |
//! | --- | --- | --- |
//! | yes | no, or none | committed |
//! | no | yes | not applied; the candidate is rejected, a new one is tried |
//! | no | no, but an older one does | rolled back: that one is current, rotated at once |
//! | no | no | out of sync |
//! | yes | yes | equal values: committed |
//! | not known | any | stays indeterminate, looked at again later |

use std::time::Duration;

use sekisho_model::account::{SecretState, VerifyResult};
use sekisho_model::event::{Actor, Event};
use sekisho_model::id::{AccountId, OrderId, SecretVersionId};
use sekisho_model::order::{Operation, OrderState, RefusalClass};
use sekisho_store::{Access, Device, Order, OrderFilter, Page, UnitOfWork};
use sekisho_wire::receipt::{OrderRefusal, ResetResult, Tried};
use serde_json::json;

use super::receipt::Given;
use super::{Attempt, OrderError, blank, stage, stage_reset};
use crate::app::App;
use crate::{recovery, rotation};

/// New candidates after a refusal by the host's own rules, at most.
const MAX_POLICY_RETRIES: u32 = 3;

/// Tries of a reset in all, at most: nothing is retried for ever.
const MAX_ATTEMPTS: u32 = 6;

/// Waits before the next try of something passing.
const RETRY_AFTER_MIN: [u64; 4] = [1, 5, 15, 60];

/// Waits before looking again whether an open reset took effect; from then on
/// every six hours.
const LOOK_AGAIN_AFTER_MIN: [u64; 4] = [1, 5, 15, 60];

/// How many older values are tried when neither the candidate nor the former
/// one works.
const HISTORY_TRIED: u64 = 12;

/// What a receipt says of a reset.
pub(super) struct ResetSaid {
    pub(super) result: ResetResult,
    pub(super) verified: VerifyResult,
    pub(super) last_change_day: Option<i64>,
    pub(super) detail: String,
}

/// A receipt of a reset.
pub(super) async fn reset_receipt(
    app: &App,
    uow: &mut UnitOfWork,
    given: &Given,
    said: &ResetSaid,
) -> Result<Vec<OrderId>, OrderError> {
    let works = matches!(said.verified, VerifyResult::InSync | VerifyResult::Expired);
    match said.result {
        // The tools said yes; only a check that says *no* contradicts them.
        ResetResult::Applied if said.verified != VerifyResult::OutOfSync => {
            let evidence = format!("the agent applied it; check after it: {}", said.verified);
            let base = given.order.base_version;
            commit(app, uow, given, &given.order, base, &evidence, Some(said.verified)).await
        }
        ResetResult::Unknown if works => {
            let evidence = format!("check after it: {}", said.verified);
            let base = given.order.base_version;
            commit(app, uow, given, &given.order, base, &evidence, Some(said.verified)).await
        }
        ResetResult::Applied | ResetResult::Unknown => {
            let detail = match said.last_change_day {
                Some(day) => format!("{} (last change on day {day})", said.detail),
                None => said.detail.clone(),
            };
            indeterminate(app, uow, given, &given.order, &detail).await
        }
        ResetResult::Rejected(_) if !given.is_first => {
            indeterminate(app, uow, given, &given.order, &again(&said.detail)).await
        }
        ResetResult::Rejected(class) => {
            let retry = match class {
                RefusalClass::Policy => Retry::NewCandidateByPolicy,
                RefusalClass::Transient => Retry::SameCandidate,
                RefusalClass::Permanent | RefusalClass::Unknown => Retry::No,
            };
            not_applied(app, uow, given, &given.order, class, &said.detail, retry).await
        }
    }
}

/// The agent did not run a reset.
pub(super) async fn reset_refused(
    app: &App,
    uow: &mut UnitOfWork,
    given: &Given,
    reason: OrderRefusal,
    detail: &str,
) -> Result<Vec<OrderId>, OrderError> {
    let (class, retry) = match reason {
        // Nothing was begun; the same candidate may go out again.
        OrderRefusal::Expired | OrderRefusal::SeqConflict | OrderRefusal::NotRecorded => {
            (RefusalClass::Transient, Retry::SameCandidate)
        }
        OrderRefusal::OtherAccount | OrderRefusal::Unsupported => {
            (RefusalClass::Permanent, Retry::No)
        }
        OrderRefusal::Fenced { held } => {
            // The agent applied a password this server knows nothing of: the
            // server was restored from an old backup.
            if uow.secret_versions().find(held).await?.is_none() {
                let more = format!("password version {held}, which is not in this database");
                recovery::enter(uow, given.device.id, &more).await?;
            }
            (RefusalClass::Permanent, Retry::No)
        }
    };
    if !given.is_first {
        return indeterminate(app, uow, given, &given.order, &again(detail)).await;
    }
    not_applied(app, uow, given, &given.order, class, detail, retry).await
}

/// Why a refusal is not believed: the host is asked what works.
fn again(detail: &str) -> String {
    format!("refused when it was given a second time; the first may have been run: {detail}")
}

/// The receipt of a verify: of one that a person asked for, or of one that
/// looks how a reset ended.
pub(super) async fn verify_receipt(
    app: &App,
    uow: &mut UnitOfWork,
    given: &Given,
    results: &[Tried],
) -> Result<Vec<OrderId>, OrderError> {
    let order = &given.order;
    let Some(account) = order.account else { return Ok(Vec::new()) };
    let shown = json!({ "results": results });
    let (from, to) = (order.state, OrderState::Committed);
    uow.orders().settle(order.id, from, to, shown, Some(given.hash)).await?;
    let current = results.iter().find(|tried| Some(tried.version) == order.base_version);
    if let Some(tried) = current {
        noted(uow, &given.device, account, tried.version, tried.result).await?;
        uow.record_as(
            Actor::Device(given.device.id),
            Event::PasswordVerified { order: order.id, account, result: tried.result },
        );
    } else {
        // The former value of a reset without a base: only the candidate was
        // tried, and how that ended is recorded below.
        let detail = "the candidate of an open reset was checked".to_owned();
        uow.record_as(
            Actor::Device(given.device.id),
            Event::OrderFailed { order: order.id, detail },
        );
    }
    let mut changed = vec![order.id];
    if order.reconciles.is_some() {
        changed.extend(reconcile(app, uow, given, results).await?);
    } else if order.verify_versions.iter().any(|tried| Some(*tried) != order.base_version) {
        adopt(uow, &given.device, account, order.base_version, results).await?;
    }
    Ok(changed)
}

/// Notes what a check found, if the value still is the current one.
async fn noted(
    uow: &mut UnitOfWork,
    device: &Device,
    account: AccountId,
    version: SecretVersionId,
    result: VerifyResult,
) -> Result<(), OrderError> {
    if uow.accounts().note_verify(account, version, result, uow.now()).await? {
        rotation::note_check(uow, device, account, result).await?;
    }
    Ok(())
}

/// A check of several values, after a recovery: the one that works is the
/// current one, and what was open about the others is settled.
async fn adopt(
    uow: &mut UnitOfWork,
    device: &Device,
    account: AccountId,
    current: Option<SecretVersionId>,
    results: &[Tried],
) -> Result<(), OrderError> {
    let works =
        |tried: &&Tried| matches!(tried.result, VerifyResult::InSync | VerifyResult::Expired);
    let versions = uow.secret_versions();
    let Some(found) = results.iter().find(works) else {
        for tried in results.iter().filter(|tried| tried.result == VerifyResult::OutOfSync) {
            let (from, to) = (SecretState::Indeterminate, SecretState::Superseded);
            let evidence = "a check found that it does not work";
            versions.move_state(tried.version, from, to, evidence).await?;
        }
        return Ok(());
    };
    if Some(found.version) != current {
        if !uow.accounts().move_current(account, current, found.version).await? {
            return Ok(());
        }
        if let Some(current) = current {
            let (from, to) = (SecretState::Current, SecretState::Superseded);
            versions.move_state(current, from, to, "a recovered value works instead").await?;
        }
        for from in [SecretState::Indeterminate, SecretState::Superseded] {
            let evidence = "a check found that it works";
            if versions.move_state(found.version, from, SecretState::Current, evidence).await? {
                break;
            }
        }
    }
    settle_doubts(uow, account, found.version, "a check found that another value works").await?;
    noted(uow, device, account, found.version, found.result).await
}

/// One value is known to work: no other that may have worked does, but for the
/// value of a reset that is open, which is settled with it.
async fn settle_doubts(
    uow: &UnitOfWork,
    account: AccountId,
    works: SecretVersionId,
    evidence: &str,
) -> Result<(), OrderError> {
    let versions = uow.secret_versions();
    let mut others = versions.in_states(account, &[SecretState::Indeterminate]).await?;
    others.retain(|other| other.id != works);
    if others.is_empty() {
        return Ok(());
    }
    let open = uow.orders().open_reset(account).await?.and_then(|reset| reset.candidate_version);
    for other in others.iter().filter(|other| Some(other.id) != open) {
        let (from, to) = (SecretState::Indeterminate, SecretState::Superseded);
        versions.move_state(other.id, from, to, evidence).await?;
    }
    Ok(())
}

/// Applies the reconcile table.
async fn reconcile(
    app: &App,
    uow: &mut UnitOfWork,
    given: &Given,
    results: &[Tried],
) -> Result<Vec<OrderId>, OrderError> {
    let Some(reset) = open_reset_of(uow, &given.order).await? else { return Ok(Vec::new()) };
    let Some(account) = reset.account else { return Ok(Vec::new()) };
    let of = |version: Option<SecretVersionId>| {
        let tried = results.iter().find(|tried| Some(tried.version) == version);
        tried.map(|tried| tried.result)
    };
    let candidate = of(reset.candidate_version);
    let base = of(reset.base_version);
    let works = |result: Option<VerifyResult>| {
        matches!(result, Some(VerifyResult::InSync | VerifyResult::Expired))
    };
    let fails = |result: Option<VerifyResult>| result == Some(VerifyResult::OutOfSync);
    if works(candidate) {
        // The host itself says so, now: whatever is current here gives way.
        let evidence = "a check found that it works and is the password of the host";
        let account = uow.accounts().lock(account).await?;
        let current = account.and_then(|account| account.current_version);
        return commit(app, uow, given, &reset, current, evidence, candidate).await;
    }
    if !fails(candidate) {
        return look_again_for(app, uow, given, &reset).await;
    }
    if works(base) {
        let detail = "a check found that the former password still works";
        let class = RefusalClass::Unknown;
        return not_applied(app, uow, given, &reset, class, detail, Retry::NewCandidate).await;
    }
    let older = results.iter().find(|tried| works(Some(tried.result)));
    if let Some(older) = older {
        return rolled_back(app, uow, given, &reset, older.version).await;
    }
    if base.is_some() && !fails(base) {
        return look_again_for(app, uow, given, &reset).await;
    }
    out_of_sync(uow, given, &reset).await
}

/// The candidate is the password, if `base` still is the current one (RST-6).
async fn commit(
    app: &App,
    uow: &mut UnitOfWork,
    given: &Given,
    reset: &Order,
    base: Option<SecretVersionId>,
    evidence: &str,
    verified: Option<VerifyResult>,
) -> Result<Vec<OrderId>, OrderError> {
    let (Some(account), Some(candidate)) = (reset.account, reset.candidate_version) else {
        return Ok(Vec::new());
    };
    if !uow.accounts().move_current(account, base, candidate).await? {
        // Somebody moved the current version meanwhile: look what works.
        let detail = "the current password changed while the reset was under way";
        return indeterminate(app, uow, given, reset, detail).await;
    }
    let versions = uow.secret_versions();
    if let Some(base) = base.filter(|base| *base != candidate) {
        let (from, to) = (SecretState::Current, SecretState::Superseded);
        versions.move_state(base, from, to, "replaced by a reset").await?;
    }
    use SecretState as S;
    for from in [S::Candidate, S::Indeterminate, S::Rejected, S::Superseded] {
        if versions.move_state(candidate, from, SecretState::Current, evidence).await? {
            break;
        }
    }
    settle_doubts(uow, account, candidate, "replaced by a reset").await?;
    if let Some(result) = verified {
        noted(uow, &given.device, account, candidate, result).await?;
    }
    let result = json!({ "evidence": evidence });
    uow.orders()
        .settle(reset.id, reset.state, OrderState::Committed, result, receipt_of(given, reset))
        .await?;
    uow.record_as(
        Actor::Device(given.device.id),
        Event::ResetCommitted {
            order: reset.id,
            account,
            version: candidate,
            evidence: evidence.to_owned(),
        },
    );
    Ok(vec![reset.id])
}

/// What is tried after a reset that took no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Retry {
    /// Nothing: a person must look.
    No,
    /// The same candidate, later: something passing was in the way.
    SameCandidate,
    /// A new candidate at once: the host refused this one by its own rules.
    NewCandidateByPolicy,
    /// A new candidate at once: it is certain that the former one works.
    NewCandidate,
}

/// Positive evidence that the candidate never became the password.
async fn not_applied(
    app: &App,
    uow: &mut UnitOfWork,
    given: &Given,
    reset: &Order,
    class: RefusalClass,
    detail: &str,
    retry: Retry,
) -> Result<Vec<OrderId>, OrderError> {
    let Some(account) = reset.account else { return Ok(Vec::new()) };
    let again = reset.attempt < MAX_ATTEMPTS;
    let same = retry == Retry::SameCandidate && again;
    if let Some(candidate) = reset.candidate_version {
        let to = if same { SecretState::Candidate } else { SecretState::Rejected };
        for from in [SecretState::Candidate, SecretState::Indeterminate] {
            if from != to {
                uow.secret_versions().move_state(candidate, from, to, detail).await?;
            }
        }
    }
    // The old order must end before its successor begins (RST-3).
    let ended = OrderState::NotApplied;
    uow.orders()
        .settle(reset.id, reset.state, ended, json!({ "detail": detail }), receipt_of(given, reset))
        .await?;
    uow.record_as(
        Actor::Device(given.device.id),
        Event::ResetNotApplied { order: reset.id, account, class, detail: detail.to_owned() },
    );
    let mut attempt = Attempt::again(reset, Duration::ZERO);
    let next = match retry {
        Retry::No => None,
        Retry::SameCandidate => {
            attempt.delay = minutes(&RETRY_AFTER_MIN, reset.attempt);
            again.then_some(reset.candidate_version)
        }
        Retry::NewCandidateByPolicy => {
            attempt.policy_retries += 1;
            (again && attempt.policy_retries <= MAX_POLICY_RETRIES).then_some(None)
        }
        Retry::NewCandidate => again.then_some(None),
    };
    let mut changed = vec![reset.id];
    if let Some(candidate) = next
        && let Some(account) = uow.accounts().lock(account).await?
    {
        let order = stage_reset(app, uow, &given.device, &account, attempt, candidate).await?;
        let result = json!({ "detail": detail, "retried_as": order.id });
        uow.orders().settle(reset.id, ended, ended, result, None).await?;
        changed.push(order.id);
    }
    Ok(changed)
}

/// Nobody knows whether the candidate is the password: both values are kept
/// and shown, and a verify looks which one works.
async fn indeterminate(
    app: &App,
    uow: &mut UnitOfWork,
    given: &Given,
    reset: &Order,
    detail: &str,
) -> Result<Vec<OrderId>, OrderError> {
    let hash = receipt_of(given, reset);
    let result = json!({ "detail": detail });
    uow.orders().settle(reset.id, reset.state, OrderState::Indeterminate, result, hash).await?;
    mark_indeterminate(uow, given.device.id, reset, detail).await?;
    let reset = Order { state: OrderState::Indeterminate, ..reset.clone() };
    let mut changed = vec![reset.id];
    changed.extend(stage_look(app, uow, &given.device, &reset, 1, Duration::ZERO).await?);
    Ok(changed)
}

/// Marks the candidate and says so.
pub(crate) async fn mark_indeterminate(
    uow: &mut UnitOfWork,
    device: sekisho_model::id::DeviceId,
    reset: &Order,
    detail: &str,
) -> Result<(), OrderError> {
    if let (Some(account), Some(candidate)) = (reset.account, reset.candidate_version) {
        let (from, to) = (SecretState::Candidate, SecretState::Indeterminate);
        uow.secret_versions().move_state(candidate, from, to, detail).await?;
        uow.record_as(
            Actor::Device(device),
            Event::ResetIndeterminate { order: reset.id, account, detail: detail.to_owned() },
        );
    }
    Ok(())
}

/// Gives the verify that looks how an open reset ended: candidate, former
/// value, then older ones. Does nothing while one is open.
pub(super) async fn stage_look(
    app: &App,
    uow: &mut UnitOfWork,
    device: &sekisho_store::Device,
    reset: &Order,
    attempt: u32,
    delay: Duration,
) -> Result<Vec<OrderId>, OrderError> {
    let (Some(account), Some(candidate)) = (reset.account, reset.candidate_version) else {
        return Ok(Vec::new());
    };
    let open = OrderFilter {
        reconciles: Some(reset.id),
        states: OrderState::open().collect(),
        ..OrderFilter::default()
    };
    if !uow.orders().list(&open, &Page::first(1)).await?.items.is_empty() {
        return Ok(Vec::new());
    }
    let mut versions = vec![candidate];
    versions.extend(reset.base_version);
    for older in uow.secret_versions().newest(account, HISTORY_TRIED).await? {
        if !versions.contains(&older.id) && older.state != SecretState::Rejected {
            versions.push(older.id);
        }
    }
    let order = blank(app, device, reset.resource, Operation::Verify, "how did the reset end?");
    let order = Order {
        account: Some(account),
        base_version: reset.base_version,
        verify_versions: versions,
        reconciles: Some(reset.id),
        initiator: reset.initiator,
        attempt,
        not_before: order.created_at.plus(delay),
        ..order
    };
    stage(uow, &order).await?;
    let (from, to) = (OrderState::Indeterminate, OrderState::Reconciling);
    uow.orders().move_state(reset.id, from, to).await?;
    Ok(vec![order.id])
}

/// A verify that was to settle a reset was itself refused.
pub(super) async fn look_again(
    app: &App,
    uow: &mut UnitOfWork,
    given: &Given,
) -> Result<Vec<OrderId>, OrderError> {
    match open_reset_of(uow, &given.order).await? {
        Some(reset) => look_again_for(app, uow, given, &reset).await,
        None => Ok(Vec::new()),
    }
}

async fn look_again_for(
    app: &App,
    uow: &mut UnitOfWork,
    given: &Given,
    reset: &Order,
) -> Result<Vec<OrderId>, OrderError> {
    let attempt = given.order.attempt;
    let delay = if usize::try_from(attempt).is_ok_and(|n| n <= LOOK_AGAIN_AFTER_MIN.len()) {
        minutes(&LOOK_AGAIN_AFTER_MIN, attempt)
    } else {
        Duration::from_secs(6 * 3600)
    };
    let mut changed = vec![reset.id];
    changed.extend(stage_look(app, uow, &given.device, reset, attempt + 1, delay).await?);
    Ok(changed)
}

/// The endpoint was reverted: an older value works. It is the current one
/// until a new one is set, at once.
async fn rolled_back(
    app: &App,
    uow: &mut UnitOfWork,
    given: &Given,
    reset: &Order,
    works: SecretVersionId,
) -> Result<Vec<OrderId>, OrderError> {
    let Some(account) = reset.account else { return Ok(Vec::new()) };
    if uow.accounts().move_current(account, reset.base_version, works).await? {
        let versions = uow.secret_versions();
        if let Some(base) = reset.base_version {
            let (from, to) = (SecretState::Current, SecretState::Superseded);
            versions.move_state(base, from, to, "the host was rolled back").await?;
        }
        for from in [SecretState::Superseded, SecretState::Rejected, SecretState::Indeterminate] {
            let to = SecretState::Current;
            if versions.move_state(works, from, to, "the host was rolled back to it").await? {
                break;
            }
        }
        noted(uow, &given.device, account, works, VerifyResult::InSync).await?;
    }
    let detail = "the host was rolled back: an older password works";
    let class = RefusalClass::Unknown;
    not_applied(app, uow, given, reset, class, detail, Retry::NewCandidate).await
}

/// Nothing the server knows works: somebody changed the password by hand.
async fn out_of_sync(
    uow: &mut UnitOfWork,
    given: &Given,
    reset: &Order,
) -> Result<Vec<OrderId>, OrderError> {
    let Some(account) = reset.account else { return Ok(Vec::new()) };
    if let Some(candidate) = reset.candidate_version {
        let evidence = "a check found that it does not work";
        for from in [SecretState::Candidate, SecretState::Indeterminate] {
            let to = SecretState::Rejected;
            uow.secret_versions().move_state(candidate, from, to, evidence).await?;
        }
    }
    let result = json!({ "detail": "no known password works; somebody else changed it" });
    let hash = receipt_of(given, reset);
    uow.orders().settle(reset.id, reset.state, OrderState::OutOfSync, result, hash).await?;
    uow.record_as(
        Actor::Device(given.device.id),
        Event::ResetOutOfSync { order: reset.id, account },
    );
    Ok(vec![reset.id])
}

async fn open_reset_of(uow: &UnitOfWork, verify: &Order) -> Result<Option<Order>, OrderError> {
    let Some(reset) = verify.reconciles else { return Ok(None) };
    let reset = uow.orders().lock(reset).await?;
    Ok(reset.filter(|reset| !reset.state.is_terminal()))
}

/// The receipt's hash, if the receipt is that of this order.
fn receipt_of(given: &Given, order: &Order) -> Option<sekisho_store::Hash> {
    (given.order.id == order.id).then_some(given.hash)
}

/// The n-th wait of a table, n from 1; its last one from then on.
fn minutes(table: &[u64], n: u32) -> Duration {
    let at = usize::try_from(n.saturating_sub(1)).unwrap_or(usize::MAX).min(table.len() - 1);
    Duration::from_secs(table[at] * 60)
}
