//! The agent's loop: certificate, Hello, receipts, orders, wait.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sekisho_link::{
    Backoff, Bootstrap as _, ClientIdentity, Link, LinkError, ServerTime, UnverifiedLink,
};
use sekisho_model::rng::{random_bytes, uniform};
use sekisho_model::{Clock, Rng};
use sekisho_platform::accounts::{AccountBackend, AccountWatch};
use sekisho_seal::bundle::Trust;
use sekisho_seal::message;
use sekisho_seal::sign::IdentityKey;
use sekisho_wire::certificate::{CertificateOutcome, IssuedCertificate};
use sekisho_wire::order::{Order, Task};
use sekisho_wire::problem::ProblemCode;
use sekisho_wire::route::WAIT_HOLD_SHORT_S;
use sekisho_wire::session::{HelloAnswer, Wake};
use serde_bytes::ByteBuf;
use tokio::time::Instant;

use crate::bundles::{CatchUp, CatchUpError, Next, may_lack_keys};
use crate::certify::{self, Asking};
use crate::config::Config;
use crate::engine::{Engine, Parts};
use crate::enrol::certificate_request;
use crate::pace::Pace;
use crate::session::{Fetched, Greeting, Session, SessionError};
use crate::state::{Enrolled, State, StateError};
use crate::status::{Phase, StatusFile};
use crate::trouble::{SessionOr, Trouble};
use crate::ways::{self, Own, Ways};

/// How often the settings file and the account files are looked at.
const RELOAD_EVERY: Duration = Duration::from_secs(10);

/// How often the journal is tidied.
const TIDY_EVERY: Duration = Duration::from_secs(6 * 3600);

/// Between two Hellos for a newer trust bundle. Less than from one call of the server
/// to the next.
const HELLO_FOR_BUNDLE: Duration = Duration::from_secs(30);

/// The first wait after trouble is drawn from zero to this.
const BACKOFF_BASE: Duration = Duration::from_secs(1);

/// No wait after trouble is longer, unless the server asks for it.
pub(crate) const BACKOFF_CAP: Duration = Duration::from_secs(60);

/// A wait that ends with nothing so long before its time was ended by somebody.
const EARLY: Duration = Duration::from_secs(2);

/// Before another way to the server is tried: a fleet that has lost a gateway
/// does not come to the next one all at once. In milliseconds.
const CHANGE_OVER_MS: u32 = 2_000;

/// What the loop needs from outside.
pub struct Surroundings {
    /// The settings.
    pub config: Config,
    /// Where they came from, for live reload.
    pub config_path: PathBuf,
    /// The agent's memory.
    pub state: State,
    /// The host's accounts.
    pub accounts: Arc<dyn AccountBackend>,
    /// The device's clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// The id of this boot.
    pub boot: String,
    /// The host's name.
    pub host: String,
    /// Where `status` reads from.
    pub status: StatusFile,
}

/// Why the loop ended.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The memory cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The identity key is gone.
    #[error("the identity key is missing; enrol this host again with a new key")]
    NoIdentity,
    /// The certificate request could not be made.
    #[error("{0}")]
    Request(String),
    /// The thread that carries orders out ended badly.
    #[error("the order that was being carried out stopped the agent: {0}")]
    Panicked(String),
}

