//! One connection for calls: HTTP/1.1 as the two ends of the link speak it with
//! each other, one call at a time.
//!
//! Whoever has a lane writes and reads by itself. A client that serves everybody
//! keeps a task for each connection and hands calls and answers over to it and
//! back, which was about a tenth of what a call cost. What is read here was written by
//! the site's server, known by its certificate; still, whatever is not exactly one
//! answer of a known length ends the lane.

use std::io::{self, Write as _};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use sekisho_wire::gateway::NEXT_DUE_HEADER;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, ReadBuf};
use tokio_rustls::server::TlsStream;

use super::calls::Entry;
use super::outgoing::Outgoing;
use super::wire::Wire;
use crate::filter::head::digits;
use crate::hub::Hub;
use crate::relay::AUTHORITY;
use crate::socket::Socket;
use crate::tasks::Tasks;

/// Longest head of an answer, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// Fields of an answer's head, at most.
const MAX_FIELDS: usize = 32;

/// Answers up to this length are read before anything is done with them, in bytes.
const AT_ONCE: usize = 16 * 1024;

/// So much is made room for at a time, in bytes.
const ROOM: usize = 2 * 1024;

/// So much a lane keeps to write into and to read into, in bytes each.
const KEPT: usize = 4 * 1024;

/// A connection to the server that is one call's at a time.
pub(crate) struct Lane {
    wire: Box<Wire<TlsStream<Socket>>>,
    /// Written here first: head and body are one record of TLS.
    out: Vec<u8>,
    /// Read and not looked at yet.
    unread: Vec<u8>,
    /// When it was last heard of, by the gateway's clock.
    pub(super) heard: Duration,
    /// Those of the thread it belongs to.
    pub(super) tasks: Tasks,
    _entry: Entry,
}

/// The head of an answer, as far as it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerHead {
    /// The status.
    pub status: StatusCode,
    /// Those of its fields that an agent may be told.
    pub headers: HeaderMap,
    /// Bytes of the body that follow.
    pub length: u64,
    /// The server closes the connection behind it.
    pub last: bool,
}

/// The body of an answer of the server.
pub(crate) enum Reply {
    /// All of it.
    Whole(Option<Bytes>),
    /// What comes on a lane.
    Lane(Box<Rest>),
    /// What comes as a stream of HTTP/2.
    Stream(Incoming),
}

/// The rest of an answer, and what it comes on.
pub(crate) struct Rest {
    lane: Option<Lane>,
    left: u64,
    last: bool,
    hub: Arc<Hub>,
    thread: usize,
}

impl Lane {
    /// A connection that stands; `entry` is dropped with it.
    pub(super) fn new(
        wire: Wire<TlsStream<Socket>>,
        heard: Duration,
        tasks: Tasks,
        entry: Entry,
    ) -> Self {
        let (out, unread) = (Vec::new(), Vec::new());
        Self { wire: Box::new(wire), out, unread, heard, tasks, _entry: entry }
    }

    /// Whether nothing has come that nobody asked for, its end included.
    pub(super) fn is_quiet(&mut self) -> bool {
        let (mut cx, mut byte) = (Context::from_waker(Waker::noop()), [0]);
        let read = Pin::new(&mut self.wire).poll_read(&mut cx, &mut ReadBuf::new(&mut byte));
        self.unread.is_empty() && read.is_pending()
    }

