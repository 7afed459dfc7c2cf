//! The ways to the server: its own address and the site's gateways, in this
//! agent's order.
//!
//! - A configured server that is no gateway comes first: somebody wrote it down
//!   for this host. Then the gateways of the trust bundle: first those that the
//!   server named for this agent's office, the others by weighted chance,
//!   always the same for one agent: of two gateways with the weights 3 and 1
//!   three quarters of the agents prefer the first. Gateways of weight 0 come
//!   last: only when nothing else answers. An agent that was enrolled through a
//!   gateway knows it under its address, and takes it by its weight; once that
//!   gateway is revoked its address comes last.
//! - An agent stays with a way that works. Trouble moves it on to the next; when
//!   all were tried it waits. From time to time it goes back to the first.
//! - Nothing said here is believed: whoever is on the way can refuse a call. A
//!   refusal counts half, because it may be true.

use std::collections::BTreeSet;
use std::time::Duration;

use sekisho_link::{Endpoint, LinkError, ServerCheck};
use sekisho_model::Rng;
use sekisho_model::id::DeviceId;
use sekisho_model::rng::uniform;
use sekisho_seal::sha256;
use sekisho_wire::bundle::{Bundle, PublishedGateway, TlsCheck};
use sekisho_wire::problem::ProblemCode;
use serde::{Deserialize, Serialize};

use crate::config::{Config, Trust};
use crate::session::SessionError;
use crate::state::Enrolled;

/// An agent that works over another way than its first goes back to that after
/// this time, ± 20 %.
const BACK_AFTER: Duration = Duration::from_secs(30 * 60);

/// Each time the first way does not work, the next try is twice as far off; at
/// most this.
const BACK_AFTER_CAP: Duration = Duration::from_secs(6 * 3600);

/// So many refusals in a row are as good as no answer.
const STRIKES: u32 = 2;

/// No hint from outside of a sealed message keeps an agent away for longer:
/// anybody on the way could say it.
const MAX_HINT: Duration = Duration::from_secs(15 * 60);

/// What a way leads through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The server's own address, or one that only this agent was told.
    Direct,
    /// A gateway that the trust bundle names.
    Gateway,
}

/// A way to the server.
#[derive(Clone, Debug)]
pub struct Way {
    /// Where to dial.
    pub endpoint: Endpoint,
    /// How the certificate there is checked.
    pub check: ServerCheck,
    /// What it leads through.
    pub kind: Kind,
    problem: Option<String>,
}

/// A way as `status` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayShown {
    /// Where to.
    pub address: String,
    /// What it leads through.
    pub kind: Kind,
    /// Whether it is the one in use.
    pub in_use: bool,
    /// Why it did not work, the last time it was tried.
    pub problem: Option<String>,
}

/// Whose fault trouble may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// Not the way's: the server itself said it, or this host failed.
    Nobody,
    /// The way said it, and it may be true.
    Hint,
    /// The way's.
    Way,
}

/// What to do after trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The same way, after a wait.
    Same,
    /// Another way that has not been tried, at once.
    Other,
    /// Every way was tried: from the first on, after a wait.
    AllTried,
}

/// What this agent's own settings and memory say.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    /// This device: its place among the others.
    pub device: DeviceId,
    /// The server, as configured or as it was at enrolment.
    pub server: &'a Endpoint,
    /// How the settings say the server is checked.
    pub trust: &'a Trust,
    /// Addresses of gateways that the trust bundle named once and names no more.
    pub former: &'a BTreeSet<String>,
    /// The gateways that the server told this agent to take before the others, best
    /// first, by their addresses. Only those that the trust bundle names count.
    pub first: &'a [Vec<String>],
}

impl<'a> Own<'a> {
    /// What settings, enrolment and trust say; `first` is from the agent's memory.
    pub fn new(
        config: &'a Config,
        enrolled: &'a Enrolled,
        trust: &'a sekisho_seal::bundle::Trust,
        first: &'a [Vec<String>],
    ) -> Self {
        Self {
            device: enrolled.device,
            server: config.server.as_ref().unwrap_or(&enrolled.server),
            trust: &config.trust,
            former: trust.former_gateways(),
            first,
        }
    }
}

