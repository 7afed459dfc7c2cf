//! `sekisho-server run`: opens everything, serves, stops in good order.

mod housekeeping;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use sd_notify::NotifyState;
use sekisho_model::event::{Actor, Event, Origin};
use sekisho_model::id::RequestId;
use sekisho_model::{Clock, Rng, Secret};
use sekisho_seal::sealing::OpeningKey;
use sekisho_store::{OperationContext, Store, StoreUrl};
use sekisho_vault::KeyRing;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use tls::Certificate;

use crate::agents::Plane;
use crate::app::{App, SharedApp};
use crate::config::Config;
use crate::gateways::{Gateways, Links};
use crate::http;
use crate::keys::SiteKeys;
use crate::live::Live;
use crate::metrics::Metrics;
use crate::oidc::Oidc;
use crate::passkeys::Passkeys;
use crate::recovery::Recovered;
use crate::recovery_key::Challenges;
use crate::sealed::Start;
use crate::sessions::PasswordHasher;
use crate::shutdown::{Shutdown, Tasks, shutdown};
use crate::vault::{Opened, Why};

/// How long requests in progress may take after the stop begins.
const SOFT: Duration = Duration::from_secs(10);
/// How long tasks may take to notice a hard stop.
const HARD: Duration = Duration::from_secs(3);

/// So many lists are exported at once; more are told to try again.
const MAX_EXPORTS: usize = 8;

/// Connections that nobody has accepted yet, at most; the system may allow
/// fewer (`net.core.somaxconn`, 4096 on Linux).
const BACKLOG: u32 = 8192;

/// Opens the database, the vault and the site's keys.
///
/// # Errors
/// Says what is missing and what to do.
pub async fn open(
    config: Config,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
) -> anyhow::Result<SharedApp> {
    open_with(config, None, clock, rng).await
}

/// [`open`] with the passphrase that the configuration says will be given.
///
/// # Errors
/// As [`open`].
pub async fn open_with(
    config: Config,
    passphrase: Option<Secret>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
) -> anyhow::Result<SharedApp> {
    let store = open_store(&config, clock.clone(), rng.clone()).await?;
    open_on(store, config, passphrase, clock, rng).await
}

/// Opens the vault and the site's keys on an open database.
///
/// # Errors
/// Says what is missing and what to do.
pub async fn open_on(
    store: Store,
    config: Config,
    passphrase: Option<Secret>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
) -> anyhow::Result<SharedApp> {
    let opened =
        crate::vault::open(&store, &config.vault, passphrase, clock.as_ref(), &rng).await?;
    app(config, store, opened, clock, rng).await
}

async fn app(
    config: Config,
    store: Store,
    opened: Opened,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
) -> anyhow::Result<SharedApp> {
    let ring = opened.vault.ring();
    let started = clock.now();
    let context = OperationContext {
        actor: Actor::System,
        origin: Origin { request: RequestId::at(started, rng.as_ref()), address: None },
        now: started,
    };
    crate::keys::ensure_audit_key(&store, &ring, &context, rng.as_ref()).await?;
    let keys = SiteKeys::load(&store, &ring).await?;
    let metrics = Arc::new(Metrics::new());
    let config = Arc::new(config);
    let live = Live::new();
    let noted = live.clone();
    let gateways = Gateways::default();
    let concerned = gateways.clone();
    store.observe(move |events| {
        noted.note(events);
        concerned.note(events);
    });
    Ok(Arc::new(App {
        gateways,
        live,
        store,
        vault: opened.vault,
        keys,
        clock,
        rng: rng.clone(),
        bus: crate::bus::Bus::default(),
        audit: crate::audit::AuditState::new(&metrics),
        mail: crate::mail::MailState::default(),
        metrics,
        started,
        swapped: crate::agents::Swapped::default(),
        request_slots: Semaphore::new(config.limits.requests),
        export_slots: Arc::new(Semaphore::new(MAX_EXPORTS)),
        hasher: PasswordHasher::new(config.limits.password_hashes, rng),
        oidc: Oidc::new(&config),
        passkeys: Passkeys::new(&config.public_name)?,
        recovery_challenges: Challenges::default(),
        certificate: Certificate::default(),
        tasks: Tasks::default(),
        config,
    }))
}

/// Opens the database of an initialised site.
///
/// # Errors
/// Says what is missing and what to do.
pub(crate) async fn open_store(
    config: &Config,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
) -> anyhow::Result<Store> {
    expect_database(config)?;
    Store::connect(&config.database, clock, rng)
        .await
        .with_context(|| format!("cannot open the database {}", config.database.url))
}

/// SQLite would make a file that is missing.
pub(crate) fn expect_database(config: &Config) -> anyhow::Result<()> {
    if let StoreUrl::Sqlite(path) = &config.database.url {
        anyhow::ensure!(
            std::fs::exists(path)?,
            "there is no database {}; run `sekisho-server init` first",
            path.display()
        );
    }
    Ok(())
}

