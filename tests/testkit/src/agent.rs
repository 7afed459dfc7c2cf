//! An agent whose disk, host and network are in the test's hands.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use sekisho_agent::bundles::{CatchUp, CatchUpError, Next};
use sekisho_agent::engine::{Engine, Parts};
use sekisho_agent::enrol;
use sekisho_agent::session::{Fetched, Greeting, Session, SessionError};
use sekisho_agent::state::{Enrolled, State, StateError};
use sekisho_link::{LinkError, ServerTime, Transport};
use sekisho_model::device::{DeviceState, Platform};
use sekisho_model::id::{DeviceId, DeviceSessionId, ResourceId};
use sekisho_model::rng::random_bytes;
use sekisho_model::{Clock, Rng, Timestamp};
use sekisho_platform::accounts::AccountFilter;
use sekisho_platform::disk::MemoryDisk;
use sekisho_seal::bundle::Trust;
use sekisho_seal::enrolment_key::EnrolmentKeyText;
use sekisho_seal::message;
use sekisho_seal::sealing::OpeningKey;
use sekisho_seal::sign::IdentityKey;
use sekisho_wire::bundle::{BundleChain, MAX_CHAIN_BYTES};
use sekisho_wire::cbor;
use sekisho_wire::certificate::{CertificateOutcome, CertificateRequest};
use sekisho_wire::enrolment::{Enrolment, EnrolmentOutcome, HostFacts};
use sekisho_wire::route::RouteName;
use sekisho_wire::session::{
    Hello, HelloEnvelope, HelloOutcome, MAX_WELCOME_BYTES, Wake, WelcomeEnvelope,
};
use serde_bytes::ByteBuf;

use sekisho_store::{Access, Device};

use crate::{Crash, Host, Network, Server};

/// Why an agent stopped before its work was done.
#[derive(Debug)]
pub enum Stopped {
    /// The power went out.
    Crashed(Crash),
    /// The network or the server.
    Session(SessionError),
    /// The disk.
    Disk(String),
}

impl From<SessionError> for Stopped {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

/// An enrolled agent. Between calls it is switched off: every call starts it
/// from its disk.
pub struct Agent {
    /// Its disk.
    pub disk: MemoryDisk,
    /// Its host.
    pub host: Host,
    /// Its way to the server.
    pub network: Network,
    /// Whether its next fetch says that accounts have changed.
    pub accounts_changed: bool,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

/// A started agent: its engine, whom it trusts, and the session it has.
struct Running {
    engine: Engine,
    trust: Trust,
    enrolled: Enrolled,
    identity: Arc<IdentityKey>,
    time: ServerTime,
}

/// An agent that stays on, in one session.
pub struct Connected {
    running: Running,
    session: Session,
    network: Network,
    rng: Arc<dyn Rng>,
}

impl Connected {
    /// Fetches, and returns how many orders there were; they are not carried
    /// out.
    ///
    /// # Errors
    /// When the server refuses or its answer cannot be believed.
    pub async fn fetch(&mut self) -> Result<usize, SessionError> {
        Ok(self.look(false).await?.orders.len())
    }

    /// Fetches, says whether accounts have changed, and returns what came.
    ///
    /// # Errors
    /// When the server refuses or its answer cannot be believed.
    pub async fn look(&mut self, accounts_changed: bool) -> Result<Fetched, SessionError> {
        let Running { engine, trust, time, .. } = &self.running;
        let newest = engine.newest();
        let rng = self.rng.as_ref();
        self.session.fetch(&mut self.network, newest, trust, time, rng, accounts_changed).await
    }

    /// Waits, at most so long.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn wait(&mut self, hold: Duration) -> Result<Wake, SessionError> {
        self.session.wait(&mut self.network, hold).await
    }

    /// The id of its session.
    pub const fn session(&self) -> DeviceSessionId {
        self.session.id()
    }

