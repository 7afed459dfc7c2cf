//! TLS that passes through unopened: the name in its first message is
//! read, nothing else, and the bytes go to the server's own listener.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{Method, Request, StatusCode, Version};
use hyper_util::rt::TokioIo;
use rustls::server::Acceptor;
use sekisho_wire::gateway::{CONSOLE_AUTHORITY, FORWARDED_HEADER};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::hub::{Hub, Refused};
use crate::limits::Reason;
use crate::link::Outgoing;
use crate::plane::Ticket;
use crate::relay::forwarded;

/// Longest first message that is looked at, in bytes.
pub const MAX_HELLO_BYTES: usize = 16 * 1024;

/// Bytes on their way in one direction of one stream.
const BUFFER: usize = 16 * 1024;

/// What is known of a stream's first bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hello {
    /// More is needed.
    Unfinished,
    /// It is for this name, in lower case.
    For(String),
    /// It is for nobody: no TLS, or without a name.
    Nobody,
}

/// Reads the server name out of the beginning of a TLS stream.
pub fn read_hello(bytes: &[u8]) -> Hello {
    let (mut acceptor, mut rest) = (Acceptor::default(), bytes);
    loop {
        match acceptor.read_tls(&mut rest) {
            Ok(0) | Err(_) => {
                let long = bytes.len() >= MAX_HELLO_BYTES;
                return if long { Hello::Nobody } else { Hello::Unfinished };
            }
            Ok(_) => {}
        }
        match acceptor.accept() {
            Ok(None) => {}
            Ok(Some(accepted)) => {
                let name = accepted.client_hello().server_name().map(str::to_ascii_lowercase);
                return name.map_or(Hello::Nobody, Hello::For);
            }
            Err(_) => return Hello::Nobody,
        }
    }
}

/// Serves a connection on the pass-through listener.
pub(crate) async fn serve(
    hub: Arc<Hub>,
    worker: usize,
    stream: std::net::TcpStream,
    mut ticket: Ticket,
) {
    let Ok(mut stream) = TcpStream::from_std(stream) else { return };
    let _ = stream.set_nodelay(true);
    let mut allowed = hub.pass_through.subscribe();
    let passed = tokio::select! {
        // Switched off is switched off: streams that pass are cut.
        _ = allowed.wait_for(|allowed| !*allowed) => Ok(()),
        passed = Box::pin(pass(&hub, worker, &mut stream, &mut ticket)) => passed,
    };
    if let Err(reason) = passed {
        let work = hub.work();
        let (address, source) = (ticket.address, ticket.source);
        hub.refuse(reason, 0, &Refused { address, source, device: None, rules: &work.rules });
    }
}

/// One of the streams that pass; over when dropped.
struct Passing<'h>(&'h Hub);

