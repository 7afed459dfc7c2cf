//! Mail that the server sends: addresses, and what becomes of a mail.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::name::InvalidName;
use crate::word::words;

words! {
    /// What a mail is about.
    MailKind ("kind of mail") {
        /// A report that somebody has sent to themselves on a schedule.
        Report = "report",
        /// What became of tasks that somebody asked for.
        Tasks = "tasks",
        /// That the certificate of the server ends.
        Certificate = "certificate",
    }
}

words! {
    /// What becomes of a mail.
    MailState ("state of a mail") {
        /// It is to be sent, for the first time or again.
        Waiting = "waiting",
        /// The mail server has taken it.
        Sent = "sent",
        /// It was given up: the mail server refused it, or could not be reached
        /// for too long. Somebody can have it sent again.
        Dead = "dead",
    }
}

/// The longest address (RFC 5321, section 4.5.3.1.3, without the brackets).
const MAX_ADDRESS_BYTES: usize = 254;

/// The longest part before the `@` (RFC 5321, section 4.5.3.1.1).
const MAX_LOCAL_BYTES: usize = 64;

/// The address of a mailbox: `local@domain`, both without quotes, comments and
/// anything outside of ASCII (RFC 5321, section 4.1.2: `Dot-string "@" Domain`).
/// So no address can end a line of a mail's head, or hold a second one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MailAddress(String);

impl MailAddress {
    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands after the `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

fn refuse<T>(problem: impl Into<String>) -> Result<T, InvalidName> {
    Err(InvalidName { field: "mail address", problem: problem.into() })
}

impl FromStr for MailAddress {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if text.is_empty() {
            return refuse("is empty; give one like ann@example.jp");
        }
        if text.len() > MAX_ADDRESS_BYTES {
            let found = text.len();
            return refuse(format!("has {found} bytes; at most {MAX_ADDRESS_BYTES} are allowed"));
        }
        if let Some(found) = text.chars().find(|c| !c.is_ascii_graphic()) {
            let code = u32::from(found);
            return refuse(format!(
                "has the character U+{code:04X}; only printable ASCII without blanks is allowed"
            ));
        }
        let Some((local, domain)) = text.split_once('@') else {
            return refuse(format!("'{text}' has no '@'; give one like ann@example.jp"));
        };
        if local.len() > MAX_LOCAL_BYTES || !is_dotted(local, is_atom) {
            return refuse(format!(
                "has '{local}' before the '@'; expected 1 to {MAX_LOCAL_BYTES} letters, digits, \
                 single dots between them and !#$%&'*+-/=?^_`{{|}}~"
            ));
        }
        let is_label = |label: &str| {
            label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if !is_dotted(domain, |_| true) || !domain.split('.').all(is_label) {
            return refuse(format!(
                "has '{domain}' after the '@'; expected a DNS name like example.jp"
            ));
        }
        Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }
}

/// Parts with single dots between them, none of them empty.
fn is_dotted(text: &str, is_allowed: impl Fn(char) -> bool) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.chars().all(&is_allowed))
}

/// RFC 5322, section 3.2.3.
fn is_atom(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

impl TryFrom<String> for MailAddress {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl From<MailAddress> for String {
    fn from(address: MailAddress) -> String {
        address.0
    }
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_plain() {
        for (text, kept) in [
            ("ann@example.jp", "ann@example.jp"),
            ("Ann.Lee+sekisho@EXAMPLE.JP", "Ann.Lee+sekisho@example.jp"),
            ("o'hara@localhost", "o'hara@localhost"),
        ] {
            assert_eq!(text.parse::<MailAddress>().expect(text).as_str(), kept);
        }
        let address: MailAddress = "ann@mail.example.jp".parse().expect("valid");
        assert_eq!(address.domain(), "mail.example.jp");
    }

    #[test]
    fn nothing_that_could_end_a_line_or_begin_another_address_is_one() {
        for (text, problem) in [
            ("", "is empty"),
            ("ann", "has no '@'"),
            ("ann@example.jp\r\nBcc: eve@example.com", "U+000D"),
            ("ann@example.jp\nBcc:eve@example.com", "U+000A"),
            ("ann@example.jp ", "U+0020"),
            ("ann,eve@example.jp", "before the '@'"),
            ("<ann@example.jp>", "before the '@'"),
            ("\"ann\"@example.jp", "before the '@'"),
            ("ann..lee@example.jp", "before the '@'"),
            (".ann@example.jp", "before the '@'"),
            ("@example.jp", "before the '@'"),
            ("ann@eve@example.jp", "after the '@'"),
            ("ann@example..jp", "after the '@'"),
            ("ann@-example.jp", "after the '@'"),
            ("ann@[192.0.2.7]", "after the '@'"),
            ("ann@", "after the '@'"),
            ("杏@example.jp", "U+674F"),
            ("ann@例え.jp", "U+4F8B"),
        ] {
            let error = text.parse::<MailAddress>().expect_err(text).to_string();
            assert!(error.starts_with("mail address "), "{error}");
            assert!(error.contains(problem), "{text:?}: {error}");
        }
        let long = format!("{}@example.jp", "a".repeat(65));
        assert!(long.parse::<MailAddress>().is_err());
        let longer = format!("a@{}.jp", "a.".repeat(130));
        assert!(longer.parse::<MailAddress>().is_err());
    }
}
