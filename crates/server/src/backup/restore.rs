//! `sekisho-server restore`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use sekisho_model::event::Event;
use sekisho_model::id::{AuditChainId, SiteId};
use sekisho_model::{Clock, Rng, Secret, Timestamp};
use sekisho_seal::sealing::OpeningKey;
use sekisho_store::copy::{self, Found, Shape, TableSum};
use sekisho_store::{Access as _, Blob, Store, StoreConfig, StoreError, StoreUrl, UnitOfWork};
use sekisho_vault::{Kek, KekRecord, KeyRing};
use serde::Serialize;

use super::contents::{Contents, Part};
use super::file::{Sealed, sync_folder};
use super::inspect::Inspected;
use super::make::{Looked, look};
use super::{Progress, Watch};
use crate::config::{Config, VaultKey};
use crate::recovery::fence;
use crate::{init, run};

/// The patience with a database that nobody else uses yet.
const PATIENCE: Duration = Duration::from_secs(300);

/// A site that was restored.
#[derive(Debug, Serialize)]
pub struct Restored {
    /// The site.
    pub site: SiteId,
    /// The moment it was brought back to.
    #[serde(serialize_with = "super::as_text")]
    pub created_at: Timestamp,
    /// The database it lives in now, without a password.
    pub database: String,
    /// What was looked at before anything was written.
    pub inspected: Inspected,
}

/// Fills the configured, empty database from a backup, and gives the site
/// the configured key-encryption key, or the one that is made of the given
/// passphrase. The site is in recovery afterwards.
///
/// Everything is read and looked at before the first row is written; either
/// all of it appears, or nothing.
///
/// # Errors
/// When the backup does not open or is damaged, when there is a database
/// already, or when something cannot be written. Nothing is left then.
pub async fn restore(
    config: &Config,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    passphrase: Option<Secret>,
    from: &Path,
    key: &OpeningKey,
    watch: Watch<'_>,
) -> anyhow::Result<Restored> {
    let sealed = Sealed::open(from)?;
    let created_at = sealed.header().created_at;
    let looked = look(Contents::open(sealed.unlock(key)?)?, 0, &mut *watch)
        .with_context(|| format!("the backup {}", from.display()))?;

    sekisho_platform::files::create_private_dir(&config.data_dir)
        .with_context(|| format!("cannot create data_dir {}", config.data_dir.display()))?;
    let mut place = Place::prepare(config)?;
    let new_key = !matches!(&config.vault, VaultKey::File(path) if path.exists());
    let kek = init::key_encryption_key(config, passphrase.clone(), rng.clone()).await;
    let filled = async {
        let contents = Contents::open(Sealed::open(from)?.unlock(key)?)?;
        let (kek, record) = kek?;
        let config = &place.config;
        let job = Job { config, passphrase, clock: &clock, rng: &rng, kek, record, created_at };
        let ca = job.fill(contents, &looked, &mut *watch).await?;
        fence::forget(&config.data_dir).context("the note audit-head cannot be removed")?;
        place.publish()?;
        anyhow::Ok(ca)
    };
    let written = match filled.await {
        Ok(ca) => init::write_ca(config.ca_path(), &ca),
        Err(error) => {
            let mut made = None;
            if new_key && let VaultKey::File(path) = &config.vault {
                made = Some(path.as_path());
            }
            return Err(gave_up(error, made));
        }
    };
    written.context("the site was restored, but the CA certificate could not be written")?;
    Ok(Restored {
        site: looked.site,
        created_at,
        database: config.database.url.to_string(),
        inspected: looked.inspected,
    })
}

/// What a restore that ended with an error leaves behind, and says. `made` is
/// the key file that it made.
fn gave_up(error: anyhow::Error, made: Option<&Path>) -> anyhow::Error {
    if is_undecided(&error) {
        // The key stays: it may be the one that opens the database.
        return error.context(
            "the site may or may not have been restored: look whether the database holds rows, \
             and empty it before you try again",
        );
    }
    if let Some(path) = made {
        // Nothing was sealed with it, and the next try makes another.
        let _ = std::fs::remove_file(path);
    }
    error.context("nothing was restored")
}

