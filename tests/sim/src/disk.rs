//! The agent's disk: loses what was not synced, and can lose power before or
//! after each of its operations.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sekisho_platform::disk::{Disk, Fault, MemoryDisk};

use crate::host::Cut;

/// What happens at a disk operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DiskEvent {
    /// The power goes out before it.
    CutBefore,
    /// The power goes out after it.
    CutAfter,
    /// It fails, once.
    Fail(Fault),
    /// It and every later one fails until somebody helps.
    Broken,
}

/// A disk. Clones are the same disk.
#[derive(Clone, Debug)]
pub(crate) struct SimDisk {
    disk: MemoryDisk,
    plan: Arc<Mutex<Plan>>,
    /// The teeth test's disk says that it synced, and did not.
    lies: bool,
}

#[derive(Debug, Default)]
struct Plan {
    next: Option<(u32, DiskEvent)>,
    broken: bool,
    faults: u64,
}

impl SimDisk {
    pub(crate) fn new(disk: MemoryDisk, lies: bool) -> Self {
        Self { disk, plan: Arc::default(), lies }
    }

    /// What is on it.
    pub(crate) const fn disk(&self) -> &MemoryDisk {
        &self.disk
    }

    /// Something happens at the nth operation from now.
    pub(crate) fn plan(&self, nth: u32, event: DiskEvent) {
        self.plans().next = Some((nth, event));
    }

    /// Nothing that was planned happens any more.
    pub(crate) fn heal(&self) {
        let mut plan = self.plans();
        plan.next = None;
        plan.broken = false;
    }

    /// Faults that happened since this was asked.
    pub(crate) fn take_faults(&self) -> u64 {
        std::mem::take(&mut self.plans().faults)
    }

    fn plans(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happens at this operation.
    fn event(&self) -> Option<DiskEvent> {
        let mut plan = self.plans();
        if plan.broken {
            return Some(DiskEvent::Broken);
        }
        match plan.next {
            Some((0, event)) => {
                plan.next = None;
                plan.faults += 1;
                plan.broken = event == DiskEvent::Broken;
                Some(event)
            }
            Some((nth, event)) => {
                plan.next = Some((nth - 1, event));
                None
            }
            None => None,
        }
    }

    fn operation<T>(&self, operate: impl FnOnce(&MemoryDisk) -> io::Result<T>) -> io::Result<T> {
        match self.event() {
            None => operate(&self.disk),
            Some(DiskEvent::CutBefore) => Cut::Power.now(),
            Some(DiskEvent::CutAfter) => {
                let _ = operate(&self.disk);
                Cut::Power.now();
            }
            Some(DiskEvent::Fail(fault)) => {
                self.disk.fail_at(0, fault);
                operate(&self.disk)
            }
            Some(DiskEvent::Broken) => {
                self.disk.fail_at(0, Fault::ReadOnly);
                operate(&self.disk)
            }
        }
    }
}

impl Disk for SimDisk {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        self.operation(|disk| disk.read(name))
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.operation(|disk| disk.list(dir))
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        self.operation(|disk| disk.create_dir(dir))
    }

    fn append(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.operation(|disk| disk.append(name, bytes))
    }

    fn truncate(&self, name: &str, len: u64) -> io::Result<()> {
        self.operation(|disk| disk.truncate(name, len))
    }

    fn write_atomic(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.operation(|disk| disk.write_atomic(name, bytes))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.operation(|disk| disk.remove(name))
    }

    fn sync_file(&self, name: &str) -> io::Result<()> {
        self.operation(|disk| if self.lies { Ok(()) } else { disk.sync_file(name) })
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.operation(|disk| if self.lies { Ok(()) } else { disk.sync_dir(dir) })
    }
}
