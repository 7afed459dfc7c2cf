//! What a script that walks the console may do to the server: end it and start
//! it again under the open page.
//!
//! The script writes a line `NUMBER WORD` to the file `ask`; the file `done`
//! then says `NUMBER ok`, or the number and what went wrong.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};

use super::interrupt::Interrupt;
use super::server::Server;

/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Does what is asked for in `folder` until `done`.
///
/// # Errors
/// When an answer cannot be written; what went wrong with the server is told
/// to the script, which says what it wanted.
pub(super) fn obey(
    server: &mut Server,
    folder: &Path,
    done: &AtomicBool,
    interrupt: &Interrupt,
) -> Result<()> {
    let mut last = 0;
    while !done.load(Ordering::SeqCst) && !interrupt.came() {
        let text = fs::read_to_string(folder.join("ask")).unwrap_or_default();
        let Some((number, wish)) = asked(&text).filter(|(number, _)| *number > last) else {
            std::thread::sleep(LOOK_EVERY);
            continue;
        };
        last = number;
        let outcome = match wish {
            "stop" => server.end(interrupt),
            "kill" => server.kill(),
            "start" => server.start_again(interrupt),
            other => Err(anyhow::anyhow!("asked for '{other}'; expected stop, kill or start")),
        };
        let answer = outcome.map_or_else(|error| format!("{error:#}"), |()| "ok".to_owned());
        answer_with(folder, number, &answer)?;
    }
    Ok(())
}

/// The number and the word in a line that is complete.
fn asked(text: &str) -> Option<(u32, &str)> {
    let (number, wish) = text.strip_suffix('\n')?.split_once(' ')?;
    Some((number.parse().ok()?, wish))
}

/// All at once: a script never reads half of it.
fn answer_with(folder: &Path, number: u32, answer: &str) -> Result<()> {
    let (written, done) = (folder.join("done.new"), folder.join("done"));
    fs::write(&written, format!("{number} {answer}\n"))?;
    fs::rename(&written, &done).with_context(|| format!("writing {}", done.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_complete_line_is_a_wish() {
        assert_eq!(asked("2 kill\n"), Some((2, "kill")));
        for part in ["", "2", "2 kil", "\n", "x kill\n"] {
            assert_eq!(asked(part), None, "{part:?}");
        }
    }

    #[test]
    fn an_answer_names_what_it_answers() {
        let folder = tempfile::tempdir().expect("scratch folder");
        answer_with(folder.path(), 3, "ok").expect("written");
        assert_eq!(fs::read_to_string(folder.path().join("done")).expect("there"), "3 ok\n");
    }
}
