//! The data plane as the process sees it: started, asked, drained, stopped.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::rng::uniform;
use sekisho_wire::gateway::{FromGateway, GatewayConfig, GatewayStatus, GatewayTopic};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use crate::hub::Hub;
use crate::link;
use crate::names;
use crate::parts::{Identity, Listeners, Paired, Parts, PassThroughListener, PublicCertificate};
use crate::plane::{self, Ending, Live};
use crate::self_check;
use crate::status::{self, StatusPage};
use crate::tls::TlsSetup;
use crate::worker::{Held, Job, Workers};

/// How often memory is measured and tables are swept.
const HOUSEKEEPING: Duration = Duration::from_secs(1);

/// How long a stop waits for threads.
const STOPPING: Duration = Duration::from_secs(5);

/// Why a data plane could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A thread, its runtime or a socket.
    #[error("the gateway could not be started: {0}")]
    Io(#[from] io::Error),
    /// The key of the link.
    #[error(transparent)]
    Tls(#[from] TlsSetup),
}

/// Sockets that are open.
#[derive(Default)]
struct Open {
    agents: Vec<TcpListener>,
    private: Vec<TcpListener>,
    pass_through: Option<(SocketAddr, Option<TcpListener>)>,
}

/// A data plane that works. Ends when dropped.
pub struct Gateway {
    hub: Arc<Hub>,
    open: Arc<Mutex<Open>>,
    workers: Arc<Workers>,
    accepting: watch::Sender<bool>,
    held: watch::Sender<Held>,
    stop: watch::Sender<bool>,
    threads: Mutex<Vec<thread::JoinHandle<()>>>,
}

/// Starts a data plane: the threads that receive and serve, and the one that
/// controls and keeps house.
///
/// # Errors
/// When the key of the link cannot be used, or the system refuses a thread.
pub fn start(parts: Parts) -> Result<Gateway, StartError> {
    let gateway = start_held(parts)?;
    gateway.open();
    Ok(gateway)
}

/// As [`start`], but the public listeners are not answered before
/// [`Gateway::open`]: a process that takes over from another proves itself first.
///
/// # Errors
/// As [`start`].
pub fn start_held(parts: Parts) -> Result<Gateway, StartError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (hub, messages) = {
        // Timers are made here.
        let _entered = runtime.enter();
        Hub::new(&parts)?
    };
    let (stop, stopped) = watch::channel(false);
    let (accepting, no_more) = watch::channel(false);
    let (held, holds) = watch::channel(Held { public: true, private: false });
    let (workers, mut threads) = Workers::start(&hub, &stopped)?;
    let workers = Arc::new(workers);
    let pass_through = parts.listeners.pass_through;
    let open = Open {
        agents: parts.listeners.agents,
        private: parts.listeners.private,
        pass_through: pass_through.map(|listener| (listener.address, listener.inherited)),
    };
    let open = Arc::new(Mutex::new(open));
    let control = Control {
        hub: hub.clone(),
        workers: workers.clone(),
        open: open.clone(),
        no_more,
        holds,
        stopped,
    };
    let thread = thread::Builder::new().name("control".to_owned()).spawn(move || {
        runtime.block_on(control.run(messages));
        runtime.shutdown_background();
    })?;
    threads.push(thread);
    let threads = Mutex::new(threads);
    Ok(Gateway { hub, open, workers, accepting, held, stop, threads })
}

impl Gateway {
    /// What the server is told about it.
    pub fn status(&self) -> GatewayStatus {
        status::status(&self.hub)
    }

    /// What `/getstatus` says.
    pub fn page(&self) -> StatusPage {
        StatusPage::of(&self.hub)
    }

    /// When something was last heard of the server; `None`: never since the start.
    pub fn server_heard(&self) -> Option<Timestamp> {
        self.hub.contact().heard
    }

    /// The configuration it works by. Its `revoked` is empty: that list is kept
    /// elsewhere.
    pub fn config(&self) -> Option<GatewayConfig> {
        self.hub.work().snapshot.as_ref().map(|snapshot| snapshot.config.clone())
    }

