//! What bounds the work that others can make (R-35, `trust.md` §4.3).
//!
//! Pure: the clock is a parameter, nothing here touches a socket. Per address
//! count only those who have not shown an approved certificate; a listed office
//! has numbers of its own; a device counts by itself. Every table is bounded.
//!
//! A dry run counts what rates, bans and shares would refuse and lets it pass.
//! What protects the gateway itself (connections, handshakes in flight, memory,
//! calls at the server) holds in a dry run, too.

mod adaptive;
mod bucket;
mod devices;
mod reason;
mod shown;
mod source;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_wire::gateway::{Ban, Limits, Office, Rate};

pub use adaptive::{Adaptive, Class, Went};
pub use bucket::Bucket;
pub use devices::{Device, Devices};
pub use reason::{Reason, Refusals, Whom};
pub use shown::{Shown, shown};
pub use source::{Offices, Share, Source};

/// Sources that are known at once. Those that would say nothing new are
/// forgotten first; when all say something, a new one is refused.
const MAX_SOURCES: usize = 65_536;

/// Bans at once.
const MAX_BANS: usize = 1000;

/// Violations are counted in windows of this length.
const WINDOW: Duration = Duration::from_secs(60);

/// A source that a device has connected from is not shut out before its
/// handshake for so long: the device may come back.
const VOUCHED: Duration = Duration::from_secs(24 * 3600);

/// Such a source may begin so many times as many handshakes at once: whether it is a
/// device's is known only afterwards, and many may stand behind one address.
/// What turns out to be a device's is given back.
const VOUCHED_TIMES: u32 = 10;

/// One in so many of the places that all share (connections, handshakes begun,
/// handshakes in a second) is kept for sources that a device has come from: whoever
/// takes all the others from many addresses does not lock out those at work.
const KEPT: u32 = 8;

/// A full table is searched for what can be forgotten so often, not for each
/// new source.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// The numbers in force.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// As configured.
    pub limits: Limits,
    /// Offices.
    pub offices: Offices,
}

impl Rules {
    /// Those of a gateway that its server has not told anything yet. It bans nobody:
    /// it cannot tell an office from a single address, and a fleet that comes back
    /// after a restart is no attack.
    pub fn until_configured() -> Self {
        let limits = Limits { ban_after: 0, ..Limits::default() };
        Self { limits, ..Self::default() }
    }

    /// From the configuration, and what in it cannot be worked by.
    pub fn new(limits: Limits, offices: &[Office]) -> (Self, Vec<String>) {
        let (offices, problems) = Offices::new(offices);
        (Self { limits, offices }, problems)
    }
}

/// What is known of one source.
#[derive(Debug, Default)]
struct Known {
    /// Connections without an approved certificate, handshakes included.
    connections: u32,
    /// Of them those whose handshake is over.
    strangers: u32,
    handshakes: Bucket,
    enrolment: Bucket,
    violations: u32,
    violations_since: Duration,
    vouched_until: Duration,
}

impl Known {
    /// Whether it would say nothing that a new one would not.
    fn says_nothing(&self, now: Duration) -> bool {
        self.connections == 0
            && self.handshakes.is_full(now)
            && self.enrolment.is_full(now)
            && (self.violations == 0 || now >= self.violations_since + WINDOW)
            && now >= self.vouched_until
    }
}

#[derive(Debug)]
struct BanEntry {
    until: Duration,
    until_wall: Timestamp,
    reason: Reason,
}

#[derive(Debug, Default)]
struct Tables {
    known: BTreeMap<Source, Known>,
    bans: BTreeMap<Source, BanEntry>,
    swept: Duration,
}

/// Admission by address, before anybody is known.
#[derive(Debug, Default)]
pub struct Admission {
    connections: AtomicU32,
    handshaking: AtomicU32,
    enrolling: AtomicU32,
    handshakes: Bucket,
    enrolment: Bucket,
    tables: Mutex<Tables>,
}

/// What [`Admission::accept`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Limits that would have refused it, were they not on trial.
    pub dry: Option<Reason>,
    /// The source is banned; only a device that shows itself may stay.
    pub devices_only: bool,
}