/// The operator at the machine's console.
pub(crate) fn console(clock: &dyn Clock, rng: &dyn Rng) -> OperationContext {
    OperationContext {
        actor: Actor::System,
        origin: Origin { request: RequestId::new(clock, rng), address: None },
        now: clock.now(),
    }
}

/// Opens the vault with the key the configuration names, for a command that
/// reads with it.
///
/// # Errors
/// When the key is missing or wrong.
pub(crate) async fn open_vault(
    config: &Config,
    store: &Store,
    passphrase: Option<Secret>,
    clock: &dyn Clock,
    rng: &Arc<dyn Rng>,
) -> anyhow::Result<Arc<KeyRing>> {
    let opened = crate::vault::open(store, &config.vault, passphrase, clock, rng).await?;
    Ok(opened.vault.ring())
}

/// The listeners, bound before anything is promised.
#[derive(Debug)]
pub struct Listeners {
    /// The REST API.
    pub api: TcpListener,
    /// The agent plane.
    pub agents: TcpListener,
    /// Metrics.
    pub metrics: Option<TcpListener>,
}

impl Listeners {
    /// Binds the configured addresses.
    ///
    /// # Errors
    /// Names the setting and the address.
    pub fn bind(config: &Config) -> anyhow::Result<Self> {
        let bind = |setting: &str, address: SocketAddr| {
            listen_on(address).with_context(|| format!("cannot listen on {address} ({setting})"))
        };
        let listen = &config.listen;
        Ok(Self {
            api: bind("listen.api", listen.api)?,
            agents: bind("listen.agents", listen.agents)?,
            metrics: match listen.metrics {
                Some(address) => Some(bind("listen.metrics", address)?),
                None => None,
            },
        })
    }
}

