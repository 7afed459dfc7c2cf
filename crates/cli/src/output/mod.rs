//! The one place that writes to the terminal.
//!
//! Results go to standard output, everything said about them to standard
//! error, so that a script can take the one and a person still sees the other.

pub(crate) mod curtain;
pub(crate) mod table;
pub(crate) mod text;

use std::io::{ErrorKind, IsTerminal, Write};

use sekisho_model::Clock;
use sekisho_model::clock::SystemClock;
use serde::Serialize;

use crate::error::{CliError, Result};
use table::Table;
use text::safe;

/// Columns of a terminal that does not say how many it has.
const DEFAULT_WIDTH: u16 = 100;

/// Where the program writes, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// Whether results are JSON.
    pub(crate) json: bool,
    quiet: bool,
    stdout_is_terminal: bool,
    stderr_is_terminal: bool,
}

impl Output {
    /// Looks at what standard output and error are.
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        Self {
            json,
            quiet,
            stdout_is_terminal: std::io::stdout().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
        }
    }

    /// Whether a person looks at standard output.
    pub(crate) fn for_person(&self) -> bool {
        self.stdout_is_terminal && !self.json
    }

    /// Whether a moving line on standard error makes sense.
    pub(crate) fn moves(&self) -> bool {
        self.stderr_is_terminal && !self.quiet
    }

    /// A line of the result. Names in it must have gone through [`safe`].
    pub(crate) fn line(&self, text: &str) -> Result<()> {
        self.bytes(text.as_bytes(), b"\n")
    }

    /// A remark, unless `--quiet`. Names in it must have gone through [`safe`].
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            remark(text);
        }
    }

    /// A warning: not silenced by `--quiet`.
    pub(crate) fn warn(&self, text: &str) {
        remark(&format!("warning: {text}"));
    }

    /// A line that belongs to a warning or a question.
    pub(crate) fn warn_line(&self, text: &str) {
        remark(text);
    }

    /// Why the command ended without its result.
    pub(crate) fn error(&self, error: &CliError) {
        if self.json {
            remark(&error.to_json());
        } else {
            remark(&format!("error: {error}"));
        }
    }

    /// A secret, exactly, with a newline.
    pub(crate) fn secret(&self, value: &[u8]) -> Result<()> {
        self.bytes(value, b"\n")
    }

    /// JSON as the server sent it.
    pub(crate) fn raw_json(&self, body: &[u8]) -> Result<()> {
        self.bytes(body, if body.ends_with(b"\n") { b"" } else { b"\n" })
    }

    /// JSON of our own.
    pub(crate) fn json<T: Serialize>(&self, value: &T) -> Result<()> {
        let text = serde_json::to_vec(value)
            .map_err(|error| CliError::Failed(format!("the result has no JSON form: {error}")))?;
        self.raw_json(&text)
    }

    /// A table, drawn for the terminal's width, or plain.
    pub(crate) fn table(&self, table: Table) -> Result<()> {
        let width = self.stdout_is_terminal.then(width);
        self.line(&table.render(width))
    }

    /// Labels and values of one thing, below each other; a value that is
    /// missing is left out.
    pub(crate) fn facts(&self, facts: &[(&str, Option<String>)]) -> Result<()> {
        let widest = facts.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
        for (label, value) in facts {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                self.line(&format!("{:<widest$}  {}", safe(label), safe(value)))?;
            }
        }
        Ok(())
    }

    /// An instant as people read it, with how long ago that is.
    pub(crate) fn time(&self, at: text::Time) -> String {
        text::instant(at.0, SystemClock.now())
    }

    /// [`Output::time`] of an instant that may be missing.
    pub(crate) fn maybe_time(&self, at: Option<text::Time>) -> Option<String> {
        at.map(|at| self.time(at))
    }

    /// How long ago an instant is, where there is no room for more.
    pub(crate) fn ago(&self, at: text::Time) -> String {
        text::relative(at.0, SystemClock.now())
    }

    fn bytes(&self, text: &[u8], end: &[u8]) -> Result<()> {
        let mut stdout = std::io::stdout().lock();
        let written = stdout
            .write_all(text)
            .and_then(|()| stdout.write_all(end))
            .and_then(|()| stdout.flush());
        match written {
            // Whoever reads (`head`) has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(CliError::Failed(format!("cannot write the result: {error}"))),
            Ok(()) => Ok(()),
        }
    }
}

/// A line on standard error. Nobody is left to be told when that fails.
fn remark(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

fn width() -> u16 {
    match rustix::termios::tcgetwinsize(std::io::stdout()) {
        Ok(size) if size.ws_col > 0 => size.ws_col,
        Ok(_) | Err(_) => DEFAULT_WIDTH,
    }
}
