//! `demo`: the product at work, on a scratch Linux system with real accounts, whose
//! agent is on the internet, behind a gateway in a DMZ.

mod agent;
mod client;
mod control;
mod elevate;
mod first_run;
mod flow;
mod host;
mod interrupt;
mod outside;
mod place;
mod provider;
mod report;
mod scratch;
mod server;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use data_encoding::BASE32_NOPAD;
use sekisho_model::clock::{Clock as _, SystemClock};
use sekisho_model::rng::{self, SystemRng};

use crate::cmd;
use crate::console::{self, NewSite, Site};
use crate::setup;
use crate::workspace::Workspace;
use first_run::Beginning;
use flow::Stage;
use interrupt::Interrupt;
use provider::Tools;
use report::Report;
use scratch::Scratch;

/// The arguments of `demo`.
#[derive(Default, clap::Args)]
pub(crate) struct Args {
    /// End after the cycle instead of staying up until Ctrl-C.
    #[arg(long)]
    once: bool,
    /// An empty server, whose wizard you walk yourself, and a host whose agent waits
    /// for the enrolment key that you make there.
    #[arg(long, conflicts_with_all = ["once", "json"])]
    wizard: bool,
    /// Also an OpenID provider, through which people of its own sign in; it needs Node.
    #[arg(long, conflicts_with = "wizard")]
    oidc: bool,
    /// Without the gateway and the networks around it: the agent reaches the server
    /// itself.
    #[arg(long, conflicts_with = "wizard")]
    no_gateway: bool,
    /// Write what was seen to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The folder of ready-built programs; set when started through sudo.
    #[arg(long, value_name = "FOLDER", hide = true)]
    prebuilt: Option<PathBuf>,
}

impl Args {
    /// The programs, if an earlier process has built them.
    pub(crate) fn prebuilt(&self) -> Option<Binaries> {
        // They are also started by programs that work in another folder.
        let folder = std::path::absolute(self.prebuilt.as_deref()?).ok()?;
        Some(Binaries::in_folder(&folder))
    }

    fn way(&self) -> Way {
        if self.no_gateway { Way::Direct } else { Way::Gateway }
    }
}

/// How the agent reaches the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// From the internet, through a gateway in a DMZ; the server is in a LAN.
    Gateway,
    /// Over this machine's loopback.
    Direct,
}

/// The programs that the demo shows.
pub(crate) struct Binaries {
    folder: PathBuf,
    server: PathBuf,
    gateway: PathBuf,
    agent: PathBuf,
    cli: PathBuf,
}

impl Binaries {
    fn in_folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            server: folder.join("sekisho-server"),
            gateway: folder.join("sekisho-gateway"),
            agent: folder.join("sekisho-agent"),
            cli: folder.join("sekisho"),
        }
    }
}

/// The verb: installs what is missing, builds, and runs the demo as root.
pub(crate) fn build_and_run(workspace: &Workspace, args: &Args) -> Result<()> {
    setup::ensure_packages()?;
    if args.oidc {
        setup::ensure_provider(workspace)?;
    }
    let binaries = build(workspace)?;
    if cmd::is_root() { run(args, &binaries) } else { elevate::run_as_root(args, &binaries.folder) }
}

/// Builds the programs, and the console where Node is.
fn build(workspace: &Workspace) -> Result<Binaries> {
    match console::possible(workspace) {
        Ok(()) => {
            println!("demo: building the console");
            console::build(workspace)?;
        }
        Err(why) => println!("demo: without the console: {why:#}"),
    }
    println!("demo: building server, gateway, agent and command line");
    cmd::run(&mut workspace.cargo(&[
        "build",
        "--quiet",
        "--package",
        "sekisho-server",
        "--package",
        "sekisho-gateway",
        "--package",
        "sekisho-agent",
        "--package",
        "sekisho-cli",
        "--bins",
    ]))?;
    Ok(Binaries::in_folder(&workspace.target.join("debug")))
}

