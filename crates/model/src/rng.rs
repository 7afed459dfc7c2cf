//! Randomness as a parameter.

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng};
use std::sync::Mutex;

/// A source of cryptographically strong random bytes.
pub trait Rng: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// Bytes from the source, as an array.
pub fn random_bytes<const N: usize>(rng: &dyn Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}

/// A number in `0..bound`, every one equally likely (rejection sampling).
///
/// # Panics
/// If `bound` is zero.
pub fn uniform(rng: &dyn Rng, bound: u32) -> u32 {
    assert!(bound > 0, "nothing can be chosen from an empty range");
    // The largest multiple of `bound` that fits: numbers above it would favour
    // the small remainders and are drawn again.
    let limit = u32::MAX - (u32::MAX % bound + 1) % bound;
    loop {
        let drawn = u32::from_le_bytes(random_bytes(rng));
        if drawn <= limit {
            return drawn % bound;
        }
    }
}

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    fn fill(&self, buffer: &mut [u8]) {
        // A machine without a working generator must not issue secrets.
        #[expect(clippy::disallowed_methods, reason = "this is the replacement")]
        getrandom::fill(buffer).expect("the operating system's random generator works");
    }
}

/// A reproducible generator for tests and the simulator.
#[derive(Debug)]
pub struct SeededRng(Mutex<ChaCha20Rng>);

impl SeededRng {
    /// Equal seeds give equal bytes.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha20Rng::seed_from_u64(seed)))
    }
}

impl Rng for SeededRng {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().expect("no holder panics").fill_bytes(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_bytes() {
        let (a, b) = (SeededRng::new(7), SeededRng::new(7));
        assert_eq!(random_bytes::<32>(&a), random_bytes::<32>(&b));
    }

    #[test]
    fn uniform_reaches_every_value_and_no_other() {
        let rng = SeededRng::new(1);
        let mut seen = [0u32; 7];
        for _ in 0..7_000 {
            seen[uniform(&rng, 7) as usize] += 1;
        }
        // 1,000 expected each, standard deviation about 29.
        assert!(seen.iter().all(|count| (850..1150).contains(count)), "{seen:?}");
    }
}
