//! Attacks, bounded: smuggling, slowness, floods.

use std::time::Duration;

use sekisho_gateway::Timeouts;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{NAME, PATIENCE, Raw, Reply, Wanted, World, until};

const SHORT: Duration = Duration::from_millis(300);

fn hasty(change: impl FnOnce(&mut Timeouts)) -> Wanted {
    let mut wanted = Wanted::default();
    change(&mut wanted.timeouts);
    wanted
}

#[tokio::test]
async fn smuggled_requests_are_refused_whole() {
    let (world, server) = World::new().await;
    let inner = format!("GET /agent/v1/bundle/7 HTTP/1.1\r\nhost: {NAME}\r\n\r\n");
    let length = inner.len();
    let host = format!("host: {NAME}\r\n");
    let corpus = [
        (
            "CL.TE",
            400,
            format!(
                "POST /agent/v1/fetch HTTP/1.1\r\n{host}content-length: {length}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{inner}"
            ),
        ),
        (
            "TE.CL",
            400,
            format!(
                "POST /agent/v1/fetch HTTP/1.1\r\n{host}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n{length:x}\r\n{inner}\r\n0\r\n\r\n"
            ),
        ),
        (
            "TE.TE",
            411,
            format!(
                "POST /agent/v1/fetch HTTP/1.1\r\n{host}transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n{inner}"
            ),
        ),
        (
            "chunked",
            411,
            format!(
                "POST /agent/v1/fetch HTTP/1.1\r\n{host}transfer-encoding: chunked\r\n\r\n0\r\n\r\n{inner}"
            ),
        ),
        (
            "two CL",
            400,
            format!(
                "POST /agent/v1/fetch HTTP/1.1\r\n{host}content-length: 0\r\ncontent-length: {length}\r\n\r\n{inner}"
            ),
        ),
        (
            "CL list",
            400,
            format!(
                "POST /agent/v1/fetch HTTP/1.1\r\n{host}content-length: 0, {length}\r\n\r\n{inner}"
            ),
        ),
        (
            "CL sign",
            400,
            format!(
                "POST /agent/v1/fetch HTTP/1.1\r\n{host}content-length: +{length}\r\n\r\n{inner}"
            ),
        ),
        (
            "CL with _",
            400,
            format!(
                "POST /agent/v1/fetch HTTP/1.1\r\n{host}content_length: {length}\r\n\r\n{inner}"
            ),
        ),
        (
            "obs-fold",
            400,
            format!(
                "GET /agent/v1/bundle/0 HTTP/1.1\r\n{host}x: a\r\n content-length: {length}\r\n\r\n{inner}"
            ),
        ),
        ("bare LF", 400, format!("GET /agent/v1/bundle/0 HTTP/1.1\nhost: {NAME}\n\n{inner}")),
        (
            "bare LF hidden",
            400,
            format!(
                "GET /agent/v1/bundle/0 HTTP/1.1\r\n{host}x: a\ncontent-length: {length}\r\n\r\n{inner}"
            ),
        ),
        ("no host", 400, format!("GET /agent/v1/bundle/0 HTTP/1.1\r\n\r\n{inner}")),
        ("two hosts", 400, format!("GET /agent/v1/bundle/0 HTTP/1.1\r\n{host}{host}\r\n{inner}")),
        (
            "absolute form",
            400,
            format!("GET https://{NAME}/agent/v1/bundle/0 HTTP/1.1\r\n{host}\r\n{inner}"),
        ),
        (
            "upgrade",
            400,
            format!(
                "GET /agent/v1/bundle/0 HTTP/1.1\r\n{host}upgrade: h2c\r\nconnection: upgrade\r\n\r\n{inner}"
            ),
        ),
        ("HTTP/1.0", 400, format!("GET /agent/v1/bundle/0 HTTP/1.0\r\n{host}\r\n{inner}")),
        (
            "65 headers",
            431,
            format!(
                "GET /agent/v1/bundle/0 HTTP/1.1\r\n{host}{}\r\n{inner}",
                "a: b\r\n".repeat(64)
            ),
        ),
        (
            "17 KiB of headers",
            431,
            format!(
                "GET /agent/v1/bundle/0 HTTP/1.1\r\n{host}{}\r\n{inner}",
                format!("a: {}\r\n", "b".repeat(4000)).repeat(5)
            ),
        ),
    ];
    for (what, status, bytes) in corpus {
        let mut raw = world.site.device().raw(&world, "http/1.1").await;
        raw.send(bytes).await.expect("open");
        let answers = raw.rest().await;
        assert!(answers.starts_with(&format!("HTTP/1.1 {status} ")), "{what}: {answers}");
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{what}: {answers}");
        assert!(!answers.to_lowercase().contains("\r\nserver:"), "{what}");
    }
    assert_eq!(server.seen().len(), 0, "none of it reached the server");
}

