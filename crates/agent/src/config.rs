//! `agent.toml`: what an administrator sets at the endpoint.
//!
//! A change takes effect without a restart. Unknown keys are refused
//! with the nearest known one, and the settings of the old product's
//! `agent.conf` are recognised by name and answered with their new one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sekisho_link::{Endpoint, Proxy};
use sekisho_model::name::LoginName;
use sekisho_platform::accounts::AccountFilter;
use sekisho_platform::files;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::settings::{self, SETTINGS};

/// Where the settings are unless said otherwise.
pub const DEFAULT_PATH: &str = "/etc/sekisho/agent.toml";

/// Where the agent keeps its memory unless said otherwise.
pub const DEFAULT_STATE_DIR: &str = "/var/lib/sekisho-agent";

/// The shortest interval of plain polls, in seconds.
const MIN_INTERVAL_S: u32 = 5;

/// The longest interval of plain polls, in seconds.
const MAX_INTERVAL_S: u32 = 86_400;

/// How the server's certificate is checked. There is no "not at all".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// As the site's trust bundle says.
    Site,
    /// By the SHA-256 of its public key.
    Pin([u8; 32]),
}

/// Settings that were checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to dial. `None` = as at enrolment.
    pub server: Option<Endpoint>,
    /// Interval of plain polls, the last resort.
    pub interval: Duration,
    /// Who should own the resource: may only confirm the key's owner.
    pub owner: Option<LoginName>,
    /// How the server's certificate is checked.
    pub trust: Trust,
    /// The way out, where there is no direct one.
    pub proxy: Option<Proxy>,
    /// Which accounts are discovered.
    pub filter: AccountFilter,
    /// Where the agent keeps its memory.
    pub state_dir: PathBuf,
    /// Log filter: `error`, `warn`, `info`, `debug`, `trace`.
    pub log: String,
}

/// What a person wrote.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OnDisk {
    server: Option<String>,
    interval_s: Option<i64>,
    owner: Option<String>,
    trust: Option<String>,
    proxy: Option<String>,
    proxy_credentials_file: Option<PathBuf>,
    no_proxy: Option<Vec<String>>,
    state_dir: Option<PathBuf>,
    log: Option<String>,
    accounts: AccountFilter,
}

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct ConfigError {
    path: PathBuf,
    problem: String,
}

impl Config {
    /// Reads a file of settings. A missing file is the same as an empty one
    /// unless `required`.
    ///
    /// # Errors
    /// Names the file, the setting, what was found and what is expected.
    pub fn load(path: &Path, required: bool) -> Result<Self, ConfigError> {
        let fail = |problem: String| ConfigError { path: path.to_owned(), problem };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !required => {
                String::new()
            }
            Err(error) => return Err(fail(format!("cannot be read: {error}"))),
        };
        Self::parse(&text).map_err(fail)
    }

    /// Reads settings.
    ///
    /// # Errors
    /// A sentence: the setting, what was found and what is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let disk: OnDisk = toml::from_str(text).map_err(|error| explain(text, &error))?;
        let server = match disk.server {
            Some(text) => Some(text.parse().map_err(|error| format!("server: {error}"))?),
            None => None,
        };
        let interval = match disk.interval_s {
            None => 60,
            Some(found) => u32::try_from(found)
                .ok()
                .filter(|s| (MIN_INTERVAL_S..=MAX_INTERVAL_S).contains(s))
                .ok_or_else(|| {
                    format!(
                        "interval_s is {found}; it must be {MIN_INTERVAL_S} to {MAX_INTERVAL_S} seconds"
                    )
                })?,
        };
        let owner = match disk.owner {
            Some(text) => Some(text.parse().map_err(|error| format!("owner: {error}"))?),
            None => None,
        };
        let trust = match disk.trust.as_deref() {
            None | Some("site") => Trust::Site,
            Some(text) => Trust::Pin(parse_pin(text)?),
        };
        let proxy = proxy(
            disk.proxy.as_deref(),
            disk.proxy_credentials_file.as_deref(),
            disk.no_proxy.as_deref(),
        )?;
        disk.accounts.compile().map_err(|error| format!("[accounts] {error}"))?;
        Ok(Self {
            server,
            interval: Duration::from_secs(u64::from(interval)),
            owner,
            trust,
            proxy,
            filter: disk.accounts,
            state_dir: disk.state_dir.unwrap_or_else(|| DEFAULT_STATE_DIR.into()),
            log: disk.log.unwrap_or_else(|| "info".to_owned()),
        })
    }
}

