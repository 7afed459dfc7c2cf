//! The server's double: pairs, dials, configures, issues certificates, answers,
//! and tells the [`Witness`] what comes. It runs on a thread of its own.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use anyhow::{Context as _, Result, bail};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use sekisho_model::Clock as _;
use sekisho_model::clock::SystemClock;
use sekisho_model::id::DeviceId;
use sekisho_model::rng::SystemRng;
use sekisho_seal::gateway::{PairingText, open_pairing_answer, seal_pairing};
use sekisho_wire::cbor;
use sekisho_wire::gateway::{
    CONTROL_PATH, FromGateway, LINK_ALPN, Limits, MAX_FRAME_BYTES, MAX_PAIRING_BYTES, PAIRING_PATH,
    Pairing, PairingOffer, RouteLine, ToGateway,
};
use sekisho_wire::session::Wake;
use serde_bytes::ByteBuf;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::site::Site;
use crate::witness::{Seen, Witness};

/// No route takes a longer body, in bytes; twice as much would be seen.
const MOST_BODY: usize = 8 * 1024 * 1024;

/// What of a body comes back in the answer, in bytes.
const ECHOED: usize = 200;

/// The bundle that is a long answer: as long as the route allows, in bytes.
pub(crate) const LONG_BUNDLE: (&str, usize) = ("/agent/v1/bundle/1048576", 1024 * 1024);

struct Shared {
    site: Arc<Site>,
    witness: Witness,
    limits: Limits,
    routes: Vec<RouteLine>,
    versions: AtomicU64,
    control: Mutex<Option<mpsc::Sender<Bytes>>>,
    address: Mutex<Option<SocketAddr>>,
    links: AtomicUsize,
    /// The gateway asks to be dialled.
    again: Notify,
}

/// See the module. Clones are the same.
#[derive(Clone)]
pub struct Double {
    shared: Arc<Shared>,
    runtime: Handle,
    _running: Arc<oneshot::Sender<()>>,
}

impl Double {
    /// A server of this site that wants these limits and routes.
    pub fn new(site: Arc<Site>, limits: Limits, routes: Vec<RouteLine>, witness: Witness) -> Self {
        let shared = Shared {
            site,
            witness,
            limits,
            routes,
            versions: AtomicU64::new(1),
            control: Mutex::default(),
            address: Mutex::default(),
            links: AtomicUsize::new(0),
            again: Notify::new(),
        };
        let shared = Arc::new(shared);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let handle = runtime.handle().clone();
        let (running, ended) = oneshot::channel::<()>();
        let asked = shared.clone();
        handle.spawn(async move {
            loop {
                asked.again.notified().await;
                let _ = dial(&asked).await;
            }
        });
        std::thread::spawn(move || drop(runtime.block_on(ended)));
        Self { shared, runtime: handle, _running: Arc::new(running) }
    }

    /// The site.
    pub fn site(&self) -> &Arc<Site> {
        &self.shared.site
    }

    /// The witness.
    pub fn witness(&self) -> &Witness {
        &self.shared.witness
    }

    /// Pairs by the string that a person brought. The private listener is at
    /// `address`, which may be another than in the string.
    ///
    /// # Errors
    /// When the gateway refuses.
    pub fn pair(&self, text: &str, address: SocketAddr) -> Result<()> {
        let text = PairingText::parse(text).map_err(|error| anyhow::anyhow!("{error}"))?;
        self.runtime.block_on(pair(&self.shared.site, &text, address))
    }

    /// Dials the gateway, now and whenever it asks for it.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn dial(&self, address: SocketAddr) -> Result<()> {
        *self.shared.address.lock().expect("no holder panics") = Some(address);
        self.runtime.block_on(dial(&self.shared))
    }

    /// Connections of the link that stand.
    pub fn links(&self) -> usize {
        self.shared.links.load(Ordering::SeqCst)
    }

    /// These have something to fetch.
    pub fn wake(&self, devices: Vec<DeviceId>) {
        self.shared.say(&ToGateway::Wake(devices));
    }
}

impl Shared {
    fn say(&self, message: &ToGateway) {
        let message = cbor::encode(message);
        let length = u32::try_from(message.len()).expect("short").to_be_bytes();
        let frame = Bytes::from([&length[..], &message].concat());
        let control = self.control.lock().expect("no holder panics").clone();
        // A gateway that does not read its control stream is behind by then.
        if let Some(control) = control {
            let _ = control.try_send(frame);
        }
    }

    fn configuration(&self) -> ToGateway {
        let version = self.versions.fetch_add(1, Ordering::SeqCst);
        self.site.configuration(version, &self.limits, &self.routes)
    }
}

async fn pair(site: &Site, text: &PairingText, address: SocketAddr) -> Result<()> {
    let offer = ask(text, address, "GET", b"").await?;
    let offer: PairingOffer = cbor::decode(&offer, MAX_PAIRING_BYTES).context("an offer")?;
    let now = SystemClock.now();
    let issued = site.ca.issue_gateway(&offer.request, site.gateway, now, &SystemRng)?;
    let chain = [issued.der].into_iter().chain(issued.chain).map(ByteBuf::from);
    let pairing = Pairing {
        anchor: site.anchor.clone(),
        bundles: site.bundles.clone(),
        gateway: site.gateway,
        name: "dmz-1".to_owned(),
        chain: chain.collect(),
        dial: None,
    };
    let (envelope, exporter) = seal_pairing(&pairing, text, &offer.key, &SystemRng)
        .map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let answer = ask(text, address, "POST", &cbor::encode(&envelope)).await?;
    open_pairing_answer(&answer, &exporter).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    Ok(())
}

