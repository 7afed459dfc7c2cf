//! What all threads of the data plane share.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use sekisho_link::ServerTime;
use sekisho_model::id::DeviceId;
use sekisho_model::rng::{random_bytes, uniform};
use sekisho_model::{Clock, Rng, Timestamp};
use sekisho_wire::gateway::{
    CertificateStatus, FromGateway, GatewayListeners, GatewayTopic, NameSeen, route_lines,
};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::filter::routes::Routes;
use crate::fit::fit;
use crate::limits::{Adaptive, Admission, Devices, Reason, Refusals, Rules, Source, Whom};
use crate::link::Upstream;
use crate::park::Parked;
use crate::parts::{Identity, Keeper, Paired, Parts, PublicCertificate, Timeouts};
use crate::plane::{Live, Registry};
use crate::snapshot::{Remark, Snapshot, about};
use crate::tls::{self, Shown, TlsSetup};

/// Messages that wait for the control stream.
const OUTBOX: usize = 64;

/// Devices revoked since the last configuration, at most: then the
/// configuration follows at once.
const MAX_REVOKED: usize = 100_000;

/// Sentences about what does not go as it should.
const MAX_PROBLEMS: usize = 20;

/// Threads of the lobby, at most.
const MOST_IN_LOBBY: usize = 4;

/// How far memory is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pressure {
    /// Enough is free.
    None,
    /// No new connections.
    High,
    /// Idle connections are closed.
    Highest,
}

/// What requests are answered by; replaced whole.
#[derive(Clone)]
pub(crate) struct Work {
    /// The configuration; `None`: not configured yet.
    pub(crate) snapshot: Option<Arc<Snapshot>>,
    /// Its routes; those of this version while there is none.
    pub(crate) routes: Routes,
    /// Its limits; the defaults while there is none.
    pub(crate) rules: Rules,
    /// TLS for agents.
    pub(crate) agents: Arc<ServerConfig>,
    /// What of the configuration this machine or program cannot do.
    local_problems: Vec<Remark>,
}

/// What is counted since the start.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Requests that the server answered.
    pub(crate) relayed: AtomicU64,
    /// Handshakes ended well, of agents.
    pub(crate) handshakes: AtomicU64,
    /// Streams that pass through now.
    pub(crate) pass_through: AtomicUsize,
    /// Connections on the private listener now that are none of the link.
    pub(crate) private: AtomicUsize,
}

/// How the control stream is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contact {
    /// Since when it stands.
    pub(crate) since: Option<Timestamp>,
    /// When something was last heard of the server.
    pub(crate) heard: Option<Timestamp>,
}

/// See the module.
pub(crate) struct Hub {
    /// Which process of the gateway this is.
    pub(crate) instance: u64,
    /// This program's version.
    pub(crate) version: String,
    /// What was not there at the start and need not be.
    pub(crate) notes: Vec<String>,
    /// Where it listens, as it is set.
    pub(crate) listeners: GatewayListeners,
    /// Worker threads.
    pub(crate) workers: usize,
    /// When it started.
    pub(crate) epoch: Instant,
    /// Time.
    pub(crate) clock: Arc<dyn Clock>,
    /// The server's clock, once it has told it.
    pub(crate) time: ServerTime,
    /// Randomness.
    pub(crate) rng: Arc<dyn Rng>,
    /// The process.
    pub(crate) keeper: Arc<dyn Keeper>,
    /// How long things may take.
    pub(crate) timeouts: Timeouts,
    /// Admission by address.
    pub(crate) admission: Admission,
    /// What each device may do.
    pub(crate) devices: Devices,
    /// The second limiter.
    pub(crate) relay: Adaptive,
    /// What was refused.
    pub(crate) refusals: Refusals,
    /// The link.
    pub(crate) upstream: Upstream,
    /// Parked waits.
    pub(crate) parked: Parked,
    /// Connections of agents.
    pub(crate) registry: Registry,
    /// Counters.
    pub(crate) counters: Counters,
    /// Told when the pairing changes.
    pub(crate) pairing: watch::Sender<u64>,
    /// Whether TLS passes through at the moment.
    pub(crate) pass_through: watch::Sender<bool>,
    /// To the server.
    pub(crate) outbox: mpsc::Sender<FromGateway>,
    /// Told with each change of [`Hub::is_ready`].
    pub(crate) ready: watch::Sender<bool>,
    /// Resident memory, in bytes.
    pub(crate) memory_bytes: AtomicU64,
    pressure: AtomicU8,
    shown: Arc<Shown>,
    certificate: RwLock<Option<CertificateStatus>>,
    identity: RwLock<Identity>,
    paired: RwLock<Option<Paired>>,
    private: RwLock<(Arc<ServerConfig>, u64)>,
    /// Who changes identity, pairing or trust does it alone.
    changing: Mutex<()>,
    /// A copy for each thread: to count who has it would have them all write to
    /// one place with each request.
    work: Vec<Alone<RwLock<Arc<Work>>>>,
    /// One at a time replaces them.
    replacing: Mutex<()>,
    revoked: RwLock<BTreeSet<DeviceId>>,
    /// Whether there are any: asked with each request.
    any_revoked: AtomicBool,
    /// The configuration that came last asks for what this gateway cannot do.
    unworkable: AtomicBool,
    contact: Mutex<Contact>,
    names: Mutex<Vec<NameSeen>>,
    problems: Mutex<Vec<Remark>>,
}

