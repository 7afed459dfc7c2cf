//! `sekisho reveal`.

use clap::Args;
use sekisho_model::account::Knowledge;
use sekisho_model::id::{AccountId, SecretVersionId};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::api::shapes::{Revealed, RevealedValue, as_line};
use crate::api::{Api, Body};
use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::find;
use crate::output::Output;
use crate::output::curtain;
use crate::output::text::safe;
use crate::prompt;

pub(crate) const EXAMPLE: &str = "\
Examples:
  sekisho reveal web-1/root --reason 'disk full, INC-4711'
  sekisho reveal web-1/root --reason nightly | ./use-it   # only the value

On a terminal the value is hidden after 10 s. While two values may work, both
are printed, the newer one first, and the exit code is 5.";

/// How long a value is shown when the server does not say, in seconds.
const HIDE_AFTER_S: u64 = 10;

/// The arguments of `reveal`.
#[derive(Debug, Args)]
pub(crate) struct Reveal {
    /// Id or resource/name
    account: String,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Leave the value on the terminal
    #[arg(long)]
    no_hide: bool,
}

/// What the value is wanted for.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Purpose {
    Show,
    Copy,
}

#[derive(Serialize)]
struct Request<'a> {
    reason: &'a str,
    purpose: Purpose,
}

#[derive(Serialize)]
struct FormerRequest<'a> {
    reason: &'a str,
}

pub(crate) async fn run(app: &App, verb: Reveal) -> Result<Exit> {
    let mut api = app.api()?;
    let id = find::account(&mut api, &verb.account).await?;
    let reason = prompt::text(verb.reason.as_deref(), "the reason", "--reason TEXT")?;
    let body = values(&mut api, id, &reason, Purpose::Show).await?;
    if let Some(remark) = remark(&app.out, &body.read()?, &verb.account) {
        app.out.warn(&remark);
    }
    print(&app.out, &body, &verb.account, verb.no_hide)
}

/// Asks for the values that may work. Audited by the server.
pub(super) async fn values(
    api: &mut Api,
    id: AccountId,
    reason: &str,
    purpose: Purpose,
) -> Result<Body> {
    api.post_once(&format!("/accounts/{id}/reveal"), &Request { reason, purpose }).await
}

/// Asks for a value the password had. Audited by the server.
pub(super) async fn former(
    api: &mut Api,
    id: AccountId,
    version: SecretVersionId,
    reason: &str,
) -> Result<Body> {
    let path = format!("/accounts/{id}/history/{version}/reveal");
    api.post_once(&path, &FormerRequest { reason }).await
}

/// What must be said with a value that the newest check found not to work.
pub(super) fn remark(out: &Output, revealed: &Revealed, account: &str) -> Option<String> {
    let fails = revealed.knowledge.as_deref() == Some(Knowledge::OutOfSync.as_str());
    fails.then(|| {
        let when = revealed.checked_at.map(|at| format!(" ({})", out.time(at)));
        format!(
            "the newest check{} found that the current value does not work: somebody else changed \
             the password; sekisho reset {} sets a new one",
            when.unwrap_or_default(),
            safe(account)
        )
    })
}

/// Prints revealed values: JSON, for a person, or one a line for a script.
pub(super) fn print(out: &Output, body: &Body, account: &str, no_hide: bool) -> Result<Exit> {
    let revealed: Revealed = body.read()?;
    let exit = if revealed.values.len() > 1 { Exit::Unknown } else { Exit::Ok };
    if out.json {
        out.raw_json(&body.json)?;
        return Ok(exit);
    }
    if exit == Exit::Unknown {
        out.warn(&format!(
            "the newest reset of {} has an open outcome: one of these values works; sekisho \
             verify {0} finds out which",
            safe(account)
        ));
    }
    if out.for_person() && !no_hide {
        let seconds = revealed.hide_after_s.unwrap_or(HIDE_AFTER_S).clamp(1, 600);
        curtain::show_for(&screen(out, &revealed.values, account), seconds)?;
        out.note(&format!("The password of {} was shown and is hidden again.", safe(account)));
    } else {
        for value in &revealed.values {
            if exit == Exit::Unknown {
                out.note(&about(out, value));
            }
            out.secret(value.value.expose())?;
        }
    }
    Ok(exit)
}

/// What a person sees until it is hidden.
fn screen(out: &Output, values: &[RevealedValue], account: &str) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(Vec::with_capacity(4096));
    let mut add = |part: &[u8]| text.extend_from_slice(part);
    add(format!("Password of {}\r\n\r\n", safe(account)).as_bytes());
    for value in values {
        add(b"    ");
        let clear = Zeroizing::new(String::from_utf8_lossy(value.value.expose()).into_owned());
        let visible = Zeroizing::new(safe(&clear).into_owned());
        add(visible.as_bytes());
        add(b"\r\n");
        if *visible != *clear {
            add(b"    (holds characters that cannot be shown; use --no-hide or sekisho copy)\r\n");
        }
        add(format!("    {}\r\n\r\n", about(out, value)).as_bytes());
    }
    text
}

/// `number 4, current, generated, since 2026-01-31 09:00:00Z (3 min ago)`.
pub(super) fn about(out: &Output, value: &RevealedValue) -> String {
    let mut parts = vec![format!("number {}", value.number), value.state.clone()];
    parts.extend(value.origin.clone());
    parts.extend(value.evidence.as_ref().map(as_line).filter(|text| !text.is_empty()));
    parts.extend(value.since.map(|at| format!("since {}", out.time(at))));
    safe(&parts.join(", ")).into_owned()
}
