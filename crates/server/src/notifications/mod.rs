//! What became of the tasks that somebody asked for (A-090…A-093).
//!
//! Nothing is written when a task ends: the orders are read, and beside them
//! what their initiator has read of them. So nobody is told of anybody else's
//! tasks, and nothing can be told that did not happen. What is shown is
//! bounded: [`KEPT`], at most [`MAX_COUNTED`] tasks.
//!
//! Who sends it by mail ([`mail::tasks`](crate::mail::tasks)) reads [`feed`] in
//! the same way, with a cursor of its own over what ended.

mod routes;

use std::collections::BTreeMap;
use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::account::VerifyResult;
use sekisho_model::id::{AccountId, OrderId, UserId};
use sekisho_model::order::{Operation, OrderState};
use sekisho_model::word::UnknownWord;
use sekisho_store::{Access, MAX_PAGE, NotificationSettings, Order, Page, PageEnd, StoreError};

pub use routes::routes;

/// Tasks are told of for so long.
pub const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// No more tasks are counted.
pub const MAX_COUNTED: u16 = MAX_PAGE;

/// What is told; each can be muted.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A reset took effect.
    ResetDone,
    /// A reset did not take effect, or nobody fetched it.
    ResetFailed,
    /// A check found that the password works.
    VerifyDone,
    /// A check found that it does not, or found nothing out.
    VerifyFailed,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] =
        [Self::ResetDone, Self::ResetFailed, Self::VerifyDone, Self::VerifyFailed];

    /// The fixed word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResetDone => "reset_done",
            Self::ResetFailed => "reset_failed",
            Self::VerifyDone => "verify_done",
            Self::VerifyFailed => "verify_failed",
        }
    }

    /// Whether it is no good news.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::ResetFailed | Self::VerifyFailed)
    }
}

impl std::str::FromStr for Kind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| UnknownWord {
            what: "kind of notification",
            found: text.chars().take(64).collect(),
            expected: Self::ALL.map(Self::as_str).join(", "),
        })
    }
}

/// A task that somebody asked for, and what they have read of it.
#[derive(Clone, Debug)]
pub struct Told {
    /// The task.
    pub order: Order,
    /// How it ended; `None` while it waits, and when it is tried again.
    pub kind: Option<Kind>,
    /// A check's answer.
    pub verified: Option<VerifyResult>,
    /// It failed for now and is tried again: another task of the list.
    pub retried: bool,
    /// Whether they have read of its end.
    pub read: bool,
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Resets that are not finished.
    pub waiting_resets: u64,
    /// Checks that are not finished.
    pub waiting_verifies: u64,
    /// Tasks that ended and were not read of, without the muted kinds.
    pub unread: u64,
}

/// The tasks of somebody, newest first, and what is said of the rest of them.
///
/// # Errors
/// When the database does not answer, or the cursor is not ours.
pub async fn feed<A: Access>(
    at: &A,
    user: UserId,
    now: Timestamp,
    page: &Page,
) -> Result<(Vec<Told>, PageEnd), StoreError> {
    let found = at.orders().asked_for(user, now.minus(KEPT), page).await?;
    let settings = at.notifications().settings(user).await?;
    let ids = found.items.iter().map(|order| order.id);
    let marks = at.notifications().marks(user, ids).await?;
    let (orders, end) = found.into_parts();
    Ok((told(orders, &settings, &marks), end))
}

/// How much there is for somebody.
///
/// # Errors
/// When the database does not answer.
pub async fn counts<A: Access>(at: &A, user: UserId, now: Timestamp) -> Result<Counts, StoreError> {
    let (all, _) = feed(at, user, now, &Page::first(MAX_COUNTED)).await?;
    let settings = at.notifications().settings(user).await?;
    let mut counts = Counts::default();
    for told in &all {
        match (told.kind, told.order.operation) {
            (Some(kind), _) => {
                let muted = settings.muted.iter().any(|word| word == kind.as_str());
                counts.unread += u64::from(!told.read && !muted);
            }
            (None, _) if told.retried => {}
            (None, Operation::Reset) => counts.waiting_resets += 1,
            (None, Operation::Verify) => counts.waiting_verifies += 1,
            (None, Operation::Discover) => {}
        }
    }
    Ok(counts)
}

/// Orders of one person, newest first, with what they have read of them.
fn told(
    orders: Vec<Order>,
    settings: &NotificationSettings,
    marks: &BTreeMap<OrderId, bool>,
) -> Vec<Told> {
    // The newer try of a reset of the same account, as the list goes back.
    let mut newer: BTreeMap<AccountId, u32> = BTreeMap::new();
    let mut all = Vec::with_capacity(orders.len());
    for order in orders {
        let next_try = order.account.filter(|_| order.operation == Operation::Reset);
        let next_try = next_try.and_then(|account| newer.insert(account, order.attempt));
        let retried = order.state == OrderState::NotApplied
            && next_try.is_some_and(|attempt| attempt == order.attempt + 1);
        let verified = verified(&order);
        let kind = if retried { None } else { kind(&order, verified) };
        let ended = order.finished_at.filter(|_| kind.is_some());
        let read = match marks.get(&order.id) {
            Some(read) => *read,
            None => ended.is_none_or(|at| at <= settings.read_until),
        };
        all.push(Told { order, kind, verified, retried, read });
    }
    all
}

fn kind(order: &Order, verified: Option<VerifyResult>) -> Option<Kind> {
    if !order.state.is_terminal() {
        return None;
    }
    match order.operation {
        Operation::Reset if order.state == OrderState::Committed => Some(Kind::ResetDone),
        Operation::Reset => Some(Kind::ResetFailed),
        Operation::Verify => match verified {
            Some(VerifyResult::InSync | VerifyResult::Expired) => Some(Kind::VerifyDone),
            Some(_) | None => Some(Kind::VerifyFailed),
        },
        Operation::Discover => None,
    }
}

/// What a check found of the value that was the current one then.
fn verified(order: &Order) -> Option<VerifyResult> {
    if order.operation != Operation::Verify {
        return None;
    }
    let tried = order.result.as_ref()?.get("results")?.as_array()?;
    let current = order.base_version.map(|version| version.to_string());
    let found = tried
        .iter()
        .find(|one| one.get("version").and_then(serde_json::Value::as_str) == current.as_deref());
    found.or(tried.first())?.get("result")?.as_str()?.parse().ok()
}
