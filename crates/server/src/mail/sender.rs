//! The one who empties the outbox, one mail after the other.

use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::event::{Actor, Event, Origin};
use sekisho_model::id::RequestId;
use sekisho_model::mail::MailState;
use sekisho_store::{Access as _, Mail, OperationContext, StoreError};

use super::smtp::{Failed, SEND_TIMEOUT, Session};
use crate::app::{App, SharedApp};
use crate::config::MailConfig;
use crate::shutdown::Shutdown;

/// So many mails are looked at in one round.
const BATCH: u64 = 50;

/// A mail that is being sent is nobody else's for so long. Longer than sending
/// can take, so that no two send the same one; after a crash it is tried again.
const LEASE: Duration = Duration::from_secs(2 * SEND_TIMEOUT.as_secs());

/// A mail that could not be handed over for so long is given up.
const MAX_AGE: Duration = Duration::from_secs(3 * 24 * 3600);

/// After the first, second, … refusal for now; the last one from then on.
const RETRY_AFTER_MIN: [u64; 6] = [1, 5, 15, 30, 60, 120];

/// The first and the longest wait while the mail server takes nothing.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(300));

/// So many failures in a row become an event.
const ALARM_AFTER: u32 = 3;

/// Without news somebody looks anyway: another process may have written.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// What a round has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Mails that the server took.
    pub sent: u64,
    /// Mails that are tried again later.
    pub put_off: u64,
    /// Mails that were given up.
    pub given_up: u64,
}

