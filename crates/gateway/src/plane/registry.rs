//! The connections of agents that are open.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use sekisho_model::id::DeviceId;

use super::live::{Ending, Live};

/// Of the idle connections so many are closed at a time, when memory is short.
const SHED: usize = 500;

/// All open connections, by number: a higher number is newer.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    next: AtomicU64,
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    all: BTreeMap<u64, Arc<Live>>,
    devices: BTreeMap<DeviceId, Vec<u64>>,
}

impl Registry {
    /// A number for the next connection.
    pub(crate) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// A connection's handshake is over. A device that has more connections than
    /// `most` loses its oldest: they are most likely dead, and it has not
    /// noticed. `true`: one was ended.
    pub(crate) fn add(&self, live: Arc<Live>, most: u32) -> bool {
        let mut tables = self.tables.lock().expect("no holder panics");
        let mut ended = None;
        if let Some(device) = live.device {
            let of_device = tables.devices.entry(device).or_default();
            of_device.push(live.id);
            if of_device.len() > usize::try_from(most).unwrap_or(usize::MAX).max(1) {
                ended = Some(of_device.remove(0));
            }
        }
        tables.all.insert(live.id, live);
        let ended = ended.and_then(|number| tables.all.get(&number));
        if let Some(ended) = ended {
            ended.end(Ending::Now);
        }
        ended.is_some()
    }

    /// A connection is over.
    pub(crate) fn remove(&self, live: &Live) {
        let mut tables = self.tables.lock().expect("no holder panics");
        tables.all.remove(&live.id);
        let Some(device) = live.device else { return };
        if let Some(of_device) = tables.devices.get_mut(&device) {
            of_device.retain(|number| *number != live.id);
            if of_device.is_empty() {
                tables.devices.remove(&device);
            }
        }
    }

    /// Ends the connections of devices, now.
    pub(crate) fn end_devices(&self, which: impl Fn(DeviceId) -> bool) {
        let tables = self.tables.lock().expect("no holder panics");
        let chosen = tables.devices.iter().filter(|(device, _)| which(**device));
        for live in chosen.flat_map(|(_, numbers)| numbers).filter_map(|n| tables.all.get(n)) {
            live.end(Ending::Now);
        }
    }

    /// Ends all connections.
    pub(crate) fn end_all(&self, how: Ending) {
        for live in self.all() {
            live.end(how);
        }
    }

    /// All connections, oldest first.
    pub(crate) fn all(&self) -> Vec<Arc<Live>> {
        self.tables.lock().expect("no holder panics").all.values().cloned().collect()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.tables.lock().expect("no holder panics").all.len()
    }

    /// Ends some idle connections, newest first, those of nobody known before
    /// those of devices. Says how many.
    pub(crate) fn shed(&self) -> usize {
        let tables = self.tables.lock().expect("no holder panics");
        let idle = || tables.all.values().rev().filter(|live| live.is_idle());
        let strangers = idle().filter(|live| live.device.is_none());
        let devices = idle().filter(|live| live.device.is_some());
        let chosen = strangers.chain(devices).take(SHED);
        chosen.inspect(|live| live.end(Ending::Now)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Source;
    use sekisho_model::Timestamp;
    use sekisho_model::rng::SeededRng;

    fn live(registry: &Registry, device: Option<DeviceId>) -> Arc<Live> {
        let source = Source::V4([192, 0, 2, 1].into());
        let epoch = tokio::time::Instant::now();
        let number = registry.number();
        Arc::new(Live::new(number, [192, 0, 2, 1].into(), source, device, epoch))
    }

    fn device(n: u64) -> DeviceId {
        DeviceId::at(Timestamp::from_millis(1), &SeededRng::new(n))
    }

    #[test]
    fn a_device_with_too_many_connections_loses_its_oldest() {
        let registry = Registry::default();
        let lives: Vec<_> = (0..3).map(|_| live(&registry, Some(device(1)))).collect();
        let ended: Vec<_> = lives.iter().map(|live| registry.add(live.clone(), 2)).collect();
        assert_eq!(ended, [false, false, true]);
        let endings: Vec<_> = lives.iter().map(|live| live.ending()).collect();
        assert_eq!(endings, [Some(Ending::Now), None, None]);
        lives.iter().for_each(|live| registry.remove(live));
        assert_eq!(registry.count(), 0);
        assert!(registry.tables.lock().expect("free").devices.is_empty());
    }

    #[test]
    fn a_revoked_device_is_cut_off_and_no_other() {
        let registry = Registry::default();
        let lives: Vec<_> = [Some(device(1)), Some(device(2)), None, Some(device(1))]
            .into_iter()
            .map(|device| live(&registry, device))
            .collect();
        assert!(!lives.iter().any(|live| registry.add(live.clone(), 4)));
        registry.end_devices(|id| id == device(1));
        let ended: Vec<_> = lives.iter().map(|live| live.ending().is_some()).collect();
        assert_eq!(ended, [true, false, false, true]);
    }

    #[test]
    fn strangers_that_idle_are_shed_first_and_what_works_is_not() {
        let registry = Registry::default();
        let busy = live(&registry, None);
        let (_request, _) = busy.request();
        registry.add(busy.clone(), 4);
        let known = live(&registry, Some(device(1)));
        registry.add(known.clone(), 4);
        let strangers: Vec<_> = (0..SHED).map(|_| live(&registry, None)).collect();
        assert!(!strangers.iter().any(|live| registry.add(live.clone(), 4)));
        assert_eq!(registry.shed(), SHED);
        assert!(strangers.iter().all(|live| live.ending().is_some()));
        assert_eq!((busy.ending(), known.ending()), (None, None));
        strangers.iter().for_each(|live| registry.remove(live));
        assert_eq!(registry.shed(), 1);
        assert_eq!((busy.ending(), known.ending()), (None, Some(Ending::Now)));
    }
}
