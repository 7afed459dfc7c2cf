//! Which accounts of a host are of interest, as plain data.

use regex::{Regex, RegexBuilder};
use sekisho_model::account::{AccountSource, DiscoveredAccount, PasswordField};
use serde::{Deserialize, Serialize};

/// Longest accepted pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 1_000;
/// Largest accepted compiled pattern, in bytes.
const MAX_COMPILED_BYTES: usize = 1 << 20;
/// Most groups that can be named.
const MAX_GROUPS: usize = 100;

/// Which accounts discovery lists: the intent of the predecessor's
/// `accountFilter`, `fetchDisabledAccount` and `UserQuery` (A-068, A-070).
///
/// It is never a command: the predecessor ran `UserQuery` as root in a shell
/// (A-073). Conditions are joined by *and*; what is left out does not restrict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountFilter {
    /// Regular expression (Rust `regex`: linear time, no look-around) that
    /// must match somewhere in the name; `^…$` for the whole name.
    pub names: Option<String>,
    /// Smallest uid.
    pub uid_min: Option<u32>,
    /// Largest uid.
    pub uid_max: Option<u32>,
    /// The account must be in one of these groups, as its primary group or as
    /// a member listed in the group file. Empty: any.
    pub groups: Vec<String>,
    /// Also list accounts that are locked, have no usable password or a shell
    /// that refuses logins (A-070: left out unless asked for).
    pub include_disabled: bool,
    /// Also list accounts of a directory behind NSS; they cannot be reset.
    pub include_directory: bool,
}

impl Default for AccountFilter {
    fn default() -> Self {
        Self {
            names: None,
            uid_min: None,
            uid_max: None,
            groups: Vec::new(),
            include_disabled: false,
            include_directory: true,
        }
    }
}

/// A filter with a value that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("account filter: {field} is {found}; expected {expected}")]
pub struct FilterError {
    /// The field, as it is spelt in the configuration.
    pub field: &'static str,
    /// What was found.
    pub found: String,
    /// What is expected.
    pub expected: String,
}

/// A filter that has been checked and can be applied.
#[derive(Clone, Debug)]
pub struct CompiledFilter {
    names: Option<Regex>,
    uids: std::ops::RangeInclusive<u32>,
    groups: Vec<String>,
    include_disabled: bool,
    include_directory: bool,
}

impl AccountFilter {
    /// Checks every field.
    ///
    /// # Errors
    /// Names the field, what was found and what is expected.
    pub fn compile(&self) -> Result<CompiledFilter, FilterError> {
        let names = self.names.as_deref().map(compile_names).transpose()?;
        let (min, max) = (self.uid_min.unwrap_or(0), self.uid_max.unwrap_or(u32::MAX));
        if min > max {
            return Err(FilterError {
                field: "uid_min",
                found: format!("{min}, above uid_max = {max}"),
                expected: "a number up to uid_max".to_owned(),
            });
        }
        if self.groups.len() > MAX_GROUPS {
            return Err(FilterError {
                field: "groups",
                found: format!("a list of {} names", self.groups.len()),
                expected: format!("at most {MAX_GROUPS} names"),
            });
        }
        let unusable = |c: char| c.is_control() || matches!(c, ':' | ',');
        if let Some(group) =
            self.groups.iter().find(|name| name.is_empty() || name.contains(unusable))
        {
            return Err(FilterError {
                field: "groups",
                found: format!("{group:?}"),
                expected: "names of groups without ':', ',' and control characters".to_owned(),
            });
        }
        Ok(CompiledFilter {
            names,
            uids: min..=max,
            groups: self.groups.clone(),
            include_disabled: self.include_disabled,
            include_directory: self.include_directory,
        })
    }
}

fn compile_names(pattern: &str) -> Result<Regex, FilterError> {
    let refuse = |found: String| FilterError {
        field: "names",
        found,
        expected: "a regular expression such as ^svc-".to_owned(),
    };
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err(refuse(format!(
            "{} bytes long (at most {MAX_PATTERN_BYTES} are allowed)",
            pattern.len()
        )));
    }
    RegexBuilder::new(pattern).size_limit(MAX_COMPILED_BYTES).build().map_err(|error| {
        // The last line of the message names the problem; the lines before it
        // draw an arrow that needs a fixed-width font.
        let text = error.to_string();
        let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
        refuse(format!("{pattern:?} ({reason})"))
    })
}

