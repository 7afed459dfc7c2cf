//! A server as a gateway meets it: it pairs, dials, configures, issues
//! certificates and tells the time. It runs on a thread of its own.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ClientConfig;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use sekisho_gateway::{ControlFrames, control_frame};
use sekisho_link::{Bootstrap as _, Endpoint, UnverifiedLink};
use sekisho_model::Clock as _;
use sekisho_model::clock::SystemClock;
use sekisho_model::id::{GatewayId, SiteId};
use sekisho_model::rng::{SystemRng, random_bytes};
use sekisho_pki::{KeyPair, SiteCa, SiteTrust, SubjectName};
use sekisho_seal::bundle::{Trust, published, sign_bundle};
use sekisho_seal::gateway::{PairingText, open_pairing_answer, seal_pairing, sign_gateway_config};
use sekisho_seal::message;
use sekisho_seal::sign::SigningKey;
use sekisho_wire::bundle::{Bundle, Mode, SignedTime, SiteAnchor, TlsCheck};
use sekisho_wire::cbor;
use sekisho_wire::gateway::{
    CONTROL_PATH, FromGateway, GatewayConfig, LINK_ALPN, Limits, MAX_FRAME_BYTES,
    MAX_PAIRING_BYTES, PAIRING_PATH, Pairing, PairingOffer, Rate, TlsPolicy, ToGateway,
    route_lines,
};
use serde_bytes::ByteBuf;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The gateway's public name.
pub(crate) const NAME: &str = "gw.example.jp";

struct Site {
    id: SiteId,
    ca: SiteCa,
    issuing: Vec<u8>,
    anchor: SiteAnchor,
    bundles: Vec<ByteBuf>,
    order: SigningKey,
    gateway: GatewayId,
    /// Where the gateway's private listener is.
    address: Mutex<Option<SocketAddr>>,
    /// Connections of the link that were made.
    dialled: AtomicUsize,
    /// Those that stand.
    alive: AtomicUsize,
}

/// See the module.
pub(crate) struct Server {
    site: Arc<Site>,
    /// The runtime of its thread, which ends when `_running` is dropped.
    runtime: Handle,
    _running: oneshot::Sender<()>,
}