    /// Its way to the server.
    pub const fn network(&mut self) -> &mut Network {
        &mut self.network
    }
}

impl Agent {
    /// Enrols a host called `name` with a key that approves in advance.
    pub async fn enrol(server: &Server, host: Host, name: &str) -> Self {
        let (disk, rng) = (MemoryDisk::new(), server.rng());
        let state = State::new(Arc::new(disk.clone()));
        let identity = state.identity_or_new().expect("a key");
        let key = server.enrolment_key().await;
        let mut network = Network::new(server.plane(), None);
        let chain = network.call(RouteName::Bundle, &[&0], Vec::new()).await.expect("bundles");
        let chain: BundleChain = cbor::decode(&chain, MAX_CHAIN_BYTES).expect("a chain");
        let mut trust = Trust::first(&chain, key.pin).expect("believed");
        while chain.newest > Some(trust.bundle().version) {
            let after = trust.bundle().version;
            let more = network.call(RouteName::Bundle, &[&after], Vec::new()).await.expect("more");
            let more: BundleChain = cbor::decode(&more, MAX_CHAIN_BYTES).expect("a chain");
            trust.advance(&more.bundles).expect("believed");
        }
        let asked = Asked { identity: &identity, trust: &trust, key: &key, name, rehome: false };
        let now = server.clock().now();
        let outcome = asked.send(&mut network, now, rng.as_ref()).await;
        let EnrolmentOutcome::Accepted { device, certificate, bundles, .. } = outcome else {
            panic!("refused: {outcome:?}");
        };
        let endpoint = "server:8383".parse().expect("an endpoint");
        let enrolled = Enrolled { device, anchor: trust.anchor().clone(), server: endpoint };
        state.put_enrolled(&enrolled, &bundles, certificate.as_ref()).expect("stored");
        let identity = certificate.map(|certificate| {
            let chain: Vec<&[u8]> = certificate.chain.iter().map(|der| der.as_slice()).collect();
            let trust = server.app().keys.ca().trust();
            trust.verify_device(chain[0], &chain[1..], server.clock().now()).expect("ours")
        });
        let network = Network::new(server.plane(), identity);
        Self { disk, host, network, accounts_changed: false, clock: server.clock(), rng }
    }

    /// `sekisho-agent update`: the host moves to the owner of a key.
    pub async fn update(
        &mut self,
        server: &Server,
        key: &EnrolmentKeyText,
        name: &str,
    ) -> EnrolmentOutcome {
        let running = self.start().expect("enrolled");
        let (identity, trust) = (running.identity.as_ref(), &running.trust);
        let asked = Asked { identity, trust, key, name, rehome: true };
        asked.send(&mut self.network, server.clock().now(), self.rng.as_ref()).await
    }

    /// Its device.
    pub fn device(&self) -> DeviceId {
        self.start().expect("enrolled").enrolled.device
    }

    /// The agent starts from its disk and forgets what is old enough to be
    /// forgotten.
    ///
    /// # Errors
    /// Where it stopped.
    pub fn tidy(&mut self) -> Result<(), Stopped> {
        let now = self.clock.now();
        self.start()?.engine.tidy(now).expect("its disk works");
        Ok(())
    }

    /// The agent starts from its disk, says Hello and works until there is
    /// nothing left to do.
    ///
    /// # Errors
    /// Where it stopped. It can be started again.
    pub async fn work(&mut self) -> Result<(), Stopped> {
        self.work_and(async || {}).await
    }

    /// [`work`](Self::work), and something else happens after orders were
    /// carried out and before they are reported.
    ///
    /// # Errors
    /// Where it stopped. It can be started again.
    pub async fn work_and(&mut self, between: impl AsyncFnOnce()) -> Result<(), Stopped> {
        let mut between = Some(between);
        let mut running = self.start()?;
        let mut session = self.hello(&mut running).await?;
        loop {
            self.report(&mut running, &mut session).await?;
            let Fetched { orders, more, .. } = session
                .fetch(
                    &mut self.network,
                    running.engine.newest(),
                    &running.trust,
                    &running.time,
                    self.rng.as_ref(),
                    std::mem::take(&mut self.accounts_changed),
                )
                .await?;
            if orders.is_empty() && !more {
                return Ok(());
            }
            for opened in orders {
                let (order, hash) = opened.map_err(SessionError::from)?;
                let now = running.time.now();
                let ran = catch_unwind(AssertUnwindSafe(|| {
                    running.engine.run(&order, hash, now, &running.trust);
                }));
                if let Some(between) = between.take_if(|_| ran.is_ok()) {
                    between().await;
                }
                if let Err(panic) = ran {
                    return match panic.downcast::<Crash>() {
                        Ok(crash) => {
                            // What was not synced is gone.
                            self.disk.crash();
                            Err(Stopped::Crashed(*crash))
                        }
                        Err(other) => std::panic::resume_unwind(other),
                    };
                }
            }
        }
    }

