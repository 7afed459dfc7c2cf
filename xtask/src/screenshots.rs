//! `screenshots`: every page of the web console, in both languages and themes.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::loopback_gateway::LoopbackGateway;
use crate::workspace::Workspace;
use crate::{cmd, console, demo, setup};

/// The arguments of `screenshots`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the pictures go; `target/screenshots` if not given.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// The verb: the demo's server and host, a browser, and pictures.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    setup::ensure(workspace)?;
    console::can_be_seen(workspace)?;
    let out = args.out.clone().unwrap_or_else(|| workspace.target.join("screenshots"));
    fs::create_dir_all(&out).with_context(|| format!("creating {}", out.display()))?;
    // The browser is started in another folder.
    let out = fs::canonicalize(&out)?;
    demo::visit(workspace, |site| {
        let gateway = LoopbackGateway::start(workspace)?;
        cmd::run(&mut console::gateways(workspace, site, &gateway, Some(&out)))?;
        cmd::run(&mut console::look(workspace, site, Some(&out)))
    })?;
    for (factor, settings) in console::FIRST_RUNS {
        demo::begin(workspace, settings, |site| {
            cmd::run(&mut console::first_run(workspace, site, factor, Some(&out)))
        })?;
    }
    println!("screenshots: the pictures are in {}", out.display());
    Ok(())
}