/// The ways in order, and which one is used.
#[derive(Clone, Debug)]
pub struct Ways {
    ways: Vec<Way>,
    at: usize,
    /// The bundle they are from.
    version: u64,
    strikes: u32,
    /// Ways in a row that did not work.
    failed: usize,
    /// When the first way is tried again; by the clock's elapsed time.
    back_at: Option<Duration>,
    back_after: Duration,
}

impl Ways {
    /// The ways of an agent. There is always one at least.
    pub fn of(own: Own<'_>, bundle: &Bundle) -> Self {
        Self {
            ways: in_order(own, bundle),
            at: 0,
            version: bundle.version,
            strikes: 0,
            failed: 0,
            back_at: None,
            back_after: BACK_AFTER,
        }
    }

    /// Takes over another trust bundle or other settings. Returns whether the way
    /// in use, or how it is checked, may be another one now.
    pub fn renew(&mut self, own: Own<'_>, bundle: &Bundle) -> bool {
        let before = std::mem::replace(self, Self::of(own, bundle));
        for way in &mut self.ways {
            let known = before.ways.iter().find(|known| known.endpoint == way.endpoint);
            way.problem = known.and_then(|known| known.problem.clone());
        }
        let used = &before.current().endpoint;
        let Some(at) = self.ways.iter().position(|way| way.endpoint == *used) else { return true };
        (self.at, self.back_at, self.back_after) = (at, before.back_at, before.back_after);
        (self.strikes, self.failed) = (before.strikes, 0);
        before.version != self.version
    }

    /// Takes over another order. The first way is tried at the next quiet moment: each
    /// agent learns of another order at a time of its own.
    pub fn reorder(&mut self, own: Own<'_>, bundle: &Bundle, now: Duration) {
        // With another bundle it is taken over, too.
        if self.version != bundle.version {
            return;
        }
        self.renew(own, bundle);
        if self.at != 0 {
            (self.back_at, self.back_after) = (Some(now), BACK_AFTER);
        }
    }

    /// The version of the bundle they are from.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// The way to an address, if it is one of them.
    pub fn to(&self, endpoint: &Endpoint) -> Option<&Way> {
        self.ways.iter().find(|way| way.endpoint == *endpoint)
    }

    /// The way in use.
    pub fn current(&self) -> &Way {
        &self.ways[self.at]
    }

    /// Every way, best first.
    pub fn all(&self) -> &[Way] {
        &self.ways
    }

    /// As `status` shows them.
    pub fn shown(&self) -> Vec<WayShown> {
        let shown = self.ways.iter().enumerate().map(|(at, way)| WayShown {
            address: way.endpoint.to_string(),
            kind: way.kind,
            in_use: at == self.at,
            problem: way.problem.clone(),
        });
        shown.collect()
    }

    /// The server has answered over the way in use, and proved it.
    pub fn worked(&mut self, now: Duration, rng: &dyn Rng) {
        self.ways[self.at].problem = None;
        (self.strikes, self.failed) = (0, 0);
        if self.at == 0 {
            (self.back_at, self.back_after) = (None, BACK_AFTER);
        } else if self.back_at.is_none() {
            let millis = u64::try_from(self.back_after.as_millis()).unwrap_or(u64::MAX);
            let permille = 800 + u64::from(uniform(rng, 401));
            self.back_at =
                Some(now + Duration::from_millis(millis.saturating_mul(permille) / 1000));
        }
    }

    /// There was trouble over the way in use.
    pub fn trouble(&mut self, blame: Blame, problem: &str) -> Next {
        match blame {
            Blame::Nobody => return Next::Same,
            Blame::Hint => {
                self.strikes += 1;
                if self.strikes < STRIKES {
                    return Next::Same;
                }
            }
            Blame::Way => {}
        }
        self.ways[self.at].problem = Some(problem.to_owned());
        self.strikes = 0;
        self.failed += 1;
        if self.failed >= self.ways.len() {
            (self.failed, self.at, self.back_at) = (0, 0, None);
            return Next::AllTried;
        }
        self.at = (self.at + 1) % self.ways.len();
        Next::Other
    }

    /// Whether it is time to try the first way again.
    pub fn is_back_due(&self, now: Duration) -> bool {
        self.at != 0 && self.back_at.is_some_and(|at| at <= now)
    }

