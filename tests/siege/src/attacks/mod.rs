//! The attacks. Each is a pass: bounded, made again while a stretch lasts, and
//! judged by itself where the answers say what came of it.

mod crowds;
mod floods;
mod fuzz;
mod h2;
mod oversize;
mod paths;
mod slow;
mod smuggling;

use std::time::Duration;

use futures_util::future::LocalBoxFuture;

use crate::client::{Answer, Came, answers};
use crate::field::Field;

/// One kind of attack.
pub struct Attack {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it does.
    pub what: &'static str,
    /// Fewer tries in a stretch are no attack: whoever made so few had no time for
    /// it. A free machine makes several times as many in a few seconds, or this and
    /// a little more where the attack is to be slow.
    pub least: u64,
    /// A pass takes moments: for tests that must be short.
    pub quick: bool,
    pass: for<'f> fn(&'f Field) -> LocalBoxFuture<'f, ()>,
}

impl Attack {
    /// One pass. Says how many times it tried something.
    pub async fn pass(&self, field: &Field) -> u64 {
        let before = field.tries();
        (self.pass)(field).await;
        field.tries() - before
    }

    /// The attack of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ATTACKS.iter().find(|attack| attack.name == name)
    }
}

/// All of them.
pub const ATTACKS: &[Attack] = &[
    Attack {
        name: "slow-headers",
        what: "connections without TLS, without a request, and heads that drip",
        least: 100,
        quick: false,
        pass: |field| Box::pin(slow::headers(field)),
    },
    Attack {
        name: "slow-body",
        what: "bodies that drip, small and large",
        least: 50,
        quick: false,
        pass: |field| Box::pin(slow::body(field)),
    },
    Attack {
        name: "slow-read",
        what: "long answers that nobody reads",
        least: 8,
        quick: false,
        pass: |field| Box::pin(slow::read(field)),
    },
    Attack {
        name: "handshakes",
        what: "handshakes begun and not ended, ended and thrown away, and no handshakes at all",
        least: 3_000,
        quick: false,
        pass: |field| Box::pin(crowds::handshakes(field)),
    },
    Attack {
        name: "idle",
        what: "connections far above the limit that want nothing",
        least: 2_000,
        quick: false,
        pass: |field| Box::pin(crowds::idle(field)),
    },
    Attack {
        name: "probing",
        what: "one address that looks for what is not there",
        least: 200,
        quick: true,
        pass: |field| Box::pin(crowds::probing(field)),
    },
    Attack {
        name: "enrolment",
        what: "strangers that enrol, from many addresses",
        least: 500,
        quick: true,
        pass: |field| Box::pin(crowds::enrolment(field)),
    },
    Attack {
        name: "calls",
        what: "a device of the site that calls all the time",
        least: 250,
        quick: true,
        pass: |field| Box::pin(crowds::calls(field)),
    },
    Attack {
        name: "oversize",
        what: "heads, targets and bodies that are too long",
        least: 40,
        quick: true,
        pass: |field| Box::pin(oversize::pass(field)),
    },
    Attack {
        name: "rapid-reset",
        what: "HTTP/2 requests that are taken back as soon as they are made",
        least: 60,
        quick: true,
        pass: |field| Box::pin(floods::rapid_reset(field)),
    },
    Attack {
        name: "continuation",
        what: "an HTTP/2 header block that never ends",
        least: 90,
        quick: true,
        pass: |field| Box::pin(floods::continuation(field)),
    },
    Attack {
        name: "settings",
        what: "HTTP/2 SETTINGS, each of which must be acknowledged",
        least: 60,
        quick: true,
        pass: |field| Box::pin(floods::settings(field)),
    },
    Attack {
        name: "ping",
        what: "HTTP/2 PING, each of which must be answered",
        least: 60,
        quick: true,
        pass: |field| Box::pin(floods::ping(field)),
    },
    Attack {
        name: "window",
        what: "HTTP/2 WINDOW_UPDATE, PRIORITY and empty DATA, and windows that stay shut",
        least: 50,
        quick: true,
        pass: |field| Box::pin(floods::window(field)),
    },
    Attack {
        name: "smuggling",
        what: "requests that two readers could read in two ways, with another one inside",
        least: 150,
        quick: true,
        pass: |field| Box::pin(smuggling::pass(field)),
    },
    Attack {
        name: "paths",
        what: "paths that mean a route to somebody who is lenient",
        least: 300,
        quick: true,
        pass: |field| Box::pin(paths::pass(field)),
    },
    Attack {
        name: "fuzz",
        what: "random requests, beside a matcher of our own",
        least: 4_000,
        quick: true,
        pass: |field| Box::pin(fuzz::pass(field)),
    },
];

/// How long a gateway may take to answer or close when nothing is slow.
const SOON: Duration = Duration::from_secs(8);

/// Judges what was refused whole: one answer with one of these statuses, nothing
/// behind it, the connection closed.
fn refused_whole(field: &Field, what: &str, came: &Came, statuses: &[u16]) {
    let (found, behind) = answers(&came.bytes);
    let is_well = match &found[..] {
        [Answer { status, .. }] => statuses.contains(status),
        _ => false,
    };
    field.findings.check(is_well && behind.is_empty() && came.closed, || {
        let statuses_found: Vec<u16> = found.iter().map(|answer| answer.status).collect();
        format!(
            "{what}: answered with {statuses_found:?} and {} bytes more, closed: {}; expected one \
             of {statuses:?}, and the end",
            behind.len(),
            came.closed
        )
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::Findings;
    use crate::witness::Witness;
    use sekisho_gatewaykit::Site;
    use sekisho_wire::gateway::Limits;
    use std::sync::Arc;

    fn found(bytes: &[u8], closed: bool) -> u64 {
        let findings = Findings::default();
        let witness = Witness::new(findings.clone());
        let agents = "127.0.0.1:1".parse().expect("an address");
        let site = Arc::new(Site::new());
        let field = Field::new(site, agents, Limits::default(), witness, findings.clone(), 1);
        let came = Came { bytes: bytes.to_vec(), closed, after: Duration::ZERO };
        refused_whole(&field, "x", &came, &[400, 411]);
        findings.count()
    }

    #[test]
    fn one_refusal_and_the_end_is_in_order_and_nothing_else_is() {
        let refused = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 1\r\n\r\nx";
        assert_eq!(found(refused, true), 0);
        assert_eq!(found(refused, false), 1, "still open");
        assert_eq!(found(&[&refused[..], refused].concat(), true), 1, "two answers");
        assert_eq!(found(&[&refused[..], b"x"].concat(), true), 1, "something behind it");
        assert_eq!(found(b"HTTP/1.1 200 OK\r\n\r\n", true), 1, "taken");
        assert_eq!(found(b"", true), 1, "no answer");
    }

    #[test]
    fn attacks_have_names_of_their_own() {
        let mut names: Vec<_> = ATTACKS.iter().map(|attack| attack.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ATTACKS.len());
        assert!(ATTACKS.iter().all(|attack| attack.least > 0));
        assert!(Attack::named("fuzz").is_some_and(|attack| attack.quick));
        assert!(Attack::named("none").is_none());
    }
}
