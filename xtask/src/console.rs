//! The web console: what Node checks, tests and builds of it.
//!
//! Everything else works without Node: a server built without the console says
//! how to build it. So a machine that cannot have Node is told that this part
//! was not run; whoever asks for it by name gets an error.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::cmd;
use crate::loopback_gateway::LoopbackGateway;
use crate::workspace::Workspace;

/// The oldest Node that the console's tools run on.
const NODE: u32 = 20;

/// The Node that npm brings where the machine's is older.
const NODE_BROUGHT: u32 = 22;

/// Where Debian has the browser.
const CHROMIUM: &str = "/usr/bin/chromium";

/// A server to look at with a browser.
pub(crate) struct Site<'a> {
    /// Where it is.
    pub(crate) url: String,
    /// Who signs in.
    pub(crate) user: &'a str,
    /// The file with the password.
    pub(crate) password_file: &'a Path,
    /// An account that can be revealed, as people type it.
    pub(crate) account: String,
    /// The folder in which a script asks for the server's end and start.
    pub(crate) control: &'a Path,
}

/// The kinds of second factor with which first run is walked, and the server's
/// settings for each: with a passkey one proves again who one is, so that a proof is
/// old while it is walked.
pub(crate) const FIRST_RUNS: [(&str, &str); 2] =
    [("totp", ""), ("passkey", "[limits]\nproof_minutes = 1\n")];

/// A server without an administrator, for a browser that walks the wizard.
pub(crate) struct NewSite<'a> {
    /// Where it is, by its name.
    pub(crate) url: String,
    /// The file with the set-up token.
    pub(crate) setup_token_file: &'a Path,
    /// The file with the recovery key; a real one is on paper.
    pub(crate) recovery_key_file: &'a Path,
    /// Where the walk leaves the enrolment key, and finds what the host shows.
    pub(crate) host_folder: &'a Path,
    /// The account that is to be reset, as people type it.
    pub(crate) account: String,
}

/// Whether the console can be built here.
///
/// # Errors
/// Says what is missing.
pub(crate) fn possible(workspace: &Workspace) -> Result<()> {
    if !cmd::on_path("npm") {
        bail!("there is no npm; install Node {NODE} or newer");
    }
    match node_version(workspace)? {
        Some(found) if found >= NODE => Ok(()),
        Some(found) => bail!("Node is {found}; install {NODE} or newer"),
        None => bail!("there is no Node; install {NODE} or newer"),
    }
}

/// Whether the built console can be looked at here, on a running demo.
///
/// # Errors
/// Says what is missing.
pub(crate) fn can_be_seen(workspace: &Workspace) -> Result<()> {
    possible(workspace)?;
    if !Path::new(CHROMIUM).exists() {
        bail!("there is no {CHROMIUM}; `cargo xtask setup` installs it on Debian");
    }
    if !cmd::is_root() {
        bail!("the demo that is looked at needs root");
    }
    Ok(())
}

/// Has npm bring a Node, where the machine's is too old or missing.
///
/// # Errors
/// When npm is missing, or fails.
pub(crate) fn bring_node(workspace: &Workspace) -> Result<()> {
    if node_version(workspace)?.is_some_and(|found| found >= NODE) {
        return Ok(());
    }
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => bail!("there is no ready-built Node for {other}; install Node {NODE} or newer"),
    };
    println!("setup: npm brings Node {NODE_BROUGHT}");
    let folder = brought(workspace);
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let package = format!("node-linux-{architecture}@{NODE_BROUGHT}");
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-save", "--no-audit", "--no-fund", "--prefix"]);
    cmd::run(npm.arg(&folder).arg(package))
}

fn brought(workspace: &Workspace) -> PathBuf {
    workspace.target.join("tools/node")
}

/// The path of the machine, with the Node that was brought in front.
pub(crate) fn path(workspace: &Workspace) -> OsString {
    let first = brought(workspace).join("node_modules/.bin");
    let machine = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(first).chain(std::env::split_paths(&machine));
    std::env::join_paths(all).unwrap_or(machine)
}

fn node_version(workspace: &Workspace) -> Result<Option<u32>> {
    let brought = brought(workspace).join("node_modules/.bin/node");
    let node = if brought.exists() { brought } else { PathBuf::from("node") };
    if node.is_relative() && !cmd::on_path("node") {
        return Ok(None);
    }
    Ok(major(&cmd::output(Command::new(node).arg("--version"))?))
}

/// Installs the packages of the lock file, unless they are there.
///
/// # Errors
/// When npm fails.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    let folder = workspace.root.join("console");
    let lock = fs::read_to_string(folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.sekisho-installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    println!("console: installing the packages of console/package-lock.json");
    cmd::run(&mut npm(workspace, &["ci", "--no-audit", "--no-fund"]))?;
    fs::write(&stamp, lock).with_context(|| format!("writing {}", stamp.display()))
}

/// Format, lints, generated files and types.
///
/// # Errors
/// When one of them is not as it should be.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    install(workspace)?;
    for script in ["lint", "generate:check", "types"] {
        cmd::run(&mut npm(workspace, &["run", "--silent", script]))?;
    }
    Ok(())
}

