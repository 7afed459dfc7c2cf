//! A connection of the agent plane, from its handshake to its end.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::HeaderValue;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use rustls::CertificateError;
use sekisho_model::Timestamp;
use sekisho_model::id::DeviceId;
use sekisho_pki::DeviceCertificate;
use sekisho_wire::route::WAIT_HOLD_S;
use tokio::task::coop::unconstrained;
use tokio::time::{Instant, Sleep};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::{Ending, Live, Ticket};
use crate::guard::Guard;
use crate::hub::{Hub, Refused, Work};
use crate::limits::{Device, Reason};
use crate::relay;
use crate::socket::Socket;
use crate::tasks::Tasks;
use crate::worker::{Busy, Job, Pool};

/// No deadline is further away than this.
const FAR: Duration = Duration::from_secs(24 * 3600);

/// The device that showed itself, made ready once for all its requests.
pub(crate) struct Identity {
    /// Its share of the limits.
    pub(crate) device: Arc<Device>,
    /// The certificate's last instant.
    pub(crate) not_after: Timestamp,
    /// The certificate as it goes to the server.
    pub(crate) certificate: HeaderValue,
}

/// Who is at the other end of a connection.
pub(crate) struct Peer {
    /// All else.
    pub(crate) hub: Arc<Hub>,
    /// Which thread serves it.
    pub(crate) thread: usize,
    /// The connection.
    pub(crate) live: Arc<Live>,
    /// The device, if it showed itself.
    pub(crate) identity: Option<Identity>,
    /// Its address as it goes to the server.
    pub(crate) forwarded: HeaderValue,
    /// Whether it speaks HTTP/1.1.
    pub(crate) http1: bool,
    /// It came when no certificate could be judged.
    unjudged: bool,
    timer: Mutex<Option<Timer>>,
}

type Timer = Pin<Box<Sleep>>;

impl Peer {
    /// The device, if it showed itself.
    pub(crate) fn device(&self) -> Option<DeviceId> {
        self.live.device
    }

    /// Whether it must come again to be known: no certificate could be judged when it
    /// came. It makes room at once for others behind the same address, who are as
    /// little known.
    pub(crate) fn is_stale(&self) -> bool {
        self.unjudged
    }

    /// For the time limits of a request.
    pub(crate) fn patience(&self) -> Patience<'_> {
        let kept = self.timer.lock().expect("no holder panics").take();
        let timer = kept.unwrap_or_else(|| Box::pin(tokio::time::sleep(FAR)));
        Patience { peer: self, timer: Some(timer) }
    }
}

/// Bounds how long things take. A connection keeps its timer from one request to
/// the next, and it is set anew only when it goes off or must go off earlier: each
/// setting takes the runtime's lock and the clock.
pub(crate) struct Patience<'p> {
    peer: &'p Peer,
    timer: Option<Timer>,
}

impl Patience<'_> {
    /// What comes of it, if that comes in time.
    pub(crate) async fn wait<F: Future>(&mut self, until: Instant, what: F) -> Option<F::Output> {
        let timer = self.timer.as_mut().expect("there until this is dropped");
        let mut what = pin!(what);
        poll_fn(|cx| {
            if let Poll::Ready(output) = what.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            if until < timer.deadline() {
                timer.as_mut().reset(until);
            }
            // Whatever of its turn the task has used up, a time limit counts.
            while pin!(unconstrained(timer.as_mut())).poll(cx).is_ready() {
                if until <= Instant::now() {
                    return Poll::Ready(None);
                }
                timer.as_mut().reset(until);
            }
            Poll::Pending
        })
        .await
    }
}

impl Drop for Patience<'_> {
    fn drop(&mut self) {
        *self.peer.timer.lock().expect("no holder panics") = self.timer.take();
    }
}

/// A connection whose handshake is over.
pub(crate) struct Shaken {
    tls: TlsStream<Socket>,
    /// Its place in the limits.
    pub(crate) ticket: Ticket,
    /// The device, if it showed itself.
    identity: Option<Identity>,
    /// It came when no certificate could be judged.
    unjudged: bool,
    /// The site it was received for: the gateway may be another's when it arrives.
    pairing: u64,
}

