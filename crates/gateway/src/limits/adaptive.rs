//! The second limiter: what goes on to the server.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// An answer that took longer than this says that the server is short of breath.
const SLOW: Duration = Duration::from_secs(2);

/// It never goes below this: a server that has recovered must be noticed.
const LEAST: u32 = 8;

/// One bad moment of the server makes many bad answers; they count once.
const DECREASE_EVERY: Duration = Duration::from_millis(250);

/// How important a call is, when the server is short of breath (`trust.md` §4.3:
/// receipts before fetches before heartbeats before uploads).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A receipt: what was done is known nowhere else.
    Receipt,
    /// Orders, and whatever else a known device asks that is not said below.
    Fetch,
    /// A sign of life: it comes again by itself.
    Heartbeat,
    /// Much at once, and never urgent.
    Upload,
    /// Before a device is known.
    Enrolment,
}

impl Class {
    /// The part of what is allowed that calls in progress, of whatever class, may
    /// fill before one of this class is refused, in percent.
    const fn percent(self) -> u64 {
        match self {
            Self::Receipt => 100,
            Self::Fetch => 90,
            Self::Heartbeat => 80,
            Self::Upload => 65,
            Self::Enrolment => 50,
        }
    }
}

/// How a call at the server went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Went {
    /// Answered after so long.
    Answered(Duration),
    /// Not answered in time, or with 503.
    Overloaded,
    /// The caller went away, or the link broke: says nothing about the server.
    Unknown,
}

/// Calls in progress, bounded by what the server shows it can do: one more for
/// each full round of good answers, a tenth fewer after a bad one.
#[derive(Debug)]
pub struct Adaptive {
    in_flight: AtomicU32,
    /// In thousandths.
    allowed_milli: AtomicU64,
    decreased_ms: AtomicU64,
}

impl Adaptive {
    /// Begins with all that is configured.
    pub const fn new(most: u32) -> Self {
        Self {
            in_flight: AtomicU32::new(0),
            allowed_milli: AtomicU64::new(most as u64 * 1000),
            decreased_ms: AtomicU64::new(0),
        }
    }

    /// Begins a call, if there is room. Each `true` is followed by one
    /// [`Self::leave`].
    pub fn enter(&self, class: Class, most: u32) -> bool {
        let allowed = u64::from(self.allowed(most)) * class.percent() / 100;
        let enter =
            |in_flight: u32| (u64::from(in_flight) < allowed.max(1)).then_some(in_flight + 1);
        self.in_flight.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enter).is_ok()
    }

    /// The call is over.
    pub fn leave(&self, went: Went, most: u32, now: Duration) {
        let in_flight = self.in_flight.fetch_sub(1, Ordering::Relaxed);
        match went {
            Went::Answered(took) if took < SLOW => self.grow(in_flight, most),
            Went::Answered(_) | Went::Overloaded => self.shrink(most, now),
            Went::Unknown => {}
        }
    }

    /// Calls in progress.
    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// What is allowed at the moment.
    pub fn allowed(&self, most: u32) -> u32 {
        let allowed = self.allowed_milli.load(Ordering::Relaxed) / 1000;
        u32::try_from(allowed).unwrap_or(u32::MAX).min(most).max(LEAST.min(most))
    }

    fn grow(&self, in_flight: u32, most: u32) {
        let allowed = self.allowed(most);
        // What is not used is no proof that more would be right.
        if allowed >= most || in_flight < allowed / 2 {
            return;
        }
        let milli = u64::from(allowed) * 1000;
        let more = |now: u64| {
            let now = now.clamp(milli, milli + 999);
            Some((now + 1_000_000 / milli.max(1)).min(u64::from(most) * 1000))
        };
        let _ = self.allowed_milli.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    fn shrink(&self, most: u32, now: Duration) {
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let every = u64::try_from(DECREASE_EVERY.as_millis()).unwrap_or(u64::MAX);
        let due = |before: u64| (before == 0 || now >= before.saturating_add(every)).then_some(now);
        if self.decreased_ms.fetch_update(Ordering::Relaxed, Ordering::Relaxed, due).is_err() {
            return;
        }
        let less = u64::from(self.allowed(most)) * 900;
        let least = u64::from(LEAST.min(most)) * 1000;
        self.allowed_milli.store(less.max(least), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: u32 = 100;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn no_more_are_in_flight_than_allowed_and_each_class_leaves_room_for_those_before_it() {
        let relay = Adaptive::new(MOST);
        let entered = |class| (0..1000).filter(|_| relay.enter(class, MOST)).count();
        assert_eq!(entered(Class::Enrolment), 50);
        assert_eq!(entered(Class::Upload), 15);
        assert_eq!(entered(Class::Heartbeat), 15);
        assert_eq!(entered(Class::Fetch), 10);
        assert_eq!(entered(Class::Receipt), 10);
        relay.leave(Went::Unknown, MOST, at(1));
        assert_eq!((relay.in_flight(), relay.allowed(MOST)), (99, 100));
        assert!(!relay.enter(Class::Fetch, MOST), "the last places are for receipts");
        assert!(relay.enter(Class::Receipt, MOST) && !relay.enter(Class::Receipt, MOST));
    }

    #[test]
    fn where_least_is_allowed_a_place_is_left_for_a_receipt() {
        let relay = Adaptive::new(LEAST);
        while relay.enter(Class::Fetch, LEAST) {}
        assert!(relay.enter(Class::Receipt, LEAST));
    }

    #[test]
    fn bad_answers_make_it_smaller_once_in_a_while_and_good_ones_larger_again() {
        let relay = Adaptive::new(MOST);
        let bad = |now| {
            assert!(relay.enter(Class::Receipt, MOST));
            relay.leave(Went::Overloaded, MOST, now);
        };
        (0..50).for_each(|ms| bad(at(1000 + ms)));
        assert_eq!(relay.allowed(MOST), 90, "one bad moment counts once");
        (0..100).for_each(|n| bad(at(2000 + n * 300)));
        assert_eq!(relay.allowed(MOST), LEAST);
        // Good answers while little is in progress prove nothing.
        for _ in 0..1000 {
            assert!(relay.enter(Class::Receipt, MOST));
            relay.leave(Went::Answered(at(5)), MOST, at(50_000));
        }
        assert_eq!(relay.allowed(MOST), LEAST);
        // While it is full, each round of answers allows one more.
        let mut entered = 0;
        for _ in 0..20_000 {
            while relay.enter(Class::Receipt, MOST) {
                entered += 1;
            }
            relay.leave(Went::Answered(at(5)), MOST, at(60_000));
            entered -= 1;
        }
        assert_eq!((relay.allowed(MOST), relay.in_flight()), (MOST, entered));
    }

    #[test]
    fn slow_answers_are_bad_answers() {
        let relay = Adaptive::new(MOST);
        assert!(relay.enter(Class::Receipt, MOST));
        relay.leave(Went::Answered(at(2001)), MOST, at(1000));
        assert_eq!(relay.allowed(MOST), 90);
    }

    #[test]
    fn a_smaller_configuration_holds_at_once() {
        let relay = Adaptive::new(MOST);
        assert_eq!(relay.allowed(4), 4);
        assert_eq!((0..9).filter(|_| relay.enter(Class::Receipt, 4)).count(), 4);
    }
}