    /// From the next handshake on agents see this certificate.
    pub fn show(&self, public: PublicCertificate) {
        self.hub.show(Some(public));
    }

    /// Another certificate of the link, for the next connections.
    ///
    /// # Errors
    /// When it cannot be used; the former one stays then.
    pub fn identify(&self, identity: Identity) -> Result<(), TlsSetup> {
        self.hub.identify(identity)
    }

    /// It belongs to a site from now on.
    ///
    /// # Errors
    /// When TLS cannot be set up for it; nothing changes then.
    pub fn pair(&self, paired: Paired) -> Result<(), TlsSetup> {
        self.hub.pair(Some(paired))
    }

    /// It belongs to no site any more: links are closed, nothing is relayed.
    ///
    /// # Errors
    /// When TLS cannot be set up; nothing changes then.
    pub fn unpair(&self) -> Result<(), TlsSetup> {
        self.hub.pair(None)
    }

    /// Asks the server for a certificate, as soon as there is one. The answer
    /// comes to [`Keeper::issued`](crate::Keeper::issued).
    ///
    /// # Errors
    /// When too much waits to be said already.
    pub fn request_certificate(&self, for_link: bool, request: Vec<u8>) -> Result<(), QueueFull> {
        let request = serde_bytes::ByteBuf::from(request);
        self.say(FromGateway::CertificateRequest { for_link, request })
    }

    /// Asks the server to dial again: another process of this gateway answers.
    ///
    /// # Errors
    /// When too much waits to be said already.
    pub fn dial_again(&self) -> Result<(), QueueFull> {
        self.say(FromGateway::DialAgain)
    }

    /// Whether it relays: the server is there and it is configured.
    pub fn is_ready(&self) -> bool {
        self.hub.is_ready()
    }

    /// Waits until it relays, at most so long. Says whether it does.
    pub fn wait_ready(&self, at_most: Duration) -> bool {
        let mut ready = self.hub.ready.subscribe();
        wait(async { ready.wait_for(|ready| *ready).await.is_ok() }, at_most).unwrap_or(false)
    }

    /// The sockets that are open, once more each: for a successor.
    ///
    /// # Errors
    /// When the system refuses to duplicate one.
    pub fn listeners(&self) -> io::Result<Listeners> {
        let open = self.open.lock().expect("no holder panics");
        let again = |sockets: &[TcpListener]| -> io::Result<Vec<TcpListener>> {
            sockets.iter().map(TcpListener::try_clone).collect()
        };
        let pass_through = match &open.pass_through {
            Some((address, socket)) => Some(PassThroughListener {
                address: *address,
                inherited: socket.as_ref().map(TcpListener::try_clone).transpose()?,
            }),
            None => None,
        };
        let (agents, private) = (again(&open.agents)?, again(&open.private)?);
        Ok(Listeners { agents, private, pass_through })
    }

    /// Where it listens for agents.
    pub fn agents(&self) -> Vec<SocketAddr> {
        addresses(&self.open.lock().expect("no holder panics").agents)
    }

    /// Where it listens for its server.
    pub fn private(&self) -> Vec<SocketAddr> {
        addresses(&self.open.lock().expect("no holder panics").private)
    }

    /// Where TLS passes through at the moment.
    pub fn pass_through(&self) -> Option<SocketAddr> {
        let open = self.open.lock().expect("no holder panics");
        open.pass_through.as_ref()?.1.as_ref()?.local_addr().ok()
    }

    /// From now on the public listeners are answered.
    pub fn open(&self) {
        self.held.send_modify(|held| held.public = false);
    }

    /// Holds the private listener back for another process of this gateway, or
    /// answers it again. Connections that stand are not touched.
    pub fn hold_private(&self, held: bool) {
        self.held.send_modify(|holds| holds.private = held);
    }

    /// Asks the server for its signed time the way an agent would: through a
    /// thread of this very process, whoever answers the public listeners.
    ///
    /// # Errors
    /// Says what did not work.
    pub fn check_itself(&self, patience: Duration) -> Result<(), String> {
        self_check::run(&self.hub, &self.workers, patience)
    }

