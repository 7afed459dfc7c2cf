//! How old a password may get before it is changed by itself.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::word::words;

/// The longest age that can be asked for, in days.
pub const MAX_DAYS: u16 = 3650;

/// A number of days, or *off*: the maximum age of a password at one level
/// (policy, resource group, account), or how often it is checked. A level that
/// says nothing is `Option::None`; *off* is a word of its own, so that an
/// account can be left out of what its policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Age {
    /// Never.
    Off,
    /// After so many days, 1 to [`MAX_DAYS`].
    Days(Days),
}

/// A number of days that is in bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Days(u16);

impl Days {
    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// The text or number is no age.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{found}' is no number of days; expected 1 to {MAX_DAYS}, or off")]
pub struct InvalidAge {
    /// What was found, shortened.
    found: String,
}

impl Age {
    /// A number of days.
    ///
    /// # Errors
    /// When it is 0 or more than [`MAX_DAYS`].
    pub fn of_days(days: u64) -> Result<Self, InvalidAge> {
        match u16::try_from(days) {
            Ok(days @ 1..=MAX_DAYS) => Ok(Self::Days(Days(days))),
            Ok(_) | Err(_) => Err(InvalidAge { found: days.to_string() }),
        }
    }

    /// The days; `None` when it is off.
    pub const fn days(self) -> Option<Days> {
        match self {
            Self::Off => None,
            Self::Days(days) => Some(days),
        }
    }

    /// The shorter of two: any number of days is shorter than *off*.
    #[must_use]
    pub fn shorter(self, other: Self) -> Self {
        match (self, other) {
            (Self::Off, age) | (age, Self::Off) => age,
            (Self::Days(one), Self::Days(two)) => Self::Days(one.min(two)),
        }
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Days(days) => write!(f, "{}", days.0),
        }
    }
}

impl FromStr for Age {
    type Err = InvalidAge;

    fn from_str(text: &str) -> Result<Self, InvalidAge> {
        let invalid = || InvalidAge { found: text.chars().take(32).collect() };
        if text == "off" {
            return Ok(Self::Off);
        }
        text.parse()
            .map_err(|_| invalid())
            .and_then(|days| Self::of_days(days).map_err(|_| invalid()))
    }
}

impl Serialize for Age {
    /// A number, or the text `off`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Off => serializer.serialize_str("off"),
            Self::Days(days) => serializer.serialize_u16(days.0),
        }
    }
}

impl<'de> Deserialize<'de> for Age {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Age;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "1 to {MAX_DAYS} days, or \"off\"")
            }

            fn visit_u64<E: serde::de::Error>(self, days: u64) -> Result<Age, E> {
                Age::of_days(days).map_err(E::custom)
            }

            fn visit_i64<E: serde::de::Error>(self, days: i64) -> Result<Age, E> {
                let found = InvalidAge { found: days.to_string() };
                u64::try_from(days)
                    .map_err(|_| E::custom(found))
                    .and_then(|days| self.visit_u64(days))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Age, E> {
                match text {
                    "off" => Ok(Age::Off),
                    other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// What a password policy says of the ages of its passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ageing {
    /// The maximum age; `None`: the policy says nothing.
    pub max_age: Option<Age>,
    /// So many days before a reset it is announced; 0: not at all.
    pub notice_days: u16,
    /// Whether passwords that nobody knows are reset without being asked.
    pub reset_unknown: bool,
    /// How often the host is asked whether the password still works.
    pub verify_every: Age,
    /// Whether a password that was found out of sync is set anew.
    pub auto_heal: bool,
}

impl Default for Ageing {
    /// What holds for a policy that says nothing: no maximum age, three days
    /// of notice, a check every week.
    fn default() -> Self {
        Self {
            max_age: None,
            notice_days: 3,
            reset_unknown: false,
            verify_every: Age::Days(Days(7)),
            auto_heal: false,
        }
    }
}

words! {
    /// Which level says how old a password may get.
    AgeSource ("level") {
        /// The account itself.
        Account = "account",
        /// A resource group its resource is in.
        Group = "group",
        /// Its password policy.
        Policy = "policy",
        /// None does.
        None = "none",
    }
}

words! {
    /// How far the rotation of an account is.
    RotationState ("rotation state") {
        /// No maximum age holds.
        Off = "off",
        /// Its time will come.
        Scheduled = "scheduled",
        /// Its time comes within the days of notice.
        DueSoon = "due_soon",
        /// Its time has come; a reset will be given.
        Due = "due",
        /// Something stands in the way.
        Held = "held",
    }
}

words! {
    /// What stands in the way of a rotation.
    RotationHold ("hold") {
        /// The account has vanished from its host.
        Gone = "gone",
        /// It is defined in a directory.
        Directory = "directory",
        /// Its password is not known, and its policy does not say that unknown
        /// passwords may be reset without being asked.
        UnknownPassword = "unknown_password",
        /// No agent serves its resource.
        NoAgent = "no_agent",
        /// The agent is not approved, or held back.
        AgentNotApproved = "agent_not_approved",
        /// The agent is dissociated from its resource.
        AgentDissociated = "agent_dissociated",
        /// The agent has not been heard of for a while.
        AgentAway = "agent_away",
        /// Somebody paused it.
        Paused = "paused",
        /// A reset is under way.
        InProgress = "in_progress",
        /// The newest try failed; the next one is tomorrow.
        RetryLater = "retry_later",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_out_of_bounds_are_refused_by_name() {
        for wrong in ["0", "-1", "1000000000", "3651", "OFF", "", "7d", "1.5"] {
            let error = wrong.parse::<Age>().expect_err(wrong).to_string();
            let expected = format!("'{wrong}' is no number of days; expected 1 to 3650, or off");
            assert_eq!(error, expected);
        }
        for wrong in ["0", "-1", "1000000000", "18446744073709551616", "true", "\"30\"", "1.5"] {
            serde_json::from_str::<Age>(wrong).expect_err(wrong);
        }
    }

    #[test]
    fn ages_are_numbers_or_off() {
        for (json, text) in [("30", "30"), ("\"off\"", "off"), ("1", "1"), ("3650", "3650")] {
            let age: Age = serde_json::from_str(json).expect("valid");
            assert_eq!((age.to_string().as_str(), text.parse()), (text, Ok(age)));
            assert_eq!(serde_json::to_string(&age).expect("JSON"), json);
        }
    }

    #[test]
    fn the_shorter_age_wins_and_off_is_the_longest() {
        let days = |days| Age::of_days(days).expect("in bounds");
        assert_eq!(days(30).shorter(days(7)), days(7));
        assert_eq!(Age::Off.shorter(days(7)), days(7));
        assert_eq!(days(7).shorter(Age::Off), days(7));
        assert_eq!(Age::Off.shorter(Age::Off), Age::Off);
    }
}
