//! The data keys in memory.

use std::collections::BTreeMap;
use std::fmt;

use sekisho_model::{Rng, Secret};
use serde::{Deserialize, Serialize};

use crate::aead::{self, KEY_BYTES};
use crate::error::VaultError;
use crate::kek::Kek;
use crate::kek_file::random_key;
use crate::locked::LockedKey;
use crate::sealed::{Place, Sealed};

/// The format of a wrapped key: format byte, version (4 bytes, big endian),
/// nonce, ciphertext, tag.
const FORMAT: u8 = 1;

const HEADER_BYTES: usize = 5;

/// What a random key cannot fail.
const MADE: &str = "a key that was made has the length of a key";

/// The format of exported keys: format byte, then for each key its version
/// (4 bytes, big endian) and its 32 bytes.
const EXPORT_FORMAT: u8 = 1;

const VERSION_BYTES: usize = 4;

const EXPORTED_BYTES: usize = VERSION_BYTES + KEY_BYTES;

/// A data key as the store keeps it: sealed with the key-encryption key.
/// A wrapped key is never deleted while a value names its version.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKey {
    /// Counts from 1; the highest one is in use.
    pub version: u32,
    /// The sealed key.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrappedKey(version {}, {} bytes)", self.version, self.bytes.len())
    }
}

/// The open data keys. Sealing uses the newest, opening the one a value
/// names. Every key is wiped when the ring is dropped.
pub struct KeyRing {
    /// Never empty.
    keys: BTreeMap<u32, LockedKey>,
}

impl KeyRing {
    /// A ring with its first key. Seal nothing before the wrapped key is
    /// durable in the store.
    pub fn create(kek: &Kek, rng: &dyn Rng) -> Result<(Self, WrappedKey), VaultError> {
        let key = LockedKey::new(&random_key(rng)).expect(MADE);
        let wrapped = wrap(kek, 1, &key, rng)?;
        Ok((Self { keys: BTreeMap::from([(1, key)]) }, wrapped))
    }

    /// Opens all keys of the store. If none opens, the key-encryption key is
    /// wrong; if only some do, the others are damaged, which is an error too:
    /// a vault that cannot open its values must not go on.
    pub fn unlock(kek: &Kek, wrapped: &[WrappedKey]) -> Result<Self, VaultError> {
        let mut keys = BTreeMap::new();
        let mut damaged = None;
        for (item, key) in wrapped.iter().zip(unwrap(kek, wrapped)?) {
            match key {
                Some(key) => {
                    if keys.insert(item.version, key).is_some() {
                        return Err(VaultError::DuplicateKeyVersion { version: item.version });
                    }
                }
                None => damaged = damaged.or(Some(item.version)),
            }
        }
        match (damaged, keys.is_empty()) {
            (None, false) => Ok(Self { keys }),
            (None, true) => Err(VaultError::NoDataKey),
            (Some(_), true) => Err(VaultError::WrongKey),
            (Some(version), false) => Err(VaultError::TamperedKey { version }),
        }
    }

    /// Seals a secret for its place.
    pub fn seal(
        &self,
        place: Place<'_>,
        value: &Secret,
        rng: &dyn Rng,
    ) -> Result<Sealed, VaultError> {
        self.seal_bytes(place, value.expose(), rng)
    }

    /// Seals bytes that the caller wipes, if that is needed.
    pub fn seal_bytes(
        &self,
        place: Place<'_>,
        value: &[u8],
        rng: &dyn Rng,
    ) -> Result<Sealed, VaultError> {
        let (version, key) = self.active();
        Sealed::seal(key, version, place, value, rng)
    }

    /// Opens a value that was sealed for this place.
    pub fn open(&self, place: Place<'_>, sealed: &Sealed) -> Result<Secret, VaultError> {
        sealed.open(|version| self.keys.get(&version).map(LockedKey::expose), place)
    }

    /// The version that seals.
    pub fn active_version(&self) -> u32 {
        self.active().0
    }

