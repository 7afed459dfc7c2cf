//! Why something is refused, and how often it was.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::id::DeviceId;
use sekisho_wire::gateway::{Rate, Refusal};

use super::bucket::Bucket;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident $word:literal $violates:literal,)*) => {
        /// Why something was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Reason { $($(#[$doc])* $name,)* }

        impl Reason {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// In a word, for counters.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// Whether it speaks against who did it, and counts towards a ban.
            /// What the gateway itself lacks does not.
            pub const fn is_violation(self) -> bool {
                match self { $(Self::$name => $violates,)* }
            }
        }
    };
}

reasons! {
    /// No such route.
    NotFound "not_found" true,
    /// A request that two readers could read in two ways, or none at all.
    Malformed "malformed" true,
    /// A body without a length.
    LengthNeeded "length_needed" true,
    /// Its headers are too long or too many.
    HeadersTooLong "headers_too_long" true,
    /// Its body is too long.
    TooLong "too_long" true,
    /// It came too slowly, or its answer was read too slowly.
    TooSlow "too_slow" true,
    /// HTTP/2 frames that do nothing, too many of them.
    Flood "flood" true,
    /// A body that broke off.
    BodyBroken "body_broken" false,
    /// A route for devices, called without a certificate.
    CertificateNeeded "certificate_needed" true,
    /// A route for valid certificates, called with an expired one.
    CertificateExpired "certificate_expired" false,
    /// A certificate that is not one of the site's devices.
    CertificateUnknown "certificate_unknown" true,
    /// A device that may no longer be connected.
    Revoked "revoked" false,
    /// No TLS.
    HandshakeFailed "handshake_failed" true,
    /// TLS that took too long.
    HandshakeTimeout "handshake_timeout" true,
    /// Too many handshakes of all.
    Handshakes "handshakes" false,
    /// Too many handshakes from one address.
    HandshakesOfAddress "handshakes_of_address" true,
    /// Too many handshakes begun and not ended.
    HandshakesInFlight "handshakes_in_flight" false,
    /// Too many connections.
    Connections "connections" false,
    /// Too many connections from one address.
    ConnectionsOfAddress "connections_of_address" true,
    /// Too many connections of one device: the oldest was closed.
    ConnectionsOfDevice "connections_of_device" false,
    /// Too many calls of the enrolment class of all.
    Enrolment "enrolment" false,
    /// Too many calls of the enrolment class from one address.
    EnrolmentOfAddress "enrolment_of_address" true,
    /// Too many calls of the enrolment class in progress.
    EnrolmentInFlight "enrolment_in_flight" false,
    /// Too many calls of one device.
    CallsOfDevice "calls_of_device" false,
    /// Too many calls in progress at the server: the second limiter.
    RelayFull "relay_full" false,
    /// From an address that is banned.
    Banned "banned" false,
    /// Memory is short.
    Memory "memory" false,
    /// A thread has too many jobs waiting.
    Busy "busy" false,
    /// No server, or not configured by one yet.
    NoServer "no_server" false,
    /// The server broke off.
    ServerBroke "server_broke" false,
    /// The server took too long.
    ServerSlow "server_slow" false,
    /// Its answer was longer than the route allows.
    AnswerTooLong "answer_too_long" false,
    /// TLS for a name that does not pass, or for none.
    NameDoesNotPass "name_does_not_pass" true,
    /// Too many streams that pass through.
    PassThrough "pass_through" false,
}

const KINDS: usize = Reason::ALL.len();

/// Refusals that are remembered one by one.
const REMEMBERED: usize = 50;

/// A flood of refusals is remembered as a sample: what is written down costs.
const WRITTEN: Rate = Rate::per_second(50, 100);

/// Refusals since the start.
#[derive(Debug)]
pub struct Refusals {
    counts: [AtomicU64; KINDS],
    would: [AtomicU64; KINDS],
    written: Bucket,
    last: Mutex<VecDeque<Refusal>>,
}

