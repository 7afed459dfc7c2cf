//! An endpoint: a host with an agent that is a process on it.
//!
//! The process keeps what the real one keeps in memory, its session and its
//! receipts, and loses it when it ends. Its turn follows `agent::run`.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use sekisho_agent::bundles::{CatchUp, CatchUpError, Next};
use sekisho_agent::certify::{self, Asking};
use sekisho_agent::engine::{Engine, Parts};
use sekisho_agent::enrol::certificate_request;
use sekisho_agent::session::{Fetched, Greeting, Session, SessionError};
use sekisho_agent::state::{Enrolled, State, StateError};
use sekisho_link::{Bootstrap as _, ServerTime};
use sekisho_model::clock::ManualClock;
use sekisho_model::id::DeviceSessionId;
use sekisho_model::rng::random_bytes;
use sekisho_model::{Clock, Rng};
use sekisho_platform::accounts::AccountFilter;
use sekisho_platform::disk::MemoryDisk;
use sekisho_seal::bundle::Trust;
use sekisho_seal::sign::IdentityKey;
use sekisho_seal::{message, sha256};
use sekisho_wire::certificate::CertificateOutcome;
use sekisho_wire::problem::ProblemCode;
use sekisho_wire::session::Wake;
use std::collections::BTreeSet;

use crate::disk::SimDisk;
use crate::host::{Cut, Host, HostSnapshot};
use crate::network::Network;

/// Fetches in one turn, at most: more is a circle.
const FETCHES: u32 = 100;

/// Waits in one turn of a whole agent, at most.
const WAITS: u32 = 3;

/// What an agent said and believed, as a witness would have it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    /// The sessions that were opened to it.
    pub(crate) sessions: BTreeSet<DeviceSessionId>,
    /// The hashes of the receipts that it signed.
    pub(crate) receipts: BTreeSet<[u8; 32]>,
    /// Answers that it did not believe.
    pub(crate) disbelieved: u64,
}

/// A host, its agent's disk, and the agent while it runs.
pub(crate) struct Endpoint {
    pub(crate) disk: SimDisk,
    pub(crate) host: Host,
    pub(crate) network: Network,
    /// The device's own clock.
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) rng: Arc<dyn Rng>,
    /// It also shows and renews certificates, catches up with trust bundles and
    /// waits, as the real loop does. Without it only orders matter.
    pub(crate) is_whole: bool,
    pub(crate) said: Said,
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
    /// Somebody said that the certificate has expired.
    renewal_due: bool,
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
        let said = Said::default();
        Self { disk, host, network, clock, rng, is_whole: false, said, process: None }
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
                let with = With {
                    host: &self.host,
                    network: &mut self.network,
                    clock: &self.clock,
                    rng: self.rng.as_ref(),
                    said: &mut self.said,
                    is_whole: self.is_whole,
                };
                running.turn(with).await
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
        let (session, renewal_due) = (None, false);
        Ok(Process { engine, state, trust, enrolled, identity, time, session, renewal_due })
    }
}

/// What a turn works with.
struct With<'a> {
    host: &'a Host,
    network: &'a mut Network,
    clock: &'a Arc<ManualClock>,
    rng: &'a dyn Rng,
    said: &'a mut Said,
    is_whole: bool,
}

impl Process {
    async fn turn(&mut self, mut with: With<'_>) -> Result<(), Trouble> {
        let turned = self.turn_with(&mut with).await;
        if let Err(Failed::Session(SessionError::Forged(_))) = &turned {
            with.said.disbelieved += 1;
        }
        turned.map_err(|failed| match failed {
            Failed::Session(error) => Trouble::Again(error.to_string()),
            Failed::Trouble(trouble) => trouble,
        })
    }

    async fn turn_with(&mut self, with: &mut With<'_>) -> Result<(), Failed> {
        self.engine.tidy(self.time.now()).map_err(Trouble::from)?;
        if self.time.clocks_diverged() {
            self.session = None;
        }
        if with.is_whole {
            self.certify(with).await?;
        }
        let mut session = match self.session.take() {
            Some(session) if !session.is_over(self.time.now()) => session,
            Some(_) | None => self.hello(with).await?,
        };
        let mut served = self.serve(&mut session, with).await;
        for _ in 0..WAITS {
            if !with.is_whole || served.is_err() {
                break;
            }
            match session.wait(with.network, Duration::from_secs(240)).await {
                Ok(Wake::Nothing) => break,
                Ok(Wake::Fetch) => served = self.serve(&mut session, with).await,
                Err(error) => served = Err(error.into()),
            }
        }
        let keep = match &served {
            Ok(()) | Err(Failed::Trouble(_)) => true,
            Err(Failed::Session(error)) => {
                self.note_refusal(error);
                match error {
                    SessionError::Link(link) => match link.refusal() {
                        Some(ProblemCode::SessionUnknown | ProblemCode::Replayed) => false,
                        // Sealed to a key that the server has retired.
                        Some(ProblemCode::Unreadable) => !with.is_whole,
                        _ => true,
                    },
                    SessionError::Forged(_)
                    | SessionError::NoReceiptKey
                    | SessionError::Refused { .. } => false,
                }
            }
        };
        if keep {
            self.session = Some(session);
        }
        served
    }