/// Runs until the future is dropped or the agent's own memory fails. Trouble
/// with the network or the server is waited out.
///
/// # Errors
/// When the agent's own memory cannot be used.
pub async fn run(parts: Surroundings) -> Result<(), RunError> {
    let mut agent = Agent::new(parts)?;
    let mut backoff = Backoff::new(BACKOFF_BASE, BACKOFF_CAP);
    loop {
        match agent.turn().await {
            Ok(()) => backoff.reset(),
            Err(Trouble::Fatal(error)) => return Err(error),
            Err(Trouble::Again { error, at_least, blame, .. }) => {
                let wait = match agent.ways.trouble(blame, &error) {
                    // What one way says is not held against the next.
                    ways::Next::Other => {
                        let over = agent.ways.current().endpoint.to_string();
                        tracing::warn!(error, over, "not connected; trying another way");
                        let rng = agent.parts.rng.as_ref();
                        Duration::from_millis(uniform(rng, CHANGE_OVER_MS).into())
                    }
                    ways::Next::Same | ways::Next::AllTried => {
                        let wait = backoff.next(agent.parts.rng.as_ref()).max(at_least);
                        tracing::warn!(error, retry_in_s = wait.as_secs(), "not connected");
                        wait
                    }
                };
                agent.show(Phase::Waiting, Some(&error));
                // The first good answer to it says that the session goes on.
                agent.fetch_due = true;
                tokio::time::sleep(wait).await;
            }
        }
    }
}

/// An answer to a Hello, and the session if one was opened.
type Said = (HelloAnswer, Result<Session, SessionError>);

/// How long waits may be on this network: it is found out once and kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ladder {
    /// As long as the server holds them.
    Long,
    /// Short ones get through.
    Short,
    /// None get through: plain polls every interval.
    Polls,
}

/// An agent that is dissociated from its resource fetches, waits once, so that it
/// hears at once if it is associated meanwhile, and then rests until its next
/// look, without a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// It has fetched and not waited yet.
    Fetched,
    /// It has waited.
    Waited,
}

struct Agent {
    parts: Surroundings,
    enrolled: Enrolled,
    identity: Arc<IdentityKey>,
    trust: Trust,
    time: ServerTime,
    /// Taken while a thread carries an order out.
    engine: Option<Engine>,
    link: Option<Link>,
    session: Option<Session>,
    ladder: Ladder,
    fetch_due: bool,
    last_fetch: Instant,
    fetch_after: Duration,
    /// Dissociated: how far this look has come.
    look: Option<Look>,
    last_tidy: Option<Instant>,
    config_seen: Option<SystemTime>,
    /// The server says that the certificate has expired, whatever this
    /// host's clock says.
    renewal_due: bool,
    watch: Option<Box<dyn AccountWatch>>,
    /// Accounts have changed, and the server does not know it yet.
    accounts_changed: bool,
    /// The ways to the server, and the one in use.
    ways: Ways,
    /// The gateways that the server named first.
    first: Vec<Vec<String>>,
    /// How fast calls are answered that turn out to be for nothing.
    pace: Pace,
    /// The next fetch was called for.
    called: bool,
    /// When it last heard of a trust bundle that it lacks.
    heard_of_bundle: Option<Instant>,
    /// The next Hello brings it.
    hello_due: bool,
    /// What the status file says, and over which way.
    shown: Option<(Phase, String)>,
}

impl Agent {
    fn new(parts: Surroundings) -> Result<Self, RunError> {
        let enrolled = parts.state.enrolled()?;
        let identity = Arc::new(parts.state.identity()?.ok_or(RunError::NoIdentity)?);
        let trust = parts.state.trust(&enrolled.anchor)?;
        let engine = Engine::open(
            Parts {
                state: parts.state.clone(),
                identity: identity.clone(),
                device: enrolled.device,
                accounts: parts.accounts.clone(),
                filter: parts.config.filter.clone(),
                clock: parts.clock.clone(),
                rng: parts.rng.clone(),
            },
            &trust,
        )?;
        let first = parts.state.gateways_first();
        Ok(Self {
            ways: Ways::of(Own::new(&parts.config, &enrolled, &trust, &first), trust.bundle()),
            first,
            pace: Pace::default(),
            called: false,
            heard_of_bundle: None,
            hello_due: false,
            time: ServerTime::new(parts.clock.clone()),
            config_seen: modified(&parts.config_path),
            renewal_due: false,
            watch: parts.accounts.watch(),
            accounts_changed: false,
            shown: None,
            parts,
            enrolled,
            identity,
            trust,
            engine: Some(engine),
            link: None,
            session: None,
            ladder: Ladder::Long,
            fetch_due: true,
            last_fetch: Instant::now(),
            fetch_after: Duration::ZERO,
            look: None,
            last_tidy: None,
        })
    }

