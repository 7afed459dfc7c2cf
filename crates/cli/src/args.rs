//! The command line: what every verb shares, and the list of verbs.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::exit;
use crate::net::proxy::ProxyArgs;
use crate::net::server::Server;
use crate::net::trust::Pin;
use crate::nouns::{
    accounts, agents, audit, certificate, copy, devices, explain, gateways, groups, history, keys,
    login, mail, manual, notifications, offices, orders, packages, policies, recovery_key, reports,
    resources, reveal, roles, second_factor, sessions, settings, setup, shares, tokens,
    user_groups, users, witness,
};

/// Keeps, rotates and lends the passwords of privileged accounts
///
/// ACCOUNT is an id or resource/name, RESOURCE an id or a name. Results go to
/// standard output, remarks to standard error. Secrets are never taken from
/// the command line or the environment: they are asked for, or read from a
/// file or standard input.
#[derive(Debug, Parser)]
#[command(name = "sekisho", version, propagate_version = true, after_help = exit::HELP)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What every verb takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// The server; remembered by login
    #[arg(long, global = true, value_name = "URL", env = "SEKISHO_SERVER")]
    pub(crate) server: Option<Server>,
    /// PEM file with the authority that signed the server's certificate
    #[arg(long, global = true, value_name = "FILE", env = "SEKISHO_CA_FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// SHA-256 of a certificate, or its key, in the server's chain; instead of --ca-file
    #[arg(long, global = true, value_name = "SHA256")]
    pub(crate) pin: Option<Pin>,
    /// Where settings and credentials are kept [default: ~/.config/sekisho]
    #[arg(long, global = true, value_name = "DIR", env = "SEKISHO_CONFIG_DIR")]
    pub(crate) config_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) proxy: ProxyArgs,
    /// Print the JSON of the API
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// No remarks and no progress
    #[arg(long, short = 'q', global = true)]
    pub(crate) quiet: bool,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Create the first administrator of a new server
    #[command(after_help = setup::EXAMPLE)]
    Setup(setup::Setup),
    /// Sign in and keep a token for 12 hours
    #[command(after_help = login::LOGIN_EXAMPLE)]
    Login(login::Login),
    /// Revoke the token and forget it
    #[command(after_help = login::LOGOUT_EXAMPLE)]
    Logout(login::Logout),
    /// Show who is signed in
    #[command(after_help = "Example:\n  sekisho whoami --json")]
    Whoami,
    /// Machines and services whose accounts are kept
    #[command(subcommand)]
    Resources(resources::Resources),
    /// Resources that share a rule
    #[command(subcommand)]
    Groups(groups::Groups),
    /// What is shared with whom
    #[command(subcommand)]
    Shares(shares::Shares),
    /// Why somebody may or may not do something
    #[command(after_help = explain::EXAMPLE)]
    Explain(explain::Explain),
    /// Privileged accounts
    #[command(subcommand)]
    Accounts(accounts::Accounts),
    /// Show the password of an account
    #[command(after_help = reveal::EXAMPLE)]
    Reveal(reveal::Reveal),
    /// Put the password of an account on the clipboard for 30 s
    #[command(after_help = copy::EXAMPLE)]
    Copy(copy::Copy),
    /// The values a password has had
    #[command(after_help = history::EXAMPLE)]
    History(history::History),
    /// Set a new password on the host
    #[command(after_help = orders::RESET_EXAMPLE)]
    Reset(orders::Reset),
    /// Check whether the known password works on the host
    #[command(after_help = orders::VERIFY_EXAMPLE)]
    Verify(orders::Verify),
    /// Resets, verifies and discoveries
    #[command(subcommand)]
    Orders(orders::Orders),
    /// The agents of your resources
    #[command(subcommand)]
    Agents(agents::Agents),
    /// What became of the resets and checks you have asked for
    #[command(subcommand)]
    Notifications(notifications::Notifications),
    /// Your mail address, and the mail of the server
    #[command(subcommand)]
    Mail(mail::Mail),
    /// Packages of the agent, for download
    #[command(subcommand)]
    Packages(packages::Packages),
    /// Enrolled endpoints
    #[command(subcommand)]
    Devices(devices::Devices),
    /// Keys that admit new endpoints
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Rules for generated passwords
    #[command(subcommand)]
    Policies(policies::Policies),
    /// People and programs that sign in
    #[command(subcommand)]
    Users(users::Users),
    /// People who are shared with as one
    #[command(subcommand)]
    UserGroups(user_groups::UserGroups),
    /// What people may do
    #[command(subcommand)]
    Roles(roles::Roles),
    /// Your API tokens
    #[command(subcommand)]
    Tokens(tokens::Tokens),
    /// Where you are signed in
    #[command(subcommand)]
    Sessions(sessions::Sessions),
    /// Your authenticator app, and which roles need one
    #[command(subcommand)]
    SecondFactor(second_factor::Verbs),
    /// Reports: run them, and have them sent by mail
    #[command(subcommand)]
    Reports(reports::Reports),
    /// The audit log
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Other sites whose audit logs this server witnesses
    #[command(subcommand)]
    Witness(witness::Witness),
    /// Gateways: relays that agents reach from outside
    #[command(subcommand)]
    Gateways(gateways::Gateways),
    /// Offices: places whose devices share few public addresses
    #[command(subcommand)]
    Offices(offices::Offices),
    /// The certificate that browsers and this program see
    #[command(subcommand)]
    Certificate(certificate::Verbs),
    /// The key that opens backups, and whether somebody still holds it
    #[command(subcommand)]
    RecoveryKey(recovery_key::Verbs),
    /// The state of the server
    #[command(after_help = "Example:\n  sekisho status --json")]
    Status,
    /// The settings the server began with, and where they were given
    #[command(after_help = "Example:\n  sekisho settings --given")]
    Settings(settings::Settings),
    /// Print the script that completes this command line in your shell
    #[command(after_help = manual::COMPLETIONS_EXAMPLE)]
    Completions(manual::Completions),
    /// Write the man pages of this program and its verbs
    #[command(after_help = manual::MAN_PAGES_EXAMPLE)]
    ManPages(manual::ManPages),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_verb_shows_an_example() {
        fn check(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            if command.get_subcommands().next().is_none() {
                let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.starts_with("Example"), "{path} has no example");
            }
            for verb in command.get_subcommands() {
                check(verb, &path);
            }
        }
        check(&Cli::command(), "");
    }

    #[test]
    fn no_option_takes_a_secret_as_its_value() {
        fn check(command: &clap::Command) {
            for arg in command.get_arguments() {
                let id = arg.get_id().as_str();
                for word in ["password", "token", "secret"] {
                    let named = id.contains(word) && arg.get_action().takes_values();
                    // Verbs about tokens name one by its id.
                    assert!(!named || id.ends_with("_file") || id == "token", "{id}");
                }
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}