    /// Sends a call whose target is a path alone and whose body is here, and reads
    /// its answer: all of a short one, the head of a longer one.
    ///
    /// # Errors
    /// It broke. Whether the server has done it is not known.
    pub(super) async fn call(
        mut self,
        hub: &Arc<Hub>,
        thread: usize,
        request: Request<Outgoing>,
    ) -> io::Result<Response<Reply>> {
        self.write(request)?;
        self.wire.write_all(&self.out).await?;
        self.wire.flush().await?;
        let (begins, head) = self.head().await?;
        let (left, last) = (head.length, head.last);
        let body = if let Ok(length @ 0..=AT_ONCE) = usize::try_from(left) {
            let ends = begins + length;
            while self.unread.len() < ends {
                self.fill(ends - self.unread.len()).await?;
            }
            let body = Bytes::copy_from_slice(&self.unread[begins..ends]);
            if self.unread.len() == ends && !last {
                self.be_small();
                hub.upstream.give_back(thread, self, hub.now());
            }
            Reply::Whole((!body.is_empty()).then_some(body))
        } else {
            self.unread.drain(..begins);
            Reply::Lane(Box::new(Rest { lane: Some(self), left, last, hub: hub.clone(), thread }))
        };
        let mut response = Response::new(body);
        (*response.status_mut(), *response.headers_mut()) = (head.status, head.headers);
        Ok(response)
    }

    /// Writes a request down. Names and values are checked where they are made:
    /// there is no line end in them.
    fn write(&mut self, request: Request<Outgoing>) -> io::Result<()> {
        let (parts, body) = request.into_parts();
        let Outgoing::Whole(body) = body else { return Err(io::ErrorKind::InvalidInput.into()) };
        let path = parts.uri.path_and_query().ok_or(io::ErrorKind::InvalidInput)?;
        let out = &mut self.out;
        out.clear();
        for piece in [parts.method.as_str(), " ", path.as_str(), " HTTP/1.1\r\nhost: ", AUTHORITY] {
            out.extend_from_slice(piece.as_bytes());
        }
        for (name, value) in &parts.headers {
            for piece in [b"\r\n", name.as_str().as_bytes(), b": ", value.as_bytes()] {
                out.extend_from_slice(piece);
            }
        }
        let body = body.unwrap_or_default();
        if !body.is_empty() {
            write!(out, "\r\ncontent-length: {}", body.len())?;
        }
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(&body);
        Ok(())
    }

