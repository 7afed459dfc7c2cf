//! Requests that two readers could read in two ways, with another one inside
//! (gateway.md §7, `trust.md` §4.3). Whatever is answered, the one inside must
//! never be.

use sekisho_gatewaykit::NAME;

use crate::field::Field;
use crate::frames::{self, DATA, END_HEADERS, END_STREAM, HEADERS};
use crate::witness::SMUGGLED;

use super::h2::{Outcome, ask};
use super::{SOON, refused_whole};

/// A certificate and an address that nobody has: they must not arrive.
const FORGED: &[(&[u8], &[u8])] = &[
    (b"client-cert", b":Zm9yZ2Vk:"),
    (b"forwarded", b"for=10.0.0.1"),
    (b"x-forwarded-for", b"10.0.0.1"),
    (b"x-agent-id", b"1"),
];

pub(super) async fn pass(field: &Field) {
    let device = field.device();
    for (n, (what, statuses, bytes)) in corpus().iter().enumerate() {
        let shown = (n % 2 == 0).then_some(&device);
        let tls = field.door.tls(shown, "http/1.1");
        if let Ok(connection) = field.door.connect(field.address(), &tls).await {
            field.tried();
            let came = connection.exchange(bytes.as_bytes(), SOON).await;
            refused_whole(field, what, &came, statuses);
        } else {
            field.findings.violation(format!("{what}: no connection"));
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
    forged(field).await;
}

/// Headers that a gateway makes are not taken from a client: the request is
/// relayed, without them. The witness sees if one arrives. It also shows that
/// frames written here are understood.
async fn forged(field: &Field) {
    let request = [&request("/agent/v1/bundle/7")[..], FORGED].concat();
    let bytes = frames::frame(HEADERS, END_HEADERS | END_STREAM, 1, &frames::block(&request));
    let tls = field.door.tls(Some(&field.device()), "h2");
    let outcome = ask(field, field.address(), &tls, &bytes).await;
    let what = "a good request with forged headers";
    field.findings.check(outcome == Outcome::Answered(200), || format!("{what}: {outcome:?}"));
    let tls = field.door.tls(None, "http/1.1");
    let lines = FORGED.iter().map(|(name, value)| [*name, b": ", *value, b"\r\n"].concat());
    let lines = String::from_utf8_lossy(&lines.collect::<Vec<_>>().concat()).into_owned();
    let text = format!("GET /agent/v1/bundle/7 HTTP/1.1\r\nhost: {NAME}\r\n{lines}\r\n");
    let status = match field.door.connect(field.address(), &tls).await {
        Ok(mut connection) => {
            field.tried();
            connection.ask(text.as_bytes()).await.map(|answer| answer.status)
        }
        Err(error) => Err(error),
    };
    // All strangers together may have called too often at the moment.
    let is_well = matches!(status, Ok(200 | 429));
    field.findings.check(is_well, || format!("{what} over HTTP/1.1: {status:?}"));
}

/// What, the statuses that refuse it, the bytes.
fn corpus() -> Vec<(&'static str, &'static [u16], String)> {
    let inner = format!("GET /agent/v1/bundle/{SMUGGLED} HTTP/1.1\r\nhost: {NAME}\r\n\r\n");
    let length = inner.len();
    let post = |lines: &str, body: &str| {
        format!("POST /agent/v1/fetch HTTP/1.1\r\nhost: {NAME}\r\n{lines}\r\n{body}{inner}")
    };
    let get = |lines: &str| {
        format!("GET /agent/v1/bundle/0 HTTP/1.1\r\nhost: {NAME}\r\n{lines}\r\n{inner}")
    };
    let cl = format!("content-length: {length}\r\n");
    let te = "transfer-encoding: chunked\r\n";
    let chunk = format!("{length:x}\r\n{inner}\r\n0\r\n\r\n");
    let mut corpus: Vec<(&str, &[u16], String)> = vec![
        ("CL.TE", &[400], post(&format!("{cl}{te}"), "0\r\n\r\n")),
        ("TE.CL", &[400], post(&format!("{te}content-length: 4\r\n"), &chunk)),
        ("TE.TE", &[400, 411], post(&format!("{te}transfer-encoding: x\r\n"), "0\r\n\r\n")),
        ("TE.TE with a length", &[400], post(&format!("{te}{te}{cl}"), "0\r\n\r\n")),
        ("chunked", &[411], post(te, "0\r\n\r\n")),
        ("chunked in capitals", &[411], post("Transfer-Encoding: CHUNKED\r\n", "0\r\n\r\n")),
        ("TE of two codings", &[411], post("transfer-encoding: gzip, chunked\r\n", "0\r\n\r\n")),
        ("TE that is none", &[400, 411], post("transfer-encoding: xchunked\r\n", "0\r\n\r\n")),
        (
            "TE with a space",
            &[400],
            post(&format!("{cl}transfer-encoding : chunked\r\n"), "0\r\n\r\n"),
        ),
        (
            "TE behind a tab",
            &[400],
            post(&format!("{cl}\ttransfer-encoding: chunked\r\n"), "0\r\n\r\n"),
        ),
        (
            "TE folded",
            &[400],
            post(&format!("{cl}transfer-encoding:\r\n chunked\r\n"), "0\r\n\r\n"),
        ),
        (
            "TE by a vertical tab",
            &[400],
            post(&format!("{cl}transfer-encoding: \x0bchunked\r\n"), "0\r\n\r\n"),
        ),
        (
            "TE in a line of its own ending",
            &[400],
            post(&format!("{cl}x: x\ntransfer-encoding: chunked\r\n"), "0\r\n\r\n"),
        ),
        ("two CL", &[400], post(&format!("content-length: 0\r\n{cl}"), "")),
        ("two CL the other way", &[400], post(&format!("{cl}content-length: 0\r\n"), "")),
        ("the same CL twice", &[400], post(&format!("{cl}{cl}"), "")),
        (
            "CL in two forms",
            &[400],
            post(&format!("content-length: 0\r\nContent-Length: {length}\r\n"), ""),
        ),
        ("CL list", &[400], post(&format!("content-length: 0, {length}\r\n"), "")),
        ("CL with a sign", &[400], post("content-length: +0\r\n", "")),
        ("CL below nothing", &[400], post("content-length: -1\r\n", "")),
        ("CL in hexadecimal", &[400], post("content-length: 0x0\r\n", "")),
        ("CL with a space inside", &[400], post("content-length: 0 0\r\n", "")),
        ("CL with a letter", &[400], post("content-length: 0a\r\n", "")),
        ("CL without a number", &[400], post("content-length:\r\n", "")),
        ("CL that overflows", &[400], post("content-length: 18446744073709551616\r\n", "")),
        ("CL with _", &[400], post(&format!("content_length: {length}\r\n"), "")),
        ("CL with a space", &[400], post(&format!("content-length : {length}\r\n"), "")),
        ("obs-fold", &[400], get(&format!("x: a\r\n content-length: {length}\r\n"))),
        ("obs-fold by a tab", &[400], get(&format!("x: a\r\n\tcontent-length: {length}\r\n"))),
        ("bare LF in a header", &[400], get(&format!("x: a\ncontent-length: {length}\r\n"))),
        ("bare LF before the body", &[400], get("x: a\r\n\n")),
        ("bare CR in a header", &[400], get(&format!("x: a\rcontent-length: {length}\r\n"))),
        ("NUL in a header", &[400], get("x: a\0b\r\n")),
        ("two hosts", &[400], get(&format!("host: {NAME}\r\n"))),
        ("another host", &[400], get("host: other.example.jp\r\n")),
        ("upgrade", &[400], get("upgrade: h2c\r\nconnection: upgrade\r\n")),
        ("upgrade to a socket", &[400], get("upgrade: websocket\r\nconnection: upgrade\r\n")),
        ("h2c settings", &[400], get("http2-settings: AAMAAABk\r\nconnection: http2-settings\r\n")),
        ("an expectation", &[400], post(&format!("expect: 200-ok\r\n{cl}"), "")),
        ("a line without a colon", &[400], get("x\r\n")),
        ("a line without a name", &[400], get(": x\r\n")),
    ];
    let whole = |first: &str| format!("{first}\r\nhost: {NAME}\r\n\r\n{inner}");
    let path = "/agent/v1/bundle/0";
    corpus.extend([
        ("bare LF", &[400][..], format!("GET {path} HTTP/1.1\nhost: {NAME}\n\n{inner}")),
        ("no host", &[400], format!("GET {path} HTTP/1.1\r\n\r\n{inner}")),
        ("absolute form", &[400], whole(&format!("GET https://{NAME}{path} HTTP/1.1"))),
        ("absolute form of another", &[400], whole(&format!("GET http://10.0.0.1{path} HTTP/1.1"))),
        ("HTTP/1.0", &[400], whole(&format!("GET {path} HTTP/1.0"))),
        ("HTTP/1.2", &[400], whole(&format!("GET {path} HTTP/1.2"))),
        ("HTTP/2.0", &[400], whole(&format!("GET {path} HTTP/2.0"))),
        ("no version", &[400], whole(&format!("GET {path}"))),
        ("two spaces", &[400], whole(&format!("GET  {path} HTTP/1.1"))),
        ("a tab", &[400], whole(&format!("GET\t{path}\tHTTP/1.1"))),
        ("words behind", &[400], whole(&format!("GET {path} HTTP/1.1 x"))),
        (
            "a request in the target",
            &[400],
            whole(&format!("GET {path} HTTP/1.1\r\nx: GET {path} HTTP/1.1\n")),
        ),
        ("an empty line before", &[400], format!("\r\n{}", whole(&format!("GET {path} HTTP/1.1")))),
        ("a method of no letters", &[400], whole(&format!("(GET) {path} HTTP/1.1"))),
    ]);
    corpus
}

type Fields = Vec<(&'static [u8], &'static [u8])>;

fn request(path: &'static str) -> Fields {
    with("GET", path, &[])
}

fn with(
    method: &'static str,
    path: &'static str,
    more: &[(&'static [u8], &'static [u8])],
) -> Fields {
    let mut fields: Fields = vec![
        (b":method", method.as_bytes()),
        (b":scheme", b"https"),
        (b":authority", NAME.as_bytes()),
        (b":path", path.as_bytes()),
    ];
    fields.extend_from_slice(more);
    fields
}

fn over_h2() -> Vec<(&'static str, Vec<u8>)> {
    const HIDDEN: &str = "/agent/v1/bundle/smuggled";
    const FETCH: &str = "/agent/v1/fetch";
    const INNER: &[u8] = b"GET /agent/v1/bundle/smuggled HTTP/1.1\r\nhost: gw.example.jp\r\n\r\n";
    let alone = |fields: &[(&[u8], &[u8])]| {
        frames::frame(HEADERS, END_HEADERS | END_STREAM, 1, &frames::block(fields))
    };
    let body = |fields: &[(&[u8], &[u8])], body: &[u8]| {
        let head = frames::frame(HEADERS, END_HEADERS, 1, &frames::block(fields));
        [head, frames::frame(DATA, END_STREAM, 1, body)].concat()
    };
    let hidden =
        |name: &'static [u8], value: &'static [u8]| alone(&with("GET", HIDDEN, &[(name, value)]));
    let without = |name: &[u8]| {
        let mut fields = request(HIDDEN);
        fields.retain(|(known, _)| *known != name);
        alone(&fields)
    };
    let instead = |name: &[u8], value: &'static [u8]| {
        let mut fields = request(HIDDEN);
        for field in fields.iter_mut().filter(|field| field.0 == name) {
            field.1 = value;
        }
        alone(&fields)
    };
    vec![
        ("transfer-encoding", hidden(b"transfer-encoding", b"chunked")),
        ("connection", hidden(b"connection", b"close")),
        ("upgrade", hidden(b"upgrade", b"websocket")),
        ("te", hidden(b"te", b"gzip")),
        ("a name in capitals", hidden(b"X-A", b"1")),
        ("a name with a colon", hidden(b"x:a", b"1")),
        ("a name with a space", hidden(b"x a", b"1")),
        ("a name with _", hidden(b"client_cert", b":Zm9yZ2Vk:")),
        ("a line end in a value", hidden(b"x", b"a\r\ncontent-length: 9")),
        ("NUL in a value", hidden(b"x", b"a\0b")),
        ("a pseudo-header that is none", hidden(b":smuggled", b"1")),
        (
            "a pseudo-header behind others",
            alone(&with("GET", HIDDEN, &[(b"x", b"1"), (b":path", HIDDEN.as_bytes())])),
        ),
        ("two paths", alone(&with("GET", "/agent/v1/bundle/0", &[(b":path", HIDDEN.as_bytes())]))),
        ("two methods", alone(&with("GET", HIDDEN, &[(b":method", b"POST")]))),
        ("no path", without(b":path")),
        ("no method", without(b":method")),
        ("no scheme", without(b":scheme")),
        ("no authority", without(b":authority")),
        ("an empty path", instead(b":path", b"")),
        ("a star", instead(b":path", b"*")),
        (
            "a whole address as path",
            instead(b":path", b"https://gw.example.jp/agent/v1/bundle/smuggled"),
        ),
        ("a query", instead(b":path", b"/agent/v1/bundle/smuggled?x=1")),
        (
            "a request in the path",
            instead(b":path", b"/agent/v1/bundle/0 HTTP/1.1\r\n\r\nGET /agent/v1/bundle/smuggled"),
        ),
        (
            "a request in the method",
            instead(b":method", b"GET /agent/v1/bundle/smuggled HTTP/1.1\r\nx:"),
        ),
        ("plain HTTP", instead(b":scheme", b"http")),
        ("a user", instead(b":authority", b"user@gw.example.jp")),
        ("another host", hidden(b"host", b"other.example.jp")),
        (
            "two lengths",
            body(
                &with("POST", FETCH, &[(b"content-length", b"0"), (b"content-length", b"67")]),
                INNER,
            ),
        ),
        ("a list of lengths", body(&with("POST", FETCH, &[(b"content-length", b"0, 67")]), INNER)),
        ("a length with a sign", body(&with("POST", FETCH, &[(b"content-length", b"+67")]), INNER)),
        (
            "less than the length",
            body(&with("POST", FETCH, &[(b"content-length", b"4000")]), INNER),
        ),
        ("more than the length", body(&with("POST", FETCH, &[(b"content-length", b"3")]), INNER)),
        (
            "CONNECT to the server",
            alone(&[(b":method", b"CONNECT"), (b":authority", b"console.sekisho.internal:8443")]),
        ),
        (
            "CONNECT to elsewhere",
            alone(&[(b":method", b"CONNECT"), (b":authority", b"127.0.0.1:22")]),
        ),
        ("extended CONNECT", alone(&with("CONNECT", HIDDEN, &[(b":protocol", b"websocket")]))),
        ("the control stream", alone(&with("POST", "/gateway/v1/control", &[]))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_the_corpus_hides_a_request_that_the_witness_knows() {
        for (what, statuses, bytes) in corpus() {
            assert!(bytes.contains(SMUGGLED), "{what}");
            assert!(statuses.iter().all(|status| (400..500).contains(status)), "{what}");
        }
        assert!(corpus().len() >= 50 && over_h2().len() >= 35);
        assert_eq!("/agent/v1/bundle/smuggled".rsplit('/').next(), Some(SMUGGLED));
    }
}