/// One request on the private listener, whose key is the pinned one.
async fn ask(text: &PairingText, at: SocketAddr, method: &str, body: &[u8]) -> Result<Vec<u8>> {
    let mut stream = connect(client().with_no_client_auth(), at).await?;
    let shown = stream.get_ref().1.peer_certificates().context("a certificate")?;
    let leaf = rustls::server::ParsedCertificate::try_from(shown.first().context("a leaf")?)?;
    let pinned = sekisho_seal::sha256(&leaf.subject_public_key_info()) == text.key_sha256;
    anyhow::ensure!(pinned, "the gateway has another key than its pairing string says");
    let head = format!(
        "{method} {PAIRING_PATH} HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).await?;
    let mut answer = Vec::new();
    // Some peers end TLS without saying so.
    let _ = stream.read_to_end(&mut answer).await;
    let end = answer.windows(4).position(|part| part == b"\r\n\r\n").context("a head")?;
    if !answer.starts_with(b"HTTP/1.1 200 ") {
        bail!("the gateway refused: {}", String::from_utf8_lossy(&answer));
    }
    Ok(answer.split_off(end + 4))
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

async fn connect(config: ClientConfig, at: SocketAddr) -> Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(at).await?;
    stream.set_nodelay(true)?;
    let name = ServerName::try_from("gateway.invalid").expect("a name");
    Ok(TlsConnector::from(Arc::new(config)).connect(name, stream).await?)
}

/// Two connections of the link.
async fn dial(shared: &Arc<Shared>) -> Result<()> {
    let address = shared.address.lock().expect("no holder panics").context("an address")?;
    for _ in 0..2 {
        let (chain, key) = shared.site.link_identity();
        let mut config = client().with_client_auth_cert(chain, key)?;
        config.alpn_protocols = vec![LINK_ALPN.to_vec()];
        let stream = connect(config, address).await?;
        let shared = shared.clone();
        shared.links.fetch_add(1, Ordering::SeqCst);
        spawn(async move {
            let serving = shared.clone();
            let service = service_fn(move |request| {
                let shared = serving.clone();
                async move { Ok::<_, Infallible>(answer(shared, request).await) }
            });
            let mut builder = http2::Builder::new(TokioExecutor::new());
            builder.max_concurrent_streams(2000);
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            shared.links.fetch_sub(1, Ordering::SeqCst);
        });
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "ends with the double's own runtime")]
fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Response<Answer> {
    if request.uri().path() == CONTROL_PATH {
        let (send, receive) = mpsc::channel(4096);
        *shared.control.lock().expect("no holder panics") = Some(send);
        spawn(control(shared, request.into_body()));
        return Response::new(Answer::Frames(receive));
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MOST_BODY).collect().await else {
        // It broke off on its way: no request, and nobody waits for an answer.
        return status(400);
    };
    let target = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let headers = parts.headers.iter();
    let seen = Seen {
        method: parts.method.to_string(),
        target,
        headers: headers.map(|(n, v)| (n.to_string(), v.as_bytes().to_vec())).collect(),
        body: body.to_bytes().to_vec(),
    };
    shared.witness.see(&seen);
    if seen.target.starts_with("/agent/v1/wait/") {
        return whole(cbor::encode(&Wake::Nothing));
    }
    if seen.target == LONG_BUNDLE.0 {
        return whole(vec![b'x'; LONG_BUNDLE.1]);
    }
    let echoed = &seen.body[..seen.body.len().min(ECHOED)];
    whole([seen.target.as_bytes(), b"\n", echoed].concat())
}

fn status(status: u16) -> Response<Answer> {
    Response::builder().status(status).body(Answer::Whole(None)).expect("an answer")
}

fn whole(body: Vec<u8>) -> Response<Answer> {
    Response::new(Answer::Whole(Some(Bytes::from(body))))
}

/// Hears the gateway until the stream ends.
async fn control(shared: Arc<Shared>, mut body: Incoming) {
    let mut bytes = Vec::new();
    while let Some(Ok(part)) = body.frame().await {
        let Ok(data) = part.into_data() else { continue };
        bytes.extend_from_slice(&data);
        while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
            let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
            let Some((message, behind)) = rest.split_at_checked(length) else { break };
            let message = cbor::decode(message, MAX_FRAME_BYTES);
            bytes = behind.to_vec();
            match message {
                Ok(FromGateway::Hello(_)) => shared.say(&shared.configuration()),
                Ok(FromGateway::CertificateRequest { for_link, request }) => {
                    shared.say(&shared.site.issue(for_link, &request));
                }
                Ok(FromGateway::DialAgain) => shared.again.notify_one(),
                Ok(FromGateway::Status(_)) | Err(_) => {}
            }
        }
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

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Frames(_) => SizeHint::default(),
        }
    }
}

/// What the gateway shows is looked at afterwards, or is nobody's question here.
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