/// The demo's server and host after the cycle, for as long as `look` runs, without
/// a gateway. As root.
///
/// # Errors
/// When the demo fails, or `look` does.
pub(crate) fn visit(
    workspace: &Workspace,
    look: impl FnOnce(&Site<'_>) -> Result<()>,
) -> Result<()> {
    setup::ensure_packages()?;
    let binaries = build(workspace)?;
    let interrupt = Interrupt::watch()?;
    let scratch = Scratch::make()?;
    let mut stage = Stage::set_up(&binaries, scratch.path(), None, Way::Direct, &interrupt)?;
    stage.play(&mut Report::default(), &interrupt)?;
    stage.while_visited(&interrupt, look)
}

/// An empty site and a host without an agent, for as long as `walk` runs. It leaves
/// the enrolment key in the host's folder, and the host enrols with it. `settings`
/// are more of the server's. As root.
///
/// # Errors
/// When something cannot be started, or `walk` fails.
pub(crate) fn begin(
    workspace: &Workspace,
    settings: &str,
    walk: impl FnOnce(&NewSite<'_>) -> Result<()>,
) -> Result<()> {
    setup::ensure_packages()?;
    let binaries = build(workspace)?;
    let interrupt = Interrupt::watch()?;
    let scratch = Scratch::make()?;
    let mut beginning = Beginning::set_up(&binaries, scratch.path(), settings, &interrupt)?;
    beginning.while_walked(&binaries, &interrupt, walk)
}

/// The demo itself, as root, with programs that are there.
pub(crate) fn run(args: &Args, binaries: &Binaries) -> Result<()> {
    let interrupt = Interrupt::watch()?;
    if args.wizard {
        let scratch = Scratch::make()?;
        Beginning::set_up(binaries, scratch.path(), "", &interrupt)?.stay(binaries, &interrupt)?;
        println!("\ndemo: done; everything it made is gone");
        return Ok(());
    }
    let mut report = Report::default();
    let outcome = show(args, binaries, &interrupt, &mut report);
    if let Some(file) = &args.json {
        report.write(file)?;
    }
    if interrupt.came() && args.once {
        bail!("interrupted; everything the demo made is gone");
    }
    outcome?;
    println!("demo: done; everything it made is gone");
    match report.missing(args.way()).as_slice() {
        [] => Ok(()),
        missing => bail!("not seen: {}", missing.join(", ")),
    }
}

fn show(
    args: &Args,
    binaries: &Binaries,
    interrupt: &Interrupt,
    report: &mut Report,
) -> Result<()> {
    let scratch = Scratch::make()?;
    let tools = args.oidc.then(|| Tools::find(&binaries.folder)).transpose()?;
    // The folder goes after everything that is in it.
    let mut stage = Stage::set_up(binaries, scratch.path(), tools.as_ref(), args.way(), interrupt)?;
    if let Err(error) = stage.play(report, interrupt) {
        if !interrupt.came() {
            eprintln!("{}", stage.logs());
        }
        return Err(error);
    }
    if args.once {
        return Ok(());
    }
    println!("{}", stage.summary());
    while !interrupt.came() {
        stage.check_alive()?;
        std::thread::sleep(Duration::from_millis(200));
    }
    println!("\ndemo: cleaning up");
    Ok(())
}

/// A password nobody has to type: 130 bits.
fn random_password() -> String {
    // The prefix satisfies policies that ask for every class of characters.
    format!("Aa1-{}", BASE32_NOPAD.encode(&rng::random_bytes::<17>(&SystemRng)))
}

/// Asks `look` until it has an answer.
fn wait_for<T>(
    what: &str,
    limit: Duration,
    interrupt: &Interrupt,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = SystemClock.elapsed() + limit;
    loop {
        interrupt.check()?;
        if let Some(found) = look()? {
            return Ok(found);
        }
        if SystemClock.elapsed() > deadline {
            bail!("{what}: not seen within {} s", limit.as_secs());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_with_an_answer_or_a_sentence() {
        let interrupt = Interrupt::never();
        let mut tries = 0;
        let found = wait_for("the third try", Duration::from_secs(5), &interrupt, || {
            tries += 1;
            Ok((tries == 3).then_some(tries))
        });
        assert_eq!(found.expect("found"), 3);
        let lost: Result<()> = wait_for("nothing", Duration::ZERO, &interrupt, || Ok(None));
        assert_eq!(lost.expect_err("never").to_string(), "nothing: not seen within 0 s");
    }
}
