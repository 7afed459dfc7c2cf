//! A fleet: many real agents in one process.
//!
//! Each agent runs the product's own loop ([`sekisho_agent::run`]) with the
//! real session, engine, journal, seals and signatures, over its own TLS
//! connection to a real server. Two things are replaced: the disk, which is in
//! memory, and the host's account tools ([`Host`]), which do what they are
//! told at once and note when.

mod member;

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sekisho_link::Endpoint;
use sekisho_model::clock::SystemClock;
use sekisho_seal::enrolment_key::EnrolmentKeyText;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinSet, LocalSet};

use crate::Host;
use member::Member;

/// The account that each host of a fleet has.
pub const ACCOUNT: &str = "svc-app";

/// How many devices enrol at once, in all; the server admits 32.
const ENROL_AT_ONCE: usize = 24;

/// What a fleet is made of.
#[derive(Clone)]
pub struct Plan {
    /// Where the server's agent plane is.
    pub server: Endpoint,
    /// A key for many devices that approves in advance.
    pub key: Arc<EnrolmentKeyText>,
    /// How many agents.
    pub agents: usize,
    /// How many threads they share.
    pub threads: usize,
    /// How many agents begin per second, so that a fleet need not begin with
    /// a storm; `None`: all at once.
    pub begin_per_s: Option<u32>,
}

/// An agent that began to carry an order out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Began {
    /// Which agent, from 0.
    pub agent: usize,
    /// When, by [`SystemClock`]'s elapsed time.
    pub at: Duration,
}

/// What the hosts of a fleet note. Clones are the same notebook.
#[derive(Clone, Debug, Default)]
pub struct Notebook(Arc<Mutex<Vec<Began>>>);

impl Notebook {
    pub(crate) fn note(&self, agent: usize) {
        use sekisho_model::Clock as _;
        let began = Began { agent, at: SystemClock.elapsed() };
        self.0.lock().expect("no holder panics").push(began);
    }

    /// Everything noted since this was asked last.
    pub fn take(&self) -> Vec<Began> {
        std::mem::take(&mut *self.0.lock().expect("no holder panics"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Enrolled,
    Running,
}

/// A fleet that is enrolled, and runs once it is started. Dropping it ends all
/// its agents.
pub struct Fleet {
    phase: watch::Sender<Phase>,
    threads: Vec<JoinHandle<()>>,
    hosts: Vec<Host>,
    notebook: Notebook,
}

impl Fleet {
    /// Enrols all agents; `progress` hears how many are done.
    ///
    /// # Errors
    /// When one of them is not taken.
    pub fn enrol(plan: &Plan, mut progress: impl FnMut(usize)) -> Result<Self> {
        let (phase, watched) = watch::channel(Phase::Enrolled);
        let notebook = Notebook::default();
        let hosts: Vec<Host> =
            (0..plan.agents).map(|_| Host::with(&[(ACCOUNT, "as it was delivered")])).collect();
        let (done, mut results) = mpsc::channel(256);
        let threads = plan.threads.clamp(1, plan.agents.max(1));
        let mut fleet = Self { phase, threads: Vec::new(), hosts: hosts.clone(), notebook };
        for thread in 0..threads {
            let share: Vec<(usize, Host)> =
                hosts.iter().cloned().enumerate().skip(thread).step_by(threads).collect();
            let (plan, watched, done) = (plan.clone(), watched.clone(), done.clone());
            let notebook = fleet.notebook.clone();
            let worker = move || {
                let done = match work(&plan, share, &notebook, watched, &done) {
                    Ok(()) => return,
                    // The one who made the fleet hears why.
                    Err(error) => done.blocking_send(Err(error)),
                };
                drop(done);
            };
            let name = format!("fleet-{thread}");
            let worker = std::thread::Builder::new().name(name).spawn(worker);
            fleet.threads.push(worker.context("a thread of the fleet")?);
        }
        drop(done);
        for enrolled in 1..=plan.agents {
            results.blocking_recv().context("a thread of the fleet ended")??;
            progress(enrolled);
        }
        Ok(fleet)
    }

    /// Lets the agents begin.
    pub fn start(&self) {
        // Nobody listens only when all threads have ended, which they do not.
        let _ = self.phase.send(Phase::Running);
    }

    /// What the hosts noted.
    pub fn notebook(&self) -> &Notebook {
        &self.notebook
    }

    /// The host of an agent, from 0.
    pub fn host(&self, agent: usize) -> &Host {
        &self.hosts[agent]
    }

    /// The name under which an agent's host is known.
    pub fn host_name(agent: usize) -> String {
        format!("fleet-{agent:05}")
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        // The threads see that the sender is gone and drop their agents.
        let (gone, _) = watch::channel(Phase::Enrolled);
        drop(std::mem::replace(&mut self.phase, gone));
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
    }
}

/// One thread: enrols its share, waits for the start, runs until the end.
fn work(
    plan: &Plan,
    share: Vec<(usize, Host)>,
    notebook: &Notebook,
    phase: watch::Receiver<Phase>,
    done: &mpsc::Sender<Result<()>>,
) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(4)
        .build()
        .context("the runtime of a fleet's thread")?;
    let local = LocalSet::new();
    local.block_on(&runtime, async {
        let members = enrol_share(plan, share, notebook, done).await?;
        run_share(plan, members, phase).await
    })
}

async fn enrol_share(
    plan: &Plan,
    share: Vec<(usize, Host)>,
    notebook: &Notebook,
    done: &mpsc::Sender<Result<()>>,
) -> Result<Vec<Member>> {
    let at_once = (ENROL_AT_ONCE / plan.threads.max(1)).max(1);
    let mut enrolling = JoinSet::new();
    let mut members = Vec::with_capacity(share.len());
    let mut share = share.into_iter();
    loop {
        while enrolling.len() < at_once
            && let Some((agent, host)) = share.next()
        {
            let (plan, notebook) = (plan.clone(), notebook.clone());
            enrolling.spawn_local(async move { Member::enrol(&plan, agent, host, notebook).await });
        }
        let Some(enrolled) = enrolling.join_next().await else { return Ok(members) };
        members.push(enrolled.context("an enrolment ended badly")??);
        done.send(Ok(())).await.context("nobody waits for the fleet")?;
    }
}

async fn run_share(
    plan: &Plan,
    members: Vec<Member>,
    mut phase: watch::Receiver<Phase>,
) -> Result<()> {
    if phase.wait_for(|phase| *phase == Phase::Running).await.is_err() {
        return Ok(());
    }
    let pause = plan.begin_per_s.map(|per_s| {
        let threads = u32::try_from(plan.threads.max(1)).unwrap_or(1);
        Duration::from_secs(1) * threads / per_s.max(1)
    });
    let mut running = JoinSet::new();
    let begin = async {
        for member in members {
            running.spawn_local(member.run());
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
            }
        }
        match running.join_next().await {
            Some(Ok(agent)) => bail!("agent {agent} of the fleet ended by itself"),
            Some(Err(error)) => bail!("an agent of the fleet ended badly: {error}"),
            None => Ok(()),
        }
    };
    tokio::select! {
        ended = begin => {
            if let Err(error) = &ended {
                tracing::error!(%error, "the fleet is not whole");
            }
            ended
        }
        _ = phase.wait_for(|_| false) => Ok(()),
    }
}
