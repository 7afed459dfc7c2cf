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
        self.hash_as(self.seq)
    }

    /// The hash it would have as line `seq`.
    fn hash_as(&self, seq: u64) -> LineHash {
        let mut digest = Sha256::new();
        let mut part = |bytes: &[u8]| {
            digest.update((bytes.len() as u64).to_be_bytes());
            digest.update(bytes);
        };
        part(b"sekisho audit line 1");
        part(&self.previous.0);
        part(self.chain.as_bytes());
        part(&seq.to_be_bytes());
        part(&self.at.as_millis().to_be_bytes());
        part(&self.code.to_be_bytes());
        part(self.actor.as_bytes());
        part(self.origin.as_bytes());
        part(self.event.as_bytes());
        LineHash(digest.finalize().into())
    }

    /// The number it was written with, if that is another one nearby.
    pub(crate) fn written_as(&self) -> Option<u64> {
        /// How far away a moved line is still recognised.
        const NEAR: u64 = 16;
        let near = self.seq.saturating_sub(NEAR)..=self.seq.saturating_add(NEAR);
        near.filter(|seq| *seq != self.seq).find(|seq| self.hash_as(*seq) == self.hash)
    }
}