/// Sends until the stop begins. What is not sent then waits in the database.
pub async fn run(app: SharedApp, shutdown: Shutdown) {
    if app.config.mail.is_none() {
        return shutdown.soft().await;
    }
    let mut failures = 0_u32;
    loop {
        let done = tokio::select! {
            done = round(&app) => done,
            // The mail in progress is tried again after its lease.
            () = shutdown.hard() => return,
        };
        let wait = match done {
            Ok(_) => {
                reached(&app, &mut failures).await;
                LOOK_EVERY
            }
            Err(problem) => {
                failures = failures.saturating_add(1);
                missed(&app, &problem, failures).await;
                BACKOFF.0.saturating_mul(1 << (failures - 1).min(8)).min(BACKOFF.1)
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = app.mail.queued.notified(), if failures == 0 => {}
            () = shutdown.soft() => return,
        }
    }
}

/// Sends what is due, and gives up what is too old.
///
/// # Errors
/// [`Failed::Server`] when the mail server takes nothing: the rest waits.
pub async fn round(app: &App) -> Result<Round, Failed> {
    let Some(config) = &app.config.mail else { return Ok(Round::default()) };
    let mut done = Round::default();
    let now = app.clock.now();
    let due = app.store.read().mails().due(now, BATCH).await.map_err(database)?;
    let mut session: Option<Session> = None;
    for mail in due {
        if mail.created_at.plus(MAX_AGE) <= now {
            let days = MAX_AGE.as_secs() / (24 * 3600);
            let last = mail.problem.clone().unwrap_or_default();
            let problem = format!("not handed over for {days} days; {last}");
            give_up(app, &mail, &problem).await.map_err(database)?;
            done.given_up += 1;
            continue;
        }
        let open = match session.take() {
            Some(open) => open,
            None => Session::open(config, &app.config.public_name).await?,
        };
        session = one(app, config, open, &mail, &mut done).await?;
    }
    if let Some(session) = session {
        session.close().await;
    }
    Ok(done)
}

/// Sends one mail; gives the session back if it is still of use.
async fn one(
    app: &App,
    config: &MailConfig,
    mut session: Session,
    mail: &Mail,
    done: &mut Round,
) -> Result<Option<Session>, Failed> {
    if !claim(app, mail).await.map_err(database)? {
        return Ok(Some(session));
    }
    match session.send(mail, &config.from, &app.config.public_name).await {
        Ok(()) => {
            note_sent(app, mail).await.map_err(database)?;
            done.sent += 1;
            Ok(Some(session))
        }
        Err(Failed::Later(problem)) => {
            let last = RETRY_AFTER_MIN.len() - 1;
            let minutes = RETRY_AFTER_MIN[last.min(mail.attempts as usize)];
            let after = Duration::from_secs(minutes * 60);
            put_off(app, mail, after, &problem).await.map_err(database)?;
            done.put_off += 1;
            Ok(None)
        }
        Err(Failed::Never(problem)) => {
            give_up(app, mail, &problem).await.map_err(database)?;
            done.given_up += 1;
            Ok(None)
        }
        Err(Failed::Server(problem)) => {
            // Nobody knows whether the server has it: the lease runs on.
            put_off(app, mail, LEASE, &problem).await.map_err(database)?;
            Err(Failed::Server(problem))
        }
    }
}

async fn claim(app: &App, mail: &Mail) -> Result<bool, StoreError> {
    let work = app.store.begin(&context(app)).await?;
    let claimed = work.mails().claim(mail, LEASE).await?;
    work.commit_unaudited("a mail is being sent").await.map(drop)?;
    Ok(claimed)
}

async fn note_sent(app: &App, mail: &Mail) -> Result<(), StoreError> {
    let work = app.store.begin(&context(app)).await?;
    work.mails().sent(mail.id).await?;
    work.commit_unaudited("a mail was sent; what it tells of is on record").await.map(drop)
}

async fn put_off(app: &App, mail: &Mail, after: Duration, problem: &str) -> Result<(), StoreError> {
    tracing::warn!(mail = %mail.id, problem, "a mail was not taken; it is tried again");
    let context = context(app);
    let at = context.now.plus(after);
    let work = app.store.begin(&context).await?;
    work.mails().put_off(mail.id, at, problem).await?;
    work.commit_unaudited("a mail is tried again later").await.map(drop)
}

async fn give_up(app: &App, mail: &Mail, problem: &str) -> Result<(), StoreError> {
    tracing::warn!(mail = %mail.id, kind = %mail.kind, problem, "a mail was given up");
    let mut work = app.store.begin(&context(app)).await?;
    if !work.mails().give_up(mail.id, problem).await? {
        return Ok(());
    }
    let problem = problem.to_owned();
    let (mail, kind, user) = (mail.id, mail.kind, mail.user);
    work.record(Event::MailGivenUp { mail, kind, user, problem });
    work.commit().await.map(drop)
}

fn database(error: StoreError) -> Failed {
    Failed::Server(error.to_string())
}

fn context(app: &App) -> OperationContext {
    let now: Timestamp = app.clock.now();
    let request = RequestId::at(now, app.rng.as_ref());
    OperationContext { actor: Actor::System, origin: Origin { request, address: None }, now }
}

async fn reached(app: &App, failures: &mut u32) {
    let was_alarmed = *failures >= ALARM_AFTER;
    if *failures > 0 {
        tracing::info!("mail goes out again");
    }
    *failures = 0;
    app.mail.set_problem(app.clock.now(), None);
    if was_alarmed {
        record(app, Event::MailServerReached { server: server(app) }).await;
    }
}

async fn missed(app: &App, failed: &Failed, failures: u32) {
    let problem = failed.to_string();
    tracing::warn!(problem, failures, "no mail goes out");
    app.mail.set_problem(app.clock.now(), Some(problem.clone()));
    if failures == ALARM_AFTER {
        let waiting = app.store.read().mails().count(MailState::Waiting).await.unwrap_or(0);
        record(app, Event::MailServerUnreachable { server: server(app), waiting, problem }).await;
    }
}

fn server(app: &App) -> String {
    app.config.mail.as_ref().map(|mail| mail.server.to_string()).unwrap_or_default()
}

async fn record(app: &App, event: Event) {
    let done = async {
        let mut work = app.store.begin(&context(app)).await?;
        work.record(event);
        work.commit().await.map(drop)
    };
    if let Err(error) = done.await {
        tracing::warn!(%error, "an event about the mail server is not recorded");
    }
}
