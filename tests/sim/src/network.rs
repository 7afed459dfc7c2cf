//! The way from an agent to the server, which loses, repeats, delays and
//! exchanges what crosses it.

use std::collections::VecDeque;
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sekisho_link::{Bootstrap, LinkError, Transport};
use sekisho_server::agents::{Peer, Plane};
use sekisho_wire::bundle::{BundleChain, MAX_CHAIN_BYTES};
use sekisho_wire::cbor;
use sekisho_wire::enrolment::EnrolmentEnvelope;
use sekisho_wire::problem::ProblemCode;
use sekisho_wire::route::RouteName;

use crate::evil::gateway::{Chain, Gateway, Request as Passing};
use crate::power::Power;

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NetworkFault {
    /// The request does not arrive.
    LoseRequest,
    /// The request arrives, its answer does not.
    LoseAnswer,
    /// The request arrives twice; the first answer comes back.
    TwiceFirst,
    /// The request arrives twice; the second answer comes back.
    TwiceSecond,
    /// The request is held back and arrives later, when nobody waits.
    Delay,
    /// The request arrives; an older answer of this route comes back.
    OlderAnswer,
    /// The request arrives with a bit turned over.
    BrokenRequest,
    /// The answer comes back with a bit turned over.
    BrokenAnswer,
}

/// The routes that faults meet.
pub(crate) const ROUTES: [RouteName; 4] =
    [RouteName::Fetch, RouteName::Receipt, RouteName::Hello, RouteName::Escrow];

/// Requests and answers that are remembered, of each.
const REMEMBERED: usize = 12;

#[derive(Clone, Debug)]
struct Request {
    method: &'static str,
    path: String,
    body: Vec<u8>,
}

#[derive(Default)]
struct State {
    plane: Option<Arc<Plane>>,
    faults: Vec<(RouteName, NetworkFault)>,
    seen: VecDeque<Request>,
    late: VecDeque<Request>,
    answers: VecDeque<(RouteName, Vec<u8>)>,
    happened: u64,
    failures: u64,
    shown: Option<Chain>,
}

/// The way from one agent to the server. Clones are the same way.
#[derive(Clone)]
pub(crate) struct Network {
    peer: Peer,
    power: Power,
    /// The teeth test's network never carries this route.
    loses: Option<RouteName>,
    /// Everything goes through this gateway, and comes from that host.
    gateway: Option<(Gateway, usize)>,
    state: Arc<Mutex<State>>,
}

impl Network {
    /// Answers that say that the server failed by itself, since this was asked.
    pub(crate) fn take_failures(&self) -> u64 {
        std::mem::take(&mut self.state().failures)
    }

    pub(crate) fn new(peer: Peer, power: Power, loses: Option<RouteName>) -> Self {
        Self { peer, power, loses, gateway: None, state: Arc::default() }
    }

    /// From now on everything of this host goes through a gateway.
    pub(crate) fn through(&mut self, gateway: Gateway, host: usize) {
        self.gateway = Some((gateway, host));
    }

    /// The certificate that is shown with the next calls.
    pub(crate) fn show(&self, certificate: Option<Chain>) {
        self.state().shown = certificate;
    }

    /// It leads to this server from now on, or to none.
    pub(crate) fn lead_to(&self, plane: Option<Arc<Plane>>) {
        self.state().plane = plane;
    }

    /// The next call of this route goes wrong.
    pub(crate) fn break_next(&self, route: RouteName, fault: NetworkFault) {
        self.state().faults.push((route, fault));
    }

    /// Nothing that was planned happens any more.
    pub(crate) fn heal(&self) {
        self.state().faults.clear();
    }

    /// Faults that happened since this was asked.
    pub(crate) fn take_faults(&self) -> u64 {
        std::mem::take(&mut self.state().happened)
    }

    /// An old request arrives once more: the nth from the newest. Whether
    /// there was one.
    pub(crate) async fn replay(&self, nth: u32) -> bool {
        let request = {
            let state = self.state();
            let nth = usize::try_from(nth).unwrap_or(0);
            state.seen.iter().rev().nth(nth % state.seen.len().max(1)).cloned()
        };
        self.arrive(request).await
    }

    /// A request that was held back arrives. Whether there was one.
    pub(crate) async fn deliver_late(&self) -> bool {
        let request = self.state().late.pop_front();
        self.arrive(request).await
    }

    async fn arrive(&self, request: Option<Request>) -> bool {
        let (Some(request), Some(plane)) = (request, self.state().plane.clone()) else {
            return false;
        };
        self.state().happened += 1;
        // Nobody waits for the answer.
        let _ = self.carry(&plane, &request).await;
        true
    }

