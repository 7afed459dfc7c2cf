//! Pauses: nothing is reset by itself while somebody needs the password to
//! stay.

use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::event::Event;
use sekisho_policy::Granted;
use sekisho_policy::action::PauseRotation;
use sekisho_store::{Access as _, AccountRotation, OperationContext};

use crate::accounts::Target;
use crate::app::App;
use crate::http::Problem;

/// The longest pause: what should never be reset has the age `off`.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

/// Pauses the rotation of an account until an instant. A pause that holds
/// gives way to the new one. Resets that people ask for are not affected.
///
/// # Errors
/// An instant that has passed, or lies more than a year ahead.
pub async fn pause(
    app: &App,
    context: &OperationContext,
    granted: Granted<PauseRotation, Target>,
    until: Timestamp,
    reason: &str,
) -> Result<Target, Problem> {
    if until <= context.now {
        let detail = format!("'until' is {until}, which has passed; give a time to come");
        return Err(Problem::invalid("until", detail));
    }
    if until > context.now.plus(LONGEST) {
        let detail = format!(
            "'until' is {until}, more than a year ahead; for good, set 'max_age_days' to \"off\""
        );
        return Err(Problem::invalid("until", detail));
    }
    let mut work = app.store.begin(context).await?;
    let target = Target::spend(&work, granted).await?;
    let account = target.account.id;
    let own = work.rotation().of_account(account).await?;
    let paused =
        AccountRotation { paused_until: Some(until), pause_reason: Some(reason.to_owned()), ..own };
    work.rotation().put_account(paused).await?;
    work.record(Event::RotationPaused { account, until, reason: reason.to_owned() });
    work.commit().await.map(drop)?;
    Ok(target)
}

/// Ends a pause before its time. Without one nothing happens.
///
/// # Errors
/// When the database does not answer.
pub async fn resume(
    app: &App,
    context: &OperationContext,
    granted: Granted<PauseRotation, Target>,
) -> Result<Target, Problem> {
    let mut work = app.store.begin(context).await?;
    let target = Target::spend(&work, granted).await?;
    let account = target.account.id;
    let own = work.rotation().of_account(account).await?;
    if own.paused_until.is_none() {
        return Ok(target);
    }
    let resumed = AccountRotation { paused_until: None, pause_reason: None, ..own };
    work.rotation().put_account(resumed).await?;
    work.record(Event::RotationResumed { account });
    work.commit().await.map(drop)?;
    Ok(target)
}
