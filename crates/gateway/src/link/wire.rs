//! A connection that can be cut from outside.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Cuts a [`Wire`]. hyper drives HTTP/2 in tasks of its own, which live as long
/// as any stream does: the control stream would keep a connection that was given
/// up.
#[derive(Debug, Default)]
pub(crate) struct Cutter {
    cut: AtomicBool,
    reads: AtomicWaker,
    writes: AtomicWaker,
}

impl Cutter {
    /// Nothing more is read or written.
    pub(crate) fn cut(&self) {
        self.cut.store(true, Ordering::Release);
        self.reads.wake();
        self.writes.wake();
    }

    /// What was done, unless it is cut: who cannot write yet hears of it.
    fn unless_cut<T>(
        &self,
        cx: &mut Context<'_>,
        done: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if done.is_pending() {
            self.writes.register(cx.waker());
        }
        self.check()?;
        done
    }

    fn check(&self) -> io::Result<()> {
        if self.cut.load(Ordering::Acquire) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

/// See the module.
pub(crate) struct Wire<T> {
    io: T,
    cutter: Arc<Cutter>,
}

impl<T> Wire<T> {
    /// A connection, and what cuts it.
    pub(crate) fn new(io: T) -> (Self, Arc<Cutter>) {
        let cutter = Arc::new(Cutter::default());
        (Self { io, cutter: cutter.clone() }, cutter)
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Wire<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { io, cutter } = self.get_mut();
        // Registered first: a cut in between is seen.
        cutter.reads.register(cx.waker());
        cutter.check()?;
        Pin::new(io).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Wire<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Self { io, cutter } = self.get_mut();
        cutter.check()?;
        let done = Pin::new(io).poll_write(cx, buf);
        cutter.unless_cut(cx, done)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { io, cutter } = self.get_mut();
        cutter.check()?;
        let done = Pin::new(io).poll_write_vectored(cx, bufs);
        cutter.unless_cut(cx, done)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { io, cutter } = self.get_mut();
        cutter.check()?;
        let done = Pin::new(io).poll_flush(cx);
        cutter.unless_cut(cx, done)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { io, cutter } = self.get_mut();
        cutter.check()?;
        Pin::new(io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn who_waits_for_bytes_hears_of_the_cut() {
        let (_other, io) = tokio::io::duplex(100);
        let (mut wire, cutter) = Wire::new(io);
        wire.write_all(b"before").await.expect("open");
        let mut byte = [0];
        let (read, ()) = tokio::join!(wire.read(&mut byte), async {
            tokio::task::yield_now().await;
            cutter.cut();
        });
        assert_eq!(read.expect_err("cut").kind(), io::ErrorKind::ConnectionAborted);
        assert!(wire.write_all(b"after").await.is_err());
    }

    #[tokio::test]
    async fn who_cannot_write_hears_of_the_cut() {
        let (_other, io) = tokio::io::duplex(10);
        let (mut wire, cutter) = Wire::new(io);
        let (written, ()) = tokio::join!(wire.write_all(&[0; 100]), async {
            tokio::task::yield_now().await;
            cutter.cut();
        });
        assert_eq!(written.expect_err("cut").kind(), io::ErrorKind::ConnectionAborted);
    }
}
