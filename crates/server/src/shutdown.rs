//! Stopping in two steps: finish what has begun, then let go.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

/// How far the stop has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Running,
    Soft,
    Hard,
}

/// What a task watches to learn that it should end.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<Phase>);

/// The one who stops the others. Dropping it stops them hard.
#[derive(Debug)]
pub struct Stopper(watch::Sender<Phase>);

/// A pair: the stopper, and what its tasks watch.
pub fn shutdown() -> (Stopper, Shutdown) {
    let (sender, receiver) = watch::channel(Phase::Running);
    (Stopper(sender), Shutdown(receiver))
}

impl Stopper {
    /// Asks everybody to take no new work and to finish the old.
    pub fn soft(&self) {
        self.0.send_if_modified(|phase| {
            let rises = *phase < Phase::Soft;
            *phase = (*phase).max(Phase::Soft);
            rises
        });
    }

    /// Asks everybody to drop what they do.
    pub fn hard(&self) {
        self.0.send_replace(Phase::Hard);
    }
}

impl Shutdown {
    /// Waits until no new work should be taken.
    pub async fn soft(&self) {
        self.reached(Phase::Soft).await;
    }

    /// Waits until work in progress should be dropped.
    pub async fn hard(&self) {
        self.reached(Phase::Hard).await;
    }

    /// Whether the stop has begun.
    pub fn is_stopping(&self) -> bool {
        *self.0.borrow() >= Phase::Soft
    }

    /// Sleeps. Returns `false` at once when the stop begins.
    pub async fn sleep(&self, duration: Duration) -> bool {
        tokio::select! {
            () = self.soft() => false,
            () = tokio::time::sleep(duration) => true,
        }
    }

    async fn reached(&self, phase: Phase) {
        // A dropped stopper is a hard stop.
        let _ = self.0.clone().wait_for(|now| *now >= phase).await;
    }
}

/// The owner of work that must run to its end although nobody waits for it
/// any more: a client that hung up, for example. Bounded by the requests that
/// start it.
#[derive(Clone, Debug, Default)]
pub struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl Tasks {
    /// Runs the work and returns its result. Dropping the returned future
    /// does not stop the work. `None` when the work was stopped.
    pub async fn finish<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let (sender, receiver) = oneshot::channel();
        {
            let mut tasks = self.0.lock().expect("no holder panics");
            while tasks.try_join_next().is_some() {}
            tasks.spawn(async move {
                let _ = sender.send(work.await);
            });
        }
        receiver.await.ok()
    }

    /// Waits for what still runs.
    pub async fn drain(&self) {
        let mut tasks = std::mem::take(&mut *self.0.lock().expect("no holder panics"));
        while tasks.join_next().await.is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn soft_comes_before_hard_and_a_dropped_stopper_stops() {
        let (stopper, shutdown) = shutdown();
        assert!(!shutdown.is_stopping());
        stopper.soft();
        shutdown.soft().await;
        assert!(shutdown.is_stopping());
        drop(stopper);
        shutdown.hard().await;
    }

    #[tokio::test]
    async fn work_outlives_whoever_waited_for_it() {
        let tasks = Tasks::default();
        let (go, wait) = oneshot::channel::<()>();
        let (done, mut seen) = oneshot::channel::<()>();
        let finish = tasks.finish(async move {
            let _ = wait.await;
            let _ = done.send(());
        });
        tokio::select! {
            biased;
            _ = finish => panic!("it waits"),
            () = tokio::task::yield_now() => {}
        }
        go.send(()).expect("it runs");
        tasks.drain().await;
        assert!(seen.try_recv().is_ok());
    }
}
