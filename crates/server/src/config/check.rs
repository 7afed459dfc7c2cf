//! From texts to a configuration that can be used.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use sekisho_model::name::DnsName;
use sekisho_pki::SubjectName;
use sekisho_store::{StoreConfig, StoreUrl};

use super::values::{Told, Values};
use super::vault_key::vault_key;
use super::{
    Checked, Config, Hsm, Limits, Listen, Log, LogFormat, Pin, VaultKey, read_secret_file,
};

const HOUR: u64 = 3600;

pub(super) fn check(
    file: Option<&Path>,
    flags: &[String],
    environment: impl Fn(&str) -> Option<String>,
) -> Checked {
    let mut values = values(file, flags, &environment);
    let data_dir = data_dir(&values);
    if !data_dir.is_absolute() {
        let source = values.source("data_dir");
        let found = data_dir.display();
        values.problem(format!("{source}: 'data_dir' is '{found}', expected an absolute path"));
    }
    let public_name = public_name(&mut values);
    let database = database(&mut values, &data_dir);
    let listen = listen(&mut values, &data_dir);
    let tls = super::tls::check(&mut values);
    let vault = vault(&mut values, &data_dir, &environment);
    let audit = super::audit::check(&mut values, &data_dir);
    let oidc = super::oidc::check(&mut values);
    let mail = super::mail::check(&mut values, &environment);
    let log = log(&mut values);
    let limits = limits(&mut values);

    let told = values.told();
    let understood = understood(&told);
    let problems = values.problems;
    let config = match (problems.is_empty(), public_name, database, vault) {
        (true, Some(public_name), Some(database), Some(vault)) => Some(Config {
            data_dir,
            public_name,
            database,
            listen,
            tls,
            vault,
            audit,
            oidc,
            mail,
            log,
            limits,
            told,
        }),
        _ => None,
    };
    Checked { config, understood, problems }
}

/// What file, environment and command line say.
pub(super) fn values(
    file: Option<&Path>,
    flags: &[String],
    environment: impl Fn(&str) -> Option<String>,
) -> Values {
    let mut values = Values::default();
    if let Some(path) = file {
        match std::fs::read_to_string(path) {
            Ok(text) => values.file(path, &text),
            Err(error) => {
                values
                    .problem(format!("cannot read the configuration {}: {error}", path.display()));
            }
        }
    }
    values.environment(environment);
    values.flags(flags);
    values
}

pub(super) fn data_dir(values: &Values) -> PathBuf {
    values.path("data_dir").unwrap_or_default()
}

fn public_name(values: &mut Values) -> Option<SubjectName> {
    let given = values.text("public_name").map(str::to_lowercase);
    let text = given.or_else(|| {
        let name = sekisho_platform::host::facts().ok().map(|facts| facts.hostname.to_lowercase());
        name.filter(|name| name.parse::<DnsName>().is_ok()).or(Some("localhost".to_owned()))
    })?;
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(SubjectName::Ip(address));
    }
    match text.parse() {
        Ok(name) => Some(SubjectName::Dns(name)),
        Err(error) => {
            let source = values.source("public_name");
            values.problem(format!("{source}: 'public_name': {error}"));
            None
        }
    }
}

fn database(values: &mut Values, data_dir: &Path) -> Option<StoreConfig> {
    const KEYS: [&str; 3] = ["database.path", "database.url", "database.url_file"];
    let given: Vec<&str> = KEYS.into_iter().filter(|key| values.text(key).is_some()).collect();
    let url = match given.as_slice() {
        [] => Some(StoreUrl::Sqlite(data_dir.join("sekisho.db"))),
        ["database.path"] => values.path("database.path").map(StoreUrl::Sqlite),
        ["database.url"] => {
            let text = values.text("database.url").unwrap_or_default().to_owned();
            if super::holds_password(&text) {
                values.problem(
                    "'database.url' holds a password; put the URL into a file that only the \
                     server can read and name it as 'database.url_file'",
                );
                None
            } else {
                parse_url(values, "database.url", &text)
            }
        }
        ["database.url_file"] => {
            let path = values.path("database.url_file").unwrap_or_default();
            match read_secret_file(&path) {
                Ok(secret) => {
                    let text = secret.expose_str().unwrap_or_default().trim();
                    parse_url(values, "database.url_file", text)
                }
                Err(error) => {
                    values.problem(format!("'database.url_file': {error:#}"));
                    None
                }
            }
        }
        several => {
            values.problem(format!("only one of {} may be given", several.join(", ")));
            None
        }
    }?;
    let mut config = StoreConfig::new(url);
    config.max_connections = values.number("database.max_connections", 1, 500);
    Some(config)
}

fn parse_url(values: &mut Values, key: &str, text: &str) -> Option<StoreUrl> {
    match text.parse() {
        Ok(url) => Some(url),
        Err(error) => {
            values.problem(format!("'{key}': {error}"));
            None
        }
    }
}

