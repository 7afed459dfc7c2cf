//! The real listeners: TLS by the site CA, metrics in clear on loopback, a
//! stop in good order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{AlertDescription, ClientConfig, RootCertStore, SupportedProtocolVersion};
use sekisho_model::clock::SystemClock;
use sekisho_model::rng::SystemRng;
use sekisho_model::user::Role;
use sekisho_server::init;
use sekisho_server::run::{self, Listeners};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::harness::{config, signed_in};

async fn get(mut stream: impl AsyncRead + AsyncWrite + Unpin, path: &str) -> String {
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    // A peer that closes without a TLS goodbye is an error after the answer.
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

fn connector(root: Vec<u8>) -> tokio_rustls::TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(root)).expect("a root");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    tokio_rustls::TlsConnector::from(Arc::new(config))
}

#[tokio::test]
async fn the_listeners_serve_and_stop() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = config(folder.path());
    let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
    let mut shown = Vec::new();
    init::init(&config, clock.clone(), rng.clone(), true, &mut shown).await.expect("init");
    let pem = std::fs::read_to_string(config.ca_path()).expect("ca.pem");
    let root = sekisho_pki::pem::read_certificates(&pem).expect("PEM").remove(0);

    let listeners = Listeners::bind(&config).expect("bound");
    let api = listeners.api.local_addr().expect("an address");
    let metrics = listeners.metrics.as_ref().expect("on").local_addr().expect("an address");
    let app = run::open(config, clock, rng).await.expect("open");
    let (cookie, _) = signed_in(&app, "ann", Role::Administrator).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let server = run::serve(app, listeners, async {
        let _ = stopped.await;
    });
    let client = async {
        for name in ["localhost", "vault.example.jp", "127.0.0.1"] {
            let stream = TcpStream::connect(api).await.expect("connected");
            let name = ServerName::try_from(name).expect("a name");
            let stream = connector(root.clone()).connect(name, stream).await.expect("TLS");
            let answer = get(stream, "/readyz").await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        }
        let stream = TcpStream::connect(api).await.expect("connected");
        let name = ServerName::try_from("elsewhere.example").expect("a name");
        assert!(connector(root.clone()).connect(name, stream).await.is_err(), "a wrong name");

        let stream = TcpStream::connect(metrics).await.expect("connected");
        let answer = get(stream, "/metrics").await;
        assert!(answer.contains("sekisho_database_up 1"), "{answer}");
        assert!(answer.contains("sekisho_api_requests_total"), "{answer}");
        let name = "\nsekisho_server_certificate_not_after_timestamp_seconds ";
        let (_, rest) = answer.split_once(name).expect("its certificate");
        assert!(!rest.starts_with('0'), "{rest}");
        // A stream of events that is open ends with the server, in good order.
        let stream = TcpStream::connect(api).await.expect("connected");
        let name = ServerName::try_from("localhost").expect("a name");
        let mut stream = connector(root.clone()).connect(name, stream).await.expect("TLS");
        let head = format!(
            "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nCookie: __Host-sekisho={cookie}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        while !answer.ends_with(b"data: {}\n\n\r\n") {
            assert!(stream.read_buf(&mut answer).await.expect("read") > 0, "{answer:?}");
        }
        let begun = tokio::time::Instant::now();
        stop.send(()).expect("it runs");
        let _ = stream.read_to_end(&mut answer).await;
        assert!(answer.ends_with(b"0\r\n\r\n"), "the answer is complete");
        assert!(begun.elapsed() < Duration::from_secs(9), "nobody had to be dropped");
    };
    let both = async { tokio::join!(server, client) };
    let (ended, ()) = tokio::time::timeout(Duration::from_secs(30), both).await.expect("in time");
    ended.expect("a stop in good order");
    assert!(TcpStream::connect(api).await.is_err(), "nobody listens any more");
}

/// A handshake of a client that has this version and no other, and asks for no
/// certificate of anybody.
async fn handshake(
    address: SocketAddr,
    root: &[u8],
    version: &'static SupportedProtocolVersion,
) -> std::io::Result<()> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(root.to_vec())).expect("a root");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .expect("a version")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.expect("connected");
    let name = ServerName::try_from("localhost").expect("a name");
    tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await.map(drop)
}

#[tokio::test]
async fn a_client_that_has_nothing_but_tls_1_2_is_refused_by_both_listeners() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = config(folder.path());
    let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
    let mut shown = Vec::new();
    init::init(&config, clock.clone(), rng.clone(), true, &mut shown).await.expect("init");
    let pem = std::fs::read_to_string(config.ca_path()).expect("ca.pem");
    let root = sekisho_pki::pem::read_certificates(&pem).expect("PEM").remove(0);
    let listeners = Listeners::bind(&config).expect("bound");
    let addresses = [&listeners.api, &listeners.agents].map(|one| one.local_addr().expect("bound"));
    let app = run::open(config, clock, rng).await.expect("open");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = run::serve(app, listeners, async {
        let _ = stopped.await;
    });
    let client = async {
        for address in addresses {
            handshake(address, &root, &rustls::version::TLS13).await.expect("TLS 1.3");
            let refused = handshake(address, &root, &rustls::version::TLS12).await;
            let refused = refused.expect_err("refused").into_inner().expect("of TLS");
            let refused = refused.downcast::<rustls::Error>().expect("of rustls");
            let expected = rustls::Error::AlertReceived(AlertDescription::ProtocolVersion);
            assert_eq!(*refused, expected, "{address}");
        }
        stop.send(()).expect("it runs");
    };
    let both = async { tokio::join!(server, client) };
    let (ended, ()) = tokio::time::timeout(Duration::from_secs(30), both).await.expect("in time");
    ended.expect("a stop in good order");
}

#[tokio::test]
async fn handshakes_that_nobody_finishes_keep_no_agent_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = config(folder.path());
    let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
    let mut shown = Vec::new();
    init::init(&config, clock.clone(), rng.clone(), true, &mut shown).await.expect("init");
    let pem = std::fs::read_to_string(config.ca_path()).expect("ca.pem");
    let root = sekisho_pki::pem::read_certificates(&pem).expect("PEM").remove(0);
    let listeners = Listeners::bind(&config).expect("bound");
    let agents = listeners.agents.local_addr().expect("an address");
    let app = run::open(config, clock, rng).await.expect("open");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = run::serve(app, listeners, async {
        let _ = stopped.await;
    });
    let client = async {
        let mut silent = Vec::new();
        for _ in 0..300 {
            silent.push(TcpStream::connect(agents).await.expect("connected"));
        }
        let stream = TcpStream::connect(agents).await.expect("connected");
        let name = ServerName::try_from("localhost").expect("a name");
        // The silent ones are given up after ten seconds.
        let connecting = connector(root).connect(name, stream);
        let connected = tokio::time::timeout(Duration::from_millis(9_500), connecting).await;
        connected.expect("before the silent ones are given up").expect("TLS");
        drop(silent);
        stop.send(()).expect("it runs");
    };
    let both = async { tokio::join!(server, client) };
    let (ended, ()) = tokio::time::timeout(Duration::from_secs(40), both).await.expect("in time");
    ended.expect("a stop in good order");
}
