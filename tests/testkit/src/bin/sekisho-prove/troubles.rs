//! What agents tell of trouble: their own log, listened to in this process.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// What is told by whom the connection to the server gives trouble.
const TROUBLE: &str = "not connected";

/// Troubles that are kept word for word.
const KEPT: usize = 10;

/// Counts. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Troubles {
    count: Arc<AtomicU64>,
    kept: Arc<Mutex<Vec<String>>>,
}

impl Troubles {
    /// Listens from now on.
    pub(crate) fn listen() -> Self {
        let troubles = Self::default();
        // There is one listener; a second would change nothing.
        let _ = tracing::subscriber::set_global_default(Listener(troubles.clone()));
        troubles
    }

    /// So many so far.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// The first of them.
    pub(crate) fn words(&self) -> Vec<String> {
        self.kept.lock().expect("no holder panics").clone()
    }

    fn hear(&self, said: &str) {
        if !said.contains(TROUBLE) {
            return;
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        let mut kept = self.kept.lock().expect("no holder panics");
        if kept.len() < KEPT {
            kept.push(said.to_owned());
        }
    }
}

struct Listener(Troubles);

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && *metadata.level() <= Level::WARN
            && metadata.target().starts_with("sekisho_agent")
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut said = Said(String::new());
        event.record(&mut said);
        self.0.hear(&said.0);
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

/// All fields of an event, one behind the other.
struct Said(String);

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0 += &format!("{}={value:?} ", field.name());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_with_the_connection_is_counted_and_nothing_else() {
        let troubles = Troubles::default();
        tracing::subscriber::with_default(Listener(troubles.clone()), || {
            tracing::warn!(target: "sekisho_agent::run", error = "broken", "not connected");
            tracing::warn!(target: "sekisho_agent::run", "the wall clock was set");
            tracing::info!(target: "sekisho_agent::run", "not connected");
            tracing::warn!(target: "other", "not connected");
        });
        assert_eq!(troubles.count(), 1);
        assert!(troubles.words()[0].contains("broken"), "{:?}", troubles.words());
    }
}
