//! Names, parsed once at the border.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a name was refused: which field, what was found, what is expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct InvalidName {
    /// The field's name as a person knows it.
    pub field: &'static str,
    /// What was found and what is expected.
    pub problem: String,
}

fn refuse<T>(field: &'static str, problem: impl Into<String>) -> Result<T, InvalidName> {
    Err(InvalidName { field, problem: problem.into() })
}

/// Length and characters that hold for every name: 1 to `max_chars`, no
/// control characters, no invisible direction marks, no blank at either end.
fn check_text(field: &'static str, text: &str, max_chars: usize) -> Result<(), InvalidName> {
    if text.is_empty() {
        return refuse(field, "is empty; give at least one character");
    }
    let length = text.chars().count();
    if length > max_chars {
        return refuse(field, format!("has {length} characters; at most {max_chars} are allowed"));
    }
    if let Some((at, found)) = text.chars().enumerate().find(|(_, c)| is_unprintable(*c)) {
        return refuse(
            field,
            format!(
                "has the invisible character U+{:04X} at position {}; remove it",
                u32::from(found),
                at + 1
            ),
        );
    }
    if text.trim() != text {
        return refuse(field, "begins or ends with a blank; remove it");
    }
    Ok(())
}

/// Control characters, line and paragraph separators, and the marks that
/// change the direction of text: they make a name look like another one.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}')
        || matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

macro_rules! text_name {
    ($(#[$doc:meta])* $name:ident, $field:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                let check: fn(&str) -> Result<(), InvalidName> = $check;
                check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, InvalidName> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_name! {
    /// The name of an account on its resource.
    ///
    /// An operating system decides what it accepts; Sekisho refuses only what
    /// could be read as something else by the system's tools: control
    /// characters (a newline is a second record to `chpasswd`), `:` (the field
    /// separator of the account files) and more than 256 characters.
    AccountName, "account name", |text| {
        check_text("account name", text, 256)?;
        if text.contains(':') {
            return refuse("account name", "contains ':', which separates fields in account files");
        }
        Ok(())
    }
}

text_name! {
    /// The name of a resource, free text for people; at most 200 characters.
    ResourceName, "resource name", |text| check_text("resource name", text, 200)
}

text_name! {
    /// The name a person signs in with: 1 to 64 of `a-z 0-9 . _ - @`,
    /// lower case, so that two names cannot look alike.
    LoginName, "user name", |text| {
        check_text("user name", text, 64)?;
        match text.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '.' | '_' | '-' | '@')) {
            Some(found) => refuse(
                "user name",
                format!("contains '{found}'; use a-z, 0-9 and . _ - @"),
            ),
            None => Ok(()),
        }
    }
}

text_name! {
    /// A host's DNS name: labels of letters, digits and `-`, at most 253
    /// characters (RFC 1123), kept in lower case.
    DnsName, "DNS name", |text| {
        check_text("DNS name", text, 253)?;
        for label in text.split('.') {
            if label.is_empty() || label.len() > 63 {
                return refuse("DNS name", "has an empty label or one longer than 63 characters");
            }
            if label.starts_with('-') || label.ends_with('-') {
                return refuse("DNS name", format!("has the label '{label}', which begins or ends with '-'"));
            }
            if let Some(found) =
                label.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-' | '_'))
            {
                return refuse("DNS name", format!("contains '{found}'; use a-z, 0-9, '-' and '.'"));
            }
        }
        Ok(())
    }
}

text_name! {
    /// A short label a person gives something (an enrolment key, an API
    /// token, a password policy); at most 100 characters.
    Label, "name", |text| check_text("name", text, 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_names_that_tools_could_misread_are_refused() {
        for bad in ["", "a:b", "a\nroot", "a\u{0}", "tab\tbed", "\u{202E}toor", " a", "a "] {
            assert!(bad.parse::<AccountName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn account_names_that_merely_look_odd_are_kept() {
        for good in ["root", "svc user", "o'brien", "$(id)", "管理者", "a\"b", "CORP\\svc", "-rf"]
        {
            assert_eq!(good.parse::<AccountName>().expect("valid").as_str(), good);
        }
    }

    #[test]
    fn the_refusal_names_field_finding_and_remedy() {
        let error = "Ann".parse::<LoginName>().expect_err("upper case");
        assert_eq!(error.to_string(), "user name contains 'A'; use a-z, 0-9 and . _ - @");
        let error = "a\u{1b}".parse::<AccountName>().expect_err("control");
        assert_eq!(
            error.to_string(),
            "account name has the invisible character U+001B at position 2; remove it"
        );
    }

    #[test]
    fn dns_names() {
        assert!("web-01.example.jp".parse::<DnsName>().is_ok());
        assert!("web_01".parse::<DnsName>().is_ok());
        for bad in ["-a", "a-", "a..b", "ä.example", "a b"] {
            assert!(bad.parse::<DnsName>().is_err(), "{bad}");
        }
    }
}
