//! Agents who only want to work: connected with certificates, they wait, are
//! woken and fetch, at a steady rate, and note how long it takes. Others come
//! anew all the time. Whatever fails for one of them is a violation.

use std::cell::Cell;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ClientConfig;
use sekisho_gatewaykit::NAME;
use sekisho_wire::cbor;
use sekisho_wire::session::Wake;
use tokio::task::{JoinSet, LocalSet};

use crate::client::Door;
use crate::device::Device;
use crate::double::Double;
use crate::findings::Findings;

/// An agent begins a round so often. A round is a wait and a fetch, and a device
/// may call twice a second.
const ROUND: Duration = Duration::from_millis(1200);

/// Between two of those who come anew.
const NEWCOMER_EVERY: Duration = Duration::from_millis(250);

/// An agent that was not answered after so long gives up.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where agents come from.
const HOME: Ipv4Addr = Ipv4Addr::LOCALHOST;

const WAIT: &str = "/agent/v1/wait/0193e4a0-7c1b-7000-8000-000000000001/240";
const FETCH: &str = "/agent/v1/fetch";

/// What agents noted, in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    /// From the order's wake to the agent's knowing of it, and from a fetch to
    /// its answer.
    pub calls: Vec<f64>,
    /// From nothing to the first answer: TCP, TLS, a fetch.
    pub newcomers: Vec<f64>,
}

/// The agents. Dropped, they go home.
pub struct Agents {
    noted: Arc<Mutex<Latencies>>,
    calls: Arc<AtomicU64>,
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    door: Door,
    double: Double,
    findings: Findings,
    noted: Arc<Mutex<Latencies>>,
    calls: Arc<AtomicU64>,
}

