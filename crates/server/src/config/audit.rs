//! Witnesses and exports of the audit log: their settings.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::values::Values;
use crate::audit::Format;

/// What becomes of the audit log outside of the database.
#[derive(Clone, Debug, Default)]
pub struct AuditConfig {
    /// Heads are signed this often, if there are new lines.
    pub head_interval: Duration,
    /// And at the latest after so many lines.
    pub head_lines: u64,
    /// Who is sent every signed head.
    pub witnesses: Vec<(&'static str, Target)>,
    /// What is held while no witness has seen the log for this long.
    pub required_within: Option<Duration>,
    /// Who is sent every line, and how it is written.
    pub sinks: Vec<(&'static str, Target, Format)>,
}

/// Where something is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Appended to a file.
    File(PathBuf),
    /// Syslog.
    Syslog {
        /// How it travels.
        transport: Transport,
        /// Host and port.
        address: HostPort,
    },
    /// Another Sekisho server.
    Server {
        /// Its host and the port of its API.
        address: HostPort,
        /// How it is recognised.
        tls: TlsFiles,
        /// The file that holds the API token.
        token_file: PathBuf,
    },
}

/// How syslog travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// In datagrams: whatever is lost is lost.
    Udp,
    /// In the clear, with octet counting (RFC 6587).
    Tcp,
    /// Over TLS (RFC 5425).
    Tls(TlsFiles),
}

/// How a TLS server is recognised, and how we prove ourselves to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The CA certificates that count, PEM.
    pub ca: PathBuf,
    /// Our certificate and its key, PEM.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// A DNS name or an address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl HostPort {
    /// Reads `host:port`, `192.0.2.7:514` or `[2001:db8::1]:514`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let is_bracketed = host.starts_with('[') && host.ends_with(']');
        let host = if is_bracketed { &host[1..host.len() - 1] } else { host };
        let is_host = !host.is_empty()
            && (is_bracketed || !host.contains(':'))
            && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._:".contains(c));
        let port = port.parse().ok().filter(|port| *port != 0)?;
        is_host.then(|| Self { host: host.to_owned(), port })
    }
}

impl std::fmt::Display for HostPort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

pub(super) fn check(values: &mut Values, data_dir: &Path) -> AuditConfig {
    let seconds = |number: u32| Duration::from_secs(u64::from(number));
    let head_interval = seconds(values.number("audit.head_interval_s", 1, 3600));
    let head_lines = values.number("audit.head_lines", 1, 10_000).into();
    let max_lag = seconds(values.number("audit.witness.max_lag_s", 5, 7 * 24 * 3600));
    let is_required = values.parse("audit.witness.required", "true or false", false);
    let mut witnesses = Vec::new();
    if let Some(path) = file(values, "audit.witness.file") {
        if path.starts_with(data_dir) {
            let found = path.display().to_string();
            values.problem(format!(
                "'audit.witness.file' {found} lies inside data_dir; a witness must be where \
                 whoever changes the database cannot write, e.g. on another mount"
            ));
        }
        witnesses.push(("witness.file", Target::File(path)));
    }
    witnesses.extend(
        syslog(values, "audit.witness.syslog", "tls://").map(|target| ("witness.syslog", target)),
    );
    witnesses.extend(server(values).map(|target| ("witness.server", target)));
    if is_required && witnesses.is_empty() {
        values.problem(
            "'audit.witness.required' is true, but there is no witness: give \
             'audit.witness.file', 'audit.witness.syslog' or 'audit.witness.server'",
        );
    }
    if is_required && max_lag <= head_interval {
        let (lag, interval) = (max_lag.as_secs(), head_interval.as_secs());
        values.problem(format!(
            "'audit.witness.max_lag_s' is {lag}, expected more than 'audit.head_interval_s' \
             ({interval}): heads could not arrive in time"
        ));
    }
    let mut sinks = Vec::new();
    if let Some(path) = file(values, "audit.export.file") {
        sinks.push(("export.file", Target::File(path), Format::Jsonl));
    }
    if let Some(target) = syslog(values, "audit.export.syslog", "tls://, tcp:// or udp://") {
        let format = match values.text("audit.export.syslog_format") {
            Some("cef") => Format::Cef,
            Some("rfc5424") | None => Format::Rfc5424,
            Some(other) => {
                let text =
                    format!("'audit.export.syslog_format' is '{other}', expected rfc5424 or cef");
                values.problem(text);
                Format::Rfc5424
            }
        };
        sinks.push(("export.syslog", target, format));
    }
    let required_within = is_required.then_some(max_lag);
    AuditConfig { head_interval, head_lines, witnesses, required_within, sinks }
}

pub(super) fn file(values: &mut Values, key: &str) -> Option<PathBuf> {
    let path = values.path(key)?;
    if !path.is_absolute() {
        let (source, found) = (values.source(key), path.display().to_string());
        values.problem(format!("{source}: '{key}' is '{found}', expected an absolute path"));
    }
    Some(path)
}

