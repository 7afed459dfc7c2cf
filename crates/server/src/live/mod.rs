//! `GET /events`: tells a screen what to read again.
//!
//! Every commit of this process that records events is noted in a bounded
//! [`ring`]; [`see`] finds out what it touched and who may know; a [`feed`]
//! writes that down for one caller. A message carries a kind and at most an
//! id, never a value: whoever is told asks for the object as usual, and the
//! policy decides then. With whom something is shared ([`reach`]), and whose
//! access is given or taken away, is told the kind only.
//!
//! What another server on the same database commits, and what is stored
//! without an audit event (an agent's contact), is not told: screens look
//! again by themselves now and then.

mod feed;
mod reach;
mod ring;
mod routes;
mod see;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use sekisho_model::Rng;
use sekisho_model::event::{Actor, Event};
use sekisho_model::id::UserId;
use sekisho_model::rng::random_bytes;
use tokio::sync::watch;

use ring::{After, Ring};
pub use routes::routes;

/// At most so many streams of one person: one for each tab of a browser.
const MAX_OF_ONE: usize = 16;

/// At most so many streams of everybody.
const MAX_STREAMS: usize = 1024;

/// What was committed lately, and who listens. Cloning it is cheap and shares
/// it.
#[derive(Clone, Debug, Default)]
pub struct Live(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Tells numbers of this process from those of another one.
    epoch: OnceLock<u64>,
    ring: Mutex<Ring>,
    state: watch::Sender<State>,
    streams: Mutex<BTreeMap<UserId, usize>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// The number of the newest commit; 0 before the first.
    newest: u64,
    /// The server is stopping.
    closed: bool,
}

impl Live {
    /// Nothing was committed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes what a commit has recorded. Does not wait.
    pub fn note(&self, events: &[(Actor, Event)]) {
        let newest = self.0.ring.lock().expect("no holder panics").push(events);
        // Two commits may come here in either order.
        self.0.state.send_modify(|state| state.newest = state.newest.max(newest));
    }

    /// Ends every stream, and each that comes later.
    pub fn close(&self) {
        self.0.state.send_modify(|state| state.closed = true);
    }

    /// A place for one more stream of a person.
    ///
    /// # Errors
    /// When they, or all together, have too many.
    fn enter(&self, user: UserId) -> Result<Present, Full> {
        let mut streams = self.0.streams.lock().expect("no holder panics");
        if streams.values().sum::<usize>() >= MAX_STREAMS {
            return Err(Full { limit: MAX_STREAMS });
        }
        let mine = streams.entry(user).or_default();
        if *mine >= MAX_OF_ONE {
            return Err(Full { limit: MAX_OF_ONE });
        }
        *mine += 1;
        Ok(Present { live: self.clone(), user })
    }

    fn listen(&self) -> watch::Receiver<State> {
        self.0.state.subscribe()
    }

    fn after(&self, number: u64) -> After {
        self.0.ring.lock().expect("no holder panics").after(number)
    }

    fn newest(&self) -> u64 {
        self.0.ring.lock().expect("no holder panics").newest()
    }

    /// Made when somebody listens first: a server that nobody watches draws no
    /// randomness for it.
    fn epoch(&self, rng: &dyn Rng) -> u64 {
        *self.0.epoch.get_or_init(|| u64::from_be_bytes(random_bytes(rng)))
    }
}

/// Too many streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Full {
    /// So many are allowed.
    limit: usize,
}

/// One open stream.
#[derive(Debug)]
struct Present {
    live: Live,
    user: UserId,
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut streams = self.live.0.streams.lock().expect("no holder panics");
        if let Some(mine) = streams.get_mut(&self.user) {
            *mine -= 1;
            if *mine == 0 {
                streams.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_given_back() {
        let live = Live::new();
        let user: UserId = "01a2015a-c083-78b9-bf67-2b24cdb84124".parse().expect("an id");
        let other: UserId = "01a2015a-c083-78b9-bf67-2b24cdb84125".parse().expect("an id");
        let mut open: Vec<Present> =
            (0..MAX_OF_ONE).map(|_| live.enter(user).expect("a place")).collect();
        assert_eq!(live.enter(user).expect_err("full"), Full { limit: MAX_OF_ONE });
        assert!(live.enter(other).is_ok(), "of another person");
        open.pop();
        open.push(live.enter(user).expect("a place again"));
        drop(open);
        assert!(live.0.streams.lock().expect("free").is_empty());
    }
}
