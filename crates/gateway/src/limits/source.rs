//! Whom a limit counts as one.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use sekisho_wire::gateway::{Limits, Office, Rate};

/// Networks of offices that are looked at, at most.
const MAX_NETWORKS: usize = 4096;

/// What one address, in the eyes of a limit, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 network of 64 bits: whoever has one address has them all.
    V6(u64),
    /// All of one office, by its place in the configuration.
    Office(u16),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) => write!(f, "{address}"),
            Self::V6(network) => {
                write!(f, "{}/64", Ipv6Addr::from_bits(u128::from(*network) << 64))
            }
            Self::Office(number) => write!(f, "office {number}"),
        }
    }
}

/// What holds for one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Connections at once without an approved certificate.
    pub connections: u32,
    /// Handshakes.
    pub handshakes: Rate,
    /// Calls of the enrolment class.
    pub enrolment: Rate,
    /// Whether it can be banned: an office never is.
    pub bannable: bool,
}

impl Share {
    /// So many times as many connections and handshakes.
    pub(super) fn times(self, n: u32) -> Self {
        let handshakes = Rate {
            per_1000_s: self.handshakes.per_1000_s.saturating_mul(u64::from(n)),
            burst: self.handshakes.burst.saturating_mul(n),
        };
        Self { connections: self.connections.saturating_mul(n), handshakes, ..self }
    }
}

/// The offices with their networks read.
#[derive(Clone, Debug, Default)]
pub struct Offices {
    shares: Vec<Share>,
    names: Vec<String>,
    networks: Vec<(Network, u16)>,
}

impl Offices {
    /// Reads the networks. What cannot be read is told and left out: then its
    /// people count by their address, as everybody's.
    pub fn new(offices: &[Office]) -> (Self, Vec<String>) {
        let (mut read, mut problems) = (Self::default(), Vec::new());
        for office in offices {
            let Ok(number) = u16::try_from(read.shares.len()) else { break };
            read.names.push(office.name.clone());
            read.shares.push(Share {
                connections: office.connections,
                handshakes: office.handshakes,
                enrolment: office.enrolment,
                bannable: false,
            });
            for text in &office.networks {
                match Network::parse(text) {
                    Some(_) if read.networks.len() >= MAX_NETWORKS => {
                        problems.push(format!(
                            "more than {MAX_NETWORKS} networks of offices; '{text}' is left out"
                        ));
                        return (read, problems);
                    }
                    Some(network) => read.networks.push((network, number)),
                    None => problems.push(format!(
                        "office '{}' has the network '{text}', which is none; expected one like \
                         203.0.113.0/24",
                        office.name
                    )),
                }
            }
        }
        // The narrowest that holds an address is its own.
        read.networks.sort_by_key(|(network, _)| std::cmp::Reverse(network.prefix));
        (read, problems)
    }

    /// Whom this address belongs to.
    pub fn source(&self, address: IpAddr) -> Source {
        let address = address.to_canonical();
        if let Some((_, office)) = self.networks.iter().find(|(net, _)| net.holds(address)) {
            return Source::Office(*office);
        }
        match address {
            IpAddr::V4(address) => Source::V4(address),
            IpAddr::V6(address) => {
                let bits = address.to_bits() >> 64;
                Source::V6(u64::try_from(bits).unwrap_or(u64::MAX))
            }
        }
    }

    /// What holds for it.
    pub fn share(&self, source: Source, limits: &Limits) -> Share {
        let office = match source {
            Source::Office(number) => self.shares.get(usize::from(number)),
            Source::V4(_) | Source::V6(_) => None,
        };
        office.copied().unwrap_or(Share {
            connections: limits.connections_per_address,
            handshakes: limits.handshakes_per_address,
            enrolment: limits.enrolment_per_address,
            bannable: true,
        })
    }

    /// Its name, for people.
    pub fn name(&self, source: Source) -> String {
        match source {
            Source::Office(number) => match self.names.get(usize::from(number)) {
                Some(name) => format!("office {name}"),
                None => source.to_string(),
            },
            Source::V4(_) | Source::V6(_) => source.to_string(),
        }
    }
}

/// A network in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
            None => whole,
        };
        (prefix <= whole).then_some(Self { address, prefix })
    }

    fn holds(&self, address: IpAddr) -> bool {
        let shift = |bits: u32| bits.saturating_sub(u32::from(self.prefix));
        match (self.address, address) {
            (IpAddr::V4(net), IpAddr::V4(address)) => {
                let differ = u64::from(net.to_bits() ^ address.to_bits());
                differ >> shift(32) == 0
            }
            (IpAddr::V6(net), IpAddr::V6(address)) => {
                let differ = net.to_bits() ^ address.to_bits();
                differ.checked_shr(shift(128)).unwrap_or(0) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn office(name: &str, networks: &[&str]) -> Office {
        Office {
            name: name.to_owned(),
            networks: networks.iter().map(|&text| text.to_owned()).collect(),
            connections: 500,
            handshakes: Rate::per_second(50, 200),
            enrolment: Rate::per_second(5, 50),
        }
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_ipv6_network_counts_as_one_and_a_mapped_address_as_itself() {
        let offices = Offices::default();
        let source = |text| offices.source(ip(text));
        assert_eq!(source("2001:db8:1:2::1"), source("2001:db8:1:2:ffff::9"));
        assert_ne!(source("2001:db8:1:2::1"), source("2001:db8:1:3::1"));
        assert_eq!(source("::ffff:203.0.113.7"), source("203.0.113.7"));
        assert_ne!(source("203.0.113.7"), source("203.0.113.8"));
        assert_eq!(source("2001:db8:1:2::1").to_string(), "2001:db8:1:2::/64");
    }

    #[test]
    fn an_office_is_one_with_numbers_of_its_own_and_the_narrowest_counts() {
        let (offices, problems) = Offices::new(&[
            office("osaka", &["203.0.113.0/24", "2001:db8::/32"]),
            office("osaka lab", &["203.0.113.128/25"]),
            office("home", &["198.51.100.7"]),
        ]);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(offices.source(ip("203.0.113.1")), Source::Office(0));
        assert_eq!(offices.source(ip("2001:db8:ffff::1")), Source::Office(0));
        assert_eq!(offices.source(ip("203.0.113.200")), Source::Office(1));
        assert_eq!(offices.source(ip("198.51.100.7")), Source::Office(2));
        assert_eq!(offices.source(ip("198.51.100.8")), Source::V4(Ipv4Addr::new(198, 51, 100, 8)));
        let limits = Limits::default();
        let share = offices.share(Source::Office(1), &limits);
        assert_eq!((share.connections, share.bannable), (500, false));
        let share = offices.share(offices.source(ip("192.0.2.1")), &limits);
        assert_eq!((share.connections, share.bannable), (limits.connections_per_address, true));
        assert_eq!(offices.name(Source::Office(1)), "office osaka lab");
    }

    #[test]
    fn what_is_no_network_is_told_and_left_out() {
        for bad in ["203.0.113.0/33", "::/129", "x", "", "203.0.113.0/", "1.2.3.4/+8", "1.2.3/8"] {
            let (offices, problems) = Offices::new(&[office("osaka", &[bad])]);
            assert_eq!((offices.networks.len(), problems.len()), (0, 1), "{bad}");
        }
        let (everything, problems) = Offices::new(&[office("all", &["0.0.0.0/0", "::/0"])]);
        assert!(problems.is_empty());
        assert_eq!(everything.source(ip("192.0.2.1")), Source::Office(0));
        assert_eq!(everything.source(ip("2001:db8::1")), Source::Office(0));
    }
}
