//! Slowloris in its forms: who sends or reads as slowly as can be, to hold
//! connections (`trust.md` §4.3: a head has 10 s, a body 5 s and then 1 KiB/s, an
//! answer that is not read 30 s).

use std::time::Duration;

use futures_util::future::join_all;
use sekisho_gatewaykit::NAME;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::client::{Connection, answers};
use crate::double::LONG_BUNDLE;
use crate::field::Field;
use crate::frames::{self, HEADERS};

/// A head must be whole after so long, and TLS before it.
const HEAD: Duration = Duration::from_secs(10);

/// A body may be slow for so long.
const BODY_GRACE: Duration = Duration::from_secs(5);

/// An answer may stay unread for so long, and what the gateway's own buffers still
/// take may take another 10 s.
const BLOCKED: Duration = Duration::from_secs(40);

/// A busy machine is late by as much.
const LATE: Duration = Duration::from_secs(5);

/// Connections of each kind in a pass.
const EACH: usize = 30;

/// A byte each so often: fast enough that a limit on each read would not see it.
const DRIP: Duration = Duration::from_millis(700);

pub(super) async fn headers(field: &Field) {
    let silent = (0..EACH).map(|_| no_tls(field));
    let quiet = (0..EACH).map(|n| dripping(field, ["h2", "http/1.1"][n % 2], b"", b""));
    let h1 = (0..EACH)
        .map(|_| dripping(field, "http/1.1", b"GET /agent/v1/bundle/7 HTTP/1.1\r\nx: ", b"drip"));
    let open = frames::opening(&[]);
    let begun = [open, frames::frame(HEADERS, 0, 1, &[0x82])].concat();
    // The header of a CONTINUATION of 4 KiB, and then its bytes.
    let goes_on = [&begun[..], &[0, 0x10, 0, 9, 0, 0, 0, 0, 1]].concat();
    let h2 = (0..EACH).map(|_| dripping(field, "h2", &goes_on, b"\0"));
    tokio::join!(join_all(silent), join_all(quiet), join_all(h1), join_all(h2));
}

/// A connection that never says anything, not even TLS.
async fn no_tls(field: &Field) {
    let Ok(mut stream) = field.door.tcp(field.address(), None).await else { return };
    field.tried();
    let mut byte = [0];
    let ended = tokio::time::timeout(HEAD + LATE, stream.read(&mut byte)).await;
    field.findings.check(ended.is_ok(), || format!("a connection without TLS was held {HEAD:?}"));
}

/// A connection whose first request does not become whole.
async fn dripping(field: &Field, alpn: &str, first: &[u8], rest: &[u8]) {
    let tls = field.door.tls(None, alpn);
    let Ok(connection) = field.door.connect(field.address(), &tls).await else { return };
    field.tried();
    let came = connection.drip(first, rest, DRIP, HEAD + LATE).await;
    field.findings.check(came.closed, || {
        format!("a head that drips over {alpn} was held for {:?}", came.after)
    });
    let relayed = answers(&came.bytes).0.iter().any(|answer| answer.status == 200);
    field.findings.check(!relayed, || format!("half a head was answered over {alpn}"));
}

pub(super) async fn body(field: &Field) {
    let small = (0..EACH).map(|_| dripping_body(field, "fetch", 2_000));
    let large = (0..EACH).map(|_| dripping_body(field, "receipt", 100_000));
    tokio::join!(join_all(small), join_all(large));
}

async fn dripping_body(field: &Field, route: &str, length: u64) {
    let tls = field.door.tls(Some(&field.device()), "http/1.1");
    let Ok(connection) = field.door.connect(field.address(), &tls).await else { return };
    field.tried();
    let head = format!(
        "POST /agent/v1/{route} HTTP/1.1\r\nhost: {NAME}\r\ncontent-length: {length}\r\n\r\nxx"
    );
    // Collected ones have the time that their length takes at 1 KiB/s; of the
    // others each KiB is looked for when it is due.
    let due = BODY_GRACE + Duration::from_secs(length.min(16 * 1024) / 1024);
    let came = connection.drip(head.as_bytes(), b"x", DRIP, due + LATE).await;
    let (found, _) = answers(&came.bytes);
    let statuses: Vec<u16> = found.iter().map(|answer| answer.status).collect();
    field.findings.check(came.closed && statuses == [408], || {
        format!("a {route} that drips was answered with {statuses:?} after {:?}", came.after)
    });
}

pub(super) async fn read(field: &Field) {
    let unread = (0..EACH / 3).map(|_| unread(field));
    join_all(unread).await;
}

/// Asks for more than all buffers hold, and reads nothing of it.
async fn unread(field: &Field) {
    const ASKED: usize = 18;
    let tls = field.door.tls(Some(&field.device()), "http/1.1");
    let Ok(Connection(mut stream)) =
        field.door.connect_with(field.address(), &tls, Some(16 * 1024)).await
    else {
        return;
    };
    let get = format!("GET {} HTTP/1.1\r\nhost: {NAME}\r\n\r\n", LONG_BUNDLE.0);
    if stream.write_all(get.repeat(ASKED).as_bytes()).await.is_err() {
        return;
    }
    field.tried();
    tokio::time::sleep(BLOCKED + LATE).await;
    let mut bytes = 0;
    let mut buffer = vec![0; 64 * 1024];
    let reading = async {
        while let Ok(read @ 1..) = stream.read(&mut buffer).await {
            bytes += read;
        }
    };
    // Who was not closed is answered on.
    let _ = tokio::time::timeout(LATE, reading).await;
    field.findings.check(bytes < ASKED * LONG_BUNDLE.1, || {
        format!("an answer that nobody read was held for {:?}", BLOCKED + LATE)
    });
}