impl CompiledFilter {
    /// Whether accounts of a directory are wanted at all.
    pub fn wants_directory(&self) -> bool {
        self.include_directory
    }

    /// Whether the account is of interest. `in_group` answers whether it
    /// belongs to a group of that name.
    pub fn accepts(
        &self,
        account: &DiscoveredAccount,
        uid: u32,
        in_group: impl Fn(&str) -> bool,
    ) -> bool {
        let disabled = account.no_login
            || matches!(account.password, PasswordField::Locked | PasswordField::Unusable);
        (self.include_disabled || !disabled)
            && (self.include_directory || account.source == AccountSource::Local)
            && self.uids.contains(&uid)
            && self.names.as_ref().is_none_or(|names| names.is_match(account.name.as_str()))
            && (self.groups.is_empty() || self.groups.iter().any(|group| in_group(group)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str, password: PasswordField) -> DiscoveredAccount {
        DiscoveredAccount {
            name: name.parse().unwrap(),
            native_id: "1000".to_owned(),
            source: AccountSource::Local,
            password,
            scheme: None,
            account_expired: false,
            password_expired: false,
            no_login: false,
            last_change_day: None,
            comment: String::new(),
        }
    }

    #[test]
    fn conditions_are_joined_by_and() {
        let filter = AccountFilter {
            names: Some("^svc-".to_owned()),
            uid_min: Some(1000),
            uid_max: Some(1999),
            groups: vec!["ops".to_owned()],
            ..AccountFilter::default()
        };
        let filter = filter.compile().unwrap();
        let svc = account("svc-db", PasswordField::Set);
        let ops = |group: &str| group == "ops";
        assert!(filter.accepts(&svc, 1000, ops));
        assert!(!filter.accepts(&svc, 999, ops));
        assert!(!filter.accepts(&svc, 2000, ops));
        assert!(!filter.accepts(&svc, 1000, |_| false));
        assert!(!filter.accepts(&account("my-svc-db", PasswordField::Set), 1000, ops));
    }

    #[test]
    fn disabled_accounts_are_listed_only_when_asked_for() {
        let plain = AccountFilter::default().compile().unwrap();
        let all = AccountFilter { include_disabled: true, ..AccountFilter::default() };
        let all = all.compile().unwrap();
        let no_login = DiscoveredAccount { no_login: true, ..account("a", PasswordField::Set) };
        for disabled in
            [account("a", PasswordField::Locked), account("a", PasswordField::Unusable), no_login]
        {
            assert!(!plain.accepts(&disabled, 1, |_| false), "{disabled:?}");
            assert!(all.accepts(&disabled, 1, |_| false), "{disabled:?}");
        }
        // An empty password is open to anyone: it must be seen.
        assert!(plain.accepts(&account("a", PasswordField::Empty), 1, |_| false));
    }

    #[test]
    fn unusable_values_are_named() {
        let base = AccountFilter::default();
        let cases = [
            (AccountFilter { names: Some("(".to_owned()), ..base.clone() }, "names is \"(\" (un"),
            (AccountFilter { names: Some("a".repeat(1_001)), ..base.clone() }, "names is 1001"),
            (
                AccountFilter { names: Some("(a{1000}){1000}".to_owned()), ..base.clone() },
                "names is",
            ),
            (
                AccountFilter { uid_min: Some(5), uid_max: Some(4), ..base.clone() },
                "uid_min is 5, above uid_max = 4; expected a number up to uid_max",
            ),
            (AccountFilter { groups: vec!["a:b".to_owned()], ..base.clone() }, "groups is \"a:b\""),
            (AccountFilter { groups: vec![String::new(); 101], ..base }, "a list of 101 names"),
        ];
        for (filter, expected) in cases {
            let error = filter.compile().expect_err(expected).to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn is_plain_data_and_knows_its_fields() {
        let filter: AccountFilter = serde_json::from_str(r#"{"names":"^a"}"#).unwrap();
        assert!(filter.include_directory);
        assert!(!filter.include_disabled);
        // The predecessor's shell command must not be taken silently (A-073).
        assert!(serde_json::from_str::<AccountFilter>(r#"{"UserQuery":"id"}"#).is_err());
    }
}
