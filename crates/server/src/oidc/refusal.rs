//! Why somebody does not get what they went to the provider for.

use sekisho_model::event::Event;

use crate::app::App;
use crate::http::{Anonymous, Problem};
use crate::sessions::Attempt;

/// The longest sentence of a refusal on record, in characters.
const MAX_PROBLEM_CHARS: usize = 300;

/// Why somebody does not get what they went to the provider for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// They, or the provider, did not want to.
    Declined,
    /// Their user is disabled.
    Disabled,
    /// Their user has as many identities as fit.
    Full,
    /// Their groups make them less, and they are the last administrator.
    LastAdministrator,
    /// None of their groups gives a role.
    NoRole,
    /// The provider names somebody else than who is signed in here.
    Other,
    /// It took too long, was done before, or the browser is another one.
    Over,
    /// What the provider says does not hold.
    Refused,
    /// Another user is linked to this identity.
    Taken,
    /// Too many sign-ins from this address were refused.
    Throttled,
    /// The provider cannot be asked now.
    Unavailable,
    /// They are not known here, and the site makes no users by itself.
    Unknown,
}

impl Refusal {
    /// The word that the console gets.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::Disabled => "disabled",
            Self::Full => "full",
            Self::LastAdministrator => "last_administrator",
            Self::NoRole => "no_role",
            Self::Other => "other",
            Self::Over => "over",
            Self::Refused => "refused",
            Self::Taken => "taken",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Unknown => "unknown",
        }
    }
}

/// Puts a refusal on record, and counts it against the address.
///
/// # Errors
/// When the database fails.
pub(super) async fn refuse(
    app: &App,
    from: &Anonymous,
    attempt: &Attempt,
    (issuer, subject): (&str, Option<&str>),
    problem: &str,
) -> Result<(), Problem> {
    let mut work = app.store.begin(&from.context()).await?;
    attempt.failed(&work).await?;
    work.record(Event::ProviderSignInRefused {
        issuer: issuer.to_owned(),
        subject: subject.map(str::to_owned),
        problem: problem.chars().take(MAX_PROBLEM_CHARS).collect(),
    });
    work.commit().await.map(drop)?;
    app.metrics.sign_in("refused");
    Ok(())
}