fn is_undecided(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref(), Some(StoreError::Undecided { .. })))
}

/// The database that is filled: PostgreSQL as it is, because one transaction
/// is all or nothing; SQLite under another name until it is whole.
struct Place {
    config: Config,
    sqlite: Option<(PathBuf, PathBuf)>,
}

impl Place {
    fn prepare(config: &Config) -> anyhow::Result<Self> {
        let mut config = config.clone();
        let StoreUrl::Sqlite(path) = config.database.url.clone() else {
            return Ok(Self { config, sqlite: None });
        };
        ensure!(
            !std::fs::exists(&path)?,
            "there is a database {} already; nothing was changed. Restore into an empty folder",
            path.display()
        );
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(".restoring");
        let scratch = path.with_file_name(name);
        remove_database(&scratch);
        config.database.url = StoreUrl::Sqlite(scratch.clone());
        Ok(Self { config, sqlite: Some((scratch, path)) })
    }

    fn publish(&mut self) -> anyhow::Result<()> {
        let Some((scratch, path)) = &self.sqlite else { return Ok(()) };
        ensure!(!log_of(scratch).exists(), "the database's log was not folded in");
        let cannot = || format!("cannot give {} its name", scratch.display());
        std::fs::File::open(scratch).and_then(|file| file.sync_all()).with_context(cannot)?;
        std::fs::rename(scratch, path).with_context(cannot)?;
        let published = sync_folder(path);
        self.sqlite = None;
        published
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((scratch, _)) = &self.sqlite {
            remove_database(scratch);
        }
    }
}

fn log_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(end);
    PathBuf::from(name)
}

fn remove_database(path: &Path) {
    for path in [path.to_owned(), log_of(path), beside(path, "-shm")] {
        // What is not there need not be removed.
        let _ = std::fs::remove_file(path);
    }
}

struct Job<'a> {
    config: &'a Config,
    passphrase: Option<Secret>,
    clock: &'a Arc<dyn Clock>,
    rng: &'a Arc<dyn Rng>,
    kek: Kek,
    record: KekRecord,
    created_at: Timestamp,
}

