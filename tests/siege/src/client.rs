//! Connections to the gateway, from any address of loopback.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::Resumption;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use sekisho_gatewaykit::{NAME, Site};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::device::Device;

/// How long a connection may take to come about; a gateway that needs longer
/// does not answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Where the gateway is, and whom to believe.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) agents: SocketAddr,
    roots: Arc<RootCertStore>,
}

impl Door {
    pub(crate) fn new(site: &Site, agents: SocketAddr) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(site.ca.trust().root().to_vec())).expect("a root");
        Self { agents, roots: Arc::new(roots) }
    }

    /// TLS as this device does it, or as somebody without a certificate. Made
    /// once for all connections of one peer.
    pub(crate) fn tls(&self, device: Option<&Device>, alpn: &str) -> Arc<ClientConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_root_certificates(self.roots.clone());
        let mut config = match device {
            Some(device) => {
                let (chain, key) = device.shown();
                builder.with_client_auth_cert(chain, key).expect("a key")
            }
            None => builder.with_no_client_auth(),
        };
        config.resumption = Resumption::disabled();
        config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
        Arc::new(config)
    }

    /// A connection without TLS yet. `window`: the size of its receive buffer, for
    /// one that will not read.
    pub(crate) async fn tcp(
        &self,
        from: Ipv4Addr,
        window: Option<u32>,
    ) -> std::io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        if let Some(window) = window {
            socket.set_recv_buffer_size(window)?;
        }
        socket.bind(SocketAddr::from((from, 0)))?;
        let connected = tokio::time::timeout(PATIENCE, socket.connect(self.agents)).await??;
        connected.set_nodelay(true)?;
        Ok(connected)
    }

    /// A connection with TLS.
    pub(crate) async fn connect(
        &self,
        from: Ipv4Addr,
        tls: &Arc<ClientConfig>,
    ) -> std::io::Result<Connection> {
        self.connect_with(from, tls, None).await
    }

    /// As [`Self::connect`], with a receive buffer of this size.
    pub(crate) async fn connect_with(
        &self,
        from: Ipv4Addr,
        tls: &Arc<ClientConfig>,
        window: Option<u32>,
    ) -> std::io::Result<Connection> {
        let stream = self.tcp(from, window).await?;
        let name = ServerName::try_from(NAME).expect("a name");
        let connecting = TlsConnector::from(tls.clone()).connect(name, stream);
        Ok(Connection(tokio::time::timeout(PATIENCE, connecting).await??))
    }
}

/// A connection that sends bytes.
pub(crate) struct Connection(pub(crate) TlsStream<TcpStream>);

/// What came of bytes that were sent.
#[derive(Debug)]
pub(crate) struct Came {
    /// Everything that was answered.
    pub(crate) bytes: Vec<u8>,
    /// The gateway closed the connection.
    pub(crate) closed: bool,
    /// After so long.
    pub(crate) after: Duration,
}

impl Connection {
    /// Sends, and reads until the gateway closes or `limit` is over.
    pub(crate) async fn exchange(self, bytes: &[u8], limit: Duration) -> Came {
        self.drip(bytes, b"", Duration::MAX, limit).await
    }

    /// Sends `first`, then a byte of `rest` (round and round) each `every`, and
    /// reads until the gateway closes or `limit` is over.
    pub(crate) async fn drip(
        self,
        first: &[u8],
        rest: &[u8],
        every: Duration,
        limit: Duration,
    ) -> Came {
        let began = crate::elapsed();
        let (mut reads, mut writes) = tokio::io::split(self.0);
        let mut bytes = Vec::new();
        let writing = async {
            // The gateway may close before it has read everything.
            let mut open = writes.write_all(first).await.is_ok() && writes.flush().await.is_ok();
            for byte in rest.iter().cycle() {
                if !open {
                    break;
                }
                tokio::time::sleep(every).await;
                open = writes.write_all(&[*byte]).await.is_ok() && writes.flush().await.is_ok();
            }
            std::future::pending::<()>().await;
        };
        let reading = async {
            let mut buffer = [0; 16 * 1024];
            while let Ok(read @ 1..) = reads.read(&mut buffer).await {
                bytes.extend_from_slice(&buffer[..read]);
            }
        };
        let closed = tokio::select! {
            () = writing => false,
            ended = tokio::time::timeout(limit, reading) => ended.is_ok(),
        };
        Came { bytes, closed, after: crate::since(began) }
    }

    /// Sends one request of HTTP/1.1 and reads one answer to it.
    ///
    /// # Errors
    /// When the connection ends before that, or nothing comes.
    pub(crate) async fn ask(&mut self, bytes: &[u8]) -> std::io::Result<Answer> {
        let asking = async {
            self.0.write_all(bytes).await?;
            self.0.flush().await?;
            let mut text = Vec::new();
            while !text.ends_with(b"\r\n\r\n") {
                text.push(self.0.read_u8().await?);
            }
            let (status, length) = head(&text).ok_or_else(|| {
                let text = String::from_utf8_lossy(&text).into_owned();
                std::io::Error::other(format!("no answer of HTTP/1.1: {text:?}"))
            })?;
            let mut body = vec![0; length];
            self.0.read_exact(&mut body).await?;
            Ok(Answer { status, body })
        };
        tokio::time::timeout(PATIENCE, asking).await?
    }
}

/// An answer of HTTP/1.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// All answers in what came, and what stands behind the last whole one.
pub(crate) fn answers(bytes: &[u8]) -> (Vec<Answer>, &[u8]) {
    let (mut rest, mut answers) = (bytes, Vec::new());
    while let Some(end) = rest.windows(4).position(|window| window == b"\r\n\r\n") {
        let (text, after) = rest.split_at(end + 4);
        let Some((status, length)) = head(text) else { break };
        let Some((body, behind)) = after.split_at_checked(length) else { break };
        answers.push(Answer { status, body: body.to_vec() });
        rest = behind;
    }
    (answers, rest)
}

/// Status and length of an answer's head.
fn head(text: &[u8]) -> Option<(u16, usize)> {
    let text = std::str::from_utf8(text).ok()?;
    let (version, rest) = text.split_once(' ')?;
    let status = rest.get(..3)?.parse().ok()?;
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.map_or(Some(0), |digits| digits.parse().ok())?;
    (version == "HTTP/1.1").then_some((status, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_one_by_one_and_what_is_behind_them_is_kept() {
        let one = b"HTTP/1.1 404 Not Found\r\ncontent-length: 3\r\n\r\nabc";
        let two = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n";
        let bytes = [&one[..], two, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort"].concat();
        let (found, behind) = answers(&bytes);
        let statuses: Vec<_> = found.iter().map(|answer| answer.status).collect();
        assert_eq!((statuses, found[0].body.as_slice()), (vec![404, 400], &b"abc"[..]));
        assert!(behind.ends_with(b"short"), "the third is not whole");
        assert_eq!(answers(b"SSH-2.0-x\r\n\r\n").0, []);
    }
}
