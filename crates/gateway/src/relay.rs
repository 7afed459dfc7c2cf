//! The way of a request from an agent to the server and back.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::header::{self, HeaderValue};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use sekisho_wire::gateway::{CLIENT_CERT_HEADER, FORWARDED_HEADER, NEXT_DUE_HEADER};
use sekisho_wire::problem::MAX_PROBLEM_BYTES;
use sekisho_wire::route::{Access, RateClass, WAIT_HOLD_S};
use sekisho_wire::session::Wake;
use sekisho_wire::{MEDIA_TYPE, cbor};
use tokio::time::Instant;

use crate::answer::{Answer, refusal, response};
use crate::filter::routes::{Route, look};
use crate::filter::{self, content_length};
use crate::guard::REFUSED_PATH;
use crate::hub::{Refused, Work};
use crate::limits::{Class, Reason, Went};
use crate::link::{self, BodyFault, NotAnswered, Outgoing, Reply};
use crate::park::Parking;
use crate::plane::{Ending, Patience, Peer};

/// The authority of relayed requests: there is one server at the other end.
pub(crate) const AUTHORITY: &str = "server.sekisho.internal";

/// Bodies up to this length are collected before they go on, in either direction,
/// in bytes.
const COLLECTED: u64 = 16 * 1024;

/// Bodies of the enrolment class up to this length are collected, in bytes:
/// a slow one must not hold one of the few places.
const COLLECTED_ENROLMENT: u64 = 64 * 1024;

/// Requests on one connection; then it is to be opened anew.
const MAX_REQUESTS: u32 = 10_000;

/// What an agent may be told of the server's answer.
const STATUSES: &[u16] = &[200, 400, 401, 403, 404, 409, 413, 429, 503];

/// A call in progress at the server; over when dropped.
pub(crate) struct AtServer {
    peer: Arc<Peer>,
    most: u32,
    went: Went,
    /// When all of a short answer must be here.
    until: Instant,
}

impl Drop for AtServer {
    fn drop(&mut self) {
        let (hub, now) = (&self.peer.hub, self.peer.hub.now());
        hub.relay.leave(self.went, self.most, now);
    }
}

/// A place among the calls in progress of a device, or of the enrolment class.
struct InClass(Arc<Peer>);

impl Drop for InClass {
    fn drop(&mut self) {
        match &self.0.identity {
            Some(identity) => identity.device.left(),
            None => self.0.hub.admission.enrolled(),
        }
    }
}

/// What became of a request.
enum Step {
    Answer(Response<Answer>),
    Park { parking: Parking, hold: Duration, then: Wake },
}

