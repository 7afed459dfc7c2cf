//! `sekisho login`, `logout`, `whoami`.

use std::path::{Path, PathBuf};

use clap::Args;
use sekisho_model::Secret;
use serde::Serialize;

use crate::api::shapes::{Me, NewToken};
use crate::api::{Api, Body};
use crate::app::App;
use crate::config::Credentials;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::net::connection::Connection;
use crate::nouns::values::SecretText;
use crate::output::text::safe;
use crate::prompt::{self, Asking};

pub(crate) const LOGIN_EXAMPLE: &str = "\
Examples:
  sekisho --server pam.example.com login --user alice
  sekisho login --password-file - < password
  sekisho login --code-file code --password-file - < password

If you have a second factor, its code is asked for after the password.";

pub(crate) const LOGOUT_EXAMPLE: &str = "\
Examples:
  sekisho logout
  sekisho logout --local   # the server is gone";

/// How long a sign-in lasts, in seconds: a working day.
const TOKEN_LIFE_S: u64 = 12 * 3_600;

/// The longest name of a token, in characters.
const MAX_TOKEN_NAME: usize = 100;

/// The arguments of `login`.
#[derive(Debug, Args)]
pub(crate) struct Login {
    /// Name to sign in with; the last one if not given
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    #[command(flatten)]
    proofs: Proofs,
}

/// Where what proves who somebody is comes from.
#[derive(Debug, Args)]
pub(crate) struct Proofs {
    /// File with the password; - for standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// File with the code of your authenticator app, or a recovery code; - for standard input
    #[arg(long, value_name = "FILE")]
    code_file: Option<PathBuf>,
}

impl Proofs {
    /// The password, from the file or the person.
    pub(super) fn password(&self, name: &str) -> Result<Secret> {
        let from_input =
            |path: &Option<PathBuf>| path.as_ref().is_some_and(|path| path.as_os_str() == "-");
        if from_input(&self.password_file) && from_input(&self.code_file) {
            return Err(CliError::Usage("only one secret can come by standard input".into()));
        }
        let what = format!("the password of {}", safe(name));
        prompt::secret(self.password_file.as_deref(), &what, "--password-file", Asking::Once)
    }
}

/// The arguments of `logout`.
#[derive(Debug, Args)]
pub(crate) struct Logout {
    /// Only forget the token here; it stays valid at the server until it expires
    #[arg(long)]
    local: bool,
}

#[derive(Serialize)]
struct SignIn<'a> {
    name: &'a str,
    password: SecretText<'a>,
}

#[derive(Serialize)]
struct SecondStep<'a> {
    pending: SecretText<'a>,
    method: &'static str,
    code: SecretText<'a>,
}

/// How often a person may type a code.
const CODE_TRIES: u32 = 3;

/// Opens a session: what only a person may do is not done with a token. Asks
/// for a second factor if the server does.
pub(super) async fn open_session(
    app: &App,
    api: &mut Api,
    name: &str,
    password: &Secret,
    proofs: &Proofs,
) -> Result<()> {
    let sign_in = SignIn { name, password: SecretText::new(password, "the password")? };
    let mut session = match api.post_once("/session", &sign_in).await {
        Err(CliError::Problem(mut problem)) if problem.is("second_factor_needed") => {
            let pending = problem.take_pending().ok_or_else(|| {
                CliError::Failed("the server asks for a second factor, but not how".into())
            })?;
            second_step(app, api, &pending, proofs.code_file.as_deref()).await?
        }
        other => other?,
    };
    api.use_session(&mut session)
}

async fn second_step(
    app: &App,
    api: &mut Api,
    pending: &Secret,
    file: Option<&Path>,
) -> Result<Body> {
    let what = "the code of your authenticator app, or a recovery code";
    let mut tries_left = if file.is_some() { 1 } else { CODE_TRIES };
    loop {
        tries_left -= 1;
        let code = prompt::secret(file, what, "--code-file", Asking::Once)?;
        let step = SecondStep {
            pending: SecretText::new(pending, "the answer of the server")?,
            method: method_of(&code),
            code: SecretText::new(&code, what)?,
        };
        match api.post_once("/session/second-factor", &step).await {
            Err(CliError::Problem(problem)) if problem.blames("code") && tries_left > 0 => {
                app.out.warn("this code is wrong, or was used before");
            }
            other => return other,
        }
    }
}

/// Codes of apps are digits, recovery codes have letters, too.
fn method_of(code: &Secret) -> &'static str {
    let is_letter = |c: char| c.is_alphabetic() && !c.is_numeric();
    let text = code.expose_str().unwrap_or_default();
    if text.chars().any(is_letter) { "recovery_code" } else { "totp" }
}

