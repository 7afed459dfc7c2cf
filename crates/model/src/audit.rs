//! The append-only hash chain of the audit log.
//!
//! Each line carries the hash of the line before it in its chain. The hash
//! covers the exact stored bytes of every field, each with its length in
//! front, so that no two different lines can have the same input.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Timestamp;
use crate::event::{Actor, Event, Origin};
use crate::id::AuditChainId;

/// SHA-256 of a line, or of nothing before the first line of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LineHash(pub [u8; 32]);

impl LineHash {
    /// What the first line of a chain names as its predecessor.
    pub const START: Self = Self([0; 32]);
}

impl std::fmt::Display for LineHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl std::fmt::Debug for LineHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl From<LineHash> for String {
    fn from(hash: LineHash) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for LineHash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        data_encoding::HEXLOWER
            .decode(text.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or("a line hash is 64 lower-case hexadecimal digits")
    }
}

/// One line of the audit log as it is stored.
///
/// The parts that are hashed are kept as the text that was hashed: nothing is
/// parsed and written again between storing and verifying.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    /// The chain this line belongs to.
    pub chain: AuditChainId,
    /// Its place in the chain, from 1, without gaps.
    pub seq: u64,
    /// When it was recorded, by the server's clock.
    pub at: Timestamp,
    /// The number of the event.
    pub code: u16,
    /// [`Actor`] as JSON.
    pub actor: String,
    /// [`Origin`] as JSON.
    pub origin: String,
    /// [`Event`] as JSON.
    pub event: String,
    /// The hash of the line before.
    pub previous: LineHash,
    /// The hash of this line.
    pub hash: LineHash,
}

impl AuditLine {
    /// The line that follows `previous` in a chain.
    pub fn new(
        chain: AuditChainId,
        (seq, previous): (u64, LineHash),
        at: Timestamp,
        actor: &Actor,
        origin: &Origin,
        event: &Event,
    ) -> Self {
        let json = "events, actors and origins are plain data and always become JSON";
        let mut line = Self {
            chain,
            seq,
            at,
            code: event.info().code,
            actor: serde_json::to_string(actor).expect(json),
            origin: serde_json::to_string(origin).expect(json),
            event: serde_json::to_string(event).expect(json),
            previous,
            hash: LineHash::START,
        };
        line.hash = line.computed_hash();
        line
    }

    /// The hash this line should have.
    pub fn computed_hash(&self) -> LineHash {
        let mut digest = Sha256::new();
        let mut part = |bytes: &[u8]| {
            digest.update((bytes.len() as u64).to_be_bytes());
            digest.update(bytes);
        };
        part(b"sekisho audit line 1");
        part(&self.previous.0);
        part(self.chain.as_bytes());
        part(&self.seq.to_be_bytes());
        part(&self.at.as_millis().to_be_bytes());
        part(&self.code.to_be_bytes());
        part(self.actor.as_bytes());
        part(self.origin.as_bytes());
        part(self.event.as_bytes());
        LineHash(digest.finalize().into())
    }
}

/// What a verifier found wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokenChain {
    /// A line's content does not match its hash.
    #[error("line {seq} was changed: its content does not match its hash")]
    Changed {
        /// The line.
        seq: u64,
    },
    /// A line does not follow the one before it.
    #[error("line {seq} does not follow line {}: a line was changed, removed or reordered", seq - 1)]
    Unlinked {
        /// The line.
        seq: u64,
    },
    /// A line is missing.
    #[error("line {expected} is missing; the next one found is {found}")]
    Missing {
        /// The first missing line.
        expected: u64,
        /// The next line there is.
        found: u64,
    },
    /// The chain ends before its recorded head.
    #[error(
        "the chain ends at line {found}, but its head says {expected}: the newest lines are missing"
    )]
    CutOff {
        /// The seq of the recorded head.
        expected: u64,
        /// The seq of the last line.
        found: u64,
    },
    /// The last line is not the one the recorded head names.
    #[error("line {seq} is the last one, but its hash is not that of the recorded head")]
    WrongHead {
        /// The line.
        seq: u64,
    },
}

