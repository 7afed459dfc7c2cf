//! The control stream: what a gateway works by, which devices to wake, which to
//! let go; and what the gateway says of itself.

use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::{Bytes, Incoming};
use sekisho_model::Timestamp;
use sekisho_model::event::Event;
use sekisho_model::id::{DeviceId, GatewayId};
use sekisho_pki::{IssuedCertificate, Jitter, SiteCa, SubjectName, renewal_at};
use sekisho_seal::sha256;
use sekisho_store::{Access as _, Gateway, StoreError};
use sekisho_wire::bundle::MAX_CHAIN;
use sekisho_wire::gateway::{
    FromGateway, GatewayConfig, GatewayHello, GatewayStatus, LINK_MAJOR, ToGateway,
};
use sekisho_wire::relayed::{Frames, write_frame};
use serde_bytes::ByteBuf;
use tokio::sync::mpsc;

use super::configure;
use super::live::{Instance, Topic};
use crate::app::{App, SharedApp};
use crate::bus::{Everything, Told};
use crate::certificate::kept_names;
use crate::shutdown::Shutdown;

/// Messages that wait to be sent, at most.
pub(super) const QUEUE: usize = 16;

/// The gateway says who it is within this time.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// A gateway says something every ten seconds; one that is silent for so long
/// hangs.
const SILENCE: Duration = Duration::from_secs(45);

/// How soon a change that nobody told of (of another process, of the settings'
/// file) is noticed.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What a gateway says of itself is kept so often.
const KEEP_EVERY: Duration = Duration::from_secs(60);

/// A gateway that still works by another configuration after so long has
/// refused it.
const TAKE_OVER: Duration = Duration::from_secs(40);

/// Devices in one message, at most.
const MANY: usize = 10_000;

/// Devices that are woken when a gateway is connected again, at most.
const MOST_WOKEN: u64 = 100_000;

/// Changes that come so soon after one another are sent as one configuration.
const TOGETHER: Duration = Duration::from_millis(200);

/// Why a control stream ends.
enum End {
    /// The other end is gone, or hangs.
    Gone(&'static str),
    /// It does not behave; it is told why.
    Refused(String),
    /// The database does not answer.
    Store(StoreError),
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Serves a control stream until it ends.
pub(super) async fn run(
    app: SharedApp,
    gateway: GatewayId,
    peer: String,
    body: Incoming,
    frames: mpsc::Sender<Bytes>,
    shutdown: Shutdown,
) {
    let Some(_counted) = app.gateways.control(gateway) else {
        return tracing::warn!(%gateway, %peer, "a gateway opens too many control streams");
    };
    let mut incoming = Messages { body, frames: Frames::default() };
    // Listen first, look second.
    let devices = app.bus.listen_to_all();
    let hello = tokio::time::timeout(HELLO_TIMEOUT, incoming.next()).await;
    let hello = match hello {
        Ok(Ok(Some(FromGateway::Hello(hello)))) => hello,
        _ => return tracing::info!(%gateway, %peer, "a gateway did not say who it is"),
    };
    let since = app.clock.now();
    let open = Open { app: &app, gateway, instance: hello.instance, since };
    let mut control = Control { app: &app, gateway, peer, to: frames, devices, hello, sent: None };
    let ended = tokio::select! {
        ended = control.serve(&mut incoming, since) => ended,
        () = shutdown.soft() => Ok(()),
    };
    drop(open);
    match ended {
        Ok(()) => tracing::debug!(%gateway, "a control stream ends with the server"),
        Err(End::Gone(why)) => tracing::info!(%gateway, why, "a control stream has ended"),
        Err(End::Refused(why)) => {
            tracing::warn!(%gateway, why, "a gateway was refused");
            let is_other_major = control.hello.link_major != LINK_MAJOR;
            let topic = if is_other_major { Topic::LinkVersion } else { Topic::RefusedHere };
            app.gateways.failed(gateway, topic, why.clone());
            let _ = control.say(&ToGateway::Refused(why)).await;
        }
        Err(End::Store(error)) => tracing::warn!(%gateway, %error, "a control stream has ended"),
    }
}

/// A control stream. It has ended when this is dropped: also when its connection
/// breaks, and nobody comes back to it.
struct Open<'a> {
    app: &'a App,
    gateway: GatewayId,
    instance: u64,
    since: Timestamp,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.app.gateways.ended(self.gateway, self.instance, self.since, self.app.clock.now());
    }
}

