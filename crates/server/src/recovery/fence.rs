//! The last line of the audit log, remembered beside the database: a database
//! that lacks it is older than it was. A former primary came back, or an old
//! copy was put in its place, and the agents may know more.
//!
//! The store refuses every change on such a database. Here the site is sent
//! into recovery, in which no order is given, and only then goes on.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use sekisho_model::audit::LineHash;
use sekisho_model::event::{Actor, Event, Origin};
use sekisho_model::id::RequestId;
use sekisho_store::{Access as _, AuditHead, OperationContext, Store, StoreError};

use crate::app::{App, SharedApp};
use crate::config::Config;
use crate::shutdown::Shutdown;

/// How often the newest line is written down.
const EVERY: Duration = Duration::from_secs(1);

/// A server on which nothing happens looks every so many rounds.
const LOOK_EVERY: u32 = 15;

/// The file with the last line, in the data folder.
const NOTE: &str = "audit-head";

/// Longest file, in bytes.
const MAX_BYTES: usize = 256;

/// Looks whether the database holds what this server has seen before it was
/// started, and sends the site into recovery if it does not.
///
/// # Errors
/// When the file cannot be read or understood, or the database fails.
pub async fn check_at_start(app: &App) -> anyhow::Result<()> {
    if expect(&app.store, &app.config)? {
        look(app).await?;
    }
    Ok(())
}

/// Has a store refuse every change if it lacks the line that this server has
/// seen last. Returns whether there was one.
///
/// # Errors
/// When the file cannot be read or understood.
pub fn expect(store: &Store, config: &Config) -> anyhow::Result<bool> {
    let path = path(config);
    let text = match std::fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_BYTES)]).into_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    let head = parse(&text).with_context(|| {
        format!(
            "{} is damaged: it should hold the last line of the audit log that this server has \
             seen, to notice an older database. Remove it if you know that the database is \
             the newest one",
            path.display()
        )
    })?;
    store.expect_audit_head(head);
    Ok(true)
}

/// Writes the newest line down, and looks whether it is still there.
pub async fn keep(app: SharedApp, shutdown: Shutdown) {
    let path = path(&app.config);
    let mut written = None;
    let mut round: u32 = 0;
    while shutdown.sleep(EVERY).await {
        round = round.wrapping_add(1);
        if (app.store.behind().is_some() || round.is_multiple_of(LOOK_EVERY))
            && let Err(error) = look(&app).await
        {
            tracing::debug!(%error, "it is looked for the audit log's last line again");
        }
        let head = app.store.audit_head();
        if head == written || app.store.behind().is_some() {
            continue;
        }
        if let Some(head) = head {
            match write(&path, head).await {
                Ok(()) => written = Some(head),
                Err(error) => tracing::warn!(
                    error = format!("{error:#}"),
                    "the audit log's last line was not written down; trying again"
                ),
            }
        }
    }
}

async fn look(app: &App) -> Result<(), StoreError> {
    match app.store.check_audit_head().await {
        Err(StoreError::Behind { known, found }) => enter_recovery(app, known, found).await,
        other => other,
    }
}

async fn enter_recovery(app: &App, known: u64, found: u64) -> Result<(), StoreError> {
    let now = app.clock.now();
    let context = OperationContext {
        actor: Actor::System,
        origin: Origin { request: RequestId::at(now, app.rng.as_ref()), address: None },
        now,
    };
    let mut uow = app.store.begin_past_fence(&context).await?;
    let reason = format!(
        "the database is older than it was: its audit log ends at line {found} and lacks line \
         {known} as this server wrote it"
    );
    uow.site().enter_recovery(&reason).await?;
    // In their next Hello the agents are asked for their escrows.
    uow.device_sessions().end_everybodys().await?;
    uow.record(Event::DatabaseFoundOlder { known, found });
    let committed = uow.commit().await?;
    tracing::error!(reason, "the site enters recovery");
    crate::orders::tell(app, &committed, &[]);
    Ok(())
}

/// The line that was noted in a folder is not expected any more: a restore puts
/// another database there on purpose.
///
/// # Errors
/// When the note is there and stays.
pub(crate) fn forget(data_dir: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(data_dir.join(NOTE)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn path(config: &Config) -> PathBuf {
    config.data_dir.join(NOTE)
}

/// `chain seq hash`.
fn parse(text: &str) -> anyhow::Result<AuditHead> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [chain, seq, hash] = words.as_slice() else {
        anyhow::bail!("three words were expected");
    };
    Ok(AuditHead {
        chain: chain.parse().map_err(|_| anyhow::anyhow!("the chain is no id"))?,
        seq: seq.parse().context("the place is no number")?,
        hash: LineHash::try_from((*hash).to_owned()).map_err(anyhow::Error::msg)?,
    })
}

async fn write(path: &Path, head: AuditHead) -> anyhow::Result<()> {
    let path = path.to_owned();
    let text = format!("{} {} {}\n", head.chain, head.seq, head.hash);
    tokio::task::spawn_blocking(move || {
        sekisho_platform::files::write_private(&path, text.as_bytes())
    })
    .await?
    .map_err(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_nothing_else() {
        let line = format!("01a201b5-8755-7f55-b5bb-f5ceb9503fe7 42 {}\n", "ab".repeat(32));
        let head = parse(&line).expect("valid");
        assert_eq!(format!("{} {} {}\n", head.chain, head.seq, head.hash), line);
        for bad in ["", "x 1 y", "01a201b5-8755-7f55-b5bb-f5ceb9503fe7 42", &line.repeat(2)] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