#[tokio::test]
async fn a_value_of_more_than_8_kib_is_refused_in_either_version_of_http() {
    let (world, server) = World::new().await;
    let device = world.site.device();
    for (n, alpn) in (1..).zip(["http/1.1", "h2"]) {
        for (length, status) in [(8 * 1024, 200), (8 * 1024 + 1, 431)] {
            let value = "v".repeat(length);
            let mut talk = device.talk(&world, alpn).await;
            let headers = [("x-long", value.as_str())];
            let answer = talk.call_with("POST", "/agent/v1/fetch", &headers, b"x").await;
            assert_eq!(answer.expect("an answer").status, status, "{alpn}, {length} bytes");
        }
        assert_eq!((server.seen().len(), world.refused("headers_too_long")), (n, n as u64));
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_and_a_bad_one_ends_them() {
    let (world, server) = World::new().await;
    server.answer(|seen| Reply::ok(&seen.path));
    let get = |n: u8| format!("GET /agent/v1/bundle/{n} HTTP/1.1\r\nhost: {NAME}\r\n\r\n");
    let mut raw = world.site.device().raw(&world, "http/1.1").await;
    raw.send([get(1), get(2), "BAD\r\n\r\n".to_owned(), get(3)].concat()).await.expect("open");
    let answers = raw.rest().await;
    let at = |text: &str| answers.find(text).unwrap_or(usize::MAX);
    assert!(at("/agent/v1/bundle/1") < at("/agent/v1/bundle/2"), "{answers}");
    assert!(at("/agent/v1/bundle/2") < at("HTTP/1.1 400"), "{answers}");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_head_that_drips_has_ten_seconds_in_all() {
    for (alpn, first) in [
        ("http/1.1", "GET /agent/v1/bundle/0 HTTP/1.1\r\nhost".to_owned()),
        // A header block that goes on: HEADERS without END_HEADERS.
        ("h2", format!("{PREFACE}{}", String::from_utf8_lossy(&frame(4, 0, 0, &[])))),
    ] {
        let (world, _server) = World::with(hasty(|t| t.head = SHORT), |_| {}).await;
        let mut raw = world.site.device().raw(&world, alpn).await;
        raw.send(&first).await.expect("open");
        if alpn == "h2" {
            raw.send(frame(1, 0x1, 1, &[0x82])).await.expect("open");
        }
        let Raw(stream) = raw;
        let (mut reads, mut writes) = tokio::io::split(stream);
        let dripping = async {
            loop {
                tokio::time::sleep(Duration::from_millis(50)).await;
                if writes.write_all(b"\0").await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        let closed = async {
            let mut bytes = Vec::new();
            let _ = reads.read_to_end(&mut bytes).await;
        };
        tokio::select! {
            () = dripping => {}
            ended = tokio::time::timeout(PATIENCE, closed) => ended.expect("it was closed"),
        }
        until("it is counted", || world.refused("too_slow") + world.refused("malformed") > 0).await;
        until("it is gone", || world.gateway.status().connections == 0).await;
    }
}

#[tokio::test]
async fn a_body_that_drips_is_refused_small_or_large() {
    let (world, server) = World::with(hasty(|t| t.body_grace = SHORT), |_| {}).await;
    for (path, length) in [("/agent/v1/fetch", 1000), ("/agent/v1/receipt", 100_000)] {
        let mut raw = world.site.device().raw(&world, "http/1.1").await;
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: {NAME}\r\ncontent-length: {length}\r\n\r\n");
        raw.send(head).await.expect("open");
        raw.send(b"xxx").await.expect("open");
        let (status, ..) = raw.answer().await;
        assert_eq!(status, 408, "{path}");
    }
    assert!(server.seen().iter().all(|seen| seen.body.len() < 10));
    assert_eq!(world.refused("too_slow"), 2);
}

#[tokio::test]
async fn who_connects_and_says_nothing_is_closed() {
    let (world, _server) =
        World::with(hasty(|t| (t.handshake, t.head, t.idle) = (SHORT, SHORT, SHORT)), |_| {}).await;
    // Not even TLS.
    let mut silent = TcpStream::connect(world.agents).await.expect("open");
    let mut bytes = Vec::new();
    let reading = silent.read_to_end(&mut bytes);
    let _ = tokio::time::timeout(PATIENCE, reading).await.expect("closed");
    until("it is counted", || world.refused("handshake_timeout") == 1).await;
    // TLS and no request; a request and then nothing.
    for alpn in ["http/1.1", "h2"] {
        let mut raw = world.site.stranger().raw(&world, alpn).await;
        raw.rest().await;
        let mut talk = world.site.device().talk(&world, alpn).await;
        assert_eq!(
            talk.call("GET", "/agent/v1/bundle/0", b"").await.expect("an answer").status,
            200
        );
        until("the idle one is closed", || talk.is_closed()).await;
    }
    until("all are gone", || world.gateway.status().connections == 0).await;
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_not_held_for_ever() {
    let (world, server) = World::with(hasty(|t| t.blocked = SHORT), |_| {}).await;
    server.answer(|_| Reply::ok(vec![0; 1024 * 1024]));
    let mut raw = world.site.device().raw(&world, "http/1.1").await;
    let get = format!("GET /agent/v1/bundle/0 HTTP/1.1\r\nhost: {NAME}\r\n\r\n");
    // More than the socket buffers of both ends take.
    raw.send(get.repeat(20)).await.expect("open");
    until("it is counted", || world.refused("too_slow") > 0).await;
    until("it is gone", || world.gateway.status().connections == 0).await;
}

const PREFACE: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A whole request of HTTP/2 without Huffman coding.
fn headers(stream: u32, end_stream: bool, path: &str) -> Vec<u8> {
    let text = |index: u8, value: &str| {
        let length = u8::try_from(value.len()).expect("short");
        [&[index, length], value.as_bytes()].concat()
    };
    // :method POST, :scheme https, :path, :authority as literals without index.
    let block = [vec![0x83, 0x87], text(0x04, path), text(0x01, NAME)].concat();
    frame(1, 0x4 | u8::from(end_stream), stream, &block)
}

#[tokio::test]
async fn floods_of_http_2_end_their_connection_and_nobody_elses() {
    let (world, server) = World::new().await;
    let ping = frame(6, 0, 0, &[0; 8]);
    let settings = frame(4, 0, 0, &[]);
    let update = frame(8, 0, 0, &[0, 0, 0, 1]);
    let empty = [headers(1, false, "/agent/v1/fetch"), frame(0, 0, 1, &[]).repeat(300)].concat();
    let resets: Vec<u8> = (0..2000)
        .flat_map(|n| {
            let stream = 2 * n + 1;
            [headers(stream, false, "/agent/v1/fetch"), frame(3, 0, stream, &[0, 0, 0, 8])].concat()
        })
        .collect();
    let continuations =
        [frame(1, 0, 1, &[0x83]), frame(9, 0, 1, &[0x0f, 0, 1, b'a', 1, b'b']).repeat(1000)]
            .concat();
    for (what, bytes) in [
        ("ping", ping.repeat(10_000)),
        ("settings", settings.repeat(10_000)),
        ("window updates", update.repeat(10_000)),
        ("empty data", empty),
        ("rapid reset", resets),
        ("continuation", continuations),
        ("a frame that is too long", frame(0, 0, 1, &[0; 20_000])),
    ] {
        let mut raw = world.site.device().raw(&world, "h2").await;
        let all = [PREFACE.as_bytes(), &frame(4, 0, 0, &[]), &bytes].concat();
        let _ = raw.send(all).await;
        let mut end = Vec::new();
        let reading = raw.0.read_to_end(&mut end);
        let ended = tokio::time::timeout(PATIENCE, reading).await;
        assert!(ended.is_ok(), "{what} ends");
    }
    until("all are gone", || world.gateway.status().connections == 0).await;
    assert!(world.refused("flood") >= 5, "{:?}", world.gateway.status().refused);
    assert!(server.seen().is_empty(), "none of it was a whole request");
    let answer = world.site.device().call(&world, "h2", "POST", "/agent/v1/fetch", b"x").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn after_ten_thousand_requests_a_connection_ends_gently_and_a_new_one_works() {
    const MOST: usize = 10_000;
    let (world, _server) = World::new().await;
    let device = world.site.device();
    // What leads nowhere is counted, too, and costs the least.
    let get = format!("GET /x HTTP/1.1\r\nhost: {NAME}\r\n\r\n");
    let Raw(stream) = device.raw(&world, "http/1.1").await;
    let (mut reads, mut writes) = tokio::io::split(stream);
    let more = get.repeat(MOST + 1);
    let mut bytes = Vec::new();
    let talking =
        async { tokio::join!(writes.write_all(more.as_bytes()), reads.read_to_end(&mut bytes)) };
    let _ = tokio::time::timeout(PATIENCE, talking).await.expect("it ends");
    let answers = String::from_utf8_lossy(&bytes);
    assert_eq!(answers.matches("HTTP/1.1 404").count(), MOST);
    let said = answers.matches("connection: close").count();
    let last = answers.rfind("HTTP/1.1 404").expect("answers");
    assert!(said == 1 && answers[last..].contains("connection: close"), "the last one says so");

    let mut talk = device.talk(&world, "h2").await;
    for n in 1..=MOST {
        assert!(!talk.is_closed(), "before request {n}");
        assert_eq!(talk.call("GET", "/x", b"").await.expect("an answer").status, 404, "{n}");
    }
    until("it is closed", || talk.is_closed()).await;
    for alpn in ["http/1.1", "h2"] {
        let answer = device.call(&world, alpn, "POST", "/agent/v1/fetch", b"x").await;
        assert_eq!(answer.status, 200, "{alpn}");
    }
}

#[tokio::test]
async fn long_answers_that_nobody_reads_do_not_stop_the_others() {
    let (world, server) = World::new().await;
    server.answer(|seen| match seen.path.as_str() {
        "/agent/v1/hello" => Reply::ok(vec![0; 1024 * 1024]),
        _ => Reply::ok("short"),
    });
    // SETTINGS_INITIAL_WINDOW_SIZE 0: nothing of an answer may be sent.
    let shut = frame(4, 0, 0, &[0, 4, 0, 0, 0, 0]);
    let mut unread = Vec::new();
    // A device may have eight calls in progress.
    for _ in 0..8 {
        let mut raw = world.site.device().raw(&world, "h2").await;
        let hellos = (0..8).map(|n| headers(2 * n + 1, true, "/agent/v1/hello"));
        let hellos: Vec<u8> = hellos.flatten().collect();
        raw.send([PREFACE.as_bytes(), &shut, &hellos].concat()).await.expect("open");
        unread.push(raw);
    }
    until("all are at the server", || server.seen().len() == 64).await;
    let device = world.site.device();
    for alpn in ["h2", "http/1.1"] {
        for _ in 0..4 {
            let answer = device.call(&world, alpn, "POST", "/agent/v1/fetch", b"x").await;
            assert_eq!((answer.status, answer.body.as_slice()), (200, &b"short"[..]));
        }
    }
    assert_eq!(world.gateway.status().relayed_in_flight, 64, "only the long ones are held");
}

/// The nice levels of the threads whose names begin so.
fn nice(kind: &str) -> Vec<i32> {
    let mut levels = Vec::new();
    for thread in std::fs::read_dir("/proc/self/task").expect("threads") {
        // One that has ended meanwhile has none.
        let stat = thread.expect("a thread").path().join("stat");
        let Ok(stat) = std::fs::read_to_string(stat) else { continue };
        // Name in brackets, then the fields from the third on; nice is the nineteenth.
        let (name, fields) = stat.split_once(')').expect("a name");
        if name.split_once('(').expect("a name").1.starts_with(kind) {
            let level = fields.split_whitespace().nth(16).expect("nice");
            levels.push(level.parse().expect("a number"));
        }
    }
    levels
}

#[tokio::test]
async fn who_knocks_is_received_by_threads_that_give_way() {
    let (_world, _server) = World::new().await;
    let workers = nice("worker-");
    let lower = (workers[0] + 5).min(19);
    // Each says so when it begins to run.
    until("the lobby gives way", || nice("lobby-") == vec![lower; workers.len()]).await;
    assert!(nice("worker-").iter().all(|level| *level == workers[0]));
}

#[tokio::test]
async fn connections_of_one_address_are_bounded_and_devices_are_not_counted_there() {
    let (world, _server) = World::with(Wanted::default(), |config| {
        config.limits.connections_per_address = 3;
        config.limits.connections_per_device = 2;
    })
    .await;
    let stranger = world.site.stranger();
    let mut talks = Vec::new();
    for _ in 0..3 {
        talks.push(stranger.talk(&world, "h2").await);
    }
    assert!(stranger.try_talk(&world, "h2").await.is_err());
    assert_eq!(world.refused("connections_of_address"), 1);
    drop(talks);
    until("they are gone", || world.gateway.status().connections == 0).await;
    let devices: Vec<_> = (0..6).map(|_| world.site.device()).collect();
    let mut talks = Vec::new();
    for device in &devices {
        talks.push(device.talk(&world, "h2").await);
    }
    // A device with a third connection loses its first.
    let device = &devices[0];
    let more = (device.talk(&world, "h2").await, device.talk(&world, "h2").await);
    until("its first is closed", || talks[0].is_closed()).await;
    assert!(!more.0.is_closed() && !more.1.is_closed() && !talks[1].is_closed());
}

#[tokio::test]
async fn who_probes_is_banned_until_it_is_lifted_and_devices_behind_it_still_come() {
    let (world, server) =
        World::with(Wanted::default(), |config| config.limits.ban_after = 5).await;
    let device = world.site.device();
    assert_eq!(device.call(&world, "h2", "POST", "/agent/v1/fetch", b"x").await.status, 200);
    let stranger = world.site.stranger();
    let mut talk = stranger.talk(&world, "h2").await;
    for n in 0..5 {
        let _ = talk.call("GET", &format!("/probe-{n}"), b"").await;
    }
    let bans = || world.gateway.status().bans;
    assert_eq!(bans().iter().map(|ban| ban.address.as_str()).collect::<Vec<_>>(), ["127.0.0.1"]);
    let refused = match stranger.try_talk(&world, "h2").await {
        Ok(mut talk) => talk.call("GET", "/agent/v1/bundle/0", b"").await.is_err(),
        Err(_) => true,
    };
    assert!(refused);
    assert_eq!(device.call(&world, "h2", "POST", "/agent/v1/fetch", b"x").await.status, 200);
    let lift = sekisho_wire::gateway::ToGateway::Lift(vec!["127.0.0.1".to_owned()]);
    server.say(lift).await;
    until("it is lifted", || bans().is_empty()).await;
    let answer = stranger.call(&world, "h2", "GET", "/agent/v1/bundle/0", b"").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn when_memory_is_short_nobody_new_comes_in_and_it_says_so() {
    let (world, server) = World::new().await;
    let device = world.site.device();
    let mut working = device.talk(&world, "h2").await;
    let mut config = world.site.config(2);
    config.limits.memory_bytes = 1;
    world.configure(&server, &config).await;
    let told = |p: &String| p.contains("memory is short");
    until("it says so", || world.gateway.status().problems.iter().any(told)).await;
    assert!(world.site.device().try_talk(&world, "h2").await.is_err());
    until("idle ones are closed", || working.is_closed()).await;
    assert!(working.call("GET", "/agent/v1/bundle/0", b"").await.is_err());
    world.configure(&server, &world.site.config(3)).await;
    until("it is over", || !world.gateway.status().problems.iter().any(told)).await;
    assert_eq!(device.call(&world, "h2", "POST", "/agent/v1/fetch", b"x").await.status, 200);
}
