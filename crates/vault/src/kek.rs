//! The key-encryption key and where it comes from.

use std::fmt;
use std::path::PathBuf;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hkdf;
use sekisho_model::rng::random_bytes;
use sekisho_model::{Rng, Secret};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::aead::KEY_BYTES;
use crate::error::VaultError;
use crate::kek_file;

/// The fewest characters a new passphrase may have.
pub const MIN_PASSPHRASE_CHARS: usize = 12;

const SALT_BYTES: usize = 16;

/// Where the key-encryption key is got from at start.
#[derive(Clone, Debug)]
pub enum KekSource {
    /// A key file made by [`create_kek_file`](crate::create_kek_file).
    File(PathBuf),
    /// A passphrase, byte for byte: the caller strips a line's end.
    Passphrase(Secret),
}

/// What the store keeps beside the data keys so that the key-encryption key
/// can be found again and told from a wrong one. Not secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KekRecord {
    /// What kind of key the vault has.
    pub key: KekKind,
    /// Derived from the key one-way: equal for the right key only.
    #[serde(with = "hex_bytes")]
    check: [u8; KEY_BYTES],
}

impl fmt::Debug for KekRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KekRecord").field("key", &self.key).finish_non_exhaustive()
    }
}

/// The kind of a vault's key-encryption key, with what its derivation needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KekKind {
    /// 32 random bytes in a file.
    File,
    /// Derived from a passphrase.
    Passphrase(KdfParams),
}

impl KekKind {
    fn words(&self) -> &'static str {
        match self {
            Self::File => "key file",
            Self::Passphrase(_) => "passphrase",
        }
    }
}

/// The key derivations that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KdfAlgorithm {
    /// Argon2id, version 1.3 (RFC 9106).
    Argon2id,
}

/// How a passphrase becomes a key. Not secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KdfParams {
    /// The function.
    pub algorithm: KdfAlgorithm,
    /// Memory in KiB.
    pub m_cost_kib: u32,
    /// Passes over the memory.
    pub t_cost: u32,
    /// Lanes.
    pub p_cost: u32,
    /// Random, one for each vault.
    #[serde(with = "hex_bytes")]
    pub salt: [u8; SALT_BYTES],
}

impl KdfParams {
    /// The recommended costs (RFC 9106 §4, the memory-constrained choice, with
    /// one lane) and a new salt.
    pub fn new(rng: &dyn Rng) -> Self {
        Self {
            algorithm: KdfAlgorithm::Argon2id,
            m_cost_kib: 64 * 1024,
            t_cost: 3,
            p_cost: 1,
            salt: random_bytes(rng),
        }
    }

    /// Stored parameters are data from the database: neither so weak that the
    /// passphrase could be guessed nor so large that the server falls over.
    fn check(&self) -> Result<(), VaultError> {
        let refuse =
            |parameter, found, expected| Err(VaultError::KdfParams { parameter, found, expected });
        if !(19_456..=1_048_576).contains(&self.m_cost_kib) {
            return refuse("memory cost", self.m_cost_kib, "19456 to 1048576 KiB");
        }
        if !(2..=16).contains(&self.t_cost) {
            return refuse("time cost", self.t_cost, "2 to 16");
        }
        if !(1..=8).contains(&self.p_cost) {
            return refuse("parallelism", self.p_cost, "1 to 8");
        }
        Ok(())
    }

    fn derive(&self, passphrase: &Secret) -> Result<Secret, VaultError> {
        self.check()?;
        let KdfAlgorithm::Argon2id = self.algorithm;
        let failed = |_| VaultError::OutOfMemory { needed_kib: self.m_cost_kib };
        let params = Params::new(self.m_cost_kib, self.t_cost, self.p_cost, Some(KEY_BYTES))
            .map_err(failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        // The library would free its blocks as they are; ours are wiped.
        let mut blocks = Blocks::new(argon2.params().block_count())
            .ok_or(VaultError::OutOfMemory { needed_kib: self.m_cost_kib })?;
        let mut key = Zeroizing::new(vec![0; KEY_BYTES]);
        argon2
            .hash_password_into_with_memory(
                passphrase.expose(),
                &self.salt,
                &mut key,
                blocks.0.as_mut_slice(),
            )
            .map_err(failed)?;
        Ok(Secret::new(std::mem::take(&mut *key)))
    }
}

/// The key-encryption key in memory. It wraps data keys and seals nothing else.
pub struct Kek {
    wrapping: Secret,
    check: [u8; KEY_BYTES],
}

impl Kek {
    /// Takes a key into use for a new vault, or for one that gets a new key.
    pub fn create(source: &KekSource, rng: &dyn Rng) -> Result<(Self, KekRecord), VaultError> {
        let (key, kind) = match source {
            KekSource::File(path) => (kek_file::read(path)?, KekKind::File),
            KekSource::Passphrase(passphrase) => {
                let found = passphrase.expose_str().map_or(passphrase.len(), |t| t.chars().count());
                if found < MIN_PASSPHRASE_CHARS {
                    return Err(VaultError::WeakPassphrase {
                        found,
                        expected: MIN_PASSPHRASE_CHARS,
                    });
                }
                let params = KdfParams::new(rng);
                (params.derive(passphrase)?, KekKind::Passphrase(params))
            }
        };
        let kek = Self::from_key(&key);
        let record = KekRecord { key: kind, check: kek.check };
        Ok((kek, record))
    }