fn listen(values: &mut Values, data_dir: &Path) -> Listen {
    let expected = "an address and a port like [::]:8443 or 127.0.0.1:8443";
    let any = SocketAddr::from(([0, 0, 0, 0], 0));
    let metrics = if values.text("listen.metrics") == Some("off") {
        None
    } else {
        let address =
            values.parse("listen.metrics", expected, SocketAddr::from(([127, 0, 0, 1], 0)));
        if !address.ip().to_canonical().is_loopback() {
            let source = values.source("listen.metrics");
            values.problem(format!(
                "{source}: 'listen.metrics' is '{address}', expected a loopback address like \
                 127.0.0.1:9464, because metrics are neither encrypted nor protected"
            ));
        }
        Some(address)
    };
    Listen {
        api: values.parse("listen.api", expected, any),
        agents: values.parse("listen.agents", expected, any),
        metrics,
        control: values.path("listen.control").unwrap_or_else(|| data_dir.join("control.sock")),
        keep_certificate: values.parse("listen.keep_certificate", "true or false", true),
    }
}

fn vault(
    values: &mut Values,
    data_dir: &Path,
    environment: &impl Fn(&str) -> Option<String>,
) -> Option<VaultKey> {
    let key = vault_key(values, environment)?;
    let named = match &key {
        VaultKey::File(path) => Some(("vault.kek_file", path)),
        VaultKey::PassphraseFile(path) => Some(("vault.passphrase_file", path)),
        VaultKey::Hsm(Hsm { pin: Pin::File(path), .. }) => Some(("vault.pkcs11_pin_file", path)),
        VaultKey::Hsm(_) | VaultKey::Credential(_) | VaultKey::PassphraseAsked => None,
    };
    if let Some((setting, path)) = named
        && lies_in(path, data_dir)
    {
        values.problem(format!(
            "'{setting}' {} lies inside data_dir {}; keep it elsewhere, so that a copy of the data \
             is worthless without it",
            path.display(),
            data_dir.display()
        ));
    }
    Some(key)
}

/// Whether a path lies in a folder, links and `..` resolved as far as they
/// exist.
fn lies_in(path: &Path, folder: &Path) -> bool {
    resolved(path).starts_with(resolved(folder))
}

fn resolved(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
        // A link leads elsewhere; what does not exist stays as it is written.
        plain = std::fs::canonicalize(&plain).unwrap_or(plain);
    }
    plain
}

fn log(values: &mut Values) -> Log {
    let level = values.text("log.level").unwrap_or("info").to_owned();
    if tracing_subscriber::EnvFilter::try_new(&level).is_err() {
        let source = values.source("log.level");
        values.problem(format!(
            "{source}: 'log.level' is '{level}', expected error, warn, info, debug, trace or a \
             filter like info,sekisho_server=debug"
        ));
    }
    let format = match values.text("log.format") {
        Some("json") => LogFormat::Json,
        Some("text") | None => LogFormat::Text,
        Some(other) => {
            let text = format!("'log.format' is '{other}', expected text or json");
            values.problem(text);
            LogFormat::Text
        }
    };
    Log { level, format }
}

fn limits(values: &mut Values) -> Limits {
    let hours = |hours: u32| Duration::from_secs(u64::from(hours) * HOUR);
    Limits {
        session: hours(values.number("limits.session_hours", 1, 24 * 7)),
        session_idle: Duration::from_secs(
            u64::from(values.number("limits.session_idle_minutes", 1, 24 * 60)) * 60,
        ),
        proof: Duration::from_secs(
            u64::from(values.number("limits.proof_minutes", 1, 24 * 60)) * 60,
        ),
        token: hours(values.number("limits.token_days", 1, 3650) * 24),
        requests: values.number("limits.requests", 1, 100_000) as usize,
        password_hashes: values.number("limits.password_hashes", 1, 256) as usize,
        reseal_rows_per_second: values.number("vault.reseal_rows_per_second", 1, 1_000_000),
    }
}

