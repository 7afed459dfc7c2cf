//! Callers: enrolled devices that ask for the server's time at a steady rate and
//! check each answer. Most calls go over a connection that is kept, some over a
//! new one.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use sekisho_agent::enrol::{self, EnrolError};
use sekisho_agent::state::State;
use sekisho_link::{ClientIdentity, Endpoint, Link, LinkError, ServerCheck, ServerTime, Transport};
use sekisho_model::clock::SystemClock;
use sekisho_model::rng::{SystemRng, random_bytes};
use sekisho_platform::disk::MemoryDisk;
use sekisho_seal::bundle::Trust;
use sekisho_seal::enrolment_key::EnrolmentKeyText;
use sekisho_seal::message;
use sekisho_wire::enrolment::HostFacts;
use sekisho_wire::problem::ProblemCode;
use sekisho_wire::route::RouteName;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::say;

/// A device may call twice a second; a caller stays below that.
const CALLS_PER_S: u32 = 1;

/// One call in so many goes over a new connection.
const ANEW: u64 = 5;

/// How long a call may take: far more than it does.
const PATIENCE: Duration = Duration::from_secs(15);

/// What callers count.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    requests: AtomicU64,
    failed: AtomicU64,
    words: std::sync::Mutex<Vec<String>>,
}

impl Tally {
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// The first failures, in words, and from now on those that come.
    pub(crate) fn words(&self) -> Vec<String> {
        std::mem::take(&mut *self.words.lock().expect("no holder panics"))
    }

    fn note(&self, result: Result<()>) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = result {
            self.failed.fetch_add(1, Ordering::Relaxed);
            let mut words = self.words.lock().expect("no holder panics");
            if words.len() < 10 {
                words.push(format!("a request failed: {error:#}"));
            }
        }
    }
}

struct Caller {
    link: Link,
    trust: Trust,
}

/// Callers at work; they stop when they are dropped.
pub(crate) struct Callers {
    pub(crate) tally: Rc<Tally>,
    _tasks: JoinSet<()>,
}

impl Callers {
    /// Enrols as many as the rate needs, through the gateway, and lets them call.
    pub(crate) async fn start(
        gateway: &Endpoint,
        key: &Arc<EnrolmentKeyText>,
        rate: u32,
    ) -> Result<Self> {
        let count = rate.div_ceil(CALLS_PER_S).max(1);
        say(&format!("enrolling {count} callers"));
        let tally = Rc::new(Tally::default());
        let mut tasks = JoinSet::new();
        let mut callers = Vec::new();
        for n in 0..count {
            callers.push(Caller::enrol(gateway, key, n).await?);
        }
        let every = Duration::from_secs(1) * count / rate.max(1);
        for (n, caller) in (0..).zip(callers) {
            let tally = tally.clone();
            let begin = every * n / count;
            tasks.spawn_local(async move {
                tokio::time::sleep(begin).await;
                caller.call_on(&tally, every).await;
            });
        }
        Ok(Self { tally, _tasks: tasks })
    }
}

impl Caller {
    async fn enrol(gateway: &Endpoint, key: &EnrolmentKeyText, n: u32) -> Result<Self> {
        let state = State::new(Arc::new(MemoryDisk::new()));
        let name = format!("caller-{n:03}");
        loop {
            let facts = facts(&name);
            match enrol::enrol((gateway, None), key, None, &state, facts, &SystemRng).await {
                Ok(_) => break,
                Err(EnrolError::Link(LinkError::Refused {
                    code: ProblemCode::TooMany, ..
                })) => tokio::time::sleep(Duration::from_millis(100)).await,
                Err(error) => return Err(error).with_context(|| format!("enrolling {name}")),
            }
        }
        let enrolled = state.enrolled()?;
        let trust = state.trust(&enrolled.anchor)?;
        let certificate = state.certificate()?.context("a certificate")?;
        let key = state.identity()?.context("an identity key")?;
        let identity = ClientIdentity {
            chain: certificate.chain.iter().map(|der| der.to_vec()).collect(),
            key: key.pkcs8().clone(),
        };
        let roots = trust.bundle().ca_roots.iter().map(|root| root.to_vec()).collect();
        let time = ServerTime::new(Arc::new(SystemClock));
        let check = ServerCheck::SiteCa(roots);
        let link = Link::new(gateway.clone(), &check, Some(&identity), time)?;
        Ok(Self { link, trust })
    }

    async fn call_on(mut self, tally: &Tally, every: Duration) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for n in 0.. {
            ticks.tick().await;
            if n % ANEW == 0 {
                self.link.disconnect();
            }
            tally.note(self.call().await);
        }
    }

    /// One call. An answer that is not the server's own to it is none.
    async fn call(&mut self) -> Result<()> {
        let nonce: [u8; 16] = random_bytes(&SystemRng);
        let digits = data_encoding::HEXLOWER.encode(&nonce);
        let parameters: [&dyn std::fmt::Display; 1] = [&digits];
        let calling = self.link.call_within(RouteName::Time, &parameters, Vec::new(), PATIENCE);
        let answer = calling.await?;
        if let Err(error) = message::open_time(&answer, &self.trust, &nonce) {
            bail!("its answer is not the server's: {error}");
        }
        Ok(())
    }
}

fn facts(name: &str) -> HostFacts {
    HostFacts {
        host_name: name.to_owned(),
        dns_name: None,
        system: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        kernel: "6.1.0-28-amd64".to_owned(),
        architecture: "x86_64".to_owned(),
        machine: name.to_owned(),
    }
}
