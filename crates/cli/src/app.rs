//! What a verb works with: the output, the settings and the way to the server.

use sekisho_link::Proxy;
use sekisho_model::Clock;
use sekisho_model::clock::SystemClock;

use crate::api::Api;
use crate::args::Global;
use crate::config::{ConfigDir, Credentials, Settings};
use crate::error::{CliError, Result};
use crate::net::connection::Connection;
use crate::net::first_sight::look_at;
use crate::net::server::Server;
use crate::net::trust::Trust;
use crate::output::Output;
use crate::output::text::utc;
use crate::prompt;

/// What a verb works with.
#[derive(Debug)]
pub(crate) struct App {
    /// Where it writes.
    pub(crate) out: Output,
    /// Where things are remembered.
    pub(crate) dir: ConfigDir,
    /// What was remembered.
    pub(crate) settings: Settings,
    global: Global,
}

impl App {
    /// Reads the settings.
    pub(crate) fn open(global: Global, out: Output) -> Result<Self> {
        let dir = ConfigDir::find(global.config_dir.as_deref())?;
        let settings = dir.settings()?;
        Ok(Self { out, dir, settings, global })
    }

    /// The server that was named, or the remembered one.
    pub(crate) fn server(&self) -> Result<Server> {
        self.global.server.clone().or_else(|| self.settings.server.clone()).ok_or_else(|| {
            CliError::Usage(
                "no server is known yet: give --server URL (or SEKISHO_SERVER) and sign in".into(),
            )
        })
    }

    /// How `server` is recognised: as the command line says, or as remembered
    /// for this very server.
    fn trust(&self, server: &Server) -> Result<Option<Trust>> {
        if let Some(pin) = self.global.pin {
            return Ok(Some(Trust::Pin(pin)));
        }
        if let Some(path) = &self.global.ca_file {
            return Trust::from_file(path).map(Some);
        }
        if self.settings.server.as_ref() == Some(server) {
            return self.dir.trust(&self.settings);
        }
        Ok(None)
    }

    /// The API of the server for somebody who has not signed in.
    pub(crate) fn anonymous(&self) -> Result<Api> {
        let server = self.server()?;
        let trust = self.trust(&server)?.ok_or_else(|| unknown_server(&server))?;
        Ok(Api::new(Connection::new(server, trust.tls()?, self.proxy()?)))
    }

    /// The way out, where there is no direct one.
    pub(crate) fn proxy(&self) -> Result<Option<Proxy>> {
        self.global.proxy.proxy()
    }

    /// The stored credentials, if they are for this server.
    pub(crate) fn credentials(&self) -> Result<Credentials> {
        let server = self.server()?;
        let Some(credentials) = self.dir.credentials()? else {
            return Err(CliError::NotSignedIn("not signed in: run sekisho login".into()));
        };
        if credentials.server != server {
            return Err(CliError::NotSignedIn(format!(
                "signed in at {}, not at {server}: run sekisho login --server {server}, with \
                 --config-dir DIR to keep both",
                credentials.server
            )));
        }
        Ok(credentials)
    }

    /// The API of the server for the one who signed in.
    pub(crate) fn api(&self) -> Result<Api> {
        let credentials = self.credentials()?;
        let server = credentials.server.clone();
        if credentials.expires_at.0 <= SystemClock.now() {
            return Err(CliError::NotSignedIn(format!(
                "the sign-in ended at {}: run sekisho login",
                utc(credentials.expires_at.0)
            )));
        }
        let trust = self.trust(&server)?.ok_or_else(|| unknown_server(&server))?;
        Ok(Api::with_token(Connection::new(server, trust.tls()?, self.proxy()?), credentials.token))
    }

    /// The server and how to recognise it; one that was never seen before is
    /// shown to the person, who decides.
    pub(crate) async fn introduce(&self) -> Result<(Server, Trust)> {
        let server = self.server()?;
        if let Some(trust) = self.trust(&server)? {
            return Ok((server, trust));
        }
        if !prompt::somebody_is_there() {
            return Err(unknown_server(&server));
        }
        let seen = look_at(&server, self.proxy()?.as_ref()).await?;
        let (kind, compare) = if seen.is_authority {
            (
                "authority",
                "Compare it with the SHA-256 of the CA certificate (ca.pem) that init printed.",
            )
        } else {
            ("server key", "Compare it with what the server's operator tells you.")
        };
        self.out.warn(&format!("this computer does not know {server} yet\n"));
        for (label, value) in [
            ("certificate for", seen.subject),
            ("signed by", seen.issuer),
            ("valid until", utc(seen.not_after)),
            (kind, format!("sha256:{}", seen.pin)),
        ] {
            self.out.warn_line(&format!("  {label:<15}  {}", crate::output::text::safe(&value)));
        }
        self.out.warn_line(&format!("\n{compare}"));
        if prompt::confirm("Trust this server from now on?")? {
            Ok((server, Trust::Pin(seen.pin)))
        } else {
            Err(CliError::Unreachable(format!("{server} was not trusted; nothing was sent")))
        }
    }
}

fn unknown_server(server: &Server) -> CliError {
    CliError::Unreachable(format!(
        "nothing says how to recognise {server}: give --ca-file FILE (the server's ca.pem) or \
         --pin SHA256, or sign in once at a terminal"
    ))
}
