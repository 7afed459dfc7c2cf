//! One connection of the link, from its handshake to its end.

use std::sync::Arc;

use hyper::client::conn::http2;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::wire::Wire;
use crate::hub::Hub;
use crate::tasks::Tasks;

/// So much of one answer may be on its way, in bytes: no more is held of one that
/// its agent does not read.
const STREAM_WINDOW: u32 = 64 * 1024;

/// So much of all answers together may be on its way, in bytes: room for twice as
/// many unread ones as there may be calls in progress. With less, a few that are
/// not read would stop all others.
const WINDOW: u32 = 1024 * STREAM_WINDOW;

/// Serves a TLS connection whose other end was found to be the server of a pairing.
/// Returns when it ends.
pub(crate) async fn serve<T>(hub: &Arc<Hub>, worker: usize, tasks: &Tasks, io: T, pairing: u64)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (wire, cutter) = Wire::new(io);
    let handshake = http2::Builder::new(tasks.clone())
        .timer(TokioTimer::new())
        .initial_connection_window_size(WINDOW)
        .initial_stream_window_size(STREAM_WINDOW)
        .max_header_list_size(16 * 1024)
        // A dead server is to be found out before the agents notice.
        .keep_alive_interval(hub.timeouts.link)
        .keep_alive_timeout(hub.timeouts.link)
        .keep_alive_while_idle(true)
        .handshake(TokioIo::new(wire));
    let (sender, connection) = match handshake.await {
        Ok(both) => both,
        Err(error) => return tracing::warn!(%error, "the server's link did not come about"),
    };
    let Some(link) = hub.upstream.add(worker, sender, cutter.clone()) else {
        cutter.cut();
        return tracing::warn!("the server opened too many connections of the link");
    };
    if hub.is_former(pairing) {
        hub.upstream.remove(link.number);
        cutter.cut();
        return tracing::info!("a server that this gateway no longer belongs to was refused");
    }
    tracing::info!(links = hub.upstream.len(), "the server is connected");
    hub.tell_ready();
    // Where the server says that it will go, calls in progress still end well:
    // hyper drives them in tasks of its own.
    let ended = connection.await;
    hub.upstream.remove(link.number);
    hub.tell_ready();
    let links = hub.upstream.len();
    match ended {
        Ok(()) => tracing::info!(links, "a connection of the link ended"),
        Err(error) => tracing::info!(links, %error, "a connection of the link broke"),
    }
}
