//! Who is connected, and what they last said.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::event::{Actor, Event};
use sekisho_model::id::GatewayId;
use sekisho_wire::gateway::{GatewayStatus, ToGateway};
use serde::Serialize;
use tokio::sync::{Notify, mpsc, watch};

use super::dial::LinkIdentity;
use crate::shutdown::{Shutdown, Stopper, shutdown};

/// The gateways that are connected.
#[derive(Clone)]
pub struct Gateways(Arc<Inner>);

struct Inner {
    live: Mutex<HashMap<GatewayId, Live>>,
    /// Counts what a configuration may be different after.
    changed: watch::Sender<u64>,
    /// The highest version of a configuration that was signed.
    version: Mutex<u64>,
    pub(super) identity: Mutex<Option<Arc<LinkIdentity>>>,
}

/// Why a gateway is not connected, or was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) topic: Topic,
    pub(super) sentence: String,
}

/// What it is about, for those who read another language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Topic {
    /// Nobody answers at its address.
    Unreachable,
    /// Somebody else answers there.
    OtherKey,
    /// It does not take the connection.
    NotTaken,
    /// It belongs to another major version of the link.
    LinkVersion,
    /// What it said was refused.
    RefusedHere,
    /// This server cannot dial at the moment.
    NotDialled,
}

/// A gateway, as far as this server knows it now.
struct Live {
    links: (Stopper, Shutdown),
    tunnels: (Stopper, Shutdown),
    again: Arc<Notify>,
    connections: usize,
    wanted: u16,
    /// It is being revoked: it gets no connection any more.
    parting: bool,
    calls: u16,
    trouble: Option<Trouble>,
    instances: BTreeMap<u64, Instance>,
    told: Presence,
    /// Control streams that are open.
    controls: usize,
    /// When certificates were issued to it, in the last hour.
    issued: VecDeque<Timestamp>,
    /// When it was last put on record that it does not take its configuration.
    refusal_told_at: Option<Timestamp>,
    /// Since when there is no control stream.
    silent_since: Option<Timestamp>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            links: shutdown(),
            tunnels: shutdown(),
            again: Arc::default(),
            connections: 0,
            wanted: FIRST_CONNECTIONS,
            parting: false,
            calls: 0,
            trouble: None,
            instances: BTreeMap::new(),
            told: Presence::Unknown,
            controls: 0,
            issued: VecDeque::new(),
            refusal_told_at: None,
            silent_since: None,
        }
    }
}

/// How many connections are made to a gateway that has not said how many it
/// wants.
const FIRST_CONNECTIONS: u16 = 2;

/// The most connections of the link that a gateway gets.
const MAX_CONNECTIONS: u16 = 16;

/// The most control streams of one gateway at once. Each of its processes has
/// one; the server's end of a broken one may live a little longer.
const MAX_CONTROLS: usize = 8;

/// The most certificates that one gateway gets in [`HOUR`].
const MAX_CERTIFICATES: usize = 20;
const HOUR: Duration = Duration::from_secs(3600);

/// How often it is put on record that a gateway does not take its configuration.
const TELL_REFUSAL_EVERY: Duration = Duration::from_secs(600);

/// The most connections for calls that a gateway gets.
const MAX_CALLS: u16 = 128;

/// What the audit log says of a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Unknown,
    Connected,
    Lost,
}

/// A process of a gateway: during an upgrade there are two.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    /// Its program's version.
    pub(super) software: String,
    /// Where it is connected from, or to.
    pub(super) peer: String,
    /// Since when.
    pub(super) since: Timestamp,
    /// When it last said something.
    pub(super) heard_at: Timestamp,
    /// The newest configuration that was sent to it.
    pub(super) sent: u64,
    /// What it last said.
    pub(super) status: Option<GatewayStatus>,
    /// What is said to it beside its configuration.
    pub(super) control: mpsc::Sender<ToGateway>,
}

/// A gateway, to be shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) connections: usize,
    pub(super) trouble: Option<Trouble>,
    pub(super) instances: Vec<Instance>,
}

impl Default for Gateways {
    fn default() -> Self {
        Self(Arc::new(Inner {
            live: Mutex::default(),
            changed: watch::channel(0).0,
            version: Mutex::default(),
            identity: Mutex::default(),
        }))
    }
}

