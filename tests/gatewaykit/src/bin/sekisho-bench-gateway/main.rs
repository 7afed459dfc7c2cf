//! Takes the figures of `cargo xtask bench gateway`: the gateway, nginx and a
//! bare relay, each in a process of its own, one round after the other.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool for people: its output is its purpose"
)]

mod agents;
mod echo;
mod gateway;
mod load;
mod nginx;
mod peer;
mod relay;
mod rounds;
mod tls;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use xtask::bench::{Args, Part};

// Its own memory is no figure; its own CPU time takes the cores that the
// gateway could have.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Takes figures. Started by `cargo xtask bench gateway`, which says what they
/// are.
#[derive(Parser)]
struct Cli {
    /// The folder of the gateway's program.
    #[arg(long)]
    programs: PathBuf,
    #[command(flatten)]
    args: Args,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    sekisho_platform::process::raise_open_files()?;
    // The same program is also the server behind nginx and the relay, and the
    // relay itself.
    let words: Vec<String> = std::env::args().collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "echo", folder] => return echo::run(Path::new(folder)),
        [_, "relay", folder, port] => {
            return relay::run(Path::new(folder), port.parse().context("a port")?);
        }
        _ => {}
    }
    let cli = Cli::parse();
    let Part::Gateway(args) = &cli.args.part else { bail!("only `gateway` is measured here") };
    rounds::run(&cli.programs, args)
}

/// Says what is going on.
fn say(what: &str) {
    println!("bench: {what}");
}
