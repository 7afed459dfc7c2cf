//! Keys that people copy: a prefix that secret scanners can look for, Base32
//! without look-alikes, and a checksum that catches slips of the hand.

use data_encoding::{Encoding, Specification};
use std::sync::LazyLock;
use zeroize::Zeroizing;

use crate::sha256;

/// Crockford's alphabet in lower case: no i, l, o, u. Reading also takes the
/// look-alikes; blanks, line ends and hyphens are skipped.
static BASE32: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789abcdefghjkmnpqrstvwxyz");
    specification.translate.from.push_str("oil");
    specification.translate.to.push_str("011");
    specification.ignore.push_str(" \t\r\n-");
    specification.encoding().expect("the alphabet is well formed")
});

const CHECKSUM_BYTES: usize = 4;

/// Longer texts are not looked at.
const MAX_TEXT_BYTES: usize = 2048;

/// Why a text is not a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeyText {
    /// The prefix is another one.
    #[error("a key of this kind begins with '{0}'; copy all of it")]
    Prefix(&'static str),
    /// A character that no key has.
    #[error("the key has a character that no key has; copy it again")]
    Character,
    /// The checksum does not fit.
    #[error("the key is incomplete or has a typing error; copy it again")]
    Checksum,
}

/// Writes a key as text.
pub(crate) fn encode(prefix: &str, content: &[u8]) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new(content.to_vec());
    bytes.extend_from_slice(&checksum(prefix, content));
    let body = Zeroizing::new(BASE32.encode(&bytes));
    let mut text = Zeroizing::new(String::with_capacity(prefix.len() + body.len()));
    text.push_str(prefix);
    text.push_str(&body);
    text
}

/// Reads a key of exactly `length` bytes.
pub(crate) fn decode(
    prefix: &'static str,
    length: usize,
    text: &str,
) -> Result<Zeroizing<Vec<u8>>, InvalidKeyText> {
    let bytes = decode_any(prefix, text)?;
    if bytes.len() == length { Ok(bytes) } else { Err(InvalidKeyText::Checksum) }
}

/// Reads a key of any length.
pub(crate) fn decode_any(
    prefix: &'static str,
    text: &str,
) -> Result<Zeroizing<Vec<u8>>, InvalidKeyText> {
    let text = text.trim();
    if text.len() > MAX_TEXT_BYTES {
        return Err(InvalidKeyText::Checksum);
    }
    let begins_right =
        text.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix));
    if !begins_right {
        return Err(InvalidKeyText::Prefix(prefix));
    }
    let body = &text[prefix.len()..];
    let body = Zeroizing::new(body.to_ascii_lowercase());
    if !body.chars().all(|c| c.is_ascii_alphanumeric() && c != 'u' || " \t\r\n-".contains(c)) {
        return Err(InvalidKeyText::Character);
    }
    let bytes = BASE32.decode(body.as_bytes()).map_err(|_| InvalidKeyText::Checksum)?;
    let bytes = Zeroizing::new(bytes);
    let length = bytes.len().checked_sub(CHECKSUM_BYTES).ok_or(InvalidKeyText::Checksum)?;
    let (content, sum) = bytes.split_at(length);
    if sum != checksum(prefix, content) {
        return Err(InvalidKeyText::Checksum);
    }
    Ok(Zeroizing::new(content.to_vec()))
}

fn checksum(prefix: &str, content: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut input = Zeroizing::new(prefix.as_bytes().to_vec());
    input.extend_from_slice(content);
    let mut out = [0; CHECKSUM_BYTES];
    out.copy_from_slice(&sha256(&input)[..CHECKSUM_BYTES]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: &str = "sekisho-test-";

    #[test]
    fn survives_the_way_people_copy() {
        let text = encode(PREFIX, &[7; 48]);
        let shouted = text.to_uppercase();
        let broken = format!("  {}\n {}  ", &text[..30], &text[30..]);
        for variant in [text.as_str(), &shouted, &broken] {
            assert_eq!(decode(PREFIX, 48, variant).expect("readable").as_slice(), [7; 48]);
        }
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let text = encode(PREFIX, &[9; 20]);
        for at in PREFIX.len()..text.len() {
            let mut changed = text.as_bytes().to_vec();
            changed[at] = if changed[at] == b'7' { b'8' } else { b'7' };
            let changed = String::from_utf8(changed).expect("text");
            assert!(decode(PREFIX, 20, &changed).is_err(), "{changed}");
        }
        assert_eq!(decode(PREFIX, 20, "hello"), Err(InvalidKeyText::Prefix(PREFIX)));
        assert_eq!(decode(PREFIX, 20, &text[..40]), Err(InvalidKeyText::Checksum));
        assert_eq!(decode(PREFIX, 20, &format!("{PREFIX}!!!")), Err(InvalidKeyText::Character));
    }
}