impl Gateways {
    /// Hears of what was committed.
    pub fn note(&self, events: &[(Actor, Event)]) {
        if events.iter().any(|(_, event)| concerns(event)) {
            self.change();
        }
    }

    /// Configurations may be different from now on.
    pub(super) fn change(&self) {
        self.0.changed.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Watches for that.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    /// The version of the next configuration: the time in milliseconds, and
    /// always above what was signed before or is held by the gateway. A database
    /// that was put back does not lower it. What one gateway says it holds is
    /// nothing to the others; `None`: there is nothing above it.
    pub(super) fn next_version(&self, now: Timestamp, held: Option<u64>) -> Option<u64> {
        let now = u64::try_from(now.as_millis()).unwrap_or(0);
        let mut version = self.0.version.lock().expect("no holder panics");
        *version = now.max(version.saturating_add(1));
        Some((*version).max(held.unwrap_or(0).checked_add(1)?))
    }

    /// The server's certificate for the link.
    pub(super) fn identity(&self) -> MutexGuard<'_, Option<Arc<LinkIdentity>>> {
        self.0.identity.lock().expect("no holder panics")
    }

    fn with<T>(&self, gateway: GatewayId, act: impl FnOnce(&mut Live) -> T) -> T {
        act(self.live().entry(gateway).or_default())
    }

