//! Between TLS and hyper: looks at the bytes of a connection before hyper does,
//! and notices a peer that is too slow.

mod frames;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::filter::MAX_HEAD_BYTES;
use crate::filter::head::{self, Head};
use crate::plane::Live;

pub use frames::Frames;

/// What hyper is given in place of a head that is refused. Its path is no
/// route's; what it is answered with stands in the connection's [`Live`].
const REFUSED: &[u8] = b"GET /- HTTP/1.1\r\nhost: -\r\nconnection: close\r\n\r\n";

/// The path in it.
pub(crate) const REFUSED_PATH: &str = "/-";

/// Before a socket is closed, so many bytes that still come are read away: to
/// close over unread bytes would take the answer back.
const LINGER_BYTES: usize = 256 * 1024;

/// A connection's bytes under guard.
pub(crate) struct Guard<T> {
    io: T,
    live: Arc<Live>,
    watch: Watch,
}

enum Watch {
    Http1(Http1),
    // Boxed: HTTP/2 is the exception among ten thousand parked waits.
    Http2(Box<Frames>),
}

/// Where in HTTP/1.1 a connection is.
#[derive(Default)]
struct Http1 {
    /// Read from the peer and not looked at yet.
    unseen: Vec<u8>,
    /// Looked at and not given to hyper yet, from `given` on.
    seen: Vec<u8>,
    given: usize,
    /// So many bytes of a body follow.
    body: u64,
    /// The peer has said all.
    over: bool,
    /// A head was refused: what still comes is read away.
    refused: bool,
    lingered: usize,
}

impl<T> Guard<T> {
    /// Guards HTTP/1.1.
    pub(crate) fn http1(io: T, live: Arc<Live>) -> Self {
        Self { io, live, watch: Watch::Http1(Http1::default()) }
    }

    /// Guards HTTP/2.
    pub(crate) fn http2(io: T, live: Arc<Live>) -> Self {
        Self { io, live, watch: Watch::Http2(Box::default()) }
    }
}

impl Http1 {
    /// Gives hyper what was seen; `false` when there is nothing.
    fn give(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let left = &self.seen[self.given..];
        if left.is_empty() {
            return false;
        }
        let now = left.len().min(buf.remaining());
        buf.put_slice(&left[..now]);
        self.given += now;
        if self.given == self.seen.len() {
            (self.seen, self.given) = (Vec::new(), 0);
        }
        true
    }

    /// Looks at what is unseen. `true`: there is something to give.
    fn look(&mut self, live: &Live) -> bool {
        if self.unseen.is_empty() {
            return false;
        }
        if self.body > 0 {
            let most = usize::try_from(self.body).unwrap_or(usize::MAX);
            let rest = self.unseen.split_off(most.min(self.unseen.len()));
            self.seen = std::mem::replace(&mut self.unseen, rest);
            self.body -= self.seen.len() as u64;
            return true;
        }
        match head::check(&self.unseen) {
            Ok(Some(found)) => {
                let rest = self.unseen.split_off(found.length);
                self.seen = std::mem::replace(&mut self.unseen, rest);
                self.pass(found);
                live.head_ended();
                true
            }
            Ok(None) => {
                live.head_began();
                false
            }
            Err(reason) => {
                (self.unseen, self.seen) = (Vec::new(), REFUSED.to_vec());
                self.refused = true;
                live.refuse_head(reason);
                live.head_ended();
                true
            }
        }
    }

    /// A head in order goes on. Where it leads nowhere hyper gets a target that
    /// it can read, so that the answer is the same constant 404 as everywhere.
    fn pass(&mut self, head: Head) {
        self.body = head.body;
        if let Some(place) = head.nowhere {
            let method = &self.seen[..self.seen.iter().position(|b| *b == b' ').unwrap_or(0)];
            let method = if method == b"CONNECT" { b"GET" } else { method };
            let target = [method, b" ", REFUSED_PATH.as_bytes()].concat();
            self.seen.splice(place, target);
        }
    }

