//! What resources a group takes in by itself: rows of field, operator and
//! text, over the resources of the group's owner.

use serde::{Deserialize, Serialize};

use crate::device::Platform;
use crate::word::words;

words! {
    /// What of a resource is compared.
    Field ("field") {
        /// Its name.
        Name = "name",
        /// Its host name.
        Address = "address",
        /// What kind of agent it takes.
        Platform = "platform",
    }
}

words! {
    /// How it is compared; upper and lower case are alike. Where the resource
    /// has no such field, no row about it is true.
    Operator ("operator") {
        /// Holds the text somewhere.
        Contains = "contains",
        /// Holds the text nowhere.
        NotContains = "not_contains",
        /// Is the text.
        Equals = "equals",
        /// Is anything else.
        NotEquals = "not_equals",
        /// Begins with the text.
        BeginsWith = "begins_with",
        /// Ends with the text.
        EndsWith = "ends_with",
    }
}

words! {
    /// How many rows must be true.
    Matching ("match") {
        /// Every one.
        All = "all",
        /// One at least.
        Any = "any",
    }
}

/// The most rows.
pub const MAX_RULES: usize = 16;

/// The longest text, in characters.
pub const MAX_TEXT_CHARS: usize = 200;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What of the resource.
    pub field: Field,
    /// How it is compared.
    pub operator: Operator,
    /// With what.
    pub text: String,
}

/// Which resources are wanted: 1 to 16 rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Rows", into = "Rows")]
pub struct Criteria(Rows);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    r#match: Matching,
    rules: Vec<Rule>,
}

/// Why criteria were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCriteria {
    /// No rows, or too many.
    #[error("criteria have {0} rules; give 1 to {MAX_RULES}")]
    Count(usize),
    /// A row is wrong.
    #[error("rule {number} of the criteria {problem}")]
    Rule {
        /// Which one, from 1.
        number: usize,
        /// What was found and what is expected.
        problem: String,
    },
}

/// What of a resource criteria look at.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its host name.
    pub address: Option<&'a str>,
    /// What kind of agent it takes.
    pub platform: Platform,
}

