//! The simulator: fault schedules drawn from a seed, against the real server
//! and agent code.
//!
//! One seed gives one schedule and one outcome: time, randomness, network, the
//! agents' disks, the hosts and the server's power are all the simulator's, and
//! everything runs on one thread. What is real: the server's agent plane and
//! use-cases, the store with its SQL, the vault, seals and signatures, the
//! agent's engine, journal, escrow and session.

mod database;
mod disk;
mod endpoint;
mod evil;
mod healing;
mod host;
mod lossy;
mod memory;
mod network;
mod oracle;
mod postgres;
mod power;
mod schedule;
mod site;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use sekisho_model::rng::{SeededRng, uniform};
use sekisho_store::StoreError;

pub use crate::evil::gateway::{Deeds, EvilTeeth};
pub use crate::evil::{EvilEnded, EvilSimulator, with_room};

use crate::database::Database;
use crate::power::Power;
use crate::site::Site;
use crate::world::World;

/// What the server's data is kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum DatabaseKind {
    /// SQLite in memory, called directly.
    Memory,
    /// SQLite on files that lose what was not synced.
    Sqlite,
    /// PostgreSQL, on whose server the connections are cut.
    Postgres,
}

impl std::fmt::Display for DatabaseKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

/// A deliberate fault of the harness that the simulator must find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Teeth {
    /// Everything is as it should be.
    #[default]
    None,
    /// The agent's disk says that it synced, and did not.
    LyingDisk,
    /// The server's disk says that it synced, and did not.
    LyingServerDisk,
    /// A host says that it synced its account files, and did not.
    LyingSync,
    /// The operator ends a recovery without the agents' escrows.
    ForgetfulOperator,
    /// No receipt ever arrives.
    LostReceipts,
    /// An agent's folder is put back, and whoever counts what was carried out
    /// is not told.
    UnnoticedRollback,
}

/// What a case found broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The password that works is not known, or not shown for what it is.
    Lost(String),
    /// An order changed a password twice.
    AppliedTwice(String),
    /// Something was done that nobody asked for, or for the wrong one.
    Wrong(String),
    /// A secret was seen by somebody it is not for.
    Leaked(String),
    /// Something else: stuck, failed by itself, a broken audit chain.
    Other(String),
}

impl Broken {
    fn other(what: impl Into<String>) -> Self {
        Self::Other(what.into())
    }

    fn panicked(payload: &(dyn std::any::Any + Send)) -> Self {
        let text = payload
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Self::other(format!("a panic: {}", text.unwrap_or_default()))
    }

    fn store(error: StoreError) -> Self {
        Self::Other(format!("the database failed: {error}"))
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lost(what) => write!(f, "LOST: {what}"),
            Self::AppliedTwice(what) => write!(f, "APPLIED TWICE: {what}"),
            Self::Wrong(what) => write!(f, "WRONG: {what}"),
            Self::Leaked(what) => write!(f, "LEAKED: {what}"),
            Self::Other(what) => write!(f, "BROKEN: {what}"),
        }
    }
}

/// How a case ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Faults that really happened.
    pub faults: u64,
    /// What was found.
    pub broken: Option<Broken>,
    /// What happened, line by line, if it was asked for.
    pub trace: Vec<String>,
}

/// Runs cases, one after the other, on one thread.
pub struct Simulator {
    runtime: tokio::runtime::Runtime,
    site: Site,
    database: Database,
    power: Power,
    teeth: Teeth,
}

impl Simulator {
    /// Makes the site that every case begins with.
    ///
    /// # Panics
    /// When that is not possible on this machine.
    pub fn new(kind: DatabaseKind, teeth: Teeth) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime starts");
        let site = runtime.block_on(Site::new());
        let power = Power::default();
        let lies = teeth == Teeth::LyingServerDisk;
        let database = match kind {
            DatabaseKind::Memory => Database::memory(&site, &power, lies),
            DatabaseKind::Sqlite => Database::files(&site, &power, lies),
            DatabaseKind::Postgres => {
                let postgres = runtime.block_on(crate::postgres::Postgres::new(&site, &power));
                Database::Postgres(Box::new(postgres))
            }
        };
        Self { runtime, site, database, power, teeth }
    }

    /// Runs the case of a seed.
    pub fn case(&mut self, seed: u64, traced: bool) -> Ended {
        let mut faults = 0;
        let mut trace = Vec::new();
        let ran = catch_unwind(AssertUnwindSafe(|| {
            let case = case(
                &self.site,
                &mut self.database,
                &self.power,
                seed,
                self.teeth,
                traced.then_some(&mut trace),
            );
            let (ended, happened) = self.runtime.block_on(case);
            faults = happened;
            ended
        }));
        let broken = match ran {
            Ok(ended) => ended.err(),
            Err(payload) => Some(Broken::panicked(payload.as_ref())),
        };
        Ended { faults, broken, trace }
    }
}

async fn case(
    site: &Site,
    database: &mut Database,
    power: &Power,
    seed: u64,
    teeth: Teeth,
    trace: Option<&mut Vec<String>>,
) -> (Result<(), Broken>, u64) {
    let rng = SeededRng::new(seed);
    let stage = uniform(&rng, u32::try_from(site.stages.len()).expect("few")) as usize;
    let hosts: Vec<usize> =
        site.stages[stage].accounts.iter().map(|account| account.host).collect();
    let steps = schedule::draw(&rng, &hosts);
    let mut world = World::new(site, database, power.clone(), stage, seed, teeth).await;
    world.trace = trace.is_some().then(Vec::new);
    let ended = run(&mut world, &steps).await;
    if let (Some(trace), Some(lines)) = (trace, world.trace.take()) {
        *trace = lines;
    }
    (ended, world.faults)
}

async fn run(world: &mut World<'_>, steps: &[schedule::Step]) -> Result<(), Broken> {
    world.start().await?;
    for step in steps {
        world.note(|| format!("{step:?}"));
        world.step(*step).await?;
        if !step.only_plans() {
            world.check().await?;
        }
    }
    world.heal().await?;
    world.check_end().await
}