/// [`Parts`] without the sockets, which the acceptors take.
impl Hub {
    /// From the parts, and what the control stream sends.
    ///
    /// # Errors
    /// When TLS cannot be set up with the key of the link.
    pub(crate) fn new(parts: &Parts) -> Result<(Arc<Self>, mpsc::Receiver<FromGateway>), TlsSetup> {
        let (outbox, messages) = mpsc::channel(OUTBOX);
        let time = ServerTime::new(parts.clock.clone());
        let shown = Arc::new(Shown::default());
        let trust = parts.paired.as_ref().map(|paired| paired.trust.clone());
        let private = tls::private(&parts.identity, trust, &time)?;
        let work = work(None, &shown, &time)?;
        let hub = Self {
            instance: u64::from_le_bytes(random_bytes(&*parts.rng)),
            version: parts.version.clone(),
            notes: parts.notes.clone(),
            listeners: parts.listeners.addresses(),
            workers: parts.workers.max(1),
            epoch: Instant::now(),
            clock: parts.clock.clone(),
            time,
            rng: parts.rng.clone(),
            keeper: parts.keeper.clone(),
            timeouts: parts.timeouts,
            admission: Admission::default(),
            devices: Devices::default(),
            relay: Adaptive::new(work.rules.limits.relayed_in_flight),
            refusals: Refusals::default(),
            upstream: Upstream::new(parts.workers.max(1)),
            parked: Parked::default(),
            registry: Registry::default(),
            counters: Counters::default(),
            pairing: watch::Sender::new(0),
            pass_through: watch::Sender::new(false),
            outbox,
            ready: watch::Sender::new(false),
            memory_bytes: AtomicU64::new(0),
            pressure: AtomicU8::new(0),
            shown,
            certificate: RwLock::new(None),
            identity: RwLock::new(parts.identity.clone()),
            paired: RwLock::new(parts.paired.clone()),
            private: RwLock::new((Arc::new(private), 0)),
            changing: Mutex::default(),
            work: copies(work, threads(parts.workers.max(1)))
                .map(|work| Alone(RwLock::new(work)))
                .collect(),
            replacing: Mutex::default(),
            revoked: RwLock::default(),
            any_revoked: AtomicBool::new(false),
            unworkable: AtomicBool::new(false),
            contact: Mutex::default(),
            names: Mutex::default(),
            problems: Mutex::default(),
        };
        hub.show(parts.public.clone());
        Ok((Arc::new(hub), messages))
    }

    /// What requests are answered by.
    pub(crate) fn work(&self) -> Arc<Work> {
        self.work_of(0)
    }

    /// The same, as a thread has it for itself.
    pub(crate) fn work_of(&self, thread: usize) -> Arc<Work> {
        self.work[thread].0.read().expect("no holder panics").clone()
    }

    fn work_by(&self, work: Work) {
        let _one = self.replacing.lock().expect("no holder panics");
        for (place, copy) in self.work.iter().zip(copies(work, self.threads())) {
            *place.0.write().expect("no holder panics") = copy;
        }
    }

    fn forget_revoked(&self) {
        let mut revoked = self.revoked.write().expect("no holder panics");
        revoked.clear();
        self.any_revoked.store(false, Ordering::Release);
    }

    /// TLS of the private listener, and the pairing that it is for.
    pub(crate) fn private(&self) -> (Arc<ServerConfig>, u64) {
        self.private.read().expect("no holder panics").clone()
    }

    /// The site this gateway belongs to.
    pub(crate) fn paired(&self) -> Option<Paired> {
        self.paired.read().expect("no holder panics").clone()
    }

    /// The key of the link.
    pub(crate) fn identity(&self) -> Identity {
        self.identity.read().expect("no holder panics").clone()
    }

    /// Threads that serve connections: the workers, and behind them those of the
    /// lobby.
    pub(crate) fn threads(&self) -> usize {
        threads(self.workers)
    }