/// Answers one request of an agent.
pub(crate) fn respond(
    peer: Arc<Peer>,
    request: Request<Incoming>,
) -> impl Future<Output = Response<Answer>> + Send {
    // In a box: what a request needs until it is answered or parked is given
    // back before a wait is held. Of ten thousand waits only the rest is paid.
    let without_body = request.method() == Method::HEAD && !peer.http1;
    let stepping = Box::pin(step(peer.clone(), request));
    async move {
        let (progress, number) = peer.live.request();
        if number >= MAX_REQUESTS || peer.is_stale() {
            peer.live.end(Ending::Gently);
        }
        let step = stepping.await;
        let response = match step {
            Step::Answer(response) => response,
            Step::Park { parking, hold, then } => {
                let wake = parking.held(hold, then).await;
                response(StatusCode::OK, Answer::whole(Bytes::from(cbor::encode(&wake))))
            }
        };
        let answering = peer.live.answer();
        let mut response = response.map(|answer| {
            // Over HTTP/1.1 hyper sees to it.
            let answer = if without_body { Answer::empty() } else { answer };
            answer.guarded(progress, answering)
        });
        let headers = response.headers_mut();
        if !peer.http1 {
            headers.remove(header::CONNECTION);
        } else if peer.live.ending().is_some() {
            // Hyper learns of it only after this answer, and would close without a word.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

async fn step(peer: Arc<Peer>, request: Request<Incoming>) -> Step {
    let work = peer.hub.work_of(peer.thread);
    match handle(&peer, &work, request).await {
        Ok(step) => step,
        Err(reason) => {
            let response = refusal(reason, || peer.hub.retry_after_s());
            let from = Refused::on(&peer.live, &work.rules);
            peer.hub.refuse(reason, response.status().as_u16(), &from);
            Step::Answer(response)
        }
    }
}

async fn handle(peer: &Arc<Peer>, work: &Work, request: Request<Incoming>) -> Result<Step, Reason> {
    let (parts, body) = request.into_parts();
    let (hub, path) = (&peer.hub, path(&parts)?);
    if peer.http1
        && path == REFUSED_PATH
        && let Some(reason) = peer.live.refused_head()
    {
        return Err(reason);
    }
    filter::check(&parts)?;
    let route = work.routes.find(parts.method.as_str(), path).ok_or(Reason::NotFound)?;
    // Where no certificate could be judged, it is not the caller who lacks one.
    if work.snapshot.is_none() || (peer.is_stale() && route.access != Access::Anyone) {
        return Err(Reason::NoServer);
    }
    admit(peer, work, route)?;
    let declared = content_length(&parts.headers)?;
    if declared.or(body.size_hint().exact()).unwrap_or(body.size_hint().lower())
        > route.max_body_bytes
    {
        return Err(Reason::TooLong);
    }
    if hub.upstream.is_empty() {
        return Err(Reason::NoServer);
    }
    let (fault, mut patience) = (BodyFault::default(), peer.patience());
    let body = take_body(peer, route, body, &fault, &mut patience).await?;
    let _place = place(peer, work, route)?;
    let whole = parts.uri.path_and_query().ok_or(Reason::NotFound)?;
    if !route.parks {
        let relaying = relay(peer, work, route, whole.clone(), body, &mut patience);
        let (answer, at_server) =
            relaying.await.map_err(|reason| fault.reason().unwrap_or(reason))?;
        return Ok(Step::Answer(told(route, answer, at_server, &mut patience).await?));
    }
    let (look, seconds) = look(path).ok_or(Reason::NotFound)?;
    let device = peer.device().ok_or(Reason::CertificateNeeded)?;
    // Listen first, look second: nothing that happens in between is missed.
    let parking = hub.parked.begin(device);
    let (answer, at_server) = relay(peer, work, route, look, body, &mut patience).await?;
    if answer.status() != StatusCode::OK {
        return Ok(Step::Answer(told(route, answer, at_server, &mut patience).await?));
    }
    let next_due = answer
        .headers()
        .get(NEXT_DUE_HEADER)
        .and_then(|value| filter::head::digits(value.as_bytes()).map(Duration::from_millis));
    let most = usize::try_from(route.max_answer_bytes).unwrap_or(usize::MAX);
    let body = Limited::new(answer.into_body(), most).collect();
    let body = patience.wait(at_server.until, body).await.ok_or(Reason::ServerSlow)?;
    let body = body.map_err(|_| Reason::ServerBroke)?.to_bytes();
    match cbor::decode::<Wake>(&body, most) {
        Ok(Wake::Nothing) => {}
        Ok(Wake::Fetch) | Err(_) => {
            return Ok(Step::Answer(response(StatusCode::OK, Answer::whole(body))));
        }
    }
    let hold = Duration::from_secs(seconds.min(WAIT_HOLD_S));
    Ok(match next_due {
        Some(due) if due < hold => Step::Park { parking, hold: due, then: Wake::Fetch },
        Some(_) | None => Step::Park { parking, hold, then: Wake::Nothing },
    })
}

/// The path as it came, with everything behind it: what has a query is no route.
fn path(parts: &Parts) -> Result<&str, Reason> {
    parts.uri.path_and_query().map(PathAndQuery::as_str).ok_or(Reason::NotFound)
}

/// Who may call, and how often.
fn admit(peer: &Peer, work: &Work, route: &Route) -> Result<(), Reason> {
    let hub = &peer.hub;
    if peer.device().is_some_and(|device| hub.is_revoked(device, work)) {
        return Err(Reason::Revoked);
    }
    let expired = peer.identity.as_ref().map(|identity| identity.not_after < hub.time.now());
    match (route.access, expired) {
        (Access::Anyone, _) | (Access::Certificate | Access::Device, Some(false)) => {}
        (Access::Certificate, Some(true)) => {}
        (Access::Device, Some(true)) => return Err(Reason::CertificateExpired),
        (Access::Certificate | Access::Device, None) => return Err(Reason::CertificateNeeded),
    }
    let (rules, now) = (&work.rules, hub.now());
    let refused = match &peer.identity {
        // A known device is counted by itself, whatever it calls.
        Some(identity) if !identity.device.may_call(&rules.limits, now) => {
            Some(Reason::CallsOfDevice)
        }
        Some(_) => None,
        None => match route.rate {
            RateClass::Enrolment => hub.admission.enrol(peer.live.source, rules, now),
            RateClass::Device | RateClass::Wait => None,
        },
    };
    match refused {
        Some(reason) if rules.limits.dry_run => {
            hub.refuse_dry(reason, &Refused::on(&peer.live, rules));
            Ok(())
        }
        Some(reason) => Err(reason),
        None => Ok(()),
    }
}

/// A place in the request's class, once its body is here.
fn place(peer: &Arc<Peer>, work: &Work, route: &Route) -> Result<Option<InClass>, Reason> {
    match (&peer.identity, route.rate) {
        (Some(identity), _) => {
            identity.device.enter()?;
            Ok(Some(InClass(peer.clone())))
        }
        (None, RateClass::Enrolment) if !peer.hub.admission.begin_enrolment(&work.rules) => {
            Err(Reason::EnrolmentInFlight)
        }
        (None, RateClass::Enrolment) => Ok(Some(InClass(peer.clone()))),
        (None, RateClass::Device | RateClass::Wait) => Ok(None),
    }
}

/// The body: collected when it is small, handed on as it comes otherwise.
async fn take_body(
    peer: &Peer,
    route: &Route,
    body: Incoming,
    fault: &BodyFault,
    patience: &mut Patience<'_>,
) -> Result<Outgoing, Reason> {
    if body.is_end_stream() {
        return Ok(Outgoing::Whole(None));
    }
    let collected = match route.class() {
        Class::Enrolment => COLLECTED_ENROLMENT,
        Class::Receipt | Class::Fetch | Class::Heartbeat | Class::Upload => COLLECTED,
    };
    let grace = peer.hub.timeouts.body_grace;
    // Of unknown length it may be as long as the route allows.
    let length = body.size_hint().upper().unwrap_or(route.max_body_bytes);
    if length > collected {
        return Ok(Outgoing::streamed(body, route.max_body_bytes, grace, fault.clone()));
    }
    let most = usize::try_from(route.max_body_bytes).unwrap_or(usize::MAX);
    let limit = grace + Duration::from_secs(length / crate::link::LEAST_RATE);
    let collecting = Limited::new(body, most).collect();
    match patience.wait(Instant::now() + limit, collecting).await {
        Some(Ok(body)) => {
            let bytes = body.to_bytes();
            Ok(Outgoing::Whole((!bytes.is_empty()).then_some(bytes)))
        }
        Some(Err(error)) if error.is::<LengthLimitError>() => Err(Reason::TooLong),
        Some(Err(_)) => Err(Reason::BodyBroken),
        None => Err(Reason::TooSlow),
    }
}

/// Sends a request to the server and waits for the head of its answer.
async fn relay(
    peer: &Arc<Peer>,
    work: &Work,
    route: &Route,
    path: PathAndQuery,
    body: Outgoing,
    patience: &mut Patience<'_>,
) -> Result<(Response<Reply>, AtServer), Reason> {
    let hub = &peer.hub;
    let most = work.rules.limits.relayed_in_flight;
    if !hub.relay.enter(route.class(), most) {
        return Err(Reason::RelayFull);
    }
    let began = Instant::now();
    let until = began + Duration::from_secs(route.timeout_s);
    let mut at_server = AtServer { peer: peer.clone(), most, went: Went::Unknown, until };
    let request = upstream(peer, route, path, body)?;
    let sending = link::call(hub, peer.thread, request);
    let answer = match patience.wait(until, sending).await {
        Some(Ok(answer)) => answer,
        Some(Err(NotAnswered::NoLink)) => return Err(Reason::NoServer),
        Some(Err(NotAnswered::Broke)) => return Err(Reason::ServerBroke),
        None => {
            at_server.went = Went::Overloaded;
            return Err(Reason::ServerSlow);
        }
    };
    at_server.went = match answer.status() {
        StatusCode::SERVICE_UNAVAILABLE => Went::Overloaded,
        _ => Went::Answered(began.elapsed()),
    };
    hub.counters.relayed.fetch_add(1, Ordering::Relaxed);
    Ok((answer, at_server))
}

/// The request upstream, made from nothing: of what the client sent only the
/// path that was matched and the body are in it.
fn upstream(
    peer: &Peer,
    route: &Route,
    path: PathAndQuery,
    body: Outgoing,
) -> Result<Request<Outgoing>, Reason> {
    let has_body = !matches!(body, Outgoing::Whole(None));
    let mut request = Request::new(body);
    *request.method_mut() =
        Method::from_bytes(route.method().as_str().as_bytes()).map_err(|_| Reason::NotFound)?;
    *request.uri_mut() = Uri::from(path);
    let headers = request.headers_mut();
    headers.insert(FORWARDED_HEADER, peer.forwarded.clone());
    if let Some(identity) = &peer.identity {
        headers.insert(CLIENT_CERT_HEADER, identity.certificate.clone());
    }
    if has_body {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    }
    Ok(request)
}

/// What the agent is told of the server's answer. A short one is taken whole
/// before: an agent that does not read it then holds nothing at the server.
async fn told(
    route: &Route,
    answer: Response<Reply>,
    at_server: AtServer,
    patience: &mut Patience<'_>,
) -> Result<Response<Answer>, Reason> {
    let (parts, body) = answer.into_parts();
    if !STATUSES.contains(&parts.status.as_u16()) {
        return Err(Reason::ServerBroke);
    }
    let most = match parts.status {
        StatusCode::OK => route.max_answer_bytes,
        _ => MAX_PROBLEM_BYTES as u64,
    };
    if body.size_hint().lower() > most {
        return Err(Reason::AnswerTooLong);
    }
    let answer = match body.size_hint().exact() {
        Some(length) if length <= COLLECTED => {
            let collected = patience.wait(at_server.until, body.collect()).await;
            let whole = collected.ok_or(Reason::ServerSlow)?;
            let whole = whole.map_err(|_| Reason::ServerBroke)?.to_bytes();
            drop(at_server);
            if whole.is_empty() { Answer::empty() } else { Answer::whole(whole) }
        }
        Some(_) | None => Answer::relayed(body, most, at_server),
    };
    let mut response = response(parts.status, answer);
    let retry_after = parts.headers.get(header::RETRY_AFTER);
    if let Some(seconds) = retry_after.and_then(|value| filter::head::digits(value.as_bytes())) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.min(3600)));
    }
    Ok(response)
}

/// The peer's address as RFC 7239 writes it.
pub(crate) fn forwarded(address: std::net::IpAddr) -> HeaderValue {
    let text = match address.to_canonical() {
        std::net::IpAddr::V4(address) => format!("for={address}"),
        std::net::IpAddr::V6(address) => format!("for=\"[{address}]\""),
    };
    HeaderValue::try_from(text).expect("addresses are ASCII")
}

/// The peer's certificate as RFC 9440 §2.1 writes it. Marked so that HPACK does
/// not keep it: it would push everything else out of the table.
pub(crate) fn client_cert(der: &[u8]) -> HeaderValue {
    let text = format!(":{}:", data_encoding::BASE64.encode(der));
    let mut value = HeaderValue::try_from(text).expect("Base64 is ASCII");
    value.set_sensitive(true);
    value
}