impl Admission {
    /// A connection was accepted; may it begin its handshake? Each `Ok` is
    /// followed by one [`Self::shaken`] and one [`Self::left`].
    ///
    /// # Errors
    /// The limit that refuses it.
    pub fn accept(&self, source: Source, rules: &Rules, now: Duration) -> Result<Accepted, Reason> {
        let limits = &rules.limits;
        let mut tables = self.tables.lock().expect("no holder panics");
        let banned = tables.bans.get(&source).is_some_and(|ban| now < ban.until);
        let vouched = tables.known.get(&source).is_some_and(|known| now < known.vouched_until);
        let share_of = |most: u32| if vouched { most } else { most - most / KEPT };
        enter(&self.connections, share_of(limits.connections)).map_err(|()| Reason::Connections)?;
        let undo_connection = || self.connections.fetch_sub(1, Ordering::Relaxed);
        if enter(&self.handshaking, share_of(limits.handshakes_in_flight)).is_err() {
            undo_connection();
            return Err(Reason::HandshakesInFlight);
        }
        let handshakes = Rate { burst: share_of(limits.handshakes.burst), ..limits.handshakes };
        let admitted = self.admit(&mut tables, source, (banned, vouched), rules, handshakes, now);
        if admitted.is_err() {
            undo_connection();
            self.handshaking.fetch_sub(1, Ordering::Relaxed);
        }
        admitted
    }

    fn admit(
        &self,
        tables: &mut Tables,
        source: Source,
        (banned, vouched): (bool, bool),
        rules: &Rules,
        handshakes: Rate,
        now: Duration,
    ) -> Result<Accepted, Reason> {
        let (limits, share) = (&rules.limits, rules.offices.share(source, &rules.limits));
        let known = tables.known(source, now).ok_or(Reason::ConnectionsOfAddress)?;
        let devices_only = banned && vouched;
        let share = if vouched { share.times(VOUCHED_TIMES) } else { share };
        let refused = if banned && !devices_only {
            Some(Reason::Banned)
        } else if known.connections >= share.connections {
            Some(Reason::ConnectionsOfAddress)
        } else if !known.handshakes.take(share.handshakes, now) {
            Some(Reason::HandshakesOfAddress)
        } else if !self.handshakes.take(handshakes, now) {
            known.handshakes.give_back(share.handshakes);
            Some(Reason::Handshakes)
        } else {
            None
        };
        match refused {
            Some(reason) if !limits.dry_run => Err(reason),
            dry => {
                known.connections += 1;
                Ok(Accepted { dry, devices_only: devices_only && !limits.dry_run })
            }
        }
    }

    /// Its handshake is over. An approved device is counted by itself from here
    /// on: its address gets back what it took. `false`: it may not stay, its
    /// address has too many already.
    pub fn shaken(&self, source: Source, device: bool, rules: &Rules, now: Duration) -> bool {
        self.handshaking.fetch_sub(1, Ordering::Relaxed);
        let share = rules.offices.share(source, &rules.limits);
        let mut tables = self.tables.lock().expect("no holder panics");
        let Some(known) = tables.known.get_mut(&source) else { return true };
        if device {
            known.connections = known.connections.saturating_sub(1);
            known.handshakes.give_back(share.handshakes);
            known.vouched_until = now + VOUCHED;
            return true;
        }
        known.strangers += 1;
        known.strangers <= share.connections || rules.limits.dry_run
    }

