//! The control stream: one for the process, over any connection of the link.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use sekisho_link::Backoff;
use sekisho_model::Timestamp;
use sekisho_wire::gateway::{
    CONTROL_PATH, FromGateway, GatewayHello, GatewayTopic, LINK_MAJOR, MAX_FRAME_BYTES, ToGateway,
};
use sekisho_wire::{MEDIA_TYPE, cbor};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::{Frames, Outgoing, frame};
use crate::hub::Hub;
use crate::parts::Issued;
use crate::relay::AUTHORITY;
use crate::snapshot::{NotBelieved, Snapshot};
use crate::status;

/// Frames on their way to the server.
const FRAMES: usize = 16;

/// The server answers the opening of the control stream within this time.
const OPENING: Duration = Duration::from_secs(15);

/// Keeps a control stream while there is a connection of the link. Never
/// returns.
pub(crate) async fn keep_contact(hub: Arc<Hub>, mut outbox: mpsc::Receiver<FromGateway>) {
    let mut links = hub.upstream.watch();
    let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));
    loop {
        if links.wait_for(|count| *count > 0).await.is_err() {
            return;
        }
        let ended = contact(&hub, &mut outbox, &mut backoff).await;
        hub.in_contact(false);
        if let Err(problem) = ended {
            hub.problem(GatewayTopic::Control, Some(problem));
        }
        tokio::time::sleep(backoff.next(&*hub.rng)).await;
    }
}

/// One control stream, from its opening to its end.
async fn contact(
    hub: &Arc<Hub>,
    outbox: &mut mpsc::Receiver<FromGateway>,
    backoff: &mut Backoff,
) -> Result<(), String> {
    // Whoever it belongs to next is not to hear what this one asked for.
    let mut pairing = hub.pairing.subscribe();
    let Some(paired) = hub.paired() else { return Ok(()) };
    let (frames, body) = mpsc::channel(FRAMES);
    let say = |message: FromGateway| frames.try_send(Bytes::from(frame(&cbor::encode(&message))));
    let work = hub.work();
    let hello = GatewayHello {
        gateway: paired.gateway,
        instance: hub.instance,
        link_major: LINK_MAJOR,
        version: hub.version.clone(),
        bundle_version: paired.trust.bundle().version,
        config_version: work.snapshot.as_ref().map(|snapshot| snapshot.config.version),
        connections: hub.connections(),
        // Where this side dials there are none: the server has no listener for them.
        calls: if paired.classic.is_none() { hub.calls() } else { 0 },
    };
    say(FromGateway::Hello(hello)).map_err(|_| "no room for the first message")?;
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("https://{AUTHORITY}{CONTROL_PATH}"))
        .header(header::CONTENT_TYPE, MEDIA_TYPE)
        .body(Outgoing::Frames(body))
        .expect("a constant request");
    let sent = tokio::time::timeout(OPENING, hub.upstream.send(0, request)).await;
    let response = match sent {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => return Ok(()),
        Err(_) => return Err("the server does not answer on the control stream".to_owned()),
    };
    if response.status() != StatusCode::OK {
        let status = response.status().as_u16();
        return Err(format!("the server refused the control stream with status {status}"));
    }
    learn_time(hub, &response);
    hub.in_contact(true);
    hub.problem(GatewayTopic::Control, None);
    tracing::info!("in contact with the server");

    let mut incoming = Messages::new(response.into_body());
    let mut ticks = tokio::time::interval(hub.timeouts.status);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let lagging = |_| "the server does not read the control stream".to_owned();
    loop {
        tokio::select! {
            message = incoming.next() => match message? {
                Some(message) => {
                    hub.heard();
                    backoff.reset();
                    if hear(hub, message) {
                        say(status(hub)).map_err(lagging)?;
                    }
                }
                None => return Ok(()),
            },
            _ = ticks.tick() => say(status(hub)).map_err(lagging)?,
            _ = pairing.changed() => return Ok(()),
            Some(message) = outbox.recv() => say(message).map_err(lagging)?,
        }
    }
}

fn status(hub: &Hub) -> FromGateway {
    FromGateway::Status(Box::new(status::status(hub)))
}

/// The server's clock, from the authenticated answer's own date.
fn learn_time<B>(hub: &Hub, response: &http::Response<B>) {
    let date = response.headers().get(header::DATE).and_then(|value| value.to_str().ok());
    let Some(date) = date.and_then(|text| httpdate::parse_http_date(text).ok()) else { return };
    if let Ok(since) = date.duration_since(std::time::UNIX_EPOCH) {
        hub.time.learn(Timestamp::EPOCH.plus(since));
    }
}

