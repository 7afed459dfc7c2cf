//! Split DNS, seen from here: what the public names lead to where the gateway
//! asks. The server compares it with what it sees itself.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use sekisho_wire::gateway::NameSeen;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::hub::Hub;

/// How often the configuration is looked at for other names.
const LOOK: Duration = Duration::from_secs(5);

/// How often names that stay are looked up again.
const AGAIN: u32 = 12;

/// A resolver that takes longer does not answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Names that are looked up, and addresses told of each, at most.
const NAMES: usize = 32;
const ADDRESSES: usize = 16;

/// Looks up the public names of the configuration: when they change, and once a
/// minute. A slow resolver holds up nothing but this.
pub(crate) async fn keep_looking(hub: Arc<Hub>) {
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut known, mut age) = (Vec::new(), 0);
    loop {
        ticks.tick().await;
        let mut wanted = match &hub.work().snapshot {
            Some(snapshot) => snapshot.config.public_names.clone(),
            None => Vec::new(),
        };
        wanted.truncate(NAMES);
        age += 1;
        if wanted == known && age < AGAIN {
            continue;
        }
        let mut seen = Vec::with_capacity(wanted.len());
        for name in &wanted {
            seen.push(look_up(name).await);
        }
        hub.resolved(seen);
        (known, age) = (wanted, 0);
    }
}

async fn look_up(name: &str) -> NameSeen {
    let found = match name.parse::<IpAddr>() {
        Ok(address) => Ok(vec![address]),
        Err(_) => match timeout(PATIENCE, tokio::net::lookup_host((name, 0))).await {
            Ok(Ok(found)) => Ok(found.map(|address: SocketAddr| address.ip()).collect()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("the resolver did not answer in {} s", PATIENCE.as_secs())),
        },
    };
    let (addresses, problem) = match found {
        Ok(found) => (found, None),
        Err(problem) => (Vec::new(), Some(problem)),
    };
    let addresses: BTreeSet<IpAddr> = addresses.iter().map(IpAddr::to_canonical).collect();
    NameSeen {
        name: name.to_owned(),
        addresses: addresses.iter().take(ADDRESSES).map(ToString::to_string).collect(),
        own: addresses.iter().any(is_own),
        problem,
    }
}

/// Whether an address is one of this machine's: a socket can be bound to it.
fn is_own(address: &IpAddr) -> bool {
    UdpSocket::bind((*address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::look_up;

    #[tokio::test]
    async fn an_address_leads_to_itself_and_a_name_that_is_not_there_says_so() {
        let seen = look_up("::ffff:192.0.2.7").await;
        assert_eq!((seen.addresses, seen.problem), (vec!["192.0.2.7".to_owned()], None));
        assert!(!seen.own, "RFC 5737: no machine has it");
        let seen = look_up("localhost").await;
        assert!(seen.addresses.iter().any(|one| one == "127.0.0.1" || one == "::1"), "{seen:?}");
        assert!(seen.own);
        // RFC 6761 §6.4: it never exists.
        let seen = look_up("gateway.invalid").await;
        assert!(seen.addresses.is_empty() && seen.problem.is_some(), "{seen:?}");
    }
}
