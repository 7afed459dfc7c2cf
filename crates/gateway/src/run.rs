//! `sekisho-gateway run`: sockets first, then privileges away, then the data
//! plane, then whoever asks.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use sd_notify::NotifyState;
use sekisho_model::clock::SystemClock;
use sekisho_model::rng::SystemRng;
use sekisho_platform::{handover, process};
use tokio::net::{TcpSocket, UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::config::Config;
use crate::control::{self, Ask, Say};
use crate::lines::Lines;
use crate::parts::{Listeners, Parts, PassThroughListener, Timeouts};
use crate::process::{Plane, Process};
use crate::report::Listening;
use crate::state::State;
use crate::upgrade::elder;
use crate::upgrade::successor::Predecessor;

/// Connections that wait to be accepted: a returning fleet.
const BACKLOG: u32 = 4096;

/// So much that an agent does not read the kernel holds for it, in bytes; it takes
/// twice the number. Left to itself it would be 4 MiB for each connection.
const SEND_BUFFER: u32 = 128 * 1024;

/// Over so long a gateway that is stopped lets its agents go; they come back to
/// another one.
const STOP_SPREAD: Duration = Duration::from_secs(1);

/// So long requests in progress may take beyond that time.
const GRACE: Duration = Duration::from_secs(9);

/// How long commands that were begun may take when the gateway ends.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How often systemd is told in a line how it goes.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// Commands that are answered at once.
const MAX_COMMANDS: usize = 8;

/// How a data plane is started.
pub type Start<'a> = &'a dyn Fn(Parts) -> anyhow::Result<Arc<dyn Plane>>;

/// A gateway that runs.
pub(crate) struct Running {
    pub(crate) process: Arc<Process>,
    pub(crate) plane: Arc<dyn Plane>,
    pub(crate) config: Config,
    pub(crate) sockets: Sockets,
    /// The command line of this process, for its successor.
    pub(crate) arguments: Vec<OsString>,
    /// One upgrade at a time.
    pub(crate) upgrading: Mutex<()>,
    /// Rung with the time to finish in when a successor works.
    pub(crate) leave: mpsc::Sender<Duration>,
}

/// Runs until stopped, or until a successor works.
///
/// # Errors
/// When something that must be there is not.
pub fn run(config: Config, arguments: Vec<OsString>, start: Start<'_>) -> anyhow::Result<()> {
    let mut inherited = handover::inherited().context("what the former process handed over")?;
    let predecessor = Predecessor::find(&mut inherited)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(4)
        .build()
        .context("the runtime cannot start")?;
    let sockets = runtime.block_on(async { Sockets::open(&config, inherited) })?;
    give_up_privileges(&config.state_dir)?;
    process::raise_open_files()?;
    process::be_called(c"sekisho-gateway")?;

    for note in &config.notes {
        tracing::info!("{note}");
    }
    let state = State::open(&config.state_dir)
        .with_context(|| format!("the gateway's memory {}", config.state_dir.display()))?;
    let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
    let agents: Vec<String> = config.agents.iter().map(ToString::to_string).collect();
    let kept = Arc::new(Process::new(state, agents.join(","), clock.clone()));
    let memory = kept.memory()?;
    if memory.paired.is_none() {
        tracing::warn!("not paired; run `sekisho-gateway pair`");
    }
    let parts = Parts {
        identity: memory.identity.clone(),
        paired: memory.paired.clone(),
        listeners: sockets.listeners(&config)?,
        public: kept.public()?,
        workers: config.workers,
        version: crate::VERSION.to_owned(),
        notes: config.notes.clone(),
        clock,
        rng,
        keeper: kept.clone(),
        timeouts: Timeouts::default(),
    };
    let plane = start(parts)?;
    kept.attach(plane.clone(), &memory);
    let (leave, left) = mpsc::channel(1);
    let running = Running {
        process: kept,
        plane,
        config,
        sockets,
        arguments,
        upgrading: Mutex::new(()),
        leave,
    };
    let served = runtime.block_on(serve(Arc::new(running), predecessor, left));
    // Told to stop at once, it does not wait for a drain that has begun.
    runtime.shutdown_background();
    served
}

/// What a thief of this process would get: nothing but what it has open.
fn give_up_privileges(state_dir: &Path) -> anyhow::Result<()> {
    if let Some(user) = process::become_owner_of(state_dir)? {
        tracing::info!(user, "running as the user to whom the gateway's memory belongs");
    }
    process::refuse_new_privileges()?;
    process::drop_capabilities()?;
    Ok(())
}

async fn serve(
    running: Arc<Running>,
    predecessor: Option<Predecessor>,
    mut left: mpsc::Receiver<Duration>,
) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let control = match predecessor {
        None => {
            running.plane.open();
            bind_control(&running.config.state_dir)?
        }
        Some(predecessor) => {
            let proved = tokio::select! {
                proved = predecessor.prove(&running) => proved?,
                _ = terminate.recv() => return Ok(()),
            };
            // From here on nobody answers agents but this process.
            running.plane.open();
            let control = bind_control(&running.config.state_dir)?;
            proved.took().await?;
            control
        }
    };
    tracing::info!(
        agents = ?running.config.agents,
        private = %running.config.private,
        version = crate::VERSION,
        "the gateway runs"
    );
    notify(&[NotifyState::Ready, NotifyState::Status(&status_line(&running))]);

    let watchdog = sd_notify::watchdog_enabled().map_or(SAY_EVERY, |limit| limit / 3);
    let mut tick = tokio::time::interval(watchdog.min(SAY_EVERY));
    let mut tasks = JoinSet::new();
    let keeping = running.clone();
    tasks.spawn(async move { keeping.process.keep_fresh().await });
    let mut commands = JoinSet::new();
    let drain = loop {
        tokio::select! {
            _ = terminate.recv() => break Leave::Stop,
            _ = interrupt.recv() => break Leave::Stop,
            Some(drain) = left.recv() => break Leave::Successor(drain),
            _ = tick.tick() => {
                notify(&[NotifyState::Watchdog, NotifyState::Status(&status_line(&running))]);
            }
            Some(_) = commands.join_next() => {}
            accepted = control.accept(), if commands.len() < MAX_COMMANDS => {
                if let Ok((stream, _)) = accepted {
                    commands.spawn(answer(running.clone(), stream));
                }
            }
        }
    };
    let (spread, grace) = match drain {
        Leave::Stop => {
            notify(&[NotifyState::Stopping]);
            let _ = std::fs::remove_file(control::path(&running.config.state_dir));
            tracing::info!("stopping");
            (STOP_SPREAD, GRACE)
        }
        Leave::Successor(drain) => {
            tracing::info!(
                drain_s = drain.as_secs(),
                "a successor works; finishing what was begun"
            );
            let grace = GRACE.min(drain / 2);
            (drain - grace, grace)
        }
    };
    drop(control);
    tasks.abort_all();
    // Who asked for this shall hear what became of it.
    let last_words = async { while commands.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(LAST_WORDS, last_words).await;
    let leaving = running.clone();
    tokio::select! {
        done = tokio::task::spawn_blocking(move || leaving.plane.drain(spread, grace)) => done?,
        _ = terminate.recv() => tracing::info!("told to stop at once"),
        _ = interrupt.recv() => tracing::info!("told to stop at once"),
    }
    tracing::info!("the gateway has ended");
    Ok(())
}

/// Why a gateway ends.
enum Leave {
    Stop,
    Successor(Duration),
}

/// Answers one command.
async fn answer(running: Arc<Running>, stream: UnixStream) {
    let own = process::user();
    match stream.peer_cred() {
        Ok(peer) if peer.uid() == 0 || peer.uid() == own => {}
        Ok(peer) => return tracing::warn!(uid = peer.uid(), "somebody else asked for control"),
        Err(_) => return,
    }
    let mut lines = Lines::new(stream);
    let said = match lines.hear::<Ask>().await {
        Ok(Ask::Status) => running
            .process
            .report(listening(&running), &running.config.notes)
            .map(|report| Say::Status(Box::new(report)))
            .unwrap_or_else(|error| Say::Failed(error.to_string())),
        Ok(Ask::LookAgain) => match running.process.look_again() {
            Ok(()) => Say::Done,
            Err(error) => Say::Failed(error.to_string()),
        },
        Ok(Ask::Upgrade(upgrade)) => match elder::hand_over(&running, &upgrade, &mut lines).await {
            Ok(handed_over) => handed_over,
            Err(error) => {
                tracing::error!("the upgrade failed, nothing was changed: {error:#}");
                Say::Failed(format!("{error:#}"))
            }
        },
        Ok(Ask::Installed) => Say::Failed("there is no upgrade to go on with".to_owned()),
        Err(error) => return tracing::debug!(%error, "a command cannot be read"),
    };
    if let Err(error) = lines.say(&said).await {
        tracing::debug!(%error, "a command went away");
    }
}

/// Where it really listens: a port 0 became one.
fn listening(running: &Running) -> Listening {
    let (sockets, config) = (&running.sockets, &running.config);
    let agents = sockets.agents.iter().filter_map(|socket| socket.local_addr().ok()).collect();
    Listening {
        agents,
        private: sockets.private.local_addr().unwrap_or(config.private),
        pass_through: config.pass_through,
        passes_through: running.plane.pass_through().is_some(),
    }
}

fn status_line(running: &Running) -> String {
    let (links, status) = (running.plane.links(), running.plane.status());
    let server = match (links, status.config_version) {
        (0, _) => "no server".to_owned(),
        (links, None) => format!("{links} links, no configuration"),
        (links, Some(version)) => format!("{links} links, configuration {version}"),
    };
    format!("{server}; {} connections, {} waiting", status.connections, status.parked)
}

/// Tells systemd; elsewhere it does nothing.
pub(crate) fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "systemd was not told");
    }
}

