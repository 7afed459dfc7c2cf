//! Connections of the link that carry one call at a time.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::Version;
use sekisho_gateway::Timeouts;
use sekisho_wire::gateway::{ALIVE_PATH, CALL_ALPN, LINK_ALPN};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::support::{Reply, Server, Wanted, World, until};

const FETCH: &str = "/agent/v1/fetch";

fn versions(server: &Server) -> Vec<Version> {
    server.seen().iter().map(|seen| seen.version).collect()
}

#[tokio::test]
async fn a_call_has_a_connection_to_itself_and_where_none_is_free_it_is_a_stream() {
    let (world, mut server) = World::new().await;
    server.dial_for_calls(&world, 1).await;
    let slow = Reply { after: Duration::from_millis(300), ..Reply::ok("slow") };
    server.answer(move |_| slow.clone());
    let (one, two) = (world.site.device(), world.site.device());
    // Connected first: what comes late would find the connection free again.
    let mut talks = (one.talk(&world, "http/1.1").await, two.talk(&world, "h2").await);
    let (first, second) = tokio::join!(
        talks.0.call("POST", FETCH, b"first"),
        talks.1.call("POST", FETCH, b"second"),
    );
    let (first, second) = (first.expect("an answer"), second.expect("an answer"));
    assert_eq!([first.status, second.status], [200, 200]);
    assert_eq!([first.body, second.body], [b"slow", b"slow"]);
    let mut seen = server.seen();
    seen.sort_by_key(|seen| seen.version);
    assert_eq!([seen[0].version, seen[1].version], [Version::HTTP_11, Version::HTTP_2]);
    let names = |at: usize| {
        let mut names: Vec<_> = seen[at].headers.keys().map(|name| name.as_str()).collect();
        names.sort_unstable();
        names
    };
    // The server gets the same either way; a host is what HTTP/1.1 asks for.
    let all = ["client-cert", "content-length", "content-type", "forwarded"];
    assert_eq!(names(1), all);
    assert_eq!(names(0), [&all[..], &["host"]].concat());
    // It is free again, over and over.
    server.answer(|_| Reply::ok("quick"));
    for _ in 0..10 {
        assert_eq!(one.call(&world, "h2", "POST", FETCH, b"x").await.body, b"quick");
    }
    assert!(versions(&server)[2..].iter().all(|version| *version == Version::HTTP_11));
}

#[tokio::test]
async fn a_long_answer_comes_whole_and_leaves_it_free() {
    let (world, mut server) = World::new().await;
    server.dial_for_calls(&world, 1).await;
    let device = world.site.device();
    // As many as are read at once, and some more; then as many as the route allows.
    for length in [0, 1, 16 * 1024, 16 * 1024 + 1, 512 * 1024] {
        let whole: Vec<u8> = (0..length).map(|n: u32| n.to_le_bytes()[0]).collect();
        let told = whole.clone();
        server.answer(move |_| Reply::ok(told.clone()));
        for alpn in ["h2", "http/1.1"] {
            let answer = device.call(&world, alpn, "POST", FETCH, b"x").await;
            assert_eq!(answer.status, 200);
            assert!(answer.body == whole, "{length} bytes over {alpn} came as others");
        }
    }
    assert_eq!(versions(&server), [Version::HTTP_11; 10]);
}

#[tokio::test]
async fn an_answer_that_is_not_wanted_to_its_end_ends_it() {
    let (world, mut server) = World::new().await;
    server.dial_for_calls(&world, 1).await;
    let device = world.site.device();
    server.answer(|_| Reply::ok(vec![0; 512 * 1024 + 1]));
    assert_eq!(device.call(&world, "h2", "POST", FETCH, b"x").await.status, 503);
    assert_eq!(world.refused("answer_too_long"), 1);
    until("it is closed", || world.gateway.page().calls == 0).await;
    server.answer(|_| Reply::ok("short"));
    assert_eq!(device.call(&world, "h2", "POST", FETCH, b"x").await.body, b"short");
    assert_eq!(versions(&server), [Version::HTTP_11, Version::HTTP_2]);
}

#[tokio::test]
async fn strangers_take_none_of_them() {
    let (world, mut server) = World::new().await;
    server.dial_for_calls(&world, 1).await;
    for (alpn, who) in [("h2", world.site.stranger()), ("http/1.1", world.site.stranger())] {
        assert_eq!(who.call(&world, alpn, "POST", "/agent/v1/enrol", b"x").await.status, 200);
    }
    assert_eq!(versions(&server), [Version::HTTP_2; 2]);
}

#[tokio::test]
async fn waits_are_looked_for_over_it_and_hold_nothing_while_they_are_parked() {
    let (world, mut server) = World::new().await;
    server.dial_for_calls(&world, 1).await;
    let nothing = sekisho_wire::cbor::encode(&sekisho_wire::session::Wake::Nothing);
    server.answer(move |_| Reply::ok(nothing.clone()));
    let device = world.site.device();
    let mut talk = device.talk(&world, "http/1.1").await;
    let wait = talk.call("GET", "/agent/v1/wait/x-1/240", b"");
    let woken = async {
        until("it is parked", || world.gateway.status().parked == 1).await;
        let other = world.site.device();
        assert_eq!(other.call(&world, "h2", "POST", FETCH, b"x").await.status, 200);
        server.say(sekisho_wire::gateway::ToGateway::Wake(vec![device.id()])).await;
    };
    let (answer, ()) = tokio::join!(wait, woken);
    assert_eq!(answer.expect("woken").status, 200);
    assert_eq!(versions(&server), [Version::HTTP_11, Version::HTTP_11]);
}

