//! A rate as one number.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sekisho_wire::gateway::Rate;

/// A token bucket, kept as the instant at which it would be full again (the
/// generic cell rate algorithm): one word, one compare-and-swap a call.
#[derive(Debug, Default)]
pub struct Bucket {
    /// In microseconds on the caller's clock. In the past: full.
    full_at_us: AtomicU64,
}

impl Bucket {
    /// Full.
    pub const fn new() -> Self {
        Self { full_at_us: AtomicU64::new(0) }
    }

    /// Takes one, if there is one.
    pub fn take(&self, rate: Rate, now: Duration) -> bool {
        let Some(interval) = interval_us(rate) else { return false };
        let now = micros(now);
        let room = interval.saturating_mul(u64::from(rate.burst));
        let taken = self.full_at_us.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
            let next = full_at.max(now).saturating_add(interval);
            (next - now <= room).then_some(next)
        });
        taken.is_ok()
    }

    /// Puts one back that was taken for nothing.
    pub fn give_back(&self, rate: Rate) {
        let Some(interval) = interval_us(rate) else { return };
        let less = |full_at: u64| Some(full_at.saturating_sub(interval));
        let _ = self.full_at_us.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// Whether nothing is taken: then it says nothing that a new one would not.
    pub fn is_full(&self, now: Duration) -> bool {
        self.full_at_us.load(Ordering::Relaxed) <= micros(now)
    }
}

/// The time in which one comes back; `None` for a rate that gives nothing.
fn interval_us(rate: Rate) -> Option<u64> {
    if rate.burst == 0 {
        return None;
    }
    // A thousand seconds have 10⁹ microseconds.
    Some(1_000_000_000_u64.checked_div(rate.per_1000_s)?.max(1))
}

fn micros(at: Duration) -> u64 {
    u64::try_from(at.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn gives_the_burst_at_once_and_then_the_rate() {
        let (bucket, rate) = (Bucket::new(), Rate::per_second(5, 20));
        let start = Duration::from_secs(100);
        let taken = |at| (0..1000).filter(|_| bucket.take(rate, at)).count();
        assert_eq!(taken(start), 20);
        assert_eq!(taken(start + SECOND), 5);
        assert_eq!(taken(start + 2 * SECOND), 5);
        // It never holds more than the burst.
        assert_eq!(taken(start + 1000 * SECOND), 20);
    }

    #[test]
    fn less_than_one_in_a_second_can_be_said_and_nothing_is_nothing() {
        let (bucket, rate) = (Bucket::new(), Rate { per_1000_s: 100, burst: 1 });
        assert!(bucket.take(rate, SECOND));
        assert!(!bucket.take(rate, 10 * SECOND));
        assert!(bucket.take(rate, 11 * SECOND));
        for nothing in [Rate { per_1000_s: 0, burst: 9 }, Rate { per_1000_s: 9, burst: 0 }] {
            assert!(!Bucket::new().take(nothing, SECOND));
        }
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let (bucket, rate) = (Bucket::new(), Rate::per_second(1, 1));
        assert!(bucket.take(rate, SECOND) && !bucket.take(rate, SECOND));
        assert!(!bucket.is_full(SECOND));
        bucket.give_back(rate);
        assert!(bucket.is_full(SECOND));
        assert!(bucket.take(rate, SECOND));
    }

    #[test]
    fn a_clock_at_its_end_does_no_harm() {
        let rate = Rate::per_second(1, u32::MAX);
        assert!(Bucket::new().take(rate, Duration::ZERO));
        let _ = Bucket::new().take(rate, Duration::MAX);
    }
}
