//! Bearer tokens: `sekisho_pat_<52 characters>_<8 characters>`.
//!
//! The middle is 256 random bits, so that a plain SHA-256 is enough at rest.
//! The end is a checksum over all before it: a secret scanner recognises a
//! leaked token without asking us, and a typing error is told from a wrong
//! token. All characters are letters, digits and `_`: one double click selects
//! the token.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE32_DNSSEC;
use sekisho_model::{Rng, Secret};
use zeroize::Zeroizing;

const RANDOM_BYTES: usize = 32;
const RANDOM_CHARS: usize = 52;
const CHECKSUM_BYTES: usize = 5;
const CHECKSUM_CHARS: usize = 8;

/// A new token. The prefix names what it is for, e.g. `sekisho_pat`.
///
/// # Panics
/// If the prefix has other characters than `a-z`, `0-9` and `_`.
pub fn generate(prefix: &str, rng: &dyn Rng) -> Secret {
    assert!(
        !prefix.is_empty() && prefix.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_')),
        "a token's prefix is made of a-z, 0-9 and _"
    );
    let mut random = Zeroizing::new([0; RANDOM_BYTES]);
    rng.fill(&mut *random);
    let checksum_at = prefix.len() + 1 + RANDOM_CHARS;
    // Made in its final size: growing would leave a copy behind.
    let mut text = vec![b'_'; checksum_at + 1 + CHECKSUM_CHARS];
    text[..prefix.len()].copy_from_slice(prefix.as_bytes());
    BASE32_DNSSEC.encode_mut(&*random, &mut text[prefix.len() + 1..checksum_at]);
    let checksum = checksum(&text[..checksum_at]);
    text[checksum_at + 1..].copy_from_slice(&checksum);
    Secret::new(text)
}

/// Whether the text can be a token with this prefix: form and checksum. Says
/// nothing about whether it was ever issued.
pub fn is_well_formed(prefix: &str, token: &Secret) -> bool {
    let Some((body, sum)) = token.expose().split_last_chunk::<CHECKSUM_CHARS>() else {
        return false;
    };
    let Some(body) = body.strip_suffix(b"_") else {
        return false;
    };
    let random = body.strip_prefix(prefix.as_bytes()).and_then(|rest| rest.strip_prefix(b"_"));
    random.is_some_and(|random| {
        random.len() == RANDOM_CHARS
            && random.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'v'))
    }) && *sum == checksum(body)
}

/// What is kept of a token. Tokens have 256 random bits: neither salt nor
/// stretching adds anything.
pub fn hash(token: &Secret) -> [u8; 32] {
    let hash = digest(&SHA256, token.expose());
    hash.as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

/// Whether the token has this hash, in constant time.
pub fn matches(token: &Secret, expected: &[u8; 32]) -> bool {
    verify_slices_are_equal(&hash(token), expected).is_ok()
}

fn checksum(body: &[u8]) -> [u8; CHECKSUM_CHARS] {
    let hash = digest(&SHA256, body);
    let mut text = [0; CHECKSUM_CHARS];
    BASE32_DNSSEC.encode_mut(&hash.as_ref()[..CHECKSUM_BYTES], &mut text);
    text
}

#[cfg(test)]
mod tests {
    use sekisho_model::rng::SeededRng;

    use super::*;

    #[test]
    fn a_token_is_text_of_the_documented_form() {
        let token = generate("sekisho_pat", &SeededRng::new(1));
        let text = token.expose_str().unwrap();
        assert_eq!(text.len(), "sekisho_pat".len() + 1 + 52 + 1 + 8);
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'), "{text}");
        assert!(is_well_formed("sekisho_pat", &token));
        assert!(!is_well_formed("sekisho", &token));
        assert!(!is_well_formed("sekisho_cli", &token));
    }

    #[test]
    fn a_typing_error_anywhere_is_noticed() {
        let token = generate("sekisho_pat", &SeededRng::new(2));
        for at in 0..token.len() {
            let mut typo = token.expose().to_vec();
            typo[at] = if typo[at] == b'7' { b'8' } else { b'7' };
            assert!(!is_well_formed("sekisho_pat", &Secret::new(typo)), "position {at}");
        }
        assert!(!is_well_formed("sekisho_pat", &Secret::from("")));
        assert!(!is_well_formed("sekisho_pat", &Secret::from("sekisho_pat__")));
    }

    #[test]
    fn tokens_differ_and_only_the_own_hash_matches() {
        let rng = SeededRng::new(3);
        let (a, b) = (generate("sekisho_pat", &rng), generate("sekisho_pat", &rng));
        assert_ne!(a, b);
        assert!(matches(&a, &hash(&a)));
        assert!(!matches(&b, &hash(&a)));
    }

    /// The hash is plain SHA-256 of the text, as the store's documentation says.
    #[test]
    fn known_answer() {
        let hex = data_encoding::HEXLOWER.encode(&hash(&Secret::from("abc")));
        assert_eq!(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
