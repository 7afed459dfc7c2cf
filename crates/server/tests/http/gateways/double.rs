//! The gateway's end of a link, for tests: it answers its pairing, takes the
//! connections that the server dials, and is the HTTP client on them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::client::conn::http2::SendRequest;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use sekisho_model::Secret;
use sekisho_model::id::GatewayId;
use sekisho_model::rng::{SystemRng, random_bytes};
use sekisho_seal::bundle::Trust;
use sekisho_seal::gateway::{PairingText, open_gateway_config, open_pairing, seal_pairing_answer};
use sekisho_seal::sealing::OpeningKey;
use sekisho_seal::sha256;
use sekisho_wire::cbor;
use sekisho_wire::gateway::{
    CALL_ALPN, CONTROL_PATH, FromGateway, GatewayConfig, GatewayHello, GatewayStatus, LINK_ALPN,
    LINK_MAJOR, MAX_PAIRING_BYTES, PAIRING_PATH, Pairing, PairingAnswer, PairingEnvelope,
    PairingOffer, ToGateway,
};
use sekisho_wire::relayed::{Frames, forwarded, write_frame};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Nothing in these tests takes longer.
pub(super) const SOON: Duration = Duration::from_secs(20);

/// The key of a link with a certificate that nobody issued.
pub(super) struct LinkKey {
    pub(super) pkcs8: Vec<u8>,
    pub(super) certificate: Vec<u8>,
    pub(super) request: Vec<u8>,
    pub(super) sha256: [u8; 32],
}

impl LinkKey {
    pub(super) fn new() -> Self {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key");
        let names = vec!["gateway.sekisho.internal".to_owned()];
        let params = rcgen::CertificateParams::new(names).expect("names");
        let request = params.serialize_request(&key).expect("a request");
        let certificate = params.self_signed(&key).expect("a certificate");
        let public = sekisho_pki::SiteCa::key_of_request(request.der()).expect("a key");
        Self {
            pkcs8: key.serialize_der(),
            certificate: certificate.der().to_vec(),
            request: request.der().to_vec(),
            sha256: sha256(public.spki()),
        }
    }
}

/// How it answers its pairing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// As it should.
    Waits,
    /// Its string is over: it does not wait any more.
    Closed,
    /// It speaks a version of the link that is to come.
    FromTheFuture,
    /// It answers with something that anybody could have made.
    KnowsNoSecret,
}

/// A gateway.
pub(super) struct Double {
    pub(super) text: PairingText,
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
    links: mpsc::Receiver<Link>,
    lines: mpsc::Receiver<Line>,
    _tasks: JoinSet<()>,
}

struct Shared {
    key: LinkKey,
    opening: OpeningKey,
    text: PairingText,
    mood: Mutex<Mood>,
    pairing: Mutex<Option<Pairing>>,
}

/// A connection of the link, of which the gateway is the client.
pub(super) struct Link {
    pub(super) client: SendRequest<LinkBody>,
    /// What the server has shown, leaf first.
    pub(super) shown: Vec<Vec<u8>>,
    _driving: JoinSet<()>,
}

/// A connection that carries one call at a time, of which the gateway is the
/// client.
pub(super) struct Line {
    client: hyper::client::conn::http1::SendRequest<LinkBody>,
    _driving: JoinSet<()>,
}

