//! Maximum ages and pauses: `accounts set-rotation` and `policies
//! set-rotation`.

use std::time::Duration;

use clap::Args;
use sekisho_model::clock::SystemClock;
use sekisho_model::rotation::{Age, InvalidAge};
use sekisho_model::{Clock, Timestamp};
use serde::Serialize;

use crate::api::Api;
use crate::api::shapes::{Account, Policy, PolicyAgeing, Rotation, as_line};
use crate::app::App;
use crate::error::{CliError, Result};
use crate::find::{self, find};
use crate::nouns::values::Nothing;
use crate::output::text::parse_span;

/// The help of `accounts set-rotation`.
pub(super) const ACCOUNT_EXAMPLE: &str = "\
Examples:
  sekisho accounts set-rotation web-1/root --max-age 30
  sekisho accounts set-rotation web-1/root --max-age off
  sekisho accounts set-rotation web-1/root --pause-for 8h --reason 'the disk is replaced'
  sekisho accounts set-rotation web-1/root --resume";

/// The help of `policies set-rotation`.
pub(super) const POLICY_EXAMPLE: &str = "\
Examples:
  sekisho policies set-rotation strong --max-age 90 --notice 7
  sekisho policies set-rotation strong --verify-every 1 --auto-heal true";

/// An age, or nothing of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnAge(pub(crate) Option<Age>);

impl std::str::FromStr for OwnAge {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "inherit" => Ok(Self(None)),
            age => age
                .parse()
                .map(|age| Self(Some(age)))
                .map_err(|error: InvalidAge| format!("{error}, or inherit")),
        }
    }
}

/// The arguments of `accounts set-rotation`.
#[derive(Debug, Args)]
pub(crate) struct OfAccount {
    /// Id or resource/name
    account: String,
    /// Days after which its password is reset by itself, off, or inherit
    #[arg(long, value_name = "DAYS|off|inherit")]
    max_age: Option<OwnAge>,
    /// Reset nothing by itself for so long
    #[arg(long, value_name = "TIME", value_parser = parse_span, requires = "reason")]
    pause_for: Option<Duration>,
    /// Reset nothing by itself until then (2026-01-31T09:00:00Z)
    #[arg(long, value_name = "WHEN", requires = "reason", conflicts_with = "pause_for")]
    pause_until: Option<Timestamp>,
    /// Why it is paused, for the audit log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// End a pause before its time
    #[arg(long, conflicts_with_all = ["pause_for", "pause_until"])]
    resume: bool,
}

/// The arguments of `policies set-rotation`.
#[derive(Debug, Args)]
pub(crate) struct OfPolicy {
    /// Id or name
    policy: String,
    /// Days after which passwords are reset by themselves, off, or inherit to
    /// say nothing
    #[arg(long, value_name = "DAYS|off|inherit")]
    max_age: Option<OwnAge>,
    /// Announce a reset so many days before; 0 for not at all
    #[arg(long, value_name = "DAYS")]
    notice: Option<u16>,
    /// Whether passwords that nobody knows are reset without being asked
    #[arg(long, value_name = "true|false")]
    reset_unknown: Option<bool>,
    /// Days between checks whether passwords still work, or off
    #[arg(long, value_name = "DAYS|off")]
    verify_every: Option<Age>,
    /// Whether a password that was found out of sync is set anew
    #[arg(long, value_name = "true|false")]
    auto_heal: Option<bool>,
}

#[derive(Serialize)]
pub(super) struct AgeChange {
    pub(super) max_age_days: Option<Age>,
}

#[derive(Serialize)]
struct Pause<'a> {
    until: String,
    reason: &'a str,
}

#[derive(Serialize)]
struct PolicyChange {
    rotation: AgeingChange,
}

#[derive(Serialize)]
struct AgeingChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age_days: Option<Option<Age>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice_days: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reset_unknown: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verify_every_days: Option<Age>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_heal: Option<bool>,
}

