//! Waits that are held here until the server wakes their device.
//!
//! While a wait is parked nothing of it is at the server: a server that starts
//! anew finds its agents where they were. A wake that comes while the look is
//! on its way is not missed, because the place is taken before the look goes
//! out.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use futures_util::task::AtomicWaker;
use sekisho_model::id::DeviceId;
use sekisho_wire::session::Wake;

const WAITING: u8 = 0;
const WOKEN: u8 = 1;
const ENDED: u8 = 2;

#[derive(Debug, Default)]
struct Place {
    state: AtomicU8,
    waker: AtomicWaker,
}

impl Place {
    fn set(&self, state: u8) {
        // What came first counts: a wake is not taken back.
        let _ = self.state.compare_exchange(WAITING, state, Ordering::AcqRel, Ordering::Acquire);
        self.waker.wake();
    }

    fn outcome(&self) -> Option<Wake> {
        match self.state.load(Ordering::Acquire) {
            WAITING => None,
            WOKEN => Some(Wake::Fetch),
            _ => Some(Wake::Nothing),
        }
    }
}

/// The places of all devices that wait. As many as there are connections.
#[derive(Debug, Default)]
pub(crate) struct Parked {
    places: Places,
}

type Places = Arc<Mutex<BTreeMap<DeviceId, Arc<Place>>>>;

/// A wait that has its place; given up when dropped.
#[derive(Debug)]
pub(crate) struct Parking {
    places: Places,
    device: DeviceId,
    place: Arc<Place>,
}

impl Parked {
    /// Takes the place of a device, before it is looked whether there is
    /// something to fetch. A wait that had it ends with nothing.
    pub(crate) fn begin(&self, device: DeviceId) -> Parking {
        let place = Arc::new(Place::default());
        let mut places = self.places.lock().expect("no holder panics");
        if let Some(former) = places.insert(device, place.clone()) {
            former.set(ENDED);
        }
        Parking { places: self.places.clone(), device, place }
    }

    /// A device has something to fetch. Where it does not wait nothing is to be
    /// done: its next wait begins with a look.
    pub(crate) fn wake(&self, device: DeviceId) {
        if let Some(place) = self.places.lock().expect("no holder panics").get(&device) {
            place.set(WOKEN);
        }
    }

    /// A device's wait ends with nothing: it comes again, to a successor.
    pub(crate) fn end(&self, device: DeviceId) {
        if let Some(place) = self.places.lock().expect("no holder panics").get(&device) {
            place.set(ENDED);
        }
    }

    /// How many wait.
    pub(crate) fn count(&self) -> usize {
        self.places.lock().expect("no holder panics").len()
    }
}

impl Parking {
    /// Waits for a wake, at most for `hold`; what to say when that is over.
    pub(crate) async fn held(&self, hold: Duration, then: Wake) -> Wake {
        let heard = poll_fn(|cx| {
            self.place.waker.register(cx.waker());
            self.place.outcome().map_or(Poll::Pending, Poll::Ready)
        });
        tokio::time::timeout(hold, heard).await.unwrap_or(then)
    }
}

impl Drop for Parking {
    fn drop(&mut self) {
        let mut places = self.places.lock().expect("no holder panics");
        if places.get(&self.device).is_some_and(|place| Arc::ptr_eq(place, &self.place)) {
            places.remove(&self.device);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::Timestamp;
    use sekisho_model::rng::SeededRng;
    use tokio::time::Instant;

    const HOLD: Duration = Duration::from_secs(240);

    fn device(n: u64) -> DeviceId {
        DeviceId::at(Timestamp::from_millis(1), &SeededRng::new(n))
    }

    #[tokio::test(start_paused = true)]
    async fn a_wake_between_look_and_hold_is_not_missed() {
        let parked = Parked::default();
        let parking = parked.begin(device(1));
        parked.wake(device(1));
        let started = Instant::now();
        assert_eq!(parking.held(HOLD, Wake::Nothing).await, Wake::Fetch);
        assert_eq!(started.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_with_its_time_and_leaves_no_place() {
        let parked = Parked::default();
        let parking = parked.begin(device(1));
        parked.wake(device(2));
        let started = Instant::now();
        assert_eq!(parking.held(HOLD, Wake::Nothing).await, Wake::Nothing);
        assert_eq!(started.elapsed(), HOLD);
        drop(parking);
        assert_eq!(parked.count(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_wait_ends_the_first_and_keeps_the_place() {
        let parked = Parked::default();
        let first = parked.begin(device(1));
        let second = parked.begin(device(1));
        assert_eq!(first.held(HOLD, Wake::Fetch).await, Wake::Nothing);
        drop(first);
        assert_eq!(parked.count(), 1);
        let held = second.held(HOLD, Wake::Nothing);
        let (woken, ()) = tokio::join!(held, async { parked.wake(device(1)) });
        assert_eq!(woken, Wake::Fetch);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_with_its_gateway() {
        let parked = Parked::default();
        let parking = parked.begin(device(1));
        parked.end(device(1));
        assert_eq!(parking.held(HOLD, Wake::Fetch).await, Wake::Nothing);
    }
}
