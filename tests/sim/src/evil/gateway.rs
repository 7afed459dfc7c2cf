//! The evil gateway: everything between agents and server passes through its
//! hands, and it keeps a copy of all of it.
//!
//! It holds what a real gateway holds: the open TLS connections of both sides,
//! so the bytes of every message and the certificates that devices showed. It
//! holds no key of anybody.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sekisho_link::{LinkError, TlsProblem};
use sekisho_model::Rng;
use sekisho_model::id::DeviceId;
use sekisho_model::rng::{SeededRng, random_bytes, uniform};
use sekisho_seal::sign::IdentityKey;
use sekisho_server::agents::{Peer, Plane};
use sekisho_server::app::SharedApp;
use sekisho_wire::bundle::{BundleChain, MAX_CHAIN_BYTES};
use sekisho_wire::cbor;
use sekisho_wire::problem::ProblemCode;
use sekisho_wire::route::{ROUTES, RouteName};
use sekisho_wire::session::Wake;

use super::forge;
use super::mutate::mutate;
use crate::power::Power;

/// A certificate chain, leaf first, DER.
pub(crate) type Chain = Vec<Vec<u8>>;

/// A request as it came to the gateway.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) host: usize,
    pub(crate) route: RouteName,
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    /// The certificate that was shown with it.
    pub(crate) shown: Option<Chain>,
}

/// A kind of evil.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evil {
    /// Messages and answers are lost.
    Suppress,
    /// Messages arrive twice, late, in another order.
    Reorder,
    /// Messages are changed.
    Mutate,
    /// Old messages arrive again, and old answers are given.
    Replay,
    /// Certificates and messages of one device are passed off as another's.
    Cross,
    /// Refusals, statuses and errors are invented.
    Refuse,
    /// Wakes are invented, or held back.
    Wake,
    /// Other trust bundles are handed out.
    Bundles,
}

/// All of them.
pub(crate) const ALL: [Evil; 8] = [
    Evil::Suppress,
    Evil::Reorder,
    Evil::Mutate,
    Evil::Replay,
    Evil::Cross,
    Evil::Refuse,
    Evil::Wake,
    Evil::Bundles,
];

/// What it has a mind to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mood {
    /// Only this.
    pub(crate) evil: Vec<Evil>,
    /// To one message in so many.
    pub(crate) one_in: u32,
}

/// A key that it should not have, or a habit that somebody else should not have:
/// what the oracles must find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EvilTeeth {
    /// Nobody has what they should not have.
    #[default]
    None,
    /// It has the server's order key and the keys of its sessions.
    StolenOrderKey,
    /// It has a device's identity key and the keys of its sessions.
    StolenIdentityKey,
    /// An agent writes its newest password next to a message.
    TalkativeAgent,
    /// A device is approved, and nobody has approved it.
    CarelessServer,
    /// It does not stop when all the others have been made whole.
    NeverStops,
}

/// What it did and how it fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deeds {
    /// Messages that it did something to, or invented.
    pub done: u64,
    /// Of those that reached the server changed, replayed or under another's
    /// certificate: how many the server refused.
    pub noticed_by_server: u64,
    /// Answers that agents did not believe.
    pub noticed_by_agents: u64,
    /// Orders that the server raised an alarm about.
    pub alarms: u64,
}

impl Deeds {
    /// Both together.
    pub fn add(&mut self, other: Self) {
        self.done += other.done;
        self.noticed_by_server += other.noticed_by_server;
        self.noticed_by_agents += other.noticed_by_agents;
        self.alarms += other.alarms;
    }
}

/// What other sites and other times have left in its hands.
pub(crate) struct Loot {
    /// The chain of trust bundles of another site.
    pub(crate) foreign: BundleChain,
    /// Certificates that are no device's of this site: of another site, of the
    /// link, expired ones.
    pub(crate) certificates: Vec<Chain>,
    /// Keys of devices, for the tests that break a lock on purpose.
    pub(crate) stolen: Vec<(DeviceId, IdentityKey)>,
}

struct State {
    server: Option<(SharedApp, Arc<Plane>)>,
    mood: Mood,
    /// It has stopped, or been taken out of the way.
    is_honest: bool,
    requests: Vec<Request>,
    answers: Vec<(RouteName, Vec<u8>)>,
    late: VecDeque<Request>,
    /// Every byte that it saw.
    seen: Vec<Vec<u8>>,
    deeds: Deeds,
    failures: u64,
    trace: Option<Vec<String>>,
}

/// The gateway. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Gateway {
    power: Power,
    rng: Arc<dyn Rng>,
    teeth: EvilTeeth,
    loot: Arc<Loot>,
    state: Arc<Mutex<State>>,
}

