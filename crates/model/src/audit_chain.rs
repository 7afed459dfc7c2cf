//! Checking an audit chain: against itself, and against heads that somebody
//! outside the database has seen.

use std::collections::BTreeMap;

use crate::audit::{AuditLine, LineHash};
use crate::event::Event;
use crate::id::AuditChainId;

/// What a verifier found wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokenChain {
    /// A line's content does not match its hash.
    #[error("line {seq} was changed: its content does not match its hash")]
    Changed {
        /// The line.
        seq: u64,
    },
    /// A line was written with a lower number: something was put before it.
    #[error(
        "line {seq} was written as line {written_as}: a line was inserted before it, or lines \
         were reordered"
    )]
    MovedDown {
        /// Where it is.
        seq: u64,
        /// Its number when it was written.
        written_as: u64,
    },
    /// A line was written with a higher number: something is gone before it.
    #[error(
        "line {seq} was written as line {written_as}: a line was removed before it, or lines \
         were reordered"
    )]
    MovedUp {
        /// Where it is.
        seq: u64,
        /// Its number when it was written.
        written_as: u64,
    },
    /// A line does not follow the one before it.
    #[error("line {seq} does not follow line {}: one of the two was replaced", seq - 1)]
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
    /// A line stands where a later one should.
    #[error(
        "line {found} stands where line {expected} should: lines were reordered, or one is there \
         twice"
    )]
    OutOfOrder {
        /// The line that should be there.
        expected: u64,
        /// The line that is there.
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
    /// The chain ends before a head that was signed.
    #[error(
        "the chain ends at line {found}, but line {expected} was signed at {at}: the newest lines \
         were cut off, or lines after line {vouched} were removed and the hashes computed anew"
    )]
    CutOffSigned {
        /// The seq of the newest signed head.
        expected: u64,
        /// The seq of the last line.
        found: u64,
        /// The last line that a signed head vouches for.
        vouched: u64,
        /// When that head was signed.
        at: crate::Timestamp,
    },
    /// The chain fits together but is not the one that was signed.
    #[error(
        "line {seq} is not the one that was signed at {at}: of the lines {from} to {seq} at least \
         one was changed, removed, inserted or reordered, and the hashes were computed anew"
    )]
    Rewritten {
        /// The first line that no matching head vouches for.
        from: u64,
        /// The line whose hash differs from the signed one.
        seq: u64,
        /// When the head was signed.
        at: crate::Timestamp,
    },
    /// Two heads with valid signatures name different hashes.
    #[error(
        "two different hashes were signed for line {seq}: the server's history was replaced, e.g. \
         by a restored copy"
    )]
    Forked {
        /// The line.
        seq: u64,
    },
}

/// What the first line of a chain says when it began with a restore: what was
/// written to the former chain after the backup is not in this database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The chain that ended.
    pub former_chain: AuditChainId,
    /// Its last line in the backup.
    pub former_seq: u64,
    /// When the backup was taken.
    pub taken_at: crate::Timestamp,
}

impl Restored {
    /// Reads a line; most are something else.
    pub fn from_line(line: &AuditLine) -> Option<Self> {
        match serde_json::from_str(&line.event).ok()? {
            Event::SiteRestored { taken_at, former_chain, former_seq } => {
                Some(Self { former_chain, former_seq, taken_at })
            }
            _ => None,
        }
    }

    /// Whether the restore is why the former chain ends too early: then the
    /// newest line of it that was signed. A chain that ends at another line
    /// than the restore names was cut off by somebody else.
    pub const fn explains(&self, broken: &BrokenChain) -> Option<u64> {
        match broken {
            BrokenChain::CutOffSigned { expected, found, .. } if *found == self.former_seq => {
                Some(*expected)
            }
            _ => None,
        }
    }
}

/// A head that was signed: by whom and whether truly is the caller's to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedPlace {
    /// The line it names.
    pub seq: u64,
    /// The hash of that line.
    pub hash: LineHash,
    /// When it was signed.
    pub at: crate::Timestamp,
}

/// Checks the lines of one chain, fed in order.
#[derive(Clone, Debug)]
pub struct ChainVerifier {
    seq: u64,
    hash: LineHash,
    /// The first line's predecessor is taken as it is.
    is_partial: bool,
    heads: BTreeMap<u64, (LineHash, crate::Timestamp)>,
    vouched: u64,
}

