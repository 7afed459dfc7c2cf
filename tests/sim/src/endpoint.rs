//! An endpoint: a host with an agent that is a process on it.
//!
//! The process keeps what the real one keeps in memory, its session and its
//! receipts, and loses it when it ends. Its turn follows `agent::run`.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use sekisho_agent::engine::{Engine, Parts};
use sekisho_agent::session::{Fetched, Greeting, Session, SessionError};
use sekisho_agent::state::{Enrolled, State, StateError};
use sekisho_link::ServerTime;
use sekisho_model::clock::ManualClock;
use sekisho_model::{Clock, Rng};
use sekisho_platform::accounts::AccountFilter;
use sekisho_platform::disk::MemoryDisk;
use sekisho_seal::bundle::Trust;
use sekisho_seal::sign::IdentityKey;
use sekisho_wire::problem::ProblemCode;

use crate::disk::SimDisk;
use crate::host::{Cut, Host, HostSnapshot};
use crate::network::Network;

/// Fetches in one turn, at most: more is a circle.
const FETCHES: u32 = 100;

/// A host, its agent's disk, and the agent while it runs.
pub(crate) struct Endpoint {
    pub(crate) disk: SimDisk,
    pub(crate) host: Host,
    pub(crate) network: Network,
    /// The device's own clock.
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) rng: Arc<dyn Rng>,
    process: Option<Process>,
}

/// A snapshot of a virtual machine.
pub(crate) struct Snapshot {
    disk: MemoryDisk,
    host: HostSnapshot,
}

/// How a turn of the agent ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// There was nothing left to do.
    Done,
    /// It will be tried again.
    Again(String),
    /// The power of the host went out, or the process was killed.
    Cut(Cut),
    /// The agent cannot go on without a person: a fault of the product.
    Stuck(String),
}

struct Process {
    engine: Engine,
    state: State,
    trust: Trust,
    enrolled: Enrolled,
    identity: Arc<IdentityKey>,
    time: ServerTime,
    session: Option<Session>,
}

enum Trouble {
    Again(String),
    Fatal(String),
}

impl From<StateError> for Trouble {
    fn from(error: StateError) -> Self {
        match error {
            StateError::Disk { .. } | StateError::Bundles(_) => Self::Again(error.to_string()),
            StateError::Damaged { .. } | StateError::NotEnrolled => Self::Fatal(error.to_string()),
        }
    }
}

impl Endpoint {
    pub(crate) fn new(
        disk: SimDisk,
        host: Host,
        network: Network,
        clock: Arc<ManualClock>,
        rng: Arc<dyn Rng>,
    ) -> Self {
        Self { disk, host, network, clock, rng, process: None }
    }

    /// Everything there is to do now: receipts, then orders.
    pub(crate) async fn turn(&mut self) -> Turn {
        let mut process = self.process.take();
        let ended = {
            let turn = async {
                if process.is_none() {
                    process = Some(self.start()?);
                }
                let running = process.as_mut().expect("it was started");
                running.turn(&self.host, &mut self.network, &self.clock, self.rng.as_ref()).await
            };
            let mut turn = std::pin::pin!(turn);
            // A cut unwinds through the agent up to here.
            std::future::poll_fn(|context| {
                let polled = catch_unwind(AssertUnwindSafe(|| turn.as_mut().poll(context)));
                match polled {
                    Ok(polled) => polled.map(Ok),
                    Err(payload) => match payload.downcast::<Cut>() {
                        Ok(cut) => Poll::Ready(Err(*cut)),
                        Err(payload) => resume_unwind(payload),
                    },
                }
            })
            .await
        };
        match ended {
            Err(cut) => Turn::Cut(cut),
            Ok(Ok(())) => {
                self.process = process;
                Turn::Done
            }
            Ok(Err(Trouble::Again(error))) => {
                self.process = process;
                Turn::Again(error)
            }
            Ok(Err(Trouble::Fatal(error))) => Turn::Stuck(error),
        }
    }

    /// The agent is killed; the host lives on.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    /// The session ends: a day is over, or the connection moved.
    pub(crate) fn end_session(&mut self) {
        if let Some(process) = &mut self.process {
            process.session = None;
        }
    }

