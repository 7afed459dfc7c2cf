//! `sekisho-server migrate-to`: the site goes on in another database.
//!
//! Writers are held off from the first row that is read until the old
//! database is given up, so that no write can fall between the two; readers
//! are not. The order at the end is what makes a crash harmless: first the
//! old database is marked as moved, then the new one is opened to servers. In
//! between no server starts on either, and running the command again goes on.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use sekisho_model::event::Event;
use sekisho_model::{Clock, Rng};
use sekisho_store::copy::{self, Found, Frozen, Row, Shape, TableSum};
use sekisho_store::{Access as _, ConnectError, Store, StoreConfig, StoreError};
use serde::Serialize;

use crate::backup::{Progress, Watch};
use crate::config::Config;
use crate::run;

/// How long writers may take to make room.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// A site that was moved.
#[derive(Debug, Serialize)]
pub struct Moved {
    /// Where it was, without a password.
    pub from: String,
    /// Where it is, without a password.
    pub to: String,
    /// Whether an earlier run had begun.
    pub resumed: bool,
    /// Rows in all.
    pub rows: u64,
    /// Each table, the same in both databases.
    pub tables: Vec<MovedTable>,
}

/// A table that is the same in both databases.
#[derive(Debug, Serialize)]
pub struct MovedTable {
    /// Its name.
    pub name: &'static str,
    /// Its rows.
    pub rows: u64,
    /// The sum of the hashes of its rows, in hexadecimal.
    pub sum: String,
}

/// Moves the site of `config` to another database. Servers may be running:
/// they answer reads, and refuse what would write, also afterwards.
///
/// # Errors
/// When the other database is not empty, cannot be written, or does not hold
/// afterwards what this one does. Until the end the site stays where it is.
pub async fn relocate(
    config: &Config,
    target: &StoreConfig,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    watch: Watch<'_>,
) -> anyhow::Result<Moved> {
    let (from, to) = (config.database.url.to_string(), target.url.to_string());
    ensure!(from != to, "the site is in {to} already");
    run::expect_database(config)?;
    // The commit of a large table takes longer than that of a request.
    let target = &StoreConfig { patience: PATIENCE, ..target.clone() };
    let source = Store::connect_source(&config.database, clock.clone(), rng.clone())
        .await
        .with_context(|| format!("cannot open the database {from}"))?;
    ensure!(
        source.read().site().find().await?.is_some(),
        "the database {from} holds no site; there is nothing to move"
    );
    let opened = Store::connect_target(target, clock.clone(), rng.clone(), None).await;
    let (target, found) = match opened {
        Err(ConnectError::NotEmpty { .. }) if source.is_moved().await? => {
            bail!("the site was moved to another database already, and {to} is in use")
        }
        other => other.with_context(|| format!("cannot move to {to}"))?,
    };
    let resumed = match &found {
        Found::Empty => false,
        Found::Unfinished { from: before } => {
            ensure!(
                *before == from,
                "{to} holds an unfinished copy of {before}; name another database or empty it"
            );
            true
        }
    };
    let frozen = freeze(&source, clock.as_ref()).await?;
    let copy = Copy { frozen: &frozen, target: &target, clock: &clock, rng: &rng };
    if frozen.is_moved() {
        ensure!(resumed, "the site was moved from {from} already; there is nothing to move");
    } else {
        copy.fill(&from, resumed, &mut *watch).await?;
    }
    let tables = copy.compare(watch).await?;
    // From here on no server writes to the old database any more …
    frozen
        .mark_moved(&to, clock.now())
        .await
        .context("the old database could not be marked; the site stays in it")?;
    // … and from here on one may write to the new one.
    let mut work = target.begin(&run::console(clock.as_ref(), rng.as_ref())).await?;
    work.note_finished().await?;
    work.record(Event::DatabaseMoved { from: from.clone(), to: to.clone() });
    work.commit().await.map(drop).context("run the same command again to finish")?;
    source.close().await?;
    target.close().await?;
    let rows = tables.iter().map(|table| table.rows).sum();
    Ok(Moved { from, to, resumed, rows, tables })
}

