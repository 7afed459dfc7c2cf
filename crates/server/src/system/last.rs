//! When the site was last backed up, and when that was last proved.

use sekisho_model::Timestamp;
use sekisho_model::event::Event;
use sekisho_store::{Access as _, AuditFilter, Page, Store, StoreError};

/// The newest of each kind that the audit log knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastBackups {
    /// The last backup that was written and read back.
    pub backup: Option<Timestamp>,
    /// The last drill that passed.
    pub drill: Option<Timestamp>,
}

/// Looks them up.
///
/// # Errors
/// When the database fails.
pub async fn last_backups(store: &Store) -> Result<LastBackups, StoreError> {
    let made = Event::BackupMade { file: String::new(), rows: 0, bytes: 0 };
    let drilled = Event::BackupDrilled {
        file: String::new(),
        taken_at: Timestamp::EPOCH,
        passed: true,
        keys: Vec::new(),
    };
    Ok(LastBackups {
        backup: newest(store, &made, None).await?,
        drill: newest(store, &drilled, Some("\"passed\":true")).await?,
    })
}

async fn newest(
    store: &Store,
    like: &Event,
    holding: Option<&str>,
) -> Result<Option<Timestamp>, StoreError> {
    let filter = AuditFilter {
        codes: vec![like.info().code],
        event: holding.map(str::to_owned),
        ..AuditFilter::default()
    };
    let lines = store.read().audit().list(&filter, &Page::first(1)).await?;
    Ok(lines.items.first().map(|line| line.at))
}
