//! A stranger's look at a listener: a TLS client that offers what it is told to
//! offer, and says over HTTP/1.1 what it is told to say. It believes every
//! certificate, and shows what it was shown.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, SupportedKxGroup, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned,
    SupportedCipherSuite, SupportedProtocolVersion,
};
use tokio::net::TcpSocket;

/// Nothing on loopback takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a client offers, preferred first.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Versions of TLS.
    pub versions: Vec<&'static SupportedProtocolVersion>,
    /// Cipher suites.
    pub suites: Vec<SupportedCipherSuite>,
    /// Key exchange groups.
    pub groups: Vec<&'static dyn SupportedKxGroup>,
}

impl Offer {
    /// Everything that the library knows.
    pub fn everything() -> Self {
        Self {
            versions: vec![&rustls::version::TLS13, &rustls::version::TLS12],
            suites: aws_lc_rs::ALL_CIPHER_SUITES.to_vec(),
            groups: aws_lc_rs::ALL_KX_GROUPS.to_vec(),
        }
    }

    /// The same, turned round.
    fn backwards(&self) -> Self {
        let mut turned = self.clone();
        turned.suites.reverse();
        turned.groups.reverse();
        turned
    }
}

/// What was agreed on, by the numbers of the IANA registries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// The version of TLS.
    pub version: u16,
    /// The cipher suite.
    pub suite: u16,
    /// The key exchange group.
    pub group: u16,
}

/// How a listener speaks TLS, as strangers find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Versions that it takes alone.
    pub versions: Vec<u16>,
    /// Suites that it takes alone.
    pub suites: Vec<u16>,
    /// Groups that it takes alone.
    pub groups: Vec<u16>,
    /// Which suites it chooses, one after the other, of those that are left: by a
    /// client that offers them in one order, and in the other.
    pub preferred_suites: [Vec<u16>; 2],
    /// The same of groups.
    pub preferred_groups: [Vec<u16>; 2],
}

/// Scans a listener.
///
/// # Panics
/// When nobody listens there.
pub fn scan(address: SocketAddr, name: &str) -> Scan {
    let all = Offer::everything();
    let takes = |offer: &Offer| shake(address, name, offer);
    let versions = all.versions.iter().filter_map(|version| {
        takes(&Offer { versions: vec![*version], ..all.clone() }).map(|agreed| agreed.version)
    });
    let suites = all.suites.iter().filter_map(|suite| {
        takes(&Offer { suites: vec![*suite], ..all.clone() }).map(|agreed| agreed.suite)
    });
    let groups = all.groups.iter().filter_map(|group| {
        takes(&Offer { groups: vec![*group], ..all.clone() }).map(|agreed| agreed.group)
    });
    let by_suite = |offer: Offer| {
        in_order(offer, takes, |agreed, offer| {
            offer.suites.retain(|suite| u16::from(suite.suite()) != agreed.suite);
            agreed.suite
        })
    };
    let by_group = |offer: Offer| {
        in_order(offer, takes, |agreed, offer| {
            offer.groups.retain(|group| u16::from(group.name()) != agreed.group);
            agreed.group
        })
    };
    Scan {
        versions: versions.collect(),
        suites: suites.collect(),
        groups: groups.collect(),
        preferred_suites: [by_suite(all.clone()), by_suite(all.backwards())],
        preferred_groups: [by_group(all.clone()), by_group(all.backwards())],
    }
}

/// What is chosen, again and again, of what is left.
fn in_order(
    mut offer: Offer,
    takes: impl Fn(&Offer) -> Option<Agreed>,
    take_out: impl Fn(&Agreed, &mut Offer) -> u16,
) -> Vec<u16> {
    let mut chosen = Vec::new();
    while !offer.suites.is_empty()
        && !offer.groups.is_empty()
        && let Some(agreed) = takes(&offer)
    {
        chosen.push(take_out(&agreed, &mut offer));
    }
    chosen
}

/// Shakes hands; `None`: the other end refused.
fn shake(address: SocketAddr, name: &str, offer: &Offer) -> Option<Agreed> {
    let mut stream = connect(address, None).expect("somebody listens");
    let mut tls = client(name, offer)?;
    while tls.is_handshaking() {
        tls.complete_io(&mut stream).ok()?;
    }
    Some(Agreed {
        version: tls.protocol_version()?.into(),
        suite: tls.negotiated_cipher_suite()?.suite().into(),
        group: tls.negotiated_key_exchange_group()?.name().into(),
    })
}

