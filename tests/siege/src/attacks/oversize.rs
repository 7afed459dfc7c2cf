//! Heads, targets and bodies that are too long.

use sekisho_gatewaykit::NAME;

use crate::field::Field;
use crate::frames::{self, DATA, END_HEADERS, HEADERS};

use super::h2::{Outcome, ask};
use super::{SOON, refused_whole};

pub(super) async fn pass(field: &Field) {
    for (n, (what, statuses, bytes)) in corpus().iter().enumerate() {
        let device = field.device();
        let tls = field.door.tls((n % 2 == 0).then_some(&device), "http/1.1");
        match field.door.connect(field.address(), &tls).await {
            Ok(connection) => {
                field.tried();
                let came = connection.exchange(bytes.as_bytes(), SOON).await;
                refused_whole(field, what, &came, statuses);
            }
            Err(error) => field.findings.violation(format!("{what}: no connection: {error}")),
        }
    }
    for (what, statuses, bytes) in &bodies() {
        let tls = field.door.tls(Some(&field.device()), "http/1.1");
        match field.door.connect(field.address(), &tls).await {
            Ok(connection) => {
                field.tried();
                let came = connection.exchange(bytes, SOON).await;
                refused_whole(field, what, &came, statuses);
            }
            Err(error) => field.findings.violation(format!("{what}: no connection: {error}")),
        }
    }
    for (what, bytes) in &over_h2() {
        let tls = field.door.tls(Some(&field.device()), "h2");
        let outcome = ask(field, field.address(), &tls, bytes).await;
        let refused = match outcome {
            Outcome::Answered(status) => (400..500).contains(&status),
            Outcome::Ended => true,
            Outcome::Nothing => false,
        };
        field.findings.check(refused, || format!("{what} over HTTP/2: {outcome:?}"));
    }
}

/// Heads. None of them comes through, whoever sends it.
fn corpus() -> Vec<(&'static str, &'static [u16], String)> {
    let get =
        |lines: &str| format!("GET /agent/v1/bundle/7 HTTP/1.1\r\nhost: {NAME}\r\n{lines}\r\n");
    let target = |length: usize| {
        let path = format!("/agent/v1/bundle/{}", "7".repeat(length));
        format!("GET {path} HTTP/1.1\r\nhost: {NAME}\r\nconnection: close\r\n\r\n")
    };
    vec![
        ("65 headers", &[431], get(&"a: b\r\n".repeat(64))),
        ("10,000 headers", &[431], get(&"a: b\r\n".repeat(10_000))),
        ("a value of 9 KiB", &[431], get(&format!("a: {}\r\n", "b".repeat(9 * 1024)))),
        ("17 KiB of headers", &[431], get(&format!("a: {}\r\n", "b".repeat(4000)).repeat(5))),
        ("a header of 1 MiB", &[431], get(&format!("a: {}\r\n", "b".repeat(1024 * 1024)))),
        ("a name of 20 KiB", &[431], get(&format!("{}: b\r\n", "a".repeat(20 * 1024)))),
        ("a target of 600 bytes", &[404], target(600)),
        ("a target of 10 KiB", &[404], target(10 * 1024)),
        ("a target of 20 KiB", &[431], target(20 * 1024)),
        ("a target of 1 MiB", &[431], target(1024 * 1024)),
        (
            "a method of 20 KiB",
            &[400, 431],
            format!("{} / HTTP/1.1\r\n\r\n", "A".repeat(20 * 1024)),
        ),
    ]
}

/// Bodies, of a device: its own certificate makes none of them shorter.
fn bodies() -> Vec<(&'static str, &'static [u16], Vec<u8>)> {
    let post = |route: &str, declared: u64, sent: usize| {
        let head = format!(
            "POST /agent/v1/{route} HTTP/1.1\r\nhost: {NAME}\r\ncontent-length: {declared}\r\n\r\n"
        );
        [head.into_bytes(), vec![b'x'; sent]].concat()
    };
    let get =
        format!("GET /agent/v1/bundle/7 HTTP/1.1\r\nhost: {NAME}\r\ncontent-length: 3\r\n\r\nabc");
    vec![
        ("a fetch of 5 KiB", &[413], post("fetch", 5 * 1024, 5 * 1024)),
        ("a fetch that declares 100 GiB", &[413], post("fetch", 100 << 30, 1000)),
        ("an enrolment of 40 KiB", &[413], post("enrol", 40 * 1024, 40 * 1024)),
        ("a receipt of 3 MiB", &[413], post("receipt", 3 << 20, 3 << 20)),
        ("an escrow of 1 MiB", &[413], post("escrow", 1 << 20, 1 << 20)),
        ("a body where none belongs", &[413], get.into_bytes()),
    ]
}

fn over_h2() -> Vec<(&'static str, Vec<u8>)> {
    let head = |method: &str, path: &str, more: &[(&[u8], &[u8])]| {
        let mut fields: Vec<(&[u8], &[u8])> = vec![
            (b":method", method.as_bytes()),
            (b":scheme", b"https"),
            (b":authority", NAME.as_bytes()),
            (b":path", path.as_bytes()),
        ];
        fields.extend_from_slice(more);
        frames::block(&fields)
    };
    let fetch = frames::frame(HEADERS, END_HEADERS, 1, &head("POST", "/agent/v1/fetch", &[]));
    let data = |length: usize| frames::frame(DATA, 0, 1, &vec![b'x'; length]);
    let get = |more: &[(&[u8], &[u8])]| {
        let block = head("GET", "/agent/v1/bundle/7", more);
        let flags = END_HEADERS | frames::END_STREAM;
        // More than one frame may hold is sent as it is: that is refused, too.
        frames::frame(HEADERS, flags, 1, &block)
    };
    let long = vec![b'b'; 9 * 1024];
    let many = vec![(&b"a"[..], &b"b"[..]); 100];
    let longer = vec![b'b'; 17 * 1024];
    let path = format!("/agent/v1/bundle/{}", "7".repeat(600));
    let target = head("GET", &path, &[]);
    vec![
        ("a body without an end", [fetch, data(4000), data(4000), data(4000)].concat()),
        ("100 headers", get(&many)),
        ("two values of 9 KiB", get(&[(b"a", &long), (b"b", &long)])),
        ("a value of 17 KiB", get(&[(b"a", &longer)])),
        (
            "a target of 600 bytes",
            frames::frame(HEADERS, END_HEADERS | frames::END_STREAM, 1, &target),
        ),
    ]
}
