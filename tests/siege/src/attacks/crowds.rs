//! Too many of something: handshakes, connections, probes, enrolments, calls.
//! Each is held to the limits that the gateway was given: more than these must
//! not come through, from whatever address.

use std::net::Ipv4Addr;
use std::time::Duration;

use futures_util::future::join_all;
use sekisho_gatewaykit::NAME;
use sekisho_wire::gateway::Rate;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::client::Connection;
use crate::field::Field;

/// What is refused is closed as fast as that, on a busy machine.
const POLITE: Duration = Duration::from_secs(5);

/// A handshake that is begun has so long; then a busy machine may be late.
const HANDSHAKE: Duration = Duration::from_secs(16);

/// Between two calls on one connection: hundreds a second from a crowd are many,
/// and more would only measure who has the faster machine.
const PACE: Duration = Duration::from_millis(10);

/// What a rate allows in a time, and a little for clocks that are read twice.
fn allowed(rate: Rate, during: Duration) -> u64 {
    let refilled = rate.per_1000_s * (during.as_millis() as u64 + 1000) / 1_000_000;
    u64::from(rate.burst) + refilled + 2
}

pub(super) async fn handshakes(field: &Field) {
    // More than may be in progress at once, from addresses that hold back what
    // each may begin.
    let each = field.limits.handshakes_per_address.burst.min(20);
    let crowd = field.limits.handshakes_in_flight.min(1000) * 3 / 2 / each.max(1);
    let stalled = (0..crowd).map(|_| {
        let from = field.address();
        join_all((0..each).map(move |_| stalled(field, from)))
    });
    let thrown = (0..40).map(|_| thrown_away(field));
    let none = (0..40).map(|_| no_handshake(field));
    tokio::join!(join_all(stalled), join_all(thrown), join_all(none));
}

/// TCP, the first bytes of a ClientHello, and nothing more.
async fn stalled(field: &Field, from: Ipv4Addr) {
    let connected = field.door.tcp(from, None).await;
    field.knocked(&connected);
    let Ok(mut stream) = connected else { return };
    let _ = stream.write_all(b"\x16\x03\x01\x02\x00\x01\x00").await;
    let mut byte = [0];
    let ended = tokio::time::timeout(HANDSHAKE, stream.read(&mut byte)).await;
    field.findings.check(ended.is_ok(), || "a handshake that stalls is held".to_owned());
}

