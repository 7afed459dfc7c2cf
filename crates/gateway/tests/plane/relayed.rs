//! What is relayed, how, and that nothing else is.

use std::time::Duration;

use sekisho_model::Clock;
use sekisho_model::clock::SystemClock;
use sekisho_wire::MEDIA_TYPE;
use sekisho_wire::problem::{Problem, ProblemCode};
use sekisho_wire::{cbor, route};
use tokio::io::AsyncWriteExt;

use crate::support::{NAME, Reply, Site, Wanted, World, until};

const FETCH: &str = "/agent/v1/fetch";
const ENROL: &str = "/agent/v1/enrol";

fn problem(body: &[u8]) -> ProblemCode {
    cbor::decode::<Problem>(body, 256).expect("a problem").code
}

#[tokio::test]
async fn a_devices_call_goes_on_with_headers_made_here_and_its_answer_comes_back() {
    let (world, server) = World::new().await;
    let device = world.site.device();
    for alpn in ["http/1.1", "h2"] {
        let mut talk = device.talk(&world, alpn).await;
        let answer = talk
            .call_with(
                "POST",
                FETCH,
                &[
                    ("client-cert", ":AAAA:"),
                    ("forwarded", "for=10.0.0.1"),
                    ("x-forwarded-for", "10.0.0.1"),
                    ("x-agent-id", "somebody else"),
                    ("cookie", "a=b"),
                    ("authorization", "Bearer x"),
                    ("content-type", "text/html"),
                    ("accept-encoding", "gzip"),
                ],
                b"a frame",
            )
            .await
            .expect("an answer");
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"answer".as_slice()), "{alpn}");
        let mut names: Vec<_> = answer.headers.keys().map(|name| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["cache-control", "content-length", "content-type", "date"], "{alpn}");
        let seen = server.seen().pop().expect("relayed");
        assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", FETCH));
        assert_eq!(seen.body, b"a frame");
        let mut headers: Vec<_> =
            seen.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        headers.sort_unstable();
        let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["client-cert", "content-length", "content-type", "forwarded"], "{alpn}");
        assert_eq!(seen.headers["forwarded"], "for=127.0.0.1");
        assert_eq!(seen.headers["content-type"], MEDIA_TYPE);
        assert_eq!(seen.headers["content-length"], "7");
        // RFC 9440: the certificate that the device showed, and no other.
        let shown = seen.headers["client-cert"].to_str().expect("ASCII");
        let der = shown.strip_prefix(':').and_then(|text| text.strip_suffix(':'));
        let der = data_encoding::BASE64.decode(der.expect("a byte sequence").as_bytes());
        let trust = world.site.ca.trust();
        let identity = trust.verify_device(&der.expect("Base64"), &[], SystemClock.now());
        assert_eq!(identity.expect("genuine").device, device.id());
    }
}

#[tokio::test]
async fn whatever_is_no_route_gets_one_constant_answer_and_never_reaches_the_server() {
    let (world, server) = World::new().await;
    let device = world.site.device();
    let paths = [
        "/",
        "/agent/v1/fetch/",
        "//agent/v1/fetch",
        "/agent/v1/../v1/fetch",
        "/agent/v1/./fetch",
        "/agent/v1/%66etch",
        "/agent%2fv1/fetch",
        "/agent/v1/fetch%00",
        "/agent/v1/fetch?x=1",
        "/agent/v1/fetch;x",
        "/AGENT/v1/fetch",
        "/agent/v2/fetch",
        "/agent/v1/wait/x",
        "/api/v1/users",
        "/login",
        "/console",
        "/assets/index.js",
        "/index.html",
        "/metrics",
        "/getstatus",
        "/gateway/v1/control",
        "/gateway/v1/pairing",
        "/agent/v1/fetch.json",
        "/.well-known/acme-challenge/x",
        "/-",
        "/live",
        "/api/v1/live",
        "/agent/v1/bundle/a~b",
    ];
    let mut expected = None;
    for alpn in ["http/1.1", "h2"] {
        let mut talk = device.talk(&world, alpn).await;
        for (n, method) in
            ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"].iter().enumerate()
        {
            // A device has a rate of its own.
            if n % 2 == 0 {
                talk = world.site.device().talk(&world, alpn).await;
            }
            for path in paths {
                let answer = talk.call(method, path, b"").await.expect("an answer");
                let mut told = answer.clone();
                told.headers.remove("date");
                assert_eq!(told.status, 404, "{alpn} {method} {path}");
                assert_eq!(&told, expected.get_or_insert(told.clone()), "{alpn} {method} {path}");
            }
        }
        for method in ["PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "get", "Post"] {
            let mut talk = world.site.device().talk(&world, alpn).await;
            let answer = talk.call(method, FETCH, b"").await.expect("an answer");
            assert_eq!(answer.status, 404, "{alpn} {method}");
        }
    }
    let expected = expected.expect("answers");
    assert_eq!(problem(&expected.body), ProblemCode::NotFound);
    assert!(!expected.headers.contains_key("server"));
    assert_eq!(server.seen().len(), 0);
    assert!(world.refused("not_found") > 100);
}

