//! Signed heads of audit chains: what a witness outside the database keeps.
//!
//! The signature is plain Ed25519 over a short text, so that whoever holds the
//! public key can check a head with any tool, without our programs:
//!
//! ```text
//! sekisho audit head 1
//! site <uuid>
//! chain <uuid>
//! line <number>
//! hash <64 hexadecimal digits>
//! at <milliseconds since 1970, UTC>
//! ```
//!
//! Every line of it ends with a line feed. The key signs nothing else.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use sekisho_model::Timestamp;
use sekisho_model::audit::LineHash;
use sekisho_model::audit_chain::SignedPlace;
use sekisho_model::id::{AuditChainId, SiteId};
use serde::{Deserialize, Serialize};

use crate::sign::SigningKey;
use crate::{SealError, kid};

/// What an audit key's text begins with.
const PREFIX: &str = "sekisho-audit-key-1:";

/// The DER in front of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410).
const SPKI_PREFIX: [u8; 12] = [48, 42, 48, 5, 6, 3, 43, 101, 112, 3, 33, 0];

/// Where a chain ended at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// The site.
    pub site: SiteId,
    /// The chain.
    pub chain: AuditChainId,
    /// The number of its last line.
    pub seq: u64,
    /// The hash of that line.
    pub hash: LineHash,
    /// When it was signed.
    pub at: Timestamp,
}

impl AuditHead {
    /// What is signed.
    fn text(&self) -> String {
        let Self { site, chain, seq, hash, at } = self;
        let at = at.as_millis();
        format!(
            "sekisho audit head 1\nsite {site}\nchain {chain}\nline {seq}\nhash {hash}\nat {at}\n"
        )
    }

    /// Signs it.
    pub fn sign(self, key: &SigningKey) -> SignedHead {
        let signature = key.sign_plain(self.text().as_bytes());
        SignedHead { head: self, key: kid(&key.public()), signature }
    }
}

impl From<&AuditHead> for SignedPlace {
    fn from(head: &AuditHead) -> Self {
        Self { seq: head.seq, hash: head.hash, at: head.at }
    }
}

/// A head with its signature: one line of JSON, on its way and in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Line", into = "Line")]
pub struct SignedHead {
    /// What was signed.
    pub head: AuditHead,
    /// The id of the key that signed.
    pub key: [u8; 8],
    /// The signature.
    pub signature: [u8; 64],
}

impl SignedHead {
    /// Checks the signature.
    ///
    /// # Errors
    /// [`SealError::UnknownKey`] when another key is named,
    /// [`SealError::BadSignature`] when it did not sign this.
    pub fn verify(&self, key: &AuditKey) -> Result<(), SealError> {
        if self.key != key.kid() {
            return Err(SealError::UnknownKey);
        }
        UnparsedPublicKey::new(&ED25519, key.0)
            .verify(self.head.text().as_bytes(), &self.signature)
            .map_err(|_| SealError::BadSignature)
    }

    /// Checks the signature with whichever key it names.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn verify_any(&self, keys: &[AuditKey]) -> Result<(), SealError> {
        let named = keys.iter().find(|key| key.kid() == self.key);
        self.verify(named.ok_or(SealError::UnknownKey)?)
    }
}

/// How a signed head is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    site: SiteId,
    chain: AuditChainId,
    seq: u64,
    hash: LineHash,
    at: String,
    key: String,
    signature: String,
}

impl From<SignedHead> for Line {
    fn from(signed: SignedHead) -> Self {
        let AuditHead { site, chain, seq, hash, at } = signed.head;
        Self {
            site,
            chain,
            seq,
            hash,
            at: at.to_string(),
            key: data_encoding::HEXLOWER.encode(&signed.key),
            signature: data_encoding::BASE64.encode(&signed.signature),
        }
    }
}

impl TryFrom<Line> for SignedHead {
    type Error = &'static str;