    /// One turn: everything there is to do now, then one wait.
    async fn turn(&mut self) -> Result<(), Trouble> {
        self.reload();
        self.tidy()?;
        if self.time.clocks_diverged() {
            tracing::warn!("the wall clock was set; opening a new session");
            self.session = None;
        }
        self.choose_way();
        let mut link = self.certified_link().await?;
        let turned = self.turn_with(&mut link).await;
        // A link that failed is rebuilt: the trust bundle may name another check.
        if matches!(turned, Ok(()) | Err(Trouble::Again { connected: true, .. })) {
            self.link = Some(link);
        }
        turned
    }

    /// Takes over the ways of a newer trust bundle. At a quiet moment the best way
    /// is tried again.
    fn choose_way(&mut self) {
        if self.ways.version() != self.trust.bundle().version {
            self.renew_ways();
        }
        let is_quiet = !self.fetch_due || self.ladder == Ladder::Polls;
        if is_quiet && self.ways.go_back(self.parts.clock.elapsed()) {
            tracing::info!(server = %self.ways.current().endpoint, "trying the first way again");
            self.link = None;
        }
    }

    fn renew_ways(&mut self) {
        let mut ways = self.ways.clone();
        if ways.renew(self.own(), self.trust.bundle()) {
            self.link = None;
        }
        self.ways = ways;
    }