/// `None`: such an offer cannot be made.
fn client(name: &str, offer: &Offer) -> Option<ClientConnection> {
    let provider = CryptoProvider {
        cipher_suites: offer.suites.clone(),
        kx_groups: offer.groups.clone(),
        ..aws_lc_rs::default_provider()
    };
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&offer.versions)
        .ok()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.resumption = rustls::client::Resumption::disabled();
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    ClientConnection::new(Arc::new(config), name).ok()
}

/// Connects, from another address of this machine if one is given.
///
/// # Errors
/// When nobody listens there.
pub fn connect(to: SocketAddr, from: Option<IpAddr>) -> io::Result<TcpStream> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stream = runtime.block_on(async {
        let socket = TcpSocket::new_v4()?;
        if let Some(from) = from {
            socket.bind(SocketAddr::new(from, 0))?;
        }
        socket.connect(to).await?.into_std()
    })?;
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers, names in lower case, without the date.
    pub head: Vec<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// A connection that speaks HTTP/1.1 over TLS.
pub struct Talk {
    stream: StreamOwned<ClientConnection, TcpStream>,
    name: String,
}

impl Talk {
    /// Shakes hands as whoever wants this name.
    ///
    /// # Errors
    /// When nobody listens there, or the other end refuses.
    pub fn open(to: SocketAddr, name: &str, from: Option<IpAddr>) -> io::Result<Self> {
        let mut stream = connect(to, from)?;
        let mut tls = client(name, &Offer::everything()).expect("everything can be offered");
        while tls.is_handshaking() {
            tls.complete_io(&mut stream)?;
        }
        Ok(Self { stream: StreamOwned::new(tls, stream), name: name.to_owned() })
    }

    /// The certificates that it was shown, leaf first, DER.
    pub fn shown(&self) -> Vec<Vec<u8>> {
        let chain = self.stream.conn.peer_certificates().unwrap_or_default();
        chain.iter().map(|certificate| certificate.to_vec()).collect()
    }

    /// Asks, and reads the whole answer.
    ///
    /// # Errors
    /// When the other end does not answer.
    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Reply> {
        self.say(method, path, headers, body)?;
        let (status, head) = self.head()?;
        let mut reply = Reply { status, head, body: Vec::new() };
        if reply.header("transfer-encoding").is_some() {
            reply.body = self.chunks()?;
        } else if method != "HEAD" {
            let length = reply.header("content-length").and_then(|digits| digits.parse().ok());
            reply.body = vec![0; length.unwrap_or(0)];
            self.stream.read_exact(&mut reply.body)?;
        }
        Ok(reply)
    }

    /// A body in pieces, put together.
    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.until(b"\r\n")?;
            let digits = String::from_utf8_lossy(&line);
            let length = usize::from_str_radix(digits.trim_end(), 16).map_err(io::Error::other)?;
            let mut chunk = vec![0; length + 2];
            self.stream.read_exact(&mut chunk)?;
            chunk.truncate(length);
            if chunk.is_empty() {
                return Ok(body);
            }
            body.extend(chunk);
        }
    }

    fn until(&mut self, end: &[u8]) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut byte = [0];
        while !bytes.ends_with(end) {
            self.stream.read_exact(&mut byte)?;
            bytes.push(byte[0]);
        }
        Ok(bytes)
    }

    /// Asks, and reads the head of the answer; [`Self::more`] reads on.
    ///
    /// # Errors
    /// When the other end does not answer.
    pub fn begin(&mut self, path: &str, headers: &[(&str, &str)]) -> io::Result<u16> {
        self.say("GET", path, headers, b"")?;
        Ok(self.head()?.0)
    }

    /// Some more bytes; none at the end.
    ///
    /// # Errors
    /// When the connection broke.
    pub fn more(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; 4096];
        let read = self.stream.read(&mut bytes)?;
        bytes.truncate(read);
        Ok(bytes)
    }

    fn say(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<()> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.name);
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || method == "POST" {
            request.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        request.push_str("\r\n");
        self.stream.write_all(&[request.as_bytes(), body].concat())?;
        self.stream.flush()
    }

    fn head(&mut self) -> io::Result<(u16, Vec<String>)> {
        let bytes = self.until(b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes);
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(head.to_string()))?;
        let lines = head.lines().skip(1).filter_map(|line| {
            let (name, value) = line.split_once(": ")?;
            Some(format!("{}: {value}", name.to_ascii_lowercase()))
        });
        Ok((status, lines.filter(|line| !line.starts_with("date:")).collect()))
    }
}

/// Believes whatever it is shown: nothing of what a probe says is secret.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