    fn try_from(line: Line) -> Result<Self, Self::Error> {
        let at = line.at.parse().map_err(|_| "'at' is no time like 2026-01-31T09:00:00.000Z")?;
        let key = data_encoding::HEXLOWER.decode(line.key.as_bytes()).ok();
        let key = key.and_then(|bytes| bytes.try_into().ok());
        let signature = data_encoding::BASE64.decode(line.signature.as_bytes()).ok();
        let signature = signature.and_then(|bytes| bytes.try_into().ok());
        let Line { site, chain, seq, hash, .. } = line;
        Ok(Self {
            head: AuditHead { site, chain, seq, hash, at },
            key: key.ok_or("'key' is not 16 lower-case hexadecimal digits")?,
            signature: signature.ok_or("'signature' is not 64 bytes in Base64")?,
        })
    }
}

/// The public half of the key that signs heads, as people carry it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuditKey(pub [u8; 32]);

/// The text is not an audit key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no audit key; it looks like {PREFIX} and 64 hexadecimal digits, as `sekisho audit \
     key` prints it"
)]
pub struct InvalidAuditKey(String);

impl AuditKey {
    /// Its short id.
    pub fn kid(&self) -> [u8; 8] {
        kid(&self.0)
    }

    /// As PEM, for other tools.
    pub fn to_pem(&self) -> String {
        let der = [&SPKI_PREFIX[..], &self.0].concat();
        let body = data_encoding::BASE64.encode(&der);
        format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
    }
}

impl std::fmt::Display for AuditKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{PREFIX}{}", data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl std::fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for AuditKey {
    type Err = InvalidAuditKey;

    fn from_str(text: &str) -> Result<Self, InvalidAuditKey> {
        let text = text.trim();
        text.strip_prefix(PREFIX)
            .and_then(|digits| data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok())
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| InvalidAuditKey(text.chars().take(100).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::rng::SeededRng;

    fn signed() -> (SignedHead, AuditKey) {
        let rng = SeededRng::new(7);
        let key = SigningKey::generate(&rng);
        let head = AuditHead {
            site: SiteId::at(Timestamp::EPOCH, &rng),
            chain: AuditChainId::at(Timestamp::EPOCH, &rng),
            seq: 42,
            hash: LineHash([7; 32]),
            at: Timestamp::from_millis(1_769_850_000_250),
        };
        (head.sign(&key), AuditKey(key.public()))
    }

    #[test]
    fn a_head_comes_back_from_its_line_and_verifies() {
        let (head, key) = signed();
        let line = serde_json::to_string(&head).expect("plain data");
        assert!(!line.contains('\n'));
        assert!(line.contains(r#""at":"2026-01-31T09:00:00.250Z""#), "{line}");
        let back: SignedHead = serde_json::from_str(&line).expect("its own line");
        assert_eq!(back, head);
        assert!(back.verify(&key).is_ok());
    }

    #[test]
    fn every_changed_part_is_refused() {
        let (head, key) = signed();
        let other = SiteId::at(Timestamp::EPOCH, &SeededRng::new(9));
        let changes: [fn(&mut SignedHead, SiteId); 6] = [
            |head, other| head.head.site = other,
            |head, other| head.head.chain = AuditChainId::from_uuid(other.uuid()),
            |head, _| head.head.seq += 1,
            |head, _| head.head.hash.0[31] ^= 1,
            |head, _| head.head.at = Timestamp::EPOCH,
            |head, _| head.signature[0] ^= 1,
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let mut changed = head.clone();
            change(&mut changed, other);
            assert!(changed.verify(&key).is_err(), "change {n}");
        }
        let stranger = AuditKey(SigningKey::generate(&SeededRng::new(8)).public());
        assert!(matches!(head.verify(&stranger), Err(SealError::UnknownKey)));
        assert!(head.verify_any(&[stranger, key]).is_ok());
    }

    #[test]
    fn keys_are_read_as_they_are_written() {
        let (_, key) = signed();
        assert_eq!(key.to_string().parse(), Ok(key));
        assert_eq!(format!(" {key}\n").parse(), Ok(key));
        assert!("sekisho-audit-key-1:12".parse::<AuditKey>().is_err());
        assert!(key.to_pem().contains("MCowBQYDK2VwAyEA"));
    }
}
