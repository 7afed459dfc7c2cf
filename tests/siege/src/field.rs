//! Where an attack happens: the gateway's door, addresses to come from, the
//! judges.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use sekisho_gatewaykit::Site;
use sekisho_model::Rng;
use sekisho_model::rng::{SeededRng, uniform};
use sekisho_wire::gateway::Limits;

use crate::client::Door;
use crate::device::Device;
use crate::findings::Findings;
use crate::witness::Witness;

/// See the module.
pub struct Field {
    pub(crate) door: Door,
    pub(crate) site: Arc<Site>,
    pub(crate) findings: Findings,
    pub(crate) witness: Witness,
    /// As the gateway should work by.
    pub(crate) limits: Limits,
    rng: SeededRng,
    addresses: AtomicU32,
    tries: AtomicU64,
}

impl Field {
    /// Before a gateway whose agents are answered at `agents`. `limits`: what it
    /// is held to.
    pub fn new(
        site: Arc<Site>,
        agents: SocketAddr,
        limits: Limits,
        witness: Witness,
        findings: Findings,
        seed: u64,
    ) -> Self {
        let door = Door::new(&site, agents);
        let (rng, addresses) = (SeededRng::new(seed), AtomicU32::new(0));
        let tries = AtomicU64::new(0);
        Self { door, site, findings, witness, limits, rng, addresses, tries }
    }

    /// Something was really tried: it went out to the gateway.
    pub(crate) fn tried(&self) {
        self.tries.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection was tried, and the gateway took or refused it. One that ran
    /// into the attacker's own time limit was not.
    pub(crate) fn knocked<T>(&self, connected: &std::io::Result<T>) {
        let in_vain = |error: &std::io::Error| error.kind() == std::io::ErrorKind::TimedOut;
        if !connected.as_ref().is_err_and(in_vain) {
            self.tried();
        }
    }

    /// How many times something was tried so far.
    pub(crate) fn tries(&self) -> u64 {
        self.tries.load(Ordering::Relaxed)
    }

    /// An address from which nobody has come yet: 65,000 of them, round and
    /// round.
    pub(crate) fn address(&self) -> Ipv4Addr {
        let n = self.addresses.fetch_add(1, Ordering::Relaxed) % 65_000;
        let [_, _, high, low] = (n + 1).to_be_bytes();
        Ipv4Addr::new(127, 66, high, low)
    }

    /// A new device.
    pub(crate) fn device(&self) -> Device {
        Device::new(&self.site)
    }

    /// A number below `bound`.
    pub(crate) fn below(&self, bound: usize) -> usize {
        let bound = u32::try_from(bound.max(1)).unwrap_or(u32::MAX);
        usize::try_from(uniform(&self.rng, bound)).unwrap_or(0)
    }

    /// One of these.
    pub(crate) fn one<'a, T: ?Sized>(&self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    /// Bytes of no meaning.
    pub(crate) fn noise(&self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.rng.fill(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field() -> Field {
        let (site, findings) = (Arc::new(Site::new()), Findings::default());
        let witness = Witness::new(findings.clone());
        let agents = "127.0.0.1:1".parse().expect("an address");
        Field::new(site, agents, Limits::default(), witness, findings, 1)
    }

    #[test]
    fn who_is_refused_has_tried_and_who_had_no_time_has_not() {
        let (field, error) = (field(), |kind| Err::<(), _>(std::io::Error::from(kind)));
        field.knocked(&Ok(()));
        field.knocked(&error(std::io::ErrorKind::ConnectionReset));
        field.knocked(&error(std::io::ErrorKind::TimedOut));
        assert_eq!(field.tries(), 2);
    }

    #[test]
    fn attackers_come_from_addresses_of_their_own() {
        let field = field();
        let some: Vec<_> = (0..1000).map(|_| field.address()).collect();
        let mut different = some.clone();
        different.sort_unstable();
        different.dedup();
        assert_eq!((different.len(), some[0]), (1000, Ipv4Addr::new(127, 66, 0, 1)));
        assert!(some.iter().all(|address| address.is_loopback()));
    }
}
