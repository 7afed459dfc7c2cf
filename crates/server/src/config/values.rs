//! Where each value comes from: file, environment, command line.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::settings::{SETTINGS, Setting, setting};
use super::suggest::nearest;

/// Something wrong with the configuration, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigProblem(pub String);

/// Where a value was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody gave one.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// An environment variable.
    Environment(&'static str),
    /// `--set` on the command line.
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

/// What a setting was told, and where. Never a secret.
#[derive(Clone, Debug)]
pub struct Told {
    /// The setting.
    pub setting: &'static Setting,
    /// What it was told, or its default; `None`: neither, or not to be shown.
    pub text: Option<String>,
    /// Something was told that is not shown: somebody may have put a password
    /// there.
    pub is_hidden: bool,
    /// Where it was told.
    pub source: Source,
}

/// The values of all settings, later sources over earlier ones.
#[derive(Debug, Default)]
pub(super) struct Values {
    found: BTreeMap<&'static str, (Source, String)>,
    pub(super) problems: Vec<ConfigProblem>,
}

impl Values {
    pub(super) fn problem(&mut self, text: impl Into<String>) {
        self.problems.push(ConfigProblem(text.into()));
    }

    /// Takes the file over; every unknown key is a problem.
    pub(super) fn file(&mut self, path: &Path, text: &str) {
        match text.parse::<toml::Table>() {
            Ok(table) => self.table(path, "", table),
            // The parser's picture of the place may show a line with a secret.
            Err(error) => {
                let line = error
                    .span()
                    .map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
                self.problem(format!(
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
                (None, toml::Value::Table(inner)) => {
                    self.table(path, &format!("{key}."), inner);
                }
                (Some(_), toml::Value::Table(_)) => {
                    self.problem(format!("{}: '{key}' is a value, not a table", path.display()));
                }
                (Some(setting), value) => match plain(value) {
                    Some(text) => {
                        self.found.insert(setting.key, (Source::File(path.to_owned()), text));
                    }
                    None => self.problem(format!(
                        "{}: '{key}' must be a text or a number ({})",
                        path.display(),
                        setting.unit
                    )),
                },
                (None, _) => self.unknown(&key, &path.display().to_string()),
            }
        }
    }

    fn unknown(&mut self, key: &str, place: &str) {
        let hint = match nearest(key, SETTINGS.iter().map(|setting| setting.key)) {
            Some(near) => format!("did you mean '{near}'?"),
            None => "'sekisho-server settings-reference' lists all settings".to_owned(),
        };
        self.problem(format!("{place}: '{key}' is not a setting; {hint}"));
    }

    /// Takes over the variables that are in the registry.
    pub(super) fn environment(&mut self, variable: impl Fn(&str) -> Option<String>) {
        for setting in SETTINGS {
            if let Some(text) = variable(setting.env) {
                self.found.insert(setting.key, (Source::Environment(setting.env), text));
            }
        }
    }

    /// Takes over `key=value` pairs of the command line.
    pub(super) fn flags(&mut self, pairs: &[String]) {
        for pair in pairs {
            match pair.split_once('=') {
                None => self.problem(format!("--set {pair}: write it as --set key=value")),
                Some((key, text)) => match setting(key) {
                    Some(setting) => {
                        self.found.insert(setting.key, (Source::Flag, text.to_owned()));
                    }
                    None => self.unknown(key, "--set"),
                },
            }
        }
    }

    /// The text of a setting that has one or a default.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        let default = setting(key).map(|setting| setting.default).filter(|text| !text.is_empty());
        self.found.get(key).map(|(_, text)| text.as_str()).or(default)
    }

    pub(super) fn source(&self, key: &str) -> Source {
        self.found.get(key).map_or(Source::Default, |(source, _)| source.clone())
    }

    /// Every setting as it was told.
    pub(super) fn told(&self) -> Vec<Told> {
        let told = |setting: &'static Setting| {
            let text = self.text(setting.key);
            let is_hidden = match (setting.key, text) {
                ("database.url", Some(_)) => true,
                ("vault.passphrase", Some(text)) => text != "ask",
                _ => false,
            };
            Told {
                setting,
                text: text.filter(|_| !is_hidden).map(str::to_owned),
                is_hidden,
                source: self.source(setting.key),
            }
        };
        SETTINGS.iter().map(told).collect()
    }

    pub(super) fn path(&self, key: &str) -> Option<PathBuf> {
        self.text(key).map(PathBuf::from)
    }

    /// Reads a value; what cannot be read is a problem, and `fallback` holds
    /// so that the other problems are found, too.
    pub(super) fn parse<T: FromStr>(&mut self, key: &str, expected: &str, fallback: T) -> T {
        let Some(text) = self.text(key).map(str::to_owned) else { return fallback };
        text.parse().unwrap_or_else(|_| {
            let source = self.source(key);
            self.problem(format!("{source}: '{key}' is '{text}', expected {expected}"));
            fallback
        })
    }

    /// Reads a number within bounds.
    pub(super) fn number(&mut self, key: &str, min: u32, max: u32) -> u32 {
        let unit = setting(key).map_or("", |setting| setting.unit);
        let expected = format!("a number from {min} to {max} ({unit})");
        let number = self.parse(key, &expected, min);
        if !(min..=max).contains(&number) {
            let source = self.source(key);
            self.problem(format!("{source}: '{key}' is {number}, expected {expected}"));
        }
        number.clamp(min, max)
    }
}

fn plain(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Float(_)
        | toml::Value::Datetime(_)
        | toml::Value::Array(_)
        | toml::Value::Table(_) => None,
    }
}