    /// Shows the certificate there is; asks for one, or for its successor, first.
    async fn certify(&mut self, with: &mut With<'_>) -> Result<(), Failed> {
        let now = self.time.now();
        let held = self.state.certificate().map_err(Trouble::from)?;
        let certificate = match held {
            Some(held) if now < held.renew_at && !self.renewal_due => held,
            held => {
                with.network.show(None);
                let csr = certificate_request(&self.identity)
                    .map_err(|error| Trouble::Fatal(error.to_string()))?;
                let asking = Asking {
                    device: self.enrolled.device,
                    identity: &self.identity,
                    csr: &csr,
                    trust: &self.trust,
                };
                let asked = certify::request(with.network, asking, &self.time, with.rng).await;
                match (asked, held) {
                    (Ok(CertificateOutcome::Issued(issued)), _) => {
                        self.state.put_certificate(&issued).map_err(Trouble::from)?;
                        self.renewal_due = false;
                        issued
                    }
                    (Ok(_), None) => return Err(Trouble::Again("no certificate yet".into()).into()),
                    (Err(error), None) => return Err(error.into()),
                    // The old one still works for a while.
                    (_, Some(held)) => held,
                }
            }
        };
        let chain = certificate.chain.iter().map(|der| der.to_vec()).collect();
        with.network.show(Some(chain));
        Ok(())
    }

    fn note_refusal(&mut self, error: &SessionError) {
        if let SessionError::Link(error) = error {
            use ProblemCode::{CertificateExpired, CertificateUnknown};
            let refused = matches!(error.refusal(), Some(CertificateExpired | CertificateUnknown));
            self.renewal_due |= refused;
        }
    }

    async fn serve(&mut self, session: &mut Session, with: &mut With<'_>) -> Result<(), Failed> {
        self.report(session, with).await?;
        for _ in 0..FETCHES {
            let Fetched { orders, more, .. } = {
                let newest = self.engine.newest();
                let changed = with.host.files_changed();
                let (trust, time) = (&self.trust, &self.time);
                let fetch = session.fetch(with.network, newest, trust, time, with.rng, changed);
                let fetched = fetch.await?;
                with.host.change_was_told();
                fetched
            };
            let idle = orders.is_empty() && !more;
            let mut forged = None;
            for opened in orders {
                match opened {
                    Ok((order, hash)) => {
                        with.host.begin(order.order);
                        self.engine.run(&order, hash, self.time.now(), &self.trust);
                    }
                    Err(error) => forged = Some(error),
                }
            }
            self.report(session, with).await?;
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

    async fn report(&mut self, session: &mut Session, with: &mut With<'_>) -> Result<(), Failed> {
        for (order, signed) in self.engine.unreported() {
            with.said.receipts.insert(sha256(&signed));
            let report = session.report(with.network, &signed, &self.trust, &self.time, with.rng);
            let ack = report.await?;
            self.engine.acked(order, ack.disposition, self.time.now()).map_err(Trouble::from)?;
        }
        Ok(())
    }

    async fn hello(&mut self, with: &mut With<'_>) -> Result<Session, Failed> {
        let mut catch_up = CatchUp::default();
        let mut bundles = Vec::new();
        let opened = loop {
            let said = self.say_hello(with, std::mem::take(&mut bundles)).await?;
            if let Err(error) = &said {
                self.note_refusal(error);
            }
            if !with.is_whole {
                let (answer, opened) = said?;
                self.state.advance(&mut self.trust, &answer.bundles).map_err(Trouble::from)?;
                break opened;
            }
            let (state, trust) = (&self.state, &mut self.trust);
            let next = match &said {
                Ok((answer, _)) => {
                    catch_up.answered(answer, state, trust).map_err(Trouble::from)?
                }
                Err(SessionError::Link(error)) if error.is_outside_validity() => {
                    self.learn_time(with).await?;
                    Next::Done
                }
                Err(error) => match catch_up.failed(error, with.network, state, trust).await {
                    Ok(next) => next,
                    Err(CatchUpError::State(error)) => return Err(Trouble::from(error).into()),
                    Err(CatchUpError::Link(_)) => Next::Done,
                },
            };
            match next {
                Next::Again(shown) => bundles = shown,
                Next::Done => break said?.1,
            }
        };
        let mut session = opened?;
        with.said.sessions.insert(session.id());
        if session.directives.escrows_wanted {
            let escrows = self.engine.escrows().map_err(Trouble::from)?;
            session.hand_in(with.network, &escrows).await?;
            self.engine.told_everything().map_err(Trouble::from)?;
        }
        Ok(session)
    }

    async fn say_hello(
        &mut self,
        with: &mut With<'_>,
        bundles: Vec<serde_bytes::ByteBuf>,
    ) -> Result<Result<Answered, SessionError>, Failed> {
        let greeting = Greeting {
            device: self.enrolled.device,
            counter: self.engine.next_hello().map_err(Trouble::from)?,
            newest: self.engine.newest(),
            interval: Duration::from_secs(60),
            boot: "boot".to_owned(),
            host: String::new(),
            bundles,
        };
        let clock: Arc<dyn Clock> = with.clock.clone();
        let (identity, trust, time) = (&self.identity, &self.trust, &self.time);
        let said = Session::open(with.network, greeting, identity, trust, time, &clock, with.rng);
        Ok(said.await)
    }

    /// The server's time, by a signed answer to a nonce.
    async fn learn_time(&mut self, with: &mut With<'_>) -> Result<(), Failed> {
        let nonce = random_bytes(with.rng);
        let signed = with.network.time(&nonce).await.map_err(SessionError::from)?;
        let time = message::open_time(&signed, &self.trust, &nonce).map_err(SessionError::from)?;
        self.time.learn(time.time);
        Ok(())
    }
}

/// An answer to a Hello, and the session if one was opened.
type Answered = (sekisho_wire::session::HelloAnswer, Result<Session, SessionError>);

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