#[tokio::test]
async fn raw_targets_that_no_client_library_sends_get_the_same_answer() {
    let (world, server) = World::new().await;
    let mut raw = world.site.device().raw(&world, "http/1.1").await;
    let mut expected = None;
    for target in [
        "/agent/v1/fetch#x",
        "/agent/v1/fetch\\",
        "/agent/v1\\fetch",
        "/\u{e9}",
        "/agent/v1/f\u{7f}",
        "*",
        "/agent/v1/fetch%",
        "/\"<>",
        "/agent/v1/{x}",
        "/a|b",
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nhost: {NAME}\r\n\r\n");
        raw.send(request).await.expect("open");
        let (status, head, body) = raw.answer().await;
        let head: Vec<_> = head.lines().filter(|line| !line.starts_with("date:")).collect();
        let told = (status.as_u16(), head.join("\n"), body);
        assert_eq!(told.0, 404, "{target}");
        assert_eq!(&told, expected.get_or_insert(told.clone()), "{target}");
    }
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn strangers_reach_what_proves_itself_and_nothing_else() {
    let (world, server) = World::new().await;
    let mut talk = world.site.stranger().talk(&world, "h2").await;
    for route in route::ROUTES {
        let path = route.path.replace("{after}", "0").replace("{nonce}", "00");
        let path = path.replace("{session}", "x-1").replace("{seconds}", "1");
        let body: &[u8] = if route.method == route::Method::Post { b"x" } else { b"" };
        let answer = talk.call(route.method.as_str(), &path, body).await.expect("an answer");
        if route.access == route::Access::Anyone {
            assert_eq!(answer.status, 200, "{path}");
            let seen = server.seen().pop().expect("relayed");
            assert_eq!(seen.path, path);
            assert!(!seen.headers.contains_key("client-cert"));
        } else {
            assert_eq!(
                (answer.status, problem(&answer.body)),
                (401, ProblemCode::CertificateNeeded)
            );
        }
    }
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn an_expired_certificate_is_good_for_what_anyone_may_and_for_no_more() {
    let (world, server) = World::new().await;
    let device = world.site.expired_device();
    let mut talk = device.talk(&world, "h2").await;
    let answer = talk.call("POST", FETCH, b"x").await.expect("an answer");
    assert_eq!((answer.status, problem(&answer.body)), (401, ProblemCode::CertificateExpired));
    let answer = talk.call("POST", "/agent/v1/certificate", b"x").await.expect("an answer");
    assert_eq!((answer.status, server.seen().len()), (200, 1));
    assert!(server.seen()[0].headers.contains_key("client-cert"));
}

#[tokio::test]
async fn a_device_of_another_site_is_let_in_by_no_route() {
    let (world, server) = World::new().await;
    let other = Site::new();
    let foreign = other.device().trusting(&world.site);
    let called = match foreign.try_talk(&world, "h2").await {
        Ok(mut talk) => {
            talk.call("GET", "/agent/v1/bundle/0", b"").await.map(|answer| answer.status)
        }
        Err(error) => Err(error),
    };
    assert!(called.is_err(), "{called:?}");
    until("it is counted", || world.refused("certificate_unknown") == 1).await;
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn bodies_have_their_bounds() {
    let (world, server) = World::new().await;
    let device = world.site.device();
    for alpn in ["http/1.1", "h2"] {
        // Said to be too long: refused before it comes.
        let answer = device.call(&world, alpn, "POST", FETCH, &[7; 5000]).await;
        assert_eq!((answer.status, problem(&answer.body)), (413, ProblemCode::TooLong), "{alpn}");
        let answer = device.call(&world, alpn, "GET", "/agent/v1/bundle/0", b"x").await;
        assert_eq!(answer.status, 413, "{alpn}: a GET has no body");
    }
    assert_eq!(server.seen().len(), 0);
    for (alpn, length) in [("http/1.1", 16 * 1024), ("h2", 16 * 1024 + 1), ("http/1.1", 2 << 20)] {
        let body = vec![length as u8 ^ 0x5a; length];
        let answer = device.call(&world, alpn, "POST", "/agent/v1/receipt", &body).await;
        assert_eq!(answer.status, 200, "{alpn} {length}");
        assert_eq!(server.seen().pop().expect("relayed").body, body, "{alpn} {length}");
    }
    let answer =
        device.call(&world, "h2", "POST", "/agent/v1/receipt", &vec![0; (2 << 20) + 1]).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_the_senders_fault_and_never_whole_at_the_server() {
    let (world, server) = World::new().await;
    let device = world.site.device();
    for length in [100, 100_000] {
        let mut raw = device.raw(&world, "http/1.1").await;
        let head = format!(
            "POST /agent/v1/receipt HTTP/1.1\r\nhost: {NAME}\r\ncontent-length: {length}\r\n\r\n"
        );
        raw.send(head).await.expect("open");
        raw.send(vec![1; length / 2]).await.expect("open");
        drop(raw);
    }
    until("both ended", || world.gateway.status().connections == 0).await;
    assert!(server.seen().iter().all(|seen| seen.body.len() <= 50_000), "nothing was made whole");
    assert_eq!(world.refused("server_broke"), 0);
}

#[tokio::test]
async fn who_breaks_a_body_off_and_still_listens_is_told_that_it_is_broken() {
    let (world, server) = World::new().await;
    let device = world.site.device();
    for (n, length) in (1..).zip([100, 100_000]) {
        let mut raw = device.raw(&world, "http/1.1").await;
        let head = format!(
            "POST /agent/v1/receipt HTTP/1.1\r\nhost: {NAME}\r\ncontent-length: {length}\r\n\r\n"
        );
        raw.send(head).await.expect("open");
        raw.send(vec![1; length / 2]).await.expect("open");
        raw.0.shutdown().await.expect("open");
        let said = raw.rest().await;
        assert!(said.starts_with("HTTP/1.1 400 "), "{length}: {said}");
        assert_eq!(world.refused("body_broken"), n, "{length}");
    }
    assert!(server.seen().iter().all(|seen| seen.body.len() <= 50_000), "nothing was made whole");
    assert_eq!(world.refused("server_broke") + world.refused("server_slow"), 0);
}

#[tokio::test]
async fn answers_have_their_bounds_and_say_nothing_that_they_must_not() {
    let (world, server) = World::new().await;
    let device = world.site.device();
    server.answer(|_| Reply {
        headers: vec![
            ("server", "x".to_owned()),
            ("set-cookie", "a=b".to_owned()),
            ("content-type", "text/html".to_owned()),
            ("location", "/".to_owned()),
        ],
        ..Reply::ok("fine")
    });
    let answer = device.call(&world, "h2", "POST", FETCH, b"x").await;
    let mut names: Vec<_> = answer.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["cache-control", "content-length", "content-type", "date"]);
    assert_eq!(answer.headers["content-type"], MEDIA_TYPE);
    server.answer(|_| Reply::ok(vec![0; 512 * 1024 + 1]));
    let answer = device.call(&world, "h2", "POST", FETCH, b"x").await;
    assert_eq!(answer.status, 503);
    assert_eq!(world.refused("answer_too_long"), 1);
    server.answer(|_| Reply { status: 302, ..Reply::ok("") });
    assert_eq!(device.call(&world, "h2", "POST", FETCH, b"x").await.status, 503);
    let retry = ("retry-after", "17".to_owned());
    server.answer(move |_| Reply {
        status: 503,
        headers: vec![retry.clone()],
        ..Reply::ok("busy")
    });
    let answer = device.call(&world, "http/1.1", "POST", FETCH, b"x").await;
    assert_eq!((answer.status, answer.headers["retry-after"].as_bytes()), (503, b"17".as_slice()));
    assert_eq!(answer.body, b"busy");
}

#[tokio::test]
async fn many_calls_at_once_share_the_link() {
    let (world, server) = World::new().await;
    // One of them is known; then the others may come at once.
    world.site.device().call(&world, "h2", "POST", FETCH, b"x").await;
    server.answer(|seen| Reply { after: Duration::from_millis(20), ..Reply::ok(&seen.body) });
    let calls = (0..50_u8).map(|n| {
        let world = &world;
        async move {
            let device = world.site.device();
            let alpn = if n % 2 == 0 { "h2" } else { "http/1.1" };
            let answer = device.call(world, alpn, "POST", FETCH, &[n; 100]).await;
            (answer.status, answer.body == [n; 100])
        }
    });
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(|answer| *answer == (200, true)), "{answers:?}");
    assert_eq!(world.gateway.status().relayed, 51);
    assert_eq!(world.gateway.status().relayed_in_flight, 0);
}

#[tokio::test]
async fn a_stranger_who_enrols_too_often_is_told_to_come_back() {
    let (world, server) = World::with(Wanted::default(), |config| {
        config.limits.enrolment_per_address.burst = 3;
        config.limits.per_device.burst = 3;
    })
    .await;
    let mut talk = world.site.stranger().talk(&world, "h2").await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        let answer = talk.call("POST", ENROL, b"x").await.expect("an answer");
        assert_eq!(answer.headers.contains_key("retry-after"), answer.status == 429);
        statuses.push(answer.status);
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    // A device counts by itself, also for these calls.
    let mut device = world.site.device().talk(&world, "h2").await;
    for expected in [200, 200, 200, 429] {
        assert_eq!(device.call("POST", ENROL, b"x").await.expect("an answer").status, expected);
    }
    assert_eq!(server.seen().len(), 6);
    assert_eq!((world.refused("enrolment_of_address"), world.refused("calls_of_device")), (2, 1));
}

#[tokio::test]
async fn a_dry_run_counts_and_lets_pass() {
    let (world, server) = World::with(Wanted::default(), |config| {
        config.limits.enrolment_per_address.burst = 1;
        config.limits.dry_run = true;
    })
    .await;
    let mut talk = world.site.stranger().talk(&world, "h2").await;
    for _ in 0..4 {
        assert_eq!(talk.call("POST", ENROL, b"x").await.expect("an answer").status, 200);
    }
    assert_eq!(server.seen().len(), 4);
    assert_eq!(world.refused("would_enrolment_of_address"), 3);
}

#[tokio::test]
async fn no_more_calls_are_at_the_server_than_allowed() {
    let (world, server) =
        World::with(Wanted::default(), |config| config.limits.relayed_in_flight = 2).await;
    server.answer(|_| Reply { after: Duration::from_secs(3600), ..Reply::ok("") });
    let devices: Vec<_> = (0..2).map(|_| world.site.device()).collect();
    let mut talks = Vec::new();
    for device in &devices {
        talks.push(device.talk(&world, "h2").await);
    }
    // The last places are for receipts.
    let receipt = "/agent/v1/receipt";
    let calls = talks.iter_mut().map(|talk| talk.call("POST", receipt, b"x"));
    let held = futures_util::future::join_all(calls);
    let check = async {
        until("two are at the server", || world.gateway.status().relayed_in_flight == 2).await;
        let answer = world.site.device().call(&world, "h2", "POST", FETCH, b"x").await;
        assert_eq!((answer.status, world.refused("relay_full")), (503, 1));
        assert!(answer.headers.contains_key("retry-after"));
    };
    tokio::select! {
        () = check => {}
        _ = held => panic!("they were answered"),
    }
    drop(talks);
    until("they are forgotten", || world.gateway.status().relayed_in_flight == 0).await;
}
