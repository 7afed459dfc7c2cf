//! What is asked of a report: texts, checked against its parameters.

use std::collections::BTreeMap;
use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::name::LoginName;

use super::catalogue::{Entry, Takes};
use crate::http::Problem;

/// The longest span that can be asked for, in days.
pub const MAX_DAYS: u32 = 3660;

/// The span if none is asked for, in days.
const USUAL_DAYS: u32 = 30;

/// What is asked of a report; every value is one that its parameter takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked(BTreeMap<String, String>);

impl Asked {
    /// Checks what was given.
    ///
    /// # Errors
    /// [`Problem::InvalidInput`] naming the parameter.
    pub fn check(entry: Entry, given: BTreeMap<String, String>) -> Result<Self, Problem> {
        for (name, value) in &given {
            let Some(parameter) = entry.parameters.iter().find(|one| one.name == name) else {
                let known: Vec<&str> = entry.parameters.iter().map(|one| one.name).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                let name: String = name.chars().take(40).collect();
                let detail = format!("'{name}' is no parameter of this report; it has: {known}");
                return Err(Problem::invalid(name, detail));
            };
            check_one(parameter.takes, value).map_err(|expected| {
                let found: String = value.chars().take(64).collect();
                let detail = format!("'{name}' is '{found}'; give {expected}");
                Problem::invalid(name.clone(), detail)
            })?;
        }
        let asked = Self(given);
        if asked.0.contains_key("days") && asked.0.contains_key("from") {
            let detail = "'days' and 'from' both say where to begin; give one of them";
            return Err(Problem::invalid("days", detail));
        }
        Ok(asked)
    }

    /// A value, if it was given.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A flag, if it was given.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.text(name)?.parse().ok()
    }

    /// From when to when.
    pub fn span(&self, now: Timestamp) -> (Timestamp, Option<Timestamp>) {
        let days = self.text("days").and_then(|text| text.parse().ok()).unwrap_or(USUAL_DAYS);
        let usual = now.minus(Duration::from_secs(u64::from(days) * 24 * 3600));
        let time = |name| self.text(name).and_then(|text| text.parse().ok());
        (time("from").unwrap_or(usual), time("to"))
    }

    /// On one line, for the audit log.
    pub fn shown(&self) -> String {
        let parts: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        parts.join(" ")
    }

    /// The values by name.
    pub fn into_map(self) -> BTreeMap<String, String> {
        self.0
    }
}

/// The error says what is expected.
fn check_one(takes: Takes, value: &str) -> Result<(), String> {
    let fits = match takes {
        Takes::Flag => value.parse::<bool>().is_ok(),
        Takes::Days => value.parse::<u32>().is_ok_and(|days| (1..=MAX_DAYS).contains(&days)),
        Takes::Time => value.parse::<Timestamp>().is_ok(),
        Takes::User => value.parse::<LoginName>().is_ok(),
        Takes::Word(words) => words.contains(&value),
    };
    if fits {
        return Ok(());
    }
    Err(match takes {
        Takes::Flag => "true or false".to_owned(),
        Takes::Days => format!("a number of days, 1 to {MAX_DAYS}"),
        Takes::Time => "a time like 2026-01-31T09:00:00Z".to_owned(),
        Takes::User => "the name that somebody signs in with".to_owned(),
        Takes::Word(words) => format!("one of: {}", words.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use sekisho_model::report::ReportName;

    use super::*;
    use crate::reports::catalogue;

    fn check(report: ReportName, given: &[(&str, &str)]) -> Result<Asked, String> {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Asked::check(catalogue::of(report), given.collect()).map_err(|problem| problem.to_string())
    }

    #[test]
    fn what_a_report_does_not_take_is_named() {
        use ReportName as R;
        for (report, given, expected) in [
            (
                R::PendingDevices,
                ("state", "pending"),
                "is no parameter of this report; it has: none",
            ),
            (R::InstalledAgents, ("state", "retired"), "give one of: pending, approved, blocked"),
            (R::InstalledAgents, ("active", "maybe"), "give true or false"),
            (R::PasswordUses, ("days", "0"), "a number of days, 1 to 3660"),
            (R::PasswordUses, ("from", "yesterday"), "a time like"),
            (R::PasswordUses, ("user", "Ann Lee"), "the name that somebody signs in with"),
        ] {
            let error = check(report, &[given]).expect_err(given.0);
            assert!(error.contains(expected), "{error}");
        }
        let both = check(R::PasswordUses, &[("days", "7"), ("from", "2026-01-01T00:00:00Z")]);
        assert!(both.expect_err("both").contains("give one of them"));
    }

    #[test]
    fn a_span_is_of_30_days_unless_something_else_is_asked_for() {
        let now: Timestamp = "2026-05-31T00:00:00Z".parse().expect("a time");
        let from = |given: &[(&str, &str)]| {
            let asked = check(ReportName::Exports, given).expect("valid");
            (asked.span(now).0.to_string(), asked.span(now).1)
        };
        assert_eq!(from(&[]).0, "2026-05-01T00:00:00.000Z");
        assert_eq!(from(&[("days", "7")]).0, "2026-05-24T00:00:00.000Z");
        let (begin, end) =
            from(&[("from", "2026-01-01T00:00:00Z"), ("to", "2026-02-01T00:00:00Z")]);
        assert_eq!(begin, "2026-01-01T00:00:00.000Z");
        assert_eq!(end.map(|end| end.to_string()).as_deref(), Some("2026-02-01T00:00:00.000Z"));
    }
}
