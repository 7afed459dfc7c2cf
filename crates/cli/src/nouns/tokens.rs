//! `sekisho tokens`: API tokens.

use std::time::Duration;

use clap::{Args, Subcommand};
use sekisho_model::user::TokenScope;
use serde::Serialize;

use crate::api::list::{Paging, Query};
use crate::api::shapes::{Me, NewToken, Token};
use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::find::find;
use crate::nouns::login::{self, Proofs};
use crate::output::table::Table;
use crate::output::text::{parse_span, safe};

/// The verbs of `tokens`.
#[derive(Debug, Subcommand)]
pub(crate) enum Tokens {
    /// List your API tokens
    #[command(after_help = "Example:\n  sekisho tokens list")]
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Create an API token and print it, once
    #[command(after_help = "\
Examples:
  sekisho tokens create backup --scope read
  sekisho tokens create rotation --scope read,write --expires-in 7d --password-file - < password

A token cannot make tokens, so your password is asked for.
When standard output is no terminal, only the token is written to it.")]
    Create(Create),
    /// End a token before its time
    #[command(after_help = "Example:\n  sekisho tokens revoke backup")]
    Revoke {
        /// Id or name
        #[arg(id = "name_or_id", value_name = "TOKEN")]
        which: String,
    },
}

/// The arguments of `tokens create`.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What the token is for
    name: String,
    /// read, write or reveal; may be given several times
    #[arg(long, required = true, value_delimiter = ',')]
    scope: Vec<TokenScope>,
    /// How long it is valid
    #[arg(long, value_name = "TIME", default_value = "12h", value_parser = parse_span)]
    expires_in: Duration,
    #[command(flatten)]
    proofs: Proofs,
}

#[derive(Serialize)]
struct Request<'a> {
    name: &'a str,
    scopes: &'a [TokenScope],
    expires_in_s: u64,
}

pub(crate) async fn run(app: &App, verb: Tokens) -> Result<Exit> {
    let mut api = app.api()?;
    match verb {
        Tokens::List { paging } => {
            let list = api.list(Query::new("/tokens"), &paging).await?;
            list.print(&app.out, |items: Vec<Token>| {
                let mut table =
                    Table::new(&["NAME", "SCOPES", "EXPIRES", "LAST USED", "REVOKED", "ID"]);
                for item in items {
                    let ago = |at: Option<_>| at.map(|at| app.out.ago(at)).unwrap_or_default();
                    table.row([
                        item.name,
                        item.scopes.join(", "),
                        ago(item.expires_at),
                        ago(item.last_used_at),
                        ago(item.revoked_at),
                        item.id.to_string(),
                    ]);
                }
                table
            })?;
        }
        Tokens::Create(verb) => {
            let me: Me = api.get("/me").await?.read()?;
            let password = verb.proofs.password(&me.user.name)?;
            let request = Request {
                name: &verb.name,
                scopes: &verb.scope,
                expires_in_s: verb.expires_in.as_secs(),
            };
            let mut api = app.anonymous()?;
            login::open_session(app, &mut api, &me.user.name, &password, &verb.proofs).await?;
            drop(password);
            let body = api.post_once("/tokens", &request).await;
            login::end_session(app, &mut api).await;
            let body = body?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
                return Ok(Exit::Ok);
            }
            let new: NewToken = body.read()?;
            let until = app.out.time(new.expires_at);
            app.out.note(&format!(
                "The API token {} is shown this once and valid until {until}:",
                safe(&verb.name)
            ));
            app.out.secret(new.token.expose())?;
        }
        Tokens::Revoke { which } => {
            let id = find::<Token>(&mut api, &which).await?;
            api.delete(&format!("/tokens/{id}")).await?;
            app.out.note("Revoked.");
        }
    }
    Ok(Exit::Ok)
}
