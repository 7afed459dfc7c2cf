//! A way from one network into another for connections to one port: how a person
//! on this machine reaches a console that is in a network of its own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::mpsc;
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::Namespace;

/// Connections at once; more wait until one of them has ended.
const MAX_CONNECTIONS: usize = 256;

/// Carries what comes to a port of loopback to somewhere else. It ends with the
/// value, and its connections with it.
pub struct Relay {
    port: u16,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// Listens on a port of loopback in the network `at`, 0 for a free one, and
    /// dials `to` from the network `towards` for each connection. Without a
    /// network: this machine's own.
    ///
    /// # Errors
    /// When the port is taken, or the kernel refuses.
    pub fn start(
        at: Option<&Namespace>,
        port: u16,
        towards: Option<&Namespace>,
        to: SocketAddr,
    ) -> Result<Self> {
        let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        // A socket stays in the network in which it was made.
        let listener = match at {
            Some(network) => network.within(bind)?,
            None => bind(),
        };
        let listener = listener.with_context(|| format!("listening on port {port} of loopback"))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();

        let (stop, stopped) = oneshot::channel();
        let (started, outcome) = mpsc::sync_channel(1);
        let towards = towards.cloned();
        let thread = std::thread::spawn(move || {
            let begin = || {
                if let Some(network) = towards {
                    network.move_thread()?;
                }
                Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
            };
            match begin() {
                Ok(runtime) => {
                    let _ = started.send(Ok(()));
                    runtime.block_on(serve(listener, to, stopped));
                }
                Err(error) => {
                    let _: Result<(), _> = started.send(Err::<(), anyhow::Error>(error));
                }
            }
        });
        let relay = Self { port, stop: Some(stop), thread: Some(thread) };
        outcome.recv().map_err(|_| anyhow!("the relay's thread has ended"))??;
        Ok(relay)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It has nothing to say at its end.
            let _ = thread.join();
        }
    }
}

async fn serve(listener: TcpListener, to: SocketAddr, mut stopped: oneshot::Receiver<()>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let mut carried = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => return,
            Some(_) = carried.join_next() => {}
            accepted = listener.accept(), if carried.len() < MAX_CONNECTIONS => {
                if let Ok((near, _)) = accepted {
                    carried.spawn(carry(near, to));
                }
            }
        }
    }
}

/// One connection; whoever hangs up ends it. When nobody answers over there, it is
/// closed here.
async fn carry(mut near: TcpStream, to: SocketAddr) {
    let Ok(mut far) = TcpStream::connect(to).await else { return };
    // Small messages go there and back.
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
}