    /// The usual case: a whole head, with its body or a part of it, stands in
    /// hyper's own buffer. `false`: it must be looked at piece by piece.
    fn pass_in_place(&mut self, buf: &mut ReadBuf<'_>, before: usize) -> bool {
        let new = &buf.filled()[before..];
        if self.body > 0 {
            let body = usize::try_from(self.body).unwrap_or(usize::MAX).min(new.len());
            self.unseen = new[body..].to_vec();
            self.body -= body as u64;
            buf.set_filled(before + body);
            return true;
        }
        let Ok(Some(Head { length, body, nowhere: None })) = head::check(new) else { return false };
        let rest = &new[length..];
        let here = usize::try_from(body).unwrap_or(usize::MAX).min(rest.len());
        self.unseen = rest[here..].to_vec();
        self.body = body - here as u64;
        buf.set_filled(before + length + here);
        true
    }

    fn poll_read<T: AsyncRead + Unpin>(
        &mut self,
        io: &mut T,
        live: &Live,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if self.give(buf) || self.over || buf.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            if self.refused {
                // No end is shown before the answer is out: hyper would not send it.
                ready!(self.poll_linger(io, cx));
                self.over = true;
                continue;
            }
            if self.look(live) {
                continue;
            }
            loop {
                let before = buf.filled().len();
                ready!(Pin::new(&mut *io).poll_read(cx, buf))?;
                let new = &buf.filled()[before..];
                if new.is_empty() {
                    self.over = true;
                    return Poll::Ready(Ok(()));
                }
                if self.unseen.is_empty() && self.pass_in_place(buf, before) {
                    return Poll::Ready(Ok(()));
                }
                let new = &buf.filled()[before..];
                let news = self.unseen.is_empty() || new.contains(&b'\n');
                self.unseen.extend_from_slice(new);
                buf.set_filled(before);
                if news || self.unseen.len() >= MAX_HEAD_BYTES {
                    break;
                }
            }
        }
    }

    /// Reads away what still comes; ready when the peer has said all. Of one that
    /// never ends only so much is read.
    fn poll_linger<T: AsyncRead + Unpin>(&mut self, io: &mut T, cx: &mut Context<'_>) -> Poll<()> {
        let mut bytes = [0; 1024];
        loop {
            if self.lingered >= LINGER_BYTES {
                return Poll::Pending;
            }
            let mut buf = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut *io).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => self.lingered += buf.filled().len(),
                Ok(()) | Err(_) => return Poll::Ready(()),
            }
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Guard<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { io, live, watch } = self.get_mut();
        match watch {
            Watch::Http1(http1) => http1.poll_read(io, live, cx, buf),
            Watch::Http2(frames) => {
                let before = buf.filled().len();
                ready!(Pin::new(io).poll_read(cx, buf))?;
                let seen = frames.see(&buf.filled()[before..], live.now());
                if frames.is_between() {
                    live.head_ended();
                } else {
                    live.head_began();
                }
                seen.map_err(|reason| {
                    live.fault(reason);
                    io::Error::other(reason.as_str())
                })?;
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guard<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Self { io, live, .. } = self.get_mut();
        let written = Pin::new(io).poll_write(cx, buf);
        live.write_blocked(written.is_pending());
        written
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { io, live, .. } = self.get_mut();
        let written = Pin::new(io).poll_write_vectored(cx, bufs);
        live.write_blocked(written.is_pending());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { io, live, .. } = self.get_mut();
        let flushed = Pin::new(io).poll_flush(cx);
        live.write_blocked(flushed.is_pending());
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { io, live, watch } = self.get_mut();
        ready!(Pin::new(&mut *io).poll_shutdown(cx))?;
        if let Watch::Http1(http1) = watch
            && !http1.over
            && (http1.refused || http1.body > 0)
        {
            live.lingers();
            ready!(http1.poll_linger(io, cx));
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests;