impl Double {
    pub(super) async fn start(mood: Mood) -> Self {
        let key = LinkKey::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("an address");
        let text = PairingText {
            id: random_bytes(&SystemRng),
            secret: Secret::new(random_bytes::<32>(&SystemRng).to_vec()),
            key_sha256: key.sha256,
            address: address.to_string(),
        };
        let shared = Arc::new(Shared {
            opening: OpeningKey::generate(&SystemRng),
            text: text.clone(),
            mood: Mutex::new(mood),
            pairing: Mutex::default(),
            key,
        });
        let (sender, links) = mpsc::channel(64);
        let (lines_sender, lines) = mpsc::channel(64);
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(shared.clone(), listener, sender, lines_sender));
        Self { text, address, shared, links, lines, _tasks: tasks }
    }

    /// What it was told when it was paired.
    pub(super) fn pairing(&self) -> Pairing {
        self.shared.pairing.lock().expect("free").clone().expect("it was paired")
    }

    pub(super) fn gateway(&self) -> GatewayId {
        self.pairing().gateway
    }

    /// What it believes of its site.
    pub(super) fn trust(&self) -> Trust {
        let pairing = self.pairing();
        Trust::from_chain(&pairing.anchor, &pairing.bundles).expect("a chain")
    }

    pub(super) fn key(&self) -> &LinkKey {
        &self.shared.key
    }

    /// The next connection that the server dials.
    pub(super) async fn link(&mut self) -> Link {
        tokio::time::timeout(SOON, self.links.recv()).await.expect("in time").expect("a link")
    }

    /// The next connection for calls that the server dials.
    pub(super) async fn line(&mut self) -> Line {
        tokio::time::timeout(SOON, self.lines.recv()).await.expect("in time").expect("a line")
    }

    /// No connection comes within a while.
    pub(super) async fn nobody_dials(&mut self) {
        while self.links.try_recv().is_ok() {}
        let came = tokio::time::timeout(Duration::from_secs(3), self.links.recv()).await;
        assert!(came.is_err(), "the server has dialled");
    }

    pub(super) fn hello(&self) -> GatewayHello {
        GatewayHello {
            gateway: self.gateway(),
            instance: u64::from_be_bytes(random_bytes(&SystemRng)),
            link_major: LINK_MAJOR,
            version: "0.1.0-double".to_owned(),
            bundle_version: self.trust().bundle().version,
            config_version: None,
            connections: 2,
            calls: 0,
        }
    }
}

async fn accept(
    shared: Arc<Shared>,
    listener: TcpListener,
    links: mpsc::Sender<Link>,
    lines: mpsc::Sender<Line>,
) {
    let mut serving = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (shared, links, lines) = (shared.clone(), links.clone(), lines.clone());
        serving.spawn(async move {
            let key = &shared.key;
            let acceptor = TlsAcceptor::from(Arc::new(server_config(key)));
            let Ok(tls) = acceptor.accept(stream).await else { return };
            if tls.get_ref().1.alpn_protocol() == Some(LINK_ALPN) {
                let shown = tls.get_ref().1.peer_certificates().unwrap_or_default();
                let shown = shown.iter().map(|der| der.to_vec()).collect();
                let _ = links.send(link(tls, shown).await).await;
                return;
            }
            if tls.get_ref().1.alpn_protocol() == Some(CALL_ALPN) {
                let _ = lines.send(line(tls).await).await;
                return;
            }
            let service = service_fn(move |request| {
                let shared = shared.clone();
                async move { Ok::<_, std::convert::Infallible>(shared.answer(request).await) }
            });
            let http = hyper::server::conn::http1::Builder::new();
            let _ = http.serve_connection(TokioIo::new(tls), service).await;
        });
    }
}

/// Begins to be the client on a stream.
pub(super) async fn link<S>(stream: S, shown: Vec<Vec<u8>>) -> Link
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let executor = TokioExecutor::new();
    let (client, connection) =
        hyper::client::conn::http2::handshake(executor, TokioIo::new(stream))
            .await
            .expect("HTTP/2");
    let mut driving = JoinSet::new();
    driving.spawn(async move {
        let _ = connection.await;
    });
    Link { client, shown, _driving: driving }
}

async fn line<S>(stream: S) -> Line
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream));
    let (client, connection) = handshake.await.expect("HTTP/1.1");
    let mut driving = JoinSet::new();
    driving.spawn(async move {
        let _ = connection.await;
    });
    Line { client, _driving: driving }
}