/// Messages out of the answer's body.
struct Messages {
    body: Incoming,
    frames: Frames,
    messages: std::collections::VecDeque<ToGateway>,
}

impl Messages {
    fn new(body: Incoming) -> Self {
        Self { body, frames: Frames::default(), messages: std::collections::VecDeque::new() }
    }

    /// The next message; `None` at the end. May be dropped and called again.
    async fn next(&mut self) -> Result<Option<ToGateway>, String> {
        loop {
            if let Some(message) = self.messages.pop_front() {
                return Ok(Some(message));
            }
            let Some(part) = self.body.frame().await else { return Ok(None) };
            let Ok(part) = part else { return Ok(None) };
            let Ok(data) = part.into_data() else { continue };
            let (messages, mut wrong) = (&mut self.messages, None);
            let taken = self.frames.take(&data, |bytes| {
                match cbor::decode(bytes, MAX_FRAME_BYTES) {
                    Ok(message) => messages.push_back(message),
                    // A newer server may say more than this gateway knows.
                    Err(error) => wrong = Some(error),
                }
            });
            if let Some(error) = wrong {
                tracing::debug!(%error, "a message of the server was not understood");
            }
            taken.map_err(|error| error.to_string())?;
        }
    }
}

/// Does what the server says. `true`: it wants to know at once how it went.
fn hear(hub: &Arc<Hub>, message: ToGateway) -> bool {
    match message {
        ToGateway::Wake(devices) => {
            for device in devices {
                hub.parked.wake(device);
            }
            false
        }
        ToGateway::Revoked(devices) => {
            tracing::info!(devices = devices.len(), "devices were revoked");
            hub.revoke(&devices);
            false
        }
        ToGateway::Config(signed) => {
            let taken = configure(hub, &signed);
            hub.problem(GatewayTopic::Config, taken.err());
            true
        }
        ToGateway::Bundles(bundles) => {
            let taken = believe(hub, &bundles);
            hub.problem(GatewayTopic::Bundles, taken.err());
            false
        }
        ToGateway::Certificate { for_link, chain, renew_at, not_after } => {
            let chain = chain.into_iter().map(serde_bytes::ByteBuf::into_vec).collect();
            hub.keeper.issued(Issued { for_link, chain, renew_at, not_after });
            true
        }
        ToGateway::Lift(addresses) => {
            let lifted = hub.admission.lift(&addresses, &hub.work().rules);
            tracing::info!(lifted, "bans were lifted");
            true
        }
        ToGateway::Farewell => {
            let sentence = "the server says that this gateway is revoked; its agents were let go. \
                            Pair it again to use it, or run `sekisho-gateway unpair`";
            hub.problem(GatewayTopic::Revoked, Some(sentence.to_owned()));
            hub.part();
            false
        }
        ToGateway::Refused(sentence) => {
            let sentence: String = sentence.chars().filter(|c| !c.is_control()).take(300).collect();
            hub.problem(GatewayTopic::Refused, Some(format!("the server says: {sentence}")));
            false
        }
    }
}

fn configure(hub: &Arc<Hub>, signed: &[u8]) -> Result<(), String> {
    let paired = hub.paired().ok_or("a configuration came, but this gateway is not paired")?;
    let held = hub.work().snapshot.as_ref().map(|snapshot| snapshot.config.version);
    let snapshot =
        Snapshot::believe(signed, &paired.trust, paired.gateway, held).map_err(|error| {
            if matches!(error, NotBelieved::Route(_)) {
                hub.judged(false);
            }
            error.to_string()
        })?;
    let snapshot = hub.configure(snapshot).map_err(|error| {
        hub.judged(false);
        error.to_string()
    })?;
    hub.judged(true);
    tracing::info!(version = snapshot.config.version, "works by the server's configuration");
    hub.problem(GatewayTopic::Revoked, None);
    hub.keeper.configured(&snapshot.config);
    Ok(())
}

fn believe(hub: &Arc<Hub>, bundles: &[serde_bytes::ByteBuf]) -> Result<(), String> {
    let paired = hub.paired().ok_or("bundles came, but this gateway is not paired")?;
    let mut trust = paired.trust;
    let before = trust.bundle().version;
    let advanced = trust.advance(bundles).map_err(|error| error.to_string());
    if trust.bundle().version > before {
        hub.keeper.keep_bundles(bundles)?;
        tracing::info!(version = trust.bundle().version, "believes a newer trust bundle");
        hub.trust(trust).map_err(|error| error.to_string())?;
    }
    advanced
}
