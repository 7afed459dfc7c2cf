//! The server's clock as far as a device can know it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sekisho_model::{Clock, Timestamp};

/// Server time plus the time elapsed since: never the device's wall clock,
/// once the server has told its own.
#[derive(Clone)]
pub struct ServerTime {
    clock: Arc<dyn Clock>,
    anchor: Arc<Mutex<Option<Anchor>>>,
}

#[derive(Clone, Copy, Debug)]
struct Anchor {
    server: Timestamp,
    elapsed: Duration,
    wall: Timestamp,
}

/// Wall and boot-time clocks may drift apart so far before a session is
/// dropped.
const DIVERGENCE: Duration = Duration::from_secs(60);

impl ServerTime {
    /// Nothing known yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, anchor: Arc::new(Mutex::new(None)) }
    }

    /// The server said what time it is, in an authentic message.
    pub fn learn(&self, server: Timestamp) {
        let anchor = Anchor { server, elapsed: self.clock.elapsed(), wall: self.clock.now() };
        *self.anchor.lock().expect("no holder panics") = Some(anchor);
    }

    /// The server's time now; the device's own wall clock until something is
    /// known.
    pub fn now(&self) -> Timestamp {
        match self.anchor() {
            Some(anchor) => anchor.server.plus(self.clock.elapsed().saturating_sub(anchor.elapsed)),
            None => self.clock.now(),
        }
    }

    /// Whether the server has told its time.
    pub fn is_known(&self) -> bool {
        self.anchor().is_some()
    }

    /// How far the device's wall clock is from the server's.
    pub fn skew(&self) -> Option<Duration> {
        self.anchor().map(|anchor| anchor.server.distance(anchor.wall))
    }

    /// Whether wall and boot-time clock have moved differently by more than a
    /// minute since the server told its time: somebody set the clock, or the
    /// machine was restored from a snapshot of its memory.
    pub fn clocks_diverged(&self) -> bool {
        self.anchor().is_some_and(|anchor| {
            let elapsed = self.clock.elapsed().saturating_sub(anchor.elapsed);
            anchor.wall.plus(elapsed).distance(self.clock.now()) > DIVERGENCE
        })
    }

    fn anchor(&self) -> Option<Anchor> {
        *self.anchor.lock().expect("no holder panics")
    }
}

impl std::fmt::Debug for ServerTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ServerTime({})", self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::clock::ManualClock;

    #[test]
    fn follows_the_server_and_not_the_wall_clock() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(5_000)));
        let time = ServerTime::new(clock.clone());
        assert_eq!(time.now().as_millis(), 5_000);
        time.learn(Timestamp::from_millis(1_000_000));
        clock.advance(Duration::from_secs(10));
        clock.set_wall(Timestamp::EPOCH);
        assert_eq!(time.now().as_millis(), 1_010_000);
    }

    #[test]
    fn notices_a_clock_that_was_set() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(5_000)));
        let time = ServerTime::new(clock.clone());
        time.learn(clock.now());
        clock.advance(Duration::from_secs(3600));
        assert!(!time.clocks_diverged());
        clock.set_wall(clock.now().plus(Duration::from_secs(61)));
        assert!(time.clocks_diverged());
    }
}
