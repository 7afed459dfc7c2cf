//! The server's end of the link: HTTP/2 server on connections that it dialled.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderMap, Method, Request, Response};
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use sekisho_gateway::{ControlFrames as Frames, control_frame as frame};
use sekisho_model::Clock;
use sekisho_model::clock::SystemClock;
use sekisho_model::rng::SystemRng;
use sekisho_pki::KeyPair;
use sekisho_wire::cbor;
use sekisho_wire::gateway::{CONTROL_PATH, FromGateway, MAX_FRAME_BYTES, ToGateway};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use super::{PATIENCE, Site, World, until};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) after: Duration,
}

impl Reply {
    pub(crate) fn ok(body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref().to_vec();
        Self { status: 200, headers: Vec::new(), body, after: Duration::ZERO }
    }
}

type Answers = Arc<Mutex<Box<dyn Fn(&Seen) -> Reply + Send>>>;

#[derive(Clone)]
struct Shared {
    seen: Arc<Mutex<Vec<Seen>>>,
    heard: Arc<Mutex<Vec<FromGateway>>>,
    answers: Answers,
    control: Arc<Mutex<Option<mpsc::Sender<Bytes>>>>,
}

impl Shared {
    fn new() -> Self {
        Self {
            seen: Arc::default(),
            heard: Arc::default(),
            answers: Arc::new(Mutex::new(Box::new(|_| Reply::ok("answer")))),
            control: Arc::default(),
        }
    }
}

/// The one certificate of a server.
#[derive(Debug)]
struct One(Arc<CertifiedKey>);

impl ResolvesServerCert for One {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

/// See the module.
pub(crate) struct Server {
    shared: Shared,
    links: JoinSet<()>,
}

impl Server {
    /// Dials so many connections and waits for the control stream.
    pub(crate) async fn dial(world: &World, links: usize) -> Self {
        let server = Self::dial_quietly(world, links).await;
        until("the gateway says hello", || !server.heard().is_empty()).await;
        server
    }

    /// Dials so many connections beside those that there are.
    pub(crate) async fn dial_quietly(world: &World, links: usize) -> Self {
        let before = world.gateway.page().links;
        let mut server = Self { shared: Shared::new(), links: JoinSet::new() };
        for _ in 0..links {
            let stream = connect(&world.site, world, "server").await.expect("the gateway answers");
            server.links.spawn(serve(stream, server.shared.clone()));
        }
        until("they stand", || world.gateway.page().links == before + links).await;
        server
    }

    /// Waits to be dialled by gateways (the classic direction), by this name.
    pub(crate) fn listening(site: &Site, listener: std::net::TcpListener, name: &str) -> Self {
        listener.set_nonblocking(true).expect("a socket");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from(site.ca.trust().root().to_vec())).expect("a root");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let clients = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_client_cert_verifier(clients.build().expect("a root"))
            .with_cert_resolver(Arc::new(One(site.server_key(name))));
        config.alpn_protocols = vec![sekisho_wire::gateway::LINK_ALPN.to_vec(), b"h2".to_vec()];
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let mut server = Self { shared: Shared::new(), links: JoinSet::new() };
        let shared = server.shared.clone();
        server.links.spawn(async move {
            let mut links = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, shared) = (acceptor.clone(), shared.clone());
                links.spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, shared).await;
                    }
                });
            }
        });
        server
    }

    /// Answers by this from now on.
    pub(crate) fn answer(&self, by: impl Fn(&Seen) -> Reply + Send + 'static) {
        *self.shared.answers.lock().expect("free") = Box::new(by);
    }

    /// Requests so far, without the control stream.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().expect("free").clone()
    }

    /// Messages so far.
    pub(crate) fn heard(&self) -> Vec<FromGateway> {
        self.shared.heard.lock().expect("free").clone()
    }

    /// Says something on the control stream.
    pub(crate) async fn say(&self, message: ToGateway) {
        self.say_bytes(frame(&cbor::encode(&message))).await;
    }

    pub(crate) async fn say_bytes(&self, bytes: Vec<u8>) {
        let control = self.shared.control.lock().expect("free").clone().expect("a control stream");
        control.send(Bytes::from(bytes)).await.expect("open");
    }

    /// All connections break.
    pub(crate) async fn die(mut self) {
        self.links.shutdown().await;
    }
}

/// TLS to the private listener for somebody without a certificate.
pub(crate) fn private_client() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Any))
        .with_no_client_auth()
}

