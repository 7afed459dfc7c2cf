//! Numbers for Prometheus.

use std::sync::Mutex;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// A request to the REST API. Every label has few values.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

/// A call to the agent plane.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct CallLabels {
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

/// What the server counts. Never a name, an address or a secret.
#[derive(Debug)]
pub struct Metrics {
    registry: Mutex<Registry>,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Histogram,
    sign_ins: Family<OutcomeLabels, Counter>,
    agent_calls: Family<CallLabels, Counter>,
    /// 1 while the database answers.
    pub database_up: Gauge<i64, AtomicI64>,
    /// Connections to the agent plane.
    pub agent_connections: Gauge<i64, AtomicI64>,
    /// Agents that wait to be woken: connected and idle.
    pub agents_waiting: Gauge<i64, AtomicI64>,
    last_backup: Gauge<i64, AtomicI64>,
    last_drill: Gauge<i64, AtomicI64>,
    certificate_end: Gauge<i64, AtomicI64>,
    /// 1 while the server is sealed.
    pub vault_sealed: Gauge<i64, AtomicI64>,
    /// 1 while the key that locks the vault can be reached.
    pub vault_kek_available: Gauge<i64, AtomicI64>,
    /// The version of the data key in use.
    pub vault_key_version: Gauge<i64, AtomicI64>,
    /// Values that an older data key has sealed.
    pub vault_values_to_reseal: Gauge<i64, AtomicI64>,
}

/// Counts one more in a gauge as long as it lives.
#[derive(Debug)]
pub struct Present(Gauge<i64, AtomicI64>);

impl Present {
    /// One more.
    pub fn in_gauge(gauge: &Gauge<i64, AtomicI64>) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Everything at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("sekisho");
        let requests = Family::default();
        registry.register("api_requests", "Requests to the REST API", requests.clone());
        let bounds = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];
        let request_seconds = Histogram::new(bounds);
        registry.register(
            "api_request_seconds",
            "How long requests to the REST API took",
            request_seconds.clone(),
        );
        let sign_ins = Family::default();
        registry.register("sign_ins", "Sign-ins by outcome", sign_ins.clone());
        let database_up = Gauge::default();
        registry.register("database_up", "1 while the database answers", database_up.clone());
        let agent_calls = Family::default();
        registry.register("agent_calls", "Calls to the agent plane", agent_calls.clone());
        let agent_connections = Gauge::default();
        registry.register(
            "agent_connections",
            "Connections to the agent plane",
            agent_connections.clone(),
        );
        let agents_waiting = Gauge::default();
        registry.register("agents_waiting", "Agents that wait to be woken", agents_waiting.clone());
        let (last_backup, last_drill) = (Gauge::default(), Gauge::default());
        registry.register(
            "last_backup_timestamp_seconds",
            "When the last backup was made, in seconds since 1970; 0: never",
            last_backup.clone(),
        );
        registry.register(
            "last_drill_timestamp_seconds",
            "When the last drill of a backup passed, in seconds since 1970; 0: never",
            last_drill.clone(),
        );
        let certificate_end = Gauge::default();
        registry.register(
            "server_certificate_not_after_timestamp_seconds",
            "When the certificate that browsers see ends, in seconds since 1970; an uploaded one's \
             end stays when it is past",
            certificate_end.clone(),
        );
        let mut gauge = |name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let vault_sealed = gauge("vault_sealed", "1 while the server is sealed");
        let vault_kek_available =
            gauge("vault_kek_available", "1 while the key that locks the vault can be reached");
        let vault_key_version = gauge("vault_key_version", "The version of the data key in use");
        let vault_values_to_reseal =
            gauge("vault_values_to_reseal", "Values that an older data key has sealed");
        Self {
            registry: Mutex::new(registry),
            requests,
            request_seconds,
            sign_ins,
            agent_calls,
            database_up,
            agent_connections,
            agents_waiting,
            last_backup,
            last_drill,
            certificate_end,
            vault_sealed,
            vault_kek_available,
            vault_key_version,
            vault_values_to_reseal,
        }
    }

    /// Counts an answered request.
    pub fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        let labels =
            RequestLabels { method: known_method(method), route: route.to_owned(), status };
        self.requests.get_or_create(&labels).inc();
        self.request_seconds.observe(took.as_secs_f64());
    }

    /// Counts an answered call to the agent plane; `route` is the path of the
    /// route table, or `none`.
    pub fn agent_call(&self, route: &'static str, status: u16) {
        self.agent_calls.get_or_create(&CallLabels { route, status }).inc();
    }

    /// Counts a sign-in: `ok`, `refused` or `throttled`.
    pub fn sign_in(&self, outcome: &'static str) {
        self.sign_ins.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    /// Notes when the site was last backed up, and when that was proved.
    pub fn last_backups(&self, last: crate::system::LastBackups) {
        self.last_backup.set(last.backup.map_or(0, sekisho_model::Timestamp::as_secs));
        self.last_drill.set(last.drill.map_or(0, sekisho_model::Timestamp::as_secs));
    }

    /// Notes when the certificate that browsers see ends.
    pub fn certificate_ends(&self, at: Option<sekisho_model::Timestamp>) {
        self.certificate_end.set(at.map_or(0, sekisho_model::Timestamp::as_secs));
    }

    /// For features that bring their own numbers.
    pub fn register(&self, register: impl FnOnce(&mut Registry)) {
        register(&mut self.registry.lock().expect("no holder panics"));
    }

    /// Everything in the OpenMetrics text format.
    ///
    /// # Errors
    /// When a metric cannot be written, which is a bug.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut out = String::new();
        let registry = self.registry.lock().expect("no holder panics");
        prometheus_client::encoding::text::encode(&mut out, &registry)?;
        Ok(out)
    }
}

/// Clients invent methods; labels must stay few.
fn known_method(method: &str) -> String {
    match method {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method.to_owned(),
        _ => "other".to_owned(),
    }
}