/// One line per setting. No setting is a secret; secrets are in files.
fn understood(told: &[Told]) -> String {
    let mut out = String::new();
    for Told { setting, text, is_hidden, source } in told {
        let text = match text {
            Some(text) => text,
            None if *is_hidden => "(given)",
            None => "(not given)",
        };
        writeln!(out, "{} = {text}  [{source}]", setting.key).expect("a string takes all text");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(text: &str, env: &[(&str, &str)], flags: &[&str]) -> Checked {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("server.toml");
        std::fs::write(&path, text).expect("written");
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let env: Vec<(String, String)> =
            env.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        check(Some(&path), &flags, |name| {
            env.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
        })
    }

    fn problems(text: &str) -> String {
        let checked = check_text(text, &[], &[]);
        checked.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    const GOOD: &str = "public_name = 'vault.example.jp'\n[vault]\nkek_file = '/etc/sekisho/kek'\n";

    #[test]
    fn later_sources_win() {
        let file = format!("{GOOD}[listen]\napi = '127.0.0.1:1'\nagents = '127.0.0.1:2'\n");
        let checked = check_text(
            &file,
            &[("SEKISHO_LISTEN_API", "127.0.0.1:3"), ("SEKISHO_LISTEN_AGENTS", "127.0.0.1:4")],
            &["listen.agents=127.0.0.1:5"],
        );
        let config = checked.config.expect("usable");
        assert_eq!(config.listen.api.port(), 3);
        assert_eq!(config.listen.agents.port(), 5);
        assert_eq!(config.listen.metrics.map(|address| address.port()), Some(9464));
        assert!(checked.understood.contains("[environment variable SEKISHO_LISTEN_API]"));
    }

    #[test]
    fn what_may_hold_a_password_is_told_of_and_not_shown() {
        let text = "public_name='h'\n[vault]\nkek_file='/k'\n[database]\nurl='postgres://u@h/d'\n";
        let checked = check_text(text, &[], &[]);
        let told = checked.config.expect("usable").told;
        let url = told.iter().find(|told| told.setting.key == "database.url").expect("a setting");
        assert!(url.is_hidden && url.text.is_none());
        assert!(checked.understood.contains("database.url = (given)  ["), "{}", checked.understood);
        let name = told.iter().find(|told| told.setting.key == "public_name").expect("a setting");
        assert_eq!(name.text.as_deref(), Some("h"));
    }

    #[test]
    fn an_unknown_key_is_refused_with_file_and_suggestion() {
        let text = problems(&format!("{GOOD}[listen]\napii = 'x'\n"));
        assert!(text.contains("server.toml: 'listen.apii' is not a setting"), "{text}");
        assert!(text.contains("did you mean 'listen.api'?"), "{text}");
        let flag = check_text(GOOD, &[], &["data_dri=/x"]);
        assert!(flag.problems[0].to_string().contains("did you mean 'data_dir'?"));
    }

    #[test]
    fn every_kind_of_key_is_understood() {
        let key = |text: &str| {
            let environment = [("CREDENTIALS_DIRECTORY", "/run/credentials/x")];
            let text = format!("public_name = 'h'\n[vault]\n{text}");
            check_text(&text, &environment, &[]).config.expect("usable").vault
        };
        assert_eq!(key("passphrase='ask'"), VaultKey::PassphraseAsked);
        assert_eq!(key("passphrase_file='/p'"), VaultKey::PassphraseFile("/p".into()));
        let VaultKey::Credential(credential) = key("credential='sekisho.kek'") else {
            panic!("a credential")
        };
        assert_eq!(credential.folder, Some("/run/credentials/x".into()));
        let hsm = "pkcs11_module='/m.so'\npkcs11_token='t'\npkcs11_pin_credential='pin'";
        let VaultKey::Hsm(hsm) = key(hsm) else { panic!("a security module") };
        assert_eq!((hsm.token.as_str(), hsm.key.as_str()), ("t", "sekisho"));
        assert!(matches!(hsm.pin, Pin::Credential(_)));
    }

    #[test]
    fn unsafe_and_contradictory_settings_are_refused() {
        for (text, expected) in [
            ("", "give one of 'vault.kek_file', 'vault.passphrase_file'"),
            ("[vault]\nkek_file='/a'\npassphrase_file='/b'", "only one of 'vault.kek_file'"),
            ("[vault]\npassphrase='secret'", "'vault.passphrase' can only be 'ask'"),
            ("[vault]\ncredential='../kek'", "expected the name of a credential"),
            ("[vault]\npkcs11_modul='/m'", "did you mean 'vault.pkcs11_module'?"),
            ("[vault]\npkcs11_module='m.so'", "expected an absolute path"),
            ("[vault]\npkcs11_module='/m.so'", "give 'vault.pkcs11_token'"),
            ("[vault]\npkcs11_module='/m.so'\npkcs11_token='t'", "give 'vault.pkcs11_pin_file'"),
            (
                "[vault]\npkcs11_module='/m'\npkcs11_token='t'\npkcs11_pin_file='/p'\n\
                 pkcs11_pin_credential='p'",
                "only one of 'vault.pkcs11_pin_file'",
            ),
            (
                "[vault]\nkek_file='/a'\npkcs11_token='t'",
                "'vault.pkcs11_token' is for a security module, but 'vault.kek_file' is given",
            ),
            ("data_dir='/d'\n[vault]\npassphrase_file='/d/p'", "lies inside data_dir"),
            ("[listen]\nkeep_certificate='maybe'", "expected true or false"),
            ("data_dir='/d'\n[vault]\nkek_file='/d/x/../kek'", "lies inside data_dir"),
            ("[listen]\nmetrics='0.0.0.0:9464'", "expected a loopback address"),
            ("[database]\nurl='postgres://u:secret@h/d'", "'database.url' holds a password"),
            ("[database]\nurl='postgres://u@h/d'\npath='/x'", "only one of database.path"),
            ("[limits]\nrequests=0", "'limits.requests' is 0, expected a number from 1 to"),
            ("data_dir='here'", "expected an absolute path"),
            ("[log]\nformat='xml'", "expected text or json"),
            ("public_name='a b'", "'public_name': DNS name contains ' '"),
            ("a = = b", "line 1: not valid TOML"),
        ] {
            let found = problems(text);
            assert!(found.contains(expected), "{text}: {found}");
            assert!(!found.contains("secret"), "{found}");
        }
    }
}
