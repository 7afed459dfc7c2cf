//! Syslog over UDP, TCP and TLS.
//!
//! Syslog has no acknowledgement, so each batch has a connection of its own,
//! which we end first. A receiver whose kernel has taken bytes that its
//! program has not read answers the end with a reset; a clean end says that
//! the program has read everything. Only then does the cursor move.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::UdpSocket;

use super::net;
use crate::config::{HostPort, Transport};

/// The other side may take so long to end the connection after us.
const END_TIMEOUT: Duration = Duration::from_secs(15);

/// Longest datagram, in bytes: what every receiver takes.
const MAX_DATAGRAM_BYTES: usize = 8192;

/// Sends messages.
pub(super) async fn send(
    transport: &Transport,
    address: &HostPort,
    messages: &[String],
) -> Result<(), String> {
    let failed = |error: io::Error| format!("syslog to {address}: {error}");
    match transport {
        Transport::Udp => datagrams(address, messages).await.map_err(failed),
        Transport::Tcp => {
            let stream = net::tcp(address).await?;
            framed(stream, messages).await.map_err(failed)
        }
        Transport::Tls(files) => {
            let stream = net::tls(address, files).await?;
            framed(stream, messages).await.map_err(failed)
        }
    }
}

/// Octet counting (RFC 6587, 3.4.1; RFC 5425, 4.3): the length in bytes, a
/// blank, the message.
fn frame(messages: &[String]) -> Vec<u8> {
    let mut out = Vec::with_capacity(messages.iter().map(|text| text.len() + 8).sum());
    for message in messages {
        out.extend_from_slice(format!("{} ", message.len()).as_bytes());
        out.extend_from_slice(message.as_bytes());
    }
    out
}

async fn framed(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    messages: &[String],
) -> io::Result<()> {
    stream.write_all(&frame(messages)).await?;
    stream.flush().await?;
    stream.shutdown().await?;
    let end = async {
        let mut ignored = [0; 256];
        loop {
            match stream.read(&mut ignored).await {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                // The end of the connection without the end of TLS: the other
                // side closed it, and had read everything.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    };
    let timed_out = || io::Error::new(io::ErrorKind::TimedOut, "the end was not confirmed");
    tokio::time::timeout(END_TIMEOUT, end).await.map_err(|_| timed_out())?
}

async fn datagrams(address: &HostPort, messages: &[String]) -> io::Result<()> {
    let any = if address.host.contains(':') { "[::]:0" } else { "0.0.0.0:0" };
    let socket = UdpSocket::bind(any).await?;
    socket.connect((address.host.as_str(), address.port)).await?;
    for message in messages {
        let end = message.floor_char_boundary(MAX_DATAGRAM_BYTES);
        socket.send(&message.as_bytes()[..end]).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[test]
    fn frames_count_bytes_not_characters() {
        let frames = frame(&["ab".to_owned(), "関\n".to_owned()]);
        assert_eq!(frames, "2 ab4 関\n".as_bytes());
    }

    async fn listener() -> (TcpListener, HostPort) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let port = listener.local_addr().expect("an address").port();
        (listener, HostPort { host: "127.0.0.1".to_owned(), port })
    }

    #[tokio::test]
    async fn a_receiver_that_reads_to_the_end_confirms() {
        let (listener, address) = listener().await;
        let messages = vec!["<110>1 x".to_owned(); 500];
        let receive = async {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut got = Vec::new();
            stream.read_to_end(&mut got).await.expect("the end");
            got
        };
        let (sent, got) = tokio::join!(send(&Transport::Tcp, &address, &messages), receive);
        assert_eq!(sent, Ok(()));
        assert_eq!(got, frame(&messages));
    }

    #[tokio::test]
    async fn a_receiver_that_dies_with_unread_bytes_does_not() {
        let (listener, address) = listener().await;
        let messages = vec!["<110>1 x".to_owned(); 500];
        let die = async {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            stream.read_exact(&mut [0; 10]).await.expect("some bytes");
            drop(stream);
        };
        let (sent, ()) = tokio::join!(send(&Transport::Tcp, &address, &messages), die);
        assert!(sent.is_err(), "nobody has read it");
    }

    #[tokio::test]
    async fn nobody_there_is_said_with_the_address() {
        let (listener, address) = listener().await;
        drop(listener);
        let error = send(&Transport::Tcp, &address, &["x".to_owned()]).await.expect_err("nobody");
        assert!(error.contains(&format!("cannot connect to {address}")), "{error}");
    }
}
