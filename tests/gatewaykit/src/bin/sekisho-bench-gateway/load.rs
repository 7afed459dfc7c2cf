//! Load from one thread: requests over kept connections, connections with one
//! request each, and waits that are held.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use http::request::Builder;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use sekisho_gatewaykit::NAME;
use sekisho_model::clock::{Clock as _, SystemClock};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::client::TlsStream;

use crate::agents::{Agents, connect};
use crate::peer::Peer;

/// Connections at once, for requests.
pub(crate) const CONNECTIONS: usize = 64;

/// Handshakes at once.
const HANDSHAKES: usize = 32;

/// The body of a request, in bytes.
const BODY_BYTES: usize = 300;

/// Before anything is counted.
const WARM_UP: Duration = Duration::from_millis(500);

const WARMING: u8 = 0;
const COUNTING: u8 = 1;
const OVER: u8 = 2;

/// What is called, and what waits.
const FETCH: &str = "/agent/v1/fetch";
const WAIT: &str = "/agent/v1/wait/x-1/240";

/// What a while of requests took.
pub(crate) struct Requests {
    /// Answers in a second.
    pub(crate) per_s: f64,
    /// CPU time of the proxy per 100,000 requests, in seconds.
    pub(crate) cpu_s_per_100k: f64,
    /// How long each took, in milliseconds.
    pub(crate) latencies_ms: Vec<f64>,
}

/// What many handshakes took.
pub(crate) struct Handshakes {
    /// Connections in a second, each with a request.
    pub(crate) per_s: f64,
    /// CPU time of the proxy per 1,000, in seconds.
    pub(crate) cpu_s_per_1k: f64,
    /// From nothing to the first answer, in milliseconds.
    pub(crate) latencies_ms: Vec<f64>,
}

enum Sender {
    H1(http1::SendRequest<Full<Bytes>>),
    H2(http2::SendRequest<Full<Bytes>>),
}

/// A connection that speaks HTTP; it ends when this is dropped.
struct Talk {
    sender: Sender,
    body: Bytes,
    _driver: JoinSet<()>,
}

impl Talk {
    async fn open(stream: TlsStream<TcpStream>, alpn: &str) -> Result<Self> {
        let spoken = stream.get_ref().1.alpn_protocol();
        ensure!(spoken == Some(alpn.as_bytes()), "the proxy does not speak {alpn}");
        let (io, mut driver) = (TokioIo::new(stream), JoinSet::new());
        let sender = if alpn == "h2" {
            let (sender, driving) = http2::handshake(TokioExecutor::new(), io).await?;
            driver.spawn(async move { drop(driving.await) });
            Sender::H2(sender)
        } else {
            let (sender, driving) = http1::handshake(io).await?;
            driver.spawn(async move { drop(driving.await) });
            Sender::H1(sender)
        };
        Ok(Self { sender, body: Bytes::from(vec![b'x'; BODY_BYTES]), _driver: driver })
    }

    /// One request; what was sent must come back.
    async fn call(&mut self) -> Result<()> {
        let request = self.request(Method::POST, FETCH);
        let request = request.header(header::CONTENT_TYPE, sekisho_wire::MEDIA_TYPE);
        let response = self.send(request.body(Full::new(self.body.clone()))?).await?;
        let status = response.status();
        ensure!(status.is_success(), "the proxy answered {status}");
        let body = response.into_body().collect().await?.to_bytes();
        ensure!(body == self.body, "{} bytes came back, and others", body.len());
        Ok(())
    }

    /// A wait, until it is answered.
    async fn wait(&mut self) -> Result<StatusCode> {
        let request = self.request(Method::GET, WAIT).body(Full::default())?;
        Ok(self.send(request).await?.status())
    }

