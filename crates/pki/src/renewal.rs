//! When a certificate is renewed: after a third of its life, so that two
//! thirds are left for a machine that is switched off (`trust.md` §3.7).

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use sekisho_model::rng::uniform;
use sekisho_model::{Rng, Timestamp};

/// Spreads renewals so that machines enrolled together do not come together:
/// ± one fifteenth of the certificate's life, two days of thirty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jitter {
    /// 0 to [`STEPS`]: from the earliest to the latest.
    step: u32,
}

const STEPS: u32 = 2000;

impl Jitter {
    /// A random one.
    pub fn draw(rng: &dyn Rng) -> Self {
        Self { step: uniform(rng, STEPS + 1) }
    }

    /// Always the same one for a certificate, so that nothing need be kept.
    pub fn of(serial: &str) -> Self {
        let hash = digest(&SHA256, serial.as_bytes());
        let first = hash.as_ref().first_chunk().expect("SHA-256 gives 32 bytes");
        Self { step: u32::from_be_bytes(*first) % (STEPS + 1) }
    }
}

/// From when on the certificate is renewed: day 10 ± 2 of 30.
pub fn renewal_at(not_before: Timestamp, not_after: Timestamp, jitter: Jitter) -> Timestamp {
    let life = not_after.since(not_before);
    let earliest = life / 3 - life / 15;
    not_before.plus(earliest + (life / 15 * 2).mul_f64(f64::from(jitter.step) / f64::from(STEPS)))
}

/// Whether it is time to renew.
pub fn renewal_due(
    not_before: Timestamp,
    not_after: Timestamp,
    jitter: Jitter,
    now: Timestamp,
) -> bool {
    now >= renewal_at(not_before, not_after, jitter)
}

/// So long before its end an issuing authority gets a successor: devices that
/// were off for a month still find theirs valid.
pub(crate) const ISSUING_OVERLAP: Duration = Duration::from_hours(60 * 24);

#[cfg(test)]
mod tests {
    use sekisho_model::rng::SeededRng;

    use super::*;

    fn day(days: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_hours(days * 24))
    }

    #[test]
    fn between_day_8_and_day_12_of_30() {
        let rng = SeededRng::new(1);
        let drawn: Vec<_> =
            (0..500).map(|_| renewal_at(day(0), day(30), Jitter::draw(&rng))).collect();
        assert!(drawn.iter().all(|at| (day(8)..=day(12)).contains(at)));
        assert!(drawn.iter().any(|at| *at < day(9)) && drawn.iter().any(|at| *at > day(11)));
        assert_eq!(renewal_at(day(0), day(30), Jitter { step: 0 }), day(8));
        assert_eq!(renewal_at(day(0), day(30), Jitter { step: STEPS }), day(12));
    }

    #[test]
    fn due_from_that_instant_on() {
        let middle = Jitter { step: STEPS / 2 };
        assert!(!renewal_due(day(0), day(30), middle, day(10).minus(Duration::from_millis(1))));
        assert!(renewal_due(day(0), day(30), middle, day(10)));
        assert!(renewal_due(day(0), day(30), middle, day(1000)));
    }

    #[test]
    fn a_certificate_keeps_its_jitter() {
        assert_eq!(Jitter::of("4f00"), Jitter::of("4f00"));
        assert_ne!(Jitter::of("4f00"), Jitter::of("4f01"));
    }
}