/// The proxy, with the contents of its file of credentials.
fn proxy(
    url: Option<&str>,
    credentials: Option<&Path>,
    except: Option<&[String]>,
) -> Result<Option<Proxy>, String> {
    let Some(url) = url else {
        return match (credentials, except) {
            (Some(_), _) => Err("proxy_credentials_file is set, but proxy is not".to_owned()),
            (None, Some(_)) => Err("no_proxy is set, but proxy is not".to_owned()),
            (None, None) => Ok(None),
        };
    };
    let url = url.parse().map_err(|error| format!("proxy: {error}"))?;
    let proxy = Proxy::new(url, except.unwrap_or_default().iter().map(String::as_str))
        .map_err(|error| format!("no_proxy: {error}"))?;
    let Some(path) = credentials else { return Ok(Some(proxy)) };
    let fail = |error: String| format!("proxy_credentials_file {}: {error}", path.display());
    files::check_private(path).map_err(|error| fail(error.to_string()))?;
    let bytes = std::fs::read(path).map(Zeroizing::new).map_err(|error| fail(error.to_string()))?;
    proxy.with_credentials(&bytes).map(Some).map_err(|error| fail(error.to_string()))
}

fn parse_pin(text: &str) -> Result<[u8; 32], String> {
    let fail = || {
        format!(
            "trust is '{text}'; write \"site\", or \"sha256:\" and the 64 hexadecimal digits of the \
             server's public key. Checking cannot be switched off"
        )
    };
    let hex = text.strip_prefix("sha256:").ok_or_else(fail)?;
    data_encoding::HEXLOWER_PERMISSIVE
        .decode(hex.as_bytes())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(fail)
}

/// Turns the TOML reader's message into one that helps.
fn explain(text: &str, error: &toml::de::Error) -> String {
    let line = error
        .span()
        .map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1)
        .map(|line| format!("line {line}: "))
        .unwrap_or_default();
    let message = error.message();
    let Some(key) = message.strip_prefix("unknown field `").and_then(|m| m.split('`').next())
    else {
        return format!("{line}{message}");
    };
    if let Some((_, new)) =
        settings::OLD_NAMES.iter().find(|(old, _)| old.eq_ignore_ascii_case(key))
    {
        return format!("{line}'{key}' is the old name; {new}");
    }
    let nearest = SETTINGS
        .iter()
        .map(|setting| setting.name.rsplit('.').next().unwrap_or(setting.name))
        .max_by(|a, b| strsim::jaro_winkler(a, key).total_cmp(&strsim::jaro_winkler(b, key)))
        .filter(|name| strsim::jaro_winkler(name, key) > 0.7);
    match nearest {
        Some(name) => format!("{line}there is no setting '{key}'; did you mean '{name}'?"),
        None => format!("{line}there is no setting '{key}'; see `sekisho-agent settings`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_source_document() {
        let config = Config::parse("").expect("empty is fine");
        assert_eq!(config.interval, Duration::from_secs(60), "A-063");
        assert_eq!(config.trust, Trust::Site, "A-065");
        assert!(config.server.is_none());
    }

    #[test]
    fn mistakes_are_answered_with_the_way_out() {
        for (text, part) in [
            ("sever = 'x'", "did you mean 'server'"),
            ("ScheduleInterval = 60", "interval_s"),
            ("UserQuery = 'awk …'", "[accounts]"),
            ("interval_s = 1", "interval_s is 1; it must be 5 to 86400"),
            ("interval_s = -5", "interval_s is -5"),
            ("trust = 'no'", "cannot be switched off"),
            ("server = 'https://x'", "server: "),
            ("owner = 'A B'", "owner: "),
            ("proxy = 'proxy:3128'", "proxy: 'proxy:3128' is no proxy"),
            ("proxy = 'http://a:b@proxy:3128'", "a file of their own"),
            ("no_proxy = ['x']", "no_proxy is set, but proxy is not"),
            ("proxy = 'http://p:1'\nno_proxy = ['10.0.0.0/99']", "no_proxy: '10.0.0.0/99'"),
            (
                "proxy = 'http://p:1'\nproxy_credentials_file = '/nonexistent/x'",
                "proxy_credentials_file /nonexistent/x",
            ),
            ("zzz = 1", "there is no setting 'zzz'"),
            ("[accounts]\nnames = '('", "[accounts]"),
        ] {
            let error = Config::parse(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
        assert!(Config::parse("\n\nsever = 'x'").expect_err("bad").starts_with("line 3: "));
    }
}
