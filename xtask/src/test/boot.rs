//! Whether a machine can be booted here, in which packages are tried.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cmd;

/// The same steps as the tests take, around a program that does nothing.
const TRIAL: &str = r#"
    mount -t tmpfs tmpfs "$1"
    mkdir "$1/upper" "$1/work" "$1/root"
    mount -t overlay overlay \
        -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
    exec systemd-nspawn --quiet --directory "$1/root" --register=no --keep-unit \
        --machine=sekisho-trial --console=pipe --private-network /bin/true
"#;

/// Finds out by trying.
///
/// # Errors
/// Says what this machine does not have or does not allow.
pub(super) fn possible() -> Result<()> {
    if !cmd::is_root() {
        bail!("it takes root");
    }
    for program in ["systemd-nspawn", "dpkg", "rpm", "strip", "unshare", "nsenter", "setpriv"] {
        if !cmd::on_path(program) {
            bail!("there is no {program}");
        }
    }
    let folder = tempfile::tempdir().context("no scratch folder")?;
    let mut trial = Command::new("unshare");
    trial.args(["--mount", "--propagation", "private", "--", "bash", "-euc", TRIAL, "trial"]);
    cmd::feed_checked(trial.arg(folder.path()), b"").map(drop).context("systemd-nspawn")
}
