//! The bell by mail: what became of the tasks that somebody asked for, and
//! nobody else's.
//!
//! One more reader of [`notifications::feed`](crate::notifications::feed), with a
//! cursor for each person over when tasks ended. A burst becomes one mail: it
//! waits until nothing more has ended for a minute, ten minutes at most.

use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::event::{Actor, Origin};
use sekisho_model::id::{RequestId, UserId};
use sekisho_model::mail::MailKind;
use sekisho_model::user::UserState;
use sekisho_store::{Access as _, MAX_PAGE, OperationContext, Page, StoreError, UserMail};

use super::message::Draft;
use super::outbox::{OutboxFull, queue};
use super::text::{self, Ended};
use crate::app::{App, SharedApp};
use crate::notifications::{self, Told};
use crate::resources::refs::Names;
use crate::shutdown::Shutdown;

/// So often somebody looks.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// Nothing is told that ended less long ago: more may come, and a commit that
/// takes its time must not end up behind the cursor.
const QUIET: Duration = Duration::from_secs(60);

/// A burst that does not end is told after so long.
const PATIENCE: Duration = Duration::from_secs(600);

/// So many tasks are listed in one mail; the rest is counted.
const MAX_LISTED: usize = 50;

/// So many people are looked at at a time.
const STEP: u64 = 200;

/// Writes mails until the stop begins.
pub async fn run(app: SharedApp, shutdown: Shutdown) {
    if app.config.mail.is_none() {
        return shutdown.soft().await;
    }
    while shutdown.sleep(LOOK_EVERY).await {
        if let Err(error) = round(&app).await {
            tracing::warn!(%error, "people will be told by mail in the next round");
        }
    }
}

/// Looks once at everybody who is told by mail. Returns how many mails were
/// written.
///
/// # Errors
/// When the database does not answer, or the outbox has no room.
pub async fn round(app: &App) -> Result<u64, OutboxFull> {
    let mut written = 0;
    let mut after: Option<UserId> = None;
    loop {
        let people = app.store.read().user_mail().told(after, STEP).await?;
        let Some(last) = people.last() else { break };
        after = Some(last.user);
        for mail in &people {
            written += u64::from(tell(app, mail).await?);
        }
    }
    if written > 0 {
        app.mail.wake();
    }
    Ok(written)
}

/// Writes somebody's mail, if there is something to tell.
async fn tell(app: &App, mail: &UserMail) -> Result<bool, OutboxFull> {
    let now = app.clock.now();
    let Some(address) = mail.address.clone() else { return Ok(false) };
    let reader = app.store.read();
    let user = reader.users().find(mail.user).await?;
    if user.is_none_or(|user| user.state != UserState::Active) {
        return Ok(false);
    }
    let page = Page::first(MAX_PAGE);
    let (feed, _) = notifications::feed(reader, mail.user, now, &page).await?;
    let Some(news) = news(&feed, mail, now) else { return Ok(false) };
    let (told, until) = news;
    let (subject, body) = words(app, mail.user, &told).await?;
    let request = RequestId::at(now, app.rng.as_ref());
    let origin = Origin { request, address: None };
    let context = OperationContext { actor: Actor::System, origin, now };
    let work = app.store.begin(&context).await?;
    if !work.user_mail().told_until(mail.user, mail.told_until, until).await? {
        return Ok(false);
    }
    let user = Some(mail.user);
    let kind = MailKind::Tasks;
    let draft = Draft { user, address, kind, subject, body, attachment: None };
    queue(&work, app.rng.as_ref(), draft).await?;
    work.commit_unaudited("a person is told what became of their tasks").await.map(drop)?;
    Ok(true)
}

/// What is to be told now, the oldest first, and until when.
fn news<'a>(
    feed: &'a [Told],
    mail: &UserMail,
    now: Timestamp,
) -> Option<(Vec<&'a Told>, Timestamp)> {
    let ended = |told: &&Told| {
        let wanted = told.kind.is_some_and(|kind| mail.kinds.iter().any(|w| w == kind.as_str()));
        wanted && told.order.finished_at.is_some_and(|at| at > mail.told_until)
    };
    let settled_until = now.minus(QUIET);
    let at = |told: &Told| told.order.finished_at.unwrap_or(now);
    let (mut told, fresh): (Vec<&Told>, Vec<&Told>) =
        feed.iter().filter(ended).partition(|told| at(told) <= settled_until);
    told.sort_by_key(|told| at(told));
    let (oldest, newest) = (at(told.first()?), at(told.last()?));
    let goes_on = !fresh.is_empty();
    if goes_on && now < oldest.plus(PATIENCE) {
        return None;
    }
    Some((told, newest))
}

async fn words(app: &App, user: UserId, told: &[&Told]) -> Result<text::Text, StoreError> {
    let reader = app.store.read();
    let language = super::language_of(reader, app, user).await?;
    let mut names = Names::new(reader);
    let mut ended = Vec::new();
    for one in told.iter().take(MAX_LISTED) {
        let (Some(kind), Some(at)) = (one.kind, one.order.finished_at) else { continue };
        let account = match one.order.account {
            Some(account) => names.account(account).await?.name,
            None => String::new(),
        };
        let resource = names.resource(one.order.resource).await?.name;
        ended.push(Ended { kind, account, resource, at: text::minute(at) });
    }
    let more = told.len().saturating_sub(MAX_LISTED) as u64;
    Ok(text::tasks(language, &ended, more, &super::console(app, "/notifications")))
}
