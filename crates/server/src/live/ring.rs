//! The newest commits, numbered.

use std::collections::VecDeque;
use std::sync::Arc;

use sekisho_model::event::{Actor, Event};
use sekisho_model::touch::Touched;
use tokio::sync::OnceCell;

use super::see::Message;

/// So many commits are kept. A stream that is further behind is told to read
/// everything again.
const KEPT: usize = 4096;

/// What one commit has touched.
#[derive(Debug)]
pub(super) struct Commit {
    /// Its number, from 1.
    pub(super) number: u64,
    /// By whom, of each thing.
    pub(super) touched: Vec<(Actor, Touched)>,
    /// Whether lines were added to the audit log that are worth looking at.
    pub(super) audit: bool,
    /// Who may know what: found out by the first stream that comes here, for
    /// all of them.
    pub(super) messages: OnceCell<Vec<Message>>,
}

/// The newest commits.
#[derive(Debug, Default)]
pub(super) struct Ring {
    entries: VecDeque<Arc<Commit>>,
    newest: u64,
}

/// What follows a number.
#[derive(Debug)]
pub(super) enum After {
    /// These commits, oldest first.
    Entries(Vec<Arc<Commit>>),
    /// It is not known any more, or never was.
    Gap,
}

impl Ring {
    pub(super) fn push(&mut self, events: &[(Actor, Event)]) -> u64 {
        let touched = events
            .iter()
            .flat_map(|(actor, event)| {
                event.touches(*actor).into_iter().map(|touched| (*actor, touched))
            })
            .collect();
        // Whoever reads the log would be told to read it again.
        let audit = events.iter().any(|(_, event)| !matches!(event, Event::AuditViewed { .. }));
        self.newest += 1;
        let messages = OnceCell::new();
        let entry = Commit { number: self.newest, touched, audit, messages };
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(Arc::new(entry));
        self.newest
    }

    pub(super) fn newest(&self) -> u64 {
        self.newest
    }

    pub(super) fn after(&self, number: u64) -> After {
        let first = self.newest - self.entries.len() as u64;
        if number < first || number > self.newest {
            return After::Gap;
        }
        let skipped = usize::try_from(number - first).unwrap_or(usize::MAX);
        After::Entries(self.entries.iter().skip(skipped).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(ring: &Ring, after: u64) -> Option<(usize, Option<u64>)> {
        match ring.after(after) {
            After::Entries(found) => Some((found.len(), found.first().map(|entry| entry.number))),
            After::Gap => None,
        }
    }

    #[test]
    fn what_was_missed_is_given_and_a_gap_is_told() {
        let mut ring = Ring::default();
        let one = [(Actor::System, Event::ServerStopped {})];
        assert_eq!(numbers(&ring, 0), Some((0, None)));
        assert_eq!(numbers(&ring, 1), None, "a number of the future");
        for _ in 0..KEPT {
            ring.push(&one);
        }
        let all = KEPT as u64;
        assert_eq!(numbers(&ring, 0), Some((KEPT, Some(1))));
        assert_eq!(numbers(&ring, all - 1), Some((1, Some(all))));
        assert_eq!(numbers(&ring, all), Some((0, None)));
        ring.push(&one);
        assert_eq!(numbers(&ring, 0), None, "the first is forgotten");
        assert_eq!(numbers(&ring, 1), Some((KEPT, Some(2))));
        assert_eq!(numbers(&ring, all + 2), None);
    }

    #[test]
    fn reading_the_audit_log_is_no_news() {
        let mut ring = Ring::default();
        let viewed = Event::AuditViewed { filter: String::new() };
        ring.push(&[(Actor::System, viewed)]);
        let After::Entries(found) = ring.after(0) else { panic!("a gap") };
        assert!(!found[0].audit && found[0].touched.is_empty());
    }
}
