//! One agent of a fleet.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use sekisho_agent::config::Config;
use sekisho_agent::enrol::{self, EnrolError};
use sekisho_agent::run::{self, Surroundings};
use sekisho_agent::state::State;
use sekisho_agent::status::StatusFile;
use sekisho_link::LinkError;
use sekisho_model::Secret;
use sekisho_model::account::DiscoveredAccount;
use sekisho_model::clock::SystemClock;
use sekisho_model::name::AccountName;
use sekisho_model::rng::SystemRng;
use sekisho_platform::PlatformError;
use sekisho_platform::accounts::{
    AccountBackend, AccountFilter, Check, SetPasswordError, Verification,
};
use sekisho_platform::disk::MemoryDisk;
use sekisho_wire::enrolment::HostFacts;
use sekisho_wire::problem::ProblemCode;

use super::{Fleet, Notebook, Plan};
use crate::Host;

/// An enrolled agent that does not run yet.
pub(super) struct Member {
    agent: usize,
    parts: Surroundings,
}

impl Member {
    /// Enrols with the fleet's key, again while the server is busy.
    pub(super) async fn enrol(
        plan: &Plan,
        agent: usize,
        host: Host,
        notebook: Notebook,
    ) -> Result<Self> {
        let state = State::new(Arc::new(MemoryDisk::new()));
        let name = Fleet::host_name(agent);
        loop {
            let facts = facts(&name);
            let tried =
                enrol::enrol((&plan.server, None), &plan.key, None, &state, facts, &SystemRng);
            match tried.await {
                Ok(_) => break,
                Err(EnrolError::Link(LinkError::Refused {
                    code: ProblemCode::TooMany, ..
                })) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(error) => return Err(error).with_context(|| format!("enrolling {name}")),
            }
        }
        let nowhere = PathBuf::from("/nonexistent/sekisho-fleet");
        let parts = Surroundings {
            config: Config::parse("").map_err(anyhow::Error::msg)?,
            config_path: nowhere.join("agent.toml"),
            state,
            accounts: Arc::new(Watched { agent, host, notebook }),
            clock: Arc::new(SystemClock),
            rng: Arc::new(SystemRng),
            boot: "fleet".to_owned(),
            host: "fleet".to_owned(),
            // A status that cannot be written is no reason to stop.
            status: StatusFile::in_dir(&nowhere),
        };
        Ok(Self { agent, parts })
    }

    /// The agent's own loop. Ends only when its memory fails; returns who it
    /// was.
    pub(super) async fn run(self) -> usize {
        if let Err(error) = run::run(self.parts).await {
            tracing::error!(%error, agent = self.agent, "an agent of the fleet ended");
        }
        self.agent
    }
}

fn facts(name: &str) -> HostFacts {
    HostFacts {
        host_name: name.to_owned(),
        dns_name: name.parse().ok(),
        system: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        kernel: "6.1.0-28-amd64".to_owned(),
        architecture: "x86_64".to_owned(),
        machine: name.to_owned(),
    }
}

/// A host that notes when an order is begun.
struct Watched {
    agent: usize,
    host: Host,
    notebook: Notebook,
}

impl AccountBackend for Watched {
    fn discover(&self, filter: &AccountFilter) -> Result<Vec<DiscoveredAccount>, PlatformError> {
        self.host.discover(filter)
    }

    fn set_password(&self, name: &AccountName, new: &Secret) -> Result<(), SetPasswordError> {
        self.notebook.note(self.agent);
        self.host.set_password(name, new)
    }

    fn verify(&self, name: &AccountName, candidate: &Secret) -> Verification {
        self.host.verify(name, candidate)
    }

    fn sync(&self) -> Result<(), PlatformError> {
        self.host.sync()
    }

    fn last_change_day(&self, name: &AccountName) -> Option<i64> {
        self.host.last_change_day(name)
    }

    fn readiness(&self) -> Vec<Check> {
        self.host.readiness()
    }
}