    /// Connections of the link that are wanted.
    pub(crate) fn connections(&self) -> u16 {
        u16::try_from(self.workers.clamp(2, 16)).unwrap_or(16)
    }

    /// Connections for calls that are wanted.
    pub(crate) fn calls(&self) -> u16 {
        u16::try_from(self.workers.saturating_mul(32).clamp(32, 128)).unwrap_or(128)
    }

    /// Whether it relays: it is configured and the server is there.
    pub(crate) fn is_ready(&self) -> bool {
        self.work().snapshot.is_some() && !self.upstream.is_empty()
    }

    /// Whether gateway and server work by one version; `None`: not known, as no
    /// configuration has come.
    pub(crate) fn is_compatible(&self) -> Option<bool> {
        match self.unworkable.load(Ordering::Relaxed) {
            true => Some(false),
            false => self.work().snapshot.is_some().then_some(true),
        }
    }

    /// A configuration came that this gateway can work by, or cannot.
    pub(crate) fn judged(&self, workable: bool) {
        self.unworkable.store(!workable, Ordering::Relaxed);
    }

    /// Looks again whether it relays.
    pub(crate) fn tell_ready(&self) {
        let ready = self.is_ready();
        self.ready.send_if_modified(|was| std::mem::replace(was, ready) != ready);
    }

    /// The certificate of the public listeners.
    pub(crate) fn certificate(&self) -> Option<CertificateStatus> {
        self.certificate.read().expect("no holder panics").clone()
    }

    /// What the public names lead to, as this machine's resolver says.
    pub(crate) fn names(&self) -> Vec<NameSeen> {
        self.names.lock().expect("no holder panics").clone()
    }

    /// The public names were looked up.
    pub(crate) fn resolved(&self, names: Vec<NameSeen>) {
        *self.names.lock().expect("no holder panics") = names;
    }

    /// From now on this certificate is shown to agents.
    pub(crate) fn show(&self, public: Option<PublicCertificate>) {
        let (key, status) = public.map(|public| (public.key, public.status)).unzip();
        self.shown.set(key);
        *self.certificate.write().expect("no holder panics") = status;
    }

    /// Another certificate of the link.
    ///
    /// # Errors
    /// When it cannot be used; then the former one stays.
    pub(crate) fn identify(&self, identity: Identity) -> Result<(), TlsSetup> {
        let _alone = self.changing.lock().expect("no holder panics");
        let trust = self.paired().map(|paired| paired.trust);
        let private = tls::private(&identity, trust, &self.time)?;
        *self.identity.write().expect("no holder panics") = identity;
        self.shake_hands_by(private, self.another_pairing());
        Ok(())
    }

    /// The gateway belongs to another site, or to none. What came from the
    /// former one is forgotten and its links are closed.
    ///
    /// # Errors
    /// When TLS cannot be set up; then nothing changes.
    pub(crate) fn pair(&self, paired: Option<Paired>) -> Result<(), TlsSetup> {
        let _alone = self.changing.lock().expect("no holder panics");
        let trust = paired.as_ref().map(|paired| paired.trust.clone());
        let private = tls::private(&self.identity(), trust, &self.time)?;
        let work = work(None, &self.shown, &self.time)?;
        *self.paired.write().expect("no holder panics") = paired;
        self.work_by(work);
        self.forget_revoked();
        self.judged(true);
        self.pass_through.send_replace(false);
        // A link of the former server that comes from now on is noticed by its number.
        let changes = self.another_pairing();
        self.upstream.close_all();
        self.registry.end_all(crate::plane::Ending::Gently);
        // The new server comes in when nothing is closed any more.
        self.shake_hands_by(private, changes);
        self.tell_ready();
        Ok(())
    }

    /// Whether the pairing has changed since this number of changes.
    pub(crate) fn is_former(&self, pairing: u64) -> bool {
        *self.pairing.borrow() != pairing
    }

    /// Counts a change of the pairing.
    fn another_pairing(&self) -> u64 {
        self.pairing.send_modify(|changes| *changes += 1);
        *self.pairing.borrow()
    }

    /// The private listener shakes hands so from now on.
    fn shake_hands_by(&self, private: ServerConfig, pairing: u64) {
        *self.private.write().expect("no holder panics") = (Arc::new(private), pairing);
    }

