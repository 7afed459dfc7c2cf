//! Whether witnesses and export targets keep up, and what waits if a required
//! witness does not.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use sekisho_model::Timestamp;
use sekisho_model::id::UserId;
use sekisho_store::{Access as _, StoreError};
use serde::Serialize;
use tokio::sync::watch;

use super::deliver::{self, What};
use super::own_chain;
use crate::app::{App, SharedApp};
use crate::shutdown::Shutdown;

/// How often it is looked when something may have to wait.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often otherwise.
const LOOK_SELDOM: Duration = Duration::from_secs(15);

/// One reading of the log is on record once in so long, however often a page
/// is loaded again or followed by the next.
const SAME_READING: Duration = Duration::from_secs(300);

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ReaderLabels {
    reader: &'static str,
}

type PerReader = Family<ReaderLabels, Gauge<i64, AtomicI64>>;

/// What the server knows of the log's way out.
#[derive(Debug, Default)]
pub struct AuditState {
    signed: watch::Sender<u64>,
    readers: Mutex<BTreeMap<&'static str, ReaderState>>,
    readings: Mutex<BTreeMap<(UserId, String), Timestamp>>,
    waiting: PerReader,
    lag_s: PerReader,
    held: Gauge<i64, AtomicI64>,
}

/// How a witness or an export target is.
#[derive(Clone, Debug, Default, Serialize, utoipa::ToSchema)]
pub struct ReaderState {
    /// Its name in the settings, e.g. `witness.file`.
    name: &'static str,
    /// Heads (of a witness) or lines (of an export target) it has not got.
    waiting: u64,
    /// How long the oldest of them waits, in seconds.
    lag_s: u64,
    /// Whether what it is sent is confirmed; not so over UDP.
    acknowledged: bool,
    /// What went wrong at the last try.
    problem: Option<String>,
}

impl ReaderState {
    /// Whether the last try failed.
    pub fn has_trouble(&self) -> bool {
        self.problem.is_some()
    }
}

impl AuditState {
    /// With its numbers among the metrics.
    pub fn new(metrics: &crate::metrics::Metrics) -> Self {
        let state = Self::default();
        metrics.register(|registry| {
            registry.register(
                "audit_waiting",
                "Signed heads (witnesses) or lines (export) that were not delivered",
                state.waiting.clone(),
            );
            registry.register(
                "audit_lag_seconds",
                "How long the oldest undelivered head or line waits",
                state.lag_s.clone(),
            );
            registry.register(
                "audit_held",
                "1 while secrets and changes wait for a required witness",
                state.held.clone(),
            );
        });
        state
    }

    /// Tells the newest signed line.
    pub(super) fn signed(&self) -> watch::Receiver<u64> {
        self.signed.subscribe()
    }

    pub(super) fn note_signed(&self, seq: u64) {
        self.signed.send_replace(seq);
    }

    pub(super) fn set_problem(&self, name: &'static str, problem: Option<String>) {
        let mut readers = self.readers.lock().expect("no holder panics");
        let state = readers.entry(name).or_default();
        (state.name, state.problem) = (name, problem);
    }

    /// How every witness and export target is.
    pub fn readers(&self) -> Vec<ReaderState> {
        self.readers.lock().expect("no holder panics").values().cloned().collect()
    }

    /// Whether this reading of the log must be recorded now, and notes that it
    /// is.
    pub(super) fn is_new_reading(&self, user: UserId, what: &str, now: Timestamp) -> bool {
        let mut readings = self.readings.lock().expect("no holder panics");
        readings.retain(|_, at| now.since(*at) < SAME_READING);
        let key = (user, what.to_owned());
        let is_new = !readings.contains_key(&key);
        if is_new {
            readings.insert(key, now);
        }
        is_new
    }

    /// Forgets a reading whose record failed.
    pub(super) fn forget_reading(&self, user: UserId, what: &str) {
        let mut readings = self.readings.lock().expect("no holder panics");
        readings.remove(&(user, what.to_owned()));
    }
}

/// Looks until the stop begins.
pub(super) async fn run(app: SharedApp, shutdown: Shutdown) {
    let is_required = app.config.audit.required_within.is_some();
    let every = if is_required { LOOK_EVERY } else { LOOK_SELDOM };
    while shutdown.sleep(every).await {
        if let Err(error) = look(&app).await {
            tracing::debug!(%error, "how far the audit log's readers are is not known");
        }
    }
}

/// Looks once: numbers for people, and the gate.
///
/// # Errors
/// When the database fails; the gate stays as it is, since nothing can be
/// committed then.
pub async fn look(app: &App) -> Result<(), StoreError> {
    for reader in deliver::readers(app) {
        let (waiting, lag_s) = deliver::waiting(app, &reader).await?;
        let labels = ReaderLabels { reader: reader.name };
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        app.audit.waiting.get_or_create(&labels).set(number(waiting));
        app.audit.lag_s.get_or_create(&labels).set(number(lag_s));
        let mut readers = app.audit.readers.lock().expect("no holder panics");
        let state = readers.entry(reader.name).or_default();
        (state.name, state.waiting, state.lag_s) = (reader.name, waiting, lag_s);
        state.acknowledged = reader.is_acknowledged();
    }
    let reason = held_because(app).await?;
    app.audit.held.set(i64::from(reason.is_some()));
    match (reason, app.store.gate().reason()) {
        (Some(reason), before) => {
            if before.is_none() {
                tracing::error!(reason, "secrets and changes wait for a witness of the audit log");
            }
            app.store.gate().close(reason);
        }
        (None, Some(_)) => {
            tracing::info!("the audit log has a witness again; nothing waits any more");
            app.store.gate().open();
        }
        (None, None) => {}
    }
    Ok(())
}

/// Why changes must wait: the oldest line that no witness has seen is too old.
async fn held_because(app: &App) -> Result<Option<String>, StoreError> {
    let Some(within) = app.config.audit.required_within else { return Ok(None) };
    let chain = own_chain(app).await?;
    let store = app.store.read();
    let mut seen = 0;
    let mut names = Vec::new();
    for reader in deliver::readers(app) {
        if reader.what == What::Heads {
            seen = seen.max(store.audit_heads().cursor(reader.name, chain).await?);
            names.push(reader.name);
        }
    }
    let unseen = store.audit().after(chain, seen, 1).await?;
    let Some(line) = unseen.first() else { return Ok(None) };
    let lag = app.clock.now().since(line.at);
    Ok((lag > within).then(|| {
        format!(
            "the audit log must be witnessed within {} s (audit.witness.required), and no witness \
             ({}) has seen line {} of {}",
            within.as_secs(),
            names.join(", "),
            line.seq,
            line.at
        )
    }))
}