impl Job<'_> {
    /// Fills the database and returns the site's CA certificate in PEM.
    async fn fill(
        &self,
        contents: Contents,
        looked: &Looked,
        watch: Watch<'_>,
    ) -> anyhow::Result<String> {
        let database = &self.config.database;
        // One commit of everything takes longer than that of a request.
        let patient = StoreConfig { patience: PATIENCE, ..database.clone() };
        let open = Store::connect_target(
            &patient,
            self.clock.clone(),
            self.rng.clone(),
            Some(&looked.schema),
        );
        let (store, found) =
            open.await.with_context(|| format!("cannot restore into {}", database.url))?;
        ensure!(
            found == Found::Empty,
            "{} holds an unfinished move of another database; empty it first",
            database.url
        );
        let ring = KeyRing::import(&contents.ring.export())?;
        let context = run::console(self.clock.as_ref(), self.rng.as_ref());
        let mut work = store.begin(&context).await?;
        load(&work, contents, looked.inspected.rows, watch).await?;
        self.take_over(&mut work, &ring).await?;
        work.commit().await.map(drop).context("the restored rows")?;
        store.close().await?;

        // Once more, as a server opens it: an older schema is migrated now.
        let (config, passphrase) = (self.config.clone(), self.passphrase.clone());
        let app = run::open_with(config, passphrase, self.clock.clone(), self.rng.clone()).await;
        let app = match app.context("the restored site does not open") {
            Ok(app) => app,
            Err(error) => {
                self.empty().await.context("the rows of the restore could not be removed")?;
                return Err(error);
            }
        };
        let ca = sekisho_pki::pem::write_certificates([app.keys.ca().trust().root()]);
        app.store.clone().close().await?;
        Ok(ca)
    }

    /// Takes every row out again.
    async fn empty(&self) -> anyhow::Result<()> {
        let database = &self.config.database;
        let store = Store::connect(database, self.clock.clone(), self.rng.clone()).await?;
        let context = run::console(self.clock.as_ref(), self.rng.as_ref());
        let work = store.begin(&context).await?;
        for shape in copy::shapes(None).iter().rev() {
            work.rows().clear(shape).await?;
        }
        work.commit_unaudited("a restore that failed leaves nothing").await.map(drop)?;
        Ok(store.close().await?)
    }

    /// What must differ from the site that was backed up: its keys' lock, its
    /// audit chain, and what must not live on.
    async fn take_over(&self, work: &mut UnitOfWork, ring: &KeyRing) -> anyhow::Result<()> {
        init::put_kek(work, &self.record).await?;
        // A key that was prepared there is not this site's.
        work.vault_keys().forget_next().await?;
        work.site().forget_next_kek().await?;
        for wrapped in ring.wrap_all(&self.kek, self.rng.as_ref())? {
            work.vault_keys().rewrap(i64::from(wrapped.version), Blob(wrapped.bytes)).await?;
        }
        // Sign-ins that were ended since the backup must not come back, and
        // agents must say anew what they know: frames of their old sessions
        // could be played again to a server that forgot their counters.
        work.login_sessions().purge(Timestamp::from_millis(i64::MAX)).await?;
        work.api_tokens().revoke_sign_ins(work.now()).await?;
        work.device_sessions().end_everybodys().await?;
        // What waited then has been sent since, or is old news.
        work.mails().forget_waiting().await?;
        let reason = format!("restored from a backup of {}", self.created_at);
        work.site().enter_recovery(&reason).await?;
        // Lines that were written after the backup may be with a witness or
        // in an export. A new chain contradicts none of them.
        let site = work.site().find().await?.context("the backup holds no site")?;
        let former = work.audit().chain(site.node_chain).await?;
        let former = former.context("the backup holds no audit chain of its own")?;
        work.site().begin_chain(AuditChainId::at(work.now(), self.rng.as_ref())).await?;
        work.record(Event::SiteRestored {
            taken_at: self.created_at,
            former_chain: former.id,
            former_seq: former.head_seq,
        });
        Ok(())
    }
}

/// Writes every row, reads each table back and compares.
async fn load(
    work: &UnitOfWork,
    mut contents: Contents,
    total: u64,
    watch: Watch<'_>,
) -> anyhow::Result<()> {
    let shapes: Vec<Shape> = contents.shapes().to_vec();
    let mut rows = 0;
    while let Some(part) = contents.next()? {
        match part {
            Part::Rows(table, batch) => {
                work.rows().insert(&shapes[table], &batch).await?;
                rows += batch.len() as u64;
                let table = shapes[table].name();
                watch(Progress { step: "restore", table, rows, total: Some(total) });
            }
            Part::TableEnd(table, expected) => {
                let shape = &shapes[table];
                let found: TableSum = work.rows().sum(shape).await?;
                if found != expected {
                    bail!("table {} is not in the database as it was written", shape.name());
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of an error, and whether the key file that was made stays.
    fn after(error: StoreError) -> (String, bool) {
        let folder = tempfile::tempdir().expect("a folder");
        let kek = folder.path().join("kek");
        std::fs::write(&kek, "a key").expect("written");
        // As it comes from the COMMIT of the restored rows.
        let error = anyhow::Error::new(error).context("the restored rows");
        (format!("{:#}", gave_up(error, Some(&kek))), kek.exists())
    }

    #[test]
    fn the_key_of_a_restore_that_nobody_confirmed_is_kept() {
        let (said, kept) = after(StoreError::Undecided { reason: "silence".to_owned() });
        assert!(kept, "the database may be sealed with it: {said}");
        assert!(said.starts_with("the site may or may not have been restored"), "{said}");
        assert!(!said.contains("nothing was"), "{said}");
    }

    #[test]
    fn the_key_of_a_restore_that_surely_failed_is_removed() {
        let (said, kept) = after(StoreError::Unavailable { reason: "away".to_owned() });
        assert!(!kept, "the next try makes another: {said}");
        assert!(said.starts_with("nothing was restored"), "{said}");
    }
}
