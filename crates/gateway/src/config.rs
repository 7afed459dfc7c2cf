//! `gateway.toml`: what an administrator sets at the gateway. A file, the
//! environment over it, the command line over both; everything is checked
//! before anything is opened, and all that is wrong is said at once.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sekisho_link::Endpoint;

use crate::settings::{SETTINGS, setting};

/// Where the settings are unless said otherwise.
pub const DEFAULT_PATH: &str = "/etc/sekisho/gateway.toml";

/// The port of the private listener.
pub const PRIVATE_PORT: u16 = 8363;

/// Most worker threads.
const MAX_WORKERS: u32 = 256;

/// Longest drain, in seconds: a wait is parked for 240 s at most.
const MAX_DRAIN_S: u32 = 600;

/// Settings that were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where agents are answered.
    pub agents: Vec<SocketAddr>,
    /// Where the server, pairing and `/getstatus` are answered.
    pub private: SocketAddr,
    /// Where TLS passes through while the server says so; `None`: never.
    pub pass_through: Option<SocketAddr>,
    /// What the server dials.
    pub pairing_address: Endpoint,
    /// The gateway's memory.
    pub state_dir: PathBuf,
    /// Worker threads.
    pub workers: usize,
    /// So long a process that leaves finishes what it has begun.
    pub drain: Duration,
    /// A level or a filter of `tracing-subscriber`.
    pub log_level: String,
    /// Log lines as JSON.
    pub log_json: bool,
    /// What is not there and need not be, one sentence each.
    pub notes: Vec<String>,
}

/// Where a value was found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Default,
    File(PathBuf),
    Environment(&'static str),
    Flag,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Flag => f.write_str("command line"),
        }
    }
}

/// What a check of the settings found.
#[derive(Debug)]
pub struct Checked {
    /// The settings, if nothing is wrong.
    pub config: Option<Config>,
    /// What was understood, a line per setting.
    pub understood: String,
    /// What is not there and need not be.
    pub notes: Vec<String>,
    /// Everything that is wrong, one sentence each.
    pub problems: Vec<String>,
}

impl Config {
    /// Reads and checks everything. A missing file is the same as an empty one
    /// unless `required`.
    ///
    /// # Errors
    /// One sentence per problem, each on a line.
    pub fn load(
        file: &Path,
        required: bool,
        flags: &[String],
        environment: impl Fn(&str) -> Option<String>,
    ) -> anyhow::Result<Self> {
        let checked = Self::check(file, required, flags, environment);
        checked.config.ok_or_else(|| {
            let mut text = String::from("the settings are not usable:");
            for problem in checked.problems {
                write!(text, "\n  - {problem}").expect("a string takes all text");
            }
            anyhow::anyhow!(text)
        })
    }

    /// Reads and checks everything, and says what was understood.
    pub fn check(
        file: &Path,
        required: bool,
        flags: &[String],
        environment: impl Fn(&str) -> Option<String>,
    ) -> Checked {
        let mut values = Values::default();
        values.file(file, required);
        values.environment(environment);
        values.flags(flags);
        let config = values.config();
        let usable = values.problems.is_empty();
        Checked {
            config: config.filter(|_| usable),
            understood: values.understood(),
            notes: values.notes,
            problems: values.problems,
        }
    }
}

#[derive(Default)]
struct Values {
    found: BTreeMap<&'static str, (Source, String)>,
    notes: Vec<String>,
    problems: Vec<String>,
}