/// What becomes of a request on its way.
enum Way {
    /// To the server, as it is now.
    On,
    /// Nowhere; this is what the agent hears.
    Back(Result<Vec<u8>, LinkError>),
}

impl Gateway {
    pub(crate) fn new(
        power: Power,
        seed: u64,
        mood: Mood,
        teeth: EvilTeeth,
        loot: Arc<Loot>,
        traced: bool,
    ) -> Self {
        let state = State {
            server: None,
            mood,
            is_honest: false,
            requests: Vec::new(),
            answers: Vec::new(),
            late: VecDeque::new(),
            seen: Vec::new(),
            deeds: Deeds::default(),
            failures: 0,
            trace: traced.then(Vec::new),
        };
        let rng = Arc::new(SeededRng::new(seed ^ 0xe411));
        Self { power, rng, teeth, loot, state: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It leads to this server from now on, or to none.
    pub(crate) fn lead_to(&self, server: Option<(SharedApp, Arc<Plane>)>) {
        self.state().server = server;
    }

    /// It feels like something else.
    pub(crate) fn feel(&self, mood: Mood) {
        self.state().mood = mood;
    }

    /// It does what a gateway should do from now on.
    pub(crate) fn stop(&self) {
        if self.teeth != EvilTeeth::NeverStops {
            self.state().is_honest = true;
        }
    }

    pub(crate) fn deeds(&self) -> Deeds {
        self.state().deeds
    }

    pub(crate) fn take_failures(&self) -> u64 {
        std::mem::take(&mut self.state().failures)
    }

    pub(crate) fn take_trace(&self) -> Vec<String> {
        self.state().trace.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Every byte that it saw since this was asked.
    pub(crate) fn take_seen(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.state().seen)
    }

    fn note(&self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.state().trace {
            trace.push(line());
        }
    }

    fn below(&self, bound: usize) -> usize {
        uniform(self.rng.as_ref(), u32::try_from(bound.max(1)).expect("small")) as usize
    }

    fn one<T: Clone>(&self, of: &[T]) -> Option<T> {
        of.get(self.below(of.len())).cloned()
    }

    /// Carries a call of an agent, or does something else with it.
    pub(crate) async fn call(
        &self,
        request: Request,
        timeout: Duration,
    ) -> Result<Vec<u8>, LinkError> {
        let lost = || LinkError::TimedOut(timeout);
        self.state().seen.push(request.body.clone());
        if self.state().is_honest {
            let answer = self.carry(&request, false).await.ok_or_else(lost)?;
            return answer.map_err(|code| LinkError::Refused { code, retry_after: None });
        }
        self.state().requests.push(request.clone());
        for _ in 0..self.below(3) {
            if self.below(3) == 0 {
                self.act().await;
            }
        }
        let mut request = request;
        if self.below(2) == 0 {
            // On the way there.
            if let Some(evil) = self.tempted()
                && let Way::Back(answer) = self.on_the_way(evil, &mut request, timeout).await
            {
                return answer;
            }
            return self.forward(&request, timeout).await;
        }
        let answer = self.forward(&request, timeout).await;
        match self.tempted() {
            // On the way back.
            Some(evil) => self.on_the_way_back(evil, request.route, answer, timeout),
            None => answer,
        }
    }

    /// Whether, and how, it gives way to temptation now.
    fn tempted(&self) -> Option<Evil> {
        let mood = self.state().mood.clone();
        if uniform(self.rng.as_ref(), mood.one_in.max(1)) > 0 {
            return None;
        }
        let evil = self.one(&mood.evil)?;
        self.state().deeds.done += 1;
        Some(evil)
    }

    async fn forward(&self, request: &Request, timeout: Duration) -> Result<Vec<u8>, LinkError> {
        let lost = || LinkError::TimedOut(timeout);
        let forged = self.state().server.as_ref().map(|(app, _)| app.clone());
        let mut request = request.clone();
        if let Some(app) = &forged
            && self.teeth == EvilTeeth::StolenIdentityKey
        {
            forge::receipt(app, &self.loot.stolen, &mut request, self.rng.as_ref()).await;
        }
        let answer = self.carry(&request, false).await.ok_or_else(lost)?;
        let mut answer = answer.map_err(|code| LinkError::Refused { code, retry_after: None })?;
        if let Some(app) = &forged
            && self.teeth == EvilTeeth::StolenOrderKey
        {
            forge::order(app, &request, &mut answer, self.rng.as_ref()).await;
        }
        self.state().answers.push((request.route, answer.clone()));
        Ok(answer)
    }

    async fn on_the_way(&self, evil: Evil, request: &mut Request, timeout: Duration) -> Way {
        let lost = LinkError::TimedOut(timeout);
        let route = request.route;
        match evil {
            Evil::Suppress => {
                self.note(|| format!("      {route:?}: suppressed"));
                return Way::Back(Err(lost));
            }
            Evil::Reorder => {
                if self.below(2) == 0 {
                    self.note(|| format!("      {route:?}: held back"));
                    self.state().late.push_back(request.clone());
                    return Way::Back(Err(lost));
                }
                self.note(|| format!("      {route:?}: twice"));
                let first = self.forward(request, timeout).await;
                let second = self.forward(request, timeout).await;
                return Way::Back(if self.below(2) == 0 { first } else { second });
            }
            Evil::Mutate => self.mutate_request(request),
            Evil::Replay => {
                let of_route = self.recorded(|known| known.route == route);
                let Some(old) = self.one(&of_route) else { return Way::On };
                self.note(|| format!("      {route:?}: an old one of host {}", old.host));
                let answer = self.tampered(&old).await;
                return Way::Back(answer.unwrap_or(Err(lost)));
            }
            Evil::Cross => {
                request.shown = self.another_certificate();
                self.note(|| format!("      {route:?}: under another certificate"));
                let answer = self.tampered(request).await;
                return Way::Back(answer.unwrap_or(Err(lost)));
            }
            Evil::Refuse => return Way::Back(Err(self.invented_refusal(timeout))),
            Evil::Wake if route == RouteName::Wait => {
                return Way::Back(Ok(self.invented_wake()));
            }
            Evil::Bundles if route == RouteName::Hello => {
                self.add_bundles(request);
                let answer = self.tampered(request).await;
                return Way::Back(answer.unwrap_or(Err(lost)));
            }
            Evil::Wake | Evil::Bundles => return Way::On,
        }
        let answer = self.tampered(request).await;
        Way::Back(answer.unwrap_or(Err(lost)))
    }

    fn on_the_way_back(
        &self,
        evil: Evil,
        route: RouteName,
        answer: Result<Vec<u8>, LinkError>,
        timeout: Duration,
    ) -> Result<Vec<u8>, LinkError> {
        let mut answer = match (evil, answer) {
            (Evil::Suppress | Evil::Reorder, _) => {
                self.note(|| format!("      {route:?}: the answer suppressed"));
                return Err(LinkError::TimedOut(timeout));
            }
            (Evil::Refuse, _) => return Err(self.invented_refusal(timeout)),
            (Evil::Wake, _) if route == RouteName::Wait => return Ok(self.invented_wake()),
            (_, Err(error)) => return Err(error),
            (_, Ok(answer)) => answer,
        };
        match evil {
            Evil::Mutate => {
                let others = self.answers(|_| true);
                let how = mutate(&mut answer, &others, self.rng.as_ref());
                self.note(|| format!("      {route:?}: the answer: {how}"));
            }
            Evil::Replay | Evil::Cross => {
                let any = self.below(4) == 0;
                // The newest is this one.
                let mut others = self.answers(|of| any || of == route);
                others.pop();
                if let Some(other) = self.one(&others) {
                    self.note(|| format!("      {route:?}: another answer"));
                    answer = other;
                }
            }
            Evil::Bundles if route == RouteName::Bundle => {
                answer = self.other_bundles(&answer);
            }
            Evil::Suppress | Evil::Reorder | Evil::Refuse | Evil::Wake | Evil::Bundles => {}
        }
        Ok(answer)
    }

    /// Something that no agent asked for.
    pub(crate) async fn act(&self) {
        if self.state().is_honest {
            return;
        }
        let mood = self.state().mood.evil.clone();
        let has = |evil| mood.contains(&evil);
        if has(Evil::Reorder) && self.below(2) == 0 {
            let late = {
                let mut state = self.state();
                let count = state.late.len();
                let at = uniform(self.rng.as_ref(), u32::try_from(count.max(1)).unwrap_or(1));
                state.late.remove(at as usize)
            };
            if let Some(late) = late {
                self.state().deeds.done += 1;
                self.note(|| format!("      {:?} of host {}: late", late.route, late.host));
                if let Some(Ok(answer)) = self.carry(&late, true).await {
                    self.state().answers.push((late.route, answer));
                }
                return;
            }
        }
        if !(has(Evil::Replay) || has(Evil::Mutate) || has(Evil::Cross)) {
            return;
        }
        // What makes a device known, and what opens sessions, is the best there is.
        let rare = self.below(3) == 0;
        let chosen = self
            .recorded(|known| !rare || matches!(known.route, RouteName::Enrol | RouteName::Hello));
        let Some(mut old) = self.one(&chosen) else { return };
        self.state().deeds.done += 1;
        let mut how = "again";
        if has(Evil::Mutate) && self.below(3) == 0 {
            let others: Vec<Vec<u8>> =
                self.recorded(|_| true).into_iter().map(|known| known.body).collect();
            how = mutate(&mut old.body, &others, self.rng.as_ref());
        }
        if has(Evil::Cross) && self.below(3) == 0 {
            old.shown = self.another_certificate();
        }
        if has(Evil::Cross) && self.below(6) == 0 {
            let to = ROUTES[self.below(ROUTES.len())].name;
            if !to.route().path.contains('{') {
                (old.route, old.path) = (to, to.path(&[]));
            }
        }
        self.note(|| format!("      by itself, {:?} of host {}: {how}", old.route, old.host));
        // Nobody waits for it, but it may be used later.
        if let Some(Ok(answer)) = self.tampered(&old).await {
            self.state().answers.push((old.route, answer));
        }
    }

    /// Carries what is not as a device meant it.
    async fn tampered(&self, request: &Request) -> Option<Result<Vec<u8>, LinkError>> {
        let answer = self.carry(request, true).await?;
        self.note(|| match &answer {
            // Not how long: signatures are longer or shorter by a byte.
            Ok(_) => "        answered".to_owned(),
            Err(code) => format!("        refused: {code:?}"),
        });
        Some(answer.map_err(|code| LinkError::Refused { code, retry_after: None }))
    }

    /// To the server and back. `None`: there is none, or it died.
    async fn carry(
        &self,
        request: &Request,
        is_tampered: bool,
    ) -> Option<Result<Vec<u8>, ProblemCode>> {
        let (app, plane) = self.state().server.clone()?;
        let address = if self.state().is_honest {
            IpAddr::V4(Ipv4Addr::LOCALHOST)
        } else {
            IpAddr::from(random_bytes::<4>(self.rng.as_ref()))
        };
        // As the server judges what a gateway passes on.
        let identity = request.shown.as_ref().and_then(|chain| {
            let (leaf, rest) = chain.split_first()?;
            let rest: Vec<&[u8]> = rest.iter().map(Vec::as_slice).collect();
            app.keys.ca().trust().verify_device(leaf, &rest, app.clock.now()).ok()
        });
        let peer = Peer { address, identity, via: None };
        let method = request.route.route().method.as_str();
        let path = at_once(&request.path);
        let call = Box::pin(plane.call(&peer, method, &path, &request.body));
        let answer = self.power.run(call).await.ok()?;
        let mut state = self.state();
        match &answer {
            Ok(bytes) => state.seen.push(bytes.clone()),
            Err(ProblemCode::Unavailable) => state.failures += 1,
            Err(_) => state.deeds.noticed_by_server += u64::from(is_tampered),
        }
        Some(answer)
    }

    fn recorded(&self, which: impl Fn(&Request) -> bool) -> Vec<Request> {
        self.state().requests.iter().filter(|known| which(known)).cloned().collect()
    }

    fn answers(&self, which: impl Fn(RouteName) -> bool) -> Vec<Vec<u8>> {
        let state = self.state();
        let found = state.answers.iter().filter(|(route, _)| which(*route));
        found.map(|(_, answer)| answer.clone()).collect()
    }

    fn mutate_request(&self, request: &mut Request) {
        let route = request.route;
        if request.body.is_empty() {
            // Only its path says anything: another parameter, of the same form.
            let with = self.recorded(|known| known.route == route);
            if let Some(other) = self.one(&with) {
                request.path = other.path;
            }
            if self.below(2) == 0 {
                let mut path = std::mem::take(&mut request.path).into_bytes();
                let at = path.len() - 1 - self.below(path.len() / 3);
                path[at] = b"0f9-/.%"[self.below(7)];
                request.path = String::from_utf8_lossy(&path).into_owned();
            }
            self.note(|| format!("      {route:?}: another path"));
            return;
        }
        let others = self.recorded(|known| known.route == route);
        let others: Vec<Vec<u8>> = others.into_iter().map(|known| known.body).collect();
        let how = mutate(&mut request.body, &others, self.rng.as_ref());
        self.note(|| format!("      {route:?}: {how}"));
    }

    /// Any certificate that it can lay its hands on, or none.
    fn another_certificate(&self) -> Option<Chain> {
        let mut known: Vec<Chain> =
            self.state().requests.iter().filter_map(|request| request.shown.clone()).collect();
        known.dedup();
        match self.below(5) {
            0 => None,
            1 => self.one(&self.loot.certificates),
            2 => {
                let mut chain = self.one(&known)?;
                let at = self.below(chain[0].len());
                chain[0][at] ^= 1;
                Some(chain)
            }
            _ => self.one(&known),
        }
    }

    fn invented_refusal(&self, timeout: Duration) -> LinkError {
        use ProblemCode as Code;
        let codes = [
            Code::NotFound,
            Code::Unreadable,
            Code::UnknownKey,
            Code::SessionUnknown,
            Code::Replayed,
            Code::CertificateNeeded,
            Code::CertificateExpired,
            Code::CertificateUnknown,
            Code::TooLong,
            Code::TooMany,
            Code::Unavailable,
            Code::Recovery,
        ];
        let invented = match self.below(8) {
            0 => LinkError::Strange { status: [200, 204, 301, 418, 500][self.below(5)] },
            1 => LinkError::Broken("the gateway hung up".to_owned()),
            2 => LinkError::TimedOut(timeout),
            3 => LinkError::TooLong(1),
            4 => LinkError::Tls {
                endpoint: "gateway:8383".to_owned(),
                problem: [TlsProblem::OutsideValidity, TlsProblem::UnknownIssuer][self.below(2)],
                sentence: "invented".to_owned(),
            },
            _ => LinkError::Refused {
                code: codes[self.below(codes.len())],
                retry_after: [None, Some(u64::MAX), Some(0)][self.below(3)]
                    .map(Duration::from_secs),
            },
        };
        self.note(|| format!("      refused by the gateway: {invented}"));
        invented
    }

    fn invented_wake(&self) -> Vec<u8> {
        self.note(|| "      a wake invented".to_owned());
        match self.below(4) {
            0 => b"\xff\xff".to_vec(),
            1 => cbor::encode(&Wake::Nothing),
            _ => cbor::encode(&Wake::Fetch),
        }
    }

    /// Bundles of another site, a chain that is cut, an end that is denied.
    fn other_bundles(&self, answer: &[u8]) -> Vec<u8> {
        let Ok(mut chain) = cbor::decode::<BundleChain>(answer, MAX_CHAIN_BYTES) else {
            return answer.to_vec();
        };
        let at = self.below(chain.bundles.len());
        let how = match self.below(8) {
            0 => {
                chain = self.loot.foreign.clone();
                "those of another site"
            }
            1 => {
                chain.bundles.clone_from(&self.loot.foreign.bundles);
                "those of another site under this one's anchor"
            }
            2 => {
                chain.bundles.truncate(at);
                chain.newest = Some(at as u64);
                "only old ones"
            }
            3 if !chain.bundles.is_empty() => {
                chain.bundles.remove(at);
                "one left out"
            }
            4 => {
                chain.bundles.reverse();
                "turned round"
            }
            5 => {
                chain.newest = [None, Some(0), Some(u64::MAX)][self.below(3)];
                "another end"
            }
            6 => {
                chain.anchor.root_key = self.loot.foreign.anchor.root_key;
                "another anchor"
            }
            _ => {
                let foreign = self.loot.foreign.bundles.last().cloned();
                chain.bundles.extend(foreign);
                "one of another site after them"
            }
        };
        self.note(|| format!("      trust bundles: {how}"));
        cbor::encode(&chain)
    }

    /// A Hello carries bundles outside of its seal: it may carry others.
    fn add_bundles(&self, request: &mut Request) {
        use sekisho_wire::session::{HelloEnvelope, MAX_HELLO_BYTES};
        let Ok(mut hello) = cbor::decode::<HelloEnvelope>(&request.body, MAX_HELLO_BYTES) else {
            return;
        };
        let own = self.answers(|route| route == RouteName::Bundle);
        let own = own
            .iter()
            .filter_map(|answer| cbor::decode::<BundleChain>(answer, MAX_CHAIN_BYTES).ok());
        let own: Vec<_> = own.flat_map(|chain| chain.bundles).collect();
        let bundle = match self.below(3) {
            0 => self.one(&own),
            _ => self.one(&self.loot.foreign.bundles),
        };
        hello.bundles.extend(bundle);
        self.note(|| "      Hello: with bundles of somebody else".to_owned());
        request.body = cbor::encode(&hello);
    }
}

/// The gateway parks waits itself: at the server it only looks.
fn at_once(path: &str) -> String {
    match path.strip_prefix("/agent/v1/wait/").and_then(|rest| rest.rsplit_once('/')) {
        Some((session, _)) => format!("/agent/v1/wait/{session}/0"),
        None => path.to_owned(),
    }
}