impl Default for ChainVerifier {
    fn default() -> Self {
        Self {
            seq: 0,
            hash: LineHash::START,
            is_partial: false,
            heads: BTreeMap::new(),
            vouched: 0,
        }
    }
}

/// What a chain was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intact {
    /// The last line.
    pub seq: u64,
    /// The last line that a signed head vouches for; what comes after it
    /// could still be cut off unseen. 0: none.
    pub vouched: u64,
}

impl ChainVerifier {
    /// For a part of a chain: it may begin at any line and end before heads
    /// that were signed.
    pub fn partial() -> Self {
        Self { is_partial: true, ..Self::default() }
    }

    /// Adds what was signed.
    ///
    /// # Errors
    /// [`BrokenChain::Forked`] when two heads contradict each other.
    pub fn expect(&mut self, head: SignedPlace) -> Result<(), BrokenChain> {
        let SignedPlace { seq, hash, at } = head;
        match self.heads.insert(seq, (hash, at)) {
            Some((before, _)) if before != hash => Err(BrokenChain::Forked { seq }),
            Some(_) | None => Ok(()),
        }
    }

    /// Takes the next line.
    ///
    /// # Errors
    /// Names the first line that is wrong.
    pub fn next(&mut self, line: &AuditLine) -> Result<(), BrokenChain> {
        if self.is_partial && self.seq == 0 {
            (self.seq, self.hash) = (line.seq.saturating_sub(1), line.previous);
            self.vouched = self.seq;
        }
        let (seq, expected) = (line.seq, self.seq + 1);
        if seq > expected {
            return Err(BrokenChain::Missing { expected, found: seq });
        }
        if seq < expected {
            return Err(BrokenChain::OutOfOrder { expected, found: seq });
        }
        if line.computed_hash() != line.hash {
            return Err(match line.written_as() {
                Some(written_as) if written_as < seq => BrokenChain::MovedDown { seq, written_as },
                Some(written_as) => BrokenChain::MovedUp { seq, written_as },
                None => BrokenChain::Changed { seq },
            });
        }
        if line.previous != self.hash {
            return Err(BrokenChain::Unlinked { seq });
        }
        if let Some((hash, at)) = self.heads.get(&seq) {
            if *hash != line.hash {
                return Err(BrokenChain::Rewritten { from: self.vouched + 1, seq, at: *at });
            }
            self.vouched = seq;
        }
        (self.seq, self.hash) = (seq, line.hash);
        Ok(())
    }

    /// The number of the line that was taken last.
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Compares the end of the chain with the heads that were signed.
    ///
    /// # Errors
    /// When newest lines are missing.
    pub fn end(self) -> Result<Intact, BrokenChain> {
        match self.heads.last_key_value() {
            Some((expected, (_, at))) if *expected > self.seq && !self.is_partial => {
                let (found, vouched) = (self.seq, self.vouched);
                Err(BrokenChain::CutOffSigned { expected: *expected, found, vouched, at: *at })
            }
            Some(_) | None => Ok(Intact { seq: self.seq, vouched: self.vouched }),
        }
    }

