//! Exit codes: what a script learns without reading a word.

use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, and the result is the wanted one.
    Ok,
    /// The server refused, something failed here, or the result is negative:
    /// a password out of sync, an order not applied, a broken audit log.
    Refused,
    /// The command line was wrong; clap ends with the same number.
    Usage,
    /// Not signed in, or no longer.
    NotSignedIn,
    /// The server, or its database, cannot be reached.
    Unreachable,
    /// The outcome is not known: two values may work, or the wait was over
    /// before the order.
    Unknown,
}

impl Exit {
    /// The number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::NotSignedIn => 3,
            Self::Unreachable => 4,
            Self::Unknown => 5,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The exit codes as `--help` shows them.
pub(crate) const HELP: &str = "\
Exit codes:
  0  done
  1  the server refused, or the result is negative (verify: out of sync,
     reset: not applied, audit: broken)
  2  the command line is wrong, or a name fits several things
  3  not signed in
  4  the server (or its database) cannot be reached, or is not trusted
  5  the outcome is not known: two values may work, the wait
     timed out, or the database did not confirm a change

First steps:
  sekisho --server sekisho.example.com login
  sekisho accounts list
  sekisho reveal web-1/root --reason 'disk full, INC-4711'";
