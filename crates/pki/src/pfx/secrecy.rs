//! What protects a PKCS#12 file: keys that are made of its password, the check
//! value over the file, and the ciphers. Whatever takes time is paid for out of
//! [`Work`] before it is begun.

use std::num::NonZeroU32;

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm as Aes, DecryptionContext, PaddedBlockDecryptingKey,
    UnboundCipherKey,
};
use aws_lc_rs::digest::{
    Algorithm as Digest, Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512,
};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::pbkdf2;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt as _, KeyIvInit as _};
use sekisho_model::Secret;
use x509_parser::asn1_rs::Tag;
use zeroize::Zeroizing;

use super::PfxProblem;
use super::ber::Elements;

/// So many rounds of a hash are made for one file, all its parts together.
/// OpenSSL writes 2,048 for each part, Java 10,000, the most careful programs
/// 600,000; this many take a few seconds.
pub(super) const MAX_ROUNDS: u64 = 3_000_000;

/// The password of a file, in the two ways in which it is used.
pub(super) struct Password {
    /// UTF-8, for PBES2 (as OpenSSL, Windows and Java do).
    text: Secret,
    /// UTF-16 with a zero behind it, for the older schemes (RFC 7292 §B.1).
    wide: Zeroizing<Vec<u8>>,
}

impl Password {
    /// A password as somebody typed it; `None` when it is no UTF-8.
    pub(super) fn new(typed: &Secret) -> Option<Self> {
        let mut wide = Zeroizing::new(Vec::with_capacity(typed.len() * 2 + 2));
        wide.extend(typed.expose_str()?.encode_utf16().flat_map(u16::to_be_bytes));
        wide.extend([0, 0]);
        Some(Self { text: typed.clone(), wide })
    }

    /// No password at all, which some programs take for an empty one.
    pub(super) fn none() -> Self {
        Self { text: Secret::new(Vec::new()), wide: Zeroizing::new(Vec::new()) }
    }
}

/// How many rounds may still be made.
#[derive(Debug)]
pub(super) struct Work(u64);

impl Work {
    pub(super) const fn new() -> Self {
        Self(MAX_ROUNDS)
    }

    /// Pays for `blocks` results of `rounds` each.
    fn pay(&mut self, rounds: u32, blocks: usize) -> Result<NonZeroU32, PfxProblem> {
        let rounds = NonZeroU32::new(rounds).ok_or(PfxProblem::Unreadable)?;
        let price = u64::from(rounds.get()).saturating_mul(blocks as u64);
        self.0 = self.0.checked_sub(price).ok_or(PfxProblem::TooMuchWork)?;
        Ok(rounds)
    }
}

const SHA1_OID: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1a];
const SHA2_OIDS: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
const AES_OIDS: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01];
const HMAC_OIDS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02];
const CIPHER_OIDS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x03];
const PKCS5_OIDS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05];
const PKCS12_PBE_OIDS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01];

/// The last number of an identifier that begins with `family`.
fn member(oid: &[u8], family: &[u8]) -> Option<u8> {
    match oid.strip_prefix(family) {
        Some([last]) => Some(*last),
        Some(_) | None => None,
    }
}

/// Which digest, and the HMAC of it, the check value is made with.
fn mac_digest(oid: &[u8]) -> Result<(&'static Digest, hmac::Algorithm), PfxProblem> {
    if oid == SHA1_OID {
        return Ok((&SHA1_FOR_LEGACY_USE_ONLY, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY));
    }
    match member(oid, SHA2_OIDS) {
        Some(1) => Ok((&SHA256, hmac::HMAC_SHA256)),
        Some(2) => Ok((&SHA384, hmac::HMAC_SHA384)),
        Some(3) => Ok((&SHA512, hmac::HMAC_SHA512)),
        Some(_) | None if member(oid, PKCS5_OIDS) == Some(14) => {
            Err(PfxProblem::Unsupported("the check value PBMAC1"))
        }
        Some(_) | None => Err(PfxProblem::Unsupported("its check value")),
    }
}

/// The check value over a file (RFC 7292 §4): whether it is made with this
/// password.
pub(super) struct Mac<'a> {
    digest: &'static Digest,
    hmac: hmac::Algorithm,
    value: std::borrow::Cow<'a, [u8]>,
    salt: std::borrow::Cow<'a, [u8]>,
    rounds: u32,
}

impl<'a> Mac<'a> {
    /// Reads `MacData`.
    pub(super) fn read(mut data: Elements<'a>) -> Result<Self, PfxProblem> {
        let mut info = data.sequence()?;
        let oid = info.sequence()?.oid()?;
        let value = info.octets()?;
        let salt = data.octets()?;
        let rounds = if data.is_empty() { 1 } else { data.number()? };
        let (digest, hmac) = mac_digest(oid)?;
        Ok(Self { digest, hmac, value, salt, rounds })
    }

