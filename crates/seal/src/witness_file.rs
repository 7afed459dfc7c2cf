//! What a witness kept: signed heads, one JSON object in each line of text.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use sekisho_model::audit_chain::{BrokenChain, ChainVerifier, SignedPlace};
use sekisho_model::id::AuditChainId;

use crate::SealError;
use crate::audit_head::{AuditKey, SignedHead};

/// Longest line that is looked at, in bytes; a head has about 400.
const MAX_LINE_BYTES: u64 = 64 * 1024;

/// Heads with valid signatures, by chain.
#[derive(Clone, Debug, Default)]
pub struct Witnessed {
    chains: BTreeMap<AuditChainId, BTreeMap<u64, SignedPlace>>,
    /// How many heads there are.
    pub heads: u64,
    /// Lines that hold no head: torn by a crash, or of something else.
    pub unreadable: u64,
    /// Heads that name a key which was not given: of another site.
    pub foreign: u64,
}

/// Why what a witness kept proves nothing, or proves a forgery.
#[derive(Debug, thiserror::Error)]
pub enum BadWitness {
    /// A head's signature is wrong.
    #[error(
        "line {line} of the witness: the signature of the head of audit line {seq} is wrong; the \
         head was changed or forged"
    )]
    Forged {
        /// The line of text, from 1.
        line: u64,
        /// The line of the audit log.
        seq: u64,
    },
    /// Two heads with valid signatures contradict each other.
    #[error("chain {chain}: {broken}")]
    Forked {
        /// The chain.
        chain: AuditChainId,
        /// What is wrong.
        broken: BrokenChain,
    },
    /// The text cannot be read.
    #[error("the witness cannot be read: {0}")]
    Unreadable(#[from] io::Error),
}

impl Witnessed {
    /// Reads what a witness kept. A line may have something else in front of
    /// the head, as a syslog server writes it.
    ///
    /// # Errors
    /// The first head that is forged or contradicts another.
    pub fn read(mut text: impl BufRead, keys: &[AuditKey]) -> Result<Self, BadWitness> {
        let mut all = Self::default();
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let length = io::Read::take(&mut text, MAX_LINE_BYTES).read_until(b'\n', &mut line)?;
            if length == 0 {
                break;
            }
            let text = String::from_utf8_lossy(&line);
            if text.trim().is_empty() {
                continue;
            }
            let found = text.rfind('{').and_then(|at| parse(&text[at..]));
            match found {
                Some(head) => all.add(&head, keys, number)?,
                None => all.unreadable += 1,
            }
        }
        Ok(all)
    }

    /// Adds one head; `line` tells where it is from.
    ///
    /// # Errors
    /// When it is forged or contradicts another.
    pub fn add(
        &mut self,
        head: &SignedHead,
        keys: &[AuditKey],
        line: u64,
    ) -> Result<(), BadWitness> {
        match head.verify_any(keys) {
            Ok(()) => {}
            Err(SealError::UnknownKey) => {
                self.foreign += 1;
                return Ok(());
            }
            Err(_) => return Err(BadWitness::Forged { line, seq: head.head.seq }),
        }
        let (chain, place) = (head.head.chain, SignedPlace::from(&head.head));
        let places = self.chains.entry(chain).or_default();
        match places.insert(place.seq, place) {
            Some(before) if before.hash != place.hash => {
                Err(BadWitness::Forked { chain, broken: BrokenChain::Forked { seq: place.seq } })
            }
            Some(_) => Ok(()),
            None => {
                self.heads += 1;
                Ok(())
            }
        }
    }

    /// Tells a verifier what is known of its chain.
    ///
    /// # Errors
    /// When it contradicts what the verifier knows already.
    pub fn expect(
        &self,
        chain: AuditChainId,
        verifier: &mut ChainVerifier,
    ) -> Result<(), BrokenChain> {
        let places = self.chains.get(&chain).into_iter().flatten();
        places.into_iter().try_for_each(|(_, place)| verifier.expect(*place))
    }

    /// Each chain with its newest head.
    pub fn chains(&self) -> impl Iterator<Item = (AuditChainId, SignedPlace)> {
        self.chains.iter().filter_map(|(chain, places)| Some((*chain, *places.last_key_value()?.1)))
    }
}

/// The head at the beginning of the text, whatever follows it.
fn parse(text: &str) -> Option<SignedHead> {
    let end = text.find('}')?;
    serde_json::from_str(&text[..=end]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit_head::AuditHead;
    use crate::sign::SigningKey;
    use sekisho_model::Timestamp;
    use sekisho_model::audit::LineHash;
    use sekisho_model::id::SiteId;
    use sekisho_model::rng::SeededRng;

    fn head(key: &SigningKey, seq: u64, hash: u8) -> String {
        let rng = SeededRng::new(3);
        let head = AuditHead {
            site: SiteId::at(Timestamp::EPOCH, &rng),
            chain: AuditChainId::at(Timestamp::EPOCH, &rng),
            seq,
            hash: LineHash([hash; 32]),
            at: Timestamp::EPOCH,
        };
        serde_json::to_string(&head.sign(key)).expect("plain data")
    }

    #[test]
    fn torn_and_foreign_lines_are_counted_and_prefixes_skipped() {
        let (ours, theirs) =
            (SigningKey::generate(&SeededRng::new(1)), SigningKey::generate(&SeededRng::new(2)));
        let (one, two, other) = (head(&ours, 1, 1), head(&ours, 9, 9), head(&theirs, 5, 5));
        let text = format!("{one}\n{}\n\n<109>1 - host - - {two} x\n{other}\n{one}\n", &two[..50]);
        let keys = [AuditKey(ours.public())];
        let all = Witnessed::read(text.as_bytes(), &keys).expect("good");
        assert_eq!((all.heads, all.unreadable, all.foreign), (2, 1, 1));
        let newest: Vec<u64> = all.chains().map(|(_, place)| place.seq).collect();
        assert_eq!(newest, [9]);
    }

    #[test]
    fn forgeries_and_contradictions_are_named() {
        let key = SigningKey::generate(&SeededRng::new(1));
        let keys = [AuditKey(key.public())];
        let forged = head(&key, 7, 1).replace(r#""seq":7"#, r#""seq":8"#);
        let text = format!("{}\n{forged}\n", head(&key, 1, 1));
        let error = Witnessed::read(text.as_bytes(), &keys).expect_err("forged");
        assert!(error.to_string().starts_with("line 2 of the witness"), "{error}");
        let text = format!("{}\n{}\n", head(&key, 7, 1), head(&key, 7, 2));
        let error = Witnessed::read(text.as_bytes(), &keys).expect_err("forked");
        assert!(error.to_string().contains("two different hashes were signed for line 7"));
    }
}