struct Control<'a> {
    app: &'a App,
    gateway: GatewayId,
    peer: String,
    to: mpsc::Sender<Bytes>,
    devices: Everything,
    hello: GatewayHello,
    /// What was sent last.
    sent: Option<Sent>,
}

struct Sent {
    config: GatewayConfig,
    version: u64,
    at: Timestamp,
    is_told: bool,
}

impl Control<'_> {
    async fn serve(&mut self, incoming: &mut Messages, since: Timestamp) -> Result<(), End> {
        self.judge_hello()?;
        let (control, mut asked) = mpsc::channel(QUEUE);
        let mut changed = self.app.gateways.watch();
        let mut bundles = self.hello.bundle_version;
        let instance = Instance {
            software: self.hello.version.clone(),
            peer: self.peer.clone(),
            since,
            heard_at: since,
            sent: 0,
            status: None,
            control,
        };
        let wanted = (self.hello.connections, self.hello.calls);
        // Known before it is configured: whoever revokes it now can say so.
        if self.app.gateways.opened(self.gateway, self.hello.instance, instance, wanted) {
            let (gateway, version) = (self.gateway, self.hello.version.clone());
            super::record(self.app, Event::GatewayConnected { gateway, version }).await;
        }
        self.send_bundles(&mut bundles).await?;
        self.send_config().await?;
        self.keep(None).await?;
        self.wake_all().await?;
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut is_due = false;
        let mut kept_at = tokio::time::Instant::now();
        let mut heard_at = tokio::time::Instant::now();
        loop {
            tokio::select! {
                message = incoming.next() => {
                    heard_at = tokio::time::Instant::now();
                    match message? {
                        None => return Err(End::Gone("it has ended its side")),
                        Some(message) => self.hear(message, &mut kept_at).await?,
                    }
                }
                told = self.devices.heard() => self.pass_on(told).await?,
                Some(message) = asked.recv() => self.say(&message).await?,
                _ = changed.changed() => {
                    if !std::mem::replace(&mut is_due, true) {
                        look.reset_after(TOGETHER);
                    }
                }
                _ = look.tick() => {
                    is_due = false;
                    if heard_at.elapsed() > SILENCE {
                        return Err(End::Gone("it is silent"));
                    }
                    self.send_bundles(&mut bundles).await?;
                    self.send_config().await?;
                }
            }
        }
    }

    fn judge_hello(&self) -> Result<(), End> {
        if self.hello.gateway != self.gateway {
            let named = self.hello.gateway;
            return Err(End::Refused(format!(
                "it says that it is gateway {named}, but its key is that of {}",
                self.gateway
            )));
        }
        if self.hello.link_major != LINK_MAJOR {
            return Err(End::Refused(format!(
                "it speaks version {} of the link, this server speaks {LINK_MAJOR}; upgrade the \
                 older of the two",
                self.hello.link_major
            )));
        }
        Ok(())
    }

    /// The row, as long as it counts.
    async fn row(&self) -> Result<Gateway, End> {
        let row = self.app.store.read().gateways().find(self.gateway).await?;
        row.filter(|row| row.revoked_at.is_none())
            .ok_or_else(|| End::Refused("this gateway was revoked".to_owned()))
    }

    async fn say(&self, message: &ToGateway) -> Result<(), End> {
        let frame = Bytes::from(write_frame(message));
        match tokio::time::timeout(SILENCE, self.to.send(frame)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone("it takes nothing any more")),
        }
    }

    /// Bundles before what is signed with a key they name.
    async fn send_bundles(&self, held: &mut u64) -> Result<(), End> {
        let own = self.app.keys.bundles();
        if *held > own.version() {
            return Err(End::Refused(format!(
                "it holds trust bundle {held}, this server's newest is {}: the database is older \
                 than it was",
                own.version()
            )));
        }
        while *held < own.version() {
            let next = own.after(*held, MAX_CHAIN).to_vec();
            *held += next.len() as u64;
            self.say(&ToGateway::Bundles(next)).await?;
        }
        Ok(())
    }

    /// The configuration, if it is another one than what was sent.
    async fn send_config(&mut self) -> Result<(), End> {
        let row = self.row().await?;
        let config = configure::compose(self.app, self.app.store.read(), &row).await?;
        if self.sent.as_ref().is_some_and(|sent| sent.config == config) {
            return Ok(());
        }
        let now = self.app.clock.now();
        let held = self.hello.config_version.max(self.sent.as_ref().map(|sent| sent.version));
        let Some(version) = self.app.gateways.next_version(now, held) else {
            let why = "it says that it holds the highest configuration there can be";
            return Err(End::Refused(why.to_owned()));
        };
        let signed = configure::sign(self.app, &config, version);
        self.say(&ToGateway::Config(ByteBuf::from(signed))).await?;
        tracing::debug!(gateway = %self.gateway, version, "a configuration was sent");
        self.sent = Some(Sent { config, version, at: now, is_told: false });
        self.app.gateways.update(self.gateway, self.hello.instance, |it| it.sent = version);
        Ok(())
    }

    async fn wake_all(&self) -> Result<(), End> {
        let now = self.app.clock.now();
        let open = self.app.store.read().orders().devices_with_work(now, MOST_WOKEN).await?;
        for many in open.chunks(MANY) {
            self.say(&ToGateway::Wake(many.to_vec())).await?;
        }
        Ok(())
    }

    /// Passes signals on, those that wait already with them.
    async fn pass_on(&mut self, told: Option<Told>) -> Result<(), End> {
        let mut woken: Vec<DeviceId> = Vec::new();
        let mut revoked: Vec<DeviceId> = Vec::new();
        let Some(first) = told else {
            // Some were missed: the configuration names who is revoked.
            self.send_config().await?;
            return self.wake_all().await;
        };
        let mut next = Some(first);
        while let Some(told) = next {
            match told {
                Told::Wake(device) => woken.push(device),
                Told::Revoked(device) => revoked.push(device),
            }
            next = (woken.len() + revoked.len() < MANY)
                .then(|| self.devices.heard_already())
                .flatten();
        }
        for list in [&mut woken, &mut revoked] {
            list.sort_unstable();
            list.dedup();
        }
        if !revoked.is_empty() {
            self.say(&ToGateway::Revoked(revoked)).await?;
        }
        if !woken.is_empty() {
            self.say(&ToGateway::Wake(woken)).await?;
        }
        Ok(())
    }

    async fn hear(
        &mut self,
        message: FromGateway,
        kept_at: &mut tokio::time::Instant,
    ) -> Result<(), End> {
        let (gateway, instance) = (self.gateway, self.hello.instance);
        match message {
            FromGateway::Hello(_) => {
                return Err(End::Refused("it says twice who it is".to_owned()));
            }
            FromGateway::DialAgain => {
                tracing::info!(%gateway, "another process of a gateway is starting");
                self.app.gateways.again(gateway).notify_one();
            }
            FromGateway::CertificateRequest { for_link, request } => {
                let answer = self.certificate(for_link, &request).await?;
                self.say(&answer).await?;
            }
            FromGateway::Status(status) => {
                let is_first = std::mem::take(&mut self.hello.config_version).is_none();
                self.hello.config_version = status.config_version;
                self.refusal(&status).await;
                let now = self.app.clock.now();
                // Live before kept: a page never shows what is kept beside a
                // process that has not said it yet.
                self.app.gateways.update(gateway, instance, |it| {
                    it.heard_at = now;
                    it.status = Some(GatewayStatus::clone(&status));
                });
                if is_first || kept_at.elapsed() >= KEEP_EVERY {
                    *kept_at = tokio::time::Instant::now();
                    self.keep(Some(&status)).await?;
                }
            }
        }
        Ok(())
    }

    /// Puts on record that a configuration was not taken over.
    async fn refusal(&mut self, status: &GatewayStatus) {
        let now = self.app.clock.now();
        let Some(sent) = &mut self.sent else { return };
        let is_taken = status.config_version.is_some_and(|held| held >= sent.version);
        if is_taken || sent.is_told || now.since(sent.at) < TAKE_OVER {
            return;
        }
        sent.is_told = true;
        if !self.app.gateways.tells_refusal(self.gateway, now) {
            return;
        }
        let problem = status.problems.first().cloned().unwrap_or_default();
        let problem = problem.chars().filter(|c| !c.is_control()).take(300).collect();
        super::record(self.app, Event::GatewayConfigRefused { gateway: self.gateway, problem })
            .await;
    }

    /// Keeps what the gateway said, for the time when it is not there.
    async fn keep(&self, status: Option<&GatewayStatus>) -> Result<(), End> {
        let status = status.and_then(|status| serde_json::to_value(status).ok());
        let work = self.app.store.begin(&super::by_itself(self.app)).await?;
        let software: String = self.hello.version.chars().take(64).collect();
        let major = self.hello.link_major;
        work.gateways().heard(self.gateway, &software, major, status).await?;
        work.commit_unaudited("a gateway says how it is").await.map(drop)?;
        Ok(())
    }

    async fn certificate(&mut self, for_link: bool, request: &[u8]) -> Result<ToGateway, End> {
        if !self.app.gateways.may_issue(self.gateway, self.app.clock.now()) {
            return Ok(ToGateway::Refused("too many certificates in an hour".to_owned()));
        }
        let row = self.row().await?;
        let issued = match self.issue(&row, for_link, request).await {
            Ok(issued) => issued,
            Err(why) => return Ok(ToGateway::Refused(why)),
        };
        let (gateway, serial) = (self.gateway, issued.serial.clone());
        let mut work = self.app.store.begin(&super::by_itself(self.app)).await?;
        work.record(Event::GatewayCertificateIssued { gateway, serial, for_link });
        work.commit().await.map(drop)?;
        let jitter = Jitter::of(&issued.serial);
        Ok(ToGateway::Certificate {
            for_link,
            renew_at: renewal_at(issued.not_before, issued.not_after, jitter),
            not_after: issued.not_after,
            chain: std::iter::once(issued.der).chain(issued.chain).map(ByteBuf::from).collect(),
        })
    }

    async fn issue(
        &self,
        row: &Gateway,
        for_link: bool,
        request: &[u8],
    ) -> Result<IssuedCertificate, String> {
        let (ca, now, rng) = (self.app.keys.ca(), self.app.clock.now(), self.app.rng.as_ref());
        let key = SiteCa::key_of_request(request)
            .map_err(|error| format!("the request for a certificate is not usable: {error}"))?;
        if for_link {
            if sha256(key.spki()) != row.key_sha256.0 {
                return Err("the link has another key than the one that was paired".to_owned());
            }
            return ca.issue_gateway(request, row.id, now, rng).map_err(|e| e.to_string());
        }
        let config = configure::compose(self.app, self.app.store.read(), row).await;
        let names = config.map_err(|error| error.to_string())?.public_names;
        let names: Vec<SubjectName> = names.iter().flat_map(|name| kept_names(name)).collect();
        ca.issue_server(&names, &key, now, rng).map_err(|error| error.to_string())
    }
}

/// What a gateway says, message by message.
struct Messages {
    body: Incoming,
    frames: Frames,
}

impl Messages {
    /// The next one; `None` at the end. What has arrived is not lost when the
    /// returned future is dropped.
    async fn next(&mut self) -> Result<Option<FromGateway>, End> {
        loop {
            let found = self.frames.take();
            let found =
                found.map_err(|error| End::Refused(format!("it is not understood: {error}")));
            if let Some(message) = found? {
                return Ok(Some(message));
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(Err(_)) => return Err(End::Gone("the connection has ended")),
                Some(Ok(frame)) => {
                    if let Some(bytes) = frame.data_ref() {
                        self.frames.push(bytes);
                    }
                }
            }
        }
    }
}
