//! Proof against an evil gateway (R-32 and the threat model of the gateway): real
//! agents and a real server, and between them somebody who reads, changes, keeps
//! and invents whatever can be read, changed, kept and invented.
//!
//! What is promised: nothing is done that nobody asked for, no secret is seen, no
//! password is lost; and when the gateway is taken out of the way, everything
//! that was asked for is done.

mod canary;
mod forge;
pub(crate) mod gateway;
mod mutate;
mod oracle;
mod people;
mod schedule;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use sekisho_agent::enrol::certificate_request;
use sekisho_agent::state::State;
use sekisho_model::clock::ManualClock;
use sekisho_model::device::DeviceState;
use sekisho_model::id::{AccountId, DeviceSessionId, EnrolmentKeyId, GatewayId, ResourceId};
use sekisho_model::name::AccountName;
use sekisho_model::rng::{SeededRng, uniform};
use sekisho_model::{Clock, Rng, Secret, Timestamp};
use sekisho_platform::disk::MemoryDisk;
use sekisho_seal::sign::IdentityKey;
use sekisho_server::agents::Peer;
use sekisho_server::keys::Replaced;
use sekisho_testkit::{Agent, Host as TestHost, Server};
use sekisho_wire::bundle::{BundleChain, MAX_CHAIN_BYTES};
use sekisho_wire::cbor;

use crate::database::Database;
use crate::disk::SimDisk;
use crate::endpoint::Endpoint;
use crate::host::{Host, Password};
use crate::network::Network;
use crate::power::Power;
use crate::schedule::Step;
use crate::site::Site;
use crate::world::World;
use crate::{Broken, Teeth};
use gateway::{Chain, Deeds, EvilTeeth, Gateway, Loot};
use schedule::EvilStep;

/// The accounts of the host that nobody knows at the beginning.
const NEW_ACCOUNTS: [&str; 2] = ["web", "batch"];

/// Another site's everything follows from this.
const FOREIGN_SEED: u64 = 0xf0_4e16;

/// How a case ended.
#[derive(Clone, Debug)]
pub struct EvilEnded {
    /// What the gateway did.
    pub deeds: Deeds,
    /// What was found.
    pub broken: Option<Broken>,
    /// What happened, line by line, if it was asked for.
    pub trace: Vec<String>,
}

/// Runs cases with an evil gateway, one after the other, on one thread.
pub struct EvilSimulator {
    runtime: tokio::runtime::Runtime,
    site: Site,
    database: Database,
    power: Power,
    loot: Arc<Loot>,
    teeth: EvilTeeth,
}

impl EvilSimulator {
    /// Makes the site that every case begins with, and what the gateway has of
    /// other sites and other times.
    ///
    /// # Panics
    /// When that is not possible on this machine.
    pub fn new(teeth: EvilTeeth) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime starts");
        let site = runtime.block_on(Site::with_rotated_keys());
        let power = Power::default();
        let database = Database::memory(&site, &power, false);
        let loot = Arc::new(runtime.block_on(loot(&site)));
        Self { runtime, site, database, power, loot, teeth }
    }

    /// Runs the case of a seed.
    pub fn case(&mut self, seed: u64, traced: bool) -> EvilEnded {
        let (mut deeds, mut trace) = (Deeds::default(), Vec::new());
        let ran = catch_unwind(AssertUnwindSafe(|| {
            let case = async {
                let (site, database) = (&self.site, &mut self.database);
                let (power, loot) = (self.power.clone(), self.loot.clone());
                let (mut case, steps) =
                    Case::new(site, database, power, loot, seed, self.teeth, traced).await;
                let ended = case.run(&steps).await;
                deeds = case.deeds();
                trace = case.world.trace.take().unwrap_or_default();
                trace.extend(case.gateway.take_trace());
                ended
            };
            self.runtime.block_on(Box::pin(case))
        }));
        let broken = match ran {
            Ok(ended) => ended.err(),
            Err(payload) => Some(Broken::panicked(payload.as_ref())),
        };
        EvilEnded { deeds, broken, trace }
    }
}

/// Runs work on a thread with room for the simulator: without optimisation its
/// calls nest deeper than a usual thread has room for.
///
/// # Panics
/// When the work does.
pub fn with_room<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(64 * 1024 * 1024);
        let thread = thread.spawn_scoped(scope, work).expect("a thread starts");
        match thread.join() {
            Ok(done) => done,
            Err(payload) => std::panic::resume_unwind(payload),
        }
    })
}