/// A fleet that comes back at once waits in the queue of the system, as long as
/// that lets it be; who finds it full tries again after seconds.
fn listen_on(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // As usual for servers: one that is started anew need not wait for the
    // connections of the former one to be forgotten.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Runs until a signal to stop.
///
/// # Errors
/// When something cannot be opened, or a part of the server ended by itself.
pub async fn run(config: Config, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> anyhow::Result<()> {
    let listeners = Listeners::bind(&config)?;
    let store = open_store(&config, clock.clone(), rng.clone()).await?;
    let mut stop = std::pin::pin!(stop_signal());
    let opened = crate::vault::open(&store, &config.vault, None, clock.as_ref(), &rng).await;
    let opened = match opened {
        Ok(opened) => opened,
        Err(refusal) if refusal.why == Why::Damaged => return Err(refusal.into()),
        Err(refusal) => {
            let start = Start { config: &config, store: &store, clock: &clock, rng: &rng };
            match crate::sealed::wait(start, refusal, &listeners, stop.as_mut()).await? {
                Some(opened) => opened,
                None => return Ok(store.close().await?),
            }
        }
    };
    let app = app(config, store, opened, clock, rng).await?;
    serve(app, listeners, stop).await
}

/// A second handle of a listener: connections go to whoever accepts first.
pub(crate) fn copy(listener: &TcpListener) -> anyhow::Result<TcpListener> {
    use std::os::fd::AsFd as _;
    let handle = listener.as_fd().try_clone_to_owned().context("a handle of a listener")?;
    TcpListener::from_std(std::net::TcpListener::from(handle)).context("a handle of a listener")
}

/// Tells systemd that the start is over although the server is sealed.
pub(crate) fn notify_sealed(reason: &str) {
    notify(&[NotifyState::Ready, NotifyState::Status(&format!("sealed: {reason}"))]);
}

/// Ends a recovery with the recovery key.
///
/// # Errors
/// As [`crate::recovery::recover`], or when the site cannot be opened.
pub async fn recover(
    config: Config,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    passphrase: Option<Secret>,
    key: &OpeningKey,
) -> anyhow::Result<Recovered> {
    let app = open_with(config, passphrase, clock, rng).await?;
    let context = console(app.clock.as_ref(), app.rng.as_ref());
    let done = crate::recovery::recover(&app, &context, key).await?;
    app.store.clone().close().await?;
    Ok(done)
}

/// Serves until `stop`, then ends softly, then hard.
///
/// # Errors
/// When a part of the server ended by itself.
pub async fn serve(
    app: SharedApp,
    listeners: Listeners,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    crate::recovery::fence::check_at_start(&app).await?;
    app.certificate.renew(&app).await?;
    let tls = app.certificate.server_config(&app.config.tls)?;
    let (stopper, shutdown) = shutdown();
    let mut parts = JoinSet::new();
    // A required witness that is behind holds changes from the first request.
    crate::audit::look(&app).await?;
    record(&app, Event::ServerStarted { version: env!("CARGO_PKG_VERSION").to_owned() }).await?;

    tracing::info!(
        api = %listeners.api.local_addr()?,
        agents = %listeners.agents.local_addr()?,
        site = %app.keys.site(),
        "serving"
    );
    let router = http::router(app.clone());
    let console = http::serve::Passed::new(tls.clone(), router.clone());
    parts.spawn(http::serve::serve_tls(listeners.api, tls, router, shutdown.clone()));
    let plane = Arc::new(Plane::new(app.clone(), shutdown.clone()));
    let links = Arc::new(Links::new(plane.clone(), console, shutdown.clone()));
    let agents_tls = crate::agents::server_config(&app, app.certificate.own())?;
    let agents_tls = Arc::new(agents_tls);
    let watch = shutdown.clone();
    parts.spawn(crate::agents::serve(plane, links.clone(), listeners.agents, agents_tls, watch));
    parts.spawn(crate::gateways::dial(links));
    if let Some(listener) = listeners.metrics {
        let router = metrics_router(app.clone());
        parts.spawn(http::serve::serve_plain(listener, router, shutdown.clone()));
    }
    parts.spawn(app.certificate.clone().keep_fresh(app.clone(), shutdown.clone()));
    parts.spawn(housekeeping::run(app.clone(), shutdown.clone()));
    parts.spawn(crate::recovery::fence::keep(app.clone(), shutdown.clone()));
    parts.spawn(housekeeping::sweep_orders(app.clone(), shutdown.clone()));
    parts.spawn(housekeeping::warn_of_certificate(app.clone(), shutdown.clone()));
    parts.spawn(housekeeping::rotate(app.clone(), shutdown.clone()));
    parts.spawn(crate::reports::mailing::run(app.clone(), shutdown.clone()));
    parts.spawn(crate::mail::tasks::run(app.clone(), shutdown.clone()));
    parts.spawn(crate::mail::run(app.clone(), shutdown.clone()));
    crate::audit::spawn(&mut parts, &app, &shutdown);
    parts.spawn(crate::keys::watch(app.clone(), shutdown.clone()));
    parts.spawn(crate::vault::watch(app.clone(), shutdown.clone()));
    parts.spawn(crate::vault::reseal_in_background(app.clone(), shutdown.clone()));
    parts.spawn(watchdog(shutdown.clone()));
    notify(&[NotifyState::Ready, NotifyState::Status("serving")]);

    let mut failed = false;
    tokio::select! {
        () = stop => tracing::info!("stopping"),
        ended = parts.join_next() => {
            // Parts end only when told to.
            tracing::error!(?ended, "a part of the server ended by itself; stopping");
            failed = true;
        }
    }
    notify(&[NotifyState::Stopping]);
    stopper.soft();
    app.live.close();
    if tokio::time::timeout(SOFT, drain(&mut parts, &app)).await.is_err() {
        tracing::warn!("requests were still in progress; dropping them");
        stopper.hard();
        if tokio::time::timeout(HARD, drain(&mut parts, &app)).await.is_err() {
            parts.shutdown().await;
        }
    }
    if let Err(error) = record(&app, Event::ServerStopped {}).await {
        tracing::warn!(error = format!("{error:#}"), "the stop is not in the audit log");
    }
    crate::audit::finish(&app).await;
    app.store.clone().close().await?;
    anyhow::ensure!(!failed, "a part of the server ended by itself; the log says more");
    Ok(())
}

async fn drain(parts: &mut JoinSet<()>, app: &App) {
    while parts.join_next().await.is_some() {}
    app.tasks.drain().await;
}

/// `/metrics`, on the loopback interface.
fn metrics_router(app: SharedApp) -> Router {
    async fn metrics(State(app): State<SharedApp>) -> axum::response::Response {
        // Without an answer the last one stands.
        if let Ok(last) = crate::system::last_backups(&app.store).await {
            app.metrics.last_backups(last);
        }
        crate::certificate::note_end(&app).await;
        metrics_answer(&app.store, &app.metrics).await
    }
    Router::new().route("/metrics", get(metrics)).with_state(app)
}

/// All metrics.
pub(crate) async fn metrics_answer(store: &Store, metrics: &Metrics) -> axum::response::Response {
    use axum::response::IntoResponse as _;
    metrics.database_up.set(i64::from(store.ping().await.is_ok()));
    match metrics.encode() {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(::http::header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(_) => ::http::StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn record(app: &App, event: Event) -> anyhow::Result<()> {
    let context = console(app.clock.as_ref(), app.rng.as_ref());
    let mut work = app.store.begin(&context).await?;
    work.record(event);
    work.commit().await.map(drop)?;
    Ok(())
}

/// Tells systemd; elsewhere it does nothing.
fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "systemd was not told");
    }
}

/// Tells systemd's watchdog, if there is one, that the event loop turns.
async fn watchdog(shutdown: Shutdown) {
    match sd_notify::watchdog_enabled() {
        Some(limit) => {
            while shutdown.sleep(limit / 2).await {
                notify(&[NotifyState::Watchdog]);
            }
        }
        None => shutdown.soft().await,
    }
}

/// SIGTERM, SIGINT or Ctrl-C.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