impl Criteria {
    /// Checks rows.
    ///
    /// # Errors
    /// Says which row, what was found and what is expected.
    pub fn new(matching: Matching, rules: Vec<Rule>) -> Result<Self, InvalidCriteria> {
        if rules.is_empty() || rules.len() > MAX_RULES {
            return Err(InvalidCriteria::Count(rules.len()));
        }
        for (at, rule) in rules.iter().enumerate() {
            rule.check().map_err(|problem| InvalidCriteria::Rule { number: at + 1, problem })?;
        }
        Ok(Self(Rows { r#match: matching, rules }))
    }

    /// How many rows must be true.
    pub fn matching(&self) -> Matching {
        self.0.r#match
    }

    /// The rows.
    pub fn rules(&self) -> &[Rule] {
        &self.0.rules
    }

    /// Whether a resource is wanted.
    pub fn matches(&self, facts: &Facts<'_>) -> bool {
        let mut rows = self.0.rules.iter().map(|rule| rule.matches(facts));
        match self.0.r#match {
            Matching::All => rows.all(|is_true| is_true),
            Matching::Any => rows.any(|is_true| is_true),
        }
    }
}

impl TryFrom<Rows> for Criteria {
    type Error = InvalidCriteria;

    fn try_from(rows: Rows) -> Result<Self, InvalidCriteria> {
        Self::new(rows.r#match, rows.rules)
    }
}

impl From<Criteria> for Rows {
    fn from(criteria: Criteria) -> Self {
        criteria.0
    }
}

impl Rule {
    /// The text as it is compared.
    pub fn folded(&self) -> String {
        self.text.to_lowercase()
    }

    fn check(&self) -> Result<(), String> {
        let length = self.text.chars().count();
        if length == 0 || length > MAX_TEXT_CHARS {
            return Err(format!("has a text of {length} characters; give 1 to {MAX_TEXT_CHARS}"));
        }
        if let Some(found) = self.text.chars().find(|c| c.is_control()) {
            return Err(format!("has the control character U+{:04X}", u32::from(found)));
        }
        if self.field == Field::Platform {
            if !matches!(self.operator, Operator::Equals | Operator::NotEquals) {
                return Err(format!(
                    "compares the platform by {}; use equals or not_equals",
                    self.operator
                ));
            }
            self.folded().parse::<Platform>().map_err(|error| format!("says {error}"))?;
        }
        Ok(())
    }

    fn matches(&self, facts: &Facts<'_>) -> bool {
        let found = match self.field {
            Field::Name => Some(facts.name),
            Field::Address => facts.address,
            Field::Platform => Some(facts.platform.as_str()),
        };
        let Some(found) = found.map(str::to_lowercase) else { return false };
        let text = self.folded();
        match self.operator {
            Operator::Contains => found.contains(&text),
            Operator::NotContains => !found.contains(&text),
            Operator::Equals => found == text,
            Operator::NotEquals => found != text,
            Operator::BeginsWith => found.starts_with(&text),
            Operator::EndsWith => found.ends_with(&text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts<'a>(name: &'a str, address: Option<&'a str>) -> Facts<'a> {
        Facts { name, address, platform: Platform::Linux }
    }

    fn read(text: &str) -> Result<Criteria, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    fn one(field: &str, operator: &str, text: &str) -> Criteria {
        let rule = serde_json::json!({ "field": field, "operator": operator, "text": text });
        read(&format!(r#"{{"match":"all","rules":[{rule}]}}"#)).expect("valid")
    }

    #[test]
    fn case_does_not_matter_and_text_is_literal() {
        assert!(one("name", "contains", "WEB").matches(&facts("dc1-Web-7", None)));
        assert!(one("name", "begins_with", "ＤＢ").matches(&facts("ｄｂ-全角", None)));
        assert!(one("name", "ends_with", "𠮷野").matches(&facts("店舗𠮷野", None)));
        assert!(!one("name", "contains", "%").matches(&facts("web", None)));
        assert!(one("platform", "equals", "linux").matches(&facts("web", None)));
    }

    #[test]
    fn what_is_missing_makes_no_row_true() {
        for operator in ["contains", "not_contains", "equals", "not_equals"] {
            assert!(!one("address", operator, "x").matches(&facts("web", None)), "{operator}");
        }
        assert!(one("address", "not_contains", "x").matches(&facts("web", Some("a.jp"))));
    }

    #[test]
    fn rows_are_joined_by_all_or_any() {
        let rows = r#"[{"field":"name","operator":"contains","text":"web"},
                       {"field":"name","operator":"contains","text":"db"}]"#;
        let joined = |word: &str| read(&format!(r#"{{"match":"{word}","rules":{rows}}}"#));
        assert!(joined("any").expect("valid").matches(&facts("web", None)));
        assert!(!joined("all").expect("valid").matches(&facts("web", None)));
        assert!(joined("all").expect("valid").matches(&facts("web-db", None)));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            (r#"{"match":"all","rules":[]}"#, "criteria have 0 rules; give 1 to 16"),
            (
                r#"{"match":"all","rules":[{"field":"platform","operator":"contains","text":"x"}]}"#,
                "rule 1 of the criteria compares the platform by contains",
            ),
            (
                r#"{"match":"all","rules":[{"field":"name","operator":"equals","text":""}]}"#,
                "rule 1 of the criteria has a text of 0 characters",
            ),
            (
                r#"{"match":"all","rules":[{"field":"platform","operator":"equals","text":"amiga"}]}"#,
                "rule 1 of the criteria says 'amiga' is no platform",
            ),
            (r#"{"match":"all","rules":[{"field":"name"}]}"#, "missing field `operator`"),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