impl Values {
    fn file(&mut self, path: &Path, required: bool) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !required => {
                self.notes.push(format!("{} is not there; defaults hold", path.display()));
                return;
            }
            Err(error) => {
                self.problems.push(format!("{} cannot be read: {error}", path.display()));
                return;
            }
        };
        match text.parse::<toml::Table>() {
            Ok(table) => self.table(path, "", table),
            Err(error) => {
                let line = error
                    .span()
                    .map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
                self.problems.push(format!(
                    "{}, line {line}: not valid TOML: {}",
                    path.display(),
                    error.message()
                ));
            }
        }
    }

    fn table(&mut self, path: &Path, prefix: &str, table: toml::Table) {
        for (name, value) in table {
            let key = format!("{prefix}{name}");
            match (setting(&key), value) {
                (None, toml::Value::Table(inner)) => self.table(path, &format!("{key}."), inner),
                (None, _) => self.unknown(&key, &path.display().to_string()),
                (Some(setting), value) => match plain(value) {
                    Some(text) => {
                        self.found.insert(setting.key, (Source::File(path.to_owned()), text));
                    }
                    None => self.problems.push(format!(
                        "{}: '{key}' must be a text or a number ({})",
                        path.display(),
                        setting.unit
                    )),
                },
            }
        }
    }

    fn unknown(&mut self, key: &str, place: &str) {
        let likeness = |known: &str| strsim::jaro_winkler(known, key);
        let nearest = SETTINGS
            .iter()
            .map(|setting| setting.key)
            .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
            .filter(|known| likeness(known) > 0.7);
        let hint = match nearest {
            Some(near) => format!("did you mean '{near}'?"),
            None => "'sekisho-gateway settings' lists all settings".to_owned(),
        };
        self.problems.push(format!("{place}: '{key}' is not a setting; {hint}"));
    }

    fn environment(&mut self, variable: impl Fn(&str) -> Option<String>) {
        for setting in SETTINGS {
            if let Some(text) = variable(setting.env) {
                self.found.insert(setting.key, (Source::Environment(setting.env), text));
            }
        }
    }

    fn flags(&mut self, pairs: &[String]) {
        for pair in pairs {
            let Some((key, text)) = pair.split_once('=') else {
                self.problems.push(format!("--set {pair}: write it as --set key=value"));
                continue;
            };
            match setting(key) {
                Some(setting) => {
                    self.found.insert(setting.key, (Source::Flag, text.to_owned()));
                }
                None => self.unknown(key, "--set"),
            }
        }
    }

    /// The text of a setting that has one or a default.
    fn text(&self, key: &str) -> Option<&str> {
        let default = setting(key).map(|setting| setting.default).filter(|text| !text.is_empty());
        self.found.get(key).map(|(_, text)| text.as_str()).or(default)
    }

    fn source(&self, key: &str) -> Source {
        self.found.get(key).map_or(Source::Default, |(source, _)| source.clone())
    }

    /// `'key' is 'text', expected …`, with where it was found.
    fn wrong(&mut self, key: &str, text: &str, expected: &str) {
        let source = self.source(key);
        self.problems.push(format!("{source}: '{key}' is '{text}', expected {expected}"));
    }

    fn number(&mut self, key: &str, min: u32, max: u32) -> u32 {
        let text = self.text(key).unwrap_or_default().to_owned();
        let number = text.parse().ok().filter(|number| (min..=max).contains(number));
        number.unwrap_or_else(|| {
            let unit = setting(key).map_or("", |setting| setting.unit);
            self.wrong(key, &text, &format!("a number from {min} to {max} ({unit})"));
            min
        })
    }

    fn config(&mut self) -> Option<Config> {
        let agents = self.agents();
        let private = self.private();
        let pass_through = self.pass_through();
        let pairing_address = self.pairing_address(private);
        let state_dir = PathBuf::from(self.text("state_dir").unwrap_or_default());
        if !state_dir.is_absolute() {
            let text = state_dir.display().to_string();
            self.wrong("state_dir", &text, "an absolute path");
        }
        let workers = match self.number("workers", 0, MAX_WORKERS) {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            some => some as usize,
        };
        let drain = Duration::from_secs(u64::from(self.number("drain_s", 0, MAX_DRAIN_S)));
        let (log_level, log_json) = self.log();
        let private = private?;
        let all: Vec<SocketAddr> =
            agents.iter().copied().chain([private]).chain(pass_through).collect();
        for (place, address) in all.iter().enumerate() {
            if address.port() != 0 && all[place + 1..].iter().any(|other| meet(address, other)) {
                self.problems.push(format!("two listeners want {address}; give each its own port"));
            }
        }
        Some(Config {
            agents,
            private,
            pass_through,
            pairing_address: pairing_address?,
            state_dir,
            workers,
            drain,
            log_level,
            log_json,
            notes: self.notes.clone(),
        })
    }

    fn agents(&mut self) -> Vec<SocketAddr> {
        let text = self.text("listen.agents").unwrap_or_default().to_owned();
        let parsed: Result<Vec<SocketAddr>, _> =
            text.split(',').map(|part| part.trim().parse()).collect();
        parsed.unwrap_or_else(|_| {
            self.wrong(
                "listen.agents",
                &text,
                "an address and a port like 0.0.0.0:8383, or several with commas between them",
            );
            Vec::new()
        })
    }

    fn private(&mut self) -> Option<SocketAddr> {
        let Some(text) = self.text("listen.private").map(str::to_owned) else {
            self.problems.push(
                "'listen.private' is missing: the gateway's address in the inner network, where \
                 the server reaches it, like 10.0.1.5:8363"
                    .to_owned(),
            );
            return None;
        };
        let expected = "an address and a port like 10.0.1.5:8363";
        let parsed = text
            .parse()
            .or_else(|_| text.parse().map(|address| SocketAddr::new(address, PRIVATE_PORT)));
        match parsed {
            Ok(address) if address.ip().is_unspecified() => {
                self.wrong(
                    "listen.private",
                    &text,
                    "the very address of the inner network, like 10.0.1.5:8363: status and pairing \
                     must not be open to the internet",
                );
                None
            }
            Ok(address) => Some(address),
            Err(_) => {
                self.wrong("listen.private", &text, expected);
                None
            }
        }
    }

    fn pass_through(&mut self) -> Option<SocketAddr> {
        let text = self.text("listen.pass_through").unwrap_or_default().to_owned();
        if text == "off" {
            return None;
        }
        match text.parse() {
            Ok(address) => Some(address),
            Err(_) => {
                let expected = "an address and a port like 0.0.0.0:8443, or off";
                self.wrong("listen.pass_through", &text, expected);
                None
            }
        }
    }

    fn pairing_address(&mut self, private: Option<SocketAddr>) -> Option<Endpoint> {
        let Some(text) = self.text("pairing.address").map(str::to_owned) else {
            let private = private?;
            return Some(Endpoint { host: private.ip().to_string(), port: private.port() });
        };
        // The default port of an endpoint is another one.
        let has_port = text.parse::<SocketAddr>().is_ok()
            || text
                .rsplit_once(':')
                .is_some_and(|(host, port)| !host.contains(':') && port.parse::<u16>().is_ok());
        match text.parse() {
            Ok(endpoint) if has_port => Some(endpoint),
            Ok(_) | Err(_) => {
                self.wrong("pairing.address", &text, "host:port, like dmz.example.jp:8363");
                None
            }
        }
    }

    fn log(&mut self) -> (String, bool) {
        let level = self.text("log.level").unwrap_or("info").to_owned();
        if tracing_subscriber::EnvFilter::try_new(&level).is_err() {
            self.wrong(
                "log.level",
                &level,
                "error, warn, info, debug, trace or a filter like info,sekisho_gateway=debug",
            );
        }
        let format = self.text("log.format").unwrap_or_default().to_owned();
        if !matches!(format.as_str(), "text" | "json") {
            self.wrong("log.format", &format, "text or json");
        }
        (level, format == "json")
    }

    /// One line per setting. No setting is a secret.
    fn understood(&self) -> String {
        let mut out = String::new();
        for setting in SETTINGS {
            let text = self.text(setting.key).unwrap_or("(not given)");
            writeln!(out, "{} = {text}  [{}]", setting.key, self.source(setting.key))
                .expect("a string takes all text");
        }
        out
    }
}

