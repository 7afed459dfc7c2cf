//! Following an order until it is finished.

use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use sekisho_model::account::VerifyResult;
use sekisho_model::id::OrderId;
use sekisho_model::order::{Operation, OrderState};
use serde_json::Value;
use tokio::time::Instant;

use crate::api::shapes::{Account, Order, as_line};
use crate::api::{Api, Body};
use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Output;
use crate::output::text::{parse_span, safe, span};

/// Whether and how long to wait for an order.
#[derive(Clone, Debug, Args)]
pub(crate) struct Waiting {
    /// Wait until the order is finished (the default)
    #[arg(long, overrides_with = "no_wait")]
    wait: bool,
    /// Only give the order
    #[arg(long, overrides_with = "wait")]
    no_wait: bool,
    /// Wait at most so long; the order goes on
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = parse_span)]
    timeout: Duration,
}

/// How long one question waits at the server, in seconds: short at first, so
/// that each state on the way is seen, longer for a device that is away.
fn patience_s(waited: Duration) -> u64 {
    match waited.as_secs() {
        0..30 => 1,
        30..120 => 5,
        _ => 20,
    }
}

/// Reads the order that the server took, and prints it when nobody waits.
pub(super) fn accepted(app: &App, waiting: &Waiting, body: Body) -> Result<Order> {
    let order: Order = body.read()?;
    if waiting.no_wait {
        if app.out.json {
            app.out.raw_json(&body.json)?;
        } else {
            app.out.line(&order.id.to_string())?;
            app.out.note(&format!("The order is {}. {}", order.state, look(order.id)));
        }
    }
    Ok(order)
}

/// Waits for the order as asked and says what became of it.
pub(super) async fn follow(
    app: &App,
    api: &mut Api,
    order: Order,
    waiting: &Waiting,
) -> Result<Exit> {
    if waiting.no_wait {
        return Ok(Exit::Ok);
    }
    let id = order.id;
    let followed = tokio::select! {
        followed = until_finished(app, api, order, waiting.timeout) => followed,
        _ = tokio::signal::ctrl_c() => {
            app.out.note(&format!("The order goes on. {}", look(id)));
            return Ok(Exit::Unknown);
        }
    };
    let (order, body) = followed.inspect_err(|_| {
        app.out.note(&format!("The order goes on. {}", look(id)));
    })?;
    if app.out.json
        && let Some(body) = &body
    {
        app.out.raw_json(&body.json)?;
    }
    if !order.state.is_terminal() || retried_as(&order).is_some() {
        app.out.note(&format!(
            "Not finished after {}: the order is {} and goes on. {}",
            span(waiting.timeout),
            order.state,
            look(id)
        ));
        return Ok(Exit::Unknown);
    }
    finish(app, api, &order).await
}

fn look(id: OrderId) -> String {
    format!("Look at it: sekisho orders show {id}")
}

/// Asks until the order is finished or the time is up.
async fn until_finished(
    app: &App,
    api: &mut Api,
    mut order: Order,
    limit: Duration,
) -> Result<(Order, Option<Body>)> {
    let start = Instant::now();
    let mut progress = Progress::start(&app.out, &order);
    let mut body = None;
    loop {
        progress.at(order.state, start.elapsed());
        let left = limit.saturating_sub(start.elapsed());
        let retry = if order.state.is_terminal() { retried_as(&order) } else { None };
        let finished = order.state.is_terminal() && retry.is_none();
        if body.is_some() && (finished || left.is_zero()) {
            return Ok((order, body));
        }
        // The host refused the value: the server tries again with a new order.
        let id = retry.unwrap_or(order.id);
        let wait_s = patience_s(start.elapsed()).min(left.as_secs());
        let path = format!("/orders/{id}?wait_s={wait_s}");
        let asked = Instant::now();
        let answer = api.get_waiting(&path, Duration::from_secs(wait_s)).await?;
        let next: Order = answer.read()?;
        body = Some(answer);
        let spent = asked.elapsed();
        if (retry.is_some() || !next.state.is_terminal()) && spent < Duration::from_millis(200) {
            // A server that answers at once is not asked in a tight loop.
            tokio::time::sleep(Duration::from_millis(300).min(left)).await;
        }
        order = next;
    }
}

/// The order that takes the place of one that was not applied.
fn retried_as(order: &Order) -> Option<OrderId> {
    order.result.as_ref()?.get("retried_as")?.as_str()?.parse().ok()
}

/// Says how the order ended.
async fn finish(app: &App, api: &mut Api, order: &Order) -> Result<Exit> {
    let is_verify = order.operation == Operation::Verify.as_str();
    let verified = if is_verify && order.state == OrderState::Committed {
        Some(verify_result(api, order).await?)
    } else {
        None
    };
    let exit = exit_of(order.state, verified);
    if app.out.json {
        return Ok(exit);
    }
    let target = order.target();
    let target = safe(&target);
    let said = match verified {
        Some(result) => sentence_of(result).to_owned(),
        None => format!("{}: {}", order.operation, sentence_of_state(order.state)),
    };
    app.out.line(&format!("{target}: {}", safe(&said)))?;
    let detail = order.result.as_ref().map(as_line).unwrap_or_default();
    if exit != Exit::Ok && !detail.is_empty() {
        app.out.note(&format!("  {}", safe(&detail)));
    }
    Ok(exit)
}

/// What a finished verify found: in its result, else at the account.
async fn verify_result(api: &mut Api, order: &Order) -> Result<VerifyResult> {
    let named = order.result.as_ref().and_then(verify_result_in);
    if let Some(result) = named {
        return Ok(result);
    }
    let Some(account) = &order.account else { return Ok(VerifyResult::Unknown) };
    let account: Account = api.get(&format!("/accounts/{}", account.id)).await?.read()?;
    Ok(account
        .last_verify
        .and_then(|verify| verify.result.parse().ok())
        .unwrap_or(VerifyResult::Unknown))
}