/// The command that runs its tests.
pub(crate) fn tests(workspace: &Workspace) -> Command {
    let mut command = npm(workspace, &["run", "--silent", "test"]);
    command.env("NO_COLOR", "1");
    command
}

/// Builds it to where the server's build finds it, compressed and measured;
/// unless the one that is there was built from the same files, because a new one
/// makes a new server.
///
/// # Errors
/// When the build fails or is above its budget.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    install(workspace)?;
    let folder = workspace.root.join("console");
    let stamp = folder.join("dist/built-from.txt");
    let mut digest = Sha256::new();
    digest_files(&folder, &mut digest)?;
    let now = HEXLOWER.encode(&digest.finalize());
    if fs::read_to_string(&stamp).is_ok_and(|before| before == now) {
        return Ok(());
    }
    // A build that fails leaves none.
    let _ = fs::remove_file(&stamp);
    cmd::run(&mut npm(workspace, &["run", "--silent", "build"]))?;
    fs::write(&stamp, now).with_context(|| format!("writing {}", stamp.display()))
}

/// Names and contents of the files below a folder, but for what is installed
/// and what is built.
fn digest_files(folder: &Path, digest: &mut Sha256) -> Result<()> {
    let mut entries = fs::read_dir(folder)
        .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
        .with_context(|| format!("reading {}", folder.display()))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if path.ends_with("console/node_modules") || path.ends_with("console/dist") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            digest_files(&path, digest)?;
        } else {
            let content = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            let name = path.as_os_str().as_encoded_bytes();
            for part in [name, content.as_slice()] {
                digest.update((part.len() as u64).to_be_bytes());
                digest.update(part);
            }
        }
    }
    Ok(())
}

/// The command that looks at every page with a browser, in both languages and
/// themes: is it accessible, does its policy hold, does nothing fail. It keeps
/// the pictures in a folder.
pub(crate) fn look(workspace: &Workspace, site: &Site<'_>, pictures: Option<&Path>) -> Command {
    let mut command = browser(workspace, site, "e2e/look.mjs");
    command.args(pictures);
    command
}

/// The command that walks through the console with the keyboard only.
pub(crate) fn walk(workspace: &Workspace, site: &Site<'_>) -> Command {
    let mut command = browser(workspace, site, "e2e/walk.mjs");
    command.arg(&site.account);
    command
}

/// The command that pairs a gateway, changes and revokes it, and adds an office. What
/// it leaves is looked at by [`look`]. It keeps the pictures in a folder.
pub(crate) fn gateways(
    workspace: &Workspace,
    site: &Site<'_>,
    gateway: &LoopbackGateway,
    pictures: Option<&Path>,
) -> Command {
    let mut command = browser(workspace, site, "e2e/gateways.mjs");
    command
        .args(pictures)
        .env("SEKISHO_PAIR", &gateway.pair_program)
        .env("SEKISHO_GATEWAY", &gateway.address);
    command
}

/// The command that makes trouble for who uses the console: odd names, changes by two
/// at once, a session that ends, a network that is away, a server that is started again.
pub(crate) fn trouble(workspace: &Workspace, site: &Site<'_>) -> Command {
    let mut command = browser(workspace, site, "e2e/trouble.mjs");
    command.env("SEKISHO_CONTROL", site.control);
    command
}

/// The command that walks from the set-up token to a revealed, rotated password,
/// with a second factor of a kind: `totp` or `passkey`. It keeps the pictures in a
/// folder.
pub(crate) fn first_run(
    workspace: &Workspace,
    site: &NewSite<'_>,
    factor: &str,
    pictures: Option<&Path>,
) -> Command {
    let mut command = script(workspace, "e2e/first-run.mjs", &site.url);
    command
        .args([factor, &site.account])
        .args(pictures)
        .env("SEKISHO_SETUP_TOKEN_FILE", site.setup_token_file)
        .env("SEKISHO_RECOVERY_KEY_FILE", site.recovery_key_file)
        .env("SEKISHO_HOST_FOLDER", site.host_folder);
    command
}

fn browser(workspace: &Workspace, site: &Site<'_>, name: &str) -> Command {
    let mut command = script(workspace, name, &site.url);
    command.env("SEKISHO_USER", site.user).env("SEKISHO_PASSWORD_FILE", site.password_file);
    command
}

fn script(workspace: &Workspace, name: &str, url: &str) -> Command {
    let mut command = Command::new("node");
    command
        .current_dir(workspace.root.join("console"))
        .arg(name)
        .env("PATH", path(workspace))
        .env("CHROMIUM", CHROMIUM)
        .env("SEKISHO_URL", url);
    command
}

fn npm(workspace: &Workspace, args: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(workspace.root.join("console")).args(args).env("PATH", path(workspace));
    command
}

/// `v20.20.2` is 20.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_node_is_read() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("v8.0.0"), Some(8));
        assert_eq!(major("node"), None);
    }
}
