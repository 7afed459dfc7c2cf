//! The link to the server: HTTP/2, this side the client, whoever dialled.

mod calls;
mod control;
mod dial;
mod frames;
mod lane;
mod outgoing;
mod serve;
mod wire;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use http::uri::{Authority, Scheme};
use http::{Uri, Version};
use hyper::body::Incoming;
use hyper::client::conn::http2::SendRequest;
use hyper::{Request, Response};
use tokio::sync::watch;

use calls::Calls;
use wire::Cutter;

pub(crate) use calls::serve_calls;
pub(crate) use control::keep_contact;
pub(crate) use dial::keep_dialled;
pub use frames::{Frames, TooLong, frame};
use lane::Lane;
pub use lane::{AnswerHead, read_answer_head};
pub(crate) use lane::{BrokeOff, Reply};
pub(crate) use outgoing::{BodyFault, LEAST_RATE, Outgoing};
pub(crate) use serve::serve;

use crate::hub::Hub;
use crate::relay::AUTHORITY;

/// Connections of the link at once: two processes of a gateway have 32 in the
/// middle of an upgrade.
const MAX_LINKS: usize = 64;

/// One connection of the link.
struct Link {
    number: u64,
    worker: usize,
    sender: SendRequest<Outgoing>,
    cutter: Arc<Cutter>,
}

/// Why a request was not answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotAnswered {
    /// There is no connection, and nothing was sent.
    NoLink,
    /// The link broke; whether the server has done it is not known.
    Broke,
}

/// All connections of the link.
pub(crate) struct Upstream {
    links: RwLock<Arc<Vec<Arc<Link>>>>,
    numbers: AtomicU64,
    turn: AtomicUsize,
    changed: watch::Sender<usize>,
    calls: Calls,
}

impl Upstream {
    /// None yet, of so many workers.
    pub(crate) fn new(workers: usize) -> Self {
        Self {
            calls: Calls::new(workers),
            links: RwLock::default(),
            numbers: AtomicU64::new(0),
            turn: AtomicUsize::new(0),
            changed: watch::Sender::new(0),
        }
    }
}

/// Sends a call whose target is a path alone: over a connection for calls if one
/// is free, or as a stream of HTTP/2.
///
/// # Errors
/// When there is no connection, or it broke.
pub(crate) async fn call(
    hub: &Arc<Hub>,
    thread: usize,
    mut request: Request<Outgoing>,
) -> Result<Response<Reply>, NotAnswered> {
    if matches!(request.body(), Outgoing::Whole(_))
        && let Some(lane) = calls::take(hub, thread)
    {
        return lane.call(hub, thread, request).await.map_err(|_| NotAnswered::Broke);
    }
    let mut uri = std::mem::take(request.uri_mut()).into_parts();
    (uri.scheme, uri.authority) = (Some(Scheme::HTTPS), Some(Authority::from_static(AUTHORITY)));
    *request.uri_mut() = Uri::from_parts(uri).expect("a path with a constant before it");
    *request.version_mut() = Version::HTTP_2;
    hub.upstream.send(thread, request).await.map(|answer| answer.map(Reply::Stream))
}

impl Upstream {
    /// Sends a request over a connection of this worker, or over another's when
    /// it has none. It is tried again only if it was not sent.
    ///
    /// # Errors
    /// When there is no connection, or it broke.
    pub(crate) async fn send(
        &self,
        worker: usize,
        request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, NotAnswered> {
        let mut request = request;
        for _ in 0..3 {
            let link = self.choose(worker).ok_or(NotAnswered::NoLink)?;
            let mut sender = link.sender.clone();
            match sender.try_send_request(request).await {
                Ok(response) => return Ok(response),
                Err(mut refused) => match refused.take_message() {
                    Some(unsent) => {
                        self.remove(link.number);
                        request = unsent;
                    }
                    None => return Err(NotAnswered::Broke),
                },
            }
        }
        Err(NotAnswered::NoLink)
    }

    /// Whether there is no connection.
    pub(crate) fn is_empty(&self) -> bool {
        self.links().is_empty()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.links().len()
    }

    /// A connection for calls is free again.
    fn give_back(&self, worker: usize, lane: Lane, now: Duration) {
        self.calls.put(worker, lane, now);
    }

    /// How many connections for calls there are beside them.
    pub(crate) fn calls(&self) -> usize {
        self.calls.count()
    }

    /// Told how many there are.
    pub(crate) fn watch(&self) -> watch::Receiver<usize> {
        self.changed.subscribe()
    }

    /// Closes all.
    pub(crate) fn close_all(&self) {
        let links = std::mem::take(&mut *self.links.write().expect("no holder panics"));
        for link in links.iter() {
            link.cutter.cut();
        }
        self.calls.cut_all();
        self.changed.send_replace(0);
    }

    /// Another connection. `None`: there are too many.
    fn add(
        &self,
        worker: usize,
        sender: SendRequest<Outgoing>,
        cutter: Arc<Cutter>,
    ) -> Option<Arc<Link>> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let link = Arc::new(Link { number, worker, sender, cutter });
        let mut links = self.links.write().expect("no holder panics");
        if links.len() >= MAX_LINKS {
            return None;
        }
        *links = Arc::new(links.iter().cloned().chain([link.clone()]).collect());
        self.changed.send_replace(links.len());
        Some(link)
    }

    fn remove(&self, number: u64) {
        let mut links = self.links.write().expect("no holder panics");
        *links = Arc::new(links.iter().filter(|link| link.number != number).cloned().collect());
        self.changed.send_replace(links.len());
    }

    fn choose(&self, worker: usize) -> Option<Arc<Link>> {
        let links = self.links();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let usable = |link: &&Arc<Link>| !link.sender.is_closed();
        let own = links.iter().filter(|link| link.worker == worker).filter(usable);
        let count = own.clone().count();
        if count > 0 {
            return own.clone().nth(turn % count).cloned();
        }
        let any = links.iter().filter(usable);
        any.clone().nth(turn % any.count().max(1)).cloned()
    }

    fn links(&self) -> Arc<Vec<Arc<Link>>> {
        self.links.read().expect("no holder panics").clone()
    }
}