    /// Accepts no more and closes its sockets; a successor has them.
    pub fn stop_accepting(&self) {
        self.accepting.send_replace(true);
        let mut open = self.open.lock().expect("no holder panics");
        *open = Open::default();
    }

    /// Accepts no more and lets go of its connections, spread over `spread`: what
    /// is in progress may finish, parked waits end with nothing. Returns when
    /// all have ended, or after `spread` and `grace`. Says how many were left.
    pub fn drain(&self, spread: Duration, grace: Duration) -> usize {
        self.stop_accepting();
        let hub = self.hub.clone();
        wait(async move { let_go(&hub, spread, grace).await }, spread + grace * 2).unwrap_or(0)
    }

    /// Stops. Returns when its threads have ended, after 5 s at the latest.
    pub fn shutdown(&self) {
        self.stop_accepting();
        self.stop.send_replace(true);
        let threads = std::mem::take(&mut *self.threads.lock().expect("no holder panics"));
        let ended = || threads.iter().all(thread::JoinHandle::is_finished);
        wait(
            async {
                while !ended() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            },
            STOPPING,
        );
        self.hub.upstream.close_all();
    }

    fn say(&self, message: FromGateway) -> Result<(), QueueFull> {
        self.hub.outbox.try_send(message).map_err(|_| QueueFull)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.shutdown();
    }
}

/// Too much waits to be said to the server.
#[derive(Debug, thiserror::Error)]
#[error("too many messages wait for the server; is it connected?")]
pub struct QueueFull;

/// Waits, whether the caller's thread has a runtime already or not.
fn wait<T: Send>(what: impl Future<Output = T> + Send, at_most: Duration) -> Option<T> {
    let waiting = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().ok()?;
        runtime.block_on(async { tokio::time::timeout(at_most, what).await.ok() })
    };
    thread::scope(|scope| scope.spawn(waiting).join().ok().flatten())
}

fn addresses(listeners: &[TcpListener]) -> Vec<SocketAddr> {
    listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect()
}