impl Default for Refusals {
    fn default() -> Self {
        Self {
            counts: [const { AtomicU64::new(0) }; KINDS],
            would: [const { AtomicU64::new(0) }; KINDS],
            written: Bucket::new(),
            last: Mutex::new(VecDeque::with_capacity(REMEMBERED)),
        }
    }
}

/// Who was refused, and when.
#[derive(Clone, Copy)]
pub struct Whom<'a> {
    /// On the monotonic clock.
    pub now: Duration,
    /// On the wall clock.
    pub at: Timestamp,
    /// From where.
    pub address: &'a dyn std::fmt::Display,
    /// The device, if it showed a certificate.
    pub device: Option<DeviceId>,
}

impl Refusals {
    /// Refused, with this HTTP status; 0: the connection was closed.
    pub fn note(&self, reason: Reason, status: u16, whom: Whom<'_>) {
        self.counts[reason as usize].fetch_add(1, Ordering::Relaxed);
        self.write(reason.as_str().to_owned(), status, whom);
    }

    /// It would have been, were limits not on trial.
    pub fn note_dry(&self, reason: Reason, whom: Whom<'_>) {
        self.would[reason as usize].fetch_add(1, Ordering::Relaxed);
        self.write(dry_word(reason), 200, whom);
    }

    /// Since the start, by reason; what never happened is left out.
    pub fn counts(&self) -> Vec<(String, u64)> {
        let real = Reason::ALL.iter().map(|&reason| {
            (reason.as_str().to_owned(), self.counts[reason as usize].load(Ordering::Relaxed))
        });
        let dry = Reason::ALL
            .iter()
            .map(|&reason| (dry_word(reason), self.would[reason as usize].load(Ordering::Relaxed)));
        real.chain(dry).filter(|(_, count)| *count > 0).collect()
    }

    /// So often for this reason.
    pub fn count(&self, reason: Reason) -> u64 {
        self.counts[reason as usize].load(Ordering::Relaxed)
    }

    /// The last ones, newest last.
    pub fn last(&self) -> Vec<Refusal> {
        self.last.lock().expect("no holder panics").iter().cloned().collect()
    }

    fn write(&self, reason: String, status: u16, whom: Whom<'_>) {
        if !self.written.take(WRITTEN, whom.now) {
            return;
        }
        let address = whom.address.to_string();
        let refusal = Refusal { at: whom.at, address, device: whom.device, reason, status };
        let mut last = self.last.lock().expect("no holder panics");
        if last.len() >= REMEMBERED {
            last.pop_front();
        }
        last.push_back(refusal);
    }
}

/// In a dry run.
fn dry_word(reason: Reason) -> String {
    format!("would_{}", reason.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_last_fifty_are_remembered() {
        let refusals = Refusals::default();
        for second in 0..200_u16 {
            let whom = Whom {
                now: Duration::from_secs(u64::from(second)),
                at: Timestamp::from_millis(i64::from(second)),
                address: &"192.0.2.1",
                device: None,
            };
            refusals.note(Reason::NotFound, 404, whom);
        }
        assert_eq!(refusals.counts(), [("not_found".to_owned(), 200)]);
        let last = refusals.last();
        assert_eq!((last.len(), last[49].at.as_millis(), last[49].status), (50, 199, 404));
    }

    #[test]
    fn a_flood_is_counted_whole_and_written_down_as_a_sample() {
        let refusals = Refusals::default();
        let at = Timestamp::from_millis(1);
        let whom = Whom { now: Duration::from_secs(9), at, address: &"x", device: None };
        for _ in 0..10_000 {
            refusals.note(Reason::Banned, 0, whom);
        }
        assert_eq!(refusals.count(Reason::Banned), 10_000);
        assert!(refusals.last().iter().all(|refusal| refusal.reason == "banned"));
        refusals.note_dry(Reason::Connections, whom);
        let counts = refusals.counts();
        assert!(counts.contains(&("would_connections".to_owned(), 1)), "{counts:?}");
    }

    #[test]
    fn reasons_have_words_of_their_own() {
        let mut words: Vec<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), KINDS);
    }
}
