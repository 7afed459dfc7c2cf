//! Connections of the link that carry one call at a time, as HTTP/1.1.
//!
//! A call over one of them costs less than a stream of HTTP/2: no task to hand
//! it to, no table of headers, no window to keep. There are few, and they are no
//! more than a faster way: where none is free, or none was used lately, a call
//! goes over HTTP/2.
//!
//! A connection on which nothing was heard for a while may be dead without
//! anybody knowing: HTTP/1.1 has no pings. No call is risked on it. It is asked
//! for a sign of life first, while the call goes the other way.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Request;
use http::uri::PathAndQuery;
use sekisho_wire::gateway::ALIVE_PATH;
use tokio::sync::oneshot;
use tokio_rustls::server::TlsStream;

use super::lane::Lane;
use super::outgoing::Outgoing;
use super::wire::{Cutter, Wire};
use crate::hub::Hub;
use crate::socket::Socket;
use crate::tasks::Tasks;

/// Connections of this kind at once: two processes of a gateway have half of
/// them each in the middle of an upgrade.
const MOST: usize = 256;

/// The connections of this kind, by worker. Each worker takes its own: what is
/// locked here is not fought over.
pub(super) struct Calls {
    free: Vec<Mutex<Vec<Lane>>>,
    numbers: AtomicU64,
    open: Arc<Open>,
}

/// What cuts each connection that is open, by number.
#[derive(Default)]
struct Open(Mutex<BTreeMap<u64, Arc<Cutter>>>);

/// A connection among those that are open; it is none any more when this is dropped.
pub(super) struct Entry {
    open: Arc<Open>,
    number: u64,
    /// Whoever waits for its end hears of it.
    _alive: oneshot::Sender<()>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.open.0.lock().expect("no holder panics").remove(&self.number);
    }
}

impl Calls {
    pub(super) fn new(workers: usize) -> Self {
        Self {
            free: (0..workers).map(|_| Mutex::default()).collect(),
            numbers: AtomicU64::new(0),
            open: Arc::default(),
        }
    }

    /// Takes back a connection that is used no more. `now`: the gateway's clock.
    pub(super) fn put(&self, worker: usize, mut lane: Lane, now: Duration) {
        lane.heard = now;
        if let Some(free) = self.free.get(worker) {
            free.lock().expect("no holder panics").push(lane);
        }
    }

    /// The one that was used last. The lobby has none: strangers go over HTTP/2.
    fn take(&self, worker: usize) -> Option<Lane> {
        let mut free = self.free.get(worker)?.lock().expect("no holder panics");
        while let Some(mut lane) = free.pop() {
            if lane.is_quiet() {
                return Some(lane);
            }
        }
        None
    }

    /// Nobody drives a connection that is free: those that the server has closed are
    /// found when they are looked at.
    fn forget_closed(&self) {
        for free in &self.free {
            free.lock().expect("no holder panics").retain_mut(Lane::is_quiet);
        }
    }

    /// How many are open.
    pub(super) fn count(&self) -> usize {
        self.forget_closed();
        self.open.0.lock().expect("no holder panics").len()
    }

    pub(super) fn cut_all(&self) {
        let open = std::mem::take(&mut *self.open.0.lock().expect("no holder panics"));
        for cutter in open.values() {
            cutter.cut();
        }
        for free in &self.free {
            free.lock().expect("no holder panics").clear();
        }
    }
}

/// A connection that is free and alive. `None`: over HTTP/2, then.
pub(super) fn take(hub: &Arc<Hub>, worker: usize) -> Option<Lane> {
    let lane = hub.upstream.calls.take(worker)?;
    // Heard of so lately, it is alive.
    if hub.now().saturating_sub(lane.heard) <= hub.timeouts.link {
        return Some(lane);
    }
    ask_for_life(hub.clone(), worker, lane);
    None
}

/// Free again when it answers; closed when it does not.
fn ask_for_life(hub: Arc<Hub>, worker: usize, lane: Lane) {
    let tasks = lane.tasks.clone();
    tasks.spawn(async move {
        let mut request = Request::new(Outgoing::Whole(None));
        *request.uri_mut() = PathAndQuery::from_static(ALIVE_PATH).into();
        let answered = lane.call(&hub, worker, request);
        if !matches!(tokio::time::timeout(hub.timeouts.link, answered).await, Ok(Ok(_))) {
            tracing::debug!("a connection for calls gives no sign of life");
        }
    });
}

/// Takes a TLS connection whose other end was found to be the server of a pairing
/// into use for calls. Returns when it has ended.
pub(crate) async fn serve_calls(
    hub: &Arc<Hub>,
    worker: usize,
    tasks: &Tasks,
    io: TlsStream<Socket>,
    pairing: u64,
) {
    let calls = &hub.upstream.calls;
    calls.forget_closed();
    let (wire, cutter) = Wire::new(io);
    let number = calls.numbers.fetch_add(1, Ordering::Relaxed);
    {
        let mut open = calls.open.0.lock().expect("no holder panics");
        if open.len() >= MOST {
            drop(open);
            return tracing::warn!("the server opened too many connections for calls");
        }
        open.insert(number, cutter);
    }
    let (alive, ended) = oneshot::channel();
    let entry = Entry { open: calls.open.clone(), number, _alive: alive };
    if hub.is_former(pairing) {
        return;
    }
    let now = hub.now();
    calls.put(worker, Lane::new(wire, now, tasks.clone(), entry), now);
    // Nothing is sent: it ends with the connection.
    let _ = ended.await;
}