    fn live(&self) -> MutexGuard<'_, HashMap<GatewayId, Live>> {
        self.0.live.lock().expect("no holder panics")
    }

    /// Ends every connection of a gateway at once and forgets it.
    pub(super) fn close(&self, gateway: GatewayId) {
        // What its connections watch ends hard when it is dropped.
        self.live().remove(&gateway);
    }

    /// What the connections of a gateway watch.
    pub(super) fn links(&self, gateway: GatewayId) -> Shutdown {
        self.with(gateway, |live| live.links.1.clone())
    }

    /// What the streams that pass through a gateway watch.
    pub(super) fn tunnels(&self, gateway: GatewayId) -> Shutdown {
        self.with(gateway, |live| live.tunnels.1.clone())
    }

    /// Ends the streams that pass through a gateway.
    pub(super) fn close_tunnels(&self, gateway: GatewayId) {
        self.with(gateway, |live| live.tunnels = shutdown());
    }

    /// How many connections a gateway gets.
    pub(super) fn wanted(&self, gateway: GatewayId) -> usize {
        self.with(gateway, |live| usize::from(live.wanted))
    }

    /// How many connections for calls a gateway gets.
    pub(super) fn calls(&self, gateway: GatewayId) -> usize {
        self.with(gateway, |live| usize::from(live.calls))
    }

    /// Told when another process of a gateway waits to be dialled.
    pub(super) fn again(&self, gateway: GatewayId) -> Arc<Notify> {
        self.with(gateway, |live| live.again.clone())
    }

    /// Whether a gateway is to get no connection any more, because it is being
    /// revoked.
    pub(super) fn part(&self, gateway: GatewayId, parting: bool) {
        if let Some(live) = self.live().get_mut(&gateway) {
            live.parting = parting;
        }
    }

    /// Whether it is.
    pub(super) fn is_parting(&self, gateway: GatewayId) -> bool {
        self.live().get(&gateway).is_some_and(|live| live.parting)
    }

    /// A connection is there.
    pub(super) fn connected(&self, gateway: GatewayId) -> Connected {
        self.with(gateway, |live| {
            live.connections += 1;
            live.trouble = None;
        });
        Connected { gateways: self.clone(), gateway }
    }

    /// A connection could not be made.
    pub(super) fn failed(&self, gateway: GatewayId, topic: Topic, sentence: String) {
        self.with(gateway, |live| live.trouble = Some(Trouble { topic, sentence }));
    }

    /// A process of a gateway has opened its control stream. Returns whether
    /// that is to be put on record.
    pub(super) fn opened(
        &self,
        gateway: GatewayId,
        id: u64,
        instance: Instance,
        (wanted, calls): (u16, u16),
    ) -> bool {
        self.with(gateway, |live| {
            live.wanted = wanted.clamp(FIRST_CONNECTIONS, MAX_CONNECTIONS);
            live.calls = calls.min(MAX_CALLS);
            live.instances.insert(id, instance);
            live.silent_since = None;
            let is_news = live.told != Presence::Connected;
            live.told = Presence::Connected;
            is_news
        })
    }

    /// One more control stream, until what is returned is dropped; `None`: there
    /// are enough.
    pub(super) fn control(&self, gateway: GatewayId) -> Option<ControlStream> {
        self.with(gateway, |live| {
            (live.controls < MAX_CONTROLS).then(|| live.controls += 1)?;
            Some(ControlStream { gateways: self.clone(), gateway })
        })
    }

    /// Counts a certificate; says whether the gateway may have it.
    pub(super) fn may_issue(&self, gateway: GatewayId, now: Timestamp) -> bool {
        self.with(gateway, |live| {
            live.issued.retain(|at| now.since(*at) < HOUR);
            let may = live.issued.len() < MAX_CERTIFICATES;
            if may {
                live.issued.push_back(now);
            }
            may
        })
    }

    /// Whether it is to be put on record now that a gateway does not take its
    /// configuration.
    pub(super) fn tells_refusal(&self, gateway: GatewayId, now: Timestamp) -> bool {
        self.with(gateway, |live| {
            let is_news = live.refusal_told_at.is_none_or(|at| now.since(at) >= TELL_REFUSAL_EVERY);
            if is_news {
                live.refusal_told_at = Some(now);
            }
            is_news
        })
    }

    /// Changes what is known of a process.
    pub(super) fn update(&self, gateway: GatewayId, id: u64, act: impl FnOnce(&mut Instance)) {
        if let Some(live) = self.live().get_mut(&gateway)
            && let Some(instance) = live.instances.get_mut(&id)
        {
            act(instance);
        }
    }

    /// A control stream has ended, unless it was replaced meanwhile.
    pub(super) fn ended(&self, gateway: GatewayId, id: u64, since: Timestamp, now: Timestamp) {
        if let Some(live) = self.live().get_mut(&gateway) {
            if live.instances.get(&id).is_some_and(|instance| instance.since == since) {
                live.instances.remove(&id);
            }
            if live.instances.is_empty() {
                live.silent_since = Some(now);
            }
        }
    }

    /// For how long a gateway has been silent, if that is to be put on record
    /// now. Not more often than it comes back in between.
    pub(super) fn lost(&self, gateway: GatewayId, now: Timestamp) -> Option<u64> {
        self.with(gateway, |live| {
            if !live.instances.is_empty() || live.told == Presence::Lost {
                return None;
            }
            let since = *live.silent_since.get_or_insert(now);
            let silent = now.since(since);
            (silent >= super::dial::LOST_AFTER).then(|| {
                live.told = Presence::Lost;
                silent.as_secs()
            })
        })
    }

    /// What is known of a gateway now.
    pub(super) fn seen(&self, gateway: GatewayId) -> Seen {
        self.live().get(&gateway).map_or_else(Seen::default, |live| Seen {
            connections: live.connections,
            trouble: live.trouble.clone(),
            instances: live.instances.values().cloned().collect(),
        })
    }
}

/// A connection of a gateway; not there any more when dropped.
pub(super) struct Connected {
    gateways: Gateways,
    gateway: GatewayId,
}

/// A control stream of a gateway; not there any more when dropped.
pub(super) struct ControlStream {
    gateways: Gateways,
    gateway: GatewayId,
}

impl Drop for ControlStream {
    fn drop(&mut self) {
        if let Some(live) = self.gateways.live().get_mut(&self.gateway) {
            live.controls = live.controls.saturating_sub(1);
        }
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        if let Some(live) = self.gateways.live().get_mut(&self.gateway) {
            live.connections = live.connections.saturating_sub(1);
        }
    }
}

