//! Names and times as text for people.

use std::borrow::Cow;
use std::fmt::Write;
use std::time::Duration;

use sekisho_model::Timestamp;
use serde::{Deserialize, Deserializer};

/// The text with everything made visible that a terminal would obey or that
/// hides or reorders what follows. A name comes from a host that somebody may
/// have taken over: it must not move the cursor, retitle the window or look
/// like another name.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_active) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_active(c) => {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Control characters (C0, DEL, C1), separators of lines, marks of direction,
/// characters without width, tags and private use.
fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{00AD}'
                | '\u{034F}'
                | '\u{061C}'
                | '\u{180E}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{FEFF}'
                | '\u{FFF9}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E007F}'
        )
}

/// An instant in an answer: RFC 3339 text, or milliseconds since 1970 in the
/// raw lines of the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(pub(crate) Timestamp);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Millis(i64),
            Text(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Millis(ms) => Ok(Self(Timestamp::from_millis(ms))),
            Form::Text(text) => text.parse().map(Self).map_err(serde::de::Error::custom),
        }
    }
}

/// `2026-01-31 09:00:00Z (3 min ago)`.
pub(crate) fn instant(at: Timestamp, now: Timestamp) -> String {
    format!("{} ({})", utc(at), relative(at, now))
}

/// `2026-01-31 09:00:00Z`.
pub(crate) fn utc(at: Timestamp) -> String {
    let text = at.to_string();
    match (text.split_once('T'), text.split_once('.')) {
        (Some((day, time)), Some(_)) => {
            format!("{day} {}Z", time.split('.').next().unwrap_or(time))
        }
        _ => text,
    }
}

/// `3 min ago`, `in 2 h`.
pub(crate) fn relative(at: Timestamp, now: Timestamp) -> String {
    let distance = at.distance(now);
    if distance < Duration::from_secs(1) {
        "now".to_owned()
    } else if at <= now {
        format!("{} ago", span(distance))
    } else {
        // What was set to twelve hours a moment ago is not "in 11 h".
        format!("in {}", span(distance + Duration::from_secs(unit_s(distance) / 2)))
    }
}

/// A length of time in its largest fitting unit, rounded down.
pub(crate) fn span(length: Duration) -> String {
    let unit_s = unit_s(length);
    let name = match unit_s {
        1 => "s",
        60 => "min",
        3_600 => "h",
        _ => "days",
    };
    format!("{} {name}", length.as_secs() / unit_s)
}

/// The seconds of the unit that a length of time is told in.
fn unit_s(length: Duration) -> u64 {
    match length.as_secs() {
        0..60 => 1,
        60..3_600 => 60,
        3_600..172_800 => 3_600,
        _ => 86_400,
    }
}

/// Reads `90s`, `15m`, `12h` or `7d`.
pub(crate) fn parse_span(text: &str) -> Result<Duration, String> {
    let expected =
        || format!("'{text}' is not a length of time; write it like 90s, 15m, 12h or 7d");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(expected()),
    };
    let number: u64 = digits.parse().map_err(|_| expected())?;
    number.checked_mul(factor).map(Duration::from_secs).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_drive_the_terminal() {
        assert_eq!(safe("root"), "root");
        assert_eq!(safe("管理者 é"), "管理者 é");
        assert_eq!(safe("a\x1b]0;owned\x07b"), "a\\u{1b}]0;owned\\u{7}b");
        assert_eq!(safe("two\nlines\r\t"), "two\\nlines\\r\\t");
        assert_eq!(safe("\u{9b}31m"), "\\u{9b}31m");
        assert_eq!(safe("txt.\u{202e}exe"), "txt.\\u{202e}exe");
        assert_eq!(safe("ro\u{200b}ot"), "ro\\u{200b}ot");
    }

    #[test]
    fn instants_are_utc_and_relative() {
        let at: Timestamp = "2026-01-31T09:00:00.250Z".parse().expect("valid");
        let now = at.plus(Duration::from_secs(200));
        assert_eq!(instant(at, now), "2026-01-31 09:00:00Z (3 min ago)");
        assert_eq!(relative(now, at), "in 3 min");
        assert_eq!(relative(at.plus(Duration::from_millis(43_199_900)), at), "in 12 h");
        assert_eq!(relative(at, at), "now");
        assert_eq!(span(Duration::from_secs(172_800)), "2 days");
        assert_eq!(span(Duration::from_secs(172_799)), "47 h");
    }

    #[test]
    fn times_come_as_text_or_milliseconds() {
        let text: Time = serde_json::from_str(r#""2026-01-31T09:00:00.250Z""#).expect("text");
        let millis: Time = serde_json::from_str("1769850000250").expect("millis");
        assert_eq!(text, millis);
        assert!(serde_json::from_str::<Time>(r#""soon""#).is_err());
    }

    #[test]
    fn lengths_of_time_are_read() {
        assert_eq!(parse_span("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_span("12h"), Ok(Duration::from_secs(43_200)));
        assert_eq!(parse_span("7d"), Ok(Duration::from_secs(604_800)));
        for wrong in ["", "h", "12", "-1h", "1w", "99999999999999999999d", "1é"] {
            assert!(parse_span(wrong).is_err(), "{wrong}");
        }
    }
}