/// Handshakes of one address, one after the other, as many as it gets.
async fn thrown_away(field: &Field) {
    let (from, tls) = (field.address(), field.door.tls(None, "h2"));
    let (began, mut made) = (crate::elapsed(), 0);
    for _ in 0..60 {
        let connected = field.door.connect(from, &tls).await;
        field.knocked(&connected);
        if let Ok(Connection(stream)) = connected {
            made += 1;
            drop(stream);
        } else {
            // A flood that is refused at once would only measure itself.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let most = allowed(field.limits.handshakes_per_address, crate::since(began));
    field.findings.check(made <= most, || {
        format!("{from} made {made} handshakes in {:?}; {most} are allowed", crate::since(began))
    });
}

/// What is no TLS at all.
async fn no_handshake(field: &Field) {
    let from = field.address();
    for _ in 0..25 {
        let connected = field.door.tcp(from, None).await;
        field.knocked(&connected);
        let Ok(mut stream) = connected else { return };
        let _ = stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        let mut bytes = Vec::new();
        let ended = tokio::time::timeout(POLITE, stream.read_to_end(&mut bytes)).await;
        field.findings.check(ended.is_ok(), || "what is no TLS is held".to_owned());
        let answered = bytes.starts_with(b"HTTP/");
        field.findings.check(!answered, || "HTTP without TLS was answered".to_owned());
    }
}

pub(super) async fn idle(field: &Field) {
    let each = field.limits.handshakes_per_address.burst.min(20);
    let crowd = field.limits.connections * 2 / each.max(1);
    let (tell, told) = tokio::sync::watch::channel(false);
    let tls = field.door.tls(None, "h2");
    let held = (0..crowd).map(|_| {
        let (from, tls) = (field.address(), tls.clone());
        join_all((0..each).map(move |_| {
            let tls = tls.clone();
            async move {
                let began = crate::elapsed();
                let connected = field.door.connect(from, &tls).await;
                field.knocked(&connected);
                // Refused is refused at once, not after minutes.
                let polite = connected.is_ok() || crate::since(began) < POLITE * 2;
                field.findings.check(polite, || "a refusal took too long".to_owned());
                connected.ok()
            }
        }))
    });
    let mut all = Vec::new();
    for some in held.collect::<Vec<_>>().chunks_mut(8) {
        let made = join_all(some.iter_mut()).await;
        all.extend(made.into_iter().flatten().flatten());
    }
    drop(tell);
    drop(told);
    // Those that are refused after TLS hear of it now.
    let alive = count_alive(all).await;
    let most = field.limits.connections;
    field.findings.check(alive <= u64::from(most), || {
        format!("{alive} idle connections are held; {most} are allowed")
    });
    one_address(field).await;
}

/// Those that the gateway has not closed.
async fn count_alive(all: Vec<Connection>) -> u64 {
    let looking = all.into_iter().map(|Connection(mut stream)| async move {
        let mut buffer = [0; 1024];
        loop {
            // What was sent at the beginning, then nothing or the end.
            let read = stream.read(&mut buffer);
            match tokio::time::timeout(Duration::from_millis(500), read).await {
                Ok(Ok(1..)) => {}
                Ok(Ok(0) | Err(_)) => return 0,
                Err(_) => return 1,
            }
        }
    });
    join_all(looking).await.into_iter().sum()
}

/// One address that wants all it can get: it may hold so many at once.
async fn one_address(field: &Field) {
    let (from, tls) = (field.address(), field.door.tls(None, "h2"));
    let tries = field.limits.connections_per_address * 2;
    let mut held = Vec::new();
    for _ in 0..tries.min(200) {
        match field.door.connect(from, &tls).await {
            Ok(connection) => held.push(connection),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    let alive = count_alive(held).await;
    let most = u64::from(field.limits.connections_per_address);
    field
        .findings
        .check(alive <= most, || format!("{from} holds {alive} connections; {most} are allowed"));
}

pub(super) async fn probing(field: &Field) {
    let (from, tls) = (field.address(), field.door.tls(None, "http/1.1"));
    // Violations are counted in windows of a minute: there may be a border.
    let most = u64::from(field.limits.ban_after) * 2 + 10;
    let (mut answered, mut tried) = (0, 0);
    'out: for _ in 0..20 {
        let Ok(mut connection) = field.door.connect(from, &tls).await else { break };
        for _ in 0..100 {
            tried += 1;
            field.tried();
            let text = format!("GET /probe-{tried} HTTP/1.1\r\nhost: {NAME}\r\n\r\n");
            match connection.ask(text.as_bytes()).await {
                Ok(answer) => {
                    answered += 1;
                    field.findings.check(answer.status == 404, || {
                        format!("a probe was answered with {}", answer.status)
                    });
                }
                Err(_) => continue 'out,
            }
            if answered > most {
                break 'out;
            }
        }
    }
    field.findings.check(answered <= most, || {
        format!("{from} was answered {answered} times; it is to be banned after {most}")
    });
    // Its neighbour is somebody else.
    let neighbour = field.door.connect(field.address(), &tls).await;
    field.findings.check(neighbour.is_ok(), || "a neighbour was refused".to_owned());
}

pub(super) async fn enrolment(field: &Field) {
    let (began, before) = (crate::elapsed(), field.witness.of_strangers());
    let addresses: Vec<Ipv4Addr> = (0..40).map(|_| field.address()).collect();
    let tls = field.door.tls(None, "http/1.1");
    let enrolling = addresses.iter().map(|from| async {
        let Ok(mut connection) = field.door.connect(*from, &tls).await else { return };
        let text = format!(
            "POST /agent/v1/enrol HTTP/1.1\r\nhost: {NAME}\r\ncontent-length: 8\r\n\r\nnonsense"
        );
        for _ in 0..30 {
            tokio::time::sleep(PACE).await;
            match connection.ask(text.as_bytes()).await {
                Ok(answer) => {
                    field.tried();
                    let is_well = matches!(answer.status, 200 | 429 | 503);
                    field.findings.check(is_well, || {
                        format!("an enrolment was answered with {}", answer.status)
                    });
                }
                Err(_) => return,
            }
        }
    });
    join_all(enrolling).await;
    let took = crate::since(began);
    let all = field.witness.of_strangers() - before;
    let most = allowed(field.limits.enrolment, took);
    field.findings.check(all <= most, || {
        format!("the server saw {all} enrolments in {took:?}; {most} are allowed")
    });
    let most = allowed(field.limits.enrolment_per_address, took);
    for from in addresses {
        let some = field.witness.from(from);
        field.findings.check(some <= most, || {
            format!("the server saw {some} enrolments of {from} in {took:?}; {most} are allowed")
        });
    }
}

pub(super) async fn calls(field: &Field) {
    let (began, from) = (crate::elapsed(), field.address());
    let device = field.device();
    let talking = ["http/1.1"; 3].map(|alpn| {
        let tls = field.door.tls(Some(&device), alpn);
        async move {
            let Ok(mut connection) = field.door.connect(from, &tls).await else { return };
            let text = format!(
                "POST /agent/v1/fetch HTTP/1.1\r\nhost: {NAME}\r\ncontent-length: 1\r\n\r\nx"
            );
            for _ in 0..100 {
                tokio::time::sleep(PACE).await;
                match connection.ask(text.as_bytes()).await {
                    Ok(answer) => {
                        field.tried();
                        let is_well = matches!(answer.status, 200 | 429);
                        field.findings.check(is_well, || {
                            format!("a device's call was answered with {}", answer.status)
                        });
                    }
                    Err(error) => {
                        return field.findings.violation(format!("a device was cut: {error}"));
                    }
                }
            }
        }
    });
    join_all(talking).await;
    let (took, some) = (crate::since(began), field.witness.from(from));
    let most = allowed(field.limits.per_device, took);
    field.findings.check(some <= most, || {
        format!("the server saw {some} calls of a device in {took:?}; {most} are allowed")
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_allows_its_burst_and_what_is_refilled() {
        let second = Duration::from_secs(1);
        assert_eq!(allowed(Rate::per_second(5, 20), 10 * second), 20 + 55 + 2);
        assert_eq!(allowed(Rate { per_1000_s: 0, burst: 3 }, 100 * second), 5);
    }
}