fn syslog(values: &mut Values, key: &str, schemes: &str) -> Option<Target> {
    let text = values.text(key)?.to_owned();
    let bad = |values: &mut Values, what: &str| {
        let source = values.source(key);
        values.problem(format!("{source}: '{key}' is '{text}', expected {what}"));
        None
    };
    let Some((scheme, rest)) = text.split_once("://") else {
        return bad(
            values,
            &format!("{schemes} with host and port, e.g. tls://log.example.jp:6514"),
        );
    };
    let Some(address) = HostPort::parse(rest.trim_end_matches('/')) else {
        return bad(values, "a host and a port after ://, e.g. tls://log.example.jp:6514");
    };
    let transport = match scheme {
        "tls" => Transport::Tls(tls_files(values, key)?),
        "tcp" if schemes.contains("tcp") => Transport::Tcp,
        "udp" if schemes.contains("udp") => Transport::Udp,
        _ => return bad(values, &format!("one of {schemes}")),
    };
    Some(Target::Syslog { transport, address })
}

fn server(values: &mut Values) -> Option<Target> {
    const KEY: &str = "audit.witness.server";
    let text = values.text(KEY)?.to_owned();
    let address =
        text.strip_prefix("https://").and_then(|rest| HostPort::parse(rest.trim_end_matches('/')));
    let Some(address) = address else {
        let source = values.source(KEY);
        values.problem(format!(
            "{source}: '{KEY}' is '{text}', expected https:// with host and port, e.g. \
             https://witness.example.jp:8443"
        ));
        return None;
    };
    let tls = tls_files(values, KEY)?;
    let Some(token_file) = file(values, "audit.witness.server_token_file") else {
        values.problem(
            "'audit.witness.server' needs 'audit.witness.server_token_file': a file with an API \
             token of the scope witness, made on that server",
        );
        return None;
    };
    Some(Target::Server { address, tls, token_file })
}

/// `KEY_ca`, `KEY_certificate` and `KEY_key`.
fn tls_files(values: &mut Values, key: &str) -> Option<TlsFiles> {
    let [ca_key, certificate_key, key_key] =
        ["ca", "certificate", "key"].map(|part| format!("{key}_{part}"));
    let ca = file(values, &ca_key);
    let identity = match (file(values, &certificate_key), file(values, &key_key)) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            values.problem(format!("'{certificate_key}' and '{key_key}' go together; give both"));
            None
        }
    };
    match ca {
        Some(ca) => Some(TlsFiles { ca, identity }),
        None => {
            values.problem(format!(
                "'{key}' needs '{ca_key}': the file with the CA certificates that count"
            ));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_set(set: &[&str]) -> (AuditConfig, String) {
        let mut values = Values::default();
        let set: Vec<String> = set.iter().map(|pair| (*pair).to_owned()).collect();
        values.flags(&set);
        let config = check(&mut values, Path::new("/var/lib/sekisho"));
        let problems: Vec<String> = values.problems.iter().map(ToString::to_string).collect();
        (config, problems.join("\n"))
    }

    #[test]
    fn nothing_is_sent_unless_asked_for() {
        let (config, problems) = check_set(&[]);
        assert_eq!(problems, "");
        assert!(config.witnesses.is_empty() && config.sinks.is_empty());
        assert_eq!(config.required_within, None);
    }

    #[test]
    fn every_kind_is_read() {
        let (config, problems) = check_set(&[
            "audit.witness.file=/mnt/worm/heads.jsonl",
            "audit.witness.syslog=tls://log.example.jp:6514",
            "audit.witness.syslog_ca=/etc/sekisho/log-ca.pem",
            "audit.witness.server=https://[2001:db8::1]:8443/",
            "audit.witness.server_ca=/etc/sekisho/other-ca.pem",
            "audit.witness.server_token_file=/etc/sekisho/witness-token",
            "audit.witness.required=true",
            "audit.export.syslog=udp://192.0.2.7:514",
            "audit.export.syslog_format=cef",
        ]);
        assert_eq!(problems, "");
        assert_eq!(config.witnesses.len(), 3);
        let Target::Server { address, .. } = &config.witnesses[2].1 else { panic!("a server") };
        assert_eq!(address.to_string(), "[2001:db8::1]:8443");
        assert_eq!(config.required_within, Some(Duration::from_secs(300)));
        assert_eq!(config.sinks[0].2, Format::Cef);
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for (set, expected) in [
            (&["audit.witness.required=true"][..], "there is no witness"),
            (&["audit.witness.required=maybe"], "expected true or false"),
            (&["audit.witness.file=heads"], "expected an absolute path"),
            (&["audit.witness.file=/var/lib/sekisho/heads"], "lies inside data_dir"),
            (&["audit.witness.syslog=tcp://log:514"], "expected one of tls://"),
            (&["audit.witness.syslog=tls://log:6514"], "needs 'audit.witness.syslog_ca'"),
            (&["audit.witness.syslog=log"], "e.g. tls://log.example.jp:6514"),
            (&["audit.export.syslog=udp://log:0"], "a host and a port"),
            (&["audit.export.syslog=tls://log:1", "audit.export.syslog_key=/k"], "go together"),
            (&["audit.export.syslog=udp://h:1", "audit.export.syslog_format=x"], "rfc5424 or cef"),
            (&["audit.witness.server=http://h:1"], "expected https://"),
            (
                &["audit.witness.server=https://h:1", "audit.witness.server_ca=/c"],
                "server_token_file",
            ),
            (
                &[
                    "audit.witness.file=/mnt/x",
                    "audit.witness.required=true",
                    "audit.head_interval_s=600",
                ],
                "expected more than 'audit.head_interval_s'",
            ),
        ] {
            let (_, problems) = check_set(set);
            assert!(problems.contains(expected), "{set:?}: {problems}");
        }
    }
}