    /// Whether it is one over `content`.
    pub(super) fn is_of(
        &self,
        content: &[u8],
        password: &Password,
        work: &mut Work,
    ) -> Result<bool, PfxProblem> {
        const MAC_KEY: u8 = 3;
        let mut key = Zeroizing::new(vec![0; self.digest.output_len()]);
        let source =
            Source { digest: self.digest, password, salt: &self.salt, rounds: self.rounds };
        source.derive(MAC_KEY, &mut key, work)?;
        let key = hmac::Key::new(self.hmac, &key);
        Ok(hmac::verify(&key, content, &self.value).is_ok())
    }
}

/// What a key is made of in the older schemes (RFC 7292 §B.2).
struct Source<'a> {
    digest: &'static Digest,
    password: &'a Password,
    salt: &'a [u8],
    rounds: u32,
}

impl Source<'_> {
    /// Fills `out`; `purpose` is 1 for a key, 2 for a start value, 3 for a check
    /// value.
    fn derive(&self, purpose: u8, out: &mut [u8], work: &mut Work) -> Result<(), PfxProblem> {
        let (block, size) = (self.digest.block_len(), self.digest.output_len());
        let rounds = work.pay(self.rounds, out.len().div_ceil(size))?;
        let fill = |bytes: &[u8]| -> Vec<u8> {
            bytes.iter().copied().cycle().take(bytes.len().div_ceil(block) * block).collect()
        };
        let mut input = Zeroizing::new(fill(self.salt));
        input.extend(Zeroizing::new(fill(&self.password.wide)).iter());
        let first = vec![purpose; block];
        for part in out.chunks_mut(size) {
            let mut context = Context::new(self.digest);
            context.update(&first);
            context.update(&input);
            let mut made = context.finish();
            for _ in 1..rounds.get() {
                made = aws_lc_rs::digest::digest(self.digest, made.as_ref());
            }
            part.copy_from_slice(&made.as_ref()[..part.len()]);
            // Each block of the input becomes itself + what was made + 1.
            for block in input.chunks_mut(block) {
                let mut carry = 1_u16;
                for (place, byte) in block.iter_mut().enumerate().rev() {
                    carry += u16::from(*byte) + u16::from(made.as_ref()[place % size]);
                    *byte = carry.to_be_bytes()[1];
                    carry >>= 8;
                }
            }
        }
        Ok(())
    }
}

/// Opens what an `AlgorithmIdentifier` says how to open. A wrong password is not
/// always found out here: what comes out may be garbage.
pub(super) fn decrypt(
    mut algorithm: Elements<'_>,
    sealed: &[u8],
    password: &Password,
    work: &mut Work,
) -> Result<Zeroizing<Vec<u8>>, PfxProblem> {
    let oid = algorithm.oid()?;
    if member(oid, PKCS5_OIDS) == Some(13) {
        return pbes2(algorithm.sequence()?, sealed, password, work);
    }
    let Some(scheme) = member(oid, PKCS12_PBE_OIDS) else {
        return Err(PfxProblem::Unsupported("its encryption"));
    };
    let (cipher, key_bytes) = match scheme {
        3 => (Cipher::TripleDes, 24),
        5 => (Cipher::Rc2, 16),
        6 => (Cipher::Rc2, 5),
        1 | 2 => return Err(PfxProblem::Unsupported("the cipher RC4")),
        4 => return Err(PfxProblem::Unsupported("the cipher 3DES with two keys")),
        _ => return Err(PfxProblem::Unsupported("its encryption")),
    };
    let mut parameters = algorithm.sequence()?;
    let salt = parameters.octets()?;
    let rounds = parameters.number()?;
    let source = Source { digest: &SHA1_FOR_LEGACY_USE_ONLY, password, salt: &salt, rounds };
    let (mut key, mut start) = (Zeroizing::new(vec![0; key_bytes]), [0; 8]);
    source.derive(1, &mut key, work)?;
    source.derive(2, &mut start, work)?;
    cipher.open(&key, &start, sealed)
}