async fn let_go(hub: &Hub, spread: Duration, grace: Duration) -> usize {
    let ends = Instant::now() + spread + grace;
    let millis = u32::try_from(spread.as_millis()).unwrap_or(u32::MAX - 1);
    let mut turns: Vec<(Duration, Arc<Live>)> = (hub.registry.all().into_iter())
        .map(|live| {
            let turn = uniform(&*hub.rng, millis.saturating_add(1));
            (Duration::from_millis(u64::from(turn)), live)
        })
        .collect();
    turns.sort_by_key(|(turn, _)| *turn);
    let began = Instant::now();
    for (turn, live) in turns {
        tokio::time::sleep_until(began + turn).await;
        hub.release(&live);
    }
    // Handshakes in progress are no entry of the registry yet.
    while hub.admission.connections() > 0 && Instant::now() < ends {
        // Those that came in the last moment.
        for live in hub.registry.all().iter().filter(|live| live.ending().is_none()) {
            hub.release(live);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let left = hub.registry.count();
    hub.registry.end_all(Ending::Now);
    left
}

/// The thread that controls and keeps house.
struct Control {
    hub: Arc<Hub>,
    workers: Arc<Workers>,
    open: Arc<Mutex<Open>>,
    no_more: watch::Receiver<bool>,
    holds: watch::Receiver<Held>,
    stopped: watch::Receiver<bool>,
}

impl Control {
    async fn run(self, messages: mpsc::Receiver<FromGateway>) {
        let mut tasks = JoinSet::new();
        if let Err(error) = self.listen(&mut tasks) {
            self.hub.problem(
                GatewayTopic::Listener,
                Some(format!("a listener does not work: {error}")),
            );
        }
        tasks.spawn(link::keep_contact(self.hub.clone(), messages));
        tasks.spawn(names::keep_looking(self.hub.clone()));
        let mut stopped = self.stopped.clone();
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => {}
            () = self.keep_house() => {}
            () = self.keep_pass_through() => {}
        }
        tasks.abort_all();
    }

    fn listen(&self, tasks: &mut JoinSet<()>) -> io::Result<()> {
        let open = self.open.lock().expect("no holder panics");
        for socket in &open.agents {
            self.workers.listen(socket, &self.holds, &self.no_more)?;
        }
        for socket in &open.private {
            let listener = listener(socket)?;
            let (workers, stop) = (self.workers.clone(), self.no_more.clone());
            tasks.spawn(accept_private(listener, workers, self.holds.clone(), stop));
        }
        Ok(())
    }

    /// Opens the pass-through listener while the configuration wants it, and
    /// closes it when it does not.
    async fn keep_pass_through(&self) {
        let mut wanted = self.hub.pass_through.subscribe();
        if self.holds.clone().wait_for(|held| !held.public).await.is_err() {
            return std::future::pending().await;
        }
        loop {
            if wanted.wait_for(|wanted| *wanted).await.is_err() {
                return std::future::pending().await;
            }
            match self.open_pass_through() {
                Ok(Some(listener)) => {
                    self.hub.problem(GatewayTopic::PassThrough, None);
                    // To the other thread's own runtime.
                    let pass = |stream: tokio::net::TcpStream, ticket| match stream.into_std() {
                        Ok(stream) => self.workers.give(Job::PassThrough(stream, ticket)),
                        Err(_) => Ok(()),
                    };
                    let stop = self.no_more.clone();
                    tokio::select! {
                        () = plane::accept(&self.hub, 0, listener, stop, pass) => {}
                        _ = wanted.wait_for(|wanted| !*wanted) => {}
                    }
                }
                Ok(None) => {
                    let sentence = "console and sessions are to pass through this gateway, but \
                                    `listen.pass_through` is not set";
                    self.hub.problem(GatewayTopic::PassThrough, Some(sentence.to_owned()));
                }
                Err(error) => {
                    let sentence =
                        format!("the pass-through listener could not be opened: {error}");
                    self.hub.problem(GatewayTopic::PassThrough, Some(sentence));
                }
            }
            if *self.no_more.borrow() {
                return std::future::pending().await;
            }
            if wanted.wait_for(|wanted| !*wanted).await.is_err() {
                return std::future::pending().await;
            }
            let mut open = self.open.lock().expect("no holder panics");
            if let Some((_, socket)) = &mut open.pass_through {
                *socket = None;
            }
        }
    }

    fn open_pass_through(&self) -> io::Result<Option<tokio::net::TcpListener>> {
        let mut open = self.open.lock().expect("no holder panics");
        let Some((address, socket)) = &mut open.pass_through else { return Ok(None) };
        let socket = match socket {
            Some(inherited) => inherited,
            None => socket.insert(TcpListener::bind(*address)?),
        };
        listener(socket).map(Some)
    }

    async fn keep_house(&self) {
        let mut ticks = tokio::time::interval(HOUSEKEEPING);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Some(bytes) = resident_bytes() {
                self.hub.measured(bytes);
            }
            let now = self.hub.now();
            self.hub.admission.sweep(now);
            self.hub.devices.sweep(now);
        }
    }
}

async fn accept_private(
    listener: tokio::net::TcpListener,
    workers: Arc<Workers>,
    mut holds: watch::Receiver<Held>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let free = async {
            // Without its sender nothing is held back any more.
            let _ = holds.wait_for(|held| !held.private).await;
            tokio::select! {
                Ok(()) = holds.changed() => None,
                accepted = listener.accept() => Some(accepted),
            }
        };
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            accepted = free => accepted,
        };
        let Some(accepted) = accepted else { continue };
        match accepted.and_then(|(stream, _)| stream.into_std()) {
            Ok(stream) => drop(workers.give(Job::Private(stream))),
            Err(error) => {
                tracing::warn!(%error, "a connection on the private listener was not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// A second handle of a socket, for this thread's runtime.
fn listener(socket: &TcpListener) -> io::Result<tokio::net::TcpListener> {
    let socket = socket.try_clone()?;
    socket.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(socket)
}

/// Memory of this process that is in use, as the kernel counts it.
fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
