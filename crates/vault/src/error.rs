//! What can go wrong, in sentences for the person at the console.

use std::path::PathBuf;

/// A refusal of the vault. Never holds key or secret bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The key file or the passphrase is not the one of this vault. One
    /// constant message, whatever the difference was.
    #[error(
        "the key does not open this vault; use the key file, the passphrase or the token it was made \
         with"
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
    /// The key in a security module cannot be used.
    #[error("the security module: {0}")]
    Hsm(HsmProblem),
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

impl VaultError {
    /// Whether the key-encryption key is what is missing, so that the vault
    /// opens once it is there; everything else is damage.
    pub const fn awaits_key(&self) -> bool {
        match self {
            Self::WrongKey
            | Self::WrongSource { .. }
            | Self::KekFile { .. }
            | Self::Hsm(_)
            | Self::OutOfMemory { .. } => true,
            Self::WeakPassphrase { .. }
            | Self::KdfParams { .. }
            | Self::Tampered { .. }
            | Self::UnknownKeyVersion { .. }
            | Self::UnknownFormat { .. }
            | Self::TamperedKey { .. }
            | Self::NoDataKey
            | Self::DamagedExport
            | Self::DuplicateKeyVersion { .. }
            | Self::NoVersionLeft
            | Self::StaleRotation { .. }
            | Self::TooLong { .. } => false,
        }
    }

    /// Whether trying again by itself does harm: tokens lock after a few wrong
    /// PINs.
    pub const fn must_not_be_repeated(&self) -> bool {
        matches!(self, Self::Hsm(HsmProblem::WrongPin | HsmProblem::PinLocked))
    }
}

/// What is wrong with the key in a security module.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HsmProblem {
    /// The module cannot be trusted or loaded.
    #[error("the module {} {problem}", path.display())]
    Module {
        /// The library.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The token is not there.
    #[error("there is no token labelled '{token}'; plug it in, or correct the label")]
    NoToken {
        /// The label.
        token: String,
    },
    /// Two tokens have one label.
    #[error("there are several tokens labelled '{token}'; leave one of them in")]
    SeveralTokens {
        /// The label.
        token: String,
    },
    /// The PIN is refused.
    #[error(
        "the token refuses the PIN, and it is not sent again, because tokens lock after a few \
         tries; correct the PIN"
    )]
    WrongPin,
    /// The token takes no PIN any more.
    #[error("the PIN is locked; unlock it with the security officer's PIN")]
    PinLocked,
    /// The key is not there.
    #[error("the token '{token}' holds no key labelled '{key}'; restore it, or correct the label")]
    NoKey {
        /// The label of the key.
        key: String,
        /// The label of the token.
        token: String,
    },
    /// Two keys have one label.
    #[error("the token holds several keys labelled '{key}'; give each a label of its own")]
    SeveralKeys {
        /// The label.
        key: String,
    },
    /// The key must not be used.
    #[error(
        "the key '{key}' cannot be used: {what}; expected a 256-bit AES key that is sensitive, \
         cannot be extracted and may encrypt and decrypt"
    )]
    UnsuitableKey {
        /// The label.
        key: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Anything else that the module says.
    #[error("it failed: {0}")]
    Failed(String),
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
    /// Others could read or change a credential.
    #[error("has the mode {mode:04o}; expected a credential that others cannot read")]
    CredentialMode {
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