    /// The agent starts from its disk and opens a session that it keeps.
    ///
    /// # Errors
    /// Where it stopped.
    pub async fn connect(&mut self) -> Result<Connected, Stopped> {
        let mut running = self.start()?;
        let session = self.hello(&mut running).await?;
        Ok(Connected { running, session, network: self.network.clone(), rng: self.rng.clone() })
    }

    /// Works through lost messages until there is nothing left to do.
    ///
    /// # Panics
    /// When that takes more than a few tries.
    pub async fn work_through(&mut self) {
        for _ in 0..20 {
            match self.work().await {
                Ok(()) => return,
                Err(Stopped::Session(SessionError::Link(LinkError::TimedOut(_)))) => {}
                Err(Stopped::Crashed(_) | Stopped::Disk(_)) => {}
                Err(other) => panic!("the agent stopped: {other:?}"),
            }
        }
        panic!("the agent does not come to an end");
    }

    /// Is from now on, until its next order, like an agent that does not name its
    /// newest order.
    pub fn name_no_order(&mut self) {
        self.start().expect("enrolled").engine.told_everything().expect("stored");
    }

    /// Shows the certificate it has stored, as a new TLS connection would, and
    /// returns whether it has expired by now.
    pub fn show_certificate(&mut self, server: &Server) -> bool {
        let state = State::new(Arc::new(self.disk.clone()));
        let certificate = state.certificate().expect("read").expect("issued");
        let chain: Vec<&[u8]> = certificate.chain.iter().map(|der| der.as_slice()).collect();
        let trust = server.app().keys.ca().trust();
        let now = server.clock().now();
        let identity = trust.verify_device(chain[0], &chain[1..], now).expect("ours");
        let expired = identity.expired;
        self.network = Network::new(server.plane(), Some(identity));
        expired
    }

    /// Shows another's certificate in place of its own, and says to be it.
    pub fn steal_certificate(&mut self, server: &Server, other: &Self) {
        let (own, others) = (State::new(Arc::new(self.disk.clone())), other.start());
        let enrolled = others.expect("enrolled").enrolled;
        let stolen = State::new(Arc::new(other.disk.clone())).certificate();
        let stolen = stolen.expect("read").expect("issued");
        let bundles = own.bundles().expect("read");
        own.put_enrolled(&enrolled, &bundles, Some(&stolen)).expect("stored");
        self.show_certificate(server);
    }

    /// Asks for a certificate and stores the one it gets.
    pub async fn request_certificate(&mut self) -> CertificateOutcome {
        let running = self.start().expect("enrolled");
        let device = running.enrolled.device;
        let reply_key = OpeningKey::generate(self.rng.as_ref());
        let request = CertificateRequest {
            protocol: sekisho_wire::PROTOCOL,
            device,
            csr: enrol::certificate_request(&running.identity).expect("a request"),
            reply_key: reply_key.public(),
            nonce: random_bytes(self.rng.as_ref()),
        };
        let site = running.trust.anchor().site;
        let to = running.trust.receipt_key(self.clock.now()).expect("one").key;
        let envelope = message::seal_certificate_request(
            &request,
            &running.identity,
            site,
            &to,
            self.rng.as_ref(),
        )
        .expect("sealed");
        let body = cbor::encode(&envelope);
        let answer = self.network.call(RouteName::Certificate, &[], body).await.expect("answered");
        let answer: WelcomeEnvelope = cbor::decode(&answer, MAX_WELCOME_BYTES).expect("sealed");
        let answer = message::open_certificate_answer(
            &answer,
            &reply_key,
            &running.trust,
            device,
            &request.nonce,
        )
        .expect("ours");
        if let CertificateOutcome::Issued(certificate) = &answer.outcome {
            let state = State::new(Arc::new(self.disk.clone()));
            state.put_certificate(certificate).expect("stored");
        }
        answer.outcome
    }