/// Whether two listeners cannot both be there.
fn meet(one: &SocketAddr, other: &SocketAddr) -> bool {
    let (a, b) = (one.ip(), other.ip());
    one.port() == other.port() && (a == b || a.is_unspecified() || b.is_unspecified())
}

fn plain(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Array(parts) => {
            let parts: Option<Vec<String>> = parts.into_iter().map(plain).collect();
            Some(parts?.join(","))
        }
        toml::Value::Boolean(_)
        | toml::Value::Float(_)
        | toml::Value::Datetime(_)
        | toml::Value::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str, environment: &[(&str, &str)], flags: &[&str]) -> Checked {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("gateway.toml");
        std::fs::write(&path, text).expect("written");
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Config::check(&path, true, &flags, |name| {
            let found = environment.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn defaults_are_those_of_the_source_document() {
        let config = checked("listen.private = '10.0.1.5'", &[], &[]).config.expect("usable");
        assert_eq!(config.private, "10.0.1.5:8363".parse().expect("an address"), "R-46");
        assert_eq!(config.agents, ["0.0.0.0:8383".parse().expect("an address")], "R-33");
        assert_eq!(config.pass_through, "0.0.0.0:8443".parse().ok(), "R-33");
        assert_eq!(config.pairing_address.to_string(), "10.0.1.5:8363");
        assert!(config.workers >= 1);
    }

    #[test]
    fn later_sources_win() {
        let file = "[listen]\nprivate = '127.0.0.1:1'\nagents = ['127.0.0.1:2', '[::1]:2']\n";
        let environment = [("SEKISHO_GATEWAY_LISTEN_PRIVATE", "127.0.0.1:3")];
        let found = checked(file, &environment, &["drain_s=5", "listen.pass_through=off"]);
        let config = found.config.expect("usable");
        assert_eq!((config.private.port(), config.agents.len()), (3, 2));
        assert_eq!((config.drain.as_secs(), config.pass_through), (5, None));
        let line = "[environment variable SEKISHO_GATEWAY_LISTEN_PRIVATE]";
        assert!(found.understood.contains(line), "{}", found.understood);
        assert!(found.understood.contains("drain_s = 5  [command line]"), "{}", found.understood);
    }

    #[test]
    fn what_is_wrong_is_named_with_what_is_expected() {
        for (text, expected) in [
            ("", "'listen.private' is missing"),
            ("listen.private = '0.0.0.0:8363'", "must not be open to the internet"),
            ("listen.private = 'dmz'", "'listen.private' is 'dmz', expected an address and a port"),
            ("listen.privat = '10.0.0.1:1'", "did you mean 'listen.private'?"),
            ("zzz = 1", "'zzz' is not a setting; 'sekisho-gateway settings'"),
            ("listen.agents = 'x'", "'listen.agents' is 'x', expected an address and a port"),
            ("listen.pass_through = 'on'", "or off"),
            ("pairing.address = 'dmz'", "'pairing.address' is 'dmz', expected host:port"),
            ("state_dir = 'here'", "expected an absolute path"),
            ("workers = 1000", "expected a number from 0 to 256 (threads)"),
            ("drain_s = -1", "'drain_s' is '-1', expected a number from 0 to 600 (seconds)"),
            ("log.format = 'xml'", "expected text or json"),
            ("log.level = true", "'log.level' must be a text or a number"),
            ("a = = b", "line 1: not valid TOML"),
            (
                "listen.private = '10.0.0.1:8383'",
                "two listeners want 0.0.0.0:8383; give each its own port",
            ),
        ] {
            let problems = checked(text, &[], &[]).problems.join("\n");
            assert!(problems.contains(expected), "{text}: {problems}");
        }
        let flags = checked("listen.private = '10.0.0.1:1'", &[], &["drain", "drain=1"]).problems;
        assert!(flags[0].contains("write it as --set key=value"), "{flags:?}");
        assert!(flags[1].contains("did you mean 'drain_s'?"), "{flags:?}");
    }

    #[test]
    fn a_missing_file_is_named_and_no_fault_unless_it_was_asked_for() {
        let flags = ["listen.private=10.0.0.1:1".to_owned()];
        let path = Path::new("/nonexistent/gateway.toml");
        let found = Config::check(path, false, &flags, |_| None);
        assert!(found.config.is_some(), "{:?}", found.problems);
        assert_eq!(found.notes, ["/nonexistent/gateway.toml is not there; defaults hold"]);
        let loaded = Config::load(path, false, &flags, |_| None).expect("usable");
        assert_eq!(loaded.notes, found.notes, "what runs knows it, too");
        assert!(Config::load(path, true, &flags, |_| None).is_err());
    }
}
