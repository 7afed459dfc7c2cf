//! A server as a gateway meets it: it pairs, dials, configures, issues
//! certificates and answers. It runs on a thread of its own.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::request::Parts;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Bytes, Incoming};
use sekisho_model::Clock as _;
use sekisho_model::clock::SystemClock;
use sekisho_model::rng::SystemRng;
use sekisho_pki::{SiteCa, SubjectName};
use sekisho_seal::gateway::{PairingText, open_pairing_answer, seal_pairing};
use sekisho_wire::cbor;
use sekisho_wire::gateway::{
    ALIVE_PATH, CONTROL_PATH, FORWARDED_HEADER, FromGateway, GatewayConfig, MAX_PAIRING_BYTES,
    PAIRING_PATH, Pairing, PairingOffer, ToGateway,
};
use sekisho_wire::relayed::{Frames, write_frame};
use serde_bytes::ByteBuf;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::link::{self, Answer, Who};
use crate::{NAME, Site};

/// No route takes a longer body, in bytes; twice as much would be seen.
const MOST_BODY: usize = 8 * 1024 * 1024;

/// Messages that wait for the gateway.
const CONTROL: usize = 4096;

/// A relayed call.
pub struct Call {
    /// Its head.
    pub head: Parts,
    /// Its body.
    pub body: Bytes,
}

/// What is answered to a call.
pub struct Told {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
}

type Answers = dyn Fn(&Site, Call) -> Told + Send + Sync;

struct Inner {
    site: Arc<Site>,
    config: GatewayConfig,
    calls: bool,
    answers: Box<Answers>,
    /// Where the gateway's private listener is.
    address: Mutex<Option<SocketAddr>>,
    /// Connections of the link that were made.
    dialled: AtomicUsize,
    /// Those that stand.
    alive: AtomicUsize,
    /// To the gateway.
    control: Mutex<Option<mpsc::WeakSender<Bytes>>>,
}

/// See the module.
pub struct Server {
    inner: Arc<Inner>,
    /// The runtime of its thread, which ends when `_running` is dropped.
    runtime: Handle,
    _running: oneshot::Sender<()>,
}