    async fn carry(&self, plane: &Plane, request: &Request) -> Option<Result<Vec<u8>, LinkError>> {
        let call = plane.call(&self.peer, request.method, &request.path, &request.body);
        let answer = self.power.run(call).await.ok()?;
        if matches!(answer, Err(ProblemCode::Unavailable)) {
            self.state().failures += 1;
        }
        Some(answer.map_err(|code| LinkError::Refused { code, retry_after: None }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fault(&self, route: RouteName) -> Option<NetworkFault> {
        if self.loses == Some(route) {
            return Some(NetworkFault::LoseRequest);
        }
        let mut state = self.state();
        let at = state.faults.iter().position(|(of, _)| *of == route)?;
        state.happened += 1;
        Some(state.faults.remove(at).1)
    }

    fn remember(&self, request: &Request) {
        let mut state = self.state();
        if state.seen.len() == REMEMBERED {
            state.seen.pop_front();
        }
        state.seen.push_back(request.clone());
    }

    /// Remembers an answer and returns the one before it, if there is one.
    fn exchange(&self, route: RouteName, answer: &[u8]) -> Option<Vec<u8>> {
        let mut state = self.state();
        let older = state.answers.iter().rev().find(|(of, _)| *of == route);
        let older = older.map(|(_, answer)| answer.clone());
        if state.answers.len() == REMEMBERED {
            state.answers.pop_front();
        }
        state.answers.push_back((route, answer.to_vec()));
        older
    }
}

impl Transport for Network {
    async fn call_within(
        &mut self,
        name: RouteName,
        parameters: &[&dyn Display],
        body: Vec<u8>,
        timeout: Duration,
    ) -> Result<Vec<u8>, LinkError> {
        use NetworkFault as Fault;
        if let Some((gateway, host)) = &self.gateway {
            let (path, shown) = (name.path(parameters), self.state().shown.clone());
            let passing = Passing { host: *host, route: name, path, body, shown };
            return Box::pin(gateway.call(passing, timeout)).await;
        }
        let lost = || LinkError::TimedOut(timeout);
        let plane = self.state().plane.clone().ok_or_else(lost)?;
        let method = name.route().method.as_str();
        let mut request = Request { method, path: name.path(parameters), body };
        let fault = self.fault(name);
        match fault {
            Some(Fault::LoseRequest) => return Err(lost()),
            Some(Fault::Delay) => {
                self.state().late.push_back(request);
                return Err(lost());
            }
            Some(Fault::BrokenRequest) => turn_a_bit(&mut request.body),
            _ => self.remember(&request),
        }
        let mut answer = self.carry(&plane, &request).await.ok_or_else(lost)?;
        if matches!(fault, Some(Fault::TwiceFirst | Fault::TwiceSecond)) {
            let second = self.carry(&plane, &request).await.ok_or_else(lost)?;
            if fault == Some(Fault::TwiceSecond) {
                answer = second;
            }
        }
        let mut answer = answer?;
        let older = self.exchange(name, &answer);
        match fault {
            Some(Fault::LoseAnswer) => return Err(lost()),
            Some(Fault::OlderAnswer) => return older.ok_or_else(lost),
            Some(Fault::BrokenAnswer) => turn_a_bit(&mut answer),
            _ => {}
        }
        Ok(answer)
    }
}

/// As the real ones before anybody can be checked: no certificate is shown.
impl Bootstrap for Network {
    async fn bundle(&self, after: u64) -> Result<BundleChain, LinkError> {
        let body = self.plain(RouteName::Bundle, &[&after], Vec::new()).await?;
        cbor::decode(&body, MAX_CHAIN_BYTES).map_err(|_| LinkError::Strange { status: 200 })
    }

    async fn time(&self, nonce: &[u8; 16]) -> Result<Vec<u8>, LinkError> {
        let nonce: String = nonce.iter().map(|byte| format!("{byte:02x}")).collect();
        self.plain(RouteName::Time, &[&nonce], Vec::new()).await
    }

    async fn enrol(&self, envelope: &EnrolmentEnvelope) -> Result<Vec<u8>, LinkError> {
        self.plain(RouteName::Enrol, &[], cbor::encode(envelope)).await
    }
}

impl Network {
    async fn plain(
        &self,
        name: RouteName,
        parameters: &[&dyn Display],
        body: Vec<u8>,
    ) -> Result<Vec<u8>, LinkError> {
        self.show(None);
        self.clone().call(name, parameters, body).await
    }
}

fn turn_a_bit(bytes: &mut [u8]) {
    let middle = bytes.len() * 2 / 3;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 0x10;
    }
}