/// Receives a connection that was accepted: shakes hands, leads a device to the
/// workers, and serves a stranger here.
pub(crate) async fn receive(
    hub: Arc<Hub>,
    thread: usize,
    tasks: Tasks,
    workers: Option<Arc<Pool>>,
    socket: Socket,
    ticket: Ticket,
) {
    let work = hub.work_of(thread);
    let (address, source) = (ticket.address, ticket.source);
    let refused = match Box::pin(shake(&hub, &work, socket, ticket)).await {
        Ok(mut shaken) => match workers.filter(|_| shaken.identity.is_some()) {
            None => return tasks.spawn(serve(hub, thread, tasks.clone(), shaken)),
            Some(workers) => {
                shaken.tls.get_mut().0.leave();
                match workers.give(Job::Device(Box::new(shaken))) {
                    Ok(()) => return,
                    Err(Busy) => Reason::Busy,
                }
            }
        },
        Err(reason) => reason,
    };
    hub.refuse(refused, 0, &Refused { address, source, device: None, rules: &work.rules });
}

/// The handshake.
///
/// # Errors
/// Why it is refused.
async fn shake(
    hub: &Arc<Hub>,
    work: &Work,
    socket: Socket,
    mut ticket: Ticket,
) -> Result<Shaken, Reason> {
    let pairing = *hub.pairing.borrow();
    let acceptor = TlsAcceptor::from(work.agents.clone());
    let shaking = politely(acceptor.accept(socket));
    match tokio::time::timeout(hub.timeouts.handshake, shaking).await {
        Ok(Ok(tls)) => {
            let identity = admit(hub, work, &tls, &mut ticket)?;
            hub.counters.handshakes.fetch_add(1, Ordering::Relaxed);
            let unjudged = work.snapshot.is_none();
            Ok(Shaken { tls, ticket, identity, unjudged, pairing })
        }
        Ok(Err(error)) => {
            tracing::debug!(address = %ticket.address, %error, "no TLS");
            Err(why(&error))
        }
        Err(_) => Err(Reason::HandshakeTimeout),
    }
}

/// After each step whoever waits for this core has its turn: a thread of the lobby
/// would finish its slice of some milliseconds first.
async fn politely<F: Future>(what: F) -> F::Output {
    let mut what = pin!(what);
    poll_fn(|cx| {
        let polled = what.as_mut().poll(cx);
        std::thread::yield_now();
        polled
    })
    .await
}

/// Why a handshake failed: for most reasons it does not matter.
fn why(error: &std::io::Error) -> Reason {
    let tls = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::InvalidCertificate(CertificateError::Revoked)) => Reason::Revoked,
        Some(rustls::Error::InvalidCertificate(_)) => Reason::CertificateUnknown,
        Some(_) | None => Reason::HandshakeFailed,
    }
}

/// Who came, once TLS stands. The verifier has accepted the certificate; here
/// it is read, and the list of revoked devices looked at as it is now.
fn admit(
    hub: &Arc<Hub>,
    work: &Work,
    tls: &TlsStream<Socket>,
    ticket: &mut Ticket,
) -> Result<Option<Identity>, Reason> {
    let shown = tls.get_ref().1.peer_certificates().and_then(|chain| chain.split_first());
    let (Some((leaf, _)), Some(_)) = (shown, &work.snapshot) else {
        return ticket.shaken(false).map(|()| None);
    };
    // `work.agents` shook hands, and its verifier judged the certificate by the
    // same snapshot. To judge it twice would double the signatures to check.
    let found = DeviceCertificate::parse(leaf).map_err(|_| Reason::CertificateUnknown)?;
    // Asked of what is in force now: it may have changed since the handshake began.
    if hub.is_revoked(found.device, &hub.work()) {
        return Err(Reason::Revoked);
    }
    ticket.shaken(true)?;
    Ok(Some(Identity {
        device: hub.devices.find(found.device, hub.now()),
        not_after: found.not_after,
        certificate: relay::client_cert(leaf),
    }))
}