/// Ends the session. It expires by itself if the server cannot be told.
pub(super) async fn end_session(app: &App, api: &mut Api) {
    if let Err(error) = api.delete("/session").await {
        app.out.warn(&format!("the session could not be ended: {error}"));
    }
}

#[derive(Serialize)]
struct TokenRequest {
    name: String,
    scopes: [&'static str; 3],
    expires_in_s: u64,
}

pub(crate) async fn login(app: &App, verb: Login) -> Result<Exit> {
    let (server, trust) = app.introduce().await?;
    let remembered =
        app.settings.user.clone().filter(|_| app.settings.server.as_ref() == Some(&server));
    let name = match (verb.user, remembered) {
        (Some(name), _) | (None, Some(name)) => name,
        (None, None) => prompt::text(None, "the user name", "--user NAME")?,
    };
    let password = verb.proofs.password(&format!("{name} at {server}"))?;

    let mut api = Api::new(Connection::new(server.clone(), trust.tls()?, app.proxy()?));
    open_session(app, &mut api, &name, &password, &verb.proofs).await?;
    drop(password);
    let request = TokenRequest {
        name: token_name(),
        scopes: ["read", "write", "reveal"],
        expires_in_s: TOKEN_LIFE_S,
    };
    let made = match api.post_once("/tokens", &request).await {
        Ok(body) => body.read::<NewToken>(),
        Err(error) => Err(error),
    };
    // The session did its work, with or without a token.
    end_session(app, &mut api).await;
    let made = made?;

    let former = app.dir.credentials().ok().flatten().filter(|former| former.server == server);
    app.dir.remember(&server, &trust, Some(&name))?;
    app.dir.store_credentials(&Credentials {
        server: server.clone(),
        token_id: made.id,
        expires_at: made.expires_at,
        token: made.token.clone(),
    })?;
    if let Some(former) = former {
        // It would expire in some hours; when it has already, nothing is lost.
        api.use_token(made.token);
        let _ = api.delete(&format!("/tokens/{}", former.token_id)).await;
    }
    let until = app.out.time(made.expires_at);
    if app.out.json {
        app.out.json(&serde_json::json!({
            "server": server,
            "user": name,
            "token_id": made.id,
            "expires_at": made.expires_at.0.to_string(),
        }))?;
    } else {
        app.out.note(&format!("Signed in at {server} as {} until {until}.", safe(&name)));
    }
    Ok(Exit::Ok)
}

/// `sekisho CLI on HOST`, within the length and characters of a label.
fn token_name() -> String {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let clean: String = safe(host.trim()).chars().collect();
    format!("sekisho CLI on {clean}").chars().take(MAX_TOKEN_NAME).collect()
}

pub(crate) async fn logout(app: &App, verb: Logout) -> Result<Exit> {
    if verb.local {
        app.dir.remove_credentials()?;
        app.out.note("The token was forgotten here; at the server it is valid until it expires.");
        return Ok(Exit::Ok);
    }
    let Some(credentials) = app.dir.credentials()? else {
        app.out.note("Nobody is signed in.");
        return Ok(Exit::Ok);
    };
    let id = credentials.token_id;
    // An expired token needs no revoking, which `api` finds out by the clock.
    let revoked = match app.api() {
        Ok(mut api) => api.delete(&format!("/tokens/{id}")).await.map(|_| ()),
        Err(error) => Err(error),
    };
    match revoked {
        Ok(()) => {}
        Err(CliError::Problem(problem)) if matches!(problem.status(), 401 | 404) => {}
        Err(CliError::NotSignedIn(_)) if credentials.server == app.server()? => {}
        Err(error) => {
            app.out.warn("the token was not revoked; sekisho logout --local only forgets it");
            return Err(error);
        }
    }
    app.dir.remove_credentials()?;
    app.out.note("Signed out.");
    Ok(Exit::Ok)
}

pub(crate) async fn whoami(app: &App) -> Result<Exit> {
    let body = app.api()?.get("/me").await?;
    if app.out.json {
        app.out.raw_json(&body.json)?;
        return Ok(Exit::Ok);
    }
    let me: Me = body.read()?;
    app.out.facts(&[
        ("user", Some(me.user.name)),
        ("name", me.user.display_name),
        ("role", me.role.or(me.user.role)),
        ("server", app.server().ok().map(|server| server.to_string())),
        ("token", me.token.as_ref().map(|token| token.name.clone())),
        ("scopes", me.token.as_ref().map(|token| token.scopes.join(", "))),
        ("until", app.out.maybe_time(me.token.and_then(|token| token.expires_at))),
        ("may", Some(me.permissions.join(", "))),
    ])?;
    Ok(Exit::Ok)
}
