//! The way to the mail server until TLS holds: TCP, if need be STARTTLS, and the
//! handshake. Nothing of a mail or a password is sent before.
//!
//! The library that speaks SMTP afterwards is given a connection that is
//! encrypted already. What the server may have said in the clear besides its
//! answers ends the connection: otherwise somebody in between could put words
//! into the encrypted conversation (*NO STARTTLS*, USENIX Security 2021).

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
    ReadBuf,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::config::{MailConfig, MailTls};

/// The longest line of an answer, in bytes (RFC 5321, section 4.5.3.1.5, and
/// room for servers that do not know it).
const MAX_LINE_BYTES: u64 = 2048;

/// The most lines of one answer.
const MAX_LINES: usize = 100;

/// An encrypted connection to a mail server.
pub(super) struct Secured {
    /// What is read first: after STARTTLS the server does not greet again, but
    /// the library waits for a greeting.
    greeting: &'static [u8],
    tls: TlsStream<TcpStream>,
}

/// Connects and makes the connection secure.
pub(super) async fn connect(config: &MailConfig, us: &ClientId) -> Result<Secured, String> {
    let address = &config.server;
    let tls = client_config(config)?;
    let name = ServerName::try_from(address.host.clone())
        .map_err(|_| format!("{} is no name that a certificate could have", address.host))?;
    let stream = TcpStream::connect((address.host.as_str(), address.port))
        .await
        .map_err(|error| format!("cannot connect to {address}: {error}"))?;
    let (stream, greeting): (_, &'static [u8]) = match config.tls {
        MailTls::Implicit => (stream, b""),
        MailTls::StartTls => {
            let stream = start_tls(stream, us).await.map_err(|error| format!("{address}: {error}"));
            (stream?, b"220 secured\r\n")
        }
    };
    let connect = TlsConnector::from(Arc::new(tls)).connect(name, stream);
    let tls = connect.await.map_err(|error| format!("TLS with {address}: {error}"))?;
    Ok(Secured { greeting, tls })
}

impl Secured {
    /// The version of TLS, for people.
    pub(super) fn version(&self) -> String {
        let version = self.tls.get_ref().1.protocol_version();
        version.map_or_else(|| "TLS".to_owned(), |version| format!("{version:?}"))
    }
}

/// RFC 3207. Gives the connection back at the point where TLS begins.
async fn start_tls(stream: TcpStream, us: &ClientId) -> Result<TcpStream, String> {
    let mut stream = BufReader::new(stream);
    expect(&mut stream, "220", "greet").await?;
    say(&mut stream, &format!("EHLO {us}\r\n")).await?;
    let offers = expect(&mut stream, "250", "answer EHLO").await?;
    let offers_tls = offers.iter().skip(1).any(|line| line.trim().eq_ignore_ascii_case("starttls"));
    if !offers_tls {
        return Err(
            "the server does not offer STARTTLS, and nothing is sent in the clear; use its port \
             for tls:// if it has one"
                .to_owned(),
        );
    }
    say(&mut stream, "STARTTLS\r\n").await?;
    expect(&mut stream, "220", "begin TLS").await?;
    if !stream.buffer().is_empty() {
        return Err(
            "the server said something in the clear after STARTTLS; somebody may be in between"
                .to_owned(),
        );
    }
    Ok(stream.into_inner())
}

async fn say(stream: &mut BufReader<TcpStream>, line: &str) -> Result<(), String> {
    let said = async {
        stream.write_all(line.as_bytes()).await?;
        stream.flush().await
    };
    said.await.map_err(|error| format!("the connection broke: {error}"))
}

/// Reads an answer with this code and gives its lines.
async fn expect(
    stream: &mut BufReader<TcpStream>,
    code: &str,
    what: &str,
) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        let read = (&mut *stream).take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await;
        read.map_err(|error| format!("the connection broke: {error}"))?;
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\r', '\n']);
        if line.last() != Some(&b'\n') || lines.len() >= MAX_LINES {
            return Err(format!("the server did not {what}; is it a mail server?"));
        }
        if !text.starts_with(code) {
            return Err(format!("the server did not {what}: {}", super::smtp::shown(text)));
        }
        lines.push(text.get(4..).unwrap_or_default().to_owned());
        if text.as_bytes().get(3) != Some(&b'-') {
            return Ok(lines);
        }
    }
}

/// TLS 1.2 is taken, too: many mail servers have no other. The files are read
/// each time: certificates are replaced while the server runs.
fn client_config(config: &MailConfig) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(roots(config.ca.as_deref())?).with_no_client_auth())
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    match ca {
        Some(path) => {
            let found: Vec<CertificateDer<'static>> = crate::audit::certificates(path)?;
            for certificate in found {
                let added = roots.add(certificate);
                added.map_err(|error| format!("{} is not usable: {error}", path.display()))?;
            }
        }
        None => {
            let found = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(found.certs);
            if roots.is_empty() {
                return Err(
                    "this system has no CA certificates; install ca-certificates, or name a file \
                     as 'mail.ca'"
                        .to_owned(),
                );
            }
        }
    }
    Ok(roots)
}

impl fmt::Debug for Secured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secured")
    }
}

impl AsyncTokioStream for Secured {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tls.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Secured {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let greeting = self.greeting;
        if !greeting.is_empty() {
            let (now, rest) = greeting.split_at(greeting.len().min(buf.remaining()));
            buf.put_slice(now);
            self.greeting = rest;
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.tls).poll_read(cx, buf)
    }
}

impl AsyncWrite for Secured {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tls).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(cx)
    }
}
