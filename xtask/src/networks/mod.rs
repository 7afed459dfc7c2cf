//! Three networks with a firewall between them, as they are where a gateway
//! belongs: the internet, a DMZ and a LAN.
//!
//! Each is a network namespace of its own, and so is the firewall. What it lets
//! through is what [the operator's page](../../../docs/en/gateway.md) says, and not
//! one port more: agents reach the gateway, the server dials the gateway. From the
//! DMZ and from the internet nothing begins in the LAN.
//!
//! Nothing of the machine's own network is used or changed. Everything ends with
//! the values, and also when this process is killed: a network lives as long as a
//! pipe that only we hold.
//!
//! It takes root.

mod gateway;
mod namespace;
mod relay;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::Command;

use anyhow::{Context, Result, anyhow};

pub use gateway::GatewayMachine;
pub use namespace::{Namespace, Reached};
pub use relay::Relay;

use crate::cmd;

/// The agent's address on the internet.
pub const AGENT: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 20));

/// The gateway's address in the DMZ.
pub const GATEWAY: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 5));

/// The server's address in the LAN.
pub const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 2, 10));

/// The name by which agents on the internet know the gateway.
pub const GATEWAY_NAME: &str = "gateway.example";

/// The port of the agent plane, at the gateway and at the server.
pub const AGENTS_PORT: u16 = 8383;

/// The port of API and console at the server, and where they pass through the
/// gateway if they do.
pub const API_PORT: u16 = 8443;

/// The gateway's port for its server.
pub const PRIVATE_PORT: u16 = 8363;

/// Joins a network to the firewall, which this runs in. `$1`: what the firewall
/// calls it, `$2`: a process inside, `$3`: its first three numbers, `$4`: the
/// address inside.
const JOIN: &str = r#"
set -eu
ip link add "$1" type veth peer name eth0 netns "$2"
ip address add "$3.1/24" dev "$1"
ip link set "$1" up
inside() { nsenter --net="/proc/$inside/ns/net" ip "$@"; }
inside=$2
inside link set lo up
inside address add "$4/24" dev eth0
inside link set eth0 up
inside route add default via "$3.1"
"#;

/// What the firewall lets through. Who is forbidden is told so at once, by a
/// message that nothing else here sends.
const RULES: &str = "
table inet firewall {
  set from_the_internet { type inet_service; elements = { 8383 } }
  counter dmz_to_lan { }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname internet oifname dmz tcp dport @from_the_internet accept
    iifname lan oifname dmz tcp dport 8363 accept
    iifname dmz oifname lan counter name dmz_to_lan
    reject with icmpx type admin-prohibited
  }
  chain input { type filter hook input priority filter; policy drop; }
}
";

/// The networks, and the firewall that joins them.
pub struct Networks {
    /// Where agents are that the server must not be reached by.
    pub internet: Namespace,
    /// Where the gateway stands.
    pub dmz: Namespace,
    /// Where the server is.
    pub lan: Namespace,
    firewall: Namespace,
}

impl Networks {
    /// Makes them.
    ///
    /// # Errors
    /// When the kernel gives no namespace, or `ip` or `nft` refuses; it says what
    /// that takes.
    pub fn start() -> Result<Self> {
        Self::make().context(
            "that takes root with the capabilities CAP_SYS_ADMIN and CAP_NET_ADMIN, which a \
             container has when it was started with --privileged, and a kernel with nf_tables",
        )
    }

    fn make() -> Result<Self> {
        let networks = Self {
            internet: Namespace::start()?,
            dmz: Namespace::start()?,
            lan: Namespace::start()?,
            firewall: Namespace::start()?,
        };
        // Its own kind of `/proc/sys/net` is seen by who is inside.
        networks.bash("ip link set lo up; echo 1 > /proc/sys/net/ipv4/ip_forward", &[])?;
        for (name, network, address) in [
            ("internet", &networks.internet, AGENT),
            ("dmz", &networks.dmz, GATEWAY),
            ("lan", &networks.lan, SERVER),
        ] {
            let address = address.to_string();
            let (first, _) = address.rsplit_once('.').context("an IPv4 address")?;
            networks.bash(JOIN, &[name, &network.process().to_string(), first, &address])?;
        }
        networks.nft(&["-f", "-"], RULES)?;
        Ok(networks)
    }

    /// From now on the internet also reaches the port at which console and
    /// sessions pass through the gateway.
    ///
    /// # Errors
    /// When `nft` refuses.
    pub fn open_pass_through(&self) -> Result<()> {
        let port = API_PORT.to_string();
        let element = ["add", "element", "inet", "firewall", "from_the_internet"];
        self.nft(&[&element[..], &["{", &port, "}"]].concat(), "").map(drop)
    }

    /// Takes the wall away, to show that it is what forbids.
    ///
    /// # Errors
    /// When `nft` refuses.
    pub fn let_the_dmz_into_the_lan(&self) -> Result<()> {
        let rule = "insert rule inet firewall forward iifname dmz oifname lan accept";
        self.nft(&rule.split(' ').collect::<Vec<_>>(), "").map(drop)
    }

    /// How many packets from the DMZ for the LAN the firewall has refused.
    ///
    /// # Errors
    /// When `nft` refuses.
    pub fn refused_from_dmz(&self) -> Result<u64> {
        let shown = self.nft(&["list", "counter", "inet", "firewall", "dmz_to_lan"], "")?;
        packets(&shown).with_context(|| format!("no count of packets in what nft says: {shown}"))
    }

