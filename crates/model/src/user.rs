//! People and programs that use the server.

use crate::word::words;

words! {
    /// The built-in roles. What each may do is a table in `sekisho-policy`.
    Role ("role") {
        /// Sees everything. Granted by another administrator, never to oneself.
        SuperAdministrator = "super_administrator",
        /// Manages users, devices, settings and what they own.
        Administrator = "administrator",
        /// Manages resources, passwords and agents they own.
        PasswordAdministrator = "password_administrator",
        /// Reads the audit log and reports.
        PasswordAuditor = "password_auditor",
        /// Uses passwords that are shared with them.
        PasswordUser = "password_user",
        /// Uses connections only.
        ConnectionUser = "connection_user",
    }
}

words! {
    /// Whether a user may sign in.
    UserState ("user state") {
        /// May sign in.
        Active = "active",
        /// May not sign in; everything they own is kept.
        Disabled = "disabled",
    }
}

words! {
    /// With what a person proves who they are.
    ProofMethod ("proof method") {
        /// The password.
        Password = "password",
        /// A code of an authenticator app (RFC 6238).
        Totp = "totp",
        /// A recovery code, in place of the second factor.
        RecoveryCode = "recovery_code",
        /// A passkey whose authenticator checked the person: both factors.
        Passkey = "passkey",
    }
}

impl ProofMethod {
    /// Whether it shows more than knowledge of the password.
    pub const fn is_second_factor(self) -> bool {
        match self {
            Self::Password => false,
            Self::Totp | Self::RecoveryCode | Self::Passkey => true,
        }
    }
}

words! {
    /// What an API token may be used for. A token never exceeds its user.
    TokenScope ("token scope") {
        /// Read everything its user may read, except secrets.
        Read = "read",
        /// Change what its user may change.
        Write = "write",
        /// Reveal and copy passwords its user may reveal.
        Reveal = "reveal",
        /// Send heads of another site's audit log, and nothing else.
        Witness = "witness",
    }
}

words! {
    /// The languages of the console.
    Language ("language") {
        /// Japanese.
        Ja = "ja",
        /// English.
        En = "en",
    }
}

words! {
    /// Whether the console is light or dark.
    Theme ("theme") {
        /// As the person's system is.
        Auto = "auto",
        /// Light.
        Light = "light",
        /// Dark.
        Dark = "dark",
    }
}

words! {
    /// How much room a row of a list has in the console.
    Density ("density") {
        /// Room to read.
        Normal = "normal",
        /// More rows at once.
        Compact = "compact",
    }
}