/// The socket for commands: in the place of the former one at once, so that
/// there is always one.
fn bind_control(state_dir: &Path) -> anyhow::Result<UnixListener> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = control::path(state_dir);
    let beside = state_dir.join(format!(".control-{}", std::process::id()));
    let bound = (|| {
        let _ = std::fs::remove_file(&beside);
        let listener = UnixListener::bind(&beside)?;
        std::fs::set_permissions(&beside, std::fs::Permissions::from_mode(0o600))?;
        std::fs::rename(&beside, &path)?;
        Ok::<_, io::Error>(listener)
    })();
    bound.with_context(|| format!("cannot listen for commands on {}", path.display()))
}

/// The sockets of this process, which a successor gets.
pub(crate) struct Sockets {
    agents: Vec<TcpListener>,
    private: TcpListener,
    pass_through: Option<TcpListener>,
}

const AGENTS: &str = "agents";
const PRIVATE: &str = "private";
const PASS_THROUGH: &str = "pass_through";

impl Sockets {
    /// Takes those that were handed over and are still wanted, and opens the
    /// others.
    fn open(config: &Config, inherited: BTreeMap<String, OwnedFd>) -> anyhow::Result<Self> {
        let mut given: Vec<(String, TcpListener)> =
            inherited.into_iter().map(|(name, file)| (name, TcpListener::from(file))).collect();
        let mut find = |role: &str, address: SocketAddr| {
            let is_it = |(name, socket): &(String, TcpListener)| {
                socket.local_addr().is_ok_and(|at| {
                    // A port 0 has become one, which the name finds again.
                    at == address || (name == role && address == SocketAddr::new(at.ip(), 0))
                })
            };
            given.iter().position(is_it).map(|place| given.swap_remove(place).1)
        };
        let mut agents = Vec::new();
        for (place, address) in config.agents.iter().enumerate() {
            let found = find(&format!("{AGENTS}{place}"), *address);
            agents.push(found.map_or_else(|| listen(*address), Ok)?);
        }
        let private = find(PRIVATE, config.private);
        let private = private.map_or_else(|| listen(config.private), Ok)?;
        let pass_through = config.pass_through.and_then(|address| find(PASS_THROUGH, address));
        Ok(Self { agents, private, pass_through })
    }