/// The result of a verify: of the one value that was tried, or, of several,
/// that of the one that works.
fn verify_result_in(result: &Value) -> Option<VerifyResult> {
    let word = |value: &Value| value.get("result")?.as_str()?.parse().ok();
    let Some(tried) = result.get("results").and_then(Value::as_array) else {
        return word(result);
    };
    let tried: Vec<VerifyResult> = tried.iter().filter_map(word).collect();
    let works = tried.iter().find(|result| **result == VerifyResult::InSync);
    works.or(tried.first()).copied()
}

/// The exit code of a finished order.
pub(super) fn exit_of(state: OrderState, verified: Option<VerifyResult>) -> Exit {
    match (state, verified) {
        (OrderState::Committed, None | Some(VerifyResult::InSync)) => Exit::Ok,
        (OrderState::Committed, Some(VerifyResult::Unreachable | VerifyResult::Unknown))
        | (
            OrderState::Staged
            | OrderState::Queued
            | OrderState::Delivered
            | OrderState::Indeterminate
            | OrderState::Reconciling,
            _,
        ) => Exit::Unknown,
        (
            OrderState::Committed,
            Some(
                VerifyResult::OutOfSync
                | VerifyResult::Locked
                | VerifyResult::Disabled
                | VerifyResult::Expired,
            ),
        )
        | (
            OrderState::NotApplied
            | OrderState::OutOfSync
            | OrderState::Cancelled
            | OrderState::Expired,
            _,
        ) => Exit::Refused,
    }
}

fn sentence_of(result: VerifyResult) -> &'static str {
    match result {
        VerifyResult::InSync => "in sync: the password works",
        VerifyResult::OutOfSync => "out of sync: the password does not work",
        VerifyResult::Unreachable => "unreachable: the host could not be asked",
        VerifyResult::Locked => "locked: nothing can be said about the password",
        VerifyResult::Disabled => "disabled: the account cannot log in",
        VerifyResult::Expired => {
            "expired: the password is right, but it or the account has expired"
        }
        VerifyResult::Unknown => "unknown: the check gave no usable answer",
    }
}

fn sentence_of_state(state: OrderState) -> &'static str {
    match state {
        OrderState::Staged => "staged; the device may not receive orders yet",
        OrderState::Queued => "queued; the device has not fetched it",
        OrderState::Delivered => "delivered; the device is at work",
        OrderState::Indeterminate => "indeterminate; two values may work",
        OrderState::Reconciling => "reconciling; a verify looks which value works",
        OrderState::Committed => "committed",
        OrderState::NotApplied => "not applied; the former password still works",
        OrderState::OutOfSync => "out of sync; somebody else changed the password",
        OrderState::Cancelled => "cancelled before delivery",
        OrderState::Expired => "expired; the device did not fetch it in time",
    }
}

/// The states on the way: a moving line on a terminal, a line each elsewhere.
struct Progress {
    out: Output,
    bar: Option<ProgressBar>,
    what: String,
    seen: Vec<OrderState>,
}

impl Progress {
    fn start(out: &Output, order: &Order) -> Self {
        let bar = out.moves().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}  {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        let what = format!("{} {}", order.operation, order.target());
        Self { out: *out, bar, what: safe(&what).into_owned(), seen: Vec::new() }
    }

    fn at(&mut self, state: OrderState, elapsed: Duration) {
        if self.seen.last() == Some(&state) {
            return;
        }
        self.seen.push(state);
        match &self.bar {
            Some(bar) => {
                let way: Vec<&str> = self.seen.iter().map(|state| state.as_str()).collect();
                bar.set_message(format!("{}: {}", self.what, way.join(" → ")));
            }
            None => {
                let seconds = elapsed.as_secs_f64();
                self.out.note(&format!("{}: {state} ({seconds:.1} s)", self.what));
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            // The way to an end stays to be read; the result comes below it.
            if self.seen.last().is_some_and(|state| state.is_terminal()) {
                bar.abandon();
            } else {
                bar.finish_and_clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_wanted_end_is_a_success() {
        assert_eq!(exit_of(OrderState::Committed, None), Exit::Ok);
        for state in OrderState::ALL {
            let expected = match state {
                OrderState::Committed => Exit::Ok,
                state if state.is_terminal() => Exit::Refused,
                _ => Exit::Unknown,
            };
            assert_eq!(exit_of(*state, None), expected, "{state}");
        }
        for (result, exit) in [
            (VerifyResult::InSync, Exit::Ok),
            (VerifyResult::OutOfSync, Exit::Refused),
            (VerifyResult::Locked, Exit::Refused),
            (VerifyResult::Unreachable, Exit::Unknown),
        ] {
            assert_eq!(exit_of(OrderState::Committed, Some(result)), exit, "{result}");
        }
    }

    #[test]
    fn of_several_values_the_one_that_works_counts() {
        let found = |json| verify_result_in(&json);
        let both =
            serde_json::json!({"results": [{"result": "out_of_sync"}, {"result": "in_sync"}]});
        assert_eq!(found(both), Some(VerifyResult::InSync));
        let one = serde_json::json!({"results": [{"result": "locked", "detail": "x"}]});
        assert_eq!(found(one), Some(VerifyResult::Locked));
        assert_eq!(found(serde_json::json!({"results": []})), None);
        assert_eq!(found(serde_json::json!({"result": "in_sync"})), Some(VerifyResult::InSync));
    }

    #[test]
    fn questions_become_rarer() {
        assert_eq!(patience_s(Duration::ZERO), 1);
        assert_eq!(patience_s(Duration::from_secs(300)), 20);
    }
}
