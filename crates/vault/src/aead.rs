//! AES-256-GCM-SIV (RFC 8452): the one cipher at rest.
//!
//! Nonces are random; SIV keeps a repeated one from being a catastrophe. A
//! cipher context is made for each operation and freed at once: aws-lc wipes
//! it, so that the only lasting copy of a key is the ring's own.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sekisho_model::rng::random_bytes;
use sekisho_model::{Rng, Secret};
use zeroize::Zeroizing;

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;

/// Bytes of the authentication tag.
pub(crate) const TAG_BYTES: usize = 16;

/// Bytes that sealing adds to a value, the header not counted.
pub(crate) const OVERHEAD_BYTES: usize = NONCE_LEN + TAG_BYTES;

/// `header ‖ nonce ‖ ciphertext ‖ tag`. The header is clear; whoever needs it
/// authenticated puts it into `associated`.
pub(crate) fn seal(
    key: &[u8],
    header: &[u8],
    associated: &[u8],
    clear: &[u8],
    rng: &dyn Rng,
) -> Vec<u8> {
    let nonce: [u8; NONCE_LEN] = random_bytes(rng);
    // Exactly as large as it will become: growing would leave a copy of the
    // clear bytes behind.
    let mut out = Vec::with_capacity(header.len() + OVERHEAD_BYTES + clear.len());
    out.extend_from_slice(header);
    out.extend_from_slice(&nonce);
    let start = out.len();
    out.extend_from_slice(clear);
    let tag = cipher(key)
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(associated),
            &mut out[start..],
        )
        .expect("values are far shorter than the cipher's limit");
    out.extend_from_slice(tag.as_ref());
    out
}

/// Opens `nonce ‖ ciphertext ‖ tag`, or `None` if anything differs.
pub(crate) fn open(key: &[u8], associated: &[u8], sealed: &[u8]) -> Option<Secret> {
    if sealed.len() < OVERHEAD_BYTES {
        return None;
    }
    let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let mut buffer = Zeroizing::new(body.to_vec());
    let clear_bytes = cipher(key)
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(associated), &mut buffer)
        .ok()?
        .len();
    buffer.truncate(clear_bytes);
    Some(Secret::new(std::mem::take(&mut *buffer)))
}

/// Joins parts so that no two lists of parts give the same bytes: each is
/// preceded by its length.
pub(crate) fn associated_data(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::with_capacity(parts.iter().map(|part| part.len() + 4).sum());
    for part in parts {
        let length = u32::try_from(part.len()).expect("names and ids are short");
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(part);
    }
    out
}

fn cipher(key: &[u8]) -> LessSafeKey {
    let key = UnboundKey::new(&AES_256_GCM_SIV, key).expect("every key of the vault has 32 bytes");
    LessSafeKey::new(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cannot_be_shifted_into_each_other() {
        assert_ne!(associated_data(&[b"ab", b"c"]), associated_data(&[b"a", b"bc"]));
        assert_ne!(associated_data(&[b"", b"a"]), associated_data(&[b"a", b""]));
    }

    /// RFC 8452, appendix C.2: the cipher is the one of the RFC.
    #[test]
    fn known_answer() {
        let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).expect("hex");
        let mut key = vec![0; KEY_BYTES];
        key[0] = 1;
        let mut sealed = hex("030000000000000000000000");
        sealed.extend(hex("c2ef328e5c71c83b843122130f7364b761e0b97427e3df28"));
        let clear = open(&key, b"", &sealed).expect("opens");
        assert_eq!(clear.expose(), hex("0100000000000000"));
    }
}
