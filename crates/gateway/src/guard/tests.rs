use super::*;
use crate::limits::{Reason, Source};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::Instant;

const FETCH: &str = "POST /agent/v1/fetch HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n";

fn live() -> Arc<Live> {
    let source = Source::V4([192, 0, 2, 1].into());
    Arc::new(Live::new(1, [192, 0, 2, 1].into(), source, None, Instant::now()))
}

fn guarded() -> (DuplexStream, Guard<DuplexStream>, Arc<Live>) {
    let (client, io) = tokio::io::duplex(1 << 20);
    let live = live();
    (client, Guard::http1(io, live.clone()), live)
}

/// What hyper reads of `bytes` that come in pieces of this size.
async fn read(bytes: &[u8], piece: usize) -> (String, Arc<Live>) {
    let (mut client, mut guard, live) = guarded();
    let bytes = bytes.to_vec();
    let writing = async move {
        for piece in bytes.chunks(piece) {
            client.write_all(piece).await.expect("room");
            tokio::task::yield_now().await;
        }
        client.shutdown().await.expect("open");
        client
    };
    let mut text = Vec::new();
    let (_client, read) = tokio::join!(writing, guard.read_to_end(&mut text));
    read.expect("readable");
    (String::from_utf8(text).expect("ASCII"), live)
}

#[tokio::test]
async fn requests_in_order_go_on_unchanged_in_whatever_pieces() {
    let get = "GET /agent/v1/bundle/0 HTTP/1.1\r\nhost: a\r\n\r\n";
    let all = format!("{FETCH}12345{get}{FETCH}abcde{get}");
    for piece in [1, 2, 7, 60, 64, 70, 1000] {
        let (text, live) = read(all.as_bytes(), piece).await;
        assert_eq!(text, all, "pieces of {piece}");
        assert_eq!(live.refused_head(), None);
    }
}

#[tokio::test]
async fn a_bad_head_is_replaced_and_nothing_behind_it_is_read() {
    let smuggled = "GET /agent/v1/time/x HTTP/1.1\r\nhost: a\r\n\r\n";
    let bad = "POST /agent/v1/fetch HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    let all = format!("{FETCH}12345{bad}{smuggled}");
    for piece in [1, 9, 1000] {
        let (text, live) = read(all.as_bytes(), piece).await;
        let refused = std::str::from_utf8(REFUSED).expect("ASCII");
        assert_eq!(text, format!("{FETCH}12345{refused}"), "pieces of {piece}");
        assert_eq!(live.refused_head(), Some(Reason::Malformed));
    }
}

#[tokio::test]
async fn a_body_is_no_head() {
    let body = "GET /- HTTP/1.1\r\n\r\n \n\n";
    let post = format!(
        "POST /agent/v1/fetch HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    for piece in [1, 50, 1000] {
        let (text, live) = read(format!("{post}{FETCH}12345").as_bytes(), piece).await;
        assert_eq!(text, format!("{post}{FETCH}12345"), "pieces of {piece}");
        assert_eq!(live.refused_head(), None);
    }
}

#[tokio::test]
async fn a_target_that_is_no_route_becomes_one_that_does_not_exist() {
    for (line, becomes) in [
        ("GET /a/../b HTTP/1.1", "GET /- HTTP/1.1"),
        ("OPTIONS * HTTP/1.1", "OPTIONS /- HTTP/1.1"),
        ("CONNECT a:443 HTTP/1.1", "GET /- HTTP/1.1"),
        ("POST /agent/v1/fetch?x HTTP/1.1", "POST /- HTTP/1.1"),
    ] {
        let rest = "\r\nhost: a\r\ncontent-length: 2\r\n\r\nab";
        let (text, live) = read(format!("{line}{rest}").as_bytes(), 1000).await;
        assert_eq!(text, format!("{becomes}{rest}"));
        assert_eq!(live.refused_head(), None);
    }
}

#[tokio::test]
async fn a_head_that_has_begun_has_a_deadline_and_an_idle_connection_none_of_it() {
    let (mut client, mut guard, live) = guarded();
    let timeouts = crate::parts::Timeouts::default();
    let mut buffer = [0; 100];
    let (_request, _) = live.request();
    client.write_all(&FETCH.as_bytes()[..20]).await.expect("room");
    let waiting =
        tokio::time::timeout(std::time::Duration::from_millis(1), guard.read(&mut buffer));
    assert!(waiting.await.is_err(), "nothing is given before the head is whole");
    assert!(live.deadline(&timeouts).is_some());
    client.write_all(&FETCH.as_bytes()[20..]).await.expect("room");
    let read = guard.read(&mut buffer).await.expect("readable");
    assert_eq!(&buffer[..read], FETCH.as_bytes());
    assert_eq!(live.deadline(&timeouts), None);
}

#[tokio::test]
async fn what_still_comes_is_read_away_before_the_end() {
    let (mut client, mut guard, _live) = guarded();
    client.write_all(b"nonsense\n\n").await.expect("room");
    let mut text = vec![0; REFUSED.len()];
    guard.read_exact(&mut text).await.expect("readable");
    assert_eq!(text, REFUSED);
    client.write_all(&[b'x'; 5000]).await.expect("room");
    client.shutdown().await.expect("open");
    guard.shutdown().await.expect("closed");
    let Watch::Http1(http1) = &guard.watch else { panic!("HTTP/1.1") };
    assert_eq!(http1.lingered, 5000);
}
