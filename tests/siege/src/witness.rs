//! The witness at the server's end of the link: sees all that the gateway let
//! through, and judges it by rules of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use sekisho_wire::gateway::{RouteLine, route_lines};
use sekisho_wire::route::Access;

use crate::findings::Findings;
use crate::matcher;

/// The path parameter of requests that hide in others: nobody asks for it, so
/// whoever sees it was smuggled to.
pub const SMUGGLED: &str = "smuggled";

/// Headers that a gateway makes; it passes none on.
const HEADERS: [&str; 4] = ["forwarded", "client-cert", "content-type", "content-length"];

/// A request as it came over the link.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Its method.
    pub method: String,
    /// Its path, with everything behind it.
    pub target: String,
    /// Its headers.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Seen {
    fn header(&self, name: &str) -> Option<&[u8]> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_slice())
    }

    /// Whom it came from, as the gateway says: `for=…`.
    fn source(&self) -> String {
        String::from_utf8_lossy(self.header("forwarded").unwrap_or_default()).into_owned()
    }
}

/// Clones see the same.
#[derive(Clone)]
pub struct Witness {
    findings: Findings,
    routes: Arc<Vec<RouteLine>>,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Default)]
struct Counts {
    all: u64,
    by_source: BTreeMap<String, u64>,
    enrolment: u64,
}

impl Witness {
    /// One that tells these.
    pub fn new(findings: Findings) -> Self {
        Self { findings, routes: Arc::new(route_lines()), counts: Arc::default() }
    }

    /// A whole request came through.
    pub fn see(&self, seen: &Seen) {
        for wrong in self.judge(seen) {
            let Seen { method, target, .. } = seen;
            self.findings.violation(format!("the server saw {method} {target:?}: {wrong}"));
        }
        let enrolment = !seen.headers.iter().any(|(name, _)| name == "client-cert");
        let mut counts = self.counts.lock().expect("no holder panics");
        counts.all += 1;
        counts.enrolment += u64::from(enrolment);
        *counts.by_source.entry(seen.source()).or_default() += 1;
    }

    /// Requests so far.
    pub fn count(&self) -> u64 {
        self.counts.lock().expect("no holder panics").all
    }

    /// Requests so far of those without a certificate.
    pub fn of_strangers(&self) -> u64 {
        self.counts.lock().expect("no holder panics").enrolment
    }

    /// Requests so far from this address.
    pub fn from(&self, address: std::net::Ipv4Addr) -> u64 {
        let counts = self.counts.lock().expect("no holder panics");
        counts.by_source.get(&format!("for={address}")).copied().unwrap_or(0)
    }

    /// What is wrong with it.
    fn judge(&self, seen: &Seen) -> Vec<String> {
        let mut wrong = Vec::new();
        let line = matcher::route(&self.routes, seen.method.as_bytes(), seen.target.as_bytes());
        match line {
            None => wrong.push("there is no such route".to_owned()),
            Some(line) => {
                if seen.body.len() as u64 > line.max_body_bytes {
                    wrong.push(format!("its body has {} bytes", seen.body.len()));
                }
                if line.access != Access::Anyone && seen.header("client-cert").is_none() {
                    wrong.push("it is a device's, and no certificate came with it".to_owned());
                }
                if line.parks && !seen.target.ends_with("/0") {
                    wrong.push("a wait was not held at the gateway".to_owned());
                }
            }
        }
        if seen.target.contains(SMUGGLED) {
            wrong.push("it was smuggled".to_owned());
        }
        for (name, value) in &seen.headers {
            let known = HEADERS.contains(&name.as_str());
            if !known || seen.headers.iter().filter(|(other, _)| other == name).count() > 1 {
                let value = String::from_utf8_lossy(value);
                wrong.push(format!("it has the header {name}: {value:.100}"));
            }
        }
        let source = seen.source();
        if !source.strip_prefix("for=").is_some_and(|text| {
            text.parse().is_ok_and(|address: std::net::Ipv4Addr| address.is_loopback())
        }) {
            wrong.push(format!("it says that it comes from {source:?}"));
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fetch() -> Seen {
        Seen {
            method: "POST".to_owned(),
            target: "/agent/v1/fetch".to_owned(),
            headers: vec![
                ("forwarded".to_owned(), b"for=127.66.0.9".to_vec()),
                ("client-cert".to_owned(), b":AA==:".to_vec()),
                ("content-length".to_owned(), b"3".to_vec()),
            ],
            body: b"abc".to_vec(),
        }
    }

    fn found(change: impl FnOnce(&mut Seen)) -> u64 {
        let (findings, mut seen) = (Findings::default(), fetch());
        change(&mut seen);
        Witness::new(findings.clone()).see(&seen);
        findings.count()
    }

    #[test]
    fn a_request_as_a_gateway_relays_it_is_in_order() {
        assert_eq!(found(|_| {}), 0);
        assert_eq!(found(|seen| seen.target = "/agent/v1/hello".to_owned()), 0);
        let witness = Witness::new(Findings::default());
        witness.see(&fetch());
        assert_eq!((witness.count(), witness.of_strangers()), (1, 0));
        assert_eq!(witness.from([127, 66, 0, 9].into()), 1);
    }

    #[test]
    fn everything_else_is_found() {
        let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
        assert!(found(|seen| seen.target = "/agent/v1/admin".to_owned()) > 0);
        assert!(found(|seen| seen.target = "/agent/v1/fetch?x".to_owned()) > 0);
        assert!(found(|seen| seen.target = "/api/v1/users".to_owned()) > 0);
        assert!(found(|seen| seen.method = "PUT".to_owned()) > 0);
        assert!(found(|seen| seen.body = vec![0; 4097]) > 0);
        assert!(found(|seen| drop(seen.headers.remove(1))) > 0, "no certificate");
        assert!(found(|seen| drop(seen.headers.remove(0))) > 0, "from nowhere");
        assert!(found(|seen| seen.headers.push(header("x-agent-id", "1"))) > 0);
        assert!(found(|seen| seen.headers.push(header("client-cert", ":BB==:"))) > 0);
        assert!(found(|seen| seen.headers[0].1 = b"for=10.0.0.1".to_vec()) > 0);
        let wait = |seconds: &str| format!("/agent/v1/wait/x/{seconds}");
        let is_wait = |seen: &mut Seen, seconds| {
            (seen.method, seen.target) = ("GET".to_owned(), wait(seconds));
            seen.body.clear();
        };
        assert_eq!(found(|seen| is_wait(seen, "0")), 0);
        assert!(found(|seen| is_wait(seen, "240")) > 0);
        let smuggled = |seen: &mut Seen| {
            (seen.method, seen.target) = ("GET".to_owned(), format!("/agent/v1/bundle/{SMUGGLED}"));
            seen.body.clear();
        };
        assert_eq!(found(smuggled), 1, "a route, and nobody's");
    }
}
