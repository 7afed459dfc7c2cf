//! Exchanges that leave nothing but their counters. What many of them have to
//! make durable at once, one commit makes durable for all.
//!
//! A fleet that comes back fetches, and most fetches take nothing. A commit for
//! each would make a server with one writer busy for minutes. No answer leaves
//! before the counter of its exchange is on the disk, as with every frame.

use std::sync::Mutex;

use sekisho_model::event::{Actor, Origin};
use sekisho_model::id::{DeviceId, DeviceSessionId, RequestId};
use sekisho_store::{Access as _, OperationContext, StoreError};
use tokio::sync::oneshot;

use super::Refusal;
use crate::app::App;
use crate::orders;

/// How many share one commit at most: while it is made, nobody else writes.
const MOST_AT_ONCE: usize = 256;

/// An exchange of a live session, by its counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exchange {
    pub(super) device: DeviceId,
    pub(super) session: DeviceSessionId,
    /// The counter of the device's frame.
    pub(super) counter: u64,
}

/// The server's counter for the answer; `None` when there is none to give,
/// because the session is not live or has seen this counter. The error is what
/// the database said.
type Outcome = Result<Option<u64>, String>;

struct Waiting {
    exchange: Exchange,
    done: oneshot::Sender<Outcome>,
}

/// Exchanges that wait for a commit. Whoever finds nobody writing writes for
/// all who wait; the others wait for that.
#[derive(Default)]
pub(super) struct Exchanges {
    waiting: Mutex<Vec<Waiting>>,
    writing: tokio::sync::Mutex<()>,
}

impl Exchanges {
    /// Takes the counter of an exchange and notes that the device was heard of.
    /// Returns the server's counter for the answer once both are durable;
    /// `None` when the session is not live or has seen this counter.
    pub(super) async fn note(&self, app: &App, exchange: Exchange) -> Result<Option<u64>, Refusal> {
        let (done, mut outcome) = oneshot::channel();
        self.waiting().push(Waiting { exchange, done });
        loop {
            let turn = tokio::select! {
                biased;
                written = &mut outcome => match written {
                    Ok(counter) => return counter.map_err(Refusal::Unavailable),
                    Err(_) => return Err(Refusal::Internal("an exchange was lost".to_owned())),
                },
                turn = self.writing.lock() => turn,
            };
            let batch = Batch::take(self);
            let written = batch.write(app).await;
            batch.tell(&written);
            drop(turn);
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().expect("no holder panics")
    }
}

/// What is being written. Those that were not told the outcome wait again when
/// it is dropped: the call that wrote for them was given up half-way.
struct Batch<'a> {
    of: &'a Exchanges,
    members: Vec<Waiting>,
}

impl<'a> Batch<'a> {
    fn take(of: &'a Exchanges) -> Self {
        let mut waiting = of.waiting();
        // Calls that were given up meanwhile need nothing any more.
        waiting.retain(|one| !one.done.is_closed());
        let many = waiting.len().min(MOST_AT_ONCE);
        let rest = waiting.split_off(many);
        let mut members = std::mem::replace(&mut *waiting, rest);
        // In one order, so that no two transactions wait for each other.
        members
            .sort_by_key(|one| (one.exchange.device, one.exchange.session, one.exchange.counter));
        Self { of, members }
    }

    async fn write(&self, app: &App) -> Result<Vec<Option<u64>>, StoreError> {
        if self.members.is_empty() {
            return Ok(Vec::new());
        }
        let now = app.clock.now();
        let request = RequestId::at(now, app.rng.as_ref());
        let origin = Origin { request, address: None };
        let uow = app.store.begin(&OperationContext { actor: Actor::System, origin, now }).await?;
        // Devices before sessions, as everywhere.
        uow.devices().touch_many(self.members.iter().map(|one| one.exchange.device), now).await?;
        let mut counters = Vec::with_capacity(self.members.len());
        for Waiting { exchange, .. } in &self.members {
            let sessions = uow.device_sessions();
            counters.push(sessions.exchange_counters(exchange.session, exchange.counter).await?);
        }
        let committed = uow.commit_unaudited("devices called and took nothing along").await?;
        orders::tell(app, &committed, &[]);
        Ok(counters)
    }

    fn tell(mut self, written: &Result<Vec<Option<u64>>, StoreError>) {
        for (index, one) in std::mem::take(&mut self.members).into_iter().enumerate() {
            let outcome = match written {
                Ok(counters) => Ok(counters[index]),
                Err(error) => Err(error.to_string()),
            };
            // A call that was given up meanwhile needs no answer.
            let _ = one.done.send(outcome);
        }
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let unwritten = std::mem::take(&mut self.members);
        self.of.waiting().splice(0..0, unwritten);
    }
}
