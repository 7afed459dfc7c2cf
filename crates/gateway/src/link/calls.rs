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

use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, Version, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use sekisho_wire::gateway::ALIVE_PATH;
use tokio::io::{AsyncRead, AsyncWrite};

use super::outgoing::Outgoing;
use super::wire::{Cutter, Wire};
use crate::hub::Hub;
use crate::relay::AUTHORITY;
use crate::tasks::Tasks;

/// Connections of this kind at once: two processes of a gateway have half of
/// them each in the middle of an upgrade.
const MOST: usize = 256;

/// The connections of this kind, by worker. Each worker takes its own: what is
/// locked here is not fought over.
pub(super) struct Calls {
    free: Vec<Mutex<Vec<Lane>>>,
    numbers: AtomicU64,
    cutters: Mutex<BTreeMap<u64, Arc<Cutter>>>,
}

/// One of the connections; whoever has it is the only one to use it.
pub(crate) struct Lane {
    sender: SendRequest<Outgoing>,
    heard: Duration,
    tasks: Tasks,
}

impl Calls {
    pub(super) fn new(workers: usize) -> Self {
        Self {
            free: (0..workers).map(|_| Mutex::default()).collect(),
            numbers: AtomicU64::new(0),
            cutters: Mutex::default(),
        }
    }

    /// Takes back a connection that is used no more; a closed one is dropped. `now`:
    /// the gateway's clock.
    pub(super) fn put(&self, worker: usize, mut lane: Lane, now: Duration) {
        if lane.sender.is_closed() {
            return;
        }
        lane.heard = now;
        if let Some(free) = self.free.get(worker) {
            free.lock().expect("no holder panics").push(lane);
        }
    }

    /// The one that was used last, if it can be used.
    fn take(&self, worker: usize) -> Option<Lane> {
        let mut free = self.free.get(worker)?.lock().expect("no holder panics");
        while let Some(lane) = free.pop() {
            if lane.sender.is_ready() {
                return Some(lane);
            }
            if !lane.sender.is_closed() {
                // Its last answer is not all read yet: below it are older ones.
                let before = free.iter().rposition(|lane| lane.sender.is_ready());
                let ready = before.map(|place| free.remove(place));
                free.push(lane);
                return ready;
            }
        }
        None
    }

    fn forget_closed(&self, worker: usize) {
        if let Some(free) = self.free.get(worker) {
            free.lock().expect("no holder panics").retain(|lane| !lane.sender.is_closed());
        }
    }

    /// How many are open.
    pub(super) fn count(&self) -> usize {
        self.cutters.lock().expect("no holder panics").len()
    }

    pub(super) fn cut_all(&self) {
        for (_, cutter) in std::mem::take(&mut *self.cutters.lock().expect("no holder panics")) {
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
fn ask_for_life(hub: Arc<Hub>, worker: usize, mut lane: Lane) {
    let tasks = lane.tasks.clone();
    tasks.spawn(async move {
        let mut request = Request::new(Outgoing::Whole(None));
        *request.uri_mut() = PathAndQuery::from_static(ALIVE_PATH).into();
        let alive = async {
            let answer = lane.send(request).await.ok()?;
            answer.into_body().collect().await.ok()
        };
        let alive = tokio::time::timeout(hub.timeouts.link, alive).await;
        if matches!(alive, Ok(Some(_))) {
            hub.upstream.calls.put(worker, lane, hub.now());
        }
    });
}

impl Lane {
    /// Sends a request whose target is a path alone. Given back where nothing of
    /// it was sent.
    pub(super) async fn send(
        &mut self,
        mut request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, Option<Request<Outgoing>>> {
        *request.version_mut() = Version::HTTP_11;
        request.headers_mut().insert(header::HOST, HeaderValue::from_static(AUTHORITY));
        let sent = self.sender.try_send_request(request).await;
        sent.map_err(|mut refused| refused.take_message())
    }
}

/// Serves a TLS connection whose other end was found to be the server, for
/// calls. Returns when it ends.
pub(crate) async fn serve_calls<T>(hub: &Arc<Hub>, worker: usize, tasks: &Tasks, io: T)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let calls = &hub.upstream.calls;
    let (wire, cutter) = Wire::new(io);
    let number = calls.numbers.fetch_add(1, Ordering::Relaxed);
    {
        let mut cutters = calls.cutters.lock().expect("no holder panics");
        if cutters.len() >= MOST {
            drop(cutters);
            return tracing::warn!("the server opened too many connections for calls");
        }
        cutters.insert(number, cutter);
    }
    let mut builder = http1::Builder::new();
    builder.max_buf_size(64 * 1024);
    match builder.handshake(TokioIo::new(wire)).await {
        Ok((sender, connection)) => {
            let now = hub.now();
            calls.put(worker, Lane { sender, heard: now, tasks: tasks.clone() }, now);
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection for calls broke");
            }
            calls.forget_closed(worker);
        }
        Err(error) => tracing::warn!(%error, "a connection for calls did not come about"),
    }
    calls.cutters.lock().expect("no holder panics").remove(&number);
}