/// Writers that are in the middle of something may finish it.
async fn freeze(source: &Store, clock: &dyn Clock) -> anyhow::Result<Frozen> {
    let begun = clock.elapsed();
    loop {
        match source.freeze().await {
            Err(StoreError::Unavailable { .. }) if clock.elapsed() - begun < PATIENCE => {
                tokio::time::sleep(PAUSE).await;
            }
            other => return other.context("writers did not make room; nothing was changed"),
        }
    }
}

struct Copy<'a> {
    frozen: &'a Frozen,
    target: &'a Store,
    clock: &'a Arc<dyn Clock>,
    rng: &'a Arc<dyn Rng>,
}

impl Copy<'_> {
    async fn fill(&self, from: &str, resumed: bool, watch: Watch<'_>) -> anyhow::Result<()> {
        let shapes = copy::shapes(None);
        let mut total = 0;
        for shape in &shapes {
            total += self.frozen.rows().count(shape).await?;
        }
        let mut rows = 0;
        let mut done = 0;
        if resumed {
            // What is there and the same need not be copied again. The first
            // table that is not ends this: what refers to it must go first.
            for shape in &shapes {
                let (ours, theirs) = self.sums(shape).await?;
                if ours != theirs {
                    break;
                }
                rows += ours.rows;
                done += 1;
                watch(Progress { step: "copy", table: shape.name(), rows, total: Some(total) });
            }
        }
        let work = self.begin().await?;
        work.note_unfinished(from).await?;
        for shape in shapes[done..].iter().rev() {
            work.rows().clear(shape).await?;
        }
        work.commit_unaudited("a copy begins; its end is recorded").await.map(drop)?;
        for shape in &shapes[done..] {
            let mut watch = |copied| {
                let rows = rows + copied;
                watch(Progress { step: "copy", table: shape.name(), rows, total: Some(total) });
            };
            rows += self.table(shape, &mut watch).await?;
        }
        Ok(())
    }

    /// A table is there as a whole, or not at all.
    async fn table(
        &self,
        shape: &Shape,
        watch: &mut (dyn FnMut(u64) + Send),
    ) -> anyhow::Result<u64> {
        let work = self.begin().await?;
        let mut copied = 0;
        let mut last: Option<Row> = None;
        loop {
            let page = self.frozen.rows().page(shape, last.as_ref()).await?;
            work.rows().insert(shape, &page).await?;
            copied += page.len() as u64;
            watch(copied);
            if (page.len() as u64) < copy::PAGE {
                break;
            }
            last = page.into_iter().next_back();
        }
        work.commit_unaudited("a copied table; the end is recorded").await.map(drop)?;
        Ok(copied)
    }

    /// Reads both databases once more.
    async fn compare(&self, watch: Watch<'_>) -> anyhow::Result<Vec<MovedTable>> {
        let mut tables = Vec::new();
        let mut rows = 0;
        for shape in copy::shapes(None) {
            let (ours, theirs) = self.sums(&shape).await?;
            ensure!(
                ours == theirs,
                "table {} has {} rows here and {} there, or other ones; the site stays where it \
                 is. Run the command again",
                shape.name(),
                ours.rows,
                theirs.rows
            );
            rows += ours.rows;
            watch(Progress { step: "compare", table: shape.name(), rows, total: None });
            let sum = data_encoding::HEXLOWER.encode(&ours.bytes());
            tables.push(MovedTable { name: shape.name(), rows: ours.rows, sum });
        }
        Ok(tables)
    }

    async fn sums(&self, shape: &Shape) -> anyhow::Result<(TableSum, TableSum)> {
        Ok((self.frozen.rows().sum(shape).await?, self.target.read().rows().sum(shape).await?))
    }

    async fn begin(&self) -> Result<sekisho_store::UnitOfWork, StoreError> {
        self.target.begin(&run::console(self.clock.as_ref(), self.rng.as_ref())).await
    }
}