impl Agents {
    /// So many agents of the double's site, on a thread of their own.
    pub fn start(
        double: &Double,
        agents: std::net::SocketAddr,
        count: usize,
        findings: Findings,
    ) -> Self {
        let noted = Arc::<Mutex<Latencies>>::default();
        let (done, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (ended, notes, counted) = (done.clone(), noted.clone(), calls.clone());
        let double = double.clone();
        let work = move || {
            let door = Door::new(double.site(), agents);
            let shared = Shared { door, double, findings, noted: notes, calls: counted };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            LocalSet::new()
                .block_on(&runtime.expect("a runtime"), all(Rc::new(shared), count, ended));
        };
        Self { noted, calls, done, thread: Some(std::thread::spawn(work)) }
    }

    /// What they noted since this was asked last.
    pub fn take(&self) -> Latencies {
        std::mem::take(&mut *self.noted.lock().expect("no holder panics"))
    }

    /// Calls that were answered so far.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

impl Drop for Agents {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
    }
}

async fn all(shared: Rc<Shared>, count: usize, done: Arc<AtomicBool>) {
    let mut agents = JoinSet::new();
    let step = ROUND / u32::try_from(count.max(1)).unwrap_or(u32::MAX);
    for n in 0..count {
        let (shared, alpn) = (shared.clone(), if n % 2 == 0 { "h2" } else { "http/1.1" });
        let device = Device::new(shared.double.site());
        let begin = step * u32::try_from(n).unwrap_or(0);
        agents.spawn_local(async move {
            tokio::time::sleep(begin).await;
            agent(&shared, &device, alpn).await;
        });
    }
    let newcomers = shared.clone();
    agents.spawn_local(async move { come_anew(&newcomers).await });
    while !done.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// One agent: waits, is woken, fetches.
async fn agent(shared: &Shared, device: &Device, alpn: &str) {
    let tls = shared.door.tls(Some(device), alpn);
    let mut talk = Talk::new(shared, &tls, alpn);
    let mut ticks = tokio::time::interval(ROUND);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    ticks.tick().await;
    for round in 0.. {
        if let Some(took) = wait(shared, device, &mut talk, &mut ticks).await {
            shared.note(|noted| &mut noted.calls, took);
        }
        let began = crate::elapsed();
        if talk.fetch(round).await {
            shared.note(|noted| &mut noted.calls, crate::since(began));
        }
    }
}

/// Waits until the next tick, when the server wakes it: how long that took.
/// `None`: it was let go before, or failed.
async fn wait(
    shared: &Shared,
    device: &Device,
    talk: &mut Talk<'_>,
    ticks: &mut tokio::time::Interval,
) -> Option<Duration> {
    let woken = Cell::new(None);
    let waking = async {
        ticks.tick().await;
        woken.set(Some(crate::elapsed()));
        // Again while nothing comes: the wait may not have been there yet, and
        // this server keeps no orders that it could look for.
        for _ in 0..PATIENCE.as_secs() {
            shared.double.wake(vec![device.id]);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let held = Duration::from_secs(260);
    let (status, body) = tokio::select! {
        answered = talk.call("GET", WAIT, Bytes::new(), held) => answered?,
        () = waking => {
            shared.findings.violation("a wait was not answered for 10 s after its wake");
            talk.open = None;
            return None;
        }
    };
    match (status, cbor::decode::<Wake>(&body, 1024)) {
        (200, Ok(Wake::Fetch)) => woken.get().map(crate::since),
        (200, Ok(Wake::Nothing)) => None,
        (status, _) => {
            shared.findings.violation(format!("a wait was answered with {status}"));
            // What refuses at once is not asked at once again.
            tokio::time::sleep(ROUND).await;
            None
        }
    }
}

/// Devices that come anew, one after the other.
async fn come_anew(shared: &Shared) {
    let mut ticks = tokio::time::interval(NEWCOMER_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // Enough of them that none calls too often.
    let devices: Vec<Device> = (0..16).map(|_| Device::new(shared.double.site())).collect();
    for (n, device) in (0..).zip(devices.iter().cycle()) {
        ticks.tick().await;
        let tls = shared.door.tls(Some(device), "h2");
        let began = crate::elapsed();
        if Talk::new(shared, &tls, "h2").fetch(n).await {
            shared.note(|noted| &mut noted.newcomers, crate::since(began));
        }
    }
}

impl Shared {
    fn note(&self, which: impl FnOnce(&mut Latencies) -> &mut Vec<f64>, took: Duration) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let mut noted = self.noted.lock().expect("no holder panics");
        which(&mut noted).push(took.as_secs_f64() * 1000.0);
    }
}

enum Sender {
    H1(http1::SendRequest<Full<Bytes>>),
    H2(http2::SendRequest<Full<Bytes>>),
}

/// A way to the gateway that is made anew when the gateway closed it between
/// two requests, as an agent's is.
struct Talk<'s> {
    shared: &'s Shared,
    tls: &'s Arc<ClientConfig>,
    alpn: &'s str,
    open: Option<(Sender, JoinSet<()>)>,
}

/// A request that did not go out, and can go out on another connection.
type Unsent = Option<Request<Full<Bytes>>>;

impl<'s> Talk<'s> {
    const fn new(shared: &'s Shared, tls: &'s Arc<ClientConfig>, alpn: &'s str) -> Self {
        Self { shared, tls, alpn, open: None }
    }

    /// Whether a fetch was answered as it must be: with its own answer.
    async fn fetch(&mut self, round: u64) -> bool {
        let body = format!("round {round}");
        let called = self.call("POST", FETCH, Bytes::from(body.clone()), PATIENCE).await;
        let Some((status, answer)) = called else { return false };
        let expected = format!("{FETCH}\n{body}");
        let is_well = status == 200 && answer == expected.as_bytes();
        self.shared.findings.check(is_well, || {
            let answer = String::from_utf8_lossy(&answer).into_owned();
            format!("a fetch of an agent was answered with {status}, {answer:.80?}")
        });
        is_well
    }

    /// Calls, on a new connection if there is none. What fails is a violation,
    /// and `None`.
    async fn call(
        &mut self,
        method: &str,
        path: &str,
        body: Bytes,
        patience: Duration,
    ) -> Option<(u16, Bytes)> {
        match tokio::time::timeout(patience, self.try_call(method, path, body)).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => {
                self.shared.findings.violation(format!("an agent's {method} failed: {error}"));
            }
            Err(_) => {
                let over = patience.as_secs();
                let what = format!("an agent's {method} was not answered for {over} s");
                self.shared.findings.violation(what);
            }
        }
        self.open = None;
        // Its next try is not at once.
        tokio::time::sleep(Duration::from_secs(1)).await;
        None
    }

    async fn try_call(
        &mut self,
        method: &str,
        path: &str,
        body: Bytes,
    ) -> Result<(u16, Bytes), String> {
        let uri = match self.alpn {
            "h2" => format!("https://{NAME}{path}"),
            _ => path.to_owned(),
        };
        let mut request = Request::builder().method(method).uri(uri);
        if self.alpn != "h2" {
            request = request.header("host", NAME);
        }
        let mut request = request.body(Full::new(body)).map_err(|error| error.to_string())?;
        // A gateway may close a connection at any time; a request that it has not
        // taken goes out on the next one.
        for _ in 0..3 {
            let (sender, _) = match &mut self.open {
                Some(open) => open,
                None => self.open.insert(open(self.shared, self.tls, self.alpn).await?),
            };
            let sent = match sender {
                Sender::H1(sender) => match sender.ready().await {
                    Ok(()) => sender.try_send_request(request).await.map_err(unsent),
                    Err(error) => Err((Some(request), error.to_string())),
                },
                Sender::H2(sender) => match sender.ready().await {
                    Ok(()) => sender.try_send_request(request).await.map_err(unsent),
                    Err(error) => Err((Some(request), error.to_string())),
                },
            };
            match sent {
                Ok(response) => {
                    let (parts, body) = response.into_parts();
                    let body = body.collect().await.map_err(|error| format!("{error:?}"))?;
                    return Ok((parts.status.as_u16(), body.to_bytes()));
                }
                Err((Some(again), _)) => (self.open, request) = (None, again),
                Err((None, error)) => return Err(error),
            }
        }
        Err("three connections in a row were closed".to_owned())
    }
}

fn unsent(mut error: hyper::client::conn::TrySendError<Request<Full<Bytes>>>) -> (Unsent, String) {
    let request = error.take_message();
    (request, format!("{:?}", error.into_error()))
}

async fn open(
    shared: &Shared,
    tls: &Arc<ClientConfig>,
    alpn: &str,
) -> Result<(Sender, JoinSet<()>), String> {
    let connected = shared.door.connect(HOME, tls).await;
    let io = TokioIo::new(connected.map_err(|error| format!("no connection: {error}"))?.0);
    let mut tasks = JoinSet::new();
    let sender = if alpn == "h2" {
        let shaken = http2::handshake(TokioExecutor::new(), io).await;
        let (sender, driver) = shaken.map_err(|error| error.to_string())?;
        tasks.spawn_local(async move { drop(driver.await) });
        Sender::H2(sender)
    } else {
        let (sender, driver) = http1::handshake(io).await.map_err(|error| error.to_string())?;
        tasks.spawn_local(async move { drop(driver.await) });
        Sender::H1(sender)
    };
    Ok((sender, tasks))
}