impl Server {
    /// The server of a site: its gateway works by `config` and what it relays is
    /// answered by `answers`.
    ///
    /// # Panics
    /// When there is no thread for it.
    pub fn new(
        site: impl Into<Arc<Site>>,
        config: GatewayConfig,
        answers: impl Fn(&Site, Call) -> Told + Send + Sync + 'static,
    ) -> Self {
        let inner = Inner {
            site: site.into(),
            config,
            calls: true,
            answers: Box::new(answers),
            address: Mutex::default(),
            dialled: AtomicUsize::new(0),
            alive: AtomicUsize::new(0),
            control: Mutex::default(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let handle = runtime.handle().clone();
        let (running, ended) = oneshot::channel::<()>();
        std::thread::spawn(move || drop(runtime.block_on(ended)));
        Self { inner: Arc::new(inner), runtime: handle, _running: running }
    }

    /// It dials no connections for calls, as an older server does.
    ///
    /// # Panics
    /// When it is at work already.
    pub fn without_calls(mut self) -> Self {
        Arc::get_mut(&mut self.inner).expect("nobody has it yet").calls = false;
        self
    }

    /// Its site.
    pub fn site(&self) -> &Site {
        &self.inner.site
    }

    /// Its thread's runtime.
    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Pairs by the string that a person brought. The private listener is at
    /// `address`: the string may say another port.
    ///
    /// # Errors
    /// The status and the text by which the gateway refuses.
    ///
    /// # Panics
    /// When a gateway says what cannot be read, or is another one.
    pub fn pair(&self, text: &PairingText, address: SocketAddr) -> Result<(), String> {
        self.runtime.block_on(async {
            let (status, offer) = ask(text, address, "GET", b"").await;
            if status != 200 {
                return Err(format!("{status} {}", String::from_utf8_lossy(&offer)));
            }
            let offer: PairingOffer = cbor::decode(&offer, MAX_PAIRING_BYTES).expect("an offer");
            let (site, now) = (&self.inner.site, SystemClock.now());
            let issued = site.ca.issue_gateway(&offer.request, site.gateway, now, &SystemRng);
            let issued = issued.expect("a good request");
            let chain = [issued.der].into_iter().chain(issued.chain).map(ByteBuf::from);
            let pairing = Pairing {
                anchor: site.anchor(),
                bundles: site.bundles.iter().cloned().map(ByteBuf::from).collect(),
                gateway: site.gateway,
                name: "dmz-1".to_owned(),
                chain: chain.collect(),
                dial: None,
            };
            let (envelope, exporter) =
                seal_pairing(&pairing, text, &offer.key, &SystemRng).expect("sealed");
            let (status, answer) = ask(text, address, "POST", &cbor::encode(&envelope)).await;
            if status != 200 {
                return Err(format!("{status} {}", String::from_utf8_lossy(&answer)));
            }
            let answer = open_pairing_answer(&answer, &exporter).expect("by the gateway");
            assert_eq!(answer.gateway, site.gateway);
            Ok(())
        })
    }

    /// Dials the gateway, now and whenever it asks for it.
    ///
    /// # Errors
    /// When the gateway does not take the link.
    pub fn dial(&self, address: SocketAddr) -> Result<(), String> {
        *self.inner.address.lock().expect("free") = Some(address);
        self.runtime.block_on(dial(&self.inner))
    }

    /// As [`dial`](Self::dial), and says whether the links stand a moment later:
    /// with TLS 1.3 a refusal comes after the handshake.
    pub fn try_dial(&self, address: SocketAddr) -> bool {
        let before = self.dialled();
        if self.dial(address).is_err() {
            return false;
        }
        // A timer is made inside of its runtime.
        self.runtime.block_on(async { tokio::time::sleep(Duration::from_millis(100)).await });
        self.dialled() > before && self.links() > 0
    }

    /// Connections of the link that stand.
    pub fn links(&self) -> usize {
        self.inner.alive.load(Ordering::SeqCst)
    }

    /// Tells the gateway something. One that does not read its control stream, or
    /// has none, is not told.
    ///
    /// # Panics
    /// When the thread of the server has panicked.
    pub fn tell(&self, message: &ToGateway) {
        let control = self.inner.control.lock().expect("free").clone();
        if let Some(control) = control.and_then(|control| control.upgrade()) {
            let _ = control.try_send(Bytes::from(write_frame(message)));
        }
    }

    /// Connections of the link that were made so far.
    pub fn dialled(&self) -> usize {
        self.inner.dialled.load(Ordering::SeqCst)
    }
}

/// One request on the private listener; its key is the pinned one.
async fn ask(text: &PairingText, address: SocketAddr, method: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let mut stream = link::dial(None, address, b"http/1.1").await.expect("TLS");
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

/// Two connections of the link.
async fn dial(inner: &Arc<Inner>) -> Result<(), String> {
    let address = inner.address.lock().expect("free").expect("known");
    for _ in 0..2 {
        let stream = link::connect(&inner.site, address, Who::Server).await?;
        inner.dialled.fetch_add(1, Ordering::SeqCst);
        inner.alive.fetch_add(1, Ordering::SeqCst);
        let inner = inner.clone();
        spawn(async move {
            let answering = inner.clone();
            link::serve(stream, move |request| answer(answering.clone(), request)).await;
            inner.alive.fetch_sub(1, Ordering::SeqCst);
        });
    }
    Ok(())
}

/// A connection for calls.
async fn serve_calls(inner: Arc<Inner>) {
    let address = inner.address.lock().expect("free").expect("known");
    let Ok(stream) = link::connect_for_calls(&inner.site, address).await else { return };
    inner.dialled.fetch_add(1, Ordering::SeqCst);
    link::serve_calls(stream, move |request| answer(inner.clone(), request)).await;
}

#[expect(clippy::disallowed_methods, reason = "ends with the runtime of its server")]
fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}

/// In a box: what is answered may be to dial again, whose calls are answered.
fn answer(
    inner: Arc<Inner>,
    request: Request<Incoming>,
) -> Pin<Box<dyn Future<Output = Response<Answer>> + Send>> {
    Box::pin(async move {
        // What the gateway says for itself. An agent's request that came through is a
        // call, whatever its path.
        let own = !request.headers().contains_key(FORWARDED_HEADER);
        let asks =
            |method: Method, path| *request.method() == method && request.uri().path() == path;
        if own && asks(Method::GET, ALIVE_PATH) {
            return Response::new(Answer::Whole(None));
        }
        if own && asks(Method::POST, CONTROL_PATH) {
            let (send, receive) = mpsc::channel(CONTROL);
            *inner.control.lock().expect("free") = Some(send.downgrade());
            spawn(control(inner, request.into_body(), send));
            return Response::new(Answer::Frames(receive));
        }
        let (head, body) = request.into_parts();
        let Ok(body) = Limited::new(body, MOST_BODY).collect().await else {
            // It broke off on its way: no request, and nobody waits for an answer.
            let response = Response::builder().status(400);
            return response.body(Answer::Empty).expect("an answer");
        };
        let told = (inner.answers)(&inner.site, Call { head, body: body.to_bytes() });
        let response = Response::builder().status(told.status);
        response.body(Answer::Whole(Some(told.body))).expect("an answer")
    })
}

async fn control(inner: Arc<Inner>, mut body: Incoming, send: mpsc::Sender<Bytes>) {
    let mut frames = Frames::default();
    while let Some(Ok(part)) = body.frame().await {
        let Ok(data) = part.into_data() else { continue };
        frames.push(&data);
        while let Some(message) = frames.take().expect("messages") {
            let answer = match message {
                FromGateway::Hello(hello) => {
                    for _ in 0..hello.calls * u16::from(inner.calls) {
                        spawn(serve_calls(inner.clone()));
                    }
                    Some(inner.site.signed(&inner.config))
                }
                FromGateway::CertificateRequest { for_link, request } => {
                    Some(issue(&inner.site, for_link, &request))
                }
                FromGateway::DialAgain => {
                    let inner = inner.clone();
                    spawn(async move { drop(dial(&inner).await) });
                    None
                }
                FromGateway::Status(_) => None,
            };
            if let Some(answer) = answer {
                // A gateway that is gone needs none.
                let _ = send.send(Bytes::from(write_frame(&answer))).await;
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
