//! The API token of the one who is signed in.

use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};

use sekisho_model::Secret;
use sekisho_model::id::ApiTokenId;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::files::{make_folder, read_open, write_atomically};
use super::{ConfigDir, MAX_BYTES};
use crate::error::{CliError, Result, failed};
use crate::net::server::Server;
use crate::output::text::Time;

/// An API token, and the one server it is ever sent to.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    /// The server that issued the token.
    pub(crate) server: Server,
    /// The id to revoke it by.
    pub(crate) token_id: ApiTokenId,
    /// When the server stops taking it.
    pub(crate) expires_at: Time,
    /// The token.
    pub(crate) token: Secret,
}

/// The file: as [`Credentials`], in text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    server: Server,
    token_id: ApiTokenId,
    expires_at: String,
    token: String,
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.token.zeroize();
    }
}

impl ConfigDir {
    /// The stored credentials.
    ///
    /// # Errors
    /// When the file can be read by others: the token must be taken as known
    /// to them.
    pub(crate) fn credentials(&self) -> Result<Option<Credentials>> {
        let path = self.credentials_path();
        let shown = path.display();
        // Never through a link: it would be somebody else's file that is judged.
        let open = std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
            .open(&path);
        let file = match open {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(format_args!("cannot open {shown}"))(error)),
        };
        let about = file.metadata().map_err(failed(format_args!("cannot look at {shown}")))?;
        let mode = about.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(CliError::Failed(format!(
                "{shown} has mode {mode:o}, so others may have read the token in it; \
                 remove the file, revoke the token and sign in again"
            )));
        }
        if about.uid() != rustix::process::geteuid().as_raw() {
            return Err(CliError::Failed(format!(
                "{shown} belongs to somebody else (uid {}); remove it or use --config-dir",
                about.uid()
            )));
        }
        let content = read_open(file, &path, MAX_BYTES)?;
        let broken =
            || CliError::Failed(format!("{shown} is damaged; remove it and sign in again"));
        let text = std::str::from_utf8(&content).map_err(|_| broken())?;
        let mut stored: Stored = toml::from_str(text).map_err(|_| broken())?;
        Ok(Some(Credentials {
            server: stored.server.clone(),
            token_id: stored.token_id,
            expires_at: Time(stored.expires_at.parse().map_err(|_| broken())?),
            token: Secret::from(std::mem::take(&mut stored.token)),
        }))
    }

    /// Stores credentials in place of former ones.
    pub(crate) fn store_credentials(&self, credentials: &Credentials) -> Result<()> {
        make_folder(&self.0)?;
        let token = credentials.token.expose_str().unwrap_or_default();
        let stored = Stored {
            server: credentials.server.clone(),
            token_id: credentials.token_id,
            expires_at: credentials.expires_at.0.to_string(),
            token: token.to_owned(),
        };
        let text = toml::to_string(&stored)
            .map(Zeroizing::new)
            .map_err(|error| CliError::Failed(format!("the credentials have no text: {error}")))?;
        write_atomically(&self.credentials_path(), text.as_bytes(), 0o600)
    }

    /// Forgets the credentials.
    pub(crate) fn remove_credentials(&self) -> Result<()> {
        let path = self.credentials_path();
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(failed(format_args!("cannot remove {}", path.display()))(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::Timestamp;

    fn stored_in(folder: &std::path::Path) -> ConfigDir {
        let dir = ConfigDir(folder.join("sekisho"));
        dir.store_credentials(&Credentials {
            server: "https://pam.example".parse().expect("valid"),
            token_id: "0193e4a0-7c1b-7000-8000-000000000000".parse().expect("valid"),
            expires_at: Time(Timestamp::from_millis(1_000)),
            token: Secret::from("sekisho_pat_x"),
        })
        .expect("stored");
        dir
    }

    #[test]
    fn only_the_owner_can_read_the_token() {
        let folder = tempfile::tempdir().expect("folder");
        let dir = stored_in(folder.path());
        let mode = |path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(dir.credentials_path()), 0o600);
        assert_eq!(mode(dir.0.clone()), 0o700);
        let back = dir.credentials().expect("readable").expect("there");
        assert_eq!(back.token, Secret::from("sekisho_pat_x"));
        assert_eq!(back.expires_at.0.as_millis(), 1_000);
    }

    #[test]
    fn a_file_others_can_read_is_refused() {
        let folder = tempfile::tempdir().expect("folder");
        let dir = stored_in(folder.path());
        let path = dir.credentials_path();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).expect("set");
        let error = dir.credentials().expect_err("too wide").to_string();
        assert!(error.contains("mode 640"), "{error}");
    }

    #[test]
    fn a_link_is_not_followed() {
        let folder = tempfile::tempdir().expect("folder");
        let dir = stored_in(folder.path());
        let path = dir.credentials_path();
        let elsewhere = folder.path().join("elsewhere");
        std::fs::rename(&path, &elsewhere).expect("moved");
        std::os::unix::fs::symlink(&elsewhere, &path).expect("linked");
        assert!(dir.credentials().is_err());
    }

    #[test]
    fn forgetting_twice_is_fine() {
        let folder = tempfile::tempdir().expect("folder");
        let dir = stored_in(folder.path());
        dir.remove_credentials().expect("removed");
        dir.remove_credentials().expect("nothing to remove");
        assert!(dir.credentials().expect("readable").is_none());
    }
}