/// What lies about at the gateway.
async fn loot(site: &Site) -> Loot {
    let foreign = Server::seeded(FOREIGN_SEED).await;
    let agent = Agent::enrol(&foreign, TestHost::with(&[("root", "x")]), "web-1").await;
    let nobody = Peer { address: std::net::Ipv4Addr::LOCALHOST.into(), identity: None, via: None };
    let chain = foreign.plane().call(&nobody, "GET", "/agent/v1/bundle/0", &[]).await;
    let chain = chain.expect("bundles");
    let foreign_chain: BundleChain = cbor::decode(&chain, MAX_CHAIN_BYTES).expect("a chain");
    let own = State::new(Arc::new(agent.disk.clone())).certificate().expect("read");
    let own: Chain = own.expect("issued").chain.iter().map(|der| der.to_vec()).collect();

    let mut certificates = vec![own];
    let mut stolen = Vec::new();
    let rng = SeededRng::new(FOREIGN_SEED);
    let ca = site.app.keys.ca();
    for host in &site.stages[0].hosts {
        let state = State::new(Arc::new(host.disk.snapshot()));
        let identity = state.identity().expect("read").expect("a key");
        let csr = certificate_request(&identity).expect("a request");
        let now = site.stages[0].now;
        let earlier = now.minus(std::time::Duration::from_secs(86_400));
        let issuing = ca.trust().issuing().to_vec();
        // Over before the device's own; for the same device, by another site; no
        // device's.
        let former = ca.issue_device(&csr, host.device, earlier, &rng).expect("issued");
        certificates.push(vec![former.der, issuing.clone()]);
        let other_csr = certificate_request(&IdentityKey::generate()).expect("a request");
        let theirs = foreign.app().keys.ca();
        let alien = theirs.issue_device(&other_csr, host.device, now, &rng).expect("issued");
        certificates.push(vec![alien.der, theirs.trust().issuing().to_vec()]);
        let gateway = GatewayId::at(now, &rng);
        let link = ca.issue_gateway(&other_csr, gateway, now, &rng).expect("issued");
        certificates.push(vec![link.der, issuing]);
        stolen.push((host.device, identity));
    }
    Loot { foreign: foreign_chain, certificates, stolen }
}

/// What may be true of a device, as far as people have said so.
#[derive(Clone, Copy, Debug)]
struct Standing {
    state: DeviceState,
    /// When it was blocked, if it is.
    since: Timestamp,
}

/// A case while it runs.
struct Case<'a> {
    world: World<'a>,
    gateway: Gateway,
    rng: SeededRng,
    teeth: EvilTeeth,
    /// The host that nobody knows at the beginning.
    new: usize,
    /// The resource that the new host serves.
    new_resource: Option<ResourceId>,
    /// Somebody has begun to do something with it.
    new_is_wanted: bool,
    identities: Vec<Vec<u8>>,
    standing: Vec<Option<Standing>>,
    /// Every account there ever was, with its host and name.
    accounts: BTreeMap<AccountId, (usize, AccountName)>,
    /// How often somebody asked for an enrolment with a key, and for a move.
    enrolments: BTreeMap<EnrolmentKeyId, u32>,
    moves: BTreeMap<EnrolmentKeyId, u32>,
    /// Whether one of the keys approves in advance.
    approves_in_advance: bool,
    /// Secrets of enrolment keys.
    secrets: Vec<Secret>,
    /// Receipts and sessions from before the case.
    receipts_before: BTreeSet<[u8; 32]>,
    sessions_before: BTreeSet<DeviceSessionId>,
    seen: Vec<Vec<u8>>,
    alarms: u64,
}