    /// As it is now.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot { disk: self.disk.disk().snapshot(), host: self.host.snapshot() }
    }

    /// The whole host is put back to what it was.
    pub(crate) fn restore(&mut self, snapshot: &Snapshot, lies: bool) {
        self.process = None;
        self.disk = SimDisk::new(snapshot.disk.snapshot(), lies);
        self.host.restore(&snapshot.host);
    }

    /// Only the agent's folder is put back. What it did since it may do again,
    /// if whoever counts `forgives` that.
    pub(crate) fn restore_disk(&mut self, snapshot: &Snapshot, lies: bool, forgives: bool) {
        self.process = None;
        self.disk = SimDisk::new(snapshot.disk.snapshot(), lies);
        if forgives {
            self.host.forget_applied(&snapshot.host);
        }
    }

    fn start(&self) -> Result<Process, Trouble> {
        let state = State::new(Arc::new(self.disk.clone()));
        let enrolled = state.enrolled()?;
        let identity = state.identity()?;
        let identity = Arc::new(identity.ok_or_else(|| Trouble::Fatal("no key".to_owned()))?);
        let trust = state.trust(&enrolled.anchor)?;
        let clock: Arc<dyn Clock> = self.clock.clone();
        let parts = Parts {
            state: state.clone(),
            identity: identity.clone(),
            device: enrolled.device,
            accounts: Arc::new(self.host.clone()),
            filter: AccountFilter::default(),
            clock: clock.clone(),
            rng: self.rng.clone(),
        };
        let engine = Engine::open(parts, &trust)?;
        let time = ServerTime::new(clock);
        Ok(Process { engine, state, trust, enrolled, identity, time, session: None })
    }
}

impl Process {
    async fn turn(
        &mut self,
        host: &Host,
        network: &mut Network,
        clock: &Arc<ManualClock>,
        rng: &dyn Rng,
    ) -> Result<(), Trouble> {
        self.engine.tidy(self.time.now())?;
        if self.time.clocks_diverged() {
            self.session = None;
        }
        let mut session = match self.session.take() {
            Some(session) if !session.is_over(self.time.now()) => session,
            Some(_) | None => self.hello(network, clock, rng).await?,
        };
        let served = self.serve(&mut session, host, network, rng).await;
        let keep = match &served {
            Ok(()) | Err(Failed::Trouble(_)) => true,
            Err(Failed::Session(error)) => match error {
                SessionError::Link(link) => !matches!(
                    link.refusal(),
                    Some(ProblemCode::SessionUnknown | ProblemCode::Replayed)
                ),
                SessionError::Forged(_)
                | SessionError::NoReceiptKey
                | SessionError::Refused { .. } => false,
            },
        };
        if keep {
            self.session = Some(session);
        }
        served.map_err(|failed| match failed {
            Failed::Session(error) => Trouble::Again(error.to_string()),
            Failed::Trouble(trouble) => trouble,
        })
    }

    async fn serve(
        &mut self,
        session: &mut Session,
        host: &Host,
        network: &mut Network,
        rng: &dyn Rng,
    ) -> Result<(), Failed> {
        self.report(session, network, rng).await?;
        for _ in 0..FETCHES {
            let Fetched { orders, more, .. } = {
                let newest = self.engine.newest();
                let changed = host.files_changed();
                let fetch = session.fetch(network, newest, &self.trust, &self.time, rng, changed);
                let fetched = fetch.await?;
                host.change_was_told();
                fetched
            };
            let idle = orders.is_empty() && !more;
            let mut forged = None;
            for opened in orders {
                match opened {
                    Ok((order, hash)) => {
                        host.begin(order.order);
                        self.engine.run(&order, hash, self.time.now(), &self.trust);
                    }
                    Err(error) => forged = Some(error),
                }
            }
            self.report(session, network, rng).await?;
            if let Some(error) = forged {
                return Err(SessionError::Forged(error).into());
            }
            if idle {
                return Ok(());
            }
        }
        let endless = format!("it fetched {FETCHES} times and there is still more");
        Err(Trouble::Fatal(endless).into())
    }

    async fn report(
        &mut self,
        session: &mut Session,
        network: &mut Network,
        rng: &dyn Rng,
    ) -> Result<(), Failed> {
        for (order, signed) in self.engine.unreported() {
            let ack = session.report(network, &signed, &self.trust, &self.time, rng).await?;
            self.engine.acked(order, ack.disposition, self.time.now()).map_err(Trouble::from)?;
        }
        Ok(())
    }

    async fn hello(
        &mut self,
        network: &mut Network,
        clock: &Arc<ManualClock>,
        rng: &dyn Rng,
    ) -> Result<Session, Trouble> {
        let again = |error: SessionError| Trouble::Again(error.to_string());
        let greeting = Greeting {
            device: self.enrolled.device,
            counter: self.engine.next_hello()?,
            newest: self.engine.newest(),
            interval: Duration::from_secs(60),
            boot: "boot".to_owned(),
            host: String::new(),
            bundles: Vec::new(),
        };
        let clock: Arc<dyn Clock> = clock.clone();
        let (answer, opened) =
            Session::open(network, greeting, &self.identity, &self.trust, &self.time, &clock, rng)
                .await
                .map_err(again)?;
        self.state.advance(&mut self.trust, &answer.bundles)?;
        let mut session = opened.map_err(again)?;
        if session.directives.escrows_wanted {
            let escrows = self.engine.escrows()?;
            session.hand_in(network, &escrows).await.map_err(again)?;
            self.engine.told_everything()?;
        }
        Ok(session)
    }
}

enum Failed {
    Session(SessionError),
    Trouble(Trouble),
}

impl From<SessionError> for Failed {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}
