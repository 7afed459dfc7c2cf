//! Where the workspace and its build products lie.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::cmd;

/// The folders every verb works with.
pub(crate) struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// The one target folder, shared by every step of every verb.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks cargo, from the folder the command was started in.
    pub(crate) fn find() -> Result<Self> {
        let mut command = Command::new(cargo());
        command.args(["metadata", "--no-deps", "--format-version", "1"]);
        if let Some(manifest_dir) = std::env::var_os("CARGO_MANIFEST_DIR") {
            command.current_dir(manifest_dir);
        }
        let metadata: serde_json::Value = serde_json::from_str(&cmd::output(&mut command)?)?;
        let folder = |key: &str| {
            metadata[key]
                .as_str()
                .map(PathBuf::from)
                .with_context(|| format!("cargo metadata names no {key}"))
        };
        Ok(Self { root: folder("workspace_root")?, target: folder("target_directory")? })
    }

    /// A cargo command in the workspace.
    pub(crate) fn cargo(&self, args: &[&str]) -> Command {
        let mut command = Command::new(cargo());
        command.current_dir(&self.root).args(args);
        command
    }

    /// A program that the dev profile built.
    pub(crate) fn binary(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }

    /// The path as people read it: below the workspace.
    pub(crate) fn relative<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }

    /// Every file that is or could be committed, with paths below the root.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>> {
        let mut command = Command::new("git");
        command.current_dir(&self.root).args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]);
        let list = cmd::output(&mut command).context("tidy needs git to know the files")?;
        let mut files: Vec<PathBuf> = list
            .split('\0')
            .filter(|path| !path.is_empty() && self.root.join(path).is_file())
            .map(PathBuf::from)
            .collect();
        files.sort();
        files.dedup();
        Ok(files)
    }
}

fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
