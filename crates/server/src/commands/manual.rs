//! Help that lives outside the program: man pages and shell completions.

use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use sekisho_manual::{About, Shell};

/// What the man page says beyond the command line.
const ABOUT: About = About {
    section: "8",
    files: &[
        (
            "/etc/sekisho/server.toml",
            "The settings. Each can be overridden by an environment variable or with --set.",
        ),
        (
            "/etc/sekisho/keys/kek",
            "The key-encryption key where the packages put it. Without it the data folder cannot \
             be read: keep a copy, and keep it apart from copies of the data.",
        ),
        ("/var/lib/sekisho/sekisho.db", "The SQLite database, unless there is another database."),
        ("/var/lib/sekisho/ca.pem", "The site's certificate authority, for people to copy."),
    ],
    see_also: &["sekisho(1)", "sekisho-agent(8)"],
};

/// Prints the script that completes the command line.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn completions(
    command: clap::Command,
    shell: Shell,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    Ok(out.write_all(sekisho_manual::completions(command, shell).as_bytes())?)
}

/// Writes the man pages into a folder that exists.
///
/// # Errors
/// Names the folder.
pub(crate) fn man_pages(command: clap::Command, folder: &Path) -> anyhow::Result<()> {
    sekisho_manual::write_pages(command, &ABOUT, folder)
        .with_context(|| format!("cannot write the pages into {}", folder.display()))
}
