//! Paths that mean a route to somebody who is lenient (`trust.md` §4.2): each is
//! answered with the constant 404, and none goes on.

use sekisho_gatewaykit::NAME;

use crate::client::Answer;
use crate::field::Field;
use crate::frames::{self, END_HEADERS, END_STREAM, HEADERS};

use super::h2::{Outcome, ask};

/// So many on one connection, and from one address: more would be banned.
const AT_ONCE: usize = 40;

/// As bytes: not all of them are text.
const TRICKS: &[&[u8]] = &[
    b"/",
    b"/-",
    b"*",
    b"/agent",
    b"/agent/v1/",
    b"/agent/v1/bundle",
    b"/agent/v1/bundle/",
    b"/agent/v1/bundle/7/",
    b"/agent/v1/bundle/7/7",
    b"/agent/v1/bundle%2f7",
    b"/agent/v1/bundle%2F7",
    b"/agent%2fv1%2fbundle%2f7",
    b"/agent/v1/bundle/%37",
    b"/agent/v1/%62undle/7",
    b"/agent/v1/bundle/7%00",
    b"/agent/v1/bundle/7%20",
    b"/agent/v1/bundle/7%0d%0ax:%20y",
    b"/agent/v1/bundle/%c0%af7",
    b"/agent/v1/bundle/%252e",
    b"//agent/v1/bundle/7",
    b"///agent/v1/bundle/7",
    b"/agent//v1/bundle/7",
    b"/agent/v1//bundle/7",
    b"/agent/v1/bundle//7",
    b"/./agent/v1/bundle/7",
    b"/agent/v1/./bundle/7",
    b"/agent/v1/bundle/./7",
    b"/agent/v1/bundle/7/.",
    b"/../agent/v1/bundle/7",
    b"/agent/v1/x/../bundle/7",
    b"/agent/v1/bundle/../bundle/7",
    b"/agent/v1/bundle/..",
    b"/agent/v1/bundle/7/../../../../api/v1/users",
    b"/agent/v1/%2e%2e/v1/bundle/7",
    b"/agent/v1/..%2fv1/bundle/7",
    b"/agent/v1/..;/v1/bundle/7",
    b"/agent/v1/bundle/7?",
    b"/agent/v1/bundle/7?x=1",
    b"/agent/v1/bundle/7#x",
    b"/agent/v1/bundle/7;x=1",
    b"/agent/v1/bundle/7,8",
    b"/agent/v1/bundle/7.",
    b"/agent/v1/bundle/.7",
    b"/agent/v1/bundle/7~",
    b"/agent/v1/bundle/7_7",
    b"/agent/v1/bundle/+7",
    b"/agent/v1/bundle/{after}",
    b"/AGENT/v1/bundle/7",
    b"/agent/V1/bundle/7",
    b"/agent/v1/Bundle/7",
    b"/agent/v1/BUNDLE/7",
    b"/agent/v1/bundle/7\0",
    b"/agent/v1/bundle/\x007",
    b"/agent/v1/bundle/\x017",
    b"/agent/v1/bundle/7\x7f",
    b"/agent/v1/bundle/\xc3\xa9",
    b"/agent/v1/bundle/\xff",
    b"/agent/v1/b\xc3\xbcndle/7",
    b"/agent/v1/bundle/\xef\xbc\x97",
    b"\\agent\\v1\\bundle\\7",
    b"/agent\\v1/bundle/7",
    b"/agent/v1/bundle\\7",
    b"/agent/v1/bundle/7\\",
    b"/agent/v2/bundle/7",
    b"/agent/v1/wait/x-1",
    b"/agent/v1/wait/x-1/",
    b"/agent/v1/wait/x-1/1/1",
    b"/agent/v1/wait//1",
    b"/gateway/v1/alive",
    b"/gateway/v1/control",
    b"/gateway/v1/pairing",
    b"/getstatus",
    b"/getstatus.json",
    b"/metrics",
    b"/api/v1/users",
    b"/api/v1/session",
    b"/console/",
    b"/index.html",
    b"/assets/index.js",
    b"/.well-known/openid-configuration",
    b"/.env",
    b"/cgi-bin/.%2e/.%2e/bin/sh",
];

/// Methods that no route has, on a path that one has.
const METHODS: &[&str] = &[
    "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "Get", "GETT", "GE", "PROPFIND",
    "LINK", "X", "SEARCH",
];

pub(super) async fn pass(field: &Field) {
    let mut constant: Option<Answer> = None;
    let mut tries: Vec<Vec<u8>> = Vec::new();
    for trick in TRICKS {
        tries.push([b"GET ", *trick].concat());
    }
    let long = [b"GET /agent/v1/bundle/".to_vec(), vec![b'7'; 600]].concat();
    tries.push(long);
    tries.extend(METHODS.iter().map(|method| format!("{method} /agent/v1/bundle/7").into_bytes()));
    tries.push(b"GET /agent/v1/fetch".to_vec());
    for (n, some) in tries.chunks(AT_ONCE).enumerate() {
        // A device that shows itself finds no more than a stranger.
        let device = field.device();
        let tls = field.door.tls((n % 2 == 0).then_some(&device), "http/1.1");
        let Ok(mut connection) = field.door.connect(field.address(), &tls).await else {
            field.findings.violation("no connection to try paths on");
            continue;
        };
        for first in some {
            let rest = format!(" HTTP/1.1\r\nhost: {NAME}\r\n\r\n");
            let what = String::from_utf8_lossy(first).into_owned();
            match connection.ask(&[first, rest.as_bytes()].concat()).await {
                Ok(answer) => {
                    field.tried();
                    judge(field, &what, answer, &mut constant);
                }
                Err(error) => {
                    field.findings.violation(format!("{what:?}: {error}"));
                    break;
                }
            }
        }
    }
    let device = field.device();
    let tls = field.door.tls(Some(&device), "h2");
    for trick in TRICKS {
        let fields: [(&[u8], &[u8]); 4] = [
            (b":method", b"GET"),
            (b":scheme", b"https"),
            (b":authority", NAME.as_bytes()),
            (b":path", trick),
        ];
        let bytes = frames::frame(HEADERS, END_HEADERS | END_STREAM, 1, &frames::block(&fields));
        let outcome = ask(field, field.address(), &tls, &bytes).await;
        // What is no request of HTTP/2 at all has no answer. A fragment is cut off
        // by the library that reads it: the path without it is what is matched
        // and what goes on, to the byte (the witness looks).
        let refused = match outcome {
            Outcome::Answered(status) => {
                matches!(status, 404 | 400) || (status == 200 && trick.contains(&b'#'))
            }
            Outcome::Ended => true,
            Outcome::Nothing => false,
        };
        field.findings.check(refused, || {
            format!("{:?} over HTTP/2: {outcome:?}", String::from_utf8_lossy(trick))
        });
    }
}

/// All answers are the same, to the byte.
fn judge(field: &Field, what: &str, answer: Answer, constant: &mut Option<Answer>) {
    let expected = constant.get_or_insert_with(|| answer.clone());
    field.findings.check(answer.status == 404 && answer == *expected, || {
        format!("{what:?}: answered with {}, {:?}", answer.status, answer.body)
    });
}