    /// Takes the first way again if it is time to. If it does not work, the trouble
    /// leads back to the others.
    pub fn go_back(&mut self, now: Duration) -> bool {
        if !self.is_back_due(now) {
            return false;
        }
        (self.at, self.back_at, self.strikes, self.failed) = (0, None, 0, 0);
        self.back_after = self.back_after.saturating_mul(2).min(BACK_AFTER_CAP);
        true
    }
}

impl Blame {
    /// For a call that did not get an answer.
    pub const fn of_link(error: &LinkError) -> Self {
        match error {
            LinkError::Dns { .. }
            | LinkError::Tcp { .. }
            | LinkError::Proxy(_)
            | LinkError::Tls { .. }
            | LinkError::Broken(_)
            | LinkError::TimedOut(_)
            | LinkError::Strange { .. }
            | LinkError::TooLong(_) => Self::Way,
            LinkError::Refused { code, .. } => match code {
                // A gateway without its server says so, too.
                ProblemCode::Unavailable
                | ProblemCode::TooMany
                | ProblemCode::NotFound
                | ProblemCode::CertificateNeeded => Self::Way,
                ProblemCode::Unreadable
                | ProblemCode::UnknownKey
                | ProblemCode::SessionUnknown
                | ProblemCode::Replayed
                | ProblemCode::CertificateExpired
                | ProblemCode::CertificateUnknown
                | ProblemCode::TooLong
                | ProblemCode::Recovery => Self::Hint,
            },
            LinkError::Setup(_) => Self::Nobody,
        }
    }

    /// For a call of a session.
    pub const fn of(error: &SessionError) -> Self {
        match error {
            SessionError::Link(error) => Self::of_link(error),
            SessionError::Forged(_) => Self::Hint,
            // The server itself said it, in a sealed message.
            SessionError::Refused { .. } | SessionError::NoReceiptKey => Self::Nobody,
        }
    }
}

/// How long a refusal keeps the agent away at least.
pub fn at_least(error: &SessionError) -> Duration {
    match error {
        SessionError::Refused { retry_after, .. } => *retry_after,
        SessionError::Link(LinkError::Refused { retry_after, .. }) => {
            retry_after.unwrap_or_default().min(MAX_HINT)
        }
        SessionError::Link(_) | SessionError::Forged(_) | SessionError::NoReceiptKey => {
            Duration::ZERO
        }
    }
}

fn in_order(own: Own<'_>, bundle: &Bundle) -> Vec<Way> {
    let roots = || ServerCheck::SiteCa(bundle.ca_roots.iter().map(|der| der.to_vec()).collect());
    let check = |tls: &TlsCheck| match tls {
        TlsCheck::SiteCa => roots(),
        TlsCheck::SystemRoots => ServerCheck::SystemRoots,
        TlsCheck::PinnedKey(pin) => ServerCheck::PinnedKey(*pin),
    };
    let pinned = match own.trust {
        Trust::Pin(pin) => Some(ServerCheck::PinnedKey(*pin)),
        Trust::Site => None,
    };
    let mut gateways: Vec<(&PublishedGateway, Endpoint)> = Vec::new();
    for gateway in &bundle.gateways {
        match gateway.address.parse::<Endpoint>() {
            Ok(endpoint) if gateways.iter().any(|(_, known)| *known == endpoint) => {}
            Ok(endpoint) => gateways.push((gateway, endpoint)),
            Err(error) => tracing::warn!(%error, "a gateway of the trust bundle is passed over"),
        }
    }
    let named = |gateway: &PublishedGateway| {
        let is_named = |addresses: &Vec<String>| addresses.contains(&gateway.address);
        own.first.iter().position(is_named).unwrap_or(usize::MAX)
    };
    // The sort is stable: those of weight 0 stay as the bundle has them.
    gateways.sort_by(|(a, _), (b, _)| {
        let by_weight = || place(own.device, a).total_cmp(&place(own.device, b));
        named(a).cmp(&named(b)).then_with(by_weight)
    });
    let mut ways: Vec<Way> = gateways
        .into_iter()
        .map(|(gateway, endpoint)| {
            let check = if endpoint == *own.server {
                // Under split DNS the same name leads to the server elsewhere.
                let both = [check(&gateway.tls), check(&bundle.server_tls)];
                pinned.clone().unwrap_or_else(|| ServerCheck::AnyOf(both.to_vec()))
            } else {
                check(&gateway.tls)
            };
            Way { endpoint, check, kind: Kind::Gateway, problem: None }
        })
        .collect();
    if ways.iter().all(|way| way.endpoint != *own.server) {
        let check = pinned.unwrap_or_else(|| check(&bundle.server_tls));
        let endpoint = own.server.clone();
        let of_server = |address: &String| address.parse().is_ok_and(|e: Endpoint| e == endpoint);
        let place = if own.former.iter().any(of_server) { ways.len() } else { 0 };
        ways.insert(place, Way { endpoint, check, kind: Kind::Direct, problem: None });
    }
    ways
}

