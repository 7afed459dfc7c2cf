//! Reports, and how they are sent on a schedule.

use crate::word::words;

words! {
    /// How often a report is sent.
    Every ("rhythm") {
        /// Each day.
        Day = "day",
        /// Each week, on one day of it.
        Week = "week",
        /// Each month, on one day of it; on the last one of a month that has
        /// no such day.
        Month = "month",
    }
}

words! {
    /// What came of the newest run of a schedule.
    RunResult ("result of a run") {
        /// The report was put into the outbox.
        Queued = "queued",
        /// Its owner may not see the report any more, or is disabled.
        Denied = "denied",
        /// Its owner has no mail address.
        NoAddress = "no_address",
        /// This server sends no mail.
        NoMail = "no_mail",
        /// The report could not be made; it is tried again.
        Failed = "failed",
    }
}

words! {
    /// A report of the catalogue.
    ReportName ("report") {
        /// The agents on resources.
        InstalledAgents = "installed-agents",
        /// Agents that were silent for long.
        InactiveAgents = "inactive-agents",
        /// Devices that wait for approval.
        PendingDevices = "pending-devices",
        /// Accounts whose known password does not work.
        AccountsOutOfSync = "accounts-out-of-sync",
        /// Accounts whose password nobody here knows.
        AccountsUnknown = "accounts-unknown",
        /// Accounts whose password was never checked on the host.
        AccountsNeverVerified = "accounts-never-verified",
        /// Accounts whose password is older than its maximum age.
        PasswordsPastAge = "passwords-past-age",
        /// Tasks that came to nothing, and those whose outcome is open.
        FailedTasks = "failed-tasks",
        /// Who revealed or copied which password, and why.
        PasswordUses = "password-uses",
        /// Active users who sign in with nothing but a password.
        UsersWithoutSecondFactor = "users-without-second-factor",
        /// Sign-ins that were refused.
        RefusedSignIns = "refused-sign-ins",
        /// Requests that the policy refused.
        RefusedAccess = "refused-access",
        /// Who may do what with which resource and account, and why.
        Entitlements = "entitlements",
        /// Changes of users, roles, shares and owners.
        AccessChanges = "access-changes",
        /// Lists, reports and audit lines that left the server.
        Exports = "exports",
    }
}
