//! `setup`: finds what this machine lacks for tests and demo, and installs it.

mod ansible;
mod debian;
mod oidc_provider;
mod tools;

use anyhow::{Result, bail};

pub(crate) use ansible::ensure as ensure_ansible;
pub(crate) use tools::Tool;

use crate::console;
use crate::workspace::Workspace;

/// The arguments of `setup`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only report what is missing; exit code 1 if anything is.
    #[arg(long)]
    check: bool,
}

/// The verb.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let packages = debian::missing();
    let components = tools::missing_components();
    let tools = tools::missing(workspace);
    let node = console::possible(workspace);
    let provider = oidc_provider::is_missing(workspace);
    if packages.is_empty() && components.is_empty() && tools.is_empty() && node.is_ok() && !provider
    {
        println!("setup: nothing is missing");
        return Ok(());
    }
    for package in &packages {
        println!("setup: missing Debian package {}: {}", package.name, package.purpose);
    }
    for component in &components {
        println!("setup: missing toolchain component {component}");
    }
    for tool in &tools {
        println!("setup: missing cargo tool {}: {}", tool.binary(), tool.purpose());
    }
    if let Err(why) = &node {
        println!("setup: missing for the console: {why:#}");
    }
    if provider {
        println!("setup: missing OpenID provider: the server's tests sign in through it");
    }
    if args.check {
        bail!("something is missing; `cargo xtask setup` installs it");
    }
    install(workspace, &packages, &components, &tools)?;
    println!("setup: complete");
    Ok(())
}

/// Installs what is missing and says nothing when nothing is.
pub(crate) fn ensure(workspace: &Workspace) -> Result<()> {
    let complete = debian::missing().is_empty()
        && tools::missing_components().is_empty()
        && tools::missing(workspace).is_empty()
        && console::possible(workspace).is_ok()
        && !oidc_provider::is_missing(workspace);
    if complete { Ok(()) } else { run(workspace, &Args { check: false }) }
}

/// Installs what the demo needs: Debian packages only.
pub(crate) fn ensure_packages() -> Result<()> {
    debian::install(&debian::missing())
}

/// Installs the OpenID provider of the server's tests, for the demo.
///
/// # Errors
/// When there is no Node for it.
pub(crate) fn ensure_provider(workspace: &Workspace) -> Result<()> {
    console::bring_node(workspace)?;
    if oidc_provider::is_missing(workspace) {
        oidc_provider::install(workspace)?;
    }
    Ok(())
}

fn install(
    workspace: &Workspace,
    packages: &[&debian::Package],
    components: &[&str],
    tools: &[Tool],
) -> Result<()> {
    debian::install(packages)?;
    tools::install_components(components)?;
    tools::install(workspace, tools)?;
    // Without it only the console is missing, and that is said where it is.
    if let Err(why) = console::bring_node(workspace) {
        println!("setup: the console cannot be built: {why:#}");
        return Ok(());
    }
    if oidc_provider::is_missing(workspace) {
        oidc_provider::install(workspace)?;
    }
    Ok(())
}