    /// Newer bundles are believed, unless the gateway has come to another site
    /// meanwhile.
    ///
    /// # Errors
    /// When TLS cannot be set up with them; then nothing changes.
    pub(crate) fn trust(&self, trust: sekisho_seal::bundle::Trust) -> Result<(), TlsSetup> {
        let _alone = self.changing.lock().expect("no holder panics");
        if self.paired().is_none_or(|paired| paired.trust.anchor() != trust.anchor()) {
            return Ok(());
        }
        let private = tls::private(&self.identity(), Some(trust.clone()), &self.time)?;
        self.private.write().expect("no holder panics").0 = Arc::new(private);
        if let Some(paired) = &mut *self.paired.write().expect("no holder panics") {
            paired.trust = trust;
        }
        Ok(())
    }

    /// Works by this configuration from now on. Devices that it revokes are cut
    /// off.
    ///
    /// # Errors
    /// When the server's TLS policy cannot be spoken here; then nothing changes.
    pub(crate) fn configure(&self, snapshot: Snapshot) -> Result<Arc<Snapshot>, TlsSetup> {
        let snapshot = Arc::new(snapshot);
        let work = work(Some(&snapshot), &self.shown, &self.time)?;
        self.work_by(work);
        self.forget_revoked();
        self.registry.end_devices(|device| snapshot.is_revoked(device));
        self.pass_through.send_replace(snapshot.config.pass_through.is_some());
        self.tell_ready();
        Ok(snapshot)
    }

    /// These devices may no longer be connected, from now on.
    pub(crate) fn revoke(&self, devices: &[DeviceId]) {
        let mut revoked = self.revoked.write().expect("no holder panics");
        for device in devices {
            if revoked.len() < MAX_REVOKED {
                revoked.insert(*device);
            }
        }
        self.any_revoked.store(!revoked.is_empty(), Ordering::Release);
        drop(revoked);
        let devices: BTreeSet<_> = devices.iter().copied().collect();
        self.registry.end_devices(|device| devices.contains(&device));
    }

    /// Lets an agent go: what is in progress may finish, a parked wait ends with
    /// nothing.
    pub(crate) fn release(&self, live: &Live) {
        live.end(crate::plane::Ending::Gently);
        if let Some(device) = live.device {
            self.parked.end(device);
        }
    }

    /// The server does without this gateway: all agents are let go, and the links
    /// end.
    pub(crate) fn part(&self) {
        for live in self.registry.all() {
            self.release(&live);
        }
        self.upstream.close_all();
        self.tell_ready();
    }

    /// Whether a device may not be connected.
    pub(crate) fn is_revoked(&self, device: DeviceId, work: &Work) -> bool {
        let lately = || self.revoked.read().expect("no holder panics").contains(&device);
        (self.any_revoked.load(Ordering::Acquire) && lately())
            || work.snapshot.as_ref().is_some_and(|snapshot| snapshot.is_revoked(device))
    }

    /// The gateway's monotonic clock.
    pub(crate) fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    /// How far memory is used up.
    pub(crate) fn pressure(&self) -> Pressure {
        match self.pressure.load(Ordering::Relaxed) {
            0 => Pressure::None,
            1 => Pressure::High,
            _ => Pressure::Highest,
        }
    }

    /// Memory was measured: at 80 % of the budget no new connections, at 95 %
    /// idle ones are closed, newest first.
    pub(crate) fn measured(&self, resident_bytes: u64) {
        self.memory_bytes.store(resident_bytes, Ordering::Relaxed);
        let budget = self.work().rules.limits.memory_bytes;
        let percent = resident_bytes.saturating_mul(100) / budget.max(1);
        let pressure = match percent {
            0..80 => Pressure::None,
            80..95 => Pressure::High,
            _ => Pressure::Highest,
        };
        self.pressure.store(pressure as u8, Ordering::Relaxed);
        if pressure == Pressure::Highest {
            let closed = self.registry.shed();
            tracing::warn!(resident_bytes, budget, closed, "memory is short: idle connections end");
        }
    }

    /// Something was refused; 0: the connection was closed.
    pub(crate) fn refuse(&self, reason: Reason, status: u16, from: &Refused<'_>) {
        let (now, at) = (self.now(), self.clock.now());
        let whom = Whom { now, at, address: &from.address, device: from.device };
        self.refusals.note(reason, status, whom);
        tracing::debug!(address = %from.address, reason = reason.as_str(), status, "refused");
        if from.device.is_none()
            && self.admission.violated(from.source, reason, from.rules, now, at)
        {
            tracing::warn!(address = %from.source, reason = reason.as_str(), "banned for a while");
        }
    }

    /// A limit on trial would have refused something.
    pub(crate) fn refuse_dry(&self, reason: Reason, from: &Refused<'_>) {
        let whom = Whom {
            now: self.now(),
            at: self.clock.now(),
            address: &from.address,
            device: from.device,
        };
        self.refusals.note_dry(reason, whom);
    }

