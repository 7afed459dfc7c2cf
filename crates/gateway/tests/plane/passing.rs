//! Console and sessions: TLS that passes through unopened, and only when it is
//! switched on.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{PATIENCE, Wanted, World, passing, until};

/// The first message of a TLS client that wants this name.
fn hello(name: &str) -> Vec<u8> {
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let name = name.to_owned().try_into().expect("a name");
    let mut client =
        rustls::ClientConnection::new(std::sync::Arc::new(config), name).expect("a client");
    let mut bytes = Vec::new();
    client.write_tls(&mut bytes).expect("a vector takes all");
    bytes
}

/// Whether the gateway closes without a word.
async fn is_closed(world: &World, first: &[u8]) -> bool {
    let address = world.gateway.pass_through().expect("open");
    let mut stream = TcpStream::connect(address).await.expect("open");
    let _ = stream.write_all(first).await;
    let mut bytes = Vec::new();
    let reading = stream.read_to_end(&mut bytes);
    let read = tokio::time::timeout(PATIENCE, reading).await.expect("in time");
    read.is_err() || bytes.is_empty()
}

#[tokio::test]
async fn by_default_no_listener_is_open_and_no_path_of_the_console_answers() {
    let (world, server) = World::new().await;
    assert_eq!(world.gateway.pass_through(), None);
    let mut talk = world.site.stranger().talk(&world, "h2").await;
    for path in ["/", "/login", "/assets/index.js", "/api/v1/session", "/api/v1/live"] {
        let answer = talk.call("GET", path, b"").await.expect("an answer");
        assert_eq!(answer.status, 404, "{path}");
    }
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn the_named_server_is_reached_unopened_and_nobody_else() {
    let (world, server) = World::with(Wanted::default(), |config| {
        config.pass_through = passing("console.example.jp")
    })
    .await;
    until("it is open", || world.gateway.pass_through().is_some()).await;
    let address = world.gateway.pass_through().expect("open");
    let mut stream = TcpStream::connect(address).await.expect("open");
    let first = hello("Console.example.jp");
    // In pieces, as a network may bring it.
    for piece in first.chunks(100) {
        stream.write_all(piece).await.expect("open");
        stream.flush().await.expect("open");
    }
    let mut back = vec![0; first.len()];
    let reading = stream.read_exact(&mut back);
    tokio::time::timeout(PATIENCE, reading).await.expect("in time").expect("open");
    assert_eq!(back, first, "every byte passed, both ways");
    assert_eq!(world.gateway.status().pass_through, 1);
    let seen = server.seen().pop().expect("a CONNECT");
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        ("CONNECT", "console.sekisho.internal:8443")
    );
    assert_eq!(seen.headers["forwarded"], "for=127.0.0.1");
    let long = vec![0x5a; 300_000];
    let (mut reads, mut writes) = stream.into_split();
    let mut back = vec![0; long.len()];
    let write = async { writes.write_all(&long).await.expect("open") };
    let read = async { reads.read_exact(&mut back).await.expect("open") };
    tokio::time::timeout(PATIENCE, async { tokio::join!(write, read) }).await.expect("in time");
    assert_eq!(back, long);
    drop((reads, writes));
    until("it ended", || world.gateway.status().pass_through == 0).await;

    for (what, first) in [
        ("another name", hello("other.example.jp")),
        ("a name below", hello("a.console.example.jp")),
        ("no name", hello("192.0.2.1")),
        ("HTTP", b"GET / HTTP/1.1\r\nHost: console.example.jp\r\n\r\n".to_vec()),
        ("rubbish", vec![0xff; 64]),
    ] {
        assert!(is_closed(&world, &first).await, "{what}");
    }
    assert_eq!(server.seen().len(), 1, "none of them reached the server");
    until("they are counted", || world.refused("name_does_not_pass") == 5).await;
}

#[tokio::test]
async fn switched_off_it_is_closed_and_what_passes_is_cut() {
    let (world, server) = World::with(Wanted::default(), |config| {
        config.pass_through = passing("console.example.jp")
    })
    .await;
    until("it is open", || world.gateway.pass_through().is_some()).await;
    let address = world.gateway.pass_through().expect("open");
    let mut stream = TcpStream::connect(address).await.expect("open");
    let first = hello("console.example.jp");
    stream.write_all(&first).await.expect("open");
    let mut back = vec![0; first.len()];
    stream.read_exact(&mut back).await.expect("it passes");
    world.configure(&server, &world.site.config(2)).await;
    let end = tokio::time::timeout(PATIENCE, stream.read(&mut back)).await.expect("in time");
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    until("it is closed", || world.gateway.pass_through().is_none()).await;
    let refused = async {
        loop {
            match TcpStream::connect(address).await {
                Err(_) => return,
                Ok(_) => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(PATIENCE, refused).await.expect("nobody listens there");
    // And on again.
    let mut config = world.site.config(3);
    config.pass_through = passing("console.example.jp");
    world.configure(&server, &config).await;
    until("it is open", || world.gateway.pass_through().is_some()).await;
}

#[tokio::test]
async fn where_no_address_is_given_it_says_so() {
    let wanted = Wanted { pass_through: false, ..Wanted::default() };
    let (world, _server) =
        World::with(wanted, |config| config.pass_through = passing("console.example.jp")).await;
    let told = |p: &String| p.contains("listen.pass_through");
    until("it is told", || world.gateway.status().problems.iter().any(told)).await;
}