/// Serves a connection until it ends.
pub(crate) async fn serve(hub: Arc<Hub>, thread: usize, tasks: Tasks, shaken: Shaken) {
    let Shaken { mut tls, ticket, identity, unjudged, pairing } = shaken;
    if tls.get_mut().0.arrive().is_err() {
        return;
    }
    let number = hub.registry.number();
    let device = identity.as_ref().map(|identity| identity.device.id);
    let live = Arc::new(Live::new(number, ticket.address, ticket.source, device, hub.epoch));
    let work = hub.work();
    if hub.registry.add(live.clone(), work.rules.limits.connections_per_device) {
        hub.refuse(Reason::ConnectionsOfDevice, 0, &Refused::on(&live, &work.rules));
    }
    // Between the look at the revoked and the entry here it may have been revoked.
    if device.is_some_and(|device| hub.is_revoked(device, &hub.work())) {
        live.end(Ending::Now);
    }
    if hub.is_former(pairing) {
        live.end(Ending::Gently);
    }
    drop(work);
    let http1 = tls.get_ref().1.alpn_protocol() != Some(b"h2");
    let forwarded = relay::forwarded(ticket.address);
    let timer = Mutex::default();
    let peer = Peer { hub, thread, live, identity, forwarded, http1, unjudged, timer };
    let peer = Arc::new(peer);
    let service = {
        let peer = peer.clone();
        service_fn(move |request| {
            let answered = relay::respond(peer.clone(), request);
            async move { Ok::<_, Infallible>(answered.await) }
        })
    };
    // Each in a box of its own type: in one function they would use a stack of 20 kB.
    let driving: BoxFuture<'_, ()> = if http1 {
        let io = TokioIo::new(Guard::http1(tls, peer.live.clone()));
        Box::pin(drive(&peer, http1_settings().serve_connection(io, service)))
    } else {
        let io = TokioIo::new(Guard::http2(tls, peer.live.clone()));
        Box::pin(drive(&peer, http2_settings(tasks).serve_connection(io, service)))
    };
    match peer.device() {
        Some(_) => driving.await,
        None => politely(driving).await,
    }
    peer.hub.registry.remove(&peer.live);
    drop(ticket);
}

fn http1_settings() -> http1::Builder {
    let mut builder = http1::Builder::new();
    // The guard has bounded the head, and its time; what is left of hyper's own
    // limits is the outer wall.
    builder.header_read_timeout(None).max_buf_size(64 * 1024).half_close(false);
    builder
}

fn http2_settings(tasks: Tasks) -> http2::Builder<Tasks> {
    let mut builder = http2::Builder::new(tasks);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(16)
        .initial_stream_window_size(64 * 1024)
        .initial_connection_window_size(1024 * 1024)
        .max_frame_size(16 * 1024)
        .max_header_list_size(16 * 1024)
        .header_table_size(4096)
        .max_pending_accept_reset_streams(20)
        .max_local_error_reset_streams(64)
        .max_send_buf_size(64 * 1024)
        // Longer than a wait: an agent that lives has called before that, and
        // it sends pings of its own.
        .keep_alive_interval(Duration::from_secs(WAIT_HOLD_S + 60))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

/// Serves a connection until it ends, is ended, or has been too slow. One timer
/// does for all deadlines; it is set anew only when it goes off or an earlier
/// one comes.
async fn drive(peer: &Peer, serving: impl GracefulConnection<Error = hyper::Error>) {
    let (live, timeouts) = (&peer.live, &peer.hub.timeouts);
    let mut serving = pin!(serving);
    let mut timer = pin!(tokio::time::sleep(timeouts.head));
    let mut known: Option<Ending> = None;
    let slow = poll_fn(|cx| {
        loop {
            if let Poll::Ready(served) = serving.as_mut().poll(cx) {
                if let Err(error) = served {
                    tracing::debug!(address = %live.address, %error, "connection ended");
                }
                return Poll::Ready(live.faulted());
            }
            match live.poll_ending(cx, known) {
                Poll::Ready(Ending::Now) => return Poll::Ready(None),
                Poll::Ready(Ending::Gently) => {
                    known = Some(Ending::Gently);
                    serving.as_mut().graceful_shutdown();
                    continue;
                }
                Poll::Pending => {}
            }
            let deadline = live.deadline(timeouts);
            // A deadline that has moved away is looked at when the timer goes off.
            if let Some((at, _)) = deadline
                && at < timer.deadline()
            {
                timer.as_mut().reset(at);
            }
            if pin!(unconstrained(timer.as_mut())).poll(cx).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            match deadline {
                Some((at, reason)) if at <= now => return Poll::Ready(reason),
                Some((at, _)) => timer.as_mut().reset(at),
                None => timer.as_mut().reset(now + FAR),
            }
        }
    });
    if let Some(reason) = slow.await {
        let work = peer.hub.work();
        peer.hub.refuse(reason, 0, &Refused::on(live, &work.rules));
    }
}
