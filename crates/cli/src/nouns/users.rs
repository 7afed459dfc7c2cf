//! `sekisho users`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sekisho_model::id::IdentityId;
use sekisho_model::user::Role;
use serde::Serialize;

use crate::api::Api;
use crate::api::list::{Paging, Query};
use crate::api::shapes::{Identities, User};
use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::find::{self, find};
use crate::nouns::values::{NewUser, Nothing, SecretText};
use crate::output::table::Table;
use crate::output::text::safe;
use crate::prompt::{self, Asking};

/// The verbs of `users`.
#[derive(Debug, Subcommand)]
pub(crate) enum Users {
    /// List users
    #[command(after_help = "Example:\n  sekisho users list")]
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Create a user
    #[command(after_help = "\
Examples:
  sekisho users create bob --role password_user
  sekisho users create bob --role password_auditor --password-file - < password")]
    Create(Create),
    /// Give a user another role
    #[command(after_help = "Example:\n  sekisho users set-role bob password_administrator")]
    SetRole {
        /// Id or name
        user: String,
        /// A role: sekisho roles list
        role: String,
    },
    /// Forbid a user to sign in
    #[command(after_help = "Example:\n  sekisho users disable bob")]
    Disable {
        /// Id or name
        user: String,
    },
    /// Let a disabled user sign in again
    #[command(after_help = "Example:\n  sekisho users enable bob")]
    Enable {
        /// Id or name
        user: String,
    },
    /// List who a user is at OpenID providers
    #[command(after_help = "Example:\n  sekisho users identities bob")]
    Identities {
        /// Id or name
        user: String,
    },
    /// Take an identity at an OpenID provider away from a user; their sessions end
    #[command(after_help = "\
Example:
  sekisho users unlink bob 0193e4a0-7c1b-7000-8000-000000000001

Who never had a password here cannot sign in any more then.")]
    Unlink {
        /// Id or name
        user: String,
        /// Its id, as `users identities` shows it
        identity: IdentityId,
    },
}

/// The arguments of `users create`.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Name to sign in with: a-z, 0-9 and . _ - @
    name: String,
    /// Name that people read; the sign-in name if not given
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// A role: sekisho roles list
    #[arg(long)]
    role: String,
    /// File with the first password; - for standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

pub(crate) async fn run(app: &App, verb: Users) -> Result<Exit> {
    let mut api = app.api()?;
    match verb {
        Users::List { paging } => {
            api.list(Query::new("/users"), &paging).await?.print(
                &app.out,
                |items: Vec<User>| {
                    let mut table = Table::new(&["NAME", "DISPLAY NAME", "ROLE", "STATE", "ID"]);
                    for item in items {
                        table.row([
                            item.name,
                            item.display_name.unwrap_or_default(),
                            item.role.unwrap_or_default(),
                            item.state.unwrap_or_default(),
                            item.id.to_string(),
                        ]);
                    }
                    table
                },
            )?;
        }
        Users::Create(verb) => {
            let role = role(&mut api, &verb.role).await?;
            let password = prompt::secret(
                verb.password_file.as_deref(),
                NewUser::PASSWORD,
                "--password-file",
                Asking::Twice,
            )?;
            let request = NewUser {
                name: &verb.name,
                display_name: verb.display_name.as_deref().unwrap_or(&verb.name),
                password: SecretText::new(&password, NewUser::PASSWORD)?,
                role: &role,
            };
            let body = api.post("/users", &request).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                let user: User = body.read()?;
                app.out.line(&user.id.to_string())?;
                app.out.note(&format!("The user {} was created.", safe(&user.name)));
            }
        }
        Users::SetRole { user, role: wanted } => {
            let id = find::<User>(&mut api, &user).await?;
            let role = role(&mut api, &wanted).await?;
            let body = api.patch(&format!("/users/{id}"), &NewRole { role: &role }).await?;
            done(app, &body.json, "Changed; it counts from the next request on.")?;
        }
        Users::Disable { user } => {
            let id = find::<User>(&mut api, &user).await?;
            let body = api.post(&format!("/users/{id}/disable"), &Nothing {}).await?;
            done(app, &body.json, "Disabled; everything they own is kept.")?;
        }
        Users::Enable { user } => {
            let id = find::<User>(&mut api, &user).await?;
            let body = api.post(&format!("/users/{id}/enable"), &Nothing {}).await?;
            done(app, &body.json, "Enabled.")?;
        }
        Users::Identities { user } => {
            let id = find::<User>(&mut api, &user).await?;
            let body = api.get(&format!("/users/{id}/identities")).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
                return Ok(Exit::Ok);
            }
            let identities: Identities = body.read()?;
            let mut table = Table::new(&["SUBJECT", "PROVIDER", "LINKED", "LAST USED", "ID"]);
            for identity in identities.items {
                let ago = |at: Option<_>| at.map(|at| app.out.ago(at)).unwrap_or_default();
                table.row([
                    identity.subject,
                    identity.issuer,
                    ago(identity.created_at),
                    ago(identity.last_used_at),
                    identity.id.to_string(),
                ]);
            }
            app.out.table(table)?;
        }
        Users::Unlink { user, identity } => {
            let id = find::<User>(&mut api, &user).await?;
            api.delete(&format!("/users/{id}/identities/{identity}")).await?;
            app.out.note("Unlinked; their sessions have ended.");
        }
    }
    Ok(Exit::Ok)
}

#[derive(Serialize)]
struct NewRole<'a> {
    role: &'a str,
}

/// The word of a built-in role, or the id of the custom role of a name.
async fn role(api: &mut Api, text: &str) -> Result<String> {
    if text.parse::<Role>().is_ok() {
        return Ok(text.to_owned());
    }
    Ok(find::role(api, text).await?.role)
}

fn done(app: &App, json: &[u8], sentence: &str) -> Result<()> {
    if app.out.json && !json.is_empty() {
        return app.out.raw_json(json);
    }
    app.out.note(sentence);
    Ok(())
}