    /// The connection is over. `device`: as said to [`Self::shaken`].
    pub fn left(&self, source: Source, device: bool) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
        if device {
            return;
        }
        let mut tables = self.tables.lock().expect("no holder panics");
        if let Some(known) = tables.known.get_mut(&source) {
            known.connections = known.connections.saturating_sub(1);
            known.strangers = known.strangers.saturating_sub(1);
        }
    }

    /// Connections now.
    pub fn connections(&self) -> u32 {
        self.connections.load(Ordering::Relaxed)
    }

    /// A call of the enrolment class from somebody without an approved
    /// certificate. `Some`: the limit that refuses it (or would, in a dry run).
    pub fn enrol(&self, source: Source, rules: &Rules, now: Duration) -> Option<Reason> {
        let share = rules.offices.share(source, &rules.limits);
        let mut tables = self.tables.lock().expect("no holder panics");
        let Some(known) = tables.known(source, now) else {
            return Some(Reason::EnrolmentOfAddress);
        };
        if !known.enrolment.take(share.enrolment, now) {
            return Some(Reason::EnrolmentOfAddress);
        }
        if !self.enrolment.take(rules.limits.enrolment, now) {
            known.enrolment.give_back(share.enrolment);
            return Some(Reason::Enrolment);
        }
        None
    }

    /// A place among the calls of the enrolment class in progress. Each `true`
    /// is followed by one [`Self::enrolled`].
    pub fn begin_enrolment(&self, rules: &Rules) -> bool {
        enter(&self.enrolling, rules.limits.enrolment_in_flight).is_ok()
    }

    /// The call is over.
    pub fn enrolled(&self) {
        self.enrolling.fetch_sub(1, Ordering::Relaxed);
    }

    /// Something that speaks against a source was refused. `true`: it is banned
    /// from now on. Nothing is held against an office, or in a dry run.
    pub fn violated(
        &self,
        source: Source,
        reason: Reason,
        rules: &Rules,
        now: Duration,
        at: Timestamp,
    ) -> bool {
        let limits = &rules.limits;
        let share = rules.offices.share(source, limits);
        if !reason.is_violation() || !share.bannable || limits.ban_after == 0 {
            return false;
        }
        let mut tables = self.tables.lock().expect("no holder panics");
        let Some(known) = tables.known(source, now) else { return false };
        if now >= known.violations_since + WINDOW {
            (known.violations, known.violations_since) = (0, now);
        }
        known.violations = known.violations.saturating_add(1);
        if known.violations < limits.ban_after || limits.dry_run {
            return false;
        }
        known.violations = 0;
        let lasts = Duration::from_secs(u64::from(limits.ban_s));
        let (until, until_wall) = (now + lasts, at.plus(lasts));
        tables.ban(source, BanEntry { until, until_wall, reason }, now);
        true
    }

    /// The bans in force.
    pub fn bans(&self, rules: &Rules, now: Duration) -> Vec<Ban> {
        let tables = self.tables.lock().expect("no holder panics");
        let in_force = tables.bans.iter().filter(|(_, ban)| now < ban.until);
        in_force
            .map(|(source, ban)| Ban {
                address: rules.offices.name(*source),
                until: ban.until_wall,
                reason: ban.reason.as_str().to_owned(),
            })
            .collect()
    }

    /// Lifts bans, by the address as [`Self::bans`] tells it, or by any address
    /// that the ban holds. Says how many.
    pub fn lift(&self, addresses: &[String], rules: &Rules) -> usize {
        let mut tables = self.tables.lock().expect("no holder panics");
        let before = tables.bans.len();
        for text in addresses {
            let bare = text.strip_suffix("/64").unwrap_or(text);
            if let Ok(address) = bare.parse::<IpAddr>() {
                let source = rules.offices.source(address);
                tables.bans.remove(&source);
                if let Some(known) = tables.known.get_mut(&source) {
                    known.violations = 0;
                }
            }
        }
        before - tables.bans.len()
    }

    /// Forgets what says nothing any more. Every few seconds.
    pub fn sweep(&self, now: Duration) {
        self.tables.lock().expect("no holder panics").sweep(now);
    }
}

impl Tables {
    /// What is known of a source; `None` when the table is full of others.
    fn known(&mut self, source: Source, now: Duration) -> Option<&mut Known> {
        if self.known.len() >= MAX_SOURCES && !self.known.contains_key(&source) {
            if now >= self.swept + SWEEP_EVERY {
                self.sweep(now);
            }
            if self.known.len() >= MAX_SOURCES {
                return None;
            }
        }
        Some(self.known.entry(source).or_default())
    }

    fn ban(&mut self, source: Source, ban: BanEntry, now: Duration) {
        if self.bans.len() >= MAX_BANS && now >= self.swept + SWEEP_EVERY {
            self.sweep(now);
        }
        // The one that ends first makes room.
        if self.bans.len() >= MAX_BANS {
            let first =
                self.bans.iter().min_by_key(|(_, ban)| ban.until).map(|(source, _)| *source);
            first.and_then(|first| self.bans.remove(&first));
        }
        self.bans.insert(source, ban);
    }

    fn sweep(&mut self, now: Duration) {
        self.swept = now;
        self.known.retain(|_, known| !known.says_nothing(now));
        self.bans.retain(|_, ban| now < ban.until);
    }
}

/// One more, if there is room.
fn enter(count: &AtomicU32, most: u32) -> Result<(), ()> {
    let enter = |count: u32| (count < most).then_some(count + 1);
    count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enter).map(|_| ()).map_err(|_| ())
}

#[cfg(test)]
mod tests;