impl Server {
    pub(crate) fn new() -> Self {
        let now = SystemClock.now();
        let begun = now.minus(Duration::from_secs(3600));
        let id = SiteId::new(&SystemClock, &SystemRng);
        let new = SiteCa::create(id, now, &SystemRng).expect("created");
        let issuing = new.issuing.certificate.clone();
        let trust = SiteTrust::new(id, &new.root, std::slice::from_ref(&issuing)).expect("its own");
        let ca = SiteCa::load(trust, &new.issuing.key).expect("its own");
        let (root, order) = (SigningKey::generate(&SystemRng), SigningKey::generate(&SystemRng));
        let bundle = Bundle {
            protocol: sekisho_wire::PROTOCOL,
            site: id,
            version: 1,
            previous: None,
            issued: begun,
            min_mode: Mode::Certificate,
            order_keys: vec![published(order.public(), begun, None)],
            receipt_keys: Vec::new(),
            recovery_keys: Vec::new(),
            ca_roots: vec![ByteBuf::from(new.root)],
            server_tls: TlsCheck::SiteCa,
            gateways: Vec::new(),
            min_protocol: sekisho_wire::PROTOCOL_MIN,
        };
        let site = Site {
            id,
            ca,
            issuing,
            anchor: SiteAnchor { site: id, root_key: root.public() },
            bundles: vec![ByteBuf::from(sign_bundle(&bundle, &root))],
            order,
            gateway: GatewayId::new(&SystemClock, &SystemRng),
            address: Mutex::default(),
            dialled: AtomicUsize::new(0),
            alive: AtomicUsize::new(0),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let handle = runtime.handle().clone();
        let (running, ended) = oneshot::channel::<()>();
        std::thread::spawn(move || drop(runtime.block_on(ended)));
        Self { site: Arc::new(site), runtime: handle, _running: running }
    }

    /// Pairs by the string that a person brought. The private listener is at
    /// `address`: the string has the port 0 of these tests.
    pub(crate) fn pair(&self, text: &PairingText, address: SocketAddr) -> Result<(), String> {
        self.runtime.block_on(async {
            let (status, offer) = self.ask(text, address, "GET", b"").await;
            if status != 200 {
                return Err(format!("{status} {}", String::from_utf8_lossy(&offer)));
            }
            let offer: PairingOffer = cbor::decode(&offer, MAX_PAIRING_BYTES).expect("an offer");
            let (site, now) = (&self.site, SystemClock.now());
            let issued = site.ca.issue_gateway(&offer.request, site.gateway, now, &SystemRng);
            let issued = issued.expect("a good request");
            let chain = [issued.der].into_iter().chain(issued.chain).map(ByteBuf::from);
            let pairing = Pairing {
                anchor: site.anchor.clone(),
                bundles: site.bundles.clone(),
                gateway: site.gateway,
                name: "dmz-1".to_owned(),
                chain: chain.collect(),
                dial: None,
            };
            let (envelope, exporter) =
                seal_pairing(&pairing, text, &offer.key, &SystemRng).expect("sealed");
            let (status, answer) = self.ask(text, address, "POST", &cbor::encode(&envelope)).await;
            if status != 200 {
                return Err(format!("{status} {}", String::from_utf8_lossy(&answer)));
            }
            let answer = open_pairing_answer(&answer, &exporter).expect("by the gateway");
            assert_eq!(answer.gateway, site.gateway);
            Ok(())
        })
    }

    /// One request on the private listener; its key is the pinned one.
    async fn ask(
        &self,
        text: &PairingText,
        address: SocketAddr,
        method: &str,
        body: &[u8],
    ) -> (u16, Vec<u8>) {
        let mut stream = connect(client().with_no_client_auth(), address).await.expect("TLS");
        let leaf = stream.get_ref().1.peer_certificates().expect("shown")[0].clone();
        let leaf = rustls::server::ParsedCertificate::try_from(&leaf).expect("a certificate");
        let spki = leaf.subject_public_key_info();
        assert_eq!(sekisho_seal::sha256(&spki), text.key_sha256, "the pinned key");
        let head = format!(
            "{method} {PAIRING_PATH} HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body].concat()).await.expect("sent");
        let mut answer = Vec::new();
        // Some peers end TLS without saying so.
        let _ = stream.read_to_end(&mut answer).await;
        let end = answer.windows(4).position(|part| part == b"\r\n\r\n").expect("a head");
        let status = std::str::from_utf8(&answer[9..12]).expect("digits").parse().expect("digits");
        (status, answer.split_off(end + 4))
    }

    /// Dials the gateway, now and whenever it asks for it.
    pub(crate) fn dial(&self, address: SocketAddr) {
        *self.site.address.lock().expect("free") = Some(address);
        self.runtime.block_on(dial(&self.site)).expect("the gateway takes the link");
    }

    /// As [`dial`](Self::dial), but it may be refused.
    pub(crate) fn try_dial(&self, address: SocketAddr) -> bool {
        *self.site.address.lock().expect("free") = Some(address);
        self.runtime.block_on(async {
            let before = self.dialled();
            if dial(&self.site).await.is_err() {
                return false;
            }
            // With TLS 1.3 a refusal comes after the handshake.
            tokio::time::sleep(Duration::from_millis(100)).await;
            self.dialled() > before && self.site.alive.load(Ordering::SeqCst) > 0
        })
    }

    pub(crate) fn dialled(&self) -> usize {
        self.site.dialled.load(Ordering::SeqCst)
    }

    pub(crate) fn trust(&self) -> Trust {
        Trust::from_chain(&self.site.anchor, &self.site.bundles).expect("a chain")
    }

    /// Asks for the server's time as an agent would, over a new connection.
    pub(crate) fn ask_time(&self, agents: SocketAddr) -> Result<(), String> {
        let endpoint = Endpoint { host: agents.ip().to_string(), port: agents.port() };
        let nonce: [u8; 16] = random_bytes(&SystemRng);
        let link = UnverifiedLink::new(endpoint).map_err(|error| error.to_string())?;
        let answer = self.runtime.block_on(link.time(&nonce)).map_err(|e| e.to_string())?;
        message::open_time(&answer, &self.trust(), &nonce).map(drop).map_err(|e| e.to_string())
    }
}

type Builder = rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>;

fn client() -> Builder {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Any))
}

async fn connect(config: ClientConfig, at: SocketAddr) -> Result<TlsStream<TcpStream>, String> {
    let stream = TcpStream::connect(at).await.map_err(|error| error.to_string())?;
    let name = ServerName::try_from("gateway.invalid").expect("a name");
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    connected.map_err(|error| error.to_string())
}

/// Two connections of the link.
async fn dial(site: &Arc<Site>) -> Result<(), String> {
    let address = site.address.lock().expect("free").expect("known");
    let key = KeyPair::generate().expect("a key");
    let issued = site.ca.issue_link_server(key.public_key(), SystemClock.now(), &SystemRng);
    let issued = issued.expect("issued");
    let chain: Vec<_> =
        [issued.der].into_iter().chain(issued.chain).map(CertificateDer::from).collect();
    let pkcs8 = key.to_pkcs8().expect("a key").expose().to_vec();
    for _ in 0..2 {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pkcs8.clone()));
        let mut config = client().with_client_auth_cert(chain.clone(), key).expect("a key");
        config.alpn_protocols = vec![LINK_ALPN.to_vec()];
        let stream = connect(config, address).await?;
        let served = site.clone();
        site.dialled.fetch_add(1, Ordering::SeqCst);
        site.alive.fetch_add(1, Ordering::SeqCst);
        let counted = site.clone();
        spawn(async move {
            let service = service_fn(move |request| {
                let site = served.clone();
                async move { Ok::<_, Infallible>(answer(&site, request)) }
            });
            let builder = http2::Builder::new(TokioExecutor::new());
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            counted.alive.fetch_sub(1, Ordering::SeqCst);
        });
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "ends with its runtime, in a test")]
fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}

