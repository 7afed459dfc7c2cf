//! What each device may do, and which of them may do nothing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sekisho_model::id::DeviceId;
use sekisho_wire::gateway::Limits;

use super::{Bucket, Reason};

/// Devices that are known at once.
const MAX_DEVICES: usize = 262_144;

/// Calls of one device in progress: an agent needs three.
const IN_FLIGHT: u32 = 8;

/// One device's share.
#[derive(Debug)]
pub struct Device {
    /// Which.
    pub id: DeviceId,
    calls: Bucket,
    in_flight: AtomicU32,
}

impl Device {
    /// A call. Each `Ok` is followed by one [`Self::left`].
    ///
    /// # Errors
    /// When it has too many in progress.
    pub fn enter(&self) -> Result<(), Reason> {
        super::enter(&self.in_flight, IN_FLIGHT).map_err(|()| Reason::CallsOfDevice)
    }

    /// The call is over.
    pub fn left(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// Counts a call against the device's rate.
    pub fn may_call(&self, limits: &Limits, now: Duration) -> bool {
        self.calls.take(limits.per_device, now)
    }

    fn says_nothing(&self, now: Duration) -> bool {
        self.calls.is_full(now)
    }
}

/// The devices that called lately.
#[derive(Debug, Default)]
pub struct Devices {
    known: Mutex<BTreeMap<DeviceId, Arc<Device>>>,
}

impl Devices {
    /// A device's share; the same for all its connections, also the next one.
    pub fn find(&self, id: DeviceId, now: Duration) -> Arc<Device> {
        let mut known = self.known.lock().expect("no holder panics");
        if known.len() >= MAX_DEVICES && !known.contains_key(&id) {
            sweep(&mut known, now);
        }
        let new = || Arc::new(Device { id, calls: Bucket::new(), in_flight: AtomicU32::new(0) });
        if known.len() >= MAX_DEVICES && !known.contains_key(&id) {
            // More devices than any site has: this one counts by its connection.
            return new();
        }
        known.entry(id).or_insert_with(new).clone()
    }

    /// Forgets those that are gone and have their whole rate again.
    pub fn sweep(&self, now: Duration) {
        sweep(&mut self.known.lock().expect("no holder panics"), now);
    }
}

fn sweep(known: &mut BTreeMap<DeviceId, Arc<Device>>, now: Duration) {
    known.retain(|_, device| Arc::strong_count(device) > 1 || !device.says_nothing(now));
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::Timestamp;
    use sekisho_model::rng::SeededRng;

    fn id(n: u64) -> DeviceId {
        DeviceId::at(Timestamp::from_millis(1), &SeededRng::new(n))
    }

    #[test]
    fn a_device_counts_over_all_its_connections_and_after_a_reconnect() {
        let (devices, limits) = (Devices::default(), Limits::default());
        let now = Duration::from_secs(100);
        let (one, two) = (devices.find(id(1), now), devices.find(id(1), now));
        let called = (0..100).filter(|n| [&one, &two][n % 2].may_call(&limits, now)).count();
        assert_eq!(called, 20);
        drop((one, two));
        devices.sweep(now);
        assert!(!devices.find(id(1), now).may_call(&limits, now), "its rate is not forgotten");
        assert!(devices.find(id(2), now).may_call(&limits, now));
        let later = now + Duration::from_secs(60);
        devices.sweep(later);
        assert_eq!(devices.known.lock().expect("free").len(), 0);
    }

    #[test]
    fn calls_in_progress_are_bounded() {
        let devices = Devices::default();
        let device = devices.find(id(1), Duration::ZERO);
        assert_eq!((0..100).filter(|_| device.enter().is_ok()).count(), 8);
        device.left();
        assert!(device.enter().is_ok() && device.enter().is_err());
    }
}
