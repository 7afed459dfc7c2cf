//! The packages, tried for real: Debian's under a systemd that is booted in a
//! container over a throw-away copy of this machine, RPM's in a scratch root.
//!
//! The programs are those of the dev profile, stripped. It takes root, and a
//! kernel that lets `systemd-nspawn` work; `cargo xtask test` says so where it
//! does not.

mod deb;
mod gateway;
mod machine;
mod rpm;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use machine::checked;
use tempfile::TempDir;
use xtask::dist::Format;

/// The version that is installed first.
const FIRST: &str = "0.1.0";
/// The version it is upgraded to.
const SECOND: &str = "0.1.1";

/// The packages of both versions in one format, in folders of that name.
fn packages(format: Format) -> TempDir {
    let folder = tempfile::Builder::new().prefix("sekisho-packages-").tempdir().expect("a folder");
    let programs = folder.path().join("programs");
    fs::create_dir(&programs).expect("a folder");
    for name in ["sekisho", "sekisho-server", "sekisho-agent", "sekisho-gateway"] {
        let mut strip = Command::new("strip");
        checked(strip.arg("-o").arg(programs.join(name)).arg(program(name)));
    }
    for version in [FIRST, SECOND] {
        let out = folder.path().join(version);
        fs::create_dir(&out).expect("a folder");
        xtask::dist::pack_for_test(&programs, version, &[format], &out).expect("packages");
    }
    fs::remove_dir_all(programs).expect("ours");
    folder
}

/// The files of a version with this ending.
fn files(folder: &Path, version: &str, ending: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder.join(version))
        .expect("the packages")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(ending))
        .collect();
    names.sort();
    assert_eq!(names.len(), 4, "{names:?}");
    names
}

/// A program of the workspace, next to this test's own folder.
fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a running program has a path");
    let folder = own.parent().and_then(|deps| deps.parent()).expect("target/debug/deps");
    let path = folder.join(name);
    assert!(path.is_file(), "{} is not built; run `cargo xtask test packages`", path.display());
    path
}
