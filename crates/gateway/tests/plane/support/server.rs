//! The server's end of the link: HTTP/2 server on connections that it dialled.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, Version};
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use sekisho_gatewaykit::link::{self, Answer as Body, Who};
use sekisho_wire::gateway::{ALIVE_PATH, CONTROL_PATH, FromGateway, ToGateway};
use sekisho_wire::relayed::{Frames, write_frame};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use super::{PATIENCE, Site, World, until};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) version: Version,
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
    asked: Arc<Mutex<u32>>,
    answers: Answers,
    control: Arc<Mutex<Option<mpsc::Sender<Bytes>>>>,
}

impl Shared {
    fn new() -> Self {
        Self {
            seen: Arc::default(),
            heard: Arc::default(),
            asked: Arc::default(),
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
            let stream =
                connect(&world.site, world, Who::Server).await.expect("the gateway answers");
            server.links.spawn(serve(stream, server.shared.clone()));
        }
        until("they stand", || world.gateway.page().links == before + links).await;
        server
    }

    /// Dials so many connections for calls.
    pub(crate) async fn dial_for_calls(&mut self, world: &World, count: usize) -> Vec<AbortHandle> {
        let before = world.gateway.page().calls;
        let mut dialled = Vec::new();
        for _ in 0..count {
            let connecting = link::connect_for_calls(&world.site, world.private);
            let stream = connecting.await.expect("the gateway answers");
            let shared = self.shared.clone();
            let serving = link::serve_calls(stream, move |request| answer(shared.clone(), request));
            dialled.push(self.links.spawn(serving));
        }
        until("they stand", || world.gateway.page().calls == before + count).await;
        dialled
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
            .with_cert_resolver(Arc::new(One(site.tls_server(name).ready())));
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

    /// How often a connection for calls was asked whether it is alive.
    pub(crate) fn asked_for_life(&self) -> u32 {
        *self.shared.asked.lock().expect("free")
    }

    /// Messages so far.
    pub(crate) fn heard(&self) -> Vec<FromGateway> {
        self.shared.heard.lock().expect("free").clone()
    }

    /// Says something on the control stream.
    pub(crate) async fn say(&self, message: ToGateway) {
        self.say_bytes(write_frame(&message)).await;
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
    link::client().with_no_client_auth()
}

/// Dials the private listener.
pub(crate) async fn connect(
    site: &Site,
    world: &World,
    who: Who,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, String> {
    let connecting = link::connect(site, world.private, who);
    tokio::time::timeout(PATIENCE, connecting).await.map_err(|error| error.to_string())?
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, shared: Shared) {
    link::serve(stream, move |request| answer(shared.clone(), request)).await;
}

async fn answer(shared: Shared, request: Request<Incoming>) -> Response<Body> {
    if request.uri().path() == CONTROL_PATH {
        return control(&shared, request);
    }
    if request.uri().path() == ALIVE_PATH {
        *shared.asked.lock().expect("free") += 1;
        return Response::new(Body::Whole(None));
    }
    let (parts, body) = request.into_parts();
    if parts.method == Method::CONNECT {
        let seen = Seen {
            version: parts.version,
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
        return Response::new(Body::Empty);
    }
    let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let Parts { version, method, headers, .. } = parts;
    let seen = Seen { version, method, path, headers, body };
    let reply = (shared.answers.lock().expect("free"))(&seen);
    shared.seen.lock().expect("free").push(seen);
    tokio::time::sleep(reply.after).await;
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::Whole(Some(Bytes::from(reply.body)))).expect("a response")
}

fn control(shared: &Shared, request: Request<Incoming>) -> Response<Body> {
    let (send, receive) = mpsc::channel(64);
    *shared.control.lock().expect("free") = Some(send);
    let heard = shared.heard.clone();
    #[expect(clippy::disallowed_methods, reason = "ends with its stream, in a test")]
    tokio::spawn(async move {
        let (mut body, mut frames) = (request.into_body(), Frames::default());
        while let Some(Ok(part)) = body.frame().await {
            let Ok(data) = part.into_data() else { continue };
            frames.push(&data);
            while let Some(message) = frames.next().expect("messages") {
                heard.lock().expect("free").push(message);
            }
        }
    });
    Response::new(Body::Frames(receive))
}
