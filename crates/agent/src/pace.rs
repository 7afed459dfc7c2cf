//! How fast an agent lets itself be called.
//!
//! A wake proves nothing: anybody on the way can invent one, or end a wait before
//! its time. Each costs an exchange, and a gateway that does nothing else would
//! keep host and server busy. Calls for nothing in a row are answered more and
//! more slowly; one that brings something counts as the first again.

use std::time::Duration;

use sekisho_model::Rng;
use sekisho_model::rng::uniform;

/// So many calls for nothing in a row are answered at once: an order may have
/// been withdrawn, a server may stop.
const FREE: u32 = 3;

/// The first pause is at most this long; each further one may be twice as long.
const BASE_MS: u32 = 500;

/// No pause is longer. What is suppressed is found by the unconditional fetch
/// anyway; what is asked for must not wait longer than people do.
const CAP_MS: u32 = 30_000;

/// Counts calls for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pace {
    idle: u32,
}

impl Pace {
    /// A call brought nothing, or a wait ended before its time with nothing.
    pub(crate) const fn in_vain(&mut self) {
        self.idle = self.idle.saturating_add(1);
    }

    /// There was something to do.
    pub(crate) const fn useful(&mut self) {
        self.idle = 0;
    }

    /// How long to pause before the next wait: between half of the longest and
    /// the longest, so that a fleet does not pause together.
    pub(crate) fn pause(&self, rng: &dyn Rng) -> Duration {
        let Some(above) = self.idle.checked_sub(FREE + 1) else { return Duration::ZERO };
        let longest = BASE_MS.saturating_mul(1 << above.min(16)).min(CAP_MS);
        let half = longest / 2;
        Duration::from_millis(u64::from(half + uniform(rng, half + 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::rng::SeededRng;

    /// What an hour of invented wakes costs.
    #[test]
    fn calls_for_nothing_cost_little() {
        let rng = SeededRng::new(1);
        let mut pace = Pace::default();
        let (mut elapsed, mut calls) = (Duration::ZERO, 0);
        while elapsed < Duration::from_secs(3600) {
            pace.in_vain();
            // An exchange that takes no time at all is the worst there is.
            elapsed += pace.pause(&rng);
            calls += 1;
            assert!(calls < 500, "{calls} calls within {elapsed:?}");
        }
        assert!(pace.pause(&rng) <= Duration::from_millis(CAP_MS.into()));
    }

    #[test]
    fn a_few_calls_for_nothing_and_useful_ones_are_answered_at_once() {
        let rng = SeededRng::new(1);
        let mut pace = Pace::default();
        for _ in 0..FREE {
            pace.in_vain();
            assert_eq!(pace.pause(&rng), Duration::ZERO);
        }
        for _ in 0..20 {
            pace.in_vain();
        }
        assert!(pace.pause(&rng) > Duration::from_secs(10));
        pace.useful();
        assert_eq!(pace.pause(&rng), Duration::ZERO);
    }
}
