//! `sekisho-server backup-drill`: a restore that nobody needs, so that the one
//! that somebody needs works.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use sekisho_model::event::Event;
use sekisho_model::id::{SiteId, SiteKeyId};
use sekisho_model::{Clock, Rng, Timestamp};
use sekisho_seal::sealing::OpeningKey;
use sekisho_store::copy::{self, Row};
use sekisho_store::{Access as _, StoreConfig, StoreUrl};
use serde::Serialize;

use super::inspect::{Inspected, Inspector};
use super::{Progress, Watch, restore};
use crate::config::{Config, VaultKey};
use crate::run;

/// What is drilled.
pub struct Drill<'a> {
    /// The backup.
    pub from: &'a Path,
    /// What opens it.
    pub key: &'a OpeningKey,
    /// A folder with room for the database, for as long as it takes.
    pub scratch: &'a Path,
    /// Whether the result goes into the site's audit log.
    pub record: bool,
}

/// A drill that passed.
#[derive(Debug, Serialize)]
pub struct Drilled {
    /// The backup.
    pub path: PathBuf,
    /// The site.
    pub site: SiteId,
    /// The moment that is in it.
    #[serde(serialize_with = "super::as_text")]
    pub created_at: Timestamp,
    /// What was found in the restored database.
    pub inspected: Inspected,
    /// Whether the result is in the site's audit log.
    pub recorded: bool,
}

/// Restores a backup into a scratch folder, opens it as a server would, looks
/// at everything and removes it. Nothing of the site changes but its audit
/// log, which gets the result (unless it is not wanted).
///
/// # Errors
/// When the backup would not restore.
pub async fn drill(
    config: &Config,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    drill: &Drill<'_>,
    watch: Watch<'_>,
) -> anyhow::Result<Drilled> {
    let Drill { from, record, .. } = *drill;
    let taken_at = super::label(from)?.created_at;
    let store = match record {
        true => Some(run::open_store(config, clock.clone(), rng.clone()).await?),
        false => None,
    };
    let outcome = async {
        let found = beside(config, clock.clone(), rng.clone(), drill, watch).await?;
        if let Some(store) = &store {
            let own = store.read().site().find().await?.map(|site| site.id);
            ensure!(
                own == Some(found.0),
                "the backup is of another site ({}), not of this one",
                found.0
            );
        }
        anyhow::Ok(found)
    }
    .await;
    if let Some(store) = store {
        let mut work = store.begin(&run::console(clock.as_ref(), rng.as_ref())).await?;
        let file = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let keys = outcome.as_ref().map_or(Vec::new(), |(_, _, keys)| keys.clone());
        work.record(Event::BackupDrilled { file, taken_at, passed: outcome.is_ok(), keys });
        work.commit().await.map(drop).context("the drill is not in the audit log")?;
        store.close().await?;
    }
    let (site, inspected, _) = outcome?;
    Ok(Drilled { path: from.to_owned(), site, created_at: taken_at, inspected, recorded: record })
}

async fn beside(
    config: &Config,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    drill: &Drill<'_>,
    watch: Watch<'_>,
) -> anyhow::Result<(SiteId, Inspected, Vec<SiteKeyId>)> {
    let scratch = Scratch::create(drill.scratch, rng.as_ref())?;
    let data_dir = scratch.0.join("data");
    let url = StoreUrl::Sqlite(data_dir.join("sekisho.db"));
    let vault = VaultKey::File(scratch.0.join("kek"));
    let config = Config { database: StoreConfig::new(url), data_dir, vault, ..config.clone() };
    // The scratch site has a key of its own.
    restore(&config, clock.clone(), rng.clone(), None, drill.from, drill.key, &mut *watch).await?;

    let app = run::open(config, clock, rng).await.context("the restored site does not open")?;
    let snapshot = app.store.snapshot().await?;
    let ring = app.vault.ring();
    let mut inspector = Inspector::new(&ring);
    let mut rows = 0;
    for shape in copy::shapes(None) {
        let mut last: Option<Row> = None;
        loop {
            let page = snapshot.rows().page(&shape, last.as_ref()).await?;
            for row in &page {
                inspector.take(&shape, row)?;
            }
            rows += page.len() as u64;
            watch(Progress { step: "look", table: shape.name(), rows, total: None });
            if (page.len() as u64) < copy::PAGE {
                break;
            }
            last = page.into_iter().next_back();
        }
    }
    let inspected = inspector.finish().context("the restored database")?;
    drop(snapshot);
    let site = app.keys.site();
    // Each of them was opened above.
    let keys = app.store.read().site_keys().list().await?;
    let keys = keys.into_iter().filter(|key| key.sealed_private.is_some()).map(|key| key.id);
    let keys = keys.collect();
    app.store.clone().close().await?;
    Ok((site, inspected, keys))
}

/// A private folder that is removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn create(parent: &Path, rng: &dyn Rng) -> anyhow::Result<Self> {
        let random = sekisho_model::rng::random_bytes::<8>(rng);
        let name = format!("sekisho-drill-{}", data_encoding::HEXLOWER.encode(&random));
        let path = parent.join(name);
        sekisho_platform::files::create_private_dir(&path)
            .with_context(|| format!("cannot create the scratch folder {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, path = %self.0.display(), "the scratch folder stays");
        }
    }
}
