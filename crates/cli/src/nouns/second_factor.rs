//! `sekisho second-factor`: one's authenticator app, and who needs one.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use sekisho_model::user::Role;
use serde::Serialize;

use crate::api::Api;
use crate::api::shapes::{Me, NewRecoveryCodes, NewTotp, SecondFactor, SignInRules, User};
use crate::app::App;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::find::find;
use crate::nouns::login::{self, Proofs};
use crate::nouns::values::{Nothing, SecretText};
use crate::output::text::safe;
use crate::prompt::{self, Asking};

/// The verbs of `second-factor`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verbs {
    /// Show your second factors, or those of somebody else
    #[command(after_help = "\
Examples:
  sekisho second-factor show
  sekisho second-factor show --user bob")]
    Show {
        /// Id or name of somebody else; for administrators
        #[arg(long)]
        user: Option<String>,
    },
    /// Set up an authenticator app, in place of one that there is
    #[command(after_help = "\
Example:
  sekisho second-factor set-up

Your password is asked for, then the first code of the app. The recovery codes
are printed once: keep them where the app is not.")]
    SetUp(SetUp),
    /// Remove your authenticator app
    #[command(after_help = "Example:\n  sekisho second-factor remove")]
    Remove(Proofs),
    /// Print new recovery codes, once; the former ones are void
    #[command(after_help = "Example:\n  sekisho second-factor new-codes")]
    NewCodes(Proofs),
    /// Take away the second factors of somebody who lost them
    #[command(after_help = "Example:\n  sekisho second-factor reset bob")]
    Reset {
        /// Id or name
        user: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Show which roles need a second factor
    #[command(after_help = "Example:\n  sekisho second-factor rules")]
    Rules,
    /// Say which roles need a second factor; all others do not
    #[command(after_help = "\
Examples:
  sekisho second-factor require super_administrator administrator
  sekisho second-factor require --none

Whoever of them is signed in without one can only set one up from then on.")]
    Require {
        /// The roles
        #[arg(required_unless_present = "none", conflicts_with = "none")]
        role: Vec<Role>,
        /// No role needs one
        #[arg(long)]
        none: bool,
    },
}

/// The arguments of `second-factor set-up`.
#[derive(Debug, Args)]
pub(crate) struct SetUp {
    #[command(flatten)]
    proofs: Proofs,
    /// File with the first code of the app; - for standard input
    #[arg(long, value_name = "FILE")]
    first_code_file: Option<PathBuf>,
}

#[derive(Serialize)]
struct FirstCode<'a> {
    code: SecretText<'a>,
}

#[derive(Serialize)]
struct Required<'a> {
    second_factor_roles: &'a [Role],
}

pub(crate) async fn run(app: &App, verb: Verbs) -> Result<Exit> {
    match verb {
        Verbs::Show { user } => {
            let mut api = app.api()?;
            let path = match user {
                Some(user) => {
                    format!("/users/{}/second-factor", find::<User>(&mut api, &user).await?)
                }
                None => "/me/second-factor".to_owned(),
            };
            let body = api.get(&path).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
                return Ok(Exit::Ok);
            }
            let shown: SecondFactor = body.read()?;
            let since = app.out.maybe_time(shown.totp_since);
            app.out.facts(&[
                ("authenticator app since", Some(since.unwrap_or_else(|| "-".to_owned()))),
                ("passkeys", Some(shown.passkeys.to_string())),
                ("recovery codes left", Some(shown.recovery_codes_left.to_string())),
                ("the role needs one", Some(yes_or_no(shown.required).to_owned())),
            ])?;
        }
        Verbs::SetUp(verb) => {
            let mut api = as_person(app, &verb.proofs).await?;
            let done = set_up(app, &mut api, verb.first_code_file.as_deref()).await;
            login::end_session(app, &mut api).await;
            done?;
        }
        Verbs::Remove(proofs) => {
            let mut api = as_person(app, &proofs).await?;
            let done = api.delete("/me/second-factor/totp").await;
            login::end_session(app, &mut api).await;
            done?;
            app.out.note("Removed; the password alone signs you in.");
        }
        Verbs::NewCodes(proofs) => {
            let mut api = as_person(app, &proofs).await?;
            let made = api.post_once("/me/second-factor/recovery-codes", &Nothing {}).await;
            login::end_session(app, &mut api).await;
            print_codes(app, &made?.read()?)?;
        }
        Verbs::Reset { user, yes } => {
            let mut api = app.api()?;
            let id = find::<User>(&mut api, &user).await?;
            let name = safe(&user);
            prompt::agreed(
                yes,
                &format!(
                    "The second factors of {name} are taken away, and {name} is signed out. Go on?"
                ),
            )?;
            api.delete(&format!("/users/{id}/second-factor")).await?;
            app.out.note("Taken away.");
        }
        Verbs::Rules => {
            let body = app.api()?.get("/sign-in/rules").await?;
            print_rules(app, &body.json, &body.read()?)?;
        }
        Verbs::Require { role, none: _ } => {
            let request = Required { second_factor_roles: &role };
            let body = app.api()?.put("/sign-in/rules", &request).await?;
            print_rules(app, &body.json, &body.read()?)?;
        }
    }
    Ok(Exit::Ok)
}

/// A session: a token does not change how its user signs in.
async fn as_person(app: &App, proofs: &Proofs) -> Result<Api> {
    let me: Me = app.api()?.get("/me").await?.read()?;
    let password = proofs.password(&me.user.name)?;
    let mut api = app.anonymous()?;
    login::open_session(app, &mut api, &me.user.name, &password, proofs).await?;
    Ok(api)
}

async fn set_up(app: &App, api: &mut Api, first_code_file: Option<&Path>) -> Result<()> {
    if first_code_file.is_none() && !prompt::somebody_is_there() {
        return Err(CliError::Usage(
            "the first code of the app is needed: run this at a terminal, or give \
             --first-code-file FILE"
                .into(),
        ));
    }
    let begun = api.post_once("/me/second-factor/totp", &Nothing {}).await?;
    let begun: NewTotp = begun.read()?;
    if !app.out.json {
        app.out.note("Type this secret into your authenticator app, or give it the address below:");
        app.out.secret(begun.secret.expose())?;
        app.out.secret(begun.url.expose())?;
    }
    let what = "the first code of the app";
    let code = prompt::secret(first_code_file, what, "--first-code-file", Asking::Once)?;
    let request = FirstCode { code: SecretText::new(&code, what)? };
    let done = api.post_once("/me/second-factor/totp/confirm", &request).await?;
    print_codes(app, &done.read()?)
}

fn print_codes(app: &App, codes: &NewRecoveryCodes) -> Result<()> {
    if app.out.json {
        let codes: Vec<_> = codes.recovery_codes.iter().map(|code| code.expose_str()).collect();
        return app.out.json(&serde_json::json!({ "recovery_codes": codes }));
    }
    app.out.note("Your recovery codes, shown this once; each stands in for the app one time:");
    for code in &codes.recovery_codes {
        app.out.secret(code.expose())?;
    }
    Ok(())
}

fn print_rules(app: &App, json: &[u8], rules: &SignInRules) -> Result<()> {
    if app.out.json {
        return app.out.raw_json(json);
    }
    if rules.second_factor_roles.is_empty() {
        app.out.note("No role needs a second factor.");
    }
    for role in &rules.second_factor_roles {
        app.out.line(&safe(role))?;
    }
    Ok(())
}

fn yes_or_no(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}
