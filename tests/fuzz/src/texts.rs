//! Names, times, addresses, cursors and settings files.

use std::fmt::Display;
use std::str::FromStr;

use sekisho_agent::config::Config as AgentConfig;
use sekisho_link::{Endpoint, Proxy, ProxyUrl};
use sekisho_model::Timestamp;
use sekisho_model::audit::AuditLine;
use sekisho_model::id::AccountId;
use sekisho_model::name::{AccountName, DnsName, LoginName};
use sekisho_model::rotation::Age;
use sekisho_store::Cursor;

use crate::chosen;

/// What is read is written as something that is read as the same.
fn round<T: FromStr + Display + PartialEq>(text: &str) -> bool {
    let Ok(value) = text.parse::<T>() else { return false };
    let written = value.to_string();
    assert!(written.parse::<T>().is_ok_and(|again| again == value), "{text:?} {written:?}");
    true
}

const KINDS: &[fn(&str) -> bool] = &[
    round::<AccountId>,
    round::<Timestamp>,
    round::<AccountName>,
    round::<LoginName>,
    round::<DnsName>,
    round::<Age>,
    round::<Cursor>,
    round::<Endpoint>,
    round::<ProxyUrl>,
    |text| {
        let url: ProxyUrl = "http://proxy.example.jp:3128".parse().expect("a proxy");
        let Ok(proxy) = Proxy::new(url, text.split(',')) else { return false };
        proxy.is_for("server.example.jp");
        proxy.is_for("2001:db8::1");
        drop(proxy.with_credentials(text.as_bytes()));
        true
    },
    |text| {
        let Ok(line) = AuditLine::from_export(text) else { return false };
        let again = AuditLine::from_export(&line.to_export()).expect("what we write");
        assert_eq!(line, again);
        true
    },
];

/// Words that people and programs send.
pub(crate) fn texts(bytes: &[u8]) -> bool {
    let Some((first, rest)) = bytes.split_first() else { return false };
    let Ok(text) = std::str::from_utf8(rest) else { return false };
    KINDS[usize::from(*first) % KINDS.len()](text)
}

pub(crate) fn text_seeds() -> Vec<Vec<u8>> {
    [
        (0, "0199a1b2-0000-7000-8000-000000000001"),
        (1, "2026-11-22T06:00:00.123Z"),
        (2, "CORP\\svc-backup"),
        (3, "hanako@example.jp"),
        (4, "db01.example.jp"),
        (5, "90"),
        (5, "off"),
        (6, "0199a1b20000700080000000000000010関所"),
        (7, "sekisho.example.jp:8383"),
        (7, "[2001:db8::1]:8383"),
        (8, "http://proxy.example.jp:3128"),
        (8, "https://[2001:db8::1]:3128/"),
        (9, "localhost,.example.jp,10.0.0.0/8,2001:db8::/32,*"),
    ]
    .map(|(kind, text)| chosen(kind, text))
    .to_vec()
}

/// The agent's settings file.
pub(crate) fn settings(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    match AgentConfig::parse(text) {
        Ok(_) => true,
        Err(said) => {
            assert!(!said.is_empty());
            false
        }
    }
}

pub(crate) fn settings_seeds() -> Vec<Vec<u8>> {
    let text = "server = \"sekisho.example.jp:8383\"\ninterval_s = 60\n\n[accounts]\nuid_min = 1000\n\
                names = \"^svc-\"\n";
    vec![text.as_bytes().to_vec(), Vec::new()]
}
