//! Wake-ups inside this server: a device has orders, an order has moved, a
//! device was revoked. Signals carry nothing and may be spurious; whoever is
//! woken looks into the database.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

use sekisho_model::id::{DeviceId, OrderId};
use tokio::sync::{broadcast, watch};

/// The signals of this server.
#[derive(Clone, Debug)]
pub struct Bus {
    devices: Signals<DeviceId>,
    orders: Signals<OrderId>,
    revoked: Signals<DeviceId>,
    every: broadcast::Sender<Told>,
}

/// So many signals may wait for somebody who listens to all devices.
const EVERY: usize = 4096;

/// A signal of some device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It has something to fetch.
    Wake(DeviceId),
    /// It may no longer be connected.
    Revoked(DeviceId),
}

/// Somebody who listens to the signals of all devices.
#[derive(Debug)]
pub struct Everything(broadcast::Receiver<Told>);

impl Everything {
    /// The next signal; `None`: some were missed, and whoever listens has to
    /// look at everything.
    pub async fn heard(&mut self) -> Option<Told> {
        match self.0.recv().await {
            Ok(told) => Some(told),
            // The sender lives as long as the bus does.
            Err(broadcast::error::RecvError::Lagged(_)) => None,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }

    /// What waits already, without waiting.
    pub fn heard_already(&mut self) -> Option<Told> {
        self.0.try_recv().ok()
    }
}

impl Default for Bus {
    fn default() -> Self {
        Self {
            devices: Signals::default(),
            orders: Signals::default(),
            revoked: Signals::default(),
            every: broadcast::channel(EVERY).0,
        }
    }
}

impl Bus {
    /// A device has something to fetch.
    pub fn wake(&self, device: DeviceId) {
        self.devices.give(device);
        // Nobody may be listening.
        let _ = self.every.send(Told::Wake(device));
    }

    /// Listens for a device's wake-ups. Listen first, look second: what
    /// happens in between is not missed.
    pub fn listen(&self, device: DeviceId) -> Listener<DeviceId> {
        self.devices.listen(device)
    }

    /// Listens to the signals of all devices. Listen first, look second.
    pub fn listen_to_all(&self) -> Everything {
        Everything(self.every.subscribe())
    }

    /// An order has changed its state.
    pub fn order_changed(&self, order: OrderId) {
        self.orders.give(order);
    }

    /// Listens for changes of an order.
    pub fn listen_order(&self, order: OrderId) -> Listener<OrderId> {
        self.orders.listen(order)
    }

    /// A device may no longer be connected.
    pub fn revoke(&self, device: DeviceId) {
        self.revoked.give(device);
        let _ = self.every.send(Told::Revoked(device));
    }

    /// Listens for the revocation of a device.
    pub fn listen_revoked(&self, device: DeviceId) -> Listener<DeviceId> {
        self.revoked.listen(device)
    }
}

#[derive(Debug)]
struct Signals<K>(Arc<Mutex<HashMap<K, watch::Sender<u64>>>>);

impl<K> Clone for Signals<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K> Default for Signals<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Eq + Hash + Copy> Signals<K> {
    fn give(&self, key: K) {
        if let Some(sender) = self.0.lock().expect("no holder panics").get(&key) {
            sender.send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    fn listen(&self, key: K) -> Listener<K> {
        let receiver = self
            .0
            .lock()
            .expect("no holder panics")
            .entry(key)
            .or_insert_with(|| watch::channel(0).0)
            .subscribe();
        Listener { key, receiver: Some(receiver), signals: self.clone() }
    }
}

/// Somebody who listens. Forgotten when dropped: the table holds only keys
/// that somebody listens to.
#[derive(Debug)]
pub struct Listener<K: Eq + Hash + Copy> {
    key: K,
    receiver: Option<watch::Receiver<u64>>,
    signals: Signals<K>,
}

impl<K: Eq + Hash + Copy> Listener<K> {
    /// Waits for a signal given since this began to listen or last woke.
    pub async fn heard(&mut self) {
        let receiver = self.receiver.as_mut().expect("present until dropped");
        // The sender lives in the table as long as somebody listens.
        let _ = receiver.changed().await;
    }
}

impl<K: Eq + Hash + Copy> Drop for Listener<K> {
    fn drop(&mut self) {
        drop(self.receiver.take());
        let mut table = self.signals.0.lock().expect("no holder panics");
        if table.get(&self.key).is_some_and(|sender| sender.receiver_count() == 0) {
            table.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::Timestamp;
    use sekisho_model::rng::SeededRng;

    #[tokio::test]
    async fn a_signal_between_listening_and_waiting_is_heard() {
        let bus = Bus::default();
        let device = DeviceId::at(Timestamp::EPOCH, &SeededRng::new(1));
        let mut listener = bus.listen(device);
        bus.wake(device);
        listener.heard().await;
    }

    #[tokio::test]
    async fn who_listens_to_all_hears_each_or_that_some_were_missed() {
        let bus = Bus::default();
        let device = DeviceId::at(Timestamp::EPOCH, &SeededRng::new(1));
        let mut all = bus.listen_to_all();
        bus.wake(device);
        bus.revoke(device);
        assert_eq!(all.heard().await, Some(Told::Wake(device)));
        assert_eq!(all.heard_already(), Some(Told::Revoked(device)));
        assert_eq!(all.heard_already(), None);
        for _ in 0..=EVERY {
            bus.wake(device);
        }
        assert_eq!(all.heard().await, None, "more than may wait");
        assert_eq!(all.heard().await, Some(Told::Wake(device)));
    }

    #[test]
    fn nobody_listening_leaves_nothing_behind() {
        let bus = Bus::default();
        let device = DeviceId::at(Timestamp::EPOCH, &SeededRng::new(1));
        let (one, two) = (bus.listen(device), bus.listen(device));
        drop(one);
        assert_eq!(bus.devices.0.lock().expect("free").len(), 1);
        drop(two);
        assert!(bus.devices.0.lock().expect("free").is_empty());
        bus.wake(device);
        assert!(bus.devices.0.lock().expect("free").is_empty());
    }
}