    /// Says a Hello that the test has changed, and returns the outcome.
    ///
    /// # Errors
    /// What the server says when it cannot answer inside a sealed message.
    pub async fn say_hello(
        &mut self,
        change: impl FnOnce(&mut Hello),
    ) -> Result<HelloOutcome, LinkError> {
        let mut running = self.start().expect("enrolled");
        let key = OpeningKey::generate(self.rng.as_ref());
        let mut hello = Hello {
            protocol: sekisho_wire::PROTOCOL,
            min_protocol: sekisho_wire::PROTOCOL_MIN,
            device: running.enrolled.device,
            session_key: key.public(),
            counter: running.engine.next_hello().expect("counted"),
            highest_seq: running.engine.newest().seq,
            newest_order: running.engine.newest().order,
            bundle_version: running.trust.bundle().version,
            agent_version: "0.0.0-test".to_owned(),
            platform: Platform::Linux,
            capabilities: Vec::new(),
            wall_clock: self.clock.now(),
            boot: "boot".to_owned(),
            interval_s: 60,
            nonce: random_bytes(self.rng.as_ref()),
            host: "test".to_owned(),
        };
        change(&mut hello);
        let site = running.trust.anchor().site;
        let to = running.trust.receipt_key(self.clock.now()).expect("one").key;
        let envelope = message::seal_hello(&hello, &running.identity, site, &to, self.rng.as_ref())
            .expect("sealed");
        let answer = self.network.call(RouteName::Hello, &[], cbor::encode(&envelope)).await?;
        let answer: WelcomeEnvelope = cbor::decode(&answer, MAX_WELCOME_BYTES).expect("sealed");
        let (answer, _) = message::open_welcome(
            &answer,
            &key,
            &running.trust,
            running.enrolled.device,
            &hello.nonce,
        )
        .expect("ours");
        Ok(answer.outcome)
    }

    /// Says a Hello that carries bundles along. What the server answers to the
    /// Hello itself does not matter.
    pub async fn show_bundles(&mut self, bundles: Vec<ByteBuf>) {
        let running = self.start().expect("enrolled");
        let envelope = HelloEnvelope {
            protocol: sekisho_wire::PROTOCOL,
            device: running.enrolled.device,
            receipt_kid: [0; 8],
            enc: [0; 32],
            ciphertext: Vec::new(),
            bundles,
        };
        let body = cbor::encode(&envelope);
        let answer = self.network.call(RouteName::Hello, &[], body).await;
        assert!(answer.is_err(), "nothing was sealed");
    }

    /// The version of the newest trust bundle on its disk.
    pub fn bundle_version(&self) -> u64 {
        self.start().expect("enrolled").trust.bundle().version
    }

    /// An administrator gives this agent's device a resource and approves it.
    pub async fn remap(&mut self, server: &Server, resource: Option<ResourceId>) {
        let running = self.start().expect("enrolled");
        let device = running.enrolled.device;
        let uow = server.app().store.begin(&server.context()).await.expect("begins");
        let row = uow.devices().lock(device).await.expect("read").expect("exists");
        let version = row.version;
        let row = Device { resource, state: DeviceState::Approved, ..row };
        uow.devices().update(row, version).await.expect("stored");
        let _ = uow.commit_unaudited("a test").await.expect("committed");
        let ca = server.app().keys.ca();
        let csr = enrol::certificate_request(&running.identity).expect("a request");
        let now = server.clock().now();
        let issued = ca.issue_device(&csr, device, now, self.rng.as_ref()).expect("issued");
        let chain: Vec<&[u8]> = issued.chain.iter().map(Vec::as_slice).collect();
        let identity = ca.trust().verify_device(&issued.der, &chain, now).expect("ours");
        self.network = Network::new(server.plane(), Some(identity));
    }

    /// A copy of the agent and its host as of now, as a snapshot of a virtual
    /// machine is.
    pub fn snapshot(&self) -> Self {
        Self {
            accounts_changed: false,
            disk: copy(&self.disk),
            host: self.host.snapshot(),
            network: self.network.clone(),
            clock: self.clock.clone(),
            rng: self.rng.clone(),
        }
    }

    fn start(&self) -> Result<Running, Stopped> {
        let fail = |error: sekisho_agent::state::StateError| Stopped::Disk(error.to_string());
        let state = State::new(Arc::new(self.disk.clone()));
        let enrolled = state.enrolled().map_err(fail)?;
        let identity = Arc::new(state.identity().map_err(fail)?.expect("enrolled"));
        let trust = state.trust(&enrolled.anchor).map_err(fail)?;
        let parts = Parts {
            state,
            identity: identity.clone(),
            device: enrolled.device,
            accounts: Arc::new(self.host.clone()),
            filter: AccountFilter::default(),
            clock: self.clock.clone(),
            rng: self.rng.clone(),
        };
        let engine = Engine::open(parts, &trust).map_err(fail)?;
        let time = ServerTime::new(self.clock.clone());
        Ok(Running { engine, trust, enrolled, identity, time })
    }

