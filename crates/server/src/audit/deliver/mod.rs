//! Sending signed heads to witnesses and lines to export targets.
//!
//! The log is its own outbox: what is sent is read from the tables of heads and
//! lines, and a cursor in the database tells how far each reader surely has
//! come. So nothing is written twice, nothing needs a bound, and after a crash
//! everything that was not acknowledged goes out again, with the same ids
//! (chain and number).

mod file;
mod net;
mod peer;
mod syslog;

use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::event::{Actor, Event, Origin};
use sekisho_model::id::{AuditChainId, RequestId};
use sekisho_store::{Access as _, OperationContext, StoreError};

use super::format::{self, Format};
use super::signed_head;
use crate::app::{App, SharedApp};
use crate::config::{Target, Transport};
use crate::shutdown::Shutdown;

pub(crate) use net::certificates;

/// So many heads or lines go out at once.
const BATCH: u64 = 200;

/// New lines are gathered so long before they are sent.
const GATHER: Duration = Duration::from_millis(500);

/// Without news somebody looks anyway: another process may have written.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// One delivery may take so long.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// The first and the longest wait after a failure.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// So many failures in a row become an event.
const ALARM_AFTER: u32 = 3;

/// What a reader is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Signed heads.
    Heads,
    /// Every line.
    Lines(Format),
}

/// Somebody who is sent the audit log or its heads.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    pub(super) name: &'static str,
    pub(super) what: What,
    target: Target,
    file: file::Appender,
}

/// Why a delivery failed.
#[derive(Debug)]
enum Failed {
    /// It may work later.
    Unreachable(String),
    /// The witness says that what it was sent contradicts what it has.
    Refused(String),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Unreachable(error.to_string())
    }
}

impl Reader {
    /// Whether what was sent is surely there once the peer has said so.
    pub(super) const fn is_acknowledged(&self) -> bool {
        !matches!(&self.target, Target::Syslog { transport: Transport::Udp, .. })
    }
}

/// Everybody the settings name.
pub(super) fn readers(app: &App) -> Vec<Reader> {
    let config = &app.config.audit;
    let reader = |name, what, target: &Target| Reader {
        name,
        what,
        target: target.clone(),
        file: file::Appender::default(),
    };
    let witnesses = config.witnesses.iter().map(|(name, target)| reader(name, What::Heads, target));
    let sinks = config
        .sinks
        .iter()
        .map(|(name, target, format)| reader(name, What::Lines(*format), target));
    witnesses.chain(sinks).collect()
}

/// Delivers until the stop begins; then once more, so that a server that
/// stopped in good order has told its end.
pub(super) async fn run(app: SharedApp, reader: Reader, shutdown: Shutdown) {
    let mut signed = app.audit.signed();
    let mut appended = app.store.appended();
    let mut failures = 0_u32;
    loop {
        let done = round(&app, &reader).await;
        let wait = match done {
            Ok(has_more) => {
                reached(&app, &reader, &mut failures).await;
                (!has_more).then_some(LOOK_EVERY)
            }
            Err(failed) => {
                failures = failures.saturating_add(1);
                let wait = BACKOFF.0.saturating_mul(1 << (failures - 1).min(8)).min(BACKOFF.1);
                missed(&app, &reader, failed, failures).await;
                Some(wait)
            }
        };
        let Some(wait) = wait else { continue };
        let news = async {
            let news = match reader.what {
                What::Heads => signed.changed().await,
                What::Lines(_) => appended.changed().await,
            };
            if news.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(GATHER).await;
        };
        if failures > 0 {
            if !shutdown.sleep(wait).await {
                return;
            }
            continue;
        }
        tokio::select! {
            () = news => {}
            () = tokio::time::sleep(wait) => {}
            () = shutdown.soft() => return,
        }
    }
}

/// The last delivery of a server that stops.
pub(super) async fn last(app: &App, reader: &Reader) {
    loop {
        match round(app, reader).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(failed) => {
                tracing::warn!(reader = reader.name, ?failed, "not delivered before the stop");
                return;
            }
        }
    }
}

/// Sends one batch; returns whether there may be more.
async fn round(app: &App, reader: &Reader) -> Result<bool, Failed> {
    let chain = super::own_chain(app).await?;
    let store = app.store.read();
    let cursor = store.audit_heads().cursor(reader.name, chain).await?;
    let (texts, heads, last) = match reader.what {
        What::Heads => {
            let rows = store.audit_heads().after(chain, cursor, BATCH).await?;
            let heads: Vec<_> =
                rows.iter().filter_map(|row| signed_head(app.keys.site(), row)).collect();
            (written_heads(app, reader, &heads), heads, rows.last().map(|row| row.seq))
        }
        What::Lines(format) => {
            let lines = store.audit().after(chain, cursor, BATCH).await?;
            let host = app.config.public_name.to_string();
            let texts: Vec<String> = lines.iter().map(|line| format.write(&host, line)).collect();
            (texts, Vec::new(), lines.last().map(|line| line.seq))
        }
    };
    let Some(last) = last else { return Ok(false) };
    let has_more = texts.len() as u64 == BATCH;
    let send = async {
        match &reader.target {
            Target::File(path) => {
                reader.file.append(path, &texts, cursor > 0).await.map_err(Failed::Unreachable)
            }
            Target::Syslog { transport, address } => {
                syslog::send(transport, address, &texts).await.map_err(Failed::Unreachable)
            }
            Target::Server { address, tls, token_file } => {
                peer::send(address, tls, token_file, &heads).await
            }
        }
    };
    match tokio::time::timeout(SEND_TIMEOUT, send).await {
        Ok(sent) => sent?,
        Err(_) => {
            let s = SEND_TIMEOUT.as_secs();
            return Err(Failed::Unreachable(format!("it did not answer within {s} s")));
        }
    }
    note_progress(app, reader, chain, last).await?;
    Ok(has_more)
}

