//! `sekisho setup`: the first administrator.

use std::path::PathBuf;

use clap::Args;

use crate::api::Api;
use crate::api::shapes::User;
use crate::app::App;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::net::connection::Connection;
use crate::nouns::values::{NewUser, SecretText};
use crate::output::text::safe;
use crate::prompt::{self, Asking};

pub(crate) const EXAMPLE: &str = "\
Examples:
  sekisho --server pam.example.com --ca-file ca.pem setup --user alice
  sekisho --server pam.example.com --ca-file ca.pem setup --user alice \\
      --token-file setup-token --password-file - < password";

/// The arguments of `setup`.
#[derive(Debug, Args)]
pub(crate) struct Setup {
    /// File with the set-up token that sekisho-server init printed; - for standard input
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Name to sign in with: a-z, 0-9 and . _ - @
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Name that people read; the sign-in name if not given
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// File with the new password; - for standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

#[derive(serde::Serialize)]
struct Request<'a> {
    token: SecretText<'a>,
    name: &'a str,
    display_name: &'a str,
    password: SecretText<'a>,
}

pub(crate) async fn run(app: &App, verb: Setup) -> Result<Exit> {
    if [&verb.token_file, &verb.password_file]
        .iter()
        .all(|path| path.as_ref().is_some_and(|path| path.as_os_str() == "-"))
    {
        return Err(CliError::Usage("only one secret can come by standard input".into()));
    }
    let (server, trust) = app.introduce().await?;
    let token = prompt::secret(
        verb.token_file.as_deref(),
        "the set-up token",
        "--token-file",
        Asking::Once,
    )?;
    let name = prompt::text(verb.user.as_deref(), "the user name", "--user NAME")?;
    let password = prompt::secret(
        verb.password_file.as_deref(),
        NewUser::PASSWORD,
        "--password-file",
        Asking::Twice,
    )?;
    let mut api = Api::new(Connection::new(server.clone(), trust.tls()?, app.proxy()?));
    let request = Request {
        token: SecretText::new(&token, "the set-up token")?,
        name: &name,
        display_name: verb.display_name.as_deref().unwrap_or(&name),
        password: SecretText::new(&password, NewUser::PASSWORD)?,
    };
    let body = api.post_once("/setup", &request).await?;
    app.dir.remember(&server, &trust, Some(&name))?;
    if app.out.json {
        app.out.raw_json(&body.json)?;
    } else {
        let user: User = body.read()?;
        app.out.line(&format!("The administrator {} was created.", safe(&user.name)))?;
        app.out.note("Next: sekisho login");
    }
    Ok(Exit::Ok)
}