impl Shared {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let status = |status: StatusCode| {
            let mut response = Response::new(Full::default());
            *response.status_mut() = status;
            response
        };
        let mood = *self.mood.lock().expect("free");
        if request.uri().path() != PAIRING_PATH || mood == Mood::Closed {
            return status(StatusCode::NOT_FOUND);
        }
        if request.method() == Method::GET {
            let link_major = if mood == Mood::FromTheFuture { LINK_MAJOR + 1 } else { LINK_MAJOR };
            let offer = PairingOffer {
                link_major,
                version: "0.1.0-double".to_owned(),
                key: self.opening.public(),
                request: self.key.request.clone(),
            };
            return Response::new(Full::from(cbor::encode(&offer)));
        }
        let body = request.into_body().collect().await.expect("a body").to_bytes();
        let envelope: PairingEnvelope = cbor::decode(&body, MAX_PAIRING_BYTES).expect("readable");
        let Ok((pairing, exporter)) = open_pairing(&envelope, &self.text, &self.opening) else {
            return status(StatusCode::FORBIDDEN);
        };
        if mood == Mood::KnowsNoSecret {
            return Response::new(Full::from(vec![7; 64]));
        }
        let gateway = pairing.gateway;
        *self.pairing.lock().expect("free") = Some(pairing);
        *self.mood.lock().expect("free") = Mood::Closed;
        let answer = PairingAnswer { gateway, agents: "0.0.0.0:8383".to_owned() };
        Response::new(Full::from(seal_pairing_answer(&answer, &exporter)))
    }
}

fn server_config(key: &LinkKey) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let chain = vec![CertificateDer::from(key.certificate.clone())];
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.pkcs8.clone()));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .with_client_cert_verifier(Arc::new(Anybody))
        .with_single_cert(chain, private)
        .expect("a certificate");
    config.alpn_protocols = vec![LINK_ALPN.to_vec(), CALL_ALPN.to_vec(), b"http/1.1".to_vec()];
    config
}

/// Asks for a certificate and judges it later, by the clock of the test.
#[derive(Debug)]
struct Anybody;

impl ClientCertVerifier for Anybody {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        unreachable!("TLS 1.3 only")
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms =
            rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms =
            rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

/// A request's body: whole, or what is said on the control stream.
pub(super) enum LinkBody {
    Whole(Full<Bytes>),
    Said(mpsc::Receiver<Bytes>),
}

impl Body for LinkBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut *self {
            Self::Whole(body) => std::pin::Pin::new(body).poll_frame(cx),
            Self::Said(said) => {
                said.poll_recv(cx).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }
}

impl Link {
    /// Relays a call of somebody.
    pub(super) async fn relay(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, String)],
        body: Vec<u8>,
    ) -> (StatusCode, http::HeaderMap, Vec<u8>) {
        let mut request = Request::builder().method(method).uri(format!("https://server{path}"));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(LinkBody::Whole(Full::from(body))).expect("a request");
        let answered = async {
            self.client.ready().await.expect("the link lives");
            let answer = self.client.send_request(request).await.expect("an answer");
            let (parts, body) = answer.into_parts();
            let body = body.collect().await.expect("a body").to_bytes().to_vec();
            (parts.status, parts.headers, body)
        };
        tokio::time::timeout(SOON, answered).await.expect("in time")
    }

    /// Opens the control stream.
    pub(super) async fn control(&mut self, double: &Double, hello: GatewayHello) -> Control {
        let (said, body) = mpsc::channel(16);
        said.send(Bytes::from(write_frame(&FromGateway::Hello(hello)))).await.expect("room");
        let request = Request::post(format!("https://server{CONTROL_PATH}"));
        let request = request.body(LinkBody::Said(body)).expect("a request");
        self.client.ready().await.expect("the link lives");
        let answer = self.client.send_request(request).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        Control {
            said,
            heard: answer.into_body(),
            frames: Frames::default(),
            trust: double.trust(),
        }
    }

    /// Waits until the connection has ended.
    pub(super) async fn ended(&mut self) {
        let ended = async {
            while !self.client.is_closed() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(SOON, ended).await.expect("the connection ends");
    }

    /// A byte stream to the console.
    pub(super) async fn connect(
        &mut self,
        authority: &str,
    ) -> (StatusCode, Option<TokioIo<hyper::upgrade::Upgraded>>) {
        let request = Request::builder()
            .method(Method::CONNECT)
            .uri(authority)
            .header("forwarded", forwarded("198.51.100.9".parse().expect("an address")))
            .body(LinkBody::Whole(Full::default()))
            .expect("a request");
        self.client.ready().await.expect("the link lives");
        let answer = self.client.send_request(request).await.expect("an answer");
        let status = answer.status();
        if status != StatusCode::OK {
            return (status, None);
        }
        let stream = hyper::upgrade::on(answer).await.expect("a stream");
        (status, Some(TokioIo::new(stream)))
    }
}

