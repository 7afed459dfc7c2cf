//! The sealed start: the server listens, but the key that opens the vault is
//! not there.
//!
//! Everything is answered with 503 and what to do, until the key comes: by
//! itself (a file, a credential, a security module that is plugged in), or
//! through [`control`] by an operator. Then the server goes on without a
//! restart. Nothing is served in this state; the database is open, the vault
//! is not.

mod control;
mod serve;
mod unseal;

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sekisho_model::event::Event;
use sekisho_model::{Clock, Rng, Secret};
use sekisho_store::Store;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::config::{Config, VaultKey};
use crate::run::Listeners;
use crate::shutdown::{Shutdown, shutdown};
use crate::vault::{self, OpenError, Opened, Why};

pub use unseal::{Unsealed, unseal};

/// How often the key is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// An operator's try that failed takes at least so long. There is one at a
/// time.
const REFUSAL: Duration = Duration::from_secs(1);

/// What the parts of a sealed server share.
struct Sealed {
    config: Config,
    store: Store,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    why: Mutex<Why>,
    /// Held during a try: there is one at a time.
    opened: tokio::sync::Mutex<Option<Opened>>,
    open: Notify,
}

/// What a server needs that may have to wait.
pub(crate) struct Start<'a> {
    pub(crate) config: &'a Config,
    pub(crate) store: &'a Store,
    pub(crate) clock: &'a Arc<dyn Clock>,
    pub(crate) rng: &'a Arc<dyn Rng>,
}

/// Serves refusals until the vault is open; `None` when told to stop first.
///
/// # Errors
/// When the listeners cannot be used.
pub(crate) async fn wait(
    start: Start<'_>,
    refusal: OpenError,
    listeners: &Listeners,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Option<Opened>> {
    tracing::error!(
        reason = format!("{:#}", refusal.error),
        "the server is sealed; {}",
        refusal.why.sentence()
    );
    let sealed = Arc::new(Sealed {
        config: start.config.clone(),
        store: start.store.clone(),
        clock: start.clock.clone(),
        rng: start.rng.clone(),
        why: Mutex::new(refusal.why),
        opened: tokio::sync::Mutex::new(None),
        open: Notify::new(),
    });
    sealed.record(Event::ServerSealed {}).await;
    let (stopper, shutdown) = shutdown();
    let mut parts = JoinSet::new();
    serve::spawn(&sealed, listeners, &shutdown, &mut parts)?;
    parts.spawn(control::serve(sealed.clone(), shutdown.clone()));
    parts.spawn(look(sealed.clone(), shutdown));
    crate::run::notify_sealed(refusal.why.sentence());
    let stopped = tokio::select! {
        () = sealed.open.notified() => false,
        () = stop => true,
    };
    stopper.soft();
    // Answers are short; whoever holds a connection open is cut off.
    if tokio::time::timeout(REFUSAL, async { while parts.join_next().await.is_some() {} })
        .await
        .is_err()
    {
        stopper.hard();
        parts.shutdown().await;
    }
    let opened = sealed.opened.lock().await.take();
    Ok(if stopped { None } else { opened })
}

impl Sealed {
    fn why(&self) -> Why {
        *self.why.lock().expect("no holder panics")
    }

    /// One try.
    async fn try_open(&self, passphrase: Option<Secret>, by_operator: bool) -> Result<(), Why> {
        let mut opened = self.opened.lock().await;
        if opened.is_some() {
            return Ok(());
        }
        let key = &self.config.vault;
        match vault::open(&self.store, key, passphrase, self.clock.as_ref(), &self.rng).await {
            Ok(open) => {
                let provider = open.provider.to_owned();
                self.record(Event::ServerUnsealed { provider }).await;
                tracing::info!(provider = open.provider, "the server is unsealed");
                *opened = Some(open);
                self.open.notify_one();
                Ok(())
            }
            Err(refusal) => {
                let before = std::mem::replace(
                    &mut *self.why.lock().expect("no holder panics"),
                    refusal.why,
                );
                if by_operator || before != refusal.why {
                    let reason = format!("{:#}", refusal.error);
                    tracing::warn!(reason, "the server stays sealed");
                }
                if by_operator {
                    if matches!(refusal.why, Why::Wrong | Why::Refused) {
                        self.record(Event::UnsealRefused {}).await;
                    }
                    tokio::time::sleep(REFUSAL).await;
                }
                Err(refusal.why)
            }
        }
    }

    async fn record(&self, event: Event) {
        let recorded = async {
            let context = crate::run::console(self.clock.as_ref(), self.rng.as_ref());
            let mut work = self.store.begin(&context).await?;
            work.record(event);
            work.commit().await.map(drop)
        };
        if let Err(error) = recorded.await {
            tracing::warn!(%error, "the seal is not in the audit log");
        }
    }
}

/// Looks for what may come by itself. What is wrong is tried again only after
/// it changed: a PIN that is sent too often locks the token.
async fn look(sealed: Arc<Sealed>, shutdown: Shutdown) {
    let stamp = || sealed.config.vault.watched_file().and_then(|path| Stamp::of(&path));
    let mut seen = stamp();
    while shutdown.sleep(LOOK_EVERY).await {
        let now = stamp();
        let due = match sealed.why() {
            Why::Missing => true,
            // A module that was pulled out in the middle may look like that.
            Why::Wrong => now != seen || matches!(sealed.config.vault, VaultKey::Hsm(_)),
            Why::Refused => now != seen,
            Why::Asked | Why::Damaged => false,
        };
        if due {
            seen = now;
            let _ = sealed.try_open(None, false).await;
        }
    }
}

/// Tells a changed file from the one before.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    bytes: u64,
    changed: (i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let meta = std::fs::metadata(path).ok()?;
        let changed = (meta.ctime(), meta.ctime_nsec());
        Some(Self { inode: meta.ino(), bytes: meta.len(), changed })
    }
}
