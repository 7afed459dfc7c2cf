//! The server's power switch: it goes off between two steps of its database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::task::Poll;

/// Shared by a database and whoever plans its end. Clones are the same switch.
///
/// Between two steps of its database a server only computes: dying anywhere in
/// between is the same as dying at the step.
#[derive(Clone, Debug)]
pub(crate) struct Power(Arc<State>);

#[derive(Debug)]
struct State {
    /// Steps that are still taken; negative: no end is planned.
    left: AtomicI64,
    off: AtomicBool,
    held: AtomicBool,
}

/// The server died while it worked on this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Died;

impl Default for Power {
    fn default() -> Self {
        Self(Arc::new(State {
            left: AtomicI64::new(-1),
            off: AtomicBool::new(false),
            held: AtomicBool::new(false),
        }))
    }
}

impl Power {
    /// The power goes out after so many more steps.
    pub(crate) fn cut_after(&self, steps: u32) {
        self.0.left.store(i64::from(steps), Ordering::Relaxed);
    }

    /// Counts a step. Whether the power is off: then the step is not taken.
    pub(crate) fn step(&self) -> bool {
        if self.0.held.load(Ordering::Relaxed) {
            return false;
        }
        if self.is_off() {
            return true;
        }
        let left = self.0.left.load(Ordering::Relaxed);
        if left == 0 {
            self.0.off.store(true, Ordering::Relaxed);
            return true;
        }
        if left > 0 {
            self.0.left.store(left - 1, Ordering::Relaxed);
        }
        false
    }

    /// Whether the power is off.
    pub(crate) fn is_off(&self) -> bool {
        self.0.off.load(Ordering::Relaxed)
    }

    /// The power is back, or a planned end is called off.
    pub(crate) fn restore(&self) {
        self.0.left.store(-1, Ordering::Relaxed);
        self.0.off.store(false, Ordering::Relaxed);
    }

    /// Steps count for nothing while it is held: somebody looks from outside.
    pub(crate) fn hold(&self, held: bool) {
        self.0.held.store(held, Ordering::Relaxed);
    }

    /// Runs a piece of the server's work. It is dropped where the power goes
    /// out, as a killed process drops everything: what it still tries in the
    /// same breath is refused, and nobody hears its answer.
    pub(crate) async fn run<T>(&self, work: impl Future<Output = T>) -> Result<T, Died> {
        let mut work = std::pin::pin!(work);
        std::future::poll_fn(|context| {
            if self.is_off() {
                return Poll::Ready(Err(Died));
            }
            let polled = work.as_mut().poll(context);
            if self.is_off() {
                return Poll::Ready(Err(Died));
            }
            polled.map(Ok)
        })
        .await
    }
}
