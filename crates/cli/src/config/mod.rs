//! What is remembered between two calls: the folder `~/.config/sekisho`.
//!
//! `config.toml` holds the server, how it is recognised and who signed in;
//! `ca.pem` a copy of the authority that was given; `credentials` the API
//! token, which nobody but its owner can read.

mod credentials;
mod files;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub(crate) use credentials::Credentials;
pub(crate) use files::{read_limited, read_open};

use crate::error::{CliError, Result};
use crate::net::server::Server;
use crate::net::trust::{Pin, Trust};
use files::{make_folder, write_atomically};

const CONFIG: &str = "config.toml";
const CA_COPY: &str = "ca.pem";

/// The longest file that is read from the folder, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// The configuration folder.
#[derive(Clone, Debug)]
pub(crate) struct ConfigDir(PathBuf);

/// What `config.toml` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The server that was signed in to last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<Server>,
    /// SHA-256 of a certificate, or its key, in the server's chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pin: Option<Pin>,
    /// The file with the authority, below this folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ca_file: Option<PathBuf>,
    /// The name that was signed in with last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
}

impl ConfigDir {
    /// The folder that was asked for, else `$XDG_CONFIG_HOME/sekisho` or
    /// `~/.config/sekisho`.
    pub(crate) fn find(given: Option<&Path>) -> Result<Self> {
        if let Some(path) = given {
            return Ok(Self(path.to_owned()));
        }
        let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        from("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| from("HOME").map(|home| PathBuf::from(home).join(".config")))
            .map(|base| Self(base.join("sekisho")))
            .ok_or_else(|| {
                CliError::Usage("HOME is not set; say --config-dir DIR where to keep things".into())
            })
    }

    /// The settings, empty when there are none yet.
    pub(crate) fn settings(&self) -> Result<Settings> {
        let path = self.0.join(CONFIG);
        let Some(text) = read_limited(&path, MAX_BYTES)? else { return Ok(Settings::default()) };
        let text = String::from_utf8_lossy(&text);
        toml::from_str(&text)
            .map_err(|error| CliError::Failed(format!("{}: {}", path.display(), error.message())))
    }

    /// Remembers a server, how it is recognised and the name at it.
    pub(crate) fn remember(
        &self,
        server: &Server,
        trust: &Trust,
        user: Option<&str>,
    ) -> Result<()> {
        make_folder(&self.0)?;
        let mut settings = Settings {
            server: Some(server.clone()),
            user: user.map(str::to_owned),
            ..Settings::default()
        };
        match trust {
            Trust::Pin(pin) => settings.pin = Some(*pin),
            Trust::Authority { pem, .. } => {
                write_atomically(&self.0.join(CA_COPY), pem, 0o644)?;
                settings.ca_file = Some(PathBuf::from(CA_COPY));
            }
        }
        let text = toml::to_string(&settings)
            .map_err(|error| CliError::Failed(format!("the settings have no text: {error}")))?;
        write_atomically(&self.0.join(CONFIG), text.as_bytes(), 0o600)
    }

    /// How the remembered server is recognised.
    pub(crate) fn trust(&self, settings: &Settings) -> Result<Option<Trust>> {
        match (&settings.pin, &settings.ca_file) {
            (Some(pin), _) => Ok(Some(Trust::Pin(*pin))),
            (None, Some(file)) => Trust::from_file(&self.0.join(file)).map(Some),
            (None, None) => Ok(None),
        }
    }

    fn credentials_path(&self) -> PathBuf {
        self.0.join("credentials")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_and_a_misspelt_key_is_named() {
        let folder = tempfile::tempdir().expect("folder");
        let dir = ConfigDir(folder.path().join("sekisho"));
        assert_eq!(dir.settings().expect("none yet"), Settings::default());

        let server: Server = "https://pam.example:9443".parse().expect("valid");
        let pin: Pin = "ab".repeat(32).parse().expect("valid");
        dir.remember(&server, &Trust::Pin(pin), Some("alice")).expect("remembered");
        let settings = dir.settings().expect("readable");
        assert_eq!(settings.server, Some(server));
        assert_eq!(settings.pin, Some(pin));
        assert_eq!(settings.user.as_deref(), Some("alice"));

        std::fs::write(dir.0.join(CONFIG), "sever = 'x'").expect("written");
        let error = dir.settings().expect_err("misspelt").to_string();
        assert!(error.contains("sever"), "{error}");
    }
}
