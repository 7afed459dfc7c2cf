//! A connection while it lives: what others may know of it and do to it, and
//! when it has been too slow.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use sekisho_model::id::DeviceId;
use tokio::time::Instant;

use crate::limits::{Reason, Source};
use crate::parts::Timeouts;

/// How a connection is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ending {
    /// What is in progress may finish; parked waits end with nothing.
    Gently,
    /// Now.
    Now,
}

/// One connection of the agent plane.
///
/// Instants are kept as milliseconds since [`Self::epoch`] plus one; zero: not.
#[derive(Debug)]
pub(crate) struct Live {
    /// Its number.
    pub(crate) id: u64,
    /// From where.
    pub(crate) address: IpAddr,
    /// As limits count it.
    pub(crate) source: Source,
    /// The device that showed itself.
    pub(crate) device: Option<DeviceId>,
    epoch: Instant,
    /// 0: not, else an [`Ending`] plus one.
    ending: AtomicU8,
    waker: AtomicWaker,
    /// The reason why its last head was refused, plus one.
    refused_head: AtomicU8,
    /// The reason why it must end, plus one.
    fault: AtomicU8,
    requests: AtomicU32,
    in_progress: AtomicU32,
    answering: AtomicU32,
    idle_since: AtomicU64,
    head_since: AtomicU64,
    answering_since: AtomicU64,
    blocked_since: AtomicU64,
    lingering_since: AtomicU64,
}

/// A request in progress; over when dropped.
#[derive(Debug)]
pub(crate) struct InProgress(Arc<Live>);

/// An answer on its way; over when dropped.
#[derive(Debug)]
pub(crate) struct Answering(Arc<Live>);

impl Live {
    /// A connection whose handshake is over. `epoch`: when the gateway started.
    pub(crate) fn new(
        id: u64,
        address: IpAddr,
        source: Source,
        device: Option<DeviceId>,
        epoch: Instant,
    ) -> Self {
        let live = Self {
            id,
            address,
            source,
            device,
            epoch,
            ending: AtomicU8::new(0),
            waker: AtomicWaker::new(),
            refused_head: AtomicU8::new(0),
            fault: AtomicU8::new(0),
            requests: AtomicU32::new(0),
            in_progress: AtomicU32::new(0),
            answering: AtomicU32::new(0),
            idle_since: AtomicU64::new(0),
            head_since: AtomicU64::new(0),
            answering_since: AtomicU64::new(0),
            blocked_since: AtomicU64::new(0),
            lingering_since: AtomicU64::new(0),
        };
        live.begin(&live.idle_since);
        live
    }

    /// Time since the epoch.
    pub(crate) fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    /// A request came. Says the how manyth it is, too.
    pub(crate) fn request(self: &Arc<Self>) -> (InProgress, u32) {
        self.in_progress.fetch_add(1, Ordering::Relaxed);
        (InProgress(self.clone()), self.requests.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// An answer begins.
    pub(crate) fn answer(self: &Arc<Self>) -> Answering {
        if self.answering.fetch_add(1, Ordering::Relaxed) == 0 {
            self.begin(&self.answering_since);
        }
        Answering(self.clone())
    }

    /// Whether nothing is in progress.
    pub(crate) fn is_idle(&self) -> bool {
        self.in_progress.load(Ordering::Relaxed) == 0
    }

    /// Ends it.
    pub(crate) fn end(&self, how: Ending) {
        self.ending.fetch_max(how as u8 + 1, Ordering::Relaxed);
        self.waker.wake();
    }

    /// How it is to end, if it is.
    pub(crate) fn ending(&self) -> Option<Ending> {
        match self.ending.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(Ending::Gently),
            _ => Some(Ending::Now),
        }
    }

    /// Waits for an ending that comes after `known`.
    pub(crate) fn poll_ending(&self, cx: &mut Context<'_>, known: Option<Ending>) -> Poll<Ending> {
        self.waker.register(cx.waker());
        match self.ending() {
            Some(ending) if Some(ending) > known => Poll::Ready(ending),
            Some(_) | None => Poll::Pending,
        }
    }

    /// A head has begun, if none had.
    pub(crate) fn head_began(&self) {
        self.begin(&self.head_since);
    }

    /// No head is begun.
    pub(crate) fn head_ended(&self) {
        end(&self.head_since);
    }

    /// What was written does not go off.
    pub(crate) fn write_blocked(&self, blocked: bool) {
        if blocked {
            self.begin(&self.blocked_since);
        } else {
            end(&self.blocked_since);
        }
    }

    /// It only reads away what still comes.
    pub(crate) fn lingers(&self) {
        self.begin(&self.lingering_since);
    }

    /// The head of a request was refused.
    pub(crate) fn refuse_head(&self, reason: Reason) {
        self.refused_head.store(code(reason), Ordering::Relaxed);
    }

    /// Why the last head was refused.
    pub(crate) fn refused_head(&self) -> Option<Reason> {
        decode(self.refused_head.load(Ordering::Relaxed))
    }

    /// It has done what ends it.
    pub(crate) fn fault(&self, reason: Reason) {
        self.fault.store(code(reason), Ordering::Relaxed);
    }

    /// What it has done.
    pub(crate) fn faulted(&self) -> Option<Reason> {
        decode(self.fault.load(Ordering::Relaxed))
    }

    /// When it will have been too slow, and what that is called. An idle
    /// connection may simply end: `None` as the reason.
    pub(crate) fn deadline(&self, timeouts: &Timeouts) -> Option<(Instant, Option<Reason>)> {
        let first = self.requests.load(Ordering::Relaxed) == 0;
        let slow = Some(Reason::TooSlow);
        let idle = match (self.is_idle(), first) {
            (true, true) => Some((&self.idle_since, timeouts.head, slow)),
            (true, false) => Some((&self.idle_since, timeouts.idle, None)),
            (false, _) => None,
        };
        [
            (&self.head_since, timeouts.head, slow),
            (&self.answering_since, timeouts.answer, slow),
            (&self.blocked_since, timeouts.blocked, slow),
            (&self.lingering_since, timeouts.linger, None),
        ]
        .into_iter()
        .chain(idle)
        .filter_map(|(since, limit, reason)| {
            let since = since.load(Ordering::Relaxed).checked_sub(1)?;
            Some((self.epoch + Duration::from_millis(since) + limit, reason))
        })
        .min_by_key(|(at, _)| *at)
    }

    fn begin(&self, since: &AtomicU64) {
        if since.load(Ordering::Relaxed) == 0 {
            since.store(self.millis() + 1, Ordering::Relaxed);
        }
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.now().as_millis()).unwrap_or(u64::MAX - 1)
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        let live = &self.0;
        live.idle_since.store(live.millis() + 1, Ordering::Relaxed);
        live.in_progress.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if self.0.answering.fetch_sub(1, Ordering::Relaxed) == 1 {
            end(&self.0.answering_since);
        }
    }
}