/// Whether a configuration may be different after an event.
const fn concerns(event: &Event) -> bool {
    matches!(
        event,
        Event::DeviceApproved { .. }
            | Event::DeviceBlocked { .. }
            | Event::DeviceUnblocked { .. }
            | Event::DeviceResumed { .. }
            | Event::DeviceCloned { .. }
            | Event::DeviceEnrolled { .. }
            | Event::AgentDeleted { .. }
            | Event::BundlePublished { .. }
            | Event::BundlesTakenOver { .. }
            | Event::LostKeysReplaced { .. }
            | Event::GatewaysPublished { .. }
            | Event::GatewayPaired { .. }
            | Event::GatewayChanged { .. }
            | Event::GatewayRevoked { .. }
            | Event::GatewayLimitsChanged { .. }
            | Event::PublicNameChanged { .. }
            | Event::OfficeCreated { .. }
            | Event::OfficeChanged { .. }
            | Event::OfficeDeleted { .. }
    )
}

#[cfg(test)]
mod tests {
    use sekisho_model::rng::SeededRng;

    use super::*;

    fn id() -> GatewayId {
        GatewayId::at(Timestamp::EPOCH, &SeededRng::new(1))
    }

    #[test]
    fn versions_rise_whatever_the_clock_says() {
        let gateways = Gateways::default();
        let at = Timestamp::from_millis;
        assert_eq!(gateways.next_version(at(1000), None), Some(1000));
        assert_eq!(gateways.next_version(at(1000), None), Some(1001));
        assert_eq!(gateways.next_version(at(10), None), Some(1002), "a clock that went back");
        assert_eq!(gateways.next_version(at(10), Some(5000)), Some(5001), "what it holds");
        assert_eq!(gateways.next_version(at(10), Some(u64::MAX)), None, "nothing is above that");
        assert_eq!(gateways.next_version(at(10), None), Some(1005), "another's word is its own");
        assert_eq!(gateways.next_version(at(9000), None), Some(9000));
    }

    #[test]
    fn a_gateway_that_comes_and_goes_is_on_record_once_each() {
        let gateways = Gateways::default();
        let at = |s: i64| Timestamp::from_millis(s * 1000);
        assert_eq!(gateways.lost(id(), at(0)), None);
        assert_eq!(gateways.lost(id(), at(31)), Some(31));
        assert_eq!(gateways.lost(id(), at(90)), None, "told already");
        let instance = |since| Instance {
            software: String::new(),
            peer: String::new(),
            since,
            heard_at: since,
            sent: 0,
            status: None,
            control: mpsc::channel(1).0,
        };
        assert!(gateways.opened(id(), 7, instance(at(100)), (4, 32)));
        assert_eq!((gateways.wanted(id()), gateways.calls(id())), (4, 32));
        gateways.ended(id(), 7, at(100), at(101));
        assert!(!gateways.opened(id(), 8, instance(at(102)), (1, u16::MAX)), "it was hardly away");
        assert_eq!(gateways.wanted(id()), 2, "at least two");
        assert_eq!(gateways.calls(id()), usize::from(MAX_CALLS), "no more than that");
        gateways.ended(id(), 8, at(102), at(103));
        assert_eq!(gateways.lost(id(), at(110)), None);
        assert_eq!(gateways.lost(id(), at(140)), Some(37));
    }

    #[test]
    fn what_one_gateway_can_make_the_server_do_is_bounded() {
        let gateways = Gateways::default();
        let at = |s: i64| Timestamp::from_millis(s * 1000);
        let held: Vec<_> = (0..8).map(|_| gateways.control(id()).expect("one more")).collect();
        assert!(gateways.control(id()).is_none());
        drop(held);
        assert!(gateways.control(id()).is_some());

        assert_eq!((0..30).filter(|_| gateways.may_issue(id(), at(0))).count(), 20);
        assert!(!gateways.may_issue(id(), at(3599)));
        assert!(gateways.may_issue(id(), at(3600)));

        assert!(gateways.tells_refusal(id(), at(0)));
        assert!(!gateways.tells_refusal(id(), at(599)));
        assert!(gateways.tells_refusal(id(), at(600)));
    }

    #[tokio::test]
    async fn closing_a_gateway_ends_what_watches_it() {
        let gateways = Gateways::default();
        let (links, tunnels) = (gateways.links(id()), gateways.tunnels(id()));
        gateways.close_tunnels(id());
        tunnels.hard().await;
        assert!(!links.is_stopping());
        gateways.close(id());
        links.hard().await;
    }
}