    /// Reads on; it must not be the end.
    async fn fill(&mut self, wanted: usize) -> io::Result<()> {
        self.unread.reserve(wanted.max(ROOM));
        match self.wire.read_buf(&mut self.unread).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Ready for the next call, with no more memory than most of them need.
    fn be_small(&mut self) {
        for buffer in [&mut self.out, &mut self.unread] {
            buffer.clear();
            buffer.shrink_to(KEPT);
        }
    }

    /// The head of the answer, and where the body begins.
    async fn head(&mut self) -> io::Result<(usize, AnswerHead)> {
        loop {
            if let Some(read) = read_answer_head(&self.unread)? {
                return Ok(read);
            }
            if self.unread.len() >= MAX_HEAD {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.fill(ROOM).await?;
        }
    }
}

/// The head of an answer at the beginning of these bytes, and how long it is; `None`:
/// it is not all there.
///
/// # Errors
/// It is not the head of an answer of HTTP/1.1 that says once how long its body is.
pub fn read_answer_head(bytes: &[u8]) -> io::Result<Option<(usize, AnswerHead)>> {
    let wrong = |what: &str| {
        tracing::warn!("the server answered a call {what}");
        io::Error::from(io::ErrorKind::InvalidData)
    };
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut read = httparse::Response::new(&mut fields);
    let length = match read.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(wrong("with something else than HTTP/1.1")),
    };
    let status = read.code.and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.filter(|status| !status.is_informational() && read.version == Some(1));
    let status = status.ok_or_else(|| wrong("with something else than an answer"))?;
    let (mut headers, mut said, mut last) = (HeaderMap::new(), None, false);
    for field in &*read.headers {
        let is = |name: &HeaderName| field.name.eq_ignore_ascii_case(name.as_str());
        if is(&header::CONTENT_LENGTH) {
            let length = digits(field.value).filter(|_| said.is_none());
            said = Some(length.ok_or_else(|| wrong("without saying how long it is"))?);
        } else if is(&header::TRANSFER_ENCODING) {
            return Err(wrong("without saying how long it is"));
        } else if is(&header::CONNECTION) {
            last |= field.value.eq_ignore_ascii_case(b"close");
        } else if is(&header::RETRY_AFTER) || field.name.eq_ignore_ascii_case(NEXT_DUE_HEADER) {
            let name = if is(&header::RETRY_AFTER) {
                header::RETRY_AFTER
            } else {
                HeaderName::from_static(NEXT_DUE_HEADER)
            };
            let value = HeaderValue::from_bytes(field.value);
            headers.insert(name, value.map_err(|_| wrong("with a field that is none"))?);
        }
    }
    let length_of = match (status, said) {
        (StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED, None) => 0,
        (StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED, Some(_)) | (_, None) => {
            return Err(wrong("without saying how long it is"));
        }
        (_, Some(said)) => said,
    };
    Ok(Some((length, AnswerHead { status, headers, length: length_of, last })))
}

impl Rest {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let Some(lane) = &mut self.lane else { return Poll::Ready(None) };
        if lane.unread.is_empty() {
            // A record of TLS.
            lane.unread.reserve(AT_ONCE);
            let reading = std::pin::pin!(lane.wire.read_buf(&mut lane.unread));
            if ready!(reading.poll(cx))? == 0 {
                return Poll::Ready(Some(Err(self.broke())));
            }
        }
        let part = Bytes::from(std::mem::take(&mut lane.unread));
        let Some(left) = self.left.checked_sub(part.len() as u64) else {
            return Poll::Ready(Some(Err(self.broke())));
        };
        self.left = left;
        if left == 0
            && let Some(mut lane) = self.lane.take().filter(|_| !self.last)
        {
            lane.be_small();
            self.hub.upstream.give_back(self.thread, lane, self.hub.now());
        }
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn broke(&mut self) -> io::Error {
        self.lane = None;
        io::ErrorKind::UnexpectedEof.into()
    }
}

/// The server's answer broke off, or was longer than its route allows.
#[derive(Debug, thiserror::Error)]
#[error("the server's answer broke off")]
pub(crate) struct BrokeOff;

impl Body for Reply {
    type Data = Bytes;
    type Error = BrokeOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokeOff>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Lane(rest) => rest.poll(cx).map_err(|_| BrokeOff),
            Self::Stream(body) => Pin::new(body).poll_frame(cx).map_err(|_| BrokeOff),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Lane(rest) => rest.left == 0,
            Self::Stream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Lane(rest) => SizeHint::with_exact(rest.left),
            Self::Stream(body) => body.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(usize, AnswerHead)> {
        read_answer_head(text.as_bytes()).expect("an answer")
    }

    #[test]
    fn of_an_answer_that_goes_on_is_kept_what_goes_on() {
        let text = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 7\r\nRetry-After: 4\r\n\
                    date: today\r\nSekisho-Next-Due-Ms: 12\r\nConnection: Close\r\n\r\nproblem";
        let (length, head) = read(text).expect("all of it");
        assert_eq!((length, head.length), (text.len() - 7, 7));
        assert_eq!((head.status, head.last), (StatusCode::SERVICE_UNAVAILABLE, true));
        assert_eq!(head.headers.len(), 2);
        assert_eq!(head.headers[header::RETRY_AFTER], "4");
        assert_eq!(head.headers[NEXT_DUE_HEADER], "12");
        for end in 0..length {
            assert!(read(&text[..end]).is_none(), "{end}");
        }
        let (_, alive) = read("HTTP/1.1 204 No Content\r\n\r\n").expect("all of it");
        assert_eq!((alive.length, alive.last), (0, false));
    }

    #[test]
    fn what_is_not_one_answer_of_known_length_ends_the_lane() {
        for text in [
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 5\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
            "HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length : 5\r\n\r\n",
            "HTTP/1.1 200 OK\r\n content-length: 5\r\n\r\n",
            "SSH-2.0-OpenSSH_9.2\r\n",
        ] {
            assert!(read_answer_head(text.as_bytes()).is_err(), "{text:?}");
        }
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(MAX_FIELDS + 1));
        assert!(read_answer_head(many.as_bytes()).is_err());
    }
}
