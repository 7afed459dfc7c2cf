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

use crate::aead::{self, KEY_BYTES};
use crate::error::VaultError;
use crate::kek_file;
use crate::locked::LockedKey;
use crate::pkcs11::{HsmKey, IV_BYTES, IfMissing};

/// The fewest characters a new passphrase may have.
pub const MIN_PASSPHRASE_CHARS: usize = 12;

const SALT_BYTES: usize = 16;

/// Where the key-encryption key is got from at start.
#[derive(Clone, Debug)]
pub enum KekSource {
    /// A key file made by [`create_kek_file`](crate::create_kek_file).
    File(PathBuf),
    /// A systemd credential that holds the same line as a key file.
    Credential(PathBuf),
    /// A passphrase, byte for byte: the caller strips a line's end.
    Passphrase(Secret),
    /// A key in a security module.
    Hsm(HsmKey),
}

/// What the store keeps beside the data keys so that the key-encryption key
/// can be found again and told from a wrong one. Not secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KekRecord {
    /// What kind of key the vault has.
    pub key: KekKind,
    /// Derived from the key one-way: equal for the right key only. A key in a
    /// security module has none: the data keys tell whether it is the right
    /// one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    check: Option<Check>,
}

/// What a key derives beside the key that wraps.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Check(#[serde(with = "hex_bytes")] [u8; KEY_BYTES]);

impl fmt::Debug for KekRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KekRecord").field("key", &self.key).finish_non_exhaustive()
    }
}

/// The kind of a vault's key-encryption key, with what its derivation needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KekKind {
    /// 32 random bytes in a file or a systemd credential.
    File,
    /// Derived from a passphrase.
    Passphrase(KdfParams),
    /// In a security module.
    Hsm,
}