/// PBES2 (RFC 8018 §6.2) with PBKDF2.
fn pbes2(
    mut parameters: Elements<'_>,
    sealed: &[u8],
    password: &Password,
    work: &mut Work,
) -> Result<Zeroizing<Vec<u8>>, PfxProblem> {
    let mut kdf = parameters.sequence()?;
    if member(kdf.oid()?, PKCS5_OIDS) != Some(12) {
        return Err(PfxProblem::Unsupported("a key that is not made with PBKDF2"));
    }
    let mut kdf = kdf.sequence()?;
    let salt = kdf.octets()?;
    let rounds = kdf.number()?;
    if kdf.next_is(Tag::Integer) {
        // The length of the key, which the cipher says, too.
        kdf.skip()?;
    }
    let hash = match kdf.is_empty() {
        true => 7,
        false => member(kdf.sequence()?.oid()?, HMAC_OIDS).unwrap_or_default(),
    };
    let prf = match hash {
        7 => pbkdf2::PBKDF2_HMAC_SHA1,
        9 => pbkdf2::PBKDF2_HMAC_SHA256,
        10 => pbkdf2::PBKDF2_HMAC_SHA384,
        11 => pbkdf2::PBKDF2_HMAC_SHA512,
        _ => return Err(PfxProblem::Unsupported("the hash of its PBKDF2")),
    };
    let mut encryption = parameters.sequence()?;
    let oid = encryption.oid()?;
    let (cipher, key_bytes): (_, usize) = match (member(oid, AES_OIDS), member(oid, CIPHER_OIDS)) {
        (Some(2), _) => (Cipher::Aes(&AES_128), 16),
        (Some(22), _) => (Cipher::Aes(&AES_192), 24),
        (Some(42), _) => (Cipher::Aes(&AES_256), 32),
        (_, Some(7)) => (Cipher::TripleDes, 24),
        _ => return Err(PfxProblem::Unsupported("its cipher")),
    };
    let start = encryption.octets()?;
    // SHA-1 gives 20 bytes at a time; the others give enough at once.
    let rounds = work.pay(rounds, if hash == 7 { key_bytes.div_ceil(20) } else { 1 })?;
    let mut key = Zeroizing::new(vec![0; key_bytes]);
    pbkdf2::derive(prf, rounds, &salt, password.text.expose(), &mut key);
    cipher.open(&key, &start, sealed)
}

/// The ciphers, all in CBC mode with the padding of PKCS #7.
enum Cipher {
    Aes(&'static Aes),
    TripleDes,
    Rc2,
}

impl Cipher {
    fn open(
        &self,
        key: &[u8],
        start: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, PfxProblem> {
        match self {
            Self::Aes(cipher) => {
                let start = FixedLength::try_from(start).map_err(|_| PfxProblem::Unreadable)?;
                let block = cipher.block_len();
                if sealed.is_empty() || !sealed.len().is_multiple_of(block) {
                    return Err(PfxProblem::Unreadable);
                }
                let mut clear = Zeroizing::new(sealed.to_vec());
                let length = UnboundCipherKey::new(cipher, key)
                    .and_then(PaddedBlockDecryptingKey::cbc_pkcs7)
                    .and_then(|key| {
                        key.decrypt(&mut clear, DecryptionContext::Iv128(start))
                            .map(|clear| clear.len())
                    })
                    .map_err(|_| PfxProblem::WrongPassword)?;
                clear.truncate(length);
                Ok(clear)
            }
            Self::TripleDes => cbc::Decryptor::<des::TdesEde3>::new_from_slices(key, start)
                .map_err(|_| PfxProblem::Unreadable)?
                .decrypt_padded_vec::<Pkcs7>(sealed)
                .map(Zeroizing::new)
                .map_err(|_| PfxProblem::WrongPassword),
            Self::Rc2 => cbc::Decryptor::<rc2::Rc2>::new_from_slices(key, start)
                .map_err(|_| PfxProblem::Unreadable)?
                .decrypt_padded_vec::<Pkcs7>(sealed)
                .map(Zeroizing::new)
                .map_err(|_| PfxProblem::WrongPassword),
        }
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    /// Values of OpenSSL's `PKCS12_key_gen_utf8`, as the tests of the crate
    /// `pkcs12` have them.
    #[test]
    fn keys_are_derived_as_openssl_derives_them() {
        let password = Password::new(&Secret::from("ge@äheim")).expect("text");
        let salt = [1, 2, 3, 4, 5, 6, 7, 8];
        let source = Source { digest: &SHA256, password: &password, salt: &salt, rounds: 100 };
        for (purpose, expected) in [
            (1, "fae4d4957a3cc781e1180b9d4fb79c1e0c8579b746a3177e5b0768a3118bf863"),
            (2, "e5ff813bc6547de5155b14d2fada85b3201a977349db6e26ccc998d9e8f83d6c"),
            (3, "136355ed9434516682534f46d63956db5ff06b844702c2c1f3b46321e2524a4d"),
        ] {
            let mut out = [0; 32];
            source.derive(purpose, &mut out, &mut Work::new()).expect("affordable");
            assert_eq!(HEXLOWER.encode(&out), expected);
        }
    }

    #[test]
    fn what_is_spent_is_gone() {
        let mut work = Work::new();
        assert!(work.pay(2_000_000, 1).is_ok());
        assert_eq!(work.pay(500_001, 2), Err(PfxProblem::TooMuchWork));
        assert!(work.pay(500_000, 2).is_ok());
        assert_eq!(work.pay(1, 1), Err(PfxProblem::TooMuchWork));
        assert_eq!(Work::new().pay(0, 1), Err(PfxProblem::Unreadable));
    }
}
