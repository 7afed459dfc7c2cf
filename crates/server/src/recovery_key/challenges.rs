//! Challenges to the holder of the recovery key: in memory, a few minutes, each
//! good for one answer, and no more than fit.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sekisho_model::id::UserId;
use sekisho_model::rng::random_bytes;
use sekisho_model::{Rng, Timestamp};
use zeroize::Zeroizing;

/// How long an answer is waited for: people fetch a paper and type it.
pub(super) const LIFE: Duration = Duration::from_secs(15 * 60);

/// At most so many wait; the oldest makes room.
const MAX_WAITING: usize = 64;

/// What an answer is compared with.
pub(super) struct Waiting {
    /// Who was asked.
    pub(super) user: UserId,
    /// Which key they were asked for.
    pub(super) kid: String,
    /// The only right answer.
    pub(super) expected: Zeroizing<[u8; 32]>,
}

/// Challenges that wait for an answer.
#[derive(Default)]
pub struct Challenges(Mutex<BTreeMap<(Timestamp, [u8; 16]), Waiting>>);

impl Challenges {
    /// Keeps one and returns the id that its answer names.
    pub(super) fn keep(&self, waiting: Waiting, now: Timestamp, rng: &dyn Rng) -> String {
        let id = random_bytes::<16>(rng);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(at, _), _| now < at.plus(LIFE));
        while all.len() >= MAX_WAITING {
            all.pop_first();
        }
        all.insert((now, id), waiting);
        format!("{}-{}", now.as_millis(), data_encoding::HEXLOWER.encode(&id))
    }

    /// Takes one out; `None` when there is none of this id, or it is over.
    pub(super) fn take(&self, id: &str, now: Timestamp) -> Option<Waiting> {
        let (at, id) = id.split_once('-')?;
        let at = Timestamp::from_millis(at.parse().ok()?);
        let id: [u8; 16] = data_encoding::HEXLOWER.decode(id.as_bytes()).ok()?.try_into().ok()?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.remove(&(at, id))?;
        (now < at.plus(LIFE)).then_some(found)
    }
}