    /// For the data plane; this process keeps its own to hand over later.
    fn listeners(&self, config: &Config) -> io::Result<Listeners> {
        let agents = self.agents.iter().map(TcpListener::try_clone).collect::<io::Result<_>>()?;
        let inherited = self.pass_through.as_ref().map(TcpListener::try_clone).transpose()?;
        Ok(Listeners {
            agents,
            private: vec![self.private.try_clone()?],
            pass_through: config
                .pass_through
                .map(|address| PassThroughListener { address, inherited }),
        })
    }

    /// For a successor, by name.
    pub(crate) fn hand_over(
        &self,
        pass_through: Option<TcpListener>,
    ) -> io::Result<Vec<(String, OwnedFd)>> {
        let mut files = Vec::new();
        for (place, socket) in self.agents.iter().enumerate() {
            files.push((format!("{AGENTS}{place}"), socket.try_clone()?.into()));
        }
        files.push((PRIVATE.to_owned(), self.private.try_clone()?.into()));
        if let Some(socket) = pass_through {
            files.push((PASS_THROUGH.to_owned(), socket.into()));
        }
        Ok(files)
    }
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let opened = (|| {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        // Connections have it from their listener.
        socket.set_send_buffer_size(SEND_BUFFER)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)?.into_std()
    })();
    opened.map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => anyhow::anyhow!(
            "may not listen on {address}: ports below 1024 take the capability \
             CAP_NET_BIND_SERVICE; see the drop-in in the unit sekisho-gateway.service"
        ),
        io::ErrorKind::AddrInUse => {
            anyhow::anyhow!("{address} is in use by another program (`ss -ltnp` names it)")
        }
        io::ErrorKind::AddrNotAvailable => {
            anyhow::anyhow!("{address} is not an address of this machine; `ip address` lists them")
        }
        _ => anyhow::anyhow!("cannot listen on {address}: {error}"),
    })
}
