//! A bare relay: TLS in, TLS out, bytes copied, nothing looked at. What two legs
//! of TLS cost on this machine, and so the limit of every proxy.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use sekisho_gatewaykit::NAME;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::peer::{Peer, Running, loopback};
use crate::tls::{self, PROXY, PUBLIC};

/// Connections that wait for their thread.
const WAITING: usize = 1024;

#[derive(Clone)]
struct Relay {
    acceptor: TlsAcceptor,
    h1: Arc<ClientConfig>,
    h2: Arc<ClientConfig>,
    upstream: u16,
}

/// Relays to the port `upstream` until it is killed, with a thread per core. The
/// first line it prints is its own port.
pub(crate) fn run(folder: &Path, upstream: u16) -> Result<()> {
    let relay = Relay {
        acceptor: TlsAcceptor::from(tls::server(folder, PUBLIC)?),
        h1: tls::client(folder, PROXY, b"http/1.1")?,
        h2: tls::client(folder, PROXY, b"h2")?,
        upstream,
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?.port());
    let mut threads = Vec::new();
    for _ in 0..std::thread::available_parallelism()?.get() {
        let (queue, mut jobs) = mpsc::channel::<std::net::TcpStream>(WAITING);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let relay = relay.clone();
        std::thread::spawn(move || {
            runtime.block_on(async {
                let mut connections = JoinSet::new();
                while let Some(stream) = jobs.recv().await {
                    while connections.try_join_next().is_some() {}
                    let relay = relay.clone();
                    // How a connection ends does not matter.
                    connections.spawn(async move { drop(relay.carry(stream).await) });
                }
            });
        });
        threads.push(queue);
    }
    for queue in threads.iter().cycle() {
        let (stream, _) = listener.accept()?;
        queue.blocking_send(stream).context("a thread has ended")?;
    }
    Ok(())
}

impl Relay {
    async fn carry(self, stream: std::net::TcpStream) -> Result<()> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        let mut outer = self.acceptor.accept(TcpStream::from_std(stream)?).await?;
        let is_h2 = outer.get_ref().1.alpn_protocol() == Some(b"h2");
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.upstream)).await?;
        stream.set_nodelay(true)?;
        let connector = TlsConnector::from(if is_h2 { self.h2 } else { self.h1 });
        let mut inner = connector.connect(ServerName::try_from(NAME)?, stream).await?;
        tokio::io::copy_bidirectional(&mut outer, &mut inner).await?;
        Ok(())
    }
}

/// Starts one as a process of its own, in front of the server at this port.
pub(crate) fn start(folder: &Path, certificates: &Path, upstream: u16) -> Result<Peer> {
    let (log, port) = (folder.join("relay.log"), upstream.to_string());
    let certificates = certificates.to_str().context("a folder without letters")?;
    let (running, port) = Running::double(&["relay", certificates, &port], &log)?;
    let processes = vec![running.process()];
    Ok(Peer { address: loopback(port), processes, _running: running, _server: None })
}
