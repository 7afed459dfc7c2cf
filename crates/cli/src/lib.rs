//! The command line `sekisho`: what the console does, for scripts.
//!
//! One module per noun. A verb reads its arguments, asks the API and prints
//! either the API's own JSON or a table. The program ends with
//!
//! | code | meaning |
//! | --- | --- |
//! | 0 | done |
//! | 1 | the server refused, or the result is negative (verify: out of sync, reset: not applied, audit: broken) |
//! | 2 | the command line is wrong, or a name fits several things |
//! | 3 | not signed in |
//! | 4 | the server (or its database) cannot be reached, or is not trusted |
//! | 5 | the outcome is not known: two values may work, or the wait timed out |
//!
//! Secrets come by prompt, file or standard input, never by argument or
//! environment; the API token is kept in a file only its owner can read.

mod api;
mod app;
mod args;
mod config;
mod error;
mod exit;
mod find;
mod net;
mod nouns;
mod output;
mod prompt;

use std::process::ExitCode;

use clap::Parser;

use app::App;
use args::{Cli, Verb};
use error::{CliError, Result};
use exit::Exit;
use nouns::{
    accounts, agents, audit, certificate, copy, devices, explain, gateways, groups, history, keys,
    login, mail, manual, notifications, offices, orders, packages, policies, recovery_key, reports,
    resources, reveal, roles, second_factor, sessions, settings, setup, shares, status, tokens,
    user_groups, users, witness,
};
use output::Output;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let out = Output::new(cli.global.json, cli.global.quiet);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(cli, out)),
        Err(error) => Err(CliError::Failed(format!("cannot start: {error}"))),
    };
    let exit = result.unwrap_or_else(|error| {
        out.error(&error);
        error.exit()
    });
    exit.into()
}

async fn run(cli: Cli, out: Output) -> Result<Exit> {
    // These two need neither settings nor a server.
    match &cli.verb {
        Verb::Completions(verb) => return manual::completions(out, verb),
        Verb::ManPages(verb) => return manual::man_pages(verb),
        _ => {}
    }
    let app = App::open(cli.global, out)?;
    match cli.verb {
        Verb::Setup(verb) => setup::run(&app, verb).await,
        Verb::Login(verb) => login::login(&app, verb).await,
        Verb::Logout(verb) => login::logout(&app, verb).await,
        Verb::Whoami => login::whoami(&app).await,
        Verb::Resources(verb) => resources::run(&app, verb).await,
        Verb::Groups(verb) => groups::run(&app, verb).await,
        Verb::Shares(verb) => shares::run(&app, verb).await,
        Verb::Explain(verb) => explain::run(&app, verb).await,
        Verb::Accounts(verb) => accounts::run(&app, verb).await,
        Verb::Reveal(verb) => reveal::run(&app, verb).await,
        Verb::Copy(verb) => copy::run(&app, verb).await,
        Verb::History(verb) => history::run(&app, verb).await,
        Verb::Reset(verb) => orders::reset(&app, verb).await,
        Verb::Verify(verb) => orders::verify(&app, verb).await,
        Verb::Orders(verb) => orders::run(&app, verb).await,
        Verb::Agents(verb) => agents::run(&app, verb).await,
        Verb::Notifications(verb) => notifications::run(&app, verb).await,
        Verb::Mail(verb) => mail::run(&app, verb).await,
        Verb::Reports(verb) => reports::run(&app, verb).await,
        Verb::Packages(verb) => packages::run(&app, verb).await,
        Verb::Devices(verb) => devices::run(&app, verb).await,
        Verb::Keys(verb) => keys::run(&app, verb).await,
        Verb::Policies(verb) => policies::run(&app, verb).await,
        Verb::Users(verb) => users::run(&app, verb).await,
        Verb::UserGroups(verb) => user_groups::run(&app, verb).await,
        Verb::Roles(verb) => roles::run(&app, verb).await,
        Verb::Tokens(verb) => tokens::run(&app, verb).await,
        Verb::Sessions(verb) => sessions::run(&app, verb).await,
        Verb::SecondFactor(verb) => second_factor::run(&app, verb).await,
        Verb::Gateways(verb) => gateways::run(&app, verb).await,
        Verb::Offices(verb) => offices::run(&app, verb).await,
        Verb::Certificate(verb) => certificate::run(&app, verb).await,
        Verb::RecoveryKey(verb) => recovery_key::run(&app, verb).await,
        Verb::Audit(verb) => audit::run(&app, verb).await,
        Verb::Witness(verb) => witness::run(&app, verb).await,
        Verb::Status => status::run(&app).await,
        Verb::Settings(verb) => settings::run(&app, verb).await,
        Verb::Completions(_) | Verb::ManPages(_) => unreachable!("answered above"),
    }
}
