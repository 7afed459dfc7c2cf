//! ArcSight's Common Event Format, inside syslog.

use sekisho_model::audit::AuditLine;

use super::{fields, header, visible};

pub(super) fn write(host: &str, line: &AuditLine) -> String {
    let rank = line.rank();
    let mut out = header(host, rank.syslog, &line.at.to_string(), &format!("E{}", line.code));
    out.push_str("- CEF:0");
    let (version, code) = (env!("CARGO_PKG_VERSION"), line.code.to_string());
    let severity = rank.cef.to_string();
    for part in ["Sekisho", "Sekisho", version, &code, rank.name, &severity] {
        out.push('|');
        escape(&mut out, part, &['|', '\\']);
    }
    out.push('|');
    let mut extension = vec![
        ("rt", line.at.as_millis().to_string()),
        ("externalId", format!("{}:{}", line.chain, line.seq)),
        ("cat", rank.class.map_or("unknown", |class| class.as_str()).to_owned()),
        ("cs1Label", "chain".to_owned()),
        ("cs1", line.chain.to_string()),
        ("cn1Label", "line".to_owned()),
        ("cn1", line.seq.to_string()),
        ("cs2Label", "hash".to_owned()),
        ("cs2", line.hash.to_string()),
    ];
    let part = |json: &str, name: &str| {
        let found = fields(json)?.into_iter().find(|(field, _)| field == name)?;
        Some(found.1).filter(|text| text != "null")
    };
    extension.extend(part(&line.actor, "kind").map(|kind| ("suser", kind)));
    extension.extend(part(&line.actor, "id").map(|id| ("suid", id)));
    extension.extend(part(&line.origin, "address").map(|address| {
        // `src` takes IPv4 only; IPv6 has a field of its own.
        if address.contains(':') { ("c6a2", address) } else { ("src", address) }
    }));
    if let Some(request) = part(&line.origin, "request") {
        extension.push(("cs3Label", "request".to_owned()));
        extension.push(("cs3", request));
    }
    extension.push(("msg", line.event.clone()));
    for (n, (name, value)) in extension.into_iter().enumerate() {
        if n > 0 {
            out.push(' ');
        }
        out.push_str(name);
        out.push('=');
        escape(&mut out, &value, &['=', '\\']);
    }
    out
}

/// Line ends as `\n` and `\r`, the given characters behind a backslash.
fn escape(out: &mut String, text: &str, behind_backslash: &[char]) {
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            // As JSON writes it; its backslash is data here.
            c if c.is_control() => out.push_str(&visible(&c.to_string()).replace('\\', "\\\\")),
            c => {
                if behind_backslash.contains(&c) {
                    out.push('\\');
                }
                out.push(c);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::line;
    use super::*;
    use proptest::prelude::*;

    /// Reads the seven parts of the header and the last field, `msg`.
    fn parse(message: &str) -> (Vec<String>, String) {
        let mut rest = message[message.find("CEF:0").expect("CEF")..].chars();
        let mut parts = Vec::new();
        while parts.len() < 7 {
            let mut part = String::new();
            loop {
                match rest.next().expect("a bar") {
                    '|' => break,
                    '\\' => part.push(rest.next().expect("an escaped character")),
                    c => part.push(c),
                }
            }
            parts.push(part);
        }
        let extension: String = rest.collect();
        let at = extension.find(" msg=").expect("the last field") + " msg=".len();
        let mut rest = extension[at..].chars();
        let mut value = String::new();
        while let Some(c) = rest.next() {
            match c {
                '\\' => match rest.next().expect("an escaped character") {
                    'n' => value.push('\n'),
                    'r' => value.push('\r'),
                    c => value.push(c),
                },
                '=' => panic!("must be escaped"),
                c => value.push(c),
            }
        }
        (parts, value)
    }

    #[test]
    fn a_message_has_the_header_and_the_known_fields() {
        let message = write("vault", &line("a|b=c\\d\n関所"));
        let (parts, _) = parse(&message);
        assert_eq!(parts[1..4], ["Sekisho", "Sekisho", env!("CARGO_PKG_VERSION")]);
        assert_eq!(parts[4..], ["700", "Audit log viewed", "2"]);
        assert!(message.contains(" cn1Label=line cn1=7 "), "{message}");
        assert!(message.contains(" suser=user suid="), "{message}");
        assert!(message.contains(" src=192.0.2.7 "), "{message}");
        assert!(message.contains(r"a|b\=c\\\\d\\n関所"), "{message}");
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read(text in any::<String>()) {
            let original = line(&text);
            let message = write("host", &original);
            prop_assert!(!message.contains(|c: char| c.is_ascii_control()));
            let (parts, value) = parse(&message);
            prop_assert_eq!(parts.len(), 7);
            let read: serde_json::Value = serde_json::from_str(&value).expect("JSON");
            prop_assert_eq!(read["filter"].as_str(), Some(text.as_str()));
        }
    }
}
