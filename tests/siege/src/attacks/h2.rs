//! One request of HTTP/2 in frames that no library would write, and what became
//! of it.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::field::Field;
use crate::frames::{self, GOAWAY, HEADERS, RST_STREAM};

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was answered.
    Answered(u16),
    /// Its stream or its connection was ended.
    Ended,
    /// Nothing came.
    Nothing,
}

/// Sends these frames on a new connection, after preface and settings, and waits
/// for what becomes of stream 1.
pub(super) async fn ask(
    field: &Field,
    from: Ipv4Addr,
    tls: &Arc<ClientConfig>,
    bytes: &[u8],
) -> Outcome {
    let Ok(connection) = field.door.connect(from, tls).await else { return Outcome::Ended };
    field.tried();
    let mut stream = connection.0;
    let asking = async {
        let all = [&frames::opening(&[]), bytes].concat();
        // It may be closed before everything is written.
        let _ = stream.write_all(&all).await;
        let _ = stream.flush().await;
        let (mut came, mut buffer) = (Vec::new(), [0; 4096]);
        loop {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return Outcome::Ended,
                Ok(read) => came.extend_from_slice(&buffer[..read]),
            }
            if let Some(outcome) = outcome(&came) {
                return outcome;
            }
        }
    };
    tokio::time::timeout(super::SOON, asking).await.unwrap_or(Outcome::Nothing)
}

fn outcome(came: &[u8]) -> Option<Outcome> {
    frames::read(came).into_iter().find_map(|(kind, _, stream, payload)| match (kind, stream) {
        (HEADERS, 1) => Some(Outcome::Answered(frames::status(payload).unwrap_or(0))),
        (RST_STREAM, 1) | (GOAWAY, _) => Some(Outcome::Ended),
        _ => None,
    })
}

/// Sends bytes until the gateway closes the connection. Whether it did, in time.
pub(super) async fn flood(
    field: &Field,
    from: Ipv4Addr,
    tls: &Arc<ClientConfig>,
    first: &[u8],
    again: &[u8],
    limit: Duration,
) -> bool {
    let Ok(connection) = field.door.connect(from, tls).await else { return true };
    field.tried();
    let (mut reads, mut writes) = tokio::io::split(connection.0);
    let writing = async {
        if writes.write_all(first).await.is_ok() {
            while writes.write_all(again).await.is_ok() && writes.flush().await.is_ok() {
                // Others have their turn.
                tokio::task::yield_now().await;
            }
        }
        // What is left to be read says how it ended.
        std::future::pending::<()>().await;
    };
    let reading = async {
        let mut buffer = [0; 16 * 1024];
        while let Ok(1..) = reads.read(&mut buffer).await {}
    };
    tokio::select! {
        () = writing => false,
        ended = tokio::time::timeout(limit, reading) => ended.is_ok(),
    }
}