impl Line {
    /// Relays a call of somebody.
    pub(super) async fn relay(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, String)],
    ) -> (StatusCode, Vec<u8>) {
        let mut request = Request::builder().method(method).uri(path).header("host", "server");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(LinkBody::Whole(Full::default())).expect("a request");
        let answered = async {
            self.client.ready().await.expect("the connection lives");
            let answer = self.client.send_request(request).await.expect("an answer");
            let status = answer.status();
            let body = answer.into_body().collect().await.expect("a body");
            (status, body.to_bytes().to_vec())
        };
        tokio::time::timeout(SOON, answered).await.expect("in time")
    }

    /// Waits until it has ended.
    pub(super) async fn ended(&mut self) {
        let ended = async {
            while !self.client.is_closed() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(SOON, ended).await.expect("the connection ends");
    }
}

/// An open control stream.
pub(super) struct Control {
    said: mpsc::Sender<Bytes>,
    heard: Incoming,
    frames: Frames,
    trust: Trust,
}

impl Control {
    pub(super) async fn say(&self, message: &FromGateway) {
        self.said.send(Bytes::from(write_frame(message))).await.expect("it is heard");
    }

    pub(super) async fn say_status(&self, status: GatewayStatus) {
        self.say(&FromGateway::Status(Box::new(status))).await;
    }

    /// The next message; `None` when the stream has ended.
    pub(super) async fn next(&mut self) -> Option<ToGateway> {
        let next = async {
            loop {
                if let Some(message) = self.frames.next().expect("readable") {
                    return Some(message);
                }
                match self.heard.frame().await {
                    Some(Ok(frame)) => {
                        if let Some(bytes) = frame.data_ref() {
                            self.frames.push(bytes);
                        }
                    }
                    Some(Err(_)) | None => return None,
                }
            }
        };
        tokio::time::timeout(SOON, next).await.expect("in time")
    }

    /// The next configuration, believed; bundles on the way are taken over.
    pub(super) async fn config(&mut self) -> GatewayConfig {
        loop {
            match self.next().await.expect("a message") {
                ToGateway::Bundles(bundles) => self.trust.advance(&bundles).expect("they follow"),
                ToGateway::Config(signed) => {
                    return open_gateway_config(&signed, &self.trust).expect("signed by the site");
                }
                _ => {}
            }
        }
    }

    /// The first message of a kind.
    pub(super) async fn first<T>(&mut self, wanted: impl Fn(&ToGateway) -> Option<T>) -> T {
        loop {
            let message = self.next().await.expect("a message");
            if let Some(found) = wanted(&message) {
                return found;
            }
        }
    }

    pub(super) fn trust(&self) -> &Trust {
        &self.trust
    }
}

/// Dials the server, as a gateway of the classic direction does.
pub(super) async fn dial(
    server: SocketAddr,
    chain: Vec<Vec<u8>>,
    key: &[u8],
    alpn: &[u8],
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.to_vec()));
    let chain = chain.into_iter().map(CertificateDer::from).collect();
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyServer(algorithms)))
        .with_client_auth_cert(chain, private)
        .expect("a certificate");
    config.alpn_protocols = vec![alpn.to_vec()];
    let stream = TcpStream::connect(server).await?;
    let name = rustls::pki_types::ServerName::try_from("localhost").expect("a name");
    tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// Which server it is does not matter to these tests.
#[derive(Debug)]
struct AnyServer(rustls::crypto::WebPkiSupportedAlgorithms);

impl rustls::client::danger::ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &rustls::pki_types::ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        unreachable!("TLS 1.3 only")
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

/// TLS over a stream that passes through.
pub(super) async fn over<S>(stream: S, name: &'static str) -> tokio_rustls::client::TlsStream<S>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyServer(algorithms)))
        .with_no_client_auth();
    let name = rustls::pki_types::ServerName::try_from(name).expect("a name");
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    connector.connect(name, stream).await.expect("TLS with the server")
}
