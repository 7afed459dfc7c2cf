//! A sealed value and the place it belongs to.

use std::fmt;

use data_encoding::HEXLOWER;
use sekisho_model::{Rng, Secret};

use crate::aead;
use crate::error::VaultError;

/// The longest value that is sealed, in bytes.
pub const MAX_VALUE_BYTES: usize = 1024 * 1024;

/// The format this version writes: format byte, key version (4 bytes, big
/// endian), nonce (12 bytes), AES-256-GCM-SIV ciphertext, tag (16 bytes).
const FORMAT: u8 = 1;

const HEADER_BYTES: usize = 5;

/// Where a value lives. A value sealed for one place does not open at another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The table's name.
    pub table: &'a str,
    /// The row's id: for our tables the 16 bytes of its UUID.
    pub row: &'a [u8],
    /// The column's name.
    pub field: &'a str,
}

impl Place<'_> {
    fn associated_data(&self, version: u32) -> Vec<u8> {
        aead::associated_data(&[
            b"sekisho vault value",
            &[FORMAT],
            &version.to_be_bytes(),
            self.table.as_bytes(),
            self.row,
            self.field.as_bytes(),
        ])
    }
}

impl fmt::Display for Place<'_> {
    /// `table.field of row 0193…`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} of row {}", self.table, self.field, HEXLOWER.encode(self.row))
    }
}

/// A sealed value as the store keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// From the store. Whether it opens is found out by opening.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// For the store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// For the store.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The version of the data key that the header names, if it can be read.
    /// Not authenticated: good for choosing what to seal again, for nothing
    /// else.
    pub fn key_version(&self) -> Option<u32> {
        match self.0.split_first_chunk::<HEADER_BYTES>()? {
            ([FORMAT, version @ ..], _) => Some(u32::from_be_bytes(*version)),
            _ => None,
        }
    }

    pub(crate) fn seal(
        key: &[u8],
        version: u32,
        place: Place<'_>,
        clear: &[u8],
        rng: &dyn Rng,
    ) -> Result<Self, VaultError> {
        if clear.len() > MAX_VALUE_BYTES {
            return Err(VaultError::TooLong { found: clear.len(), max: MAX_VALUE_BYTES });
        }
        let mut header = [FORMAT; HEADER_BYTES];
        header[1..].copy_from_slice(&version.to_be_bytes());
        Ok(Self(aead::seal(key, &header, &place.associated_data(version), clear, rng)))
    }

    /// `key_of` finds the key of a version.
    pub(crate) fn open<'k>(
        &self,
        key_of: impl FnOnce(u32) -> Option<&'k [u8]>,
        place: Place<'_>,
    ) -> Result<Secret, VaultError> {
        let tampered = || VaultError::Tampered { place: place.to_string() };
        let ([format, version @ ..], body) =
            self.0.split_first_chunk::<HEADER_BYTES>().ok_or_else(tampered)?;
        if *format != FORMAT {
            return Err(VaultError::UnknownFormat {
                what: format!("the value at {place}"),
                found: *format,
            });
        }
        let version = u32::from_be_bytes(*version);
        let key = key_of(version)
            .ok_or_else(|| VaultError::UnknownKeyVersion { version, place: place.to_string() })?;
        aead::open(key, &place.associated_data(version), body).ok_or_else(tampered)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use sekisho_model::rng::SeededRng;

    use super::*;

    /// Even if two versions had one key, a value would not change versions.
    #[test]
    fn the_key_version_is_bound() {
        let key = [7; aead::KEY_BYTES];
        let place = Place { table: "t", row: b"r", field: "f" };
        let sealed = Sealed::seal(&key, 1, place, b"value", &SeededRng::new(1)).unwrap();
        assert!(sealed.open(|_| Some(&key), place).is_ok());
        let mut moved = sealed.into_bytes();
        moved[4] = 2;
        assert!(Sealed::from_bytes(moved).open(|_| Some(&key), place).is_err());
    }
}
