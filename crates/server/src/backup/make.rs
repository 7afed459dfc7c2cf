//! `sekisho-server backup`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use sekisho_model::event::Event;
use sekisho_model::id::SiteId;
use sekisho_model::{Clock, Rng, Secret, Timestamp};
use sekisho_seal::backup::{self, Facts};
use sekisho_store::copy::{Row, TableSum};
use sekisho_store::{Access as _, Snapshot, Store, copy};
use sekisho_vault::KeyRing;
use serde::Serialize;

use super::contents::{Contents, Manifest, Part, RecordWriter};
use super::file::{Sealed, Writer};
use super::inspect::{Inspected, Inspector};
use super::{Progress, Watch, keep};
use crate::config::Config;
use crate::keys::{SiteKeys, ensure_audit_key};
use crate::run;

/// A backup that was written, read back and found right.
#[derive(Debug, Serialize)]
pub struct Made {
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// The moment that is in it.
    #[serde(serialize_with = "super::as_text")]
    pub created_at: Timestamp,
    /// The site.
    pub site: SiteId,
    /// How many recovery keys open it.
    pub recovery_keys: usize,
    /// What is in it.
    pub inspected: Inspected,
    /// Older backups that were removed to keep only so many.
    pub removed: Vec<PathBuf>,
}

/// Writes a backup to a file, or into a folder under a name of its own, and
/// keeps only the newest `keep` ones there. The server may be running. The
/// passphrase is for a vault that is locked with one that is kept nowhere.
///
/// # Errors
/// When anything cannot be read or written; then no backup appears.
pub async fn make(
    config: &Config,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    passphrase: Option<Secret>,
    to: &Path,
    keep: Option<usize>,
    watch: Watch<'_>,
) -> anyhow::Result<Made> {
    let folder = to.is_dir();
    anyhow::ensure!(keep.is_none() || folder, "--keep needs a folder: {} is none", to.display());
    let store = run::open_store(config, clock.clone(), rng.clone()).await?;
    let (snapshot, ring) = consistent(config, &store, passphrase, clock.as_ref(), &rng).await?;
    let keys = SiteKeys::load(&store, &ring).await?;
    let created_at = clock.now();
    let path = if folder { to.join(keep::name(created_at)) } else { to.to_owned() };
    if folder {
        keep::clear_partial(to)?;
    }

    let recovery_keys: Vec<[u8; 32]> = keys.recovery_keys().iter().map(|one| one.key).collect();
    let manifest = Manifest::current();
    let facts = Facts {
        site: keys.site(),
        created_at,
        product: env!("CARGO_PKG_VERSION"),
        schema: manifest.newest().unwrap_or_default(),
    };
    let (start, key) = backup::begin(facts, &recovery_keys, rng.as_ref())?;
    let mut writer = Writer::create(&path, &start, key.sealer())?;
    let rows = write(&snapshot, &ring, &manifest, &mut writer, &mut *watch).await?;
    drop(snapshot);

    let (partial, bytes) = writer.finish()?;
    let reader = Sealed::open(partial)?.with(&key);
    let inspected = look(Contents::open(reader)?, rows, &mut *watch)
        .context("the backup that was just written cannot be read back; nothing was kept")?
        .inspected;
    writer.publish()?;

    let mut work = store.begin(&run::console(clock.as_ref(), rng.as_ref())).await?;
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    work.record(Event::BackupMade { file, rows, bytes });
    work.commit().await.map(drop).with_context(|| {
        format!("the backup {} is whole, but is not in the audit log", path.display())
    })?;
    store.close().await?;
    let removed = match keep {
        Some(keep) => keep::remove_older(to, keys.site(), keep)?,
        None => Vec::new(),
    };
    let recovery_keys = recovery_keys.len();
    Ok(Made { path, bytes, created_at, site: keys.site(), recovery_keys, inspected, removed })
}

/// A snapshot, and a ring that has every key it names: the vault's keys may
/// be rotated between the two.
async fn consistent(
    config: &Config,
    store: &Store,
    passphrase: Option<Secret>,
    clock: &dyn Clock,
    rng: &Arc<dyn Rng>,
) -> anyhow::Result<(Snapshot, Arc<KeyRing>)> {
    const TRIES: usize = 5;
    for _ in 0..TRIES {
        let ring = run::open_vault(config, store, passphrase.clone(), clock, rng).await?;
        // A site from before that key, whose server was not started since.
        ensure_audit_key(store, &ring, &run::console(clock, rng.as_ref()), rng.as_ref()).await?;
        let snapshot = store.snapshot().await?;
        let named = snapshot.vault_keys().list().await?;
        let known = |version: i64| ring.versions().any(|one| i64::from(one) == version);
        if named.iter().all(|key| known(key.version)) {
            return Ok((snapshot, ring));
        }
    }
    anyhow::bail!("the vault's keys change all the time; try again later")
}

async fn write(
    snapshot: &Snapshot,
    ring: &KeyRing,
    manifest: &Manifest,
    writer: &mut Writer,
    watch: Watch<'_>,
) -> anyhow::Result<u64> {
    let shapes = copy::shapes(None);
    let mut total = 0;
    for shape in &shapes {
        total += snapshot.rows().count(shape).await?;
    }
    let mut records = RecordWriter::begin(writer, manifest, ring)?;
    let mut rows = 0;
    for shape in &shapes {
        records.table(shape)?;
        let mut sum = TableSum::default();
        let mut last: Option<Row> = None;
        loop {
            watch(Progress { step: "write", table: shape.name(), rows, total: Some(total) });
            let page = snapshot.rows().page(shape, last.as_ref()).await?;
            for row in &page {
                let encoded = row.encode();
                sum.add(&encoded);
                records.row(&encoded)?;
            }
            rows += page.len() as u64;
            if (page.len() as u64) < copy::PAGE {
                break;
            }
            last = page.into_iter().next_back();
        }
        records.table_end(&sum)?;
    }
    records.end()
}

/// A backup that was read to its end.
pub(super) struct Looked {
    pub(super) inspected: Inspected,
    pub(super) site: SiteId,
    pub(super) schema: String,
}

/// Reads a backup to its end and looks at every row.
pub(super) fn look(mut contents: Contents, total: u64, watch: Watch<'_>) -> anyhow::Result<Looked> {
    let shapes = contents.shapes().to_vec();
    let schema = contents.schema().unwrap_or_default().to_owned();
    let ring = KeyRing::import(&contents.ring.export())?;
    let mut inspector = Inspector::new(&ring);
    let total = (total > 0).then_some(total);
    let mut rows = 0;
    while let Some(part) = contents.next()? {
        let Part::Rows(table, batch) = part else { continue };
        let shape = &shapes[table];
        for row in &batch {
            inspector.take(shape, row)?;
        }
        rows += batch.len() as u64;
        watch(Progress { step: "check", table: shape.name(), rows, total });
    }
    let site = inspector.site.context("the backup holds no site")?;
    Ok(Looked { inspected: inspector.finish()?, site, schema })
}
