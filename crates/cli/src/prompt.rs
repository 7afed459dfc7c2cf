//! What is asked of the person at the terminal.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::Path;

use sekisho_model::Secret;
use zeroize::{Zeroize, Zeroizing};

use crate::config::{read_limited, read_open};
use crate::error::{CliError, Result, failed};

/// The longest secret that is read from a file, in bytes.
const MAX_SECRET_BYTES: usize = 4096;

/// Whether there is somebody to ask: standard input is a terminal.
pub(crate) fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal()
}

/// A secret from a file, from standard input (`-`) or, without either, from
/// the person, who does not see it typed.
pub(crate) fn secret(
    file: Option<&Path>,
    what: &str,
    option: &str,
    asking: Asking,
) -> Result<Secret> {
    let secret = match file {
        Some(path) if path.as_os_str() == "-" => {
            first_line(read_open(std::io::stdin().lock(), path, MAX_SECRET_BYTES)?)
        }
        Some(path) => first_line(read_limited(path, MAX_SECRET_BYTES)?.ok_or_else(|| {
            CliError::Usage(format!("{option}: there is no file {}", path.display()))
        })?),
        None if somebody_is_there() => typed(what, asking)?,
        None => {
            return Err(CliError::Usage(format!(
                "{what} is needed: give {option} FILE, {option} - for standard input, or run \
                 this at a terminal"
            )));
        }
    };
    if secret.is_empty() {
        return Err(CliError::Usage(format!("{what} is empty")));
    }
    Ok(secret)
}

/// How often a secret is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// One that exists.
    Once,
    /// A new one, typed again to be sure.
    Twice,
}

fn typed(what: &str, asking: Asking) -> Result<Secret> {
    let ask = |prompt: String| {
        rpassword::prompt_password(prompt)
            .map(Secret::from)
            .map_err(failed(format_args!("cannot ask for {what}")))
    };
    let capital = capitalised(what);
    let secret = ask(format!("{capital}: "))?;
    if asking == Asking::Twice && ask(format!("{capital} again: "))? != secret {
        return Err(CliError::Usage(format!("{what} was typed differently the second time")));
    }
    Ok(secret)
}

/// The content up to the end of its first line; more lines are not part of a
/// password and not refused either, as files often end in an empty one.
fn first_line(mut content: Zeroizing<Vec<u8>>) -> Secret {
    let end = content.iter().position(|byte| *byte == b'\n').unwrap_or(content.len());
    content[end..].zeroize();
    content.truncate(end);
    if content.last() == Some(&b'\r') {
        content.pop();
    }
    Secret::new(std::mem::take(&mut *content))
}

/// A line of text from the person.
pub(crate) fn line(question: &str) -> Result<String> {
    let fail = || failed("cannot ask at the terminal");
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").map_err(fail())?;
    write!(terminal, "{question}").map_err(fail())?;
    let mut answer = String::new();
    BufReader::new(terminal).read_line(&mut answer).map_err(fail())?;
    Ok(answer.trim().to_owned())
}

/// What was given, or what the person says; a usage error when nobody is
/// there.
pub(crate) fn text(given: Option<&str>, what: &str, option: &str) -> Result<String> {
    let text = match given {
        Some(text) => text.to_owned(),
        None if somebody_is_there() => line(&format!("{}: ", capitalised(what)))?,
        None => return Err(CliError::Usage(format!("{what} is needed: give {option}"))),
    };
    if text.is_empty() {
        return Err(CliError::Usage(format!("{what} is empty: give {option}")));
    }
    Ok(text)
}

/// Whether the person agrees; anything but yes is no.
pub(crate) fn confirm(question: &str) -> Result<bool> {
    let answer = line(&format!("{question} [y/N] "))?;
    Ok(matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Goes on only when `--yes` was given or the person agrees.
pub(crate) fn agreed(yes: bool, question: &str) -> Result<()> {
    if yes {
        return Ok(());
    }
    if !somebody_is_there() {
        return Err(CliError::Usage(format!("{question} Nobody can be asked: give --yes")));
    }
    if confirm(question)? { Ok(()) } else { Err(CliError::Failed("nothing was done".into())) }
}

fn capitalised(text: &str) -> String {
    let text = text.strip_prefix("the ").unwrap_or(text);
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_file(content: &[u8]) -> Secret {
        let file = tempfile::NamedTempFile::new().expect("file");
        std::fs::write(file.path(), content).expect("written");
        secret(Some(file.path()), "the password", "--password-file", Asking::Once)
            .expect("a secret")
    }

    #[test]
    fn the_end_of_line_is_no_part_of_a_secret() {
        for content in ["pass word ", "pass word \n", "pass word \r\n", "pass word \nmore\n"] {
            assert_eq!(from_file(content.as_bytes()), Secret::from("pass word "), "{content:?}");
        }
        assert_eq!(from_file(b"\xff\n"), Secret::new(vec![0xff]));
    }

    #[test]
    fn an_empty_or_missing_file_is_named() {
        let file = tempfile::NamedTempFile::new().expect("file");
        let read =
            |path: &Path| secret(Some(path), "the password", "--password-file", Asking::Once);
        assert!(read(file.path()).expect_err("empty").to_string().contains("is empty"));
        let error = read(Path::new("/nonexistent/x")).expect_err("missing").to_string();
        assert!(error.starts_with("--password-file: there is no file"), "{error}");
    }

    #[test]
    fn prompts_begin_with_a_capital() {
        assert_eq!(capitalised("the password"), "Password");
    }
}
