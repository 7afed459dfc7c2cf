//! `sekisho completions` and `sekisho man-pages`: help that lives outside the
//! program.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use sekisho_manual::About;

use crate::args::Cli;
use crate::error::{Result, failed};
use crate::exit::Exit;
use crate::output::Output;

pub(crate) const COMPLETIONS_EXAMPLE: &str = "\
Examples:
  sekisho completions bash > ~/.local/share/bash-completion/completions/sekisho
  sekisho completions zsh > ~/.zfunc/_sekisho
  sekisho completions fish > ~/.config/fish/completions/sekisho.fish";

pub(crate) const MAN_PAGES_EXAMPLE: &str = "\
Example:
  sekisho man-pages ~/.local/share/man/man1";

/// What the man page says beyond the command line.
pub(crate) const ABOUT: About = About {
    section: "1",
    files: &[
        (
            "~/.config/sekisho/config.toml",
            "The server, how it is recognised and who signed in; written by login.",
        ),
        ("~/.config/sekisho/ca.pem", "A copy of the authority that was given with --ca-file."),
        (
            "~/.config/sekisho/credentials",
            "The token of the sign-in. Only its owner can read it; logout revokes and removes it.",
        ),
    ],
    see_also: &["sekisho-server(8)", "sekisho-agent(8)"],
};

/// The arguments of `completions`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell that reads the script
    shell: sekisho_manual::Shell,
}

/// The arguments of `man-pages`.
#[derive(Debug, Args)]
pub(crate) struct ManPages {
    /// The folder to write them into; it exists
    folder: PathBuf,
}

/// Prints the script.
pub(crate) fn completions(out: Output, verb: &Completions) -> Result<Exit> {
    out.line(sekisho_manual::completions(Cli::command(), verb.shell).trim_end())?;
    Ok(Exit::Ok)
}

/// Writes the pages.
pub(crate) fn man_pages(verb: &ManPages) -> Result<Exit> {
    sekisho_manual::write_pages(Cli::command(), &ABOUT, &verb.folder)
        .map_err(failed(format_args!("cannot write the pages into {}", verb.folder.display())))?;
    Ok(Exit::Ok)
}