/// Dials the private listener as `who`: the server, a stranger, or a gateway.
pub(crate) async fn connect(
    site: &Site,
    world: &World,
    who: &str,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Any));
    let mut config = match who {
        "nobody" => builder.with_no_client_auth(),
        _ => {
            let key = KeyPair::generate().expect("a key");
            let (now, rng) = (SystemClock.now(), &SystemRng);
            let issued = match who {
                "server" => site.ca.issue_link_server(key.public_key(), now, rng),
                _ => {
                    let own = rcgen::KeyPair::try_from(key.to_pkcs8().expect("a key").expose());
                    let request = super::request(&own.expect("a key"));
                    site.ca.issue_gateway(&request, site.gateway, now, rng)
                }
            };
            let issued = issued.expect("issued");
            let chain: Vec<_> = std::iter::once(issued.der).chain(issued.chain).collect();
            let chain = chain.into_iter().map(CertificateDer::from).collect();
            let key = PrivatePkcs8KeyDer::from(key.to_pkcs8().expect("a key").expose().to_vec());
            builder.with_client_auth_cert(chain, PrivateKeyDer::Pkcs8(key)).expect("a key")
        }
    };
    config.alpn_protocols = vec![sekisho_wire::gateway::LINK_ALPN.to_vec()];
    let stream = TcpStream::connect(world.private).await.map_err(|error| error.to_string())?;
    let name = ServerName::try_from("gateway.invalid").expect("a name");
    let connecting = TlsConnector::from(Arc::new(config)).connect(name, stream);
    let connected = tokio::time::timeout(PATIENCE, connecting).await.map_err(|e| e.to_string())?;
    connected.map_err(|error| error.to_string())
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, shared: Shared) {
    let service = service_fn(move |request| {
        let shared = shared.clone();
        async move { Ok::<_, Infallible>(answer(shared, request).await) }
    });
    let builder = http2::Builder::new(TokioExecutor::new());
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(shared: Shared, request: Request<Incoming>) -> Response<Reading> {
    if request.uri().path() == CONTROL_PATH {
        return control(&shared, request);
    }
    let (parts, body) = request.into_parts();
    if parts.method == Method::CONNECT {
        let seen = Seen {
            method: parts.method.clone(),
            path: parts.uri.to_string(),
            headers: parts.headers.clone(),
            body: Vec::new(),
        };
        shared.seen.lock().expect("free").push(seen);
        let request = Request::from_parts(parts, body);
        #[expect(clippy::disallowed_methods, reason = "ends with its stream, in a test")]
        tokio::spawn(async move {
            let Ok(upgraded) = hyper::upgrade::on(request).await else { return };
            let mut stream = TokioIo::new(upgraded);
            // Everything comes back.
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                if stream.write_all(&buffer[..read]).await.is_err() {
                    return;
                }
            }
            let _ = stream.shutdown().await;
        });
        return Response::new(Reading::Empty);
    }
    let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let seen = Seen { method: parts.method, path, headers: parts.headers, body };
    let reply = (shared.answers.lock().expect("free"))(&seen);
    shared.seen.lock().expect("free").push(seen);
    tokio::time::sleep(reply.after).await;
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Reading::Whole(Some(Bytes::from(reply.body)))).expect("a response")
}

fn control(shared: &Shared, request: Request<Incoming>) -> Response<Reading> {
    let (send, receive) = mpsc::channel(64);
    *shared.control.lock().expect("free") = Some(send);
    let heard = shared.heard.clone();
    #[expect(clippy::disallowed_methods, reason = "ends with its stream, in a test")]
    tokio::spawn(async move {
        let (mut body, mut frames) = (request.into_body(), Frames::default());
        while let Some(Ok(part)) = body.frame().await {
            let Ok(data) = part.into_data() else { continue };
            let take = |bytes: &[u8]| {
                let message = cbor::decode(bytes, MAX_FRAME_BYTES).expect("a message");
                heard.lock().expect("free").push(message);
            };
            frames.take(&data, take).expect("frames");
        }
    });
    Response::new(Reading::Frames(receive))
}

/// A body of an answer.
enum Reading {
    Empty,
    Whole(Option<Bytes>),
    Frames(mpsc::Receiver<Bytes>),
}

impl Body for Reading {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Frames(frames) => frames.poll_recv(cx).map(|b| b.map(|b| Ok(Frame::data(b)))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(Some(bytes)) => SizeHint::with_exact(bytes.len() as u64),
            Self::Whole(None) => SizeHint::with_exact(0),
            Self::Empty | Self::Frames(_) => SizeHint::default(),
        }
    }
}

/// The pin of the pairing string is not these tests' question.
#[derive(Debug)]
struct Any;

impl ServerCertVerifier for Any {
    fn verify_server_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.3 only".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        provider.signature_verification_algorithms.supported_schemes()
    }
}