    /// All versions that open, oldest first.
    pub fn versions(&self) -> impl Iterator<Item = u32> + '_ {
        self.keys.keys().copied()
    }

    /// Prepares the next key. It comes into use with [`KeyRing::commit`], once
    /// its wrapped form is durable in the store: a value sealed with a key
    /// that a crash takes away would be lost.
    pub fn rotate(&self, kek: &Kek, rng: &dyn Rng) -> Result<Rotation, VaultError> {
        let version = self.active_version().checked_add(1).ok_or(VaultError::NoVersionLeft)?;
        let key = LockedKey::new(&random_key(rng)).expect(MADE);
        let wrapped = wrap(kek, version, &key, rng)?;
        Ok(Rotation { wrapped, key })
    }

    /// Takes a prepared key into use; older keys still open.
    pub fn commit(&mut self, rotation: Rotation) -> Result<(), VaultError> {
        let version = rotation.wrapped.version;
        if version <= self.active_version() {
            return Err(VaultError::StaleRotation { version });
        }
        self.keys.insert(version, rotation.key);
        Ok(())
    }

    /// All keys sealed with another key-encryption key, to replace those of
    /// the store in one transaction with the new [`KekRecord`](crate::KekRecord).
    pub fn wrap_all(&self, kek: &Kek, rng: &dyn Rng) -> Result<Vec<WrappedKey>, VaultError> {
        self.keys.iter().map(|(version, key)| wrap(kek, *version, key, rng)).collect()
    }

    /// All keys in clear, for a backup. Whoever calls this seals the result,
    /// to the site's recovery key, before it leaves the memory.
    pub fn export(&self) -> Secret {
        let mut bytes = Vec::with_capacity(1 + self.keys.len() * EXPORTED_BYTES);
        bytes.push(EXPORT_FORMAT);
        for (version, key) in &self.keys {
            bytes.extend_from_slice(&version.to_be_bytes());
            bytes.extend_from_slice(key.expose());
        }
        Secret::new(bytes)
    }

    /// The ring of an [`export`](Self::export). To restore it, wrap it under
    /// the new site's key-encryption key with [`wrap_all`](Self::wrap_all) and
    /// store the result beside the values it opens.
    ///
    /// # Errors
    /// When the bytes are not a whole export of a version this one reads.
    pub fn import(exported: &Secret) -> Result<Self, VaultError> {
        let Some((format, body)) = exported.expose().split_first() else {
            return Err(VaultError::DamagedExport);
        };
        if *format != EXPORT_FORMAT {
            let what = "the exported data keys".to_owned();
            return Err(VaultError::UnknownFormat { what, found: *format });
        }
        let (items, rest) = body.as_chunks::<EXPORTED_BYTES>();
        if items.is_empty() || !rest.is_empty() {
            return Err(VaultError::DamagedExport);
        }
        let mut keys = BTreeMap::new();
        for item in items {
            let (version, key) = item.split_at(VERSION_BYTES);
            let version = version.try_into().map(u32::from_be_bytes);
            let version = version.map_err(|_| VaultError::DamagedExport)?;
            let key = Secret::new(key.to_vec());
            let key = LockedKey::new(&key).ok_or(VaultError::DamagedExport)?;
            if keys.insert(version, key).is_some() {
                return Err(VaultError::DuplicateKeyVersion { version });
            }
        }
        Ok(Self { keys })
    }

    fn active(&self) -> (u32, &[u8]) {
        let (version, key) = self.keys.last_key_value().expect("a ring is never empty");
        (*version, key.expose())
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").field("versions", &self.keys.keys()).finish_non_exhaustive()
    }
}

/// A prepared data key: store [`Rotation::wrapped`], then
/// [`KeyRing::commit`].
#[must_use = "a rotation takes effect when it is stored and committed"]
pub struct Rotation {
    wrapped: WrappedKey,
    key: LockedKey,
}

impl Rotation {
    /// What the store must hold before the rotation is committed.
    pub fn wrapped(&self) -> &WrappedKey {
        &self.wrapped
    }
}

impl fmt::Debug for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rotation").field(&self.wrapped).finish()
    }
}

fn wrap(kek: &Kek, version: u32, key: &LockedKey, rng: &dyn Rng) -> Result<WrappedKey, VaultError> {
    let mut bytes = vec![FORMAT; HEADER_BYTES];
    bytes[1..].copy_from_slice(&version.to_be_bytes());
    bytes.extend(kek.wrap(&associated_data(version), key.expose(), rng)?);
    Ok(WrappedKey { version, bytes })
}

/// The keys in the order given; `None` for one that the key-encryption key
/// does not open.
fn unwrap(kek: &Kek, wrapped: &[WrappedKey]) -> Result<Vec<Option<LockedKey>>, VaultError> {
    let mut bodies = Vec::with_capacity(wrapped.len());
    for item in wrapped {
        let body = match item.bytes.split_first_chunk::<HEADER_BYTES>() {
            Some(([format, ..], _)) if *format != FORMAT => {
                let what = format!("data key {}", item.version);
                return Err(VaultError::UnknownFormat { what, found: *format });
            }
            Some(([_, version @ ..], body)) if u32::from_be_bytes(*version) == item.version => body,
            // Another key's bytes, or none: nothing opens them.
            Some(_) | None => &[],
        };
        bodies.push((associated_data(item.version), body));
    }
    let clear = kek.unwrap_all(&bodies)?;
    Ok(clear.into_iter().map(|key| key.as_ref().and_then(LockedKey::new)).collect())
}

fn associated_data(version: u32) -> Vec<u8> {
    aead::associated_data(&[b"sekisho vault data key", &[FORMAT], &version.to_be_bytes()])
}
