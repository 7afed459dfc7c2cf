//! The way out through an HTTP proxy: `CONNECT`, then our own TLS end to end.
//!
//! The proxy sees a host name, a port and bytes it cannot read. Whether the
//! server is the right one is checked as without it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use http::{Request, StatusCode, Uri, header};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use sekisho_model::Secret;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A stream of bytes, with or without a proxy in between.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin + fmt::Debug {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + fmt::Debug> Stream for T {}

/// A proxy and whom it is for.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    url: ProxyUrl,
    credentials: Option<Secret>,
    bypass: Vec<Bypass>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({})", self.url)
    }
}

/// Where a proxy is: `http://proxy.example.jp:3128`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyUrl {
    tls: bool,
    host: String,
    port: u16,
}

/// The text is no proxy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}; write it like http://proxy.example.jp:3128")]
pub struct InvalidProxy(String);

impl FromStr for ProxyUrl {
    type Err = InvalidProxy;

    /// A text with a password is never repeated.
    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        if text.contains('@') {
            return Err(InvalidProxy(
                "the proxy's address holds a user name or password; put them into a file of \
                 their own"
                    .to_owned(),
            ));
        }
        let found: String = text.chars().take(100).collect();
        let fail = |problem: &str| InvalidProxy(format!("'{found}' is no proxy: {problem}"));
        let uri: Uri = text.parse().map_err(|_| fail("it cannot be read"))?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(_) | None => return Err(fail("it must begin with http:// or https://")),
        };
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(fail("it has a path"));
        }
        let authority = uri.authority().ok_or_else(|| fail("it has no host"))?;
        let rest = &authority.as_str()[authority.host().len()..];
        let port = match rest.strip_prefix(':') {
            Some(port) => port.parse().ok().filter(|port| *port != 0),
            None => None,
        };
        let port = port.ok_or_else(|| fail("it has no port"))?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        if ServerName::try_from(host).is_err() {
            return Err(fail("the host is neither a DNS name nor an address"));
        }
        Ok(Self { tls, host: host.to_owned(), port })
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}", authority(&self.host, self.port))
    }
}

fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Hosts that are reached without the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Bypass {
    Everything,
    /// A name and every name below it.
    Name(String),
    /// An address and how many of its bits count.
    Network(IpAddr, u8),
}

impl FromStr for Bypass {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        if text == "*" {
            return Ok(Self::Everything);
        }
        let fail = || {
            let found: String = text.chars().take(100).collect();
            InvalidProxy(format!("'{found}' in no_proxy is neither a name nor an address"))
        };
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        if let Ok(address) = address.trim_matches(['[', ']']).parse::<IpAddr>() {
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.map_or(Ok(most), str::parse).map_err(|_| fail())?;
            return if bits <= most { Ok(Self::Network(address, bits)) } else { Err(fail()) };
        }
        let name = text.trim_start_matches("*.").trim_start_matches('.').to_ascii_lowercase();
        match ServerName::try_from(name.as_str()) {
            Ok(_) if bits.is_none() => Ok(Self::Name(name)),
            Ok(_) | Err(_) => Err(fail()),
        }
    }
}

impl Bypass {
    fn covers(&self, host: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Name(name) => {
                let host = host.to_ascii_lowercase();
                host == *name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'))
            }
            Self::Network(network, bits) => match (network, host.parse::<IpAddr>()) {
                (IpAddr::V4(network), Ok(IpAddr::V4(host))) => {
                    let shift = 32 - u32::from(*bits);
                    let cut = |address: u32| address.checked_shr(shift).unwrap_or(0);
                    cut(network.to_bits()) == cut(host.to_bits())
                }
                (IpAddr::V6(network), Ok(IpAddr::V6(host))) => {
                    let shift = 128 - u32::from(*bits);
                    let cut = |address: u128| address.checked_shr(shift).unwrap_or(0);
                    cut(network.to_bits()) == cut(host.to_bits())
                }
                (_, Ok(_) | Err(_)) => false,
            },
        }
    }
}

/// What went wrong between us and a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyProblem {
    /// Its name could not be resolved.
    Dns,
    /// No connection with it.
    Unreachable,
    /// Its own certificate is not trusted.
    Tls,
    /// It wants a user name and password, or other ones (407).
    Credentials,
    /// It does not let us through to the server.
    Refused,
    /// It is no proxy, or it hung up.
    Strange,
}

