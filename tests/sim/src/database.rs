//! The databases a case can run on, behind one switch.

use std::sync::Arc;

use sekisho_model::{Clock, Rng};
use sekisho_server::app::SharedApp;
use sekisho_server::config::Config;
use sekisho_server::run;
use sekisho_store::{Store, StoreConfig, StoreUrl};

use crate::lossy::LossyDisk;
use crate::memory::Memory;
use crate::postgres::Postgres;
use crate::power::Power;
use crate::site::{Site, Stage};

/// What the server's data is kept in.
pub(crate) enum Database {
    /// SQLite in memory, called directly; one for each stage.
    Memory(Vec<Memory>),
    /// SQLite on files that lose what was not synced.
    Files(Files),
    /// PostgreSQL.
    Postgres(Box<Postgres>),
}

/// A simulated disk and what it begins with.
pub(crate) struct Files {
    disk: LossyDisk,
    images: Vec<Arc<[u8]>>,
    /// An empty file stands where the store looks whether there is one.
    folder: tempfile::TempDir,
    /// How many servers have lived; each finds its files under another name.
    life: u64,
}

impl Files {
    fn name(&self) -> String {
        format!("{}.db", self.life)
    }

    /// The name for the next server.
    fn next(&mut self) -> String {
        let _ = std::fs::remove_file(self.folder.path().join(self.name()));
        self.life += 1;
        std::fs::write(self.folder.path().join(self.name()), b"").expect("a file");
        self.name()
    }
}

/// A backup.
pub(crate) enum Backup {
    /// The files on the disk.
    Files(Vec<(String, Vec<u8>)>),
    /// The database keeps it.
    Kept,
}

impl Database {
    /// In memory, one for each stage. One that `lies` keeps nothing of what it
    /// said it kept.
    pub(crate) fn memory(site: &Site, power: &Power, lies: bool) -> Self {
        let memory = |stage: &Stage| Memory::new(&stage.image, power.clone(), lies);
        Self::Memory(site.stages.iter().map(memory).collect())
    }

    /// On a disk that loses what was not synced; on one that `lies` nothing
    /// ever is.
    pub(crate) fn files(site: &Site, power: &Power, lies: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let disk = LossyDisk::new(&folder.path().to_string_lossy(), power.clone(), lies);
        let images = site.stages.iter().map(|stage| stage.image.clone()).collect();
        Self::Files(Files { disk, images, folder, life: 0 })
    }

    /// As the stage begins.
    pub(crate) async fn reset(&mut self, stage: usize) {
        match self {
            Self::Memory(stages) => stages[stage].reset(),
            Self::Files(files) => {
                let name = files.next();
                files.disk.hold(&name, &files.images[stage]);
            }
            Self::Postgres(postgres) => postgres.reset(stage).await,
        }
    }

    /// The server died; its disk is as it is then.
    pub(crate) fn die(&mut self, stage: usize, rng: &dyn Rng) {
        match self {
            Self::Memory(stages) => stages[stage].lose_uncommitted(),
            Self::Files(files) => {
                let next = files.next();
                files.disk.crash(rng, &next);
            }
            Self::Postgres(postgres) => postgres.hang_up(),
        }
    }

    /// A copy as of now, while no server runs.
    pub(crate) async fn backup(&mut self, stage: usize) -> Backup {
        match self {
            Self::Memory(stages) => {
                stages[stage].keep();
                Backup::Kept
            }
            Self::Files(files) => Backup::Files(files.disk.files()),
            Self::Postgres(postgres) => {
                postgres.backup().await;
                Backup::Kept
            }
        }
    }

    /// The copy is put in its place.
    pub(crate) async fn restore(&mut self, stage: usize, backup: &Backup) {
        match (self, backup) {
            (Self::Memory(stages), Backup::Kept) => stages[stage].go_back(),
            (Self::Files(files), Backup::Files(copy)) => {
                let name = files.next();
                files.disk.put(&name, copy);
            }
            (Self::Postgres(postgres), Backup::Kept) => postgres.restore().await,
            _ => unreachable!("a backup is put back where it comes from"),
        }
    }

    /// Opens the site on it, as a starting server does.
    pub(crate) async fn open(
        &self,
        stage: usize,
        config: &Config,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> anyhow::Result<SharedApp> {
        let database = match self {
            Self::Memory(stages) => {
                let connection = stages[stage].connection();
                let store = Store::on(connection, clock.as_ref(), rng.clone()).await?;
                return run::open_on(store, config.clone(), None, clock, rng).await;
            }
            Self::Files(files) => {
                let url = StoreUrl::Sqlite(files.folder.path().join(files.name()));
                StoreConfig { max_connections: 2, ..StoreConfig::new(url) }
            }
            Self::Postgres(postgres) => postgres.config(),
        };
        run::open(Config { database, ..config.clone() }, clock, rng).await
    }
}
