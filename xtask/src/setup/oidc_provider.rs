//! The OpenID provider that the server's tests sign in through: packages of
//! npm, pinned by a lock file, below the target folder.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::cmd;
use crate::console;
use crate::workspace::Workspace;

/// Where its packages are named.
const SOURCE: &str = "crates/server/tests/oidc-provider";

/// What npm reads of that.
const FILES: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];

/// Whether it is not there, or not as the lock file says.
pub(crate) fn is_missing(workspace: &Workspace) -> bool {
    let lock = fs::read_to_string(workspace.root.join(SOURCE).join("package-lock.json"));
    let installed = fs::read_to_string(stamp(workspace));
    !matches!((lock, installed), (Ok(lock), Ok(installed)) if lock == installed)
}

/// Has npm install it.
///
/// # Errors
/// When npm is missing, or fails.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    println!("setup: npm brings the OpenID provider of the server's tests");
    let folder = folder(workspace);
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    for file in FILES {
        let from = workspace.root.join(SOURCE).join(file);
        fs::copy(&from, folder.join(file)).with_context(|| from.display().to_string())?;
    }
    let mut npm = Command::new("npm");
    npm.current_dir(&folder).env("PATH", console::path(workspace));
    cmd::run(npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]))?;
    fs::copy(folder.join("package-lock.json"), stamp(workspace)).map(drop)?;
    Ok(())
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("tools/oidc-provider")
}

fn stamp(workspace: &Workspace) -> PathBuf {
    folder(workspace).join("installed.json")
}
