//! A stand-in for the server: answers from a table, over real TLS.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// One answer.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A status, headers and a body.
    Json(u16, Vec<(&'static str, String)>, String),
    /// The connection is closed without an answer.
    HangUp,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `GET /accounts?limit=100`, below `/api/v1`.
    pub line: String,
    /// `name: value` lines.
    pub headers: Vec<String>,
    /// The body.
    pub body: String,
}

impl Seen {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }
}

/// What the stand-in answers and what it was asked.
#[derive(Debug, Default)]
struct Script {
    replies: Vec<(String, VecDeque<Reply>)>,
    seen: Vec<Seen>,
}

/// The running stand-in. Its thread ends with the test process.
pub struct Fake {
    /// `https://127.0.0.1:port`.
    pub url: String,
    /// The authority that signed its certificate, PEM.
    pub ca_pem: String,
    /// The certificates it shows, DER: its own, then the authority's.
    pub chain: Vec<CertificateDer<'static>>,
    script: Arc<Mutex<Script>>,
}

impl Fake {
    /// Starts on a free port.
    pub fn start() -> Self {
        Self::start_with(&rustls::version::TLS13)
    }

    /// Starts on a free port, with this version of TLS and no other.
    pub fn start_with(version: &'static rustls::SupportedProtocolVersion) -> Self {
        let ca_key = KeyPair::generate().expect("key");
        let mut ca = CertificateParams::new(Vec::new()).expect("valid");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.distinguished_name.push(DnType::CommonName, "Fake site CA");
        let ca_certificate = ca.self_signed(&ca_key).expect("signed");
        let key = KeyPair::generate().expect("key");
        let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()])
            .expect("valid")
            .signed_by(&key, &Issuer::from_params(&ca, &ca_key))
            .expect("signed");
        let chain = vec![certificate.der().clone(), ca_certificate.der().clone()];

        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(
                chain.clone(),
                PrivateKeyDer::try_from(key.serialize_der()).expect("key"),
            )
            .expect("certificate");

        let script = Arc::new(Mutex::new(Script::default()));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let shared = script.clone();
        std::thread::spawn(move || serve(listener, tls, shared));
        Self { url: url(address), ca_pem: ca_certificate.pem(), chain, script }
    }

    /// Answers a request with these, one after the other, the last for ever.
    pub fn on(&self, line: &str, replies: impl IntoIterator<Item = Reply>) -> &Self {
        let mut script = self.script.lock().expect("no holder panics");
        script.replies.retain(|(known, _)| known != line);
        script.replies.push((line.to_owned(), replies.into_iter().collect()));
        self
    }

    /// Answers a request with 200 and this JSON.
    pub fn json(&self, line: &str, body: &str) -> &Self {
        self.on(line, [ok(body)])
    }

    /// What was asked so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.script.lock().expect("no holder panics").seen.clone()
    }

    /// The requests of one kind.
    pub fn seen_line(&self, line: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.line == line).collect()
    }
}

/// 200 with JSON.
pub fn ok(body: &str) -> Reply {
    Reply::Json(200, Vec::new(), body.to_owned())
}

/// A problem.
pub fn problem(status: u16, code: &str, more: &str) -> Reply {
    let body = format!(
        r#"{{"type":"https://sekisho.invalid/problems/{code}","title":"{code} title","status":{status},"code":"{code}"{more}}}"#
    );
    Reply::Json(status, vec![("content-type", "application/problem+json".to_owned())], body)
}

fn url(address: SocketAddr) -> String {
    format!("https://{address}")
}

fn serve(listener: std::net::TcpListener, tls: ServerConfig, script: Arc<Mutex<Script>>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(async move {
        listener.set_nonblocking(true).expect("set");
        let listener = tokio::net::TcpListener::from_std(listener).expect("listener");
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let mut connections = JoinSet::new();
        loop {
            let (tcp, _) = listener.accept().await.expect("accepted");
            let (acceptor, script) = (acceptor.clone(), script.clone());
            connections.spawn(async move {
                // Tests with a wrong authority end here.
                let Ok(stream) = acceptor.accept(tcp).await else { return };
                let service = service_fn(|request| answer(request, &script));
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service);
                let _ = connection.await;
            });
        }
    });
}

/// Ends a connection from inside the service.
#[derive(Debug, thiserror::Error)]
#[error("hung up")]
struct HungUp;

async fn answer(
    request: Request<Incoming>,
    script: &Mutex<Script>,
) -> Result<Response<Full<Bytes>>, HungUp> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| HungUp)?.to_bytes();
    let target = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let path = target.strip_prefix("/api/v1").unwrap_or("outside /api/v1").to_owned();
    let line = format!("{} {path}", head.method);
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
    let seen = Seen {
        line: line.clone(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let reply = {
        let mut script = script.lock().expect("no holder panics");
        script.seen.push(seen);
        let replies = script.replies.iter_mut().find(|(known, _)| *known == line);
        replies.and_then(|(_, replies)| match replies.len() {
            0 | 1 => replies.front().cloned(),
            _ => replies.pop_front(),
        })
    };
    let unknown = || {
        let detail = format!(r#","detail":"the test has no answer for {line}""#);
        problem(404, "not_found", &detail)
    };
    match reply.unwrap_or_else(unknown) {
        Reply::HangUp => Err(HungUp),
        Reply::Json(status, headers, body) => {
            let mut response = Response::builder().status(status).header("x-request-id", "req-7");
            for (name, value) in headers {
                response = response.header(name, value);
            }
            Ok::<_, Infallible>(response.body(Full::from(body)).expect("an answer"))
                .map_err(|never| match never {})
        }
    }
}