    async fn hello(&mut self, running: &mut Running) -> Result<Session, Stopped> {
        let fail = |error: StateError| Stopped::Disk(error.to_string());
        let state = State::new(Arc::new(self.disk.clone()));
        let mut catch_up = CatchUp::default();
        let mut bundles = Vec::new();
        let opened = loop {
            let greeting = Greeting {
                device: running.enrolled.device,
                counter: running.engine.next_hello().map_err(fail)?,
                newest: running.engine.newest(),
                interval: Duration::from_secs(60),
                boot: "boot".to_owned(),
                host: "test".to_owned(),
                bundles: std::mem::take(&mut bundles),
            };
            let said = Session::open(
                &mut self.network,
                greeting,
                &running.identity,
                &running.trust,
                &running.time,
                &self.clock,
                self.rng.as_ref(),
            )
            .await;
            let (network, trust) = (&mut self.network, &mut running.trust);
            let next = match &said {
                Ok((answer, _)) => catch_up.answered(answer, &state, trust).map_err(fail)?,
                Err(error) => match catch_up.failed(error, network, &state, trust).await {
                    Ok(next) => next,
                    Err(CatchUpError::State(error)) => return Err(fail(error)),
                    Err(CatchUpError::Link(_)) => Next::Done,
                },
            };
            match next {
                Next::Again(shown) => bundles = shown,
                Next::Done => break said?.1,
            }
        };
        let mut session = opened?;
        if session.directives.escrows_wanted {
            let escrows =
                running.engine.escrows().map_err(|error| Stopped::Disk(error.to_string()))?;
            session.hand_in(&mut self.network, &escrows).await?;
            running.engine.told_everything().map_err(fail)?;
        }
        Ok(session)
    }

    async fn report(
        &mut self,
        running: &mut Running,
        session: &mut Session,
    ) -> Result<(), Stopped> {
        for (order, signed) in running.engine.unreported() {
            let ack = session
                .report(
                    &mut self.network,
                    &signed,
                    &running.trust,
                    &running.time,
                    self.rng.as_ref(),
                )
                .await?;
            running
                .engine
                .acked(order, ack.disposition, running.time.now())
                .map_err(|error| Stopped::Disk(error.to_string()))?;
        }
        Ok(())
    }
}

/// What a host asks of a server with a key.
struct Asked<'a> {
    identity: &'a IdentityKey,
    trust: &'a Trust,
    key: &'a EnrolmentKeyText,
    name: &'a str,
    rehome: bool,
}

impl Asked<'_> {
    async fn send(&self, network: &mut Network, now: Timestamp, rng: &dyn Rng) -> EnrolmentOutcome {
        let receipt_key = &self.trust.receipt_key(now).expect("one").key;
        let nonce = random_bytes(rng);
        let enrolment = Enrolment {
            protocol: sekisho_wire::PROTOCOL,
            csr: enrol::certificate_request(self.identity).expect("a request"),
            identity_key: self.identity.public(),
            platform: Platform::Linux,
            agent_version: "0.0.0-test".to_owned(),
            facts: HostFacts {
                host_name: self.name.to_owned(),
                dns_name: self.name.parse().ok(),
                system: "test".to_owned(),
                kernel: "test".to_owned(),
                architecture: "test".to_owned(),
                machine: "test".to_owned(),
            },
            owner: None,
            rehome: self.rehome,
            nonce,
        };
        let site = self.trust.anchor().site;
        let (envelope, exporter) =
            message::seal_enrolment(&enrolment, self.identity, self.key, site, receipt_key, rng)
                .expect("sealed");
        let body = cbor::encode(&envelope);
        let answer = network.call(RouteName::Enrol, &[], body).await.expect("an answer");
        message::open_enrolment_answer(&answer, &exporter, &nonce).expect("ours").outcome
    }
}

fn copy(disk: &MemoryDisk) -> MemoryDisk {
    use sekisho_platform::disk::Disk as _;
    let new = MemoryDisk::new();
    for dir in ["", "journal", "escrow"] {
        if !dir.is_empty() {
            new.create_dir(dir).expect("copied");
        }
        for name in disk.list(dir).expect("listed") {
            let path = if dir.is_empty() { name } else { format!("{dir}/{name}") };
            let bytes = disk.read(&path).expect("read").expect("listed");
            new.write_atomic(&path, &bytes).expect("copied");
        }
        new.sync_dir(dir).expect("synced");
    }
    new.sync_dir("").expect("synced");
    new
}
