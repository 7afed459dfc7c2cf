//! Bytes on the wire, as the kernel counts them in the clients' sockets.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::Result;

use crate::cmd;

/// Length of the headers of IPv4 and TCP with time stamps: what a segment
/// costs besides its content.
const HEADER_BYTES: u64 = 52;

/// What the client sides of the connections to one port have carried so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wire(BTreeMap<String, Carried>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Carried {
    bytes: u64,
    segments: u64,
}

/// What was carried between two looks, in all connections that were there
/// both times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Bytes of TLS, both ways.
    pub bytes: u64,
    /// The same with the headers of IP and TCP, and with acknowledgements.
    pub with_headers_bytes: u64,
    /// How many connections were there both times.
    pub connections: usize,
}

impl Wire {
    /// Looks at all established connections to this port of this machine.
    ///
    /// # Errors
    /// When `ss` (iproute2) does not say.
    pub fn look(port: u16) -> Result<Self> {
        let mut ss = Command::new("ss");
        ss.args(["-tinH", "state", "established", &format!("dport = :{port}")]);
        Ok(Self::read(&cmd::output(&mut ss)?))
    }

    /// What was carried since an earlier look.
    pub fn since(&self, earlier: &Self) -> Difference {
        let mut sum = Difference::default();
        for (connection, now) in &self.0 {
            let Some(then) = earlier.0.get(connection) else { continue };
            let bytes = now.bytes - then.bytes;
            sum.bytes += bytes;
            sum.with_headers_bytes += bytes + HEADER_BYTES * (now.segments - then.segments);
            sum.connections += 1;
        }
        sum
    }

    /// What was carried since the connections were made.
    pub fn in_all(&self) -> Difference {
        let nothing = self.0.keys().map(|key| (key.clone(), Carried::default())).collect();
        self.since(&Self(nothing))
    }

    /// A line names the connection, the line below it, indented, its counters.
    fn read(text: &str) -> Self {
        let mut all = BTreeMap::new();
        let mut connection = String::new();
        for line in text.lines() {
            if !line.starts_with([' ', '\t']) {
                // Queue lengths, the client's address, the server's.
                connection = line.split_whitespace().skip(2).collect::<Vec<_>>().join(" ");
                continue;
            }
            let count = |name: &str| -> u64 {
                line.split_whitespace()
                    .find_map(|word| word.strip_prefix(name)?.parse().ok())
                    .unwrap_or(0)
            };
            let carried = Carried {
                bytes: count("bytes_sent:") + count("bytes_received:"),
                segments: count("segs_out:") + count("segs_in:"),
            };
            all.insert(std::mem::take(&mut connection), carried);
        }
        Self(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "\
0      0      127.0.0.1:50000  127.0.0.1:8383 \n\
\t cubic wscale:7,7 bytes_sent:100 bytes_acked:101 bytes_received:50 segs_out:3 segs_in:2 send 1Gbps\n\
0      0      127.0.0.1:50001  127.0.0.1:8383 \n\
\t cubic bytes_sent:7 bytes_received:0 segs_out:1 segs_in:1\n";

    #[test]
    fn what_a_connection_carried_between_two_looks() {
        let first = Wire::read(FIRST);
        assert_eq!(first.in_all().bytes, 157);
        assert_eq!(first.in_all().connections, 2);
        let second = Wire::read(
            "0 0 127.0.0.1:50000 127.0.0.1:8383\n\t bytes_sent:130 bytes_received:60 segs_out:5 segs_in:4\n\
             0 0 127.0.0.1:50002 127.0.0.1:8383\n\t bytes_sent:9 segs_out:1\n",
        );
        let since = second.since(&first);
        assert_eq!(
            since,
            Difference { bytes: 40, with_headers_bytes: 40 + 4 * 52, connections: 1 }
        );
    }
}
