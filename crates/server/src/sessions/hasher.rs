//! Password hashing, bounded: each computation takes 32 MiB and a good part
//! of a second of one core.

use std::sync::Arc;
use std::time::Duration;

use sekisho_model::{Rng, Secret};
use sekisho_store::PasswordHash;
use sekisho_vault::password_hash;
use tokio::sync::Semaphore;

use crate::http::Problem;

/// How long a sign-in waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs password hashes off the event loop, a few at a time.
pub struct PasswordHasher {
    slots: Arc<Semaphore>,
    rng: Arc<dyn Rng>,
}

impl PasswordHasher {
    /// At most `at_once` computations.
    pub fn new(at_once: usize, rng: Arc<dyn Rng>) -> Self {
        Self { slots: Arc::new(Semaphore::new(at_once.max(1))), rng }
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when too many others wait.
    pub async fn hash(&self, password: Secret) -> Result<PasswordHash, Problem> {
        let rng = self.rng.clone();
        let hash = self.run(move || password_hash::hash(&password, rng.as_ref())).await?;
        hash.map(PasswordHash).map_err(Problem::internal)
    }

    /// Compares a password with a hash. Without one (no such user) it does
    /// the same work and says no.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when too many others wait.
    pub async fn verify(
        &self,
        password: Secret,
        hash: Option<PasswordHash>,
    ) -> Result<bool, Problem> {
        self.run(move || match hash {
            Some(hash) => password_hash::verify(&password, &hash.0),
            None => password_hash::verify_dummy(&password),
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = || Problem::Unavailable { reason: "too many password checks".to_owned() };
        let slot = tokio::time::timeout(PATIENCE, self.slots.clone().acquire_owned())
            .await
            .map_err(|_| busy())?
            .map_err(Problem::internal)?;
        // The permit goes along: a caller who hangs up frees no slot early.
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(slot);
            result
        });
        done.await.map_err(Problem::internal)
    }
}
