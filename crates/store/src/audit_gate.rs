//! What stops changes that nobody outside could see.

use std::sync::{Arc, RwLock};

use sekisho_model::event::{Actor, Event};

use crate::error::StoreError;

/// Closed while a witness that the operator requires has not seen the audit
/// log for too long: then commits whose events are held
/// ([`Event::is_held_without_witness`]) are refused.
#[derive(Clone, Debug, Default)]
pub struct AuditGate(Arc<RwLock<Option<String>>>);

impl AuditGate {
    /// Closes it, for this reason.
    pub fn close(&self, reason: impl Into<String>) {
        *self.0.write().expect("no holder panics") = Some(reason.into());
    }

    /// Opens it.
    pub fn open(&self) {
        *self.0.write().expect("no holder panics") = None;
    }

    /// Why it is closed, if it is.
    pub fn reason(&self) -> Option<String> {
        self.0.read().expect("no holder panics").clone()
    }

    pub(crate) fn admit(&self, events: &[(Actor, Event)]) -> Result<(), StoreError> {
        match self.reason() {
            Some(reason)
                if events.iter().any(|(actor, event)| event.is_held_without_witness(actor)) =>
            {
                Err(StoreError::Held { reason })
            }
            Some(_) | None => Ok(()),
        }
    }
}