    /// Compares the end of the chain with its recorded head as well.
    ///
    /// # Errors
    /// When newest lines are missing or the head names another line.
    pub fn finish(self, head: (u64, LineHash)) -> Result<Intact, BrokenChain> {
        let own = (self.seq, self.hash);
        // What was signed is stronger than what the database says of itself.
        let intact = self.end()?;
        if own.0 < head.0 {
            return Err(BrokenChain::CutOff { expected: head.0, found: own.0 });
        }
        if own != head {
            return Err(BrokenChain::WrongHead { seq: own.0 });
        }
        Ok(intact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::event::{Actor, Origin};
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

    /// Verifies against the recorded head and against signed heads at these
    /// lines of the original.
    fn verify(lines: &[AuditLine], signed: &[u64]) -> Result<Intact, BrokenChain> {
        let original = chain(6);
        let mut verifier = ChainVerifier::default();
        for seq in signed {
            let hash = original[usize::try_from(*seq).expect("small") - 1].hash;
            verifier.expect(SignedPlace { seq: *seq, hash, at: Timestamp::EPOCH })?;
        }
        for line in lines {
            verifier.next(line)?;
        }
        // Whoever changes the lines changes the recorded head as well.
        let head = lines.last().map_or((0, LineHash::START), |line| (line.seq, line.hash));
        verifier.finish(head)
    }

    /// Numbers and hashes as if the lines had always been like that.
    fn rewritten(mut lines: Vec<AuditLine>) -> Vec<AuditLine> {
        let mut previous = LineHash::START;
        for (seq, line) in (1..).zip(&mut lines) {
            (line.seq, line.previous) = (seq, previous);
            line.hash = line.computed_hash();
            previous = line.hash;
        }
        lines
    }

    /// Numbers without new hashes.
    fn renumbered(mut lines: Vec<AuditLine>) -> Vec<AuditLine> {
        for (seq, line) in (1..).zip(&mut lines) {
            line.seq = seq;
        }
        lines
    }

    #[test]
    fn an_untouched_chain_is_intact_and_says_how_far_somebody_vouches() {
        assert_eq!(verify(&chain(6), &[]), Ok(Intact { seq: 6, vouched: 0 }));
        assert_eq!(verify(&chain(6), &[2, 5]), Ok(Intact { seq: 6, vouched: 5 }));
        assert_eq!(verify(&[], &[]), Ok(Intact { seq: 0, vouched: 0 }));
    }

    type Tampering = (&'static str, fn(&mut Vec<AuditLine>));

    const TAMPERING: [Tampering; 5] = [
        ("edited", |lines| lines[2].event = lines[2].event.replace('2', "9")),
        ("removed", |lines| drop(lines.remove(2))),
        ("inserted", |lines| lines.insert(2, lines[0].clone())),
        ("reordered", |lines| lines.swap(2, 3)),
        ("cut off", |lines| lines.truncate(5)),
    ];

    /// What each kind looks like, by how much trouble somebody took. The
    /// chain alone finds clumsy hands; a signed head finds the careful ones.
    #[test]
    fn every_kind_of_tampering_says_which_line_and_what() {
        let mut found = String::new();
        for (kind, change) in TAMPERING {
            let mut lines = chain(6);
            change(&mut lines);
            for (care, lines) in [
                ("as it is", lines.clone()),
                ("numbers adjusted", renumbered(lines.clone())),
                ("hashes computed anew", rewritten(lines)),
            ] {
                let text = |signed: &[u64]| match verify(&lines, signed) {
                    Ok(_) => "not found".to_owned(),
                    Err(broken) => broken.to_string(),
                };
                found += &format!(
                    "{kind}, {care}\n  alone: {}\n  with heads 2 and 6: {}\n",
                    text(&[]),
                    text(&[2, 6])
                );
            }
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/audit_chain.golden.txt");
        if std::env::var_os("SEKISHO_BLESS").is_some_and(|value| value == "1") {
            std::fs::write(path, &found).expect("the file can be written");
        }
        assert_eq!(found, std::fs::read_to_string(path).unwrap_or_default());
    }

    #[test]
    fn one_changed_line_with_its_hash_does_not_follow() {
        let mut lines = chain(6);
        lines[2].event = "{}".to_owned();
        lines[2].hash = lines[2].computed_hash();
        assert_eq!(verify(&lines, &[]), Err(BrokenChain::Unlinked { seq: 4 }));
    }

    #[test]
    fn two_hashes_for_one_line_are_a_fork() {
        let mut verifier = ChainVerifier::default();
        let head = |hash| SignedPlace { seq: 3, hash, at: Timestamp::EPOCH };
        assert_eq!(verifier.expect(head(LineHash([1; 32]))), Ok(()));
        assert_eq!(verifier.expect(head(LineHash([1; 32]))), Ok(()));
        assert_eq!(verifier.expect(head(LineHash([2; 32]))), Err(BrokenChain::Forked { seq: 3 }));
    }

    #[test]
    fn a_part_may_begin_and_end_anywhere() {
        let lines = chain(6);
        let mut verifier = ChainVerifier::partial();
        for seq in [2, 4, 6] {
            let hash = lines[seq - 1].hash;
            let head = SignedPlace { seq: seq as u64, hash, at: Timestamp::EPOCH };
            verifier.expect(head).expect("no contradiction");
        }
        for line in &lines[2..5] {
            verifier.next(line).expect("linked");
        }
        assert_eq!(verifier.end(), Ok(Intact { seq: 5, vouched: 4 }));
    }
}