#[tokio::test]
async fn no_call_is_risked_on_one_that_was_quiet_until_it_has_answered() {
    let quiet = Duration::from_millis(1500);
    let timeouts = Timeouts { link: quiet, ..Wanted::default().timeouts };
    let wanted = Wanted { timeouts, ..Wanted::default() };
    let (world, mut server) = World::with(wanted, |_| {}).await;
    server.dial_for_calls(&world, 1).await;
    tokio::time::sleep(quiet + Duration::from_millis(100)).await;
    let device = world.site.device();
    assert_eq!(device.call(&world, "h2", "POST", FETCH, b"x").await.status, 200);
    assert_eq!(versions(&server), [Version::HTTP_2]);
    until("it is asked", || server.asked_for_life() > 0).await;
    // As soon as the answer is there.
    for _ in 0..50 {
        assert_eq!(device.call(&world, "h2", "POST", FETCH, b"x").await.status, 200);
        if versions(&server).last() == Some(&Version::HTTP_11) {
            break;
        }
    }
    assert_eq!(versions(&server).last(), Some(&Version::HTTP_11));
    assert!(server.seen().iter().all(|seen| seen.path != ALIVE_PATH));
}

#[tokio::test]
async fn one_that_breaks_in_the_middle_of_a_call_is_not_used_again() {
    let (world, mut server) = World::new().await;
    let connections = server.dial_for_calls(&world, 1).await;
    let never = Reply { after: Duration::from_secs(60), ..Reply::ok("never") };
    server.answer(move |_| never.clone());
    let (one, two) = (world.site.device(), world.site.device());
    let calling = one.call(&world, "h2", "POST", FETCH, b"first");
    let breaking = async {
        until("it is there", || server.seen().len() == 1).await;
        connections[0].abort();
    };
    let (answer, ()) = tokio::join!(calling, breaking);
    // Whether the server has done it is not known: it is not sent again.
    assert_eq!((answer.status, server.seen().len()), (503, 1));
    until("it is forgotten", || world.gateway.page().calls == 0).await;
    server.answer(|_| Reply::ok("fine"));
    assert_eq!(two.call(&world, "h2", "POST", FETCH, b"second").await.body, b"fine");
    assert_eq!(versions(&server), [Version::HTTP_11, Version::HTTP_2]);
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_nothing_behind_that_another_would_read() {
    let (world, mut server) = World::new().await;
    server.dial_for_calls(&world, 2).await;
    let never = Reply { after: Duration::from_secs(60), ..Reply::ok("of the first") };
    server.answer(move |_| never.clone());
    let (one, two) = (world.site.device(), world.site.device());
    tokio::select! {
        answer = one.call(&world, "http/1.1", "POST", FETCH, b"first") => panic!("{answer:?}"),
        () = until("it is there", || server.seen().len() == 1) => {}
    }
    server.answer(|_| Reply::ok("of the second"));
    for _ in 0..10 {
        let answer = two.call(&world, "http/1.1", "POST", FETCH, b"second").await;
        assert_eq!(answer.body, b"of the second");
    }
    until("it is closed", || world.gateway.page().calls == 1).await;
}

#[tokio::test]
async fn they_end_with_the_pairing() {
    let (world, mut server) = World::new().await;
    server.dial_for_calls(&world, 3).await;
    world.gateway.unpair().expect("unpaired");
    until("they are closed", || world.gateway.page().calls == 0).await;
}

#[tokio::test]
async fn only_the_sites_server_may_dial_one() {
    let world = World::alone(Wanted::default());
    let other = World::alone(Wanted::default());
    let (gateway, foreign) = (world.site.link_gateway(), other.site.link_server());
    for (who, shown) in [("nobody", None), ("a gateway", Some(&gateway)), ("other", Some(&foreign))]
    {
        // With TLS 1.3 a client hears of the refusal after its handshake.
        let dialled = sekisho_gatewaykit::link::dial(shown, world.private, CALL_ALPN).await;
        if let Ok(mut stream) = dialled {
            let mut bytes = Vec::new();
            let reading = stream.read_to_end(&mut bytes);
            let read = tokio::time::timeout(Duration::from_secs(10), reading).await;
            assert!(read.is_ok() && bytes.is_empty(), "{who} is let go");
        }
        assert_eq!(world.gateway.page().calls, 0, "{who}");
    }
}

/// A connection whose gateway changes hands when its first bytes come: it has begun
/// its end of the handshake by then.
struct Changing<'w> {
    stream: TcpStream,
    world: &'w World,
    changed: bool,
}

impl AsyncRead for Changing<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if !std::mem::replace(&mut self.changed, true) {
            self.world.gateway.unpair().expect("unpaired");
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Changing<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// It belonged to the gateway when its handshake began, and does not when it ends.
#[tokio::test]
async fn a_server_of_before_that_comes_late_is_let_go() {
    for alpn in [CALL_ALPN, LINK_ALPN] {
        let world = World::alone(Wanted::default());
        let stream = TcpStream::connect(world.private).await.expect("it listens");
        let changing = Changing { stream, world: &world, changed: false };
        let server = world.site.link_server();
        let shaken = sekisho_gatewaykit::link::shake_hands(Some(&server), changing, alpn).await;
        let mut bytes = Vec::new();
        let mut late = shaken.expect("as it was when it began");
        let read = tokio::time::timeout(Duration::from_secs(10), late.read_to_end(&mut bytes));
        assert!(read.await.is_ok(), "it is let go");
        assert_eq!((world.gateway.page().calls, world.gateway.page().links), (0, 0));
    }
}
