//! The states that only the store and its callers in the server know.

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The fixed word.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            /// The error is the text that is none of the words.
            fn from_str(text: &str) -> Result<Self, String> {
                let found = Self::ALL.iter().copied().find(|word| word.as_str() == text);
                found.ok_or_else(|| text.chars().take(64).collect())
            }
        }
    )*};
}

words! {
    /// What a share is of.
    ObjectKind {
        /// A resource group.
        ResourceGroup = "resource_group",
        /// A resource.
        Resource = "resource",
        /// An account.
        Account = "account",
    }

    /// Whom a share is with.
    PrincipalKind {
        /// A user.
        User = "user",
        /// A user group.
        UserGroup = "user_group",
    }

    /// Whether a vault key still seals.
    VaultKeyState {
        /// Seals new values. There is one.
        Active = "active",
        /// Only opens what it sealed; the values are being sealed anew.
        Draining = "draining",
        /// Nothing was sealed with it any more when it was retired. It is
        /// kept: it costs nothing, and no mistake can lose a value.
        Retired = "retired",
    }

    /// What a key of the site is for (`protocol.md`, Keys).
    SiteKeyKind {
        /// Signs bundles and nothing else; Ed25519.
        SiteRoot = "site_root",
        /// The root of the site CA; P-256.
        CaRoot = "ca_root",
        /// Issues certificates; P-256.
        CaIssuing = "ca_issuing",
        /// Signs orders, Welcomes, acks and server time; Ed25519.
        Order = "order",
        /// Opens Hellos, receipts and enrolments; X25519.
        Receipt = "receipt",
        /// Signs heads of the audit log and nothing else; Ed25519.
        Audit = "audit",
        /// Backups and escrows are sealed to it; X25519, its private half is
        /// never stored.
        Recovery = "recovery",
    }

    /// The state of a protocol session.
    DeviceSessionState {
        /// Welcomed; no valid MAC was seen yet.
        Offered = "offered",
        /// The device's one session.
        Live = "live",
        /// Replaced, expired or closed.
        Ended = "ended",
    }
}