impl KekKind {
    /// One word, for lists.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Passphrase(_) => "passphrase",
            Self::Hsm => "pkcs11",
        }
    }

    fn words(&self) -> &'static str {
        match self {
            Self::File => "key file",
            Self::Passphrase(_) => "passphrase",
            Self::Hsm => "key in a security module",
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

/// The key-encryption key. It wraps data keys and seals nothing else.
pub struct Kek(Wrapping);

enum Wrapping {
    /// In this process.
    Here(LockedKey),
    /// In a security module; here is only the way to it.
    Hsm(HsmKey),
}

impl Kek {
    /// Takes a key into use for a new vault, or for one that gets a new key. A
    /// security module makes the key if it has none with the label.
    pub fn create(source: &KekSource, rng: &dyn Rng) -> Result<(Self, KekRecord), VaultError> {
        let (key, kind) = match source {
            KekSource::File(path) => (kek_file::read(path)?, KekKind::File),
            KekSource::Credential(path) => (kek_file::read_credential(path)?, KekKind::File),
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
            KekSource::Hsm(key) => {
                key.prepare(IfMissing::Make)?;
                let record = KekRecord { key: KekKind::Hsm, check: None };
                return Ok((Self(Wrapping::Hsm(key.clone())), record));
            }
        };
        let (kek, check) = Self::from_key(&key);
        Ok((kek, KekRecord { key: kind, check: Some(check) }))
    }

    /// Gets the key of an existing vault; [`VaultError::WrongKey`] if the
    /// source gives another one. Whether a key in a security module is the
    /// right one shows when the data keys are opened.
    pub fn unlock(source: &KekSource, record: &KekRecord) -> Result<Self, VaultError> {
        let key = match (source, &record.key) {
            (KekSource::File(path), KekKind::File) => kek_file::read(path)?,
            (KekSource::Credential(path), KekKind::File) => kek_file::read_credential(path)?,
            (KekSource::Passphrase(passphrase), KekKind::Passphrase(params)) => {
                params.derive(passphrase)?
            }
            (KekSource::Hsm(key), KekKind::Hsm) => {
                key.prepare(IfMissing::Refuse)?;
                return Ok(Self(Wrapping::Hsm(key.clone())));
            }
            (
                KekSource::File(_)
                | KekSource::Credential(_)
                | KekSource::Passphrase(_)
                | KekSource::Hsm(_),
                KekKind::File | KekKind::Passphrase(_) | KekKind::Hsm,
            ) => {
                return Err(VaultError::WrongSource {
                    expected: record.key.words(),
                    found: source.words(),
                });
            }
        };
        let (kek, check) = Self::from_key(&key);
        let known = record.check.as_ref().ok_or(VaultError::WrongKey)?;
        verify_slices_are_equal(&check.0, &known.0).map_err(|_| VaultError::WrongKey)?;
        Ok(kek)
    }

    /// Seals a data key: what the ring puts behind its header.
    pub(crate) fn wrap(
        &self,
        associated: &[u8],
        clear: &[u8],
        rng: &dyn Rng,
    ) -> Result<Vec<u8>, VaultError> {
        match &self.0 {
            Wrapping::Here(key) => Ok(aead::seal(key.expose(), &[], associated, clear, rng)),
            Wrapping::Hsm(key) => {
                let iv: [u8; IV_BYTES] = random_bytes(rng);
                let mut out = iv.to_vec();
                out.extend(key.encrypt(iv, associated, clear)?);
                Ok(out)
            }
        }
    }

    /// Opens data keys, given with their associated data; `None` for each that
    /// does not open.
    pub(crate) fn unwrap_all(
        &self,
        wrapped: &[(Vec<u8>, &[u8])],
    ) -> Result<Vec<Option<Secret>>, VaultError> {
        let key = match &self.0 {
            Wrapping::Here(key) => {
                let open = |(associated, body): &(Vec<u8>, &[u8])| {
                    aead::open(key.expose(), associated, body)
                };
                return Ok(wrapped.iter().map(open).collect());
            }
            Wrapping::Hsm(key) => key,
        };
        // What is too short is not worth a question.
        let parts: Vec<_> = wrapped
            .iter()
            .map(|(associated, bytes)| {
                let (iv, body) = bytes.split_first_chunk::<IV_BYTES>()?;
                Some((*iv, associated.clone(), body))
            })
            .collect();
        let whole: Vec<_> = parts.iter().flatten().cloned().collect();
        let mut opened = key.decrypt_all(&whole)?.into_iter();
        Ok(parts.iter().map(|part| part.as_ref().and_then(|_| opened.next().flatten())).collect())
    }

    /// One key for each purpose, so that the check tells nothing about the
    /// key that wraps.
    fn from_key(key: &Secret) -> (Self, Check) {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"sekisho vault kek").extract(key.expose());
        let derive = |label: &[u8], out: &mut [u8]| {
            root.expand(&[label], hkdf::HKDF_SHA256)
                .and_then(|okm| okm.fill(out))
                .expect("HKDF gives 32 bytes");
        };
        let mut wrapping = Zeroizing::new(vec![0; KEY_BYTES]);
        derive(b"wrap data keys", &mut wrapping);
        let wrapping = Secret::new(std::mem::take(&mut *wrapping));
        let wrapping = LockedKey::new(&wrapping).expect("it has the length of a key");
        let mut check = [0; KEY_BYTES];
        derive(b"key check", &mut check);
        (Self(Wrapping::Here(wrapping)), Check(check))
    }
}

impl KekSource {
    fn words(&self) -> &'static str {
        match self {
            Self::File(_) => "key file",
            Self::Credential(_) => "credential",
            Self::Passphrase(_) => "passphrase",
            Self::Hsm(_) => "key in a security module",
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
        let wrapped = kek.wrap(b"ad", b"a data key", &SeededRng::new(2)).unwrap();
        let opened = again.unwrap_all(&[(b"ad".to_vec(), &wrapped)]).unwrap();
        assert_eq!(opened, [Some(Secret::from("a data key"))]);
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
