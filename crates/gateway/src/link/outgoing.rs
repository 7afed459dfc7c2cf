//! What goes to the server as a body.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep};

use crate::limits::Reason;

/// Slower than this a body must not come, in bytes a second, after its grace.
pub(crate) const LEAST_RATE: u64 = 1024;

/// A body that did not come to its end; said to who sent it, not to the server.
#[derive(Clone, Debug, Default)]
pub(crate) struct BodyFault(Arc<AtomicU8>);

impl BodyFault {
    /// What was wrong with the body.
    pub(crate) fn reason(&self) -> Option<Reason> {
        match self.0.load(Ordering::Relaxed) {
            1 => Some(Reason::BodyBroken),
            2 => Some(Reason::TooLong),
            3 => Some(Reason::TooSlow),
            _ => None,
        }
    }

    fn set(&self, code: u8) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        self.0.store(code, Ordering::Relaxed);
        Poll::Ready(Some(Err(Broken)))
    }
}

/// The body broke off; see [`BodyFault`].
#[derive(Debug, thiserror::Error)]
#[error("the body broke off")]
pub(crate) struct Broken;

/// A body towards the server.
pub(crate) enum Outgoing {
    /// All of it is here.
    Whole(Option<Bytes>),
    /// It is still coming.
    Streamed(Box<Streamed>),
    /// The control stream: as long as the other end of the channel lives.
    Frames(mpsc::Receiver<Bytes>),
}

/// A body that is still coming, with its bounds.
pub(crate) struct Streamed {
    body: Incoming,
    left: u64,
    fault: BodyFault,
    grace: Duration,
    started: Instant,
    taken: u64,
    late: Pin<Box<Sleep>>,
}

impl Outgoing {
    /// A body that is handed on while it comes: at most `most` bytes, after
    /// `grace` not slower than [`LEAST_RATE`].
    pub(crate) fn streamed(body: Incoming, most: u64, grace: Duration, fault: BodyFault) -> Self {
        let started = Instant::now();
        let late = Box::pin(tokio::time::sleep_until(started + grace));
        let streamed = Streamed { body, left: most, fault, grace, started, taken: 0, late };
        Self::Streamed(Box::new(streamed))
    }
}

impl Streamed {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            ready!(self.late.as_mut().poll(cx));
            // By now so much must have come.
            let due = self.started + self.grace + Duration::from_secs(self.taken / LEAST_RATE);
            if due <= Instant::now() {
                return self.fault.set(3);
            }
            self.late.as_mut().reset(due);
            return match self.late.as_mut().poll(cx) {
                Poll::Ready(()) => self.fault.set(3),
                Poll::Pending => Poll::Pending,
            };
        };
        match frame {
            None => Poll::Ready(None),
            Some(Err(_)) => self.fault.set(1),
            Some(Ok(frame)) => {
                // Trailers go nowhere.
                let Ok(data) = frame.into_data() else { return Poll::Ready(None) };
                let length = data.len() as u64;
                let Some(left) = self.left.checked_sub(length) else { return self.fault.set(2) };
                (self.left, self.taken) = (left, self.taken + length);
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Streamed(streamed) => streamed.poll(cx),
            Self::Frames(frames) => frames.poll_recv(cx).map(|b| b.map(|b| Ok(Frame::data(b)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Streamed(streamed) => streamed.body.is_end_stream(),
            Self::Frames(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Streamed(streamed) => streamed.body.size_hint(),
            Self::Frames(_) => SizeHint::default(),
        }
    }
}
