//! Audit lines in the languages of other systems.

mod cef;
mod rfc5424;

use std::fmt::Write as _;

use sekisho_model::audit::AuditLine;
use sekisho_model::word::UnknownWord;

/// How an exported line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line; can be verified.
    Jsonl,
    /// Syslog with structured data.
    Rfc5424,
    /// CEF inside syslog.
    Cef,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] = &[Self::Jsonl, Self::Rfc5424, Self::Cef];

    /// The fixed word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Rfc5424 => "rfc5424",
            Self::Cef => "cef",
        }
    }

    /// Writes a line; the result has no line feed.
    pub fn write(self, host: &str, line: &AuditLine) -> String {
        match self {
            Self::Jsonl => line.to_export(),
            Self::Rfc5424 => rfc5424::write(host, line),
            Self::Cef => cef::write(host, line),
        }
    }
}

impl std::str::FromStr for Format {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.iter().copied().find(|format| format.as_str() == text).ok_or_else(|| {
            UnknownWord {
                what: "export format",
                found: text.chars().take(64).collect(),
                expected: "jsonl, rfc5424, cef".to_owned(),
            }
        })
    }
}

/// The header of RFC 5424 up to and with the blank before the structured data.
/// The facility is 13, *log audit*.
fn header(host: &str, syslog_severity: u8, at: &str, message: &str) -> String {
    let priority = 13 * 8 + syslog_severity;
    // Printable ASCII without blanks, at most 255 (RFC 5424, 6).
    let host: String = host.chars().filter(char::is_ascii_graphic).take(255).collect();
    let host = if host.is_empty() { "-" } else { &host };
    format!("<{priority}>1 {at} {host} sekisho - {message} ")
}

/// A syslog message that carries a signed head.
pub(super) fn head_message(host: &str, head: &sekisho_seal::audit_head::SignedHead) -> String {
    let json = serde_json::to_string(head).expect("a signed head becomes JSON");
    format!("{}- {json}", header(host, 5, &head.head.at.to_string(), "AUDITHEAD"))
}

/// Names and values of the fields of a JSON object, values that are no text as
/// JSON. `None` when it is none.
fn fields(json: &str) -> Option<Vec<(String, String)>> {
    let serde_json::Value::Object(map) = serde_json::from_str(json).ok()? else { return None };
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    Some(map.into_iter().map(|(name, value)| (name, text(value))).collect())
}

/// Control characters as `\n`, `\r`, `\t` or `\u00xx`: syslog daemons change or
/// drop raw ones. The JSON beside it has the exact text.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                write!(out, "\\u{:04x}", u32::from(c)).expect("a string takes all text");
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
pub(super) mod samples {
    use sekisho_model::Timestamp;
    use sekisho_model::audit::{AuditLine, LineHash};
    use sekisho_model::event::{Actor, Event, Origin};
    use sekisho_model::id::{AuditChainId, RequestId, UserId};
    use sekisho_model::rng::SeededRng;

    /// A line with this text in it.
    pub(in crate::audit) fn line(text: &str) -> AuditLine {
        let rng = SeededRng::new(5);
        let origin = Origin {
            request: RequestId::at(Timestamp::EPOCH, &rng),
            address: Some("192.0.2.7".parse().expect("an address")),
        };
        let chain = AuditChainId::at(Timestamp::EPOCH, &rng);
        let actor = Actor::User(UserId::at(Timestamp::EPOCH, &rng));
        let event = Event::AuditViewed { filter: text.to_owned() };
        let at = Timestamp::from_millis(1_769_850_000_250);
        AuditLine::new(chain, (7, LineHash::START), at, &actor, &origin, &event)
    }
}