    /// Seconds that a refused caller is asked to wait: spread, so that they do
    /// not all come back at once.
    pub(crate) fn retry_after_s(&self) -> u32 {
        3 + uniform(&*self.rng, 8)
    }

    /// How the control stream is.
    pub(crate) fn contact(&self) -> Contact {
        *self.contact.lock().expect("no holder panics")
    }

    /// The control stream stands, or is gone.
    pub(crate) fn in_contact(&self, stands: bool) {
        let now = self.clock.now();
        let mut contact = self.contact.lock().expect("no holder panics");
        contact.since = stands.then_some(now);
        if stands {
            contact.heard = Some(now);
        }
    }

    /// Something was heard of the server.
    pub(crate) fn heard(&self) {
        self.contact.lock().expect("no holder panics").heard = Some(self.clock.now());
    }

    /// Something does not go as it should, or does again. One sentence a topic.
    pub(crate) fn problem(&self, topic: GatewayTopic, sentence: Option<String>) {
        let mut problems = self.problems.lock().expect("no holder panics");
        problems.retain(|(known, _)| *known != topic);
        if let Some(sentence) = sentence {
            tracing::warn!("{sentence}");
            if problems.len() < MAX_PROBLEMS {
                problems.push((topic, sentence));
            }
        }
    }

    /// What does not go as it should.
    pub(crate) fn problems(&self) -> Vec<Remark> {
        let work = self.work();
        let now = [
            if self.paired().is_none() {
                Some((
                    GatewayTopic::NotPaired,
                    "not paired with a server: run `sekisho-gateway pair`",
                ))
            } else if self.upstream.is_empty() {
                Some((GatewayTopic::NoServer, "no connection of the server: nothing is relayed"))
            } else {
                None
            },
            self.certificate().is_none().then_some((
                GatewayTopic::NoCertificate,
                "no certificate for the public listeners yet: agents cannot connect",
            )),
            match self.pressure() {
                Pressure::None => None,
                Pressure::High => Some("memory is short: no new connections"),
                Pressure::Highest => Some("memory is short: idle connections are closed"),
            }
            .map(|sentence| (GatewayTopic::MemoryShort, sentence)),
        ];
        let now = now.into_iter().flatten().map(|(topic, sentence)| (topic, sentence.to_owned()));
        let of_server = work.snapshot.iter().flat_map(|snapshot| snapshot.problems.iter().cloned());
        let noted = self.problems.lock().expect("no holder panics");
        now.chain(work.local_problems.iter().cloned())
            .chain(of_server)
            .chain(noted.iter().cloned())
            .take(MAX_PROBLEMS)
            .collect()
    }
}

/// As many in the lobby as there are workers, but no more than are of use: all of them
/// wake when somebody comes, and together they make more handshakes than are allowed.
fn threads(workers: usize) -> usize {
    workers + workers.min(MOST_IN_LOBBY)
}

/// Shares no line of a processor's cache with others.
#[repr(align(128))]
struct Alone<T>(T);

fn copies(work: Work, count: usize) -> impl Iterator<Item = Arc<Work>> {
    std::iter::repeat_n(work, count).map(Arc::new)
}

/// From whom something was refused.
pub(crate) struct Refused<'a> {
    /// Its address.
    pub(crate) address: std::net::IpAddr,
    /// As limits count it.
    pub(crate) source: Source,
    /// The device that showed itself.
    pub(crate) device: Option<DeviceId>,
    /// The limits.
    pub(crate) rules: &'a Rules,
}

impl<'a> Refused<'a> {
    /// On a connection.
    pub(crate) fn on(live: &Live, rules: &'a Rules) -> Self {
        Self { address: live.address, source: live.source, device: live.device, rules }
    }
}

fn work(
    snapshot: Option<&Arc<Snapshot>>,
    shown: &Arc<Shown>,
    time: &ServerTime,
) -> Result<Work, TlsSetup> {
    let (agents, unknown) = tls::agents(snapshot, shown.clone(), time)?;
    let (routes, mut rules) = match snapshot {
        Some(snapshot) => (snapshot.routes.clone(), snapshot.rules.clone()),
        None => {
            let routes = Routes::new(&route_lines()).expect("the routes of this version (tested)");
            (routes, Rules::until_configured())
        }
    };
    let lowered = fit(&mut rules.limits);
    let local_problems =
        about(GatewayTopic::Tls, unknown).chain(about(GatewayTopic::Capacity, lowered)).collect();
    let agents = Arc::new(agents);
    Ok(Work { snapshot: snapshot.cloned(), routes, rules, agents, local_problems })
}
