//! What goes back to an agent.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{HeaderValue, Response, StatusCode, header};
use hyper::body::{Body, Bytes, Frame, SizeHint};
use sekisho_wire::problem::{Problem, ProblemCode};
use sekisho_wire::{MEDIA_TYPE, cbor};

use crate::limits::Reason;
use crate::link::{BrokeOff, Reply};
use crate::plane::{Answering, InProgress};
use crate::relay::AtServer;

/// The body of an answer, and what is over when it is.
pub(crate) struct Answer {
    body: Kind,
    _guards: Option<(InProgress, Answering)>,
}

enum Kind {
    Whole(Option<Bytes>),
    Relayed(Box<Relayed>),
}

/// A body as it comes from the server, with a bound.
struct Relayed {
    body: Reply,
    left: u64,
    _at_server: AtServer,
}

impl Answer {
    /// All of it is here.
    pub(crate) const fn whole(bytes: Bytes) -> Self {
        Self { body: Kind::Whole(Some(bytes)), _guards: None }
    }

    /// Nothing.
    pub(crate) const fn empty() -> Self {
        Self { body: Kind::Whole(None), _guards: None }
    }

    /// It is handed on while it comes; at most so many bytes.
    pub(crate) fn relayed(body: Reply, most: u64, at_server: AtServer) -> Self {
        let relayed = Relayed { body, left: most, _at_server: at_server };
        Self { body: Kind::Relayed(Box::new(relayed)), _guards: None }
    }

    /// Keeps the guards until it is over.
    pub(crate) fn guarded(mut self, progress: InProgress, answering: Answering) -> Self {
        self._guards = Some((progress, answering));
        self
    }
}

/// An answer with this status and body, and the headers that every answer has.
pub(crate) fn response(status: StatusCode, answer: Answer) -> Response<Answer> {
    let mut response = Response::new(answer);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The answer to what was refused: constant for each reason, as the server
/// would say it. `retry_after_s` stands where coming back makes sense.
pub(crate) fn refusal(reason: Reason, retry_after_s: impl FnOnce() -> u32) -> Response<Answer> {
    let (status, code) = told(reason);
    let body = Bytes::from(cbor::encode(&Problem { code }));
    let mut response = response(status, Answer::whole(body));
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s()));
    }
    if closes(reason) {
        // Left out over HTTP/2, where it is not allowed.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Whether the connection is of no more use afterwards.
const fn closes(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Malformed
            | Reason::LengthNeeded
            | Reason::HeadersTooLong
            | Reason::BodyBroken
            | Reason::TooLong
            | Reason::TooSlow
            | Reason::Revoked
    )
}

/// Status and code of a refusal.
const fn told(reason: Reason) -> (StatusCode, ProblemCode) {
    match reason {
        Reason::NotFound => (StatusCode::NOT_FOUND, ProblemCode::NotFound),
        Reason::Malformed | Reason::BodyBroken | Reason::Flood => {
            (StatusCode::BAD_REQUEST, ProblemCode::Unreadable)
        }
        Reason::LengthNeeded => (StatusCode::LENGTH_REQUIRED, ProblemCode::Unreadable),
        Reason::HeadersTooLong => {
            (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, ProblemCode::TooLong)
        }
        Reason::TooLong => (StatusCode::PAYLOAD_TOO_LARGE, ProblemCode::TooLong),
        Reason::TooSlow => (StatusCode::REQUEST_TIMEOUT, ProblemCode::Unreadable),
        Reason::CertificateNeeded => (StatusCode::UNAUTHORIZED, ProblemCode::CertificateNeeded),
        Reason::CertificateExpired => (StatusCode::UNAUTHORIZED, ProblemCode::CertificateExpired),
        Reason::CertificateUnknown | Reason::Revoked => {
            (StatusCode::UNAUTHORIZED, ProblemCode::CertificateUnknown)
        }
        Reason::Enrolment
        | Reason::EnrolmentOfAddress
        | Reason::EnrolmentInFlight
        | Reason::CallsOfDevice
        | Reason::Handshakes
        | Reason::HandshakesOfAddress
        | Reason::ConnectionsOfAddress
        | Reason::ConnectionsOfDevice
        | Reason::Banned => (StatusCode::TOO_MANY_REQUESTS, ProblemCode::TooMany),
        Reason::HandshakeFailed
        | Reason::HandshakeTimeout
        | Reason::HandshakesInFlight
        | Reason::Connections
        | Reason::RelayFull
        | Reason::Memory
        | Reason::Busy
        | Reason::NoServer
        | Reason::ServerBroke
        | Reason::ServerSlow
        | Reason::AnswerTooLong
        | Reason::NameDoesNotPass
        | Reason::PassThrough => (StatusCode::SERVICE_UNAVAILABLE, ProblemCode::Unavailable),
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = BrokeOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokeOff>>> {
        let relayed = match &mut self.get_mut().body {
            Kind::Whole(bytes) => {
                return Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes))));
            }
            Kind::Relayed(relayed) => relayed,
        };
        Pin::new(&mut relayed.body).poll_frame(cx).map(|frame| {
            // Trailers go nowhere.
            let data = match frame? {
                Ok(frame) => frame.into_data().ok()?,
                Err(_) => return Some(Err(BrokeOff)),
            };
            let Some(left) = relayed.left.checked_sub(data.len() as u64) else {
                return Some(Err(BrokeOff));
            };
            relayed.left = left;
            Some(Ok(Frame::data(data)))
        })
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            Kind::Whole(bytes) => bytes.is_none(),
            Kind::Relayed(relayed) => relayed.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Kind::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Kind::Relayed(relayed) => relayed.body.size_hint(),
        }
    }
}