    /// Whether the firewall keeps the DMZ from these ports of the server: each is
    /// tried with a connection that the firewall itself must refuse, while the same
    /// connection from the LAN must be made.
    ///
    /// # Errors
    /// When it cannot be tried.
    pub fn dmz_is_kept_from(&self, ports: &[u16]) -> Result<bool> {
        let before = self.refused_from_dmz()?;
        let is_kept = |port: &u16| -> Result<bool> {
            let to = SocketAddr::new(SERVER, *port);
            Ok(self.lan.reach(to)? == Reached::Yes && self.dmz.reach(to)? == Reached::Forbidden)
        };
        // At once: where the refusal is there before the call that asked has slept, the
        // kernel tells it only with the second packet, a second later.
        let kept = std::thread::scope(|scope| {
            let tries: Vec<_> =
                ports.iter().map(|port| scope.spawn(move || is_kept(port))).collect();
            tries.into_iter().try_fold(true, |all, one| {
                let kept = one.join().map_err(|_| anyhow!("a try has panicked"))??;
                anyhow::Ok(all && kept)
            })
        })?;
        let refused = self.refused_from_dmz()? - before;
        Ok(kept && refused >= ports.len() as u64)
    }

    fn bash(&self, script: &str, args: &[&str]) -> Result<()> {
        let mut bash = Command::new("bash");
        bash.args(["-ec", script, "firewall"]).args(args);
        cmd::feed_checked(&mut self.firewall.enter(&bash), b"").map(drop)
    }

    fn nft(&self, args: &[&str], input: &str) -> Result<String> {
        let mut nft = Command::new("nft");
        nft.args(args);
        cmd::feed_checked(&mut self.firewall.enter(&nft), input.as_bytes())
    }
}

/// The number behind the word `packets`.
fn packets(shown: &str) -> Option<u64> {
    let mut words = shown.split_whitespace().skip_while(|word| *word != "packets");
    words.nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;

    fn listen(network: &Namespace, ports: &[u16]) -> Vec<TcpListener> {
        let open = |port: &u16| TcpListener::bind((Ipv4Addr::UNSPECIFIED, *port)).expect("free");
        network.within(|| ports.iter().map(open).collect()).expect("a thread inside")
    }

    #[test]
    fn the_firewall_lets_through_what_a_gateway_needs_and_nothing_else() {
        if !cmd::is_root() {
            eprintln!("not root: no networks of our own");
            return;
        }
        let networks = Networks::start().expect("networks");
        let ports = [AGENTS_PORT, API_PORT, PRIVATE_PORT];
        let _gateway = listen(&networks.dmz, &ports);
        let _server = listen(&networks.lan, &ports);
        let (internet, dmz, lan) = (&networks.internet, &networks.dmz, &networks.lan);
        let reach =
            |from: &Namespace, to, port| from.reach(SocketAddr::new(to, port)).expect("tried");

        // What is open.
        assert_eq!(reach(internet, GATEWAY, AGENTS_PORT), Reached::Yes);
        assert_eq!(reach(lan, GATEWAY, PRIVATE_PORT), Reached::Yes);
        // What is not.
        assert_eq!(reach(internet, GATEWAY, API_PORT), Reached::Forbidden);
        assert_eq!(reach(internet, GATEWAY, PRIVATE_PORT), Reached::Forbidden);
        assert_eq!(reach(internet, SERVER, AGENTS_PORT), Reached::Forbidden);
        assert_eq!(reach(lan, GATEWAY, AGENTS_PORT), Reached::Forbidden);
        assert!(networks.dmz_is_kept_from(&[AGENTS_PORT, API_PORT]).expect("tried"));
        // Nobody listens there, which is no merit of the firewall's.
        assert!(!networks.dmz_is_kept_from(&[1]).expect("tried"));
        assert!(matches!(reach(lan, SERVER, 1), Reached::No(_)));

        networks.open_pass_through().expect("opened");
        assert_eq!(reach(internet, GATEWAY, API_PORT), Reached::Yes);
        // Without the wall the very same connection is made.
        networks.let_the_dmz_into_the_lan().expect("opened");
        assert_eq!(reach(dmz, SERVER, AGENTS_PORT), Reached::Yes);
        assert!(!networks.dmz_is_kept_from(&[AGENTS_PORT, API_PORT]).expect("tried"));
    }

    #[test]
    fn a_relay_leads_from_this_machine_into_a_network_and_ends() {
        if !cmd::is_root() {
            eprintln!("not root: no networks of our own");
            return;
        }
        let lan = Namespace::start().expect("a network");
        let mut ip = Command::new("ip");
        ip.args(["link", "set", "lo", "up"]);
        cmd::feed_checked(&mut lan.enter(&ip), b"").expect("loopback");
        let echo = listen(&lan, &[7]).pop().expect("one");
        let to = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 7);
        let relay = Relay::start(None, 0, Some(&lan), to).expect("a relay");

        let mut near = TcpStream::connect((Ipv4Addr::LOCALHOST, relay.port())).expect("connects");
        near.write_all("関所".as_bytes()).expect("sent");
        let (mut far, _) = echo.accept().expect("a connection");
        let mut heard = [0; 6];
        far.read_exact(&mut heard).expect("heard");
        assert_eq!(&heard, "関所".as_bytes());
        drop(far);
        assert_eq!(near.read(&mut heard).expect("an end"), 0, "an end is carried over");

        let port = relay.port();
        drop(relay);
        // A program that another test starts holds our sockets until it is begun.
        let closed = (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err()
        });
        assert!(closed, "somebody listens still");
    }

    #[test]
    fn packets_are_found_in_what_nft_says() {
        let shown =
            "table inet firewall {\n\tcounter dmz_to_lan {\n\t\tpackets 13 bytes 780\n\t}\n}";
        assert_eq!(packets(shown), Some(13));
        assert_eq!(packets("table"), None);
    }
}
