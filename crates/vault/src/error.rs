//! What can go wrong, in sentences for the person at the console.

use std::path::PathBuf;

/// A refusal of the vault. Never holds key or secret bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The key file or the passphrase is not the one of this vault. One
    /// constant message, whatever the difference was.
    #[error(
        "the key does not open this vault; use the key file or the passphrase it was made with"
    )]
    WrongKey,
    /// The configuration names another kind of key than the vault has.
    #[error("this vault is locked with a {expected}, but the configuration gives a {found}")]
    WrongSource {
        /// The kind of the vault's key.
        expected: &'static str,
        /// The kind that was given.
        found: &'static str,
    },
    /// The key file cannot be used.
    #[error("the key file {} {problem}", path.display())]
    KekFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it and what to do.
        problem: KekFileProblem,
    },
    /// A new passphrase is too short.
    #[error("the passphrase has {found} characters; give at least {expected}")]
    WeakPassphrase {
        /// The characters given.
        found: usize,
        /// The characters needed.
        expected: usize,
    },
    /// The stored parameters of the passphrase are outside what is accepted.
    #[error("the stored {parameter} of the passphrase is {found}; expected {expected}")]
    KdfParams {
        /// Which parameter.
        parameter: &'static str,
        /// Its value.
        found: u32,
        /// The accepted range.
        expected: &'static str,
    },
    /// A value does not open at its place.
    #[error(
        "the value at {place} does not open: it was changed, moved or sealed by another vault; restore it from a backup"
    )]
    Tampered {
        /// Table, field and row.
        place: String,
    },
    /// A value is sealed with a data key that the ring does not hold.
    #[error(
        "the value at {place} is sealed with data key {version}, which is missing; restore the data keys from a backup"
    )]
    UnknownKeyVersion {
        /// The version the value names.
        version: u32,
        /// Table, field and row.
        place: String,
    },
    /// A value or data key was written in a format this version does not read.
    #[error(
        "{what} has the format {found}, which this version does not read; upgrade the server or restore it from a backup"
    )]
    UnknownFormat {
        /// The value's place or the data key.
        what: String,
        /// The format byte.
        found: u8,
    },
    /// One data key does not open although others do.
    #[error("data key {version} was changed or damaged; restore it from a backup")]
    TamperedKey {
        /// The version.
        version: u32,
    },
    /// There is no data key to open.
    #[error("the vault holds no data key; restore the data keys from a backup")]
    NoDataKey,
    /// Exported data keys are not whole.
    #[error("the exported data keys are cut off or changed; use another copy of the backup")]
    DamagedExport,
    /// Two data keys claim one version.
    #[error("data key {version} is there twice; restore the data keys from a backup")]
    DuplicateKeyVersion {
        /// The version.
        version: u32,
    },
    /// All versions of data keys are used up.
    #[error("the vault has used all versions of data keys")]
    NoVersionLeft,
    /// A rotation was prepared before another one took its place.
    #[error("data key {version} was prepared before another one came into use; rotate again")]
    StaleRotation {
        /// The prepared version.
        version: u32,
    },
    /// A value is longer than the vault seals.
    #[error("a value of {found} bytes is too long to seal; at most {max} are allowed")]
    TooLong {
        /// The bytes given.
        found: usize,
        /// The bytes allowed.
        max: usize,
    },
    /// Argon2 could not get its memory.
    #[error("there is not enough memory to derive a key; free {needed_kib} KiB and try again")]
    OutOfMemory {
        /// What one derivation needs.
        needed_kib: u32,
    },
}

/// What is wrong with a key file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KekFileProblem {
    /// There is none.
    #[error(
        "does not exist; restore it from where it is kept, the vault cannot be opened without it"
    )]
    Missing,
    /// Something is already there.
    #[error("exists already; a key file is never overwritten, choose another path")]
    Exists,
    /// Not a regular file.
    #[error("is not a regular file")]
    NotAFile,
    /// Others could read or change it.
    #[error("has the mode {mode:04o}; expected 0600 or 0400, run: chmod 600 <file>")]
    Mode {
        /// The permission bits found.
        mode: u32,
    },
    /// Somebody else could change it.
    #[error(
        "belongs to the user with id {uid}; expected root or the user the server runs as ({own})"
    )]
    Owner {
        /// The owner found.
        uid: u32,
        /// The server's effective user.
        own: u32,
    },
    /// The text is no key or has a typing error.
    #[error(
        "does not hold a key; expected one line that begins with sekisho-kek-1- and is unchanged"
    )]
    Malformed,
    /// The operating system refused.
    #[error("cannot be used: {0}")]
    Io(String),
}