/// Checks the lines of one chain, fed in order.
#[derive(Clone, Debug)]
pub struct ChainVerifier {
    seq: u64,
    hash: LineHash,
}

impl Default for ChainVerifier {
    fn default() -> Self {
        Self { seq: 0, hash: LineHash::START }
    }
}

impl ChainVerifier {
    /// Takes the next line.
    ///
    /// # Errors
    /// Names the first line that is wrong.
    pub fn next(&mut self, line: &AuditLine) -> Result<(), BrokenChain> {
        let expected = self.seq + 1;
        if line.seq != expected {
            return Err(BrokenChain::Missing { expected, found: line.seq });
        }
        if line.computed_hash() != line.hash {
            return Err(BrokenChain::Changed { seq: line.seq });
        }
        if line.previous != self.hash {
            return Err(BrokenChain::Unlinked { seq: line.seq });
        }
        (self.seq, self.hash) = (line.seq, line.hash);
        Ok(())
    }

    /// Compares the end of the chain with its recorded head and returns the
    /// number of lines.
    ///
    /// # Errors
    /// When newest lines are missing or the head names another line.
    pub fn finish(self, head: (u64, LineHash)) -> Result<u64, BrokenChain> {
        if self.seq < head.0 {
            return Err(BrokenChain::CutOff { expected: head.0, found: self.seq });
        }
        if (self.seq, self.hash) != head {
            return Err(BrokenChain::WrongHead { seq: self.seq });
        }
        Ok(self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RequestId;
    use crate::rng::SeededRng;

    fn chain(lines: u64) -> Vec<AuditLine> {
        let rng = SeededRng::new(5);
        let id = AuditChainId::at(Timestamp::EPOCH, &rng);
        let origin = Origin { request: RequestId::at(Timestamp::EPOCH, &rng), address: None };
        let mut head = (1, LineHash::START);
        let mut out = Vec::new();
        for n in 0..lines {
            let event = Event::ServerStarted { version: n.to_string() };
            let line = AuditLine::new(id, head, Timestamp::EPOCH, &Actor::System, &origin, &event);
            head = (line.seq + 1, line.hash);
            out.push(line);
        }
        out
    }

    fn verify(lines: &[AuditLine], head: (u64, LineHash)) -> Result<u64, BrokenChain> {
        let mut verifier = ChainVerifier::default();
        for line in lines {
            verifier.next(line)?;
        }
        verifier.finish(head)
    }

    #[test]
    fn an_untouched_chain_is_intact() {
        let lines = chain(4);
        assert_eq!(verify(&lines, (4, lines[3].hash)), Ok(4));
        assert_eq!(verify(&[], (0, LineHash::START)), Ok(0));
    }

    #[test]
    fn every_kind_of_tampering_shows() {
        let lines = chain(4);
        let head = (4, lines[3].hash);

        let mut changed = lines.clone();
        changed[1].event = changed[1].event.replace('1', "9");
        assert_eq!(verify(&changed, head), Err(BrokenChain::Changed { seq: 2 }));

        // Changed, and its own hash made to fit.
        changed[1].hash = changed[1].computed_hash();
        assert_eq!(verify(&changed, head), Err(BrokenChain::Unlinked { seq: 3 }));

        let mut removed = lines.clone();
        removed.remove(1);
        assert_eq!(verify(&removed, head), Err(BrokenChain::Missing { expected: 2, found: 3 }));

        let mut swapped = lines.clone();
        swapped.swap(1, 2);
        assert!(verify(&swapped, head).is_err());

        assert_eq!(verify(&lines[..3], head), Err(BrokenChain::CutOff { expected: 4, found: 3 }));

        let mut last = lines;
        last[3].event = "{}".to_owned();
        last[3].hash = last[3].computed_hash();
        assert_eq!(verify(&last, head), Err(BrokenChain::WrongHead { seq: 4 }));
    }
}