    fn request(&self, method: Method, path: &str) -> Builder {
        let request = Request::builder().method(method);
        match self.sender {
            Sender::H1(_) => request.uri(path).header(header::HOST, NAME),
            Sender::H2(_) => request.uri(format!("https://{NAME}{path}")),
        }
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>> {
        Ok(match &mut self.sender {
            Sender::H1(sender) => {
                sender.ready().await?;
                sender.send_request(request).await?
            }
            Sender::H2(sender) => {
                sender.ready().await?;
                sender.send_request(request).await?
            }
        })
    }
}

/// As many requests as go in `length`, over kept connections.
pub(crate) async fn requests(
    peer: &Peer,
    agents: &Agents,
    alpn: &'static str,
    length: Duration,
) -> Result<Requests> {
    let phase = Arc::new(AtomicU8::new(WARMING));
    let mut workers = JoinSet::new();
    for agent in 0..CONNECTIONS {
        let mut talk =
            Talk::open(connect(&agents.tls(agent, alpn), peer.address).await?, alpn).await?;
        let phase = phase.clone();
        workers.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let began = SystemClock.elapsed();
                talk.call().await?;
                match phase.load(Ordering::Relaxed) {
                    WARMING => {}
                    COUNTING => latencies.push(millis_since(began)),
                    _ => return anyhow::Ok(latencies),
                }
            }
        });
    }
    tokio::time::sleep(WARM_UP).await;
    let (began, cpu) = (SystemClock.elapsed(), peer.cpu()?);
    phase.store(COUNTING, Ordering::Relaxed);
    tokio::time::sleep(length).await;
    phase.store(OVER, Ordering::Relaxed);
    let cpu_s = (peer.cpu()? - cpu).as_secs_f64();
    let wall_s = millis_since(began) / 1000.0;
    let mut latencies_ms = Vec::new();
    while let Some(done) = workers.join_next().await {
        latencies_ms.extend(done??);
    }
    let count = latencies_ms.len().max(1) as f64;
    Ok(Requests { per_s: count / wall_s, cpu_s_per_100k: cpu_s / count * 1e5, latencies_ms })
}

/// So many connections, each with a full handshake, one request and its end.
pub(crate) async fn handshakes(
    peer: &Peer,
    agents: &Arc<Agents>,
    alpn: &'static str,
    count: usize,
) -> Result<Handshakes> {
    let next = Arc::new(AtomicUsize::new(0));
    let (began, cpu) = (SystemClock.elapsed(), peer.cpu()?);
    let mut workers = JoinSet::new();
    for _ in 0..HANDSHAKES {
        let (next, agents, address) = (next.clone(), agents.clone(), peer.address);
        workers.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return anyhow::Ok(latencies);
                }
                let tls = agents.tls(number, alpn);
                let began = SystemClock.elapsed();
                Talk::open(connect(&tls, address).await?, alpn).await?.call().await?;
                latencies.push(millis_since(began));
            }
        });
    }
    let mut latencies_ms = Vec::new();
    while let Some(done) = workers.join_next().await {
        latencies_ms.extend(done??);
    }
    let wall_s = millis_since(began) / 1000.0;
    // The last ones are still being closed.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let cpu_s = (peer.cpu()? - cpu).as_secs_f64();
    let count = count as f64;
    Ok(Handshakes { per_s: count / wall_s, cpu_s_per_1k: cpu_s / count * 1e3, latencies_ms })
}

/// So many waits, each over a connection of its own, held at once: by how much
/// the proxy's resident memory grew for each, in bytes.
pub(crate) async fn waits(
    peer: &Peer,
    agents: &Arc<Agents>,
    alpn: &'static str,
    count: usize,
) -> Result<f64> {
    ensure!(count <= agents.count(), "each wait is of another device");
    // What is made at first use is made now.
    handshakes(peer, agents, alpn, 200).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = peer.rss_bytes()?;
    let at_once = Arc::new(Semaphore::new(64));
    let mut opening = JoinSet::new();
    for agent in 0..count {
        let (at_once, agents, address) = (at_once.clone(), agents.clone(), peer.address);
        opening.spawn(async move {
            let _place = at_once.acquire().await?;
            Talk::open(connect(&agents.tls(agent, alpn), address).await?, alpn).await
        });
    }
    let mut held = JoinSet::new();
    while let Some(opened) = opening.join_next().await {
        let mut talk = opened?.with_context(|| format!("wait {}", held.len()))?;
        held.spawn(async move { talk.wait().await });
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after = peer.rss_bytes()?;
    match held.try_join_next() {
        None => Ok(after.saturating_sub(before) as f64 / count as f64),
        Some(ended) => bail!("a wait was not held: {:?}", ended?),
    }
}

fn millis_since(began: Duration) -> f64 {
    SystemClock.elapsed().saturating_sub(began).as_secs_f64() * 1000.0
}
