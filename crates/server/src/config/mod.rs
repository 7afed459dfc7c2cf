//! The configuration: a TOML file, the environment over it, the command line
//! over both. Everything is checked before anything is opened.

mod audit;
mod check;
mod mail;
mod oidc;
pub mod settings;
pub mod suggest;
mod tls;
mod values;
mod vault_key;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use sekisho_model::Secret;
use sekisho_pki::SubjectName;
use sekisho_store::StoreConfig;

pub use audit::{AuditConfig, HostPort, Target, TlsFiles, Transport};
pub use mail::{MailConfig, MailLogin, MailPassword, MailTls};
pub use oidc::OidcConfig;
pub use tls::TlsConfig;
pub use values::{ConfigProblem, Source, Told};
pub use vault_key::{Credential, Hsm, Pin, VaultKey};

/// Where the configuration file is unless `--config` says otherwise.
pub const DEFAULT_PATH: &str = "/etc/sekisho/server.toml";

/// What the server was told.
#[derive(Clone, Debug)]
pub struct Config {
    /// The database and the public CA certificate.
    pub data_dir: PathBuf,
    /// The name people and agents use.
    pub public_name: SubjectName,
    /// Where the database is and how to reach it.
    pub database: StoreConfig,
    /// The listeners.
    pub listen: Listen,
    /// How the listeners, and the gateways, speak TLS.
    pub tls: TlsConfig,
    /// Where the key-encryption key comes from.
    pub vault: VaultKey,
    /// Witnesses and exports of the audit log.
    pub audit: AuditConfig,
    /// An OpenID provider that people sign in through.
    pub oidc: Option<OidcConfig>,
    /// Where mail is handed over; `None`: this server sends none.
    pub mail: Option<MailConfig>,
    /// The log.
    pub log: Log,
    /// Numbers that bound what anybody can ask for.
    pub limits: Limits,
    /// Every setting as it was told, for people to look at.
    pub told: Vec<Told>,
}

/// The listeners' addresses.
#[derive(Clone, Debug)]
pub struct Listen {
    /// The REST API.
    pub api: SocketAddr,
    /// The agent plane.
    pub agents: SocketAddr,
    /// Metrics; `None`: off.
    pub metrics: Option<SocketAddr>,
    /// The socket for unsealing.
    pub control: PathBuf,
    /// Whether the certificate is kept for a sealed start.
    pub keep_certificate: bool,
}

/// The log.
#[derive(Clone, Debug)]
pub struct Log {
    /// A level or a filter of `tracing-subscriber`.
    pub level: String,
    /// How lines look.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Numbers that bound what anybody can ask for.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The longest life of a sign-in.
    pub session: Duration,
    /// How long a sign-in lives without a request.
    pub session_idle: Duration,
    /// How old a proof of who somebody is may be for what matters most.
    pub proof: Duration,
    /// The longest life of an API token.
    pub token: Duration,
    /// API requests at once.
    pub requests: usize,
    /// Password hashes at once.
    pub password_hashes: usize,
    /// Values sealed anew in a second after a rotation.
    pub reseal_rows_per_second: u32,
}

/// What a check of the configuration found.
#[derive(Debug)]
pub struct Checked {
    /// The configuration, if nothing is wrong.
    pub config: Option<Config>,
    /// What was understood, a line per setting, no secrets.
    pub understood: String,
    /// Everything that is wrong.
    pub problems: Vec<ConfigProblem>,
}

impl Config {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// One sentence per problem, each on a line.
    pub fn load(
        file: Option<&std::path::Path>,
        flags: &[String],
        environment: impl Fn(&str) -> Option<String>,
    ) -> anyhow::Result<Self> {
        let checked = check::check(file, flags, environment);
        match checked.config {
            Some(config) => Ok(config),
            None => {
                let mut text = String::from("the configuration is not usable:");
                for problem in checked.problems {
                    write!(text, "\n  - {problem}").expect("a string takes all text");
                }
                Err(anyhow::anyhow!(text))
            }
        }
    }

    /// The data folder alone. Opens no file but the configuration, and checks
    /// nothing: whose it is says who may read the rest.
    pub fn data_dir(
        file: Option<&std::path::Path>,
        flags: &[String],
        environment: impl Fn(&str) -> Option<String>,
    ) -> PathBuf {
        check::data_dir(&check::values(file, flags, environment))
    }

    /// Reads and checks everything, and says what was understood.
    pub fn check(
        file: Option<&std::path::Path>,
        flags: &[String],
        environment: impl Fn(&str) -> Option<String>,
    ) -> Checked {
        check::check(file, flags, environment)
    }

    /// The listeners' certificate and key, for a sealed start.
    pub fn listener_certificate_path(&self) -> PathBuf {
        self.data_dir.join("listener.pem")
    }

    /// The public certificate of the site CA, for people to copy.
    pub fn ca_path(&self) -> PathBuf {
        self.data_dir.join("ca.pem")
    }
}

/// Whether a database's URL holds a password; then it belongs into a file.
pub fn holds_password(url: &str) -> bool {
    url.split_once("://")
        .and_then(|(_, rest)| rest.rsplit_once('@'))
        .is_some_and(|(user, _)| user.contains(':'))
        || url.contains("password=")
}

/// Reads a file that holds one secret; a final newline is not part of it.
///
/// # Errors
/// When it cannot be read, or others can read it, too.
pub fn read_secret_file(path: &std::path::Path) -> anyhow::Result<Secret> {
    use anyhow::Context as _;
    sekisho_platform::files::check_private(path)
        .with_context(|| format!("the secret file {} is not usable", path.display()))?;
    let mut bytes =
        std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    while matches!(bytes.last(), Some(b'\n' | b'\r')) {
        bytes.pop();
    }
    Ok(Secret::new(bytes))
}
