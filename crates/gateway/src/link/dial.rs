//! The classic direction: this gateway dials its server. It opens a port from
//! the DMZ into the LAN, which the other direction does not.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use sekisho_link::Backoff;
use sekisho_wire::gateway::{GatewayTopic, LINK_ALPN};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::serve;
use crate::hub::Hub;
use crate::resolve::connect;
use crate::tasks::Tasks;
use crate::tls;

/// Keeps one connection of the link, while the pairing says that this side
/// dials. Never returns.
pub(crate) async fn keep_dialled(hub: Arc<Hub>, worker: usize, tasks: Tasks) {
    let mut pairing = hub.pairing.subscribe();
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
    loop {
        let now = *pairing.borrow_and_update();
        let Some(classic) = hub.paired().and_then(|paired| paired.classic) else {
            if pairing.changed().await.is_err() {
                return;
            }
            continue;
        };
        let limit = hub.timeouts.handshake;
        match tokio::time::timeout(limit, dial(&hub, &classic.dial)).await {
            Ok(Ok(stream)) => {
                hub.problem(GatewayTopic::Dial, None);
                backoff.reset();
                serve(&hub, worker, &tasks, stream, now).await;
            }
            Ok(Err(problem)) => hub.problem(GatewayTopic::Dial, Some(problem)),
            Err(_) => {
                let problem = format!(
                    "the server at {} did not answer within {} s; is the port open from here?",
                    classic.dial,
                    limit.as_secs()
                );
                hub.problem(GatewayTopic::Dial, Some(problem));
            }
        }
        let wait = backoff.next(&*hub.rng);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = pairing.changed() => backoff.reset(),
        }
    }
}

async fn dial(hub: &Hub, address: &str) -> Result<TlsStream<TcpStream>, String> {
    let failed = |error: &dyn std::fmt::Display| {
        format!("the server at {address} cannot be reached: {error}")
    };
    let paired = hub.paired().ok_or("not paired")?;
    let config = tls::classic(&hub.identity(), &paired.trust, &hub.time).map_err(|e| failed(&e))?;
    let (host, port) = address.rsplit_once(':').ok_or_else(|| failed(&"it has no port"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = port.parse().map_err(|error| failed(&error))?;
    let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(&error))?;
    let stream = connect(host, port).await.map_err(|error| failed(&error))?;
    let _ = stream.set_nodelay(true);
    let tls = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    let tls = tls.map_err(|error: io::Error| failed(&error))?;
    if tls.get_ref().1.alpn_protocol() != Some(LINK_ALPN) {
        return Err(format!("the server at {address} knows no gateways; is it up to date?"));
    }
    Ok(tls)
}
