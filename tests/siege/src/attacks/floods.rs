//! HTTP/2 frames that cost who sends them nothing (`trust.md` §4.3). Each flood
//! must end its connection, and none may reach the server as more than a device
//! may ask.

use std::time::Duration;

use futures_util::future::join_all;
use sekisho_gatewaykit::NAME;
use sekisho_wire::gateway::Rate;
use tokio::io::AsyncWriteExt as _;

use crate::field::Field;
use crate::frames::{
    self, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PRIORITY, RST_STREAM,
    SETTINGS, WINDOW_UPDATE,
};

use super::h2;

/// A flood is ended within this time, on a busy machine.
const LIMIT: Duration = Duration::from_secs(10);

/// Connections in a pass.
const EACH: usize = 10;

/// So many frames at once.
const BURST: usize = 500;

/// Floods by devices and by strangers, each from an address of its own.
async fn flooded(field: &Field, what: &str, first: &[u8], again: &[u8]) {
    let floods = (0..EACH).map(|n| {
        let device = (n % 2 == 0).then(|| field.device());
        async move {
            let tls = field.door.tls(device.as_ref(), "h2");
            let first = [&frames::opening(&[])[..], first].concat();
            let ended = h2::flood(field, field.address(), &tls, &first, again, LIMIT).await;
            field.findings.check(ended, || format!("a flood of {what} goes on for {LIMIT:?}"));
        }
    });
    join_all(floods).await;
}

pub(super) async fn settings(field: &Field) {
    let empty = frames::frame(SETTINGS, 0, 0, &[]).repeat(BURST);
    // The size of the header table, up and down.
    let table = |size: u8| frames::frame(SETTINGS, 0, 0, &[0, 1, 0, 0, size, 0]);
    let tables = [table(0), table(16)].concat().repeat(BURST / 2);
    flooded(field, "SETTINGS", b"", &empty).await;
    flooded(field, "SETTINGS with a value", b"", &tables).await;
}

pub(super) async fn ping(field: &Field) {
    let pings = frames::frame(PING, 0, 0, &[7; 8]).repeat(BURST);
    flooded(field, "PING", b"", &pings).await;
}

pub(super) async fn continuation(field: &Field) {
    let begun = frames::frame(HEADERS, 0, 1, &head("GET", "/agent/v1/bundle/7"));
    let one = frames::block(&[(b"a", b"b")]);
    let small = frames::frame(CONTINUATION, 0, 1, &one).repeat(BURST);
    let empty = frames::frame(CONTINUATION, 0, 1, &[]).repeat(BURST);
    let long = frames::block(&[(b"a", &[b'b'; 8000])]);
    let large = frames::frame(CONTINUATION, 0, 1, &long).repeat(16);
    flooded(field, "CONTINUATION", &begun, &small).await;
    flooded(field, "empty CONTINUATION", &begun, &empty).await;
    flooded(field, "large CONTINUATION", &begun, &large).await;
}

pub(super) async fn window(field: &Field) {
    let update = frames::frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1]).repeat(BURST);
    let priority = frames::frame(PRIORITY, 0, 3, &[0, 0, 0, 1, 1]).repeat(BURST);
    let begun = frames::frame(HEADERS, END_HEADERS, 1, &head("POST", "/agent/v1/fetch"));
    let empty = frames::frame(DATA, 0, 1, &[]).repeat(BURST);
    let unknown = frames::frame(0xfa, 0, 0, b"abc").repeat(BURST);
    flooded(field, "WINDOW_UPDATE", b"", &update).await;
    flooded(field, "PRIORITY", b"", &priority).await;
    flooded(field, "empty DATA", &begun, &empty).await;
    flooded(field, "unknown frames", b"", &unknown).await;
    let shut = (0..EACH).map(|_| shut(field));
    join_all(shut).await;
}

/// Answers that may not be sent: no window for any stream. They are held for a
/// while, and the budget of memory must do.
async fn shut(field: &Field) {
    let tls = field.door.tls(Some(&field.device()), "h2");
    let Ok(connection) = field.door.connect(field.address(), &tls).await else { return };
    field.tried();
    let mut stream = connection.0;
    // SETTINGS_INITIAL_WINDOW_SIZE.
    let mut bytes = frames::opening(&[(4, 0)]);
    let block = head("GET", crate::double::LONG_BUNDLE.0);
    for n in 0..16 {
        let flags = END_HEADERS | END_STREAM;
        bytes.extend_from_slice(&frames::frame(HEADERS, flags, 2 * n + 1, &block));
    }
    let _ = stream.write_all(&bytes).await;
    let _ = stream.flush().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
}

pub(super) async fn rapid_reset(field: &Field) {
    // Without a body, which would make them whole: they never reach the server.
    let half = (0..EACH).map(|_| resets(field, END_HEADERS, "POST", "/agent/v1/fetch"));
    // Whole ones do, as many as a device may call.
    let whole =
        (0..EACH).map(|_| resets(field, END_HEADERS | END_STREAM, "POST", "/agent/v1/hello"));
    tokio::join!(join_all(half), join_all(whole));
}

async fn resets(field: &Field, flags: u8, method: &str, path: &str) {
    let (from, began) = (field.address(), crate::elapsed());
    let tls = field.door.tls(Some(&field.device()), "h2");
    let block = head(method, path);
    let bytes = (0..2000_u32).flat_map(|n| {
        let stream = 2 * n + 1;
        let taken_back = frames::frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]);
        [frames::frame(HEADERS, flags, stream, &block), taken_back].concat()
    });
    let bytes = [frames::opening(&[]), bytes.collect()].concat();
    // Then it goes on with frames that say nothing, so that it must be closed.
    let ping = frames::frame(PING, 0, 0, &[0; 8]).repeat(10);
    let ended = h2::flood(field, from, &tls, &bytes, &ping, LIMIT).await;
    field.findings.check(ended, || "a rapid reset goes on".to_owned());
    let (seen, took) = (field.witness.from(from), crate::since(began));
    let Rate { per_1000_s, burst } = field.limits.per_device;
    let most = u64::from(burst) + per_1000_s * (took.as_secs() + 1) / 1000 + 2;
    field.findings.check(seen <= most, || {
        format!("the server saw {seen} requests of a rapid reset; {most} are allowed")
    });
}

fn head(method: &str, path: &str) -> Vec<u8> {
    frames::block(&[
        (b":method", method.as_bytes()),
        (b":scheme", b"https"),
        (b":authority", NAME.as_bytes()),
        (b":path", path.as_bytes()),
    ])
}