    /// Gets the key of an existing vault; [`VaultError::WrongKey`] if the
    /// source gives another one.
    pub fn unlock(source: &KekSource, record: &KekRecord) -> Result<Self, VaultError> {
        let key = match (source, &record.key) {
            (KekSource::File(path), KekKind::File) => kek_file::read(path)?,
            (KekSource::Passphrase(passphrase), KekKind::Passphrase(params)) => {
                params.derive(passphrase)?
            }
            (KekSource::File(_), KekKind::Passphrase(_))
            | (KekSource::Passphrase(_), KekKind::File) => {
                return Err(VaultError::WrongSource {
                    expected: record.key.words(),
                    found: source.words(),
                });
            }
        };
        let kek = Self::from_key(&key);
        verify_slices_are_equal(&kek.check, &record.check).map_err(|_| VaultError::WrongKey)?;
        Ok(kek)
    }

    pub(crate) fn wrapping_key(&self) -> &Secret {
        &self.wrapping
    }

    /// One key for each purpose, so that the check tells nothing about the
    /// key that wraps.
    fn from_key(key: &Secret) -> Self {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"sekisho vault kek").extract(key.expose());
        let derive = |label: &[u8], out: &mut [u8]| {
            root.expand(&[label], hkdf::HKDF_SHA256)
                .and_then(|okm| okm.fill(out))
                .expect("HKDF gives 32 bytes");
        };
        let mut wrapping = vec![0; KEY_BYTES];
        derive(b"wrap data keys", &mut wrapping);
        let mut check = [0; KEY_BYTES];
        derive(b"key check", &mut check);
        Self { wrapping: Secret::new(wrapping), check }
    }
}

impl KekSource {
    fn words(&self) -> &'static str {
        match self {
            Self::File(_) => "key file",
            Self::Passphrase(_) => "passphrase",
        }
    }
}

impl fmt::Debug for Kek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kek(…)")
    }
}

/// Argon2's memory, wiped when dropped.
struct Blocks(Vec<Block>);

impl Blocks {
    fn new(count: usize) -> Option<Self> {
        let mut blocks = Vec::new();
        blocks.try_reserve_exact(count).ok()?;
        blocks.resize(count, Block::new());
        Some(Self(blocks))
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Byte arrays as lower-case hexadecimal text.
mod hex_bytes {
    use data_encoding::HEXLOWER;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&HEXLOWER.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        from: D,
    ) -> Result<[u8; N], D::Error> {
        let text = String::deserialize(from)?;
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(D::Error::custom)?;
        bytes.try_into().map_err(|_| D::Error::custom(format!("expected {N} bytes in hexadecimal")))
    }
}

#[cfg(test)]
mod tests {
    use sekisho_model::rng::SeededRng;

    use super::*;

    fn passphrase(text: &str) -> KekSource {
        KekSource::Passphrase(Secret::from(text))
    }

    #[test]
    fn the_passphrase_unlocks_and_another_one_does_not() {
        let (kek, record) =
            Kek::create(&passphrase("correct horse battery"), &SeededRng::new(1)).unwrap();
        let stored = serde_json::to_string(&record).unwrap();
        let record: KekRecord = serde_json::from_str(&stored).unwrap();
        let again = Kek::unlock(&passphrase("correct horse battery"), &record).unwrap();
        assert_eq!(again.wrapping, kek.wrapping);
        assert_eq!(
            Kek::unlock(&passphrase("correct horse Battery"), &record).unwrap_err(),
            VaultError::WrongKey
        );
    }

    #[test]
    fn another_key_file_is_the_wrong_key() {
        let folder = tempfile::tempdir().unwrap();
        let (right, wrong) = (folder.path().join("right"), folder.path().join("wrong"));
        kek_file::create_kek_file(&right, &SeededRng::new(1)).unwrap();
        kek_file::create_kek_file(&wrong, &SeededRng::new(2)).unwrap();
        let (_, record) = Kek::create(&KekSource::File(right.clone()), &SeededRng::new(3)).unwrap();
        assert!(Kek::unlock(&KekSource::File(right), &record).is_ok());
        assert_eq!(
            Kek::unlock(&KekSource::File(wrong), &record).unwrap_err(),
            VaultError::WrongKey
        );
    }

    #[test]
    fn the_wrong_kind_of_source_is_named() {
        let (_, record) =
            Kek::create(&passphrase("correct horse battery"), &SeededRng::new(1)).unwrap();
        let error = Kek::unlock(&KekSource::File("/nowhere".into()), &record).unwrap_err();
        assert_eq!(
            error.to_string(),
            "this vault is locked with a passphrase, but the configuration gives a key file"
        );
    }

    #[test]
    fn a_short_passphrase_is_refused_when_chosen() {
        assert_eq!(
            Kek::create(&passphrase("short"), &SeededRng::new(1)).unwrap_err(),
            VaultError::WeakPassphrase { found: 5, expected: 12 }
        );
    }

    #[test]
    fn stored_costs_that_are_weak_or_ruinous_are_refused_before_any_work() {
        let good = KdfParams::new(&SeededRng::new(1));
        for bad in [
            KdfParams { m_cost_kib: 8, ..good.clone() },
            KdfParams { m_cost_kib: u32::MAX, ..good.clone() },
            KdfParams { t_cost: 0, ..good.clone() },
            KdfParams { t_cost: u32::MAX, ..good.clone() },
            KdfParams { p_cost: 0, ..good.clone() },
            KdfParams { p_cost: 1000, ..good.clone() },
        ] {
            let error = bad.derive(&Secret::from("correct horse battery")).unwrap_err();
            assert!(matches!(error, VaultError::KdfParams { .. }), "{error}");
        }
    }

    #[test]
    fn nothing_secret_is_printed() {
        let source = passphrase("correct horse battery");
        let (kek, record) = Kek::create(&source, &SeededRng::new(1)).unwrap();
        let printed = format!("{kek:?} {source:?} {record:?}");
        assert!(!printed.contains("horse"), "{printed}");
        assert!(printed.starts_with("Kek(…) Passphrase(Secret(…)) KekRecord"), "{printed}");
    }
}