/// Where a gateway stands for a device, lowest first: the waiting time for it in
/// a race in which each gateway is as fast as its weight. A gateway that comes or
/// goes moves only the agents that prefer it.
fn place(device: DeviceId, gateway: &PublishedGateway) -> f64 {
    if gateway.weight == 0 {
        return f64::INFINITY;
    }
    let drawn = sha256(&[device.as_bytes().as_slice(), gateway.address.as_bytes()].concat());
    let drawn = u32::from_be_bytes([drawn[0], drawn[1], drawn[2], drawn[3]]);
    let chance = (f64::from(drawn) + 1.0) / (f64::from(u32::MAX) + 2.0);
    -chance.ln() / f64::from(gateway.weight)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::Timestamp;
    use sekisho_model::id::SiteId;
    use sekisho_model::rng::SeededRng;
    use sekisho_wire::bundle::Mode;

    const SERVER: &str = "sekisho.example.jp:8383";

    fn bundle(version: u64, gateways: &[(&str, u16)]) -> Bundle {
        Bundle {
            protocol: sekisho_wire::PROTOCOL,
            site: SiteId::at(Timestamp::EPOCH, &SeededRng::new(1)),
            version,
            previous: None,
            issued: Timestamp::EPOCH,
            min_mode: Mode::Certificate,
            order_keys: Vec::new(),
            receipt_keys: Vec::new(),
            recovery_keys: Vec::new(),
            ca_roots: Vec::new(),
            server_tls: TlsCheck::SiteCa,
            gateways: gateways
                .iter()
                .map(|(address, weight)| PublishedGateway {
                    address: (*address).to_owned(),
                    weight: *weight,
                    tls: TlsCheck::SystemRoots,
                })
                .collect(),
            min_protocol: 1,
        }
    }

    fn device(seed: u64) -> DeviceId {
        DeviceId::at(Timestamp::EPOCH, &SeededRng::new(seed))
    }

    static NONE: BTreeSet<String> = BTreeSet::new();

    /// What an agent knows of itself that was told nothing special.
    fn own(seed: u64, server: &Endpoint) -> Own<'_> {
        let trust = &Trust::Site;
        Own { device: device(seed), server, trust, former: &NONE, first: &[] }
    }

    fn ways(seed: u64, server: &str, bundle: &Bundle) -> Ways {
        Ways::of(own(seed, &server.parse().expect("an address")), bundle)
    }

    fn addresses(ways: &Ways) -> Vec<String> {
        ways.all().iter().map(|way| way.endpoint.to_string()).collect()
    }

    #[test]
    fn a_server_that_is_no_gateway_is_first_and_weight_0_is_last() {
        let bundle = bundle(1, &[("last.example.jp:8383", 0), ("gw.example.jp:8383", 1)]);
        let found = addresses(&ways(1, SERVER, &bundle));
        assert_eq!(found, [SERVER, "gw.example.jp:8383", "last.example.jp:8383"]);
    }

    #[test]
    fn agents_share_the_gateways_by_their_weights_and_each_keeps_its_own() {
        let two = bundle(1, &[("a.example.jp:8383", 3), ("b.example.jp:8383", 1)]);
        let three = bundle(
            2,
            &[("a.example.jp:8383", 3), ("b.example.jp:8383", 1), ("c.example.jp:8383", 1)],
        );
        let first = |seed, bundle: &Bundle| {
            // Enrolled through a gateway: its weight counts all the same.
            addresses(&ways(seed, "b.example.jp:8383", bundle)).remove(0)
        };
        let mut prefer_a = 0;
        for seed in 0..1000 {
            let (before, after) = (first(seed, &two), first(seed, &three));
            assert_eq!(before, first(seed, &two));
            assert!(after == before || after == "c.example.jp:8383", "moved for nothing");
            prefer_a += u32::from(before == "a.example.jp:8383");
        }
        assert!((700..800).contains(&prefer_a), "{prefer_a} of 1000");
    }

    /// Split DNS: at home the name of the gateway leads to the server.
    #[test]
    fn a_gateway_under_the_servers_name_may_be_checked_as_either() {
        let bundle = bundle(1, &[(SERVER, 1), ("b.example.jp:8383", 1)]);
        let ways = ways(1, SERVER, &bundle);
        assert_eq!(ways.all().len(), 2);
        for way in ways.all() {
            let either = matches!(&way.check, ServerCheck::AnyOf(checks) if checks.len() == 2);
            assert_eq!(either, way.endpoint.to_string() == SERVER);
        }
    }

    #[test]
    fn trouble_leads_to_the_next_way_and_time_leads_back() {
        let rng = SeededRng::new(1);
        let bundle = bundle(1, &[("gw.example.jp:8383", 1)]);
        let mut ways = ways(1, SERVER, &bundle);
        let now = Duration::from_secs(1000);
        assert_eq!(ways.trouble(Blame::Way, "cannot connect"), Next::Other);
        ways.worked(now, &rng);
        assert_eq!(ways.current().kind, Kind::Gateway);
        assert_eq!(ways.shown()[0].problem.as_deref(), Some("cannot connect"));

        // Good enough to stay, until half an hour has passed.
        ways.worked(now + Duration::from_secs(60), &rng);
        assert!(!ways.go_back(now + BACK_AFTER / 2));
        assert!(ways.go_back(now + BACK_AFTER * 2));
        assert_eq!(ways.current().kind, Kind::Direct);

        // It still does not work: back to the gateway, and the next try is later.
        assert_eq!(ways.trouble(Blame::Way, "cannot connect"), Next::Other);
        ways.worked(now, &rng);
        assert!(!ways.go_back(now + BACK_AFTER * 3 / 2));
        assert!(ways.go_back(now + BACK_AFTER * 5 / 2));
        ways.worked(now, &rng);
        assert!(!ways.go_back(now + BACK_AFTER_CAP), "there is nothing better");
    }

    #[test]
    fn when_every_way_was_tried_the_first_comes_again_after_a_wait() {
        let bundle = bundle(1, &[("gw.example.jp:8383", 1), ("last.example.jp:8383", 0)]);
        let mut ways = ways(1, SERVER, &bundle);
        let tried: Vec<Next> = (0..4).map(|_| ways.trouble(Blame::Way, "x")).collect();
        assert_eq!(tried, [Next::Other, Next::Other, Next::AllTried, Next::Other]);
    }

    #[test]
    fn a_refusal_counts_half_and_the_servers_own_word_not_at_all() {
        let bundle = bundle(1, &[("gw.example.jp:8383", 1)]);
        let mut ways = ways(1, SERVER, &bundle);
        for _ in 0..5 {
            assert_eq!(ways.trouble(Blame::Nobody, "blocked"), Next::Same);
        }
        assert_eq!(ways.trouble(Blame::Hint, "the session is over"), Next::Same);
        ways.worked(Duration::ZERO, &SeededRng::new(1));
        assert_eq!(ways.trouble(Blame::Hint, "the session is over"), Next::Same);
        assert_eq!(ways.trouble(Blame::Hint, "the session is over"), Next::Other);
    }

    #[test]
    fn another_bundle_keeps_the_way_that_works_and_drops_one_that_is_gone() {
        let gateways = [("a.example.jp:8383", 1), ("b.example.jp:8383", 1)];
        let server: Endpoint = SERVER.parse().expect("an address");
        let own = own(1, &server);
        let mut ways = Ways::of(own, &bundle(1, &gateways));
        ways.trouble(Blame::Way, "down");
        let used = ways.current().endpoint.clone();
        assert!(!ways.renew(own, &bundle(1, &gateways)));
        assert!(ways.renew(own, &bundle(2, &gateways)), "it may be checked differently");
        assert_eq!((&ways.current().endpoint, ways.version()), (&used, 2));
        assert_eq!(ways.shown()[0].problem.as_deref(), Some("down"));
        assert!(ways.renew(own, &bundle(3, &[])));
        assert_eq!(ways.current().endpoint, server);
    }

    #[test]
    fn the_gateways_that_the_server_names_come_first_if_the_bundle_has_them() {
        let server: Endpoint = "a.example.jp:8383".parse().expect("an address");
        let gateways =
            [("a.example.jp:8383", 9), ("b.example.jp:8383", 1), ("c.example.jp:8383", 0)];
        let bundle = bundle(1, &gateways);
        let named = |names: &[&str]| -> Vec<Vec<String>> {
            names.iter().map(|name| vec![format!("{name}.example.jp:8383")]).collect()
        };
        let first = named(&["evil", "c", "b"]);
        let own = Own { first: &first, ..own(1, &server) };
        let mut ways = Ways::of(own, &bundle);
        let expected = ["c", "b", "a"].map(|name| format!("{name}.example.jp:8383"));
        assert_eq!(addresses(&ways), expected);
        // Another order keeps the way that works until the next quiet moment.
        let other = named(&["b"]);
        let now = Duration::from_secs(9);
        ways.reorder(Own { first: &other, ..own }, &bundle, now);
        assert_eq!(ways.current().endpoint.to_string(), expected[0]);
        assert_eq!(addresses(&ways)[0], expected[1]);
        ways.worked(now, &SeededRng::new(1));
        assert!(ways.go_back(now));
        assert_eq!(ways.current().endpoint.to_string(), expected[1]);
        // The same one first: nothing to go back to.
        ways.reorder(Own { first: &named(&["b", "c"]), ..own }, &bundle, now);
        assert!(!ways.go_back(now * 2));
    }

    /// Of one gateway's addresses each agent takes one by their weights.
    #[test]
    fn the_addresses_of_a_named_gateway_share_its_agents() {
        let server: Endpoint = "gw.example.jp:8383".parse().expect("an address");
        let bundle = bundle(1, &[("a:1", 1), ("a:2", 1), ("other:1", 60_000)]);
        let first = vec![vec!["a:1".to_owned(), "a:2".to_owned()]];
        let preferred: Vec<String> = (0..200)
            .map(|seed| {
                let own = Own { first: &first, ..own(seed, &server) };
                addresses(&Ways::of(own, &bundle)).swap_remove(1)
            })
            .collect();
        let count = |name: &str| preferred.iter().filter(|address| *address == name).count();
        assert_eq!(count("a:1") + count("a:2"), 200);
        assert!((60..140).contains(&count("a:1")), "{}", count("a:1"));
    }

    /// It may be in other hands by now, and could keep the agent waiting.
    #[test]
    fn the_address_of_a_revoked_gateway_comes_last() {
        let server: Endpoint = "gw.example.jp:8383".parse().expect("an address");
        let former = BTreeSet::from(["gw.example.jp:8383".to_owned()]);
        let own = Own { former: &former, ..own(1, &server) };
        let others = bundle(2, &[("a.example.jp:8383", 1), ("b.example.jp:8383", 0)]);
        let found = addresses(&Ways::of(own, &others));
        assert_eq!(found, ["a.example.jp:8383", "b.example.jp:8383", "gw.example.jp:8383"]);
        // Where there is no other, it is tried: it may be the server's by now.
        assert_eq!(addresses(&Ways::of(own, &bundle(3, &[]))), ["gw.example.jp:8383"]);
    }

    /// Anybody on the way can say it.
    #[test]
    fn no_hint_keeps_an_agent_away_for_long() {
        let refused = |seconds| {
            let retry_after = Some(Duration::from_secs(seconds));
            SessionError::Link(LinkError::Refused { code: ProblemCode::Unavailable, retry_after })
        };
        assert_eq!(at_least(&refused(5)), Duration::from_secs(5));
        assert_eq!(at_least(&refused(u64::MAX)), MAX_HINT);
    }
}