impl<'a> Case<'a> {
    async fn new(
        site: &'a Site,
        database: &'a mut Database,
        power: Power,
        loot: Arc<Loot>,
        seed: u64,
        teeth: EvilTeeth,
        traced: bool,
    ) -> (Self, Vec<EvilStep>) {
        let rng = SeededRng::new(seed);
        let stages = u32::try_from(site.stages.len()).expect("few");
        let stage = uniform(&rng, stages) as usize;
        let hosts: Vec<usize> =
            site.stages[stage].accounts.iter().map(|account| account.host).collect();
        let new = site.stages[stage].hosts.len();
        let (mood, steps) = schedule::draw(&rng, &hosts, new);
        let mut world = World::new(site, database, power.clone(), stage, seed, Teeth::None).await;
        world.trace = traced.then(Vec::new);
        world.note(|| format!("{mood:?}"));
        let gateway = Gateway::new(power.clone(), seed, mood, teeth, loot, traced);
        world.gateway = Some(gateway.clone());
        add_new_host(&mut world, &power);
        for (host, endpoint) in world.endpoints.iter_mut().enumerate() {
            endpoint.is_whole = true;
            endpoint.network.through(gateway.clone(), host);
        }
        world.touched.fill(true);
        world.touched[new] = false;
        let identities = world.endpoints.iter().map(|endpoint| {
            let state = State::new(Arc::new(endpoint.disk.clone()));
            state.identity_or_new().expect("a disk in memory").public()
        });
        let identities = identities.collect();
        let accounts = world.accounts.iter();
        let accounts = accounts.map(|at| (at.id, (at.host, at.name.clone()))).collect();
        let approved = Standing { state: DeviceState::Approved, since: Timestamp::EPOCH };
        let standing = (0..=new).map(|host| (host < new).then_some(approved)).collect();
        let case = Self {
            world,
            gateway,
            rng,
            teeth,
            new,
            new_resource: None,
            new_is_wanted: false,
            identities,
            standing,
            accounts,
            enrolments: BTreeMap::new(),
            moves: BTreeMap::new(),
            approves_in_advance: false,
            secrets: Vec::new(),
            receipts_before: BTreeSet::new(),
            sessions_before: BTreeSet::new(),
            seen: Vec::new(),
            alarms: 0,
        };
        (case, steps)
    }

    async fn run(&mut self, steps: &[EvilStep]) -> Result<(), Broken> {
        self.world.start().await?;
        self.remember().await?;
        for step in steps {
            self.world.note(|| format!("{step:?}"));
            Box::pin(self.step(step)).await?;
            self.check().await?;
        }
        Box::pin(self.make_whole()).await?;
        self.check().await?;
        self.check_end().await
    }

    fn deeds(&self) -> Deeds {
        let mut deeds = self.gateway.deeds();
        deeds.alarms = self.alarms;
        deeds.noticed_by_agents =
            self.world.endpoints.iter().map(|endpoint| endpoint.said.disbelieved).sum();
        deeds
    }

    /// The gateway is taken out of the way, people put right what they did, and
    /// everything that was asked for is done.
    async fn make_whole(&mut self) -> Result<(), Broken> {
        self.world.power.restore();
        self.world.start().await?;
        self.gateway.stop();
        for host in 0..=self.new {
            self.unblock(host).await?;
        }
        if self.new_is_wanted && !self.is_enrolled(self.new) {
            self.enrol(sekisho_model::device::KeyUse::Once, true).await?;
            if !self.is_enrolled(self.new) {
                return Err(Broken::other("a host cannot be enrolled after all was made whole"));
            }
        }
        self.notice_new().await?;
        self.unblock(self.new).await?;
        Box::pin(self.world.heal()).await?;
        self.notice_new().await?;
        if self.new_is_wanted && self.accounts_of(self.new) == 0 {
            // The first discovery ends by itself when nobody fetches it for a week.
            self.world.step(Step::Discover(self.new)).await?;
            Box::pin(self.world.heal()).await?;
            self.notice_new().await?;
        }
        if self.new_is_wanted && self.accounts_of(self.new) == 0 {
            return Err(Broken::other("the accounts of the new host were never listed"));
        }
        Box::pin(self.world.check_end()).await
    }
}

/// A host with an agent that is not enrolled.
fn add_new_host(world: &mut World<'_>, power: &Power) {
    let now = world.clock.now();
    let passwords = NEW_ACCOUNTS.map(|name| {
        let value = Secret::from("what-nobody-told-the-server-either");
        let name: AccountName = name.parse().expect("a name");
        (name, Password { value, by_hand: true, reverted: false })
    });
    let nobody = Peer { address: std::net::Ipv4Addr::LOCALHOST.into(), identity: None, via: None };
    let endpoint = Endpoint::new(
        SimDisk::new(MemoryDisk::new(), false),
        Host::new(&BTreeMap::from(passwords)),
        Network::new(nobody, power.clone(), None),
        Arc::new(ManualClock::new(now)),
        world.rng.clone(),
    );
    world.add(endpoint);
}

/// Bundles before the newest: a chain that can be cut.
impl Site {
    /// The site of the simulator, whose keys were replaced a few times.
    async fn with_rotated_keys() -> Self {
        Self::made(async |server| {
            for kind in [Replaced::Receipt, Replaced::Order] {
                server.rotate(kind, true).await.expect("replaced");
                server.advance(std::time::Duration::from_secs(26 * 3600));
            }
        })
        .await
    }
}

/// An even choice of one in so many.
fn one_in(rng: &dyn Rng, n: u32) -> bool {
    uniform(rng, n) == 0
}
