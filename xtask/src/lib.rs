//! The one entry point for every developer command: `cargo xtask <verb>`.
//!
//! A verb is here only when it works. It is a library so that the tests of the
//! whole system can borrow its [`scratch_system`] and its [`networks`], and the
//! program that takes the figures what is in [`bench`].

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool for people: its output is its purpose"
)]

pub mod bench;
mod ci;
mod cmd;
mod console;
mod demo;
pub mod dist;
mod fuzz;
mod r#gen;
mod loopback_gateway;
pub mod networks;
mod ports;
mod prove;
pub mod scratch_system;
mod screenshots;
mod setup;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "The one entry point for every developer command")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Find what this machine lacks for tests and demo, and install it.
    Setup(setup::Args),
    /// Show the product at work on a scratch Linux system.
    Demo(demo::Args),
    /// Check and test everything, or one part.
    Test(test::Args),
    /// Everything a change must pass: licences, spelling, then `test`.
    Ci(ci::Args),
    /// Take figures, with the peer in the same run.
    Bench(bench::Args),
    /// Prove by fault injection what must never happen.
    Prove(prove::Args),
    /// Look for bytes that break a parser, guided by coverage.
    Fuzz(fuzz::Args),
    /// Check the rules of the architecture that the compiler does not see.
    Tidy,
    /// Build the packages: deb, rpm, tar.gz and SHA256SUMS.
    Dist(dist::Args),
    /// Take pictures of every page of the web console.
    Screenshots(screenshots::Args),
    /// Write the generated files anew.
    Gen(r#gen::Args),
}

/// Runs the verb on the command line. Exit code 1: it found a fault or failed.
pub fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    if let Verb::Demo(args) = &cli.verb
        && let Some(binaries) = args.prebuilt()
    {
        // Started through sudo: no cargo here, and nothing left to build.
        return demo::run(args, &binaries);
    }
    let workspace = Workspace::find()?;
    match cli.verb {
        Verb::Setup(args) => setup::run(&workspace, &args),
        Verb::Demo(args) => demo::build_and_run(&workspace, &args),
        Verb::Test(args) => test::run(&workspace, &args),
        Verb::Ci(args) => ci::run(&workspace, &args),
        Verb::Bench(args) => bench::run(&workspace, &args),
        Verb::Prove(args) => prove::run(&workspace, &args),
        Verb::Fuzz(args) => fuzz::run(&workspace, &args),
        Verb::Tidy => tidy::run(&workspace),
        Verb::Dist(args) => dist::run(&workspace, &args),
        Verb::Screenshots(args) => screenshots::run(&workspace, &args),
        Verb::Gen(args) => r#gen::run(&workspace, &args),
    }
}