fn answer(site: &Arc<Site>, request: Request<Incoming>) -> Response<Answer> {
    let path = request.uri().path().to_owned();
    if path == CONTROL_PATH {
        let (send, receive) = mpsc::channel(64);
        spawn(control(site.clone(), request.into_body(), send));
        return Response::new(Answer::Frames(receive));
    }
    let Some(nonce) = path.strip_prefix("/agent/v1/time/") else {
        return Response::builder().status(500).body(Answer::Whole(None)).expect("an answer");
    };
    let nonce = data_encoding::HEXLOWER.decode(nonce.as_bytes()).expect("digits");
    let nonce = nonce.try_into().expect("16 bytes");
    let time = SignedTime { nonce, time: SystemClock.now() };
    let signed = message::sign_time(&time, &site.order, site.id);
    Response::new(Answer::Whole(Some(Bytes::from(signed))))
}

async fn control(site: Arc<Site>, mut body: Incoming, send: mpsc::Sender<Bytes>) {
    use http_body_util::BodyExt as _;
    let mut frames = ControlFrames::default();
    while let Some(Ok(part)) = body.frame().await {
        let Ok(data) = part.into_data() else { continue };
        let mut heard = Vec::<FromGateway>::new();
        let take = |bytes: &[u8]| {
            heard.push(cbor::decode(bytes, MAX_FRAME_BYTES).expect("a message"));
        };
        frames.take(&data, take).expect("frames");
        for message in heard {
            let answer = match message {
                FromGateway::Hello(_) => {
                    let signed = sign_gateway_config(&config(&site), &site.order);
                    Some(ToGateway::Config(ByteBuf::from(signed)))
                }
                FromGateway::CertificateRequest { for_link, request } => {
                    Some(issue(&site, for_link, &request))
                }
                FromGateway::DialAgain => {
                    let site = site.clone();
                    spawn(async move { drop(dial(&site).await) });
                    None
                }
                FromGateway::Status(_) => None,
            };
            if let Some(answer) = answer {
                let _ = send.send(Bytes::from(control_frame(&cbor::encode(&answer)))).await;
            }
        }
    }
}

fn issue(site: &Site, for_link: bool, request: &[u8]) -> ToGateway {
    let now = SystemClock.now();
    let issued = if for_link {
        site.ca.issue_gateway(request, site.gateway, now, &SystemRng)
    } else {
        let key = SiteCa::key_of_request(request).expect("signed");
        let names = [SubjectName::Dns(NAME.parse().expect("a name"))];
        site.ca.issue_server(&names, &key, now, &SystemRng)
    };
    let issued = issued.expect("issued");
    ToGateway::Certificate {
        for_link,
        chain: [issued.der].into_iter().chain(issued.chain).map(ByteBuf::from).collect(),
        renew_at: now.plus(Duration::from_secs(864_000)),
        not_after: issued.not_after,
    }
}

/// As a server of this version makes it, with room for tests that all come from
/// one address.
fn config(site: &Site) -> GatewayConfig {
    let much = Rate::per_second(100_000, 100_000);
    let limits = Limits {
        handshakes_per_address: much,
        enrolment_per_address: much,
        enrolment: much,
        ..Limits::default()
    };
    GatewayConfig {
        site: site.id,
        gateway: site.gateway,
        version: 1,
        issued: SystemClock.now(),
        server_version: "0.1.0".to_owned(),
        routes: route_lines(),
        tls: TlsPolicy {
            versions: vec![0x0304],
            suites: vec![0x1301, 0x1302, 0x1303],
            groups: vec![0x11ec, 0x001d, 0x0017],
        },
        limits,
        offices: Vec::new(),
        ca_roots: vec![ByteBuf::from(site.ca.trust().root().to_vec())],
        ca_issuing: vec![ByteBuf::from(site.issuing.clone())],
        revoked: Vec::new(),
        public_names: vec![NAME.to_owned()],
        pass_through: None,
    }
}

/// A body of an answer.
enum Answer {
    Whole(Option<Bytes>),
    Frames(mpsc::Receiver<Bytes>),
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Frames(frames) => frames.poll_recv(cx).map(|b| b.map(|b| Ok(Frame::data(b)))),
        }
    }
}

/// What the peer shows is looked at afterwards.
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
