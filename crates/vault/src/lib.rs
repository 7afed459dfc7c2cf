//! Secrets at rest.
//!
//! A **key-encryption key** ([`Kek`]) from a file, a systemd credential, a
//! passphrase or a security module (PKCS#11) wraps
//! versioned **data keys**; the [`KeyRing`] holds the data keys in memory and
//! seals values with them. A sealed value is bound to its [`Place`] (table,
//! row, field) and to the version of its key: moved elsewhere, it does not
//! open. Nothing here touches a database; the store keeps the [`WrappedKey`]s,
//! the [`KekRecord`] and the [`Sealed`] values.
//!
//! Start of a new site:
//! [`create_kek_file`] (or a passphrase) → [`Kek::create`] → [`KeyRing::create`];
//! every later start: [`Kek::unlock`] → [`KeyRing::unlock`].
//!
//! What users and programs prove themselves with is hashed here too:
//! [`password_hash`] and [`token`].

mod aead;
mod error;
mod kek;
mod kek_file;
mod locked;
pub mod password_hash;
mod pkcs11;
mod ring;
mod sealed;
pub mod token;

pub use error::{HsmProblem, KekFileProblem, VaultError};
pub use kek::{KdfAlgorithm, KdfParams, Kek, KekKind, KekRecord, KekSource, MIN_PASSPHRASE_CHARS};
pub use kek_file::create_kek_file;
pub use locked::{PageLocker, keep_keys_in_memory_with};
pub use pkcs11::HsmKey;
pub use ring::{KeyRing, Rotation, WrappedKey};
pub use sealed::{MAX_VALUE_BYTES, Place, Sealed};
