//! `sekisho copy`.

use std::time::Duration;

use arboard::{Clipboard, SetExtLinux};
use clap::{Args, ValueEnum};
use sekisho_model::account::SecretState;
use tokio::signal::ctrl_c;
use tokio::time::sleep;
use zeroize::Zeroizing;

use crate::api::shapes::{Revealed, RevealedValue};
use crate::app::App;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::find;
use crate::nouns::reveal::{self, Purpose, about};
use crate::output::text::safe;
use crate::prompt;

pub(crate) const EXAMPLE: &str = "\
Examples:
  sekisho copy web-1/root --reason 'disk full, INC-4711'
  sekisho copy web-1/root --reason INC-4711 --stdout | ssh-tool

The clipboard is cleared after 30 s unless something else was copied since;
Ctrl-C clears it at once. Clipboard managers are asked not to keep the value.";

/// How long a value stays on the clipboard.
const CLEAR_AFTER: Duration = Duration::from_secs(30);

/// The arguments of `copy`.
#[derive(Debug, Args)]
pub(crate) struct Copy {
    /// Id or resource/name
    account: String,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Which one while two values may work
    #[arg(long)]
    which: Option<Which>,
    /// Write the value to standard output instead
    #[arg(long)]
    stdout: bool,
}

/// One of two values that may work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Which {
    /// The value of the newest reset
    New,
    /// The value from before it
    Current,
}

pub(crate) async fn run(app: &App, verb: Copy) -> Result<Exit> {
    let mut api = app.api()?;
    let id = find::account(&mut api, &verb.account).await?;
    // Without a clipboard nothing is revealed, and no use is written down.
    let mut clipboard = if verb.stdout { None } else { Some(open_clipboard()?) };
    let reason = prompt::text(verb.reason.as_deref(), "the reason", "--reason TEXT")?;
    let body = reveal::values(&mut api, id, &reason, Purpose::Copy).await?;
    let revealed: Revealed = body.read()?;
    drop(body);
    if let Some(remark) = reveal::remark(&app.out, &revealed, &verb.account) {
        app.out.warn(&remark);
    }
    let value = choose(&revealed.values, verb.which)?;
    let exit = if revealed.values.len() > 1 { Exit::Unknown } else { Exit::Ok };
    let Some(clipboard) = &mut clipboard else {
        app.out.secret(value.value.expose())?;
        return Ok(exit);
    };
    let text = value
        .value
        .expose_str()
        .ok_or_else(|| CliError::Failed("the value is no text; use --stdout".into()))?;
    clipboard.set().exclude_from_history().text(text).map_err(no_clipboard)?;
    app.out.note(&format!(
        "The password of {} ({}) is on the clipboard for {} s.",
        safe(&verb.account),
        about(&app.out, value),
        CLEAR_AFTER.as_secs()
    ));
    tokio::select! {
        () = sleep(CLEAR_AFTER) => {}
        _ = ctrl_c() => {}
    }
    // Something else on the clipboard, or nothing any more, is left alone.
    let unchanged = clipboard.get_text().map(Zeroizing::new).is_ok_and(|now| *now == text);
    if unchanged {
        clipboard.clear().map_err(no_clipboard)?;
        app.out.note("The clipboard was cleared.");
    }
    Ok(exit)
}

/// The value to copy.
///
/// # Errors
/// When two may work and nobody said which.
fn choose(values: &[RevealedValue], which: Option<Which>) -> Result<&RevealedValue> {
    let is_current = |value: &&RevealedValue| value.state == SecretState::Current.as_str();
    let found = match (values, which) {
        ([], _) => None,
        ([only], _) => Some(only),
        ([new, ..], Some(Which::New)) => Some(new),
        (several, Some(Which::Current)) => several.iter().find(is_current).or(several.last()),
        (_, None) => {
            return Err(CliError::Unknown(
                "two values may work; say --which new or --which current, or see both with \
                 sekisho reveal"
                    .into(),
            ));
        }
    };
    found.ok_or_else(|| CliError::Failed("the server sent no value".into()))
}

fn open_clipboard() -> Result<Clipboard> {
    Clipboard::new().map_err(no_clipboard)
}

fn no_clipboard(error: arboard::Error) -> CliError {
    CliError::Failed(format!("the clipboard cannot be used ({error}); --stdout does without"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::Secret;

    fn value(number: u64, state: SecretState) -> RevealedValue {
        RevealedValue {
            number,
            state: state.to_string(),
            origin: None,
            value: Secret::from("x"),
            evidence: None,
            since: None,
        }
    }

    #[test]
    fn of_two_values_a_person_must_choose() {
        let two = [value(5, SecretState::Indeterminate), value(4, SecretState::Current)];
        assert_eq!(choose(&two, None).expect_err("open").exit(), Exit::Unknown);
        assert_eq!(choose(&two, Some(Which::New)).expect("new").number, 5);
        assert_eq!(choose(&two, Some(Which::Current)).expect("current").number, 4);
        let one = [value(4, SecretState::Current)];
        assert_eq!(choose(&one, Some(Which::New)).expect("the only one").number, 4);
        assert!(choose(&[], None).is_err());
    }
}