/// Why there is no way through a proxy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proxy {proxy} {sentence}")]
pub struct ProxyError {
    /// The proxy, without credentials.
    pub proxy: String,
    /// Which kind of problem.
    pub problem: ProxyProblem,
    /// What was found and what to do.
    pub sentence: String,
}

/// A file with credentials holds at most so many bytes.
pub const MAX_CREDENTIALS_BYTES: usize = 1024;

impl Proxy {
    /// A proxy for every server except those in `no_proxy`: names (with the
    /// names below them), addresses, networks, `*`.
    ///
    /// # Errors
    /// Names the entry that cannot be read.
    pub fn new<'a>(
        url: ProxyUrl,
        no_proxy: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidProxy> {
        let entries = no_proxy.into_iter().map(str::trim).filter(|entry| !entry.is_empty());
        let bypass = entries.map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self { url, credentials: None, bypass })
    }

    /// With the contents of a file of credentials: `user:password` on one
    /// line.
    ///
    /// # Errors
    /// Says what is wrong with them, without repeating them.
    pub fn with_credentials(self, file: &[u8]) -> Result<Self, InvalidProxy> {
        let fail = |problem: &str| InvalidProxy(format!("the proxy's credentials {problem}"));
        let line = file.strip_suffix(b"\n").unwrap_or(file);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > MAX_CREDENTIALS_BYTES {
            return Err(fail("are too long"));
        }
        if line.iter().any(u8::is_ascii_control) || !line.contains(&b':') {
            return Err(fail("are not one line of the form user:password"));
        }
        Ok(Self { credentials: Some(Secret::new(line.to_vec())), ..self })
    }

    /// Whether a server is reached through it.
    pub fn is_for(&self, host: &str) -> bool {
        !self.bypass.iter().any(|bypass| bypass.covers(host))
    }

    /// A stream to a server through this proxy. The caller sets the deadline.
    ///
    /// # Errors
    /// Names what the proxy did.
    pub async fn connect(&self, host: &str, port: u16) -> Result<Box<dyn Stream>, ProxyError> {
        let tcp = self.dial().await?;
        if self.url.tls {
            let tls = self.shake_hands(tcp).await?;
            self.ask(Box::new(tls), host, port).await
        } else {
            self.ask(Box::new(tcp), host, port).await
        }
    }

    async fn dial(&self) -> Result<TcpStream, ProxyError> {
        let addresses = tokio::net::lookup_host((self.url.host.as_str(), self.url.port)).await;
        let addresses = addresses.map_err(|_| {
            self.error(ProxyProblem::Dns, "cannot be found by its name; check the setting and DNS")
        })?;
        let mut last = None;
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(tcp) => {
                    // Only speed depends on it.
                    let _ = tcp.set_nodelay(true);
                    return Ok(tcp);
                }
                Err(error) => last = Some(error),
            }
        }
        let why = last.map_or_else(|| "it has no address".to_owned(), |error| error.to_string());
        Err(self.error(ProxyProblem::Unreachable, format!("cannot be reached: {why}")))
    }

    /// TLS with the proxy itself, by the system's roots: it is no part of the
    /// site.
    async fn shake_hands(
        &self,
        tcp: TcpStream,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, ProxyError> {
        let fail = |why: String| {
            let sentence = format!("has no certificate that this system trusts: {why}");
            self.error(ProxyProblem::Tls, sentence)
        };
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|error| fail(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name =
            ServerName::try_from(self.url.host.clone()).map_err(|error| fail(error.to_string()))?;
        let connector = TlsConnector::from(Arc::new(config));
        connector.connect(name, tcp).await.map_err(|error| fail(error.to_string()))
    }

    async fn ask(
        &self,
        stream: Box<dyn Stream>,
        host: &str,
        port: u16,
    ) -> Result<Box<dyn Stream>, ProxyError> {
        let strange = |why: String| self.error(ProxyProblem::Strange, format!("broke off: {why}"));
        let (mut sender, driver) = hyper::client::conn::http1::Builder::new()
            .max_buf_size(16 * 1024)
            .handshake::<_, Empty<Bytes>>(TokioIo::new(stream))
            .await
            .map_err(|error| strange(error.to_string()))?;
        let target = authority(host, port);
        let mut request = Request::connect(&target).header(header::HOST, &target);
        if let Some(credentials) = &self.credentials {
            let text = data_encoding::BASE64.encode(credentials.expose());
            let mut value = header::HeaderValue::try_from(format!("Basic {text}"))
                .map_err(|error| strange(error.to_string()))?;
            value.set_sensitive(true);
            request = request.header(header::PROXY_AUTHORIZATION, value);
        }
        let request = request.body(Empty::new()).map_err(|error| strange(error.to_string()))?;
        let exchange = async move {
            let response =
                sender.send_request(request).await.map_err(|error| strange(error.to_string()))?;
            match response.status() {
                status if status.is_success() => {
                    hyper::upgrade::on(response).await.map_err(|error| strange(error.to_string()))
                }
                status => Err(self.refused(status, host)),
            }
        };
        // The driver ends when the stream is handed over, or nobody asks any more.
        let (_, upgraded) = tokio::join!(driver.with_upgrades(), exchange);
        Ok(Box::new(TokioIo::new(upgraded?)))
    }

    fn refused(&self, status: StatusCode, host: &str) -> ProxyError {
        let (problem, sentence) = match (status, &self.credentials) {
            (StatusCode::PROXY_AUTHENTICATION_REQUIRED, None) => (
                ProxyProblem::Credentials,
                "wants a user name and password (407); put them into the file of credentials"
                    .to_owned(),
            ),
            (StatusCode::PROXY_AUTHENTICATION_REQUIRED, Some(_)) => (
                ProxyProblem::Credentials,
                "does not take these credentials (407); only Basic is spoken".to_owned(),
            ),
            (status, _) => (
                ProxyProblem::Refused,
                format!(
                    "does not let us through to {host} (status {}); have it allow CONNECT to it",
                    status.as_u16()
                ),
            ),
        };
        self.error(problem, sentence)
    }

    fn error(&self, problem: ProxyProblem, sentence: impl Into<String>) -> ProxyError {
        ProxyError { proxy: self.url.to_string(), problem, sentence: sentence.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    fn proxy(port: u16) -> Proxy {
        let url = format!("http://127.0.0.1:{port}").parse().expect("a proxy");
        Proxy::new(url, []).expect("no exceptions")
    }

    /// A listener, and its port.
    async fn listener() -> (TcpListener, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        (listener, port)
    }

    /// Reads one request and answers; returns the request and the connection.
    async fn answer(listener: TcpListener, text: &str) -> (String, TcpStream) {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.expect("a byte"));
        }
        stream.write_all(text.as_bytes()).await.expect("written");
        (String::from_utf8(request).expect("text"), stream)
    }

    /// What comes of asking a proxy that answers so.
    async fn problem(proxy: Proxy, listener: TcpListener, text: &str) -> (ProxyProblem, String) {
        let asked = proxy.connect("server.example.jp", 8383);
        // It answers and hangs up: half an answer is all there will be.
        let answer = async { drop(answer(listener, text).await) };
        let ((), asked) = tokio::join!(answer, asked);
        let error = asked.expect_err("no way through");
        (error.problem, error.to_string())
    }

    #[tokio::test]
    async fn bytes_go_through_unchanged_and_credentials_to_the_proxy_only() {
        let (listener, port) = listener().await;
        let proxy = proxy(port).with_credentials(b"ann:p:w\n").expect("credentials");
        let asked = proxy.connect("server.example.jp", 8383);
        let answer = answer(listener, "HTTP/1.1 200 Connection established\r\n\r\n");
        let ((request, mut far), near) = tokio::join!(answer, asked);
        let mut near = near.expect("through");
        assert!(request.starts_with("CONNECT server.example.jp:8383 HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("proxy-authorization: Basic YW5uOnA6dw==\r\n"), "{request}");
        near.write_all(b"there").await.expect("written");
        let mut heard = [0; 5];
        far.read_exact(&mut heard).await.expect("read");
        assert_eq!(&heard, b"there");
        far.write_all(b"and back").await.expect("written");
        let mut heard = [0; 8];
        near.read_exact(&mut heard).await.expect("read");
        assert_eq!(&heard, b"and back");
        assert!(!format!("{proxy:?}").contains("p:w"));
    }

    #[tokio::test]
    async fn what_a_proxy_refuses_is_named() {
        const AUTH: &str = "HTTP/1.1 407 Proxy Authentication Required\r\n\
             proxy-authenticate: Basic realm=\"x\"\r\ncontent-length: 4\r\n\r\nnope";
        let (one, port) = listener().await;
        let (kind, text) = problem(proxy(port), one, AUTH).await;
        assert_eq!(kind, ProxyProblem::Credentials);
        assert!(text.contains("wants a user name and password (407)"), "{text}");
        let (two, port) = listener().await;
        let with = proxy(port).with_credentials(b"ann:secret-7").expect("credentials");
        let (kind, text) = problem(with, two, AUTH).await;
        assert_eq!(kind, ProxyProblem::Credentials);
        assert!(text.contains("does not take these") && !text.contains("secret-7"), "{text}");
        let (three, port) = listener().await;
        let refusal = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
        let (kind, text) = problem(proxy(port), three, refusal).await;
        assert_eq!(kind, ProxyProblem::Refused);
        assert!(text.contains("status 403"), "{text}");
    }

    #[tokio::test]
    async fn what_is_no_proxy_is_named() {
        for text in ["", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\nx: "] {
            let (listener, port) = listener().await;
            let (kind, text) = problem(proxy(port), listener, text).await;
            assert_eq!(kind, ProxyProblem::Strange, "{text}");
        }
        let (listener, port) = listener().await;
        drop(listener);
        let error = proxy(port).connect("x", 1).await.expect_err("nobody listens");
        assert_eq!(error.problem, ProxyProblem::Unreachable);
        let url = "http://no-such-proxy.invalid:3128".parse().expect("a proxy");
        let error = Proxy::new(url, []).expect("valid").connect("x", 1).await;
        assert_eq!(error.expect_err("no such name").problem, ProxyProblem::Dns);
    }

    #[tokio::test]
    async fn an_endless_answer_is_cut_off() {
        let (listener, port) = listener().await;
        let head = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(64 * 1024));
        let (kind, _) = problem(proxy(port), listener, &head).await;
        assert_eq!(kind, ProxyProblem::Strange);
    }

    #[tokio::test]
    async fn a_proxy_that_never_answers_leaves_the_deadline_to_the_caller() {
        let (listener, port) = listener().await;
        let proxy = proxy(port);
        let asked = proxy.connect("server.example.jp", 8383);
        let asked = tokio::time::timeout(Duration::from_millis(200), asked);
        let (accepted, asked) = tokio::join!(listener.accept(), asked);
        assert!(accepted.is_ok() && asked.is_err());
    }

    #[test]
    fn the_address_of_a_proxy_has_no_secrets_and_no_path() {
        for (text, part) in [
            ("proxy:3128", "no proxy"),
            ("socks5://proxy:1080", "http://"),
            ("http://proxy", "no port"),
            ("http://proxy:0", "no port"),
            ("http://proxy:99999", "is no proxy"),
            ("http://proxy:3128/x", "path"),
            ("http://:3128", "is no proxy"),
        ] {
            let error = text.parse::<ProxyUrl>().expect_err(text).to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
        let error = "http://ann:secret-7@proxy:3128".parse::<ProxyUrl>().expect_err("a secret");
        assert!(!error.to_string().contains("secret-7"), "{error}");
        for text in ["http://proxy.example.jp:3128", "https://[2001:db8::1]:443"] {
            assert_eq!(text.parse::<ProxyUrl>().expect(text).to_string(), text);
        }
        for wrong in [&b"nobody"[..], b"a:b\nc:d", b"a:\x07", b""] {
            proxy(1).with_credentials(wrong).expect_err("no credentials");
        }
    }

    #[test]
    fn exceptions_are_names_addresses_and_networks() {
        let url: ProxyUrl = "http://proxy:3128".parse().expect("a proxy");
        let entries = [".example.jp", "*.lab", "10.0.0.0/8", "2001:db8::/32", "192.0.2.7", ""];
        let proxy = Proxy::new(url.clone(), entries).expect("valid");
        for host in
            ["example.jp", "A.Example.JP", "x.lab", "10.255.0.1", "2001:db8::9", "192.0.2.7"]
        {
            assert!(!proxy.is_for(host), "{host}");
        }
        for host in ["notexample.jp", "11.0.0.1", "2001:db9::9", "192.0.2.8", "10.example"] {
            assert!(proxy.is_for(host), "{host}");
        }
        assert!(!Proxy::new(url.clone(), ["*"]).expect("valid").is_for("x"));
        assert!(!Proxy::new(url.clone(), ["0.0.0.0/0"]).expect("valid").is_for("8.8.8.8"));
        for wrong in ["10.0.0.0/33", "a b", "10.0.0.0/x", "example.jp/8"] {
            Proxy::new(url.clone(), [wrong]).expect_err(wrong);
        }
    }
}
