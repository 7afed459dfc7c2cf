//! Syslog messages with structured data (RFC 5424).

use sekisho_model::audit::AuditLine;

use super::{fields, header, visible};

/// The name of our structured data. 32473 is the number that RFC 5612 keeps
/// for those who have none of their own.
const SD_ID: &str = "sekisho@32473";

/// The byte order mark that tells that the message is UTF-8 (RFC 5424, 6.4).
const BOM: &str = "\u{feff}";

pub(super) fn write(host: &str, line: &AuditLine) -> String {
    let rank = line.rank();
    let mut out = header(host, rank.syslog, &line.at.to_string(), &format!("E{}", line.code));
    out.push('[');
    out.push_str(SD_ID);
    let seq = line.seq.to_string();
    let (chain, hash) = (line.chain.to_string(), line.hash.to_string());
    param(&mut out, "chain", &chain);
    param(&mut out, "seq", &seq);
    param(&mut out, "hash", &hash);
    if let Some(class) = rank.class {
        param(&mut out, "class", class.as_str());
    }
    for (prefix, json) in [("actor_", &line.actor), ("origin_", &line.origin), ("", &line.event)] {
        match fields(json) {
            Some(fields) => {
                for (name, value) in fields {
                    // An event's field may have the name of one of ours.
                    let is_ours = matches!(name.as_str(), "chain" | "seq" | "hash" | "class");
                    let prefix = if prefix.is_empty() && is_ours { "event_" } else { prefix };
                    param(&mut out, &format!("{prefix}{name}"), &value);
                }
            }
            None => param(&mut out, &format!("{prefix}text"), json),
        }
    }
    out.push_str("] ");
    out.push_str(BOM);
    out.push_str(rank.name);
    out.push(' ');
    out.push_str(&visible(&line.event));
    out
}

/// ` name="value"`, with `"`, `\` and `]` escaped (RFC 5424, 6.3.3).
fn param(out: &mut String, name: &str, value: &str) {
    let name: String = name
        .chars()
        .filter(|c| c.is_ascii_graphic() && !matches!(c, '=' | ']' | '"'))
        .take(32)
        .collect();
    out.push(' ');
    out.push_str(&name);
    out.push_str("=\"");
    for c in visible(value).chars() {
        if matches!(c, '"' | '\\' | ']') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::super::samples::line;
    use super::*;
    use proptest::prelude::*;

    /// Reads structured data as a receiver does: name and value of each
    /// parameter, and what follows.
    fn parse(message: &str) -> (Vec<(String, String)>, String) {
        let at = message.find('[').expect("structured data");
        let mut rest = message[at + 1..].chars();
        let id: String = rest.by_ref().take_while(|c| *c != ' ').collect();
        assert_eq!(id, SD_ID);
        let mut params = Vec::new();
        loop {
            let name: String = rest.by_ref().take_while(|c| *c != '=').collect();
            assert_eq!(rest.next(), Some('"'));
            let mut value = String::new();
            loop {
                match rest.next().expect("a closing quote") {
                    '"' => break,
                    '\\' => value.push(rest.next().expect("an escaped character")),
                    c => {
                        assert_ne!(c, ']', "must be escaped");
                        value.push(c);
                    }
                }
            }
            params.push((name, value));
            match rest.next() {
                Some(' ') => {}
                Some(']') => break,
                other => panic!("{other:?} after a parameter"),
            }
        }
        (params, rest.collect())
    }

    #[test]
    fn a_message_is_what_the_rfc_says() {
        let message = write("vault.example.jp", &line("q=\"]\\ 関所\n"));
        let expected = concat!(
            "<110>1 2026-01-31T09:00:00.250Z vault.example.jp sekisho - E700 ",
            "[sekisho@32473 chain=\"",
        );
        assert!(message.starts_with(expected), "{message}");
        assert!(message.contains(r#" filter="q=\"\]\\ 関所\\n"] "#), "{message}");
        assert!(message.contains(r#" origin_address="192.0.2.7""#), "{message}");
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read(text in any::<String>()) {
            let original = line(&text);
            let message = write("host", &original);
            prop_assert!(!message.contains(|c: char| c.is_control()));
            let (params, rest) = parse(&message);
            let filter = params.iter().find(|(name, _)| name == "filter").expect("there");
            prop_assert_eq!(&filter.1, &visible(&text));
            let json = rest.strip_prefix(" \u{feff}Audit log viewed ").expect("the message");
            let event: serde_json::Value = serde_json::from_str(json).expect("JSON");
            prop_assert_eq!(event["filter"].as_str(), Some(text.as_str()));
        }
    }
}
