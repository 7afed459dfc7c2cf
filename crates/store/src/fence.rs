//! Notices a database that knows less than this server has seen it know: a
//! former primary that came back, or an old copy put in its place.
//!
//! Only this node appends to its audit chain, so the last line it has committed
//! must be in the chain for ever. Each commit with an event locks the head of
//! the chain and asks here first. What is behind takes no change, so that no
//! order leaves that the rest of the world has already overtaken.

use std::sync::{Mutex, MutexGuard};

use sekisho_model::audit::LineHash;
use sekisho_model::id::AuditChainId;

use crate::error::StoreError;

/// A line of an audit chain that was certainly committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// The chain.
    pub chain: AuditChainId,
    /// The place of the line.
    pub seq: u64,
    /// Its hash.
    pub hash: LineHash,
}

/// What this server knows of its own chain.
#[derive(Debug, Default)]
pub(crate) struct Fence(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    known: Option<AuditHead>,
    /// The known and the found place.
    behind: Option<(u64, u64)>,
}

/// What a commit has to do before it appends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// Nothing: the head is the line that is known.
    Fits,
    /// See whether this line is in the chain: somebody else of this node (a
    /// command at the console) has appended since.
    Find(AuditHead),
}

impl Fence {
    /// The last line known.
    pub(crate) fn known(&self) -> Option<AuditHead> {
        self.state().known
    }

    /// The known and the found place when the database was found to be behind.
    pub(crate) fn found_behind(&self) -> Option<(u64, u64)> {
        self.state().behind
    }

    /// A line is certain. An earlier one than the known changes nothing.
    pub(crate) fn advance(&self, head: AuditHead) {
        let mut state = self.state();
        if state.known.is_none_or(|known| known.chain != head.chain || known.seq < head.seq) {
            state.known = Some(head);
        }
    }

    /// Takes the database as it is: the site was sent into recovery.
    pub(crate) fn accept(&self, head: AuditHead) {
        *self.state() = State { known: Some(head), behind: None };
    }

    /// Compares the head that was found with what was known before it was looked for:
    /// what became known since may be what somebody else has just committed.
    ///
    /// # Errors
    /// [`StoreError::Behind`].
    pub(crate) fn check(
        &self,
        known: Option<AuditHead>,
        found: AuditHead,
    ) -> Result<Check, StoreError> {
        let Some(known) = known.filter(|known| known.chain == found.chain) else {
            return Ok(Check::Fits);
        };
        if found == known {
            return Ok(Check::Fits);
        }
        if found.seq > known.seq {
            Ok(Check::Find(known))
        } else {
            Err(self.fail(known, found.seq))
        }
    }

    /// The chain is another one than the one that is known.
    pub(crate) fn fail(&self, known: AuditHead, found: u64) -> StoreError {
        self.state().behind = Some((known.seq, found));
        StoreError::Behind { known: known.seq, found }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no holder panics")
    }
}

#[cfg(test)]
mod tests {
    use sekisho_model::Timestamp;
    use sekisho_model::rng::SeededRng;

    use super::*;

    fn line(seq: u64) -> AuditHead {
        let chain = AuditChainId::at(Timestamp::EPOCH, &SeededRng::new(1));
        AuditHead { chain, seq, hash: LineHash([u8::try_from(seq).expect("small"); 32]) }
    }

    /// Others commit between a look at the database and the comparison.
    #[test]
    fn what_is_committed_during_a_look_is_not_missing() {
        let fence = Fence::default();
        fence.advance(line(5));
        let known = fence.known();
        let found = line(5);
        fence.advance(line(6));
        assert_eq!(fence.check(known, found), Ok(Check::Fits));
        assert_eq!(fence.check(known, line(7)), Ok(Check::Find(line(5))));
        assert_eq!(fence.found_behind(), None);
        let behind = fence.check(fence.known(), found);
        assert_eq!(behind, Err(StoreError::Behind { known: 6, found: 5 }));
        assert_eq!(fence.found_behind(), Some((6, 5)));
    }
}