impl Drop for Passing<'_> {
    fn drop(&mut self) {
        self.0.counters.pass_through.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn pass(
    hub: &Arc<Hub>,
    worker: usize,
    stream: &mut TcpStream,
    ticket: &mut Ticket,
) -> Result<(), Reason> {
    let hello = tokio::time::timeout(hub.timeouts.handshake, first_message(stream));
    let (name, first) = hello.await.map_err(|_| Reason::HandshakeTimeout)??;
    ticket.shaken(false)?;
    let work = hub.work();
    let passes = work.snapshot.as_ref().is_some_and(|snapshot| snapshot.passes(&name));
    if !passes {
        return Err(Reason::NameDoesNotPass);
    }
    let most = usize::try_from(work.rules.limits.pass_through).unwrap_or(usize::MAX);
    let count = hub.counters.pass_through.fetch_add(1, Ordering::Relaxed);
    let passing = Passing(hub);
    if count >= most {
        return Err(Reason::PassThrough);
    }
    let mut request = Request::new(Outgoing::Whole(None));
    *request.method_mut() = Method::CONNECT;
    *request.version_mut() = Version::HTTP_2;
    *request.uri_mut() = http::Uri::from_static(CONSOLE_AUTHORITY);
    request.headers_mut().insert(FORWARDED_HEADER, forwarded(ticket.address));
    drop(work);
    let connecting = hub.upstream.send(worker, request);
    let answer = tokio::time::timeout(hub.timeouts.handshake, connecting).await;
    let answer = answer.map_err(|_| Reason::ServerSlow)?.map_err(|_| Reason::NoServer)?;
    if answer.status() != StatusCode::OK {
        return Err(Reason::ServerBroke);
    }
    let upgraded = hyper::upgrade::on(answer).await.map_err(|_| Reason::ServerBroke)?;
    let mut server = TokioIo::new(upgraded);
    // What ends such a stream, and how, is between its two ends.
    let idle = hub.timeouts.pass_through_idle;
    if server.write_all(&first).await.is_ok() {
        let _ = copy_both(stream, &mut server, idle).await;
    }
    drop(passing);
    Ok(())
}

/// Reads until the name is known; with it, the bytes that were read.
async fn first_message(stream: &mut TcpStream) -> Result<(String, Vec<u8>), Reason> {
    let mut bytes = Vec::with_capacity(1024);
    let mut stream = stream.take(MAX_HELLO_BYTES as u64);
    loop {
        let read = stream.read_buf(&mut bytes).await;
        if read.map_err(|_| Reason::HandshakeFailed)? == 0 {
            return Err(Reason::HandshakeFailed);
        }
        match read_hello(&bytes) {
            Hello::Unfinished => {}
            Hello::For(name) => return Ok((name, bytes)),
            Hello::Nobody => return Err(Reason::NameDoesNotPass),
        }
    }
}

/// Copies in both directions until both have ended, one breaks, or neither says
/// anything for `idle`.
async fn copy_both(
    one: &mut (impl AsyncRead + AsyncWrite + Unpin),
    other: &mut (impl AsyncRead + AsyncWrite + Unpin),
    idle: Duration,
) -> io::Result<()> {
    let (mut one_reads, mut one_writes) = tokio::io::split(one);
    let (mut other_reads, mut other_writes) = tokio::io::split(other);
    let moved = std::sync::Mutex::new(Instant::now());
    let there = copy(&mut one_reads, &mut other_writes, &moved);
    let back = copy(&mut other_reads, &mut one_writes, &moved);
    let quiet = async {
        loop {
            let until = *moved.lock().expect("no holder panics") + idle;
            if until <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(until).await;
        }
    };
    tokio::select! {
        both = async { tokio::try_join!(there, back) } => both.map(|_| ()),
        () = quiet => Ok(()),
    }
}

async fn copy(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    moved: &std::sync::Mutex<Instant>,
) -> io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        // Taken when there is something to read, given back when there is not:
        // most streams say nothing most of the time.
        let read = std::future::poll_fn(|cx| {
            buffer.resize(BUFFER, 0);
            let mut space = tokio::io::ReadBuf::new(&mut buffer);
            let polled = Pin::new(&mut *from).poll_read(cx, &mut space);
            let read = space.filled().len();
            if polled.is_pending() {
                buffer = Vec::new();
            }
            polled.map_ok(|()| read)
        });
        let read = read.await?;
        *moved.lock().expect("no holder panics") = Instant::now();
        if read == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..read]).await?;
        to.flush().await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::ServerName;

    /// The first message of a client that wants this name.
    fn hello(name: &'static str) -> Vec<u8> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let name = ServerName::try_from(name).expect("a name");
        let mut client = rustls::ClientConnection::new(Arc::new(config), name).expect("a client");
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).expect("a vector takes all");
        bytes
    }

    #[test]
    fn the_name_is_known_at_the_last_byte_of_the_first_message() {
        let bytes = hello("Console.example.jp");
        for cut in 0..bytes.len() {
            assert_eq!(read_hello(&bytes[..cut]), Hello::Unfinished, "{cut} bytes");
        }
        assert_eq!(read_hello(&bytes), Hello::For("console.example.jp".to_owned()));
        let more = [bytes, vec![0x14, 3, 3, 0, 1, 1]].concat();
        assert_eq!(read_hello(&more), Hello::For("console.example.jp".to_owned()));
    }

    #[test]
    fn what_is_not_for_anybody_is_told_apart() {
        assert_eq!(read_hello(&hello("192.0.2.1")), Hello::Nobody, "an address is no name");
        assert_eq!(read_hello(b"GET / HTTP/1.1\r\nHost: console\r\n\r\n"), Hello::Nobody);
        let mut endless = vec![0x16, 3, 1, 0x3f, 0xff, 1, 0, 0xff, 0xff];
        endless.resize(MAX_HELLO_BYTES, 0);
        assert_eq!(read_hello(&endless), Hello::Nobody);
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_pass_both_ways_until_nobody_says_anything() {
        let (mut client, mut one) = tokio::io::duplex(100);
        let (mut server, mut other) = tokio::io::duplex(100);
        let idle = Duration::from_secs(60);
        let started = Instant::now();
        let copying = copy_both(&mut one, &mut other, idle);
        let talking = async {
            let sent = vec![7; 100_000];
            let (mut heard, mut back) = (vec![0; sent.len()], [0; 5]);
            let write = async { client.write_all(&sent).await.expect("open") };
            let read = async { server.read_exact(&mut heard).await.expect("open") };
            tokio::join!(write, read);
            assert_eq!(heard, sent);
            server.write_all(b"hello").await.expect("open");
            client.read_exact(&mut back).await.expect("open");
            assert_eq!(&back, b"hello");
            (client, server)
        };
        let (copied, _ends) = tokio::join!(copying, talking);
        copied.expect("no error");
        assert_eq!(started.elapsed(), idle);
    }
}