fn written_heads(
    app: &App,
    reader: &Reader,
    heads: &[sekisho_seal::audit_head::SignedHead],
) -> Vec<String> {
    let host = app.config.public_name.to_string();
    let is_syslog = matches!(&reader.target, Target::Syslog { .. });
    let write = |head| {
        if is_syslog {
            format::head_message(&host, head)
        } else {
            serde_json::to_string(head).expect("a signed head becomes JSON")
        }
    };
    heads.iter().map(write).collect()
}

async fn note_progress(
    app: &App,
    reader: &Reader,
    chain: AuditChainId,
    seq: u64,
) -> Result<(), StoreError> {
    let work = app.store.begin(&context(app)).await?;
    work.audit_heads().move_cursor(reader.name, chain, seq).await?;
    work.commit_unaudited("how far a reader of the audit log has come").await.map(drop)
}

fn context(app: &App) -> OperationContext {
    let now: Timestamp = app.clock.now();
    let request = RequestId::at(now, app.rng.as_ref());
    OperationContext { actor: Actor::System, origin: Origin { request, address: None }, now }
}

async fn reached(app: &App, reader: &Reader, failures: &mut u32) {
    let was_alarmed = *failures >= ALARM_AFTER;
    if *failures > 0 {
        tracing::info!(reader = reader.name, "the audit log is delivered again");
    }
    *failures = 0;
    app.audit.set_problem(reader.name, None);
    if was_alarmed {
        let name = reader.name.to_owned();
        record(
            app,
            match reader.what {
                What::Heads => Event::WitnessReached { witness: name },
                What::Lines(_) => Event::AuditSinkReached { sink: name },
            },
        )
        .await;
    }
}

async fn missed(app: &App, reader: &Reader, failed: Failed, failures: u32) {
    let (problem, is_refusal) = match failed {
        Failed::Unreachable(problem) => (problem, false),
        Failed::Refused(problem) => (problem, true),
    };
    tracing::warn!(reader = reader.name, problem, failures, "the audit log is not delivered");
    app.audit.set_problem(reader.name, Some(problem.clone()));
    let problem: String = problem.chars().take(500).collect();
    let name = reader.name.to_owned();
    // A refusal is evidence at once; an unreachable peer may just restart.
    let event = match (is_refusal && failures == 1, failures == ALARM_AFTER) {
        (true, _) => Event::WitnessRefused { witness: name, problem },
        (false, true) if !is_refusal => match waiting(app, reader).await {
            Ok((count, lag_s)) => match reader.what {
                What::Heads => {
                    Event::WitnessUnreachable { witness: name, heads: count, lag_s, problem }
                }
                What::Lines(_) => Event::AuditSinkUnreachable { sink: name, lines: count, problem },
            },
            Err(_) => return,
        },
        (false, _) => return,
    };
    record(app, event).await;
}

/// How many heads or lines a reader has not got, and for how many seconds the
/// oldest of them waits.
pub(super) async fn waiting(app: &App, reader: &Reader) -> Result<(u64, u64), StoreError> {
    let chain = super::own_chain(app).await?;
    let store = app.store.read();
    let cursor = store.audit_heads().cursor(reader.name, chain).await?;
    let (count, oldest) = match reader.what {
        What::Heads => {
            let oldest = store.audit_heads().after(chain, cursor, 1).await?;
            let count = store.audit_heads().count_after(chain, cursor).await?;
            (count, oldest.first().map(|head| head.at))
        }
        What::Lines(_) => {
            let head = store.audit().chain(chain).await?.map_or(0, |chain| chain.head_seq);
            let oldest = store.audit().after(chain, cursor, 1).await?;
            (head.saturating_sub(cursor), oldest.first().map(|line| line.at))
        }
    };
    Ok((count, oldest.map_or(0, |at| app.clock.now().since(at).as_secs())))
}

async fn record(app: &App, event: Event) {
    let done = async {
        let mut work = app.store.begin(&context(app)).await?;
        work.record(event);
        work.commit().await.map(drop)
    };
    if let Err(error) = done.await {
        tracing::warn!(%error, "an event about the audit log's delivery is not recorded");
    }
}
