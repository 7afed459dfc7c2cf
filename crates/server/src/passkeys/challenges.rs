//! Challenges that wait for the answer of an authenticator: in memory, a few
//! minutes, each good for one answer, and no more than fit.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sekisho_model::id::UserId;
use sekisho_model::rng::random_bytes;
use sekisho_model::{Rng, Timestamp};
use webauthn_rs::prelude::{DiscoverableAuthentication, PasskeyRegistration};

/// How long an answer is waited for: people look for a key and a finger.
pub(super) const LIFE: Duration = Duration::from_secs(5 * 60);

/// Anybody may ask for a challenge: at most so many wait, and the oldest makes
/// room. A flood costs others a second try, and no more memory than this.
const MAX_WAITING: usize = 4096;

/// What an answer is checked against.
pub(super) enum Waiting {
    /// A new passkey of a signed-in user.
    Registration(UserId, Box<PasskeyRegistration>),
    /// Somebody who signs in, or proves again who they are.
    Authentication(Box<DiscoverableAuthentication>),
}

/// Challenges that wait for an answer.
#[derive(Default)]
pub struct Challenges {
    waiting: Mutex<BTreeMap<(Timestamp, [u8; 16]), Waiting>>,
}

impl Challenges {
    /// Keeps one and returns the id that its answer names.
    pub(super) fn keep(&self, waiting: Waiting, now: Timestamp, rng: &dyn Rng) -> String {
        let id = random_bytes::<16>(rng);
        let key = (now, id);
        let mut all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(at, _), _| now < at.plus(LIFE));
        while all.len() >= MAX_WAITING {
            all.pop_first();
        }
        all.insert(key, waiting);
        // The time makes the key be found at once.
        format!("{}-{}", now.as_millis(), data_encoding::HEXLOWER.encode(&id))
    }

    /// Takes one out; `None` when there is none of this id, or it is over.
    pub(super) fn take(&self, id: &str, now: Timestamp) -> Option<Waiting> {
        let (at, id) = id.split_once('-')?;
        let at = Timestamp::from_millis(at.parse().ok()?);
        let id: [u8; 16] = data_encoding::HEXLOWER.decode(id.as_bytes()).ok()?.try_into().ok()?;
        let mut all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.remove(&(at, id))?;
        (now < at.plus(LIFE)).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use sekisho_model::rng::SeededRng;
    use webauthn_rs::prelude::{Url, WebauthnBuilder};

    use super::*;

    fn waiting() -> Waiting {
        let origin = Url::parse("https://vault.example.jp").expect("a URL");
        let webauthn = WebauthnBuilder::new("vault.example.jp", &origin)
            .expect("fits")
            .build()
            .expect("built");
        let (_, state) = webauthn.start_discoverable_authentication().expect("started");
        Waiting::Authentication(Box::new(state))
    }

    #[test]
    fn a_challenge_is_taken_once_and_in_time() {
        let (challenges, rng) = (Challenges::default(), SeededRng::new(1));
        let begun = Timestamp::from_millis(1_000_000);
        let (one, late) =
            (challenges.keep(waiting(), begun, &rng), challenges.keep(waiting(), begun, &rng));
        assert!(challenges.take(&one, begun).is_some());
        assert!(challenges.take(&one, begun).is_none(), "twice");
        assert!(challenges.take(&late, begun.plus(LIFE)).is_none(), "late");
        for text in ["", "x", "1-", "1000000-00", &one.replace('-', "")] {
            assert!(challenges.take(text, begun).is_none(), "{text}");
        }
    }

    #[test]
    fn no_more_wait_than_fit() {
        let (challenges, rng) = (Challenges::default(), SeededRng::new(2));
        let begun = Timestamp::from_millis(1_000_000);
        let first = challenges.keep(waiting(), begun, &rng);
        let mut last = String::new();
        for number in 0..MAX_WAITING {
            let now = begun.plus(Duration::from_millis(1 + number as u64));
            last = challenges.keep(waiting(), now, &rng);
        }
        let now = begun.plus(Duration::from_secs(60));
        assert!(challenges.take(&first, now).is_none(), "made room");
        assert!(challenges.take(&last, now).is_some());
        assert!(challenges.waiting.lock().expect("not poisoned").len() < MAX_WAITING);
    }
}
