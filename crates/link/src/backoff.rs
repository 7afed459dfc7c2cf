//! Waiting between tries.

use std::time::Duration;

use sekisho_model::Rng;
use sekisho_model::rng::uniform;

/// Exponential backoff with full jitter: the n-th wait is drawn evenly from
/// zero to `base × 2ⁿ`, at most `cap`. A fleet that lost its server comes back
/// spread out.
#[derive(Clone, Debug)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    tries: u32,
}

impl Backoff {
    /// Waits that begin around `base` and stay under `cap`.
    pub const fn new(base: Duration, cap: Duration) -> Self {
        Self { base, cap, tries: 0 }
    }

    /// The next wait.
    pub fn next(&mut self, rng: &dyn Rng) -> Duration {
        let factor = 1u32.checked_shl(self.tries).unwrap_or(u32::MAX);
        let ceiling = self.base.saturating_mul(factor).min(self.cap);
        self.tries = self.tries.saturating_add(1).min(20);
        let millis = u32::try_from(ceiling.as_millis()).unwrap_or(u32::MAX - 1);
        Duration::from_millis(u64::from(uniform(rng, millis.saturating_add(1))))
    }

    /// It worked: the next wait is short again.
    pub const fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::rng::SeededRng;

    #[test]
    fn grows_stays_under_the_cap_and_starts_over() {
        let rng = SeededRng::new(1);
        let cap = Duration::from_secs(60);
        let mut backoff = Backoff::new(Duration::from_secs(1), cap);
        let waits: Vec<_> = (0..200).map(|_| backoff.next(&rng)).collect();
        assert!(waits[0] <= Duration::from_secs(1));
        assert!(waits.iter().all(|wait| *wait <= cap));
        assert!(waits.iter().any(|wait| *wait > Duration::from_secs(30)));
        backoff.reset();
        assert!(backoff.next(&rng) <= Duration::from_secs(1));
    }
}
