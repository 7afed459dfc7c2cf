//! Accounts on resources and the values their passwords have had.

use serde::{Deserialize, Serialize};

use crate::name::AccountName;
use crate::word::words;

words! {
    /// The state of one password value (RST-2: a rotation never deletes one).
    ///
    /// `candidate → current → superseded`, `candidate → rejected`,
    /// `candidate → indeterminate → current | rejected`.
    SecretState ("secret state") {
        /// Generated for an order; nothing is known of it on the host yet.
        Candidate = "candidate",
        /// The value that works on the host, as far as the server knows.
        Current = "current",
        /// Was current once.
        Superseded = "superseded",
        /// Positive evidence says it was never applied.
        Rejected = "rejected",
        /// May or may not work: shown together with the current value.
        Indeterminate = "indeterminate",
    }
}

words! {
    /// Where a password value came from.
    SecretOrigin ("secret origin") {
        /// The server generated it by policy.
        Generated = "generated",
        /// A person typed it; *unverified* until a verify succeeds.
        Typed = "typed",
        /// Read back from an agent's escrow after a restore.
        Recovered = "recovered",
    }
}

words! {
    /// Whether the account is still on its resource.
    Presence ("presence") {
        /// Seen by the newest discovery, or typed in by a person.
        Present = "present",
        /// Vanished from the resource; its passwords are kept.
        Gone = "gone",
    }
}

words! {
    /// What is known of the password of an account.
    Knowledge ("knowledge") {
        /// Discovered; no value is known. Reveal says so, verify refuses.
        Unknown = "unknown",
        /// A person typed a value that no verify has confirmed yet.
        Unverified = "unverified",
        /// A value set or verified through an agent.
        Known = "known",
        /// A reset's outcome is open: two values may work.
        Indeterminate = "indeterminate",
        /// The newest verify found that the known value does not work.
        OutOfSync = "out_of_sync",
    }
}

words! {
    /// The outcome of a verify (`pam.md` §5.5).
    VerifyResult ("verify result") {
        /// The value works.
        InSync = "in_sync",
        /// The value does not work.
        OutOfSync = "out_of_sync",
        /// The host or its account database could not be asked.
        Unreachable = "unreachable",
        /// The account is locked: nothing can be said about the value.
        Locked = "locked",
        /// The account is disabled (no login shell or closed by policy).
        Disabled = "disabled",
        /// The value is right but the account or password has expired.
        Expired = "expired",
        /// The check ran and gave no usable answer.
        Unknown = "unknown",
    }
}

words! {
    /// Where an account is defined.
    AccountSource ("account source") {
        /// In the system's own account files: can be reset.
        Local = "local",
        /// In a directory seen through NSS (LDAP, SSSD, …): listed only.
        Directory = "directory",
    }
}

words! {
    /// The state of the password field of a local account.
    PasswordField ("password field") {
        /// A usable password hash.
        Set = "set",
        /// A hash behind a lock (`!`): password login is refused.
        Locked = "locked",
        /// No valid hash (`*`, `!`, `!!`): no password can log in.
        Unusable = "unusable",
        /// Empty: anyone may log in without a password.
        Empty = "empty",
        /// Not visible to the agent (directory accounts).
        Hidden = "hidden",
    }
}

/// An account as an agent found it on its host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscoveredAccount {
    /// The name, as the account database spells it.
    pub name: AccountName,
    /// The stable id on the host: the uid on Linux, the SID on Windows.
    /// History follows it, not the name.
    pub native_id: String,
    /// Where the account is defined.
    pub source: AccountSource,
    /// The state of its password field.
    pub password: PasswordField,
    /// The hash scheme of a set password: `yescrypt`, `sha512`, … .
    pub scheme: Option<String>,
    /// Whether the account has passed its expiry date.
    pub account_expired: bool,
    /// Whether the password must be changed at the next login.
    pub password_expired: bool,
    /// Whether the shell refuses logins (`nologin`, `false`).
    pub no_login: bool,
    /// Day of the last change, in days since 1970-01-01.
    pub last_change_day: Option<i64>,
    /// Real name or comment, shortened to 200 characters.
    pub comment: String,
}