fn end(since: &AtomicU64) {
    if since.load(Ordering::Relaxed) != 0 {
        since.store(0, Ordering::Relaxed);
    }
}

fn code(reason: Reason) -> u8 {
    reason as u8 + 1
}

fn decode(code: u8) -> Option<Reason> {
    Reason::ALL.get(usize::from(code).checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live() -> Arc<Live> {
        let address = IpAddr::from([192, 0, 2, 1]);
        let source = Source::V4([192, 0, 2, 1].into());
        Arc::new(Live::new(1, address, source, None, Instant::now()))
    }

    #[tokio::test(start_paused = true)]
    async fn each_kind_of_slowness_has_its_deadline() {
        let timeouts = Timeouts::default();
        let live = live();
        let started = Instant::now();
        let first = Some((started + timeouts.head, Some(Reason::TooSlow)));
        assert_eq!(live.deadline(&timeouts), first, "the first request");
        let (request, number) = live.request();
        assert_eq!((number, live.deadline(&timeouts)), (1, None), "a parked wait has none");
        tokio::time::advance(Duration::from_secs(200)).await;
        let answering = live.answer();
        let since = Instant::now();
        assert_eq!(live.deadline(&timeouts).map(|d| d.0), Some(since + timeouts.answer));
        live.write_blocked(true);
        tokio::time::advance(Duration::from_secs(5)).await;
        live.write_blocked(true);
        assert_eq!(live.deadline(&timeouts).map(|d| d.0), Some(since + timeouts.blocked));
        live.write_blocked(false);
        drop((request, answering));
        let idle = Some((Instant::now() + timeouts.idle, None));
        assert_eq!(live.deadline(&timeouts), idle);
        live.head_began();
        assert_eq!(live.deadline(&timeouts).map(|d| d.0), Some(Instant::now() + timeouts.head));
        live.head_ended();
        assert_eq!(live.deadline(&timeouts), idle);
    }

    #[tokio::test]
    async fn an_ending_is_heard_and_only_gets_worse() {
        let live = live();
        let polled = |known| {
            let live = live.clone();
            std::future::poll_fn(move |cx| Poll::Ready(live.poll_ending(cx, known)))
        };
        assert_eq!(polled(None).await, Poll::Pending);
        live.end(Ending::Gently);
        assert_eq!(polled(None).await, Poll::Ready(Ending::Gently));
        assert_eq!(polled(Some(Ending::Gently)).await, Poll::Pending);
        live.end(Ending::Now);
        live.end(Ending::Gently);
        assert_eq!(polled(Some(Ending::Gently)).await, Poll::Ready(Ending::Now));
    }
}
