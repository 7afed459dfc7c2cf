//! What can go wrong between Sekisho and the operating system.

use std::io;
use std::path::PathBuf;

use crate::accounts::FilterError;

/// A request the operating system did not answer.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// This system has no implementation; nothing was done (INV-8).
    #[error("{what} is not supported on {}", std::env::consts::OS)]
    Unsupported {
        /// What was asked for.
        what: &'static str,
    },
    /// A file or system call failed.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was tried, as the rest of "cannot …".
        action: String,
        /// The system's answer.
        source: io::Error,
    },
    /// The account filter is not usable.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The directory behind NSS could not be listed.
    #[error(
        "cannot list the accounts of the directory: {detail}; \
         set include_directory = false to list local accounts only"
    )]
    Directory {
        /// What happened.
        detail: String,
    },
    /// A file or folder that must be private is not.
    #[error("{path}: {problem}", path = path.display())]
    NotPrivate {
        /// The file or folder.
        path: PathBuf,
        /// A sentence that says what is wrong and what to do.
        problem: String,
    },
}

#[cfg(target_os = "linux")]
impl PlatformError {
    /// An I/O error with what was tried: `cannot {verb} {path}: …`.
    pub(crate) fn io(verb: &str, path: &std::path::Path, source: io::Error) -> Self {
        Self::Io { action: format!("{verb} {}", path.display()), source }
    }
}