    fn own(&self) -> Own<'_> {
        Own::new(&self.parts.config, &self.enrolled, &self.trust, &self.first)
    }

    /// Takes over which gateways the server names first, and keeps it for the next
    /// start.
    fn learn_first(&mut self, named: Vec<Vec<String>>) {
        if named == self.first {
            return;
        }
        tracing::info!(gateways = ?named, "the server names the gateways to take first");
        self.parts.state.put_gateways_first(&named);
        self.first = named;
        let mut ways = self.ways.clone();
        ways.reorder(self.own(), self.trust.bundle(), self.parts.clock.elapsed());
        self.ways = ways;
        if let Some((phase, _)) = self.shown {
            self.show(phase, None);
        }
    }

    /// Whether the server names a trust bundle that is newer than this agent's. A
    /// Hello brings it; if it does not, the next one is later.
    fn hear_of(&mut self, newest: Option<u64>) -> bool {
        let lacks = newest.is_some_and(|newest| newest > self.trust.bundle().version);
        let lately = self.heard_of_bundle.is_some_and(|at| at.elapsed() < HELLO_FOR_BUNDLE);
        let is_news = lacks && !lately;
        if is_news {
            self.heard_of_bundle = Some(Instant::now());
            self.hello_due = true;
        }
        is_news
    }

    /// The server has proved that it is there.
    fn worked(&mut self) {
        self.ways.worked(self.parts.clock.elapsed(), self.parts.rng.as_ref());
    }

    async fn turn_with(&mut self, link: &mut Link) -> Result<(), Trouble> {
        let now = self.time.now();
        let kept = self.session.take().filter(|session| !session.is_over(now));
        let hello_due = std::mem::take(&mut self.hello_due);
        let mut session = match kept {
            Some(session) if !hello_due => session,
            kept => match self.hello(link).await {
                Ok(session) => session,
                Err(trouble) => {
                    // It was to be replaced for the sake of a newer bundle only.
                    self.session = kept;
                    return Err(trouble);
                }
            },
        };
        let served = self.serve(link, &mut session).await;
        if let Err(SessionOr::Session(SessionError::Link(error))) = &served {
            self.note_refusal(error);
        }
        let keep = match &served {
            Ok(()) => true,
            // A session outlives its connection, but not the server's word.
            Err(SessionOr::Session(error)) => match error {
                SessionError::Link(link_error) => !matches!(
                    link_error.refusal(),
                    // Unreadable: sealed to a key that the server has retired.
                    Some(
                        ProblemCode::SessionUnknown
                            | ProblemCode::Replayed
                            | ProblemCode::Unreadable
                    )
                ),
                SessionError::Forged(_)
                | SessionError::NoReceiptKey
                | SessionError::Refused { .. } => false,
            },
            Err(SessionOr::Trouble(_)) => true,
        };
        if keep {
            self.session = Some(session);
        }
        match served {
            Ok(()) => Ok(()),
            Err(SessionOr::Session(error)) => Err(error.into()),
            Err(SessionOr::Trouble(trouble)) => Err(trouble),
        }
    }

    /// Receipts first, then orders, then a wait.
    async fn serve(&mut self, link: &mut Link, session: &mut Session) -> Result<(), SessionOr> {
        let rng = self.parts.rng.clone();
        self.report(link, session).await?;
        let every = u64::from(session.directives.fetch_every_s) * 1000;
        while self.fetch_due || self.last_fetch.elapsed() >= self.fetch_after {
            let told = self.accounts_changed;
            let newest = self.engine().newest();
            let fetched = session.fetch(link, newest, &self.trust, &self.time, rng.as_ref(), told);
            let Fetched { orders, more, look_every, gateways_first, newest_bundle } =
                fetched.await?;
            self.accounts_changed = false;
            self.last_fetch = Instant::now();
            self.worked();
            self.learn_first(gateways_first);
            let is_news = self.hear_of(newest_bundle);
            self.show_association(look_every);
            if !orders.is_empty() || more || is_news {
                self.pace.useful();
            } else if self.called {
                self.pace.in_vain();
            }
            self.called = false;
            // A fleet that began together must not fetch together: the first
            // interval may be short, the others are ± 10 %.
            let is_first = self.fetch_after.is_zero();
            let (every, shortest, span) = match look_every {
                // Never later than it was asked to look.
                Some(look) => (u64::try_from(look.as_millis()).unwrap_or(u64::MAX), 900, 101),
                None if is_first => (every, 100, 1001),
                None => (every, 900, 201),
            };
            let permille = u64::from(uniform(rng.as_ref(), span)) + shortest;
            self.fetch_after = Duration::from_millis(every.saturating_mul(permille) / 1000);
            self.fetch_due = more;
            self.look = look_every.map(|_| Look::Fetched);
            let mut forged = None;
            for opened in orders {
                match opened {
                    Ok((order, hash)) => self.carry_out(order, hash).await?,
                    Err(error) => forged = Some(error),
                }
            }
            self.report(link, session).await?;
            if let Some(error) = forged {
                // A new session, after a pause: else it would come at once again.
                return Err(SessionError::Forged(error).into());
            }
            if self.hello_due {
                return Ok(());
            }
        }
        // The moment is quiet now: a wait over the old way would hold it up for minutes.
        if self.ways.is_back_due(self.parts.clock.elapsed()) {
            return Ok(());
        }
        match self.look {
            None => self.wait(link, session).await,
            Some(Look::Fetched) if self.ladder != Ladder::Polls => {
                self.look = Some(Look::Waited);
                self.wait(link, session).await
            }
            Some(Look::Fetched | Look::Waited) => {
                self.rest(link).await;
                Ok(())
            }
        }
    }

    /// Says whether the server lets this agent work.
    fn show_association(&mut self, look_every: Option<Duration>) {
        let phase = if look_every.is_some() { Phase::Dissociated } else { Phase::Connected };
        let way = self.ways.current().endpoint.to_string();
        let before = self.shown.as_ref().map(|(phase, _)| *phase);
        if self.shown.as_ref().is_some_and(|shown| *shown == (phase, way.clone())) {
            return;
        }
        match (look_every, before) {
            (Some(_), Some(Phase::Dissociated)) => {}
            (Some(every), _) => {
                let every_s = every.as_secs();
                tracing::warn!(every_s, "dissociated by the server: no orders until it is over");
            }
            (None, Some(Phase::Dissociated)) => tracing::info!("associated by the server again"),
            (None, _) => tracing::info!(server = way, "connected again"),
        }
        self.show(phase, None);
    }

    /// Rests until the next look of a dissociated agent, without a connection.
    async fn rest(&mut self, link: &mut Link) {
        link.disconnect();
        let next = self.last_fetch + self.fetch_after;
        let mut changed = tokio::time::interval(RELOAD_EVERY);
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(next) => return,
                _ = changed.tick() => {
                    if modified(&self.parts.config_path) != self.config_seen {
                        return;
                    }
                    // Told at the next look; the server lists them later.
                    self.accounts_changed |= self.watch.as_mut().is_some_and(|it| it.changed());
                }
            }
        }
    }

    async fn report(&mut self, link: &mut Link, session: &mut Session) -> Result<(), SessionOr> {
        let rng = self.parts.rng.clone();
        for (order, signed) in self.engine().unreported() {
            let ack = session.report(link, &signed, &self.trust, &self.time, rng.as_ref()).await?;
            let now = self.time.now();
            self.engine().acked(order, ack.disposition, now).map_err(Trouble::from)?;
        }
        Ok(())
    }

    /// Runs the system's tools on a thread that may block. The thread is never
    /// interrupted: what was started is finished.
    async fn carry_out(&mut self, order: Order, hash: [u8; 32]) -> Result<(), SessionOr> {
        let (id, operation) = (order.order, order.task.operation());
        tracing::info!(order = %id, %operation, initiator = order.initiator, "order");
        let resets = match &order.task {
            Task::Reset { target, .. } => Some(target.name.clone()),
            Task::Verify { .. } | Task::Discover {} => None,
        };
        let mut engine = self.engine.take().expect("the engine is here between orders");
        let (trust, now) = (self.trust.clone(), self.time.now());
        let ran = tokio::task::spawn_blocking(move || {
            engine.run(&order, hash, now, &trust);
            engine
        })
        .await;
        match ran {
            Ok(engine) => {
                self.engine = Some(engine);
                if let (Some(watch), Some(name)) = (&mut self.watch, &resets) {
                    watch.expect(name);
                }
                tracing::info!(order = %id, "order finished");
                Ok(())
            }
            Err(error) => Err(Trouble::from(RunError::Panicked(error.to_string())).into()),
        }
    }

    async fn wait(&mut self, link: &mut Link, session: &Session) -> Result<(), SessionOr> {
        let pause = self.pace.pause(self.parts.rng.as_ref());
        if !pause.is_zero() {
            tracing::debug!(pause_ms = pause.as_millis(), "called for nothing again and again");
            tokio::time::sleep(pause).await;
        }
        let mut held = Duration::from_secs(u64::from(session.directives.wait_hold_s));
        if self.look.is_some() {
            held = held.min(self.fetch_after.saturating_sub(self.last_fetch.elapsed()));
        }
        let hold = match self.ladder {
            Ladder::Long => held,
            Ladder::Short => held.min(Duration::from_secs(WAIT_HOLD_SHORT_S)),
            Ladder::Polls => {
                tokio::time::sleep(self.parts.config.interval).await;
                self.accounts_changed |= self.watch.as_mut().is_some_and(|it| it.changed());
                self.fetch_due = true;
                return Ok(());
            }
        };
        let begun = Instant::now();
        let mut changed = tokio::time::interval(RELOAD_EVERY);
        let waited = {
            let mut wait = std::pin::pin!(session.wait(link, hold));
            loop {
                tokio::select! {
                    waited = &mut wait => break waited,
                    _ = changed.tick() => {
                        if modified(&self.parts.config_path) != self.config_seen {
                            return Ok(());
                        }
                        if self.watch.as_mut().is_some_and(|watch| watch.changed()) {
                            tracing::info!("the accounts of this host have changed");
                            self.accounts_changed = true;
                            self.fetch_due = true;
                            return Ok(());
                        }
                    }
                }
            }
        };
        match waited {
            Ok(Wake::Fetch) => {
                (self.fetch_due, self.called) = (true, true);
                Ok(())
            }
            Ok(Wake::Nothing) => {
                if begun.elapsed() + EARLY < hold {
                    self.pace.in_vain();
                }
                Ok(())
            }
            Err(error) => {
                let cut = matches!(
                    error,
                    SessionError::Link(LinkError::Broken(_) | LinkError::TimedOut(_))
                );
                if cut {
                    self.step_down(begun.elapsed(), hold);
                }
                // The next wait begins with a look for orders, so that a fleet
                // that lost its server comes back without a fetch each. Plain
                // polls have no wait.
                self.fetch_due = self.ladder == Ladder::Polls;
                if cut {
                    // The next call says whether the way is to blame.
                    return Err(Trouble::again(error.to_string(), Duration::ZERO).into());
                }
                Err(error.into())
            }
        }
    }

    /// A wait that broke after a while, with a server that answers otherwise,
    /// was cut by something in between.
    fn step_down(&mut self, lasted: Duration, hold: Duration) {
        let a_while = Duration::from_secs(20);
        let next = match self.ladder {
            Ladder::Long if lasted > a_while && lasted < hold => Ladder::Short,
            Ladder::Short if lasted > a_while && lasted < hold => Ladder::Polls,
            Ladder::Long | Ladder::Short | Ladder::Polls => return,
        };
        tracing::info!(lasted_s = lasted.as_secs(), "long waits do not get through here");
        self.ladder = next;
    }

    async fn hello(&mut self, link: &mut Link) -> Result<Session, Trouble> {
        match self.hello_once(link).await {
            Err(SessionOr::Session(SessionError::Link(error))) if error.is_outside_validity() => {
                // Whose clock is wrong? Ask the server, by a signed answer.
                self.learn_time(link).await?;
                link.disconnect();
                Ok(self.hello_once(link).await?)
            }
            Err(SessionOr::Session(SessionError::Link(error))) => {
                self.note_refusal(&error);
                if error.is_unknown_issuer() {
                    self.learn_bundles(link).await;
                }
                Err(error.into())
            }
            other => Ok(other?),
        }
    }

    /// A host whose clock is behind does not know that its certificate has
    /// expired: the server's word counts.
    fn note_refusal(&mut self, error: &LinkError) {
        use ProblemCode::{CertificateExpired, CertificateUnknown};
        let refused = matches!(error.refusal(), Some(CertificateExpired | CertificateUnknown));
        self.renewal_due |= refused;
    }

    /// The site's CA or its keys may have been replaced while this host was
    /// off. The chain of trust bundles says so and proves itself, whoever hands
    /// it out. What cannot be learnt now is asked for again with the next try.
    async fn learn_bundles(&mut self, link: &Link) {
        let before = self.trust.bundle().version;
        let learnt = async {
            let unverified = UnverifiedLink::new(link.endpoint().clone())?;
            let unverified = unverified.through(self.parts.config.proxy.clone());
            Ok::<_, LinkError>(unverified.bundle(before).await?.bundles)
        };
        match learnt.await {
            Ok(bundles) => match self.parts.state.advance(&mut self.trust, &bundles) {
                Ok(()) if self.trust.bundle().version > before => {
                    tracing::info!(version = self.trust.bundle().version, "newer trust bundle");
                }
                Ok(()) => {}
                Err(error) => tracing::warn!(%error, "the trust bundles there are not ours"),
            },
            Err(error) => tracing::debug!(%error, "no newer trust bundle"),
        }
    }

    /// Says Hello until both ends hold the same trust bundles.
    async fn hello_once(&mut self, link: &mut Link) -> Result<Session, SessionOr> {
        let mut catch_up = CatchUp::default();
        let mut bundles = Vec::new();
        let opened = loop {
            let said = self.say_hello(link, std::mem::take(&mut bundles)).await?;
            let (state, trust) = (&self.parts.state, &mut self.trust);
            let next = match &said {
                Ok((answer, _)) => {
                    catch_up.answered(answer, state, trust).map_err(Trouble::from)?
                }
                Err(error) => match catch_up.failed(error, link, state, trust).await {
                    Ok(next) => next,
                    Err(CatchUpError::State(error)) => return Err(Trouble::from(error).into()),
                    // What the Hello itself met says more.
                    Err(CatchUpError::Link(_)) => Next::Done,
                },
            };
            match next {
                Next::Again(shown) => bundles = shown,
                Next::Done => break said?.1,
            }
        };
        self.worked();
        let mut session = opened?;
        if session.directives.escrows_wanted {
            let escrows = self.engine().escrows().map_err(Trouble::from)?;
            session.hand_in(link, &escrows).await?;
            self.engine().told_everything().map_err(Trouble::from)?;
        }
        tracing::info!(session = %session.id(), server = %link.endpoint(), "connected");
        self.show(Phase::Connected, None);
        self.fetch_due = true;
        Ok(session)
    }

    async fn say_hello(
        &mut self,
        link: &mut Link,
        bundles: Vec<ByteBuf>,
    ) -> Result<Result<Said, SessionError>, SessionOr> {
        let greeting = Greeting {
            device: self.enrolled.device,
            counter: self.engine().next_hello().map_err(Trouble::from)?,
            newest: self.engine().newest(),
            interval: self.parts.config.interval,
            boot: self.parts.boot.clone(),
            host: self.parts.host.clone(),
            bundles,
        };
        let (time, clock, rng) = (&self.time, &self.parts.clock, self.parts.rng.as_ref());
        Ok(Session::open(link, greeting, &self.identity, &self.trust, time, clock, rng).await)
    }

    /// Says in the status file what this loop is doing.
    fn show(&mut self, phase: Phase, problem: Option<&str>) {
        let mut ways = self.ways.clone();
        // Those of a bundle that has just come are taken with the next turn, which
        // may be a long wait away.
        if ways.version() != self.trust.bundle().version {
            ways.renew(self.own(), self.trust.bundle());
        }
        self.parts.status.put(phase, problem, &self.time, ways.shown());
        self.shown = Some((phase, self.ways.current().endpoint.to_string()));
    }

    /// A link that presents the device's certificate; asks for one, or for its
    /// successor, first.
    async fn certified_link(&mut self) -> Result<Link, Trouble> {
        let now = self.time.now();
        let certificate = self.parts.state.certificate()?;
        let certificate = match certificate {
            Some(certificate) if now < certificate.renew_at && !self.renewal_due => certificate,
            Some(old) => match self.request_certificate().await {
                Ok(new) => {
                    self.link = None;
                    new
                }
                // The old one still works for a while.
                Err(Trouble::Again { error, .. }) if now < old.not_after && !self.renewal_due => {
                    tracing::warn!(error, "the certificate could not be renewed yet");
                    old
                }
                Err(trouble) => return Err(trouble),
            },
            None => self.request_certificate().await?,
        };
        // After trouble it may be another way's turn.
        let way = &self.ways.current().endpoint;
        if let Some(link) = self.link.take().filter(|link| link.endpoint() == way) {
            return Ok(link);
        }
        let identity = ClientIdentity {
            chain: certificate.chain.iter().map(|der| der.to_vec()).collect(),
            key: self.identity.pkcs8().clone(),
        };
        self.new_link(Some(&identity))
    }

    fn new_link(&self, identity: Option<&ClientIdentity>) -> Result<Link, Trouble> {
        let way = self.ways.current();
        let link = Link::new(way.endpoint.clone(), &way.check, identity, self.time.clone())?;
        Ok(link.through(self.parts.config.proxy.clone()))
    }

    async fn request_certificate(&mut self) -> Result<IssuedCertificate, Trouble> {
        let mut link = self.new_link(None)?;
        match self.request_certificate_over(&mut link).await {
            Err(SessionOr::Session(SessionError::Link(error))) if error.is_outside_validity() => {
                self.learn_time(&link).await?;
                link.disconnect();
                Ok(self.request_certificate_over(&mut link).await?)
            }
            Err(SessionOr::Session(SessionError::Link(error))) if error.is_unknown_issuer() => {
                self.learn_bundles(&link).await;
                Err(error.into())
            }
            Err(SessionOr::Session(error)) if may_lack_keys(&error) => {
                self.learn_bundles(&link).await;
                Err(error.into())
            }
            other => Ok(other?),
        }
    }

    async fn request_certificate_over(
        &mut self,
        link: &mut Link,
    ) -> Result<IssuedCertificate, SessionOr> {
        let csr = certificate_request(&self.identity)
            .map_err(|error| Trouble::from(RunError::Request(error.to_string())))?;
        let asking = Asking {
            device: self.enrolled.device,
            identity: &self.identity,
            csr: &csr,
            trust: &self.trust,
        };
        let asked = certify::request(link, asking, &self.time, self.parts.rng.as_ref());
        let outcome = asked.await?;
        self.worked();
        match outcome {
            CertificateOutcome::Issued(certificate) => {
                self.parts.state.put_certificate(&certificate).map_err(Trouble::from)?;
                self.renewal_due = false;
                tracing::info!(until = %certificate.not_after, "certificate received");
                Ok(certificate)
            }
            CertificateOutcome::Pending { retry_after_s } => Err(Trouble::again(
                "an administrator has not approved this device yet".to_owned(),
                Duration::from_secs(u64::from(retry_after_s)),
            )
            .into()),
            CertificateOutcome::Refused { reason } => {
                let at_least = Duration::from_secs(300);
                Err(Trouble::again(reason.sentence().to_owned(), at_least).into())
            }
        }
    }

    async fn learn_time(&mut self, link: &Link) -> Result<(), Trouble> {
        let nonce = random_bytes(self.parts.rng.as_ref());
        let unverified = UnverifiedLink::new(link.endpoint().clone())?;
        let unverified = unverified.through(self.parts.config.proxy.clone());
        let signed = unverified.time(&nonce).await?;
        let time = message::open_time(&signed, &self.trust, &nonce).map_err(SessionError::from)?;
        self.time.learn(time.time);
        let skew_s = self.time.skew().unwrap_or_default().as_secs();
        tracing::warn!(skew_s, "this host's clock differs from the server's; using the server's");
        Ok(())
    }

    fn tidy(&mut self) -> Result<(), Trouble> {
        if self.last_tidy.is_none_or(|last| last.elapsed() > TIDY_EVERY) {
            let now = self.time.now();
            if self.time.is_known() {
                self.engine().tidy(now)?;
                self.last_tidy = Some(Instant::now());
            }
        }
        Ok(())
    }

    /// Takes over changed settings. Settings that cannot be used change
    /// nothing.
    fn reload(&mut self) {
        let seen = modified(&self.parts.config_path);
        if seen == self.config_seen {
            return;
        }
        self.config_seen = seen;
        match Config::load(&self.parts.config_path, false) {
            Ok(config) => {
                tracing::info!("settings changed");
                if config.server != self.parts.config.server
                    || config.trust != self.parts.config.trust
                    || config.proxy != self.parts.config.proxy
                {
                    self.link = None;
                }
                self.ladder = Ladder::Long;
                self.engine().set_filter(config.filter.clone());
                self.parts.config = config;
                self.renew_ways();
            }
            Err(error) => tracing::error!(%error, "the changed settings are not used"),
        }
    }

    fn engine(&mut self) -> &mut Engine {
        self.engine.as_mut().expect("the engine is here between orders")
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|meta| meta.modified()).ok()
}
