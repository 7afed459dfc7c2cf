//! A socket that moves from one thread's runtime to another's.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// See the module. On its way nothing is read or written.
pub(crate) struct Socket(Place);

enum Place {
    Here(TcpStream),
    Underway(std::net::TcpStream),
    Lost,
}

impl Socket {
    /// At the runtime the stream is at.
    pub(crate) fn new(stream: TcpStream) -> Self {
        // Without it every small answer waits for an acknowledgement.
        let _ = stream.set_nodelay(true);
        Self(Place::Here(stream))
    }

    /// Away from the runtime it is at.
    pub(crate) fn leave(&mut self) {
        self.0 = match std::mem::replace(&mut self.0, Place::Lost) {
            Place::Here(stream) => stream.into_std().map_or(Place::Lost, Place::Underway),
            other => other,
        };
    }

    /// To the runtime that calls this, if it is underway.
    ///
    /// # Errors
    /// When the system refuses, or refused before.
    pub(crate) fn arrive(&mut self) -> io::Result<()> {
        self.0 = match std::mem::replace(&mut self.0, Place::Lost) {
            Place::Underway(stream) => Place::Here(TcpStream::from_std(stream)?),
            other => other,
        };
        self.here().map(drop)
    }

    fn here(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        match &mut self.0 {
            Place::Here(stream) => Ok(Pin::new(stream)),
            Place::Underway(_) | Place::Lost => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.get_mut().here()?.poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().here()?.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let stream = self.get_mut().here()?;
        // A record of TLS is one piece, mostly: for that the system has a shorter way.
        match bufs {
            [one] => stream.poll_write(cx, one),
            _ => stream.poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().here()?.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().here()?.poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, TcpListener};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
    }

    #[test]
    fn what_came_underway_is_read_at_the_next_runtime() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let mut other = std::net::TcpStream::connect(listener.local_addr().expect("bound"));
        let other = other.as_mut().expect("connected");
        let (stream, _) = listener.accept().expect("accepted");
        stream.set_nonblocking(true).expect("set");
        let (first, second) = (runtime(), runtime());
        let mut byte = [0];
        let mut socket = first.block_on(async {
            let stream = TcpStream::from_std(stream).expect("at the first");
            let mut socket = Socket::new(stream);
            io::Write::write_all(other, b"a").expect("written");
            socket.read_exact(&mut byte).await.expect("read");
            socket.leave();
            let refused = socket.read_exact(&mut byte).await.expect_err("underway");
            assert_eq!(refused.kind(), io::ErrorKind::NotConnected);
            socket
        });
        drop(first);
        io::Write::write_all(other, b"b").expect("written");
        second.block_on(async {
            socket.arrive().expect("at the second");
            socket.read_exact(&mut byte).await.expect("read");
            assert_eq!(byte, *b"b");
            socket.write_all(b"c").await.expect("written");
        });
        io::Read::read_exact(other, &mut byte).expect("read");
        assert_eq!(byte, *b"c");
    }
}
