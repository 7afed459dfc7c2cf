//! Local accounts: list them, set their passwords, check passwords.

mod filter;

use std::sync::Arc;

use sekisho_model::account::{DiscoveredAccount, VerifyResult};
use sekisho_model::name::AccountName;
use sekisho_model::order::RefusalClass;
use sekisho_model::{Clock, Secret};

pub use filter::{AccountFilter, CompiledFilter, FilterError};

use crate::PlatformError;

/// The account database of a host.
///
/// Every call blocks for at most its own deadline (about 30 s for a change):
/// call it from a thread that may block.
pub trait AccountBackend: Send + Sync {
    /// The accounts that pass the filter, in the order of the account files,
    /// directory accounts last. Lines that could not be read are skipped and
    /// logged as warnings. Changes nothing.
    ///
    /// # Errors
    /// When the filter is not usable, the account files cannot be read or the
    /// directory cannot be listed. A partial list is never returned.
    fn discover(&self, filter: &AccountFilter) -> Result<Vec<DiscoveredAccount>, PlatformError>;

    /// Sets the password of a local account. A locked account gets the new
    /// password and stays locked (`protocol.md`, "On Linux").
    ///
    /// The change is not durable before [`Self::sync`] has returned.
    ///
    /// # Errors
    /// With the class that decides what is tried next. Every class but
    /// [`RefusalClass::Unknown`] is positive evidence that nothing changed.
    fn set_password(&self, name: &AccountName, new: &Secret) -> Result<(), SetPasswordError>;

    /// Whether a password works: no login attempt, no lock-out, no change.
    /// Locked accounts answer [`VerifyResult::Locked`], accounts that never
    /// had a password [`VerifyResult::Disabled`], and
    /// [`VerifyResult::Expired`] means that the password itself is right.
    fn verify(&self, name: &AccountName, candidate: &Secret) -> Verification;

    /// Makes past changes survive a power cut: syncs the account files and
    /// their folder. The system's tools sync the new file, not its folder.
    ///
    /// # Errors
    /// When the system cannot promise it; the change must then be treated as
    /// not known.
    fn sync(&self) -> Result<(), PlatformError>;

    /// Day of the last change, in days since 1970-01-01; `None` when the
    /// account or the date is missing.
    fn last_change_day(&self, name: &AccountName) -> Option<i64>;

    /// Whether passwords can be changed here, check by check.
    fn readiness(&self) -> Vec<Check>;

    /// A watch over the accounts, beginning now; `None` where changes cannot
    /// be noticed.
    fn watch(&self) -> Option<Box<dyn AccountWatch>> {
        None
    }
}

/// Notices that accounts were added, removed or changed.
pub trait AccountWatch: Send {
    /// Whether accounts have changed since this last said so, and whoever
    /// changed them has finished. Cheap enough to be asked every few seconds.
    fn changed(&mut self) -> bool;

    /// This program has just set the password of an account itself: that is no
    /// news.
    fn expect(&mut self, name: &AccountName);
}

/// Why a password was not set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct SetPasswordError {
    /// What to do next.
    pub class: RefusalClass,
    /// One line of at most 300 characters for people; never holds the
    /// password.
    pub detail: String,
}

/// The answer to a verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// The outcome.
    pub result: VerifyResult,
    /// One line for people that says why; empty when the result says it all.
    pub detail: String,
}

/// One condition for changing passwords on this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// A short fixed word: `root`, `chpasswd`, `shadow`, …
    pub name: &'static str,
    /// Whether it holds.
    pub ok: bool,
    /// What was found; when it does not hold, what to do.
    pub detail: String,
}

/// The account database of this machine. The clock decides what has expired.
///
/// # Errors
/// [`PlatformError::Unsupported`] on systems other than Linux.
pub fn system_accounts(clock: Arc<dyn Clock>) -> Result<Box<dyn AccountBackend>, PlatformError> {
    crate::system::system_accounts(clock)
}
