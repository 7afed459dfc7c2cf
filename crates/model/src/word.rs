//! Enums that are stored and shown as one fixed word.

/// The text is not one of the words of an enum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{found}' is no {what}; expected one of: {expected}")]
pub struct UnknownWord {
    /// What the word names.
    pub what: &'static str,
    /// What was found.
    pub found: String,
    /// The words that exist, separated by commas.
    pub expected: String,
}

/// Declares an enum whose variants each have one word, used alike in the
/// database, on the wire, in JSON and on the command line.
macro_rules! words {
    (
        $(#[$doc:meta])*
        $name:ident ($what:literal) {
            $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)*
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
            type Err = $crate::word::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text).ok_or_else(|| {
                    $crate::word::UnknownWord {
                        what: $what,
                        found: text.chars().take(64).collect(),
                        expected: Self::ALL
                            .iter()
                            .map(|word| word.as_str())
                            .collect::<Vec<_>>()
                            .join(", "),
                    }
                })
            }
        }
    };
}
pub(crate) use words;
