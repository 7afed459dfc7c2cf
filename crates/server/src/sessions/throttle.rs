//! Against guessing, without a lock that a stranger could close on others.
//!
//! Failures are counted per (name, address) and per address. Beyond a few,
//! each doubles the wait of *that address*: somebody elsewhere who signs in
//! with the same name waits for nobody.

use std::net::IpAddr;
use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_store::{Access as _, OperationContext, SignInBucket};

use crate::app::App;
use crate::http::Problem;

/// Failures are forgotten after so long.
pub const FORGET_AFTER: Duration = Duration::from_secs(15 * 60);

/// Failures of one name from one address that cost nothing.
const FREE_PER_NAME: u32 = 5;
/// Failures from one address, of any names, that cost nothing: an office may
/// share one.
const FREE_PER_ADDRESS: u32 = 30;
const LONGEST_PER_NAME: Duration = Duration::from_secs(15 * 60);
const LONGEST_PER_ADDRESS: Duration = Duration::from_secs(60);

/// The name under which everything from one address is counted.
const ANY_NAME: &str = "";

/// What is counted: a name (or another word for the secret) at an address.
#[derive(Clone, Debug)]
pub(crate) struct Throttle {
    name: String,
    address: String,
}

/// A try that was let through; counted as a failure until it is known better.
#[must_use]
#[derive(Debug)]
pub(crate) struct Attempt {
    throttle: Throttle,
    /// Whether a failure now makes the next try wait.
    pub(crate) now_blocked: bool,
}

impl Throttle {
    pub(crate) fn new(name: &str, address: Option<IpAddr>) -> Self {
        // Counted under a hash: it may be a password, typed where the name goes.
        let hash = sekisho_seal::sha256(name.as_bytes());
        let name = data_encoding::HEXLOWER.encode(&hash[..16]);
        Self { name, address: network(address) }
    }

    /// Lets a try through unless too many failed, and does not count it: for a
    /// way in where there is nothing to guess, and only a failure costs.
    pub(crate) async fn look(self, app: &App, now: Timestamp) -> Result<Attempt, Problem> {
        let counters = app.store.read().sign_in_attempts();
        for name in [self.name.as_str(), ANY_NAME] {
            let bucket = counters.find(name, &self.address).await?;
            if let Some(retry_after) = bucket.and_then(|bucket| remaining(&bucket, now)) {
                return Err(Problem::Throttled { retry_after });
            }
        }
        Ok(Attempt { throttle: self, now_blocked: false })
    }

    /// Lets a try through or says how long to wait. The try is counted before
    /// its outcome is known, so that many at once do not all pass.
    pub(crate) async fn admit(
        self,
        app: &App,
        context: &OperationContext,
    ) -> Result<Attempt, Problem> {
        let work = app.store.begin(context).await?;
        let counters = work.sign_in_attempts();
        let now = context.now;
        for name in [self.name.as_str(), ANY_NAME] {
            let bucket = counters.find(name, &self.address).await?;
            if let Some(retry_after) = bucket.and_then(|bucket| remaining(&bucket, now)) {
                return Err(Problem::Throttled { retry_after });
            }
        }
        let counted = counters.fail(&self.name, &self.address, now, FORGET_AFTER).await?;
        let wait = wait(counted.failures, FREE_PER_NAME, LONGEST_PER_NAME);
        if let Some(wait) = wait {
            counters.block(&self.name, &self.address, now.plus(wait)).await?;
        }
        work.commit_unaudited("a try to sign in is counted").await.map(drop)?;
        Ok(Attempt { throttle: self, now_blocked: wait.is_some() })
    }
}

impl Attempt {
    /// The try failed: count it for the address, too.
    pub(crate) async fn failed(&self, work: &sekisho_store::UnitOfWork) -> Result<(), Problem> {
        let (address, now) = (&self.throttle.address, work.now());
        let counters = work.sign_in_attempts();
        let counted = counters.fail(ANY_NAME, address, now, FORGET_AFTER).await?;
        if let Some(wait) = wait(counted.failures, FREE_PER_ADDRESS, LONGEST_PER_ADDRESS) {
            counters.block(ANY_NAME, address, now.plus(wait)).await?;
        }
        Ok(())
    }

    /// The try succeeded: the name starts again. The address does not, or one
    /// good password would pay for any number of guesses at others.
    pub(crate) async fn succeeded(&self, work: &sekisho_store::UnitOfWork) -> Result<(), Problem> {
        let Throttle { name, address } = &self.throttle;
        Ok(work.sign_in_attempts().clear(name, address).await?)
    }
}

fn remaining(bucket: &SignInBucket, now: Timestamp) -> Option<Duration> {
    bucket.blocked_until.filter(|until| *until > now).map(|until| until.since(now))
}

/// 1 s after the first failure too many, twice as long after each further.
fn wait(failures: u32, free: u32, longest: Duration) -> Option<Duration> {
    let beyond = failures.checked_sub(free)?;
    Some(Duration::from_secs(1 << beyond.min(20)).min(longest))
}

/// Whoever has an IPv6 address has its whole /64.
fn network(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        None => "local".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_grows_and_ends() {
        let seconds = |failures| wait(failures, 5, LONGEST_PER_NAME).map(|wait| wait.as_secs());
        assert_eq!(seconds(4), None);
        assert_eq!((seconds(5), seconds(6), seconds(8)), (Some(1), Some(2), Some(8)));
        assert_eq!((seconds(40), seconds(u32::MAX)), (Some(900), Some(900)));
    }

    #[test]
    fn an_address_counts_as_its_network() {
        let of = |text: &str| network(Some(text.parse().expect("an address")));
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