pub(super) async fn of_account(app: &App, api: &mut Api, verb: &OfAccount) -> Result<()> {
    let until =
        verb.pause_until.or_else(|| verb.pause_for.map(|time| SystemClock.now().plus(time)));
    if verb.max_age.is_none() && until.is_none() && !verb.resume {
        return Err(nothing("--max-age, --pause-for, --pause-until or --resume"));
    }
    let id = find::account(api, &verb.account).await?;
    let path = format!("/accounts/{id}");
    let mut body = None;
    if let Some(OwnAge(max_age_days)) = verb.max_age {
        body = Some(api.patch(&path, &AgeChange { max_age_days }).await?);
    }
    if let Some(until) = until {
        let reason = verb.reason.as_deref().unwrap_or_default();
        let pause = Pause { until: until.to_string(), reason };
        body = Some(api.post(&format!("{path}/rotation/pause"), &pause).await?);
    }
    if verb.resume {
        body = Some(api.post(&format!("{path}/rotation/resume"), &Nothing {}).await?);
    }
    let Some(body) = body else { return Ok(()) };
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let account: Account = body.read()?;
    match account.rotation {
        Some(rotation) => app.out.facts(&facts(app, rotation)),
        None => Ok(()),
    }
}

pub(super) async fn of_policy(app: &App, api: &mut Api, verb: &OfPolicy) -> Result<()> {
    let rotation = AgeingChange {
        max_age_days: verb.max_age.map(|age| age.0),
        notice_days: verb.notice,
        reset_unknown: verb.reset_unknown,
        verify_every_days: verb.verify_every,
        auto_heal: verb.auto_heal,
    };
    let says_nothing = verb.max_age.is_none()
        && verb.notice.is_none()
        && verb.reset_unknown.is_none()
        && verb.verify_every.is_none()
        && verb.auto_heal.is_none();
    if says_nothing {
        return Err(nothing("--max-age, --notice, --reset-unknown, --verify-every or --auto-heal"));
    }
    let id = find::<Policy>(api, &verb.policy).await?;
    let body = api.patch(&format!("/password-policies/{id}"), &PolicyChange { rotation }).await?;
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let policy: Policy = body.read()?;
    match policy.rotation {
        Some(said) => app.out.facts(&policy_facts(&said)),
        None => Ok(()),
    }
}

fn nothing(options: &str) -> CliError {
    CliError::Usage(format!("nothing to change; give {options}"))
}

/// `30 days`, `off`, or nothing.
pub(super) fn age(age: Option<Age>) -> Option<String> {
    age.map(|age| match age {
        Age::Off => "off".to_owned(),
        Age::Days(days) => format!("{} days", days.get()),
    })
}

/// The lines of an account.
pub(super) fn facts(app: &App, it: Rotation) -> Vec<(&'static str, Option<String>)> {
    let named = it.source_object.as_ref().and_then(|object| object.get("name")).map(as_line);
    let from = match named {
        Some(name) => format!("{} {name}", it.source),
        None => it.source.clone(),
    };
    let max_age = age(it.max_age_days)
        .map_or_else(|| "none".to_owned(), |age| format!("{age} (of the {from})"));
    let state = match it.held_by {
        Some(hold) => format!("{}: {}", it.state, hold.replace('_', " ")),
        None => it.state.replace('_', " "),
    };
    let paused = it.paused_until.map(|until| {
        format!("until {}: {}", app.out.time(until), it.pause_reason.unwrap_or_default())
    });
    let out_of_sync = it.out_of_sync_since.map(|since| {
        let sure = if it.out_of_sync_confirmed { "" } else { ", seen once" };
        format!("since {}{sure}", app.out.time(since))
    });
    vec![
        ("maximum age", Some(max_age)),
        ("rotation", Some(state)),
        ("due", app.out.maybe_time(it.due_at)),
        ("paused", paused),
        ("next try", app.out.maybe_time(it.retry_at)),
        ("next check", app.out.maybe_time(it.check_at)),
        ("out of sync", out_of_sync),
    ]
}

/// The lines of a policy.
pub(super) fn policy_facts(said: &PolicyAgeing) -> Vec<(&'static str, Option<String>)> {
    let yes = |it: bool| Some(if it { "yes" } else { "no" }.to_owned());
    vec![
        ("maximum age", age(said.max_age_days).or_else(|| Some("none".to_owned()))),
        ("notice", Some(format!("{} days", said.notice_days))),
        ("reset unknown", yes(said.reset_unknown)),
        ("verify every", age(Some(said.verify_every_days))),
        ("auto heal", yes(said.auto_heal)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_days_off_or_inherited() {
        assert_eq!("inherit".parse(), Ok(OwnAge(None)));
        assert_eq!("off".parse(), Ok(OwnAge(Some(Age::Off))));
        assert_eq!(age("30".parse::<OwnAge>().expect("valid").0).as_deref(), Some("30 days"));
        for wrong in ["0", "-1", "1000000000", "never"] {
            let error = wrong.parse::<OwnAge>().expect_err(wrong);
            assert!(error.ends_with("expected 1 to 3650, or off, or inherit"), "{error}");
        }
    }
}
