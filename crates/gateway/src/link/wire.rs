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
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::task::JoinSet;

    /// What comes of it when it is cut while it waits. In a task of its own: only its
    /// waker has it looked at again.
    async fn cut_while<T: Send + 'static>(
        cutter: &Cutter,
        what: impl Future<Output = io::Result<T>> + Send + 'static,
    ) -> Option<io::ErrorKind> {
        let mut tasks = JoinSet::new();
        tasks.spawn(what);
        tokio::task::yield_now().await;
        cutter.cut();
        let ended = tokio::time::timeout(Duration::from_secs(5), tasks.join_next()).await;
        let ended = ended.expect("it hears of the cut").expect("a task").expect("no panic");
        ended.err().map(|error| error.kind())
    }

    #[tokio::test]
    async fn who_waits_for_bytes_hears_of_the_cut_and_nobody_writes_after_it() {
        let (_other, io) = tokio::io::duplex(100);
        let (mut wire, cutter) = Wire::new(io);
        wire.write_all(b"before").await.expect("open");
        let reading = async move {
            let read = wire.read(&mut [0]).await;
            assert!(wire.write_all(b"after").await.is_err());
            read
        };
        assert_eq!(cut_while(&cutter, reading).await, Some(io::ErrorKind::ConnectionAborted));
    }

    #[tokio::test]
    async fn who_cannot_write_hears_of_the_cut() {
        let (_other, io) = tokio::io::duplex(10);
        let (mut wire, cutter) = Wire::new(io);
        let writing = async move { wire.write_all(&[0; 100]).await };
        assert_eq!(cut_while(&cutter, writing).await, Some(io::ErrorKind::ConnectionAborted));
    }
}
