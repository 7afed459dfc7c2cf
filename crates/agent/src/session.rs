//! A session with the server: Hello, Welcome, frames.

use std::sync::Arc;
use std::time::Duration;

use sekisho_link::{LinkError, ServerTime, Transport};
use sekisho_model::device::Platform;
use sekisho_model::id::{DeviceId, DeviceSessionId};
use sekisho_model::rng::random_bytes;
use sekisho_model::{Clock, Rng, Timestamp};
use sekisho_seal::bundle::Trust;
use sekisho_seal::escrow::SealedEscrow;
use sekisho_seal::mac::{Direction, SessionKeys};
use sekisho_seal::purpose::Scope;
use sekisho_seal::sealing::OpeningKey;
use sekisho_seal::sign::IdentityKey;
use sekisho_seal::{SealError, message, sha256};
use sekisho_wire::cbor;
use sekisho_wire::order::{FetchAnswer, FetchRequest, MAX_FETCH_ANSWER_BYTES, Order};
use sekisho_wire::receipt::{Ack, MAX_ACK_BYTES};
use sekisho_wire::route::RouteName;
use sekisho_wire::session::{
    Directives, EscrowsHandedIn, EscrowsTaken, FRAME_OVERHEAD_BYTES, Frame, Hello, HelloAnswer,
    HelloOutcome, HelloRefusal, MANAGED, MAX_ESCROWS, MAX_WELCOME_BYTES, Wake, WelcomeEnvelope,
};
use serde_bytes::ByteBuf;

use crate::engine::Newest;

/// Why a call of a session failed.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The link failed or the server refused without a session.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// What came back is not from the server, or not for this session.
    #[error("the server's answer cannot be believed: {0}")]
    Forged(#[from] SealError),
    /// The bundle names no key that a message could be sealed to.
    #[error("the trust bundle names no receipt key")]
    NoReceiptKey,
    /// The server opened no session.
    #[error("{}", .reason.sentence())]
    Refused {
        /// Why.
        reason: HelloRefusal,
        /// Say Hello again after this.
        retry_after: Duration,
    },
}

/// What a Hello says about this agent.
#[derive(Clone, Debug)]
pub struct Greeting {
    /// This device.
    pub device: DeviceId,
    /// The counter, already durable.
    pub counter: u64,
    /// The newest order ever accepted.
    pub newest: Newest,
    /// The interval of plain polls.
    pub interval: Duration,
    /// The id of this boot.
    pub boot: String,
    /// The host's name.
    pub host: String,
    /// Bundles to show to a server that lacks them.
    pub bundles: Vec<ByteBuf>,
}

/// A session that the server opened.
pub struct Session {
    id: DeviceSessionId,
    scope: Scope,
    device: DeviceId,
    key: OpeningKey,
    keys: SessionKeys,
    sent: u64,
    received: u64,
    ends: Timestamp,
    /// What the Hello said.
    highest_seq: u64,
    /// What the server asks of the agent.
    pub directives: Directives,
}

/// An order that was opened, or why one could not be.
pub type OpenedOrder = Result<(Order, [u8; 32]), SealError>;

/// What a fetch brought.
#[derive(Debug)]
pub struct Fetched {
    /// The orders, each opened or not: those that cannot be opened are for
    /// somebody else, or somebody tampered with them.
    pub orders: Vec<OpenedOrder>,
    /// More are waiting.
    pub more: bool,
    /// The agent is dissociated from its resource: it looks again after
    /// this time at the latest. `None`: it is associated.
    pub look_every: Option<Duration>,
    /// The gateways to take before the others, best first, by their addresses.
    pub gateways_first: Vec<Vec<String>>,
    /// The version of the server's newest trust bundle, if it said so.
    pub newest_bundle: Option<u64>,
}

impl Session {
    /// Says Hello. Returns the answer's bundles too: they may be newer than
    /// the ones this device holds, also when no session was opened.
    ///
    /// # Errors
    /// When the link fails or the answer cannot be believed.
    pub async fn open(
        link: &mut impl Transport,
        greeting: Greeting,
        identity: &IdentityKey,
        trust: &Trust,
        time: &ServerTime,
        clock: &Arc<dyn Clock>,
        rng: &dyn Rng,
    ) -> Result<(HelloAnswer, Result<Self, SessionError>), SessionError> {
        let site = trust.anchor().site;
        let receipt_key = trust.receipt_key(time.now()).ok_or(SessionError::NoReceiptKey)?;
        let key = OpeningKey::generate(rng);
        let nonce = random_bytes(rng);
        let hello = Hello {
            protocol: sekisho_wire::PROTOCOL,
            min_protocol: sekisho_wire::PROTOCOL_MIN,
            device: greeting.device,
            session_key: key.public(),
            counter: greeting.counter,
            highest_seq: greeting.newest.seq,
            newest_order: greeting.newest.order,
            bundle_version: trust.bundle().version,
            agent_version: crate::VERSION.to_owned(),
            platform: Platform::Linux,
            capabilities: vec![MANAGED.to_owned()],
            wall_clock: clock.now(),
            boot: greeting.boot,
            interval_s: u32::try_from(greeting.interval.as_secs()).unwrap_or(u32::MAX),
            nonce,
            host: greeting.host,
        };
        let mut envelope = message::seal_hello(&hello, identity, site, &receipt_key.key, rng)?;
        envelope.bundles = greeting.bundles;
        let body = link.call(RouteName::Hello, &[], cbor::encode(&envelope)).await?;
        let envelope: WelcomeEnvelope =
            cbor::decode(&body, MAX_WELCOME_BYTES).map_err(SealError::Malformed)?;
        let (answer, keys) =
            message::open_welcome(&envelope, &key, trust, greeting.device, &nonce)?;
        time.learn(answer.server_time);
        let opened = match &answer.outcome {
            HelloOutcome::Welcome { session, ttl_s, directives } => Ok(Self {
                id: *session,
                scope: Scope::device(site, greeting.device).session(*session),
                device: greeting.device,
                key,
                keys,
                sent: 0,
                received: 0,
                highest_seq: greeting.newest.seq,
                ends: answer.server_time.plus(Duration::from_secs(u64::from(*ttl_s))),
                directives: directives.clone(),
            }),
            HelloOutcome::Refused { reason, retry_after_s } => Err(SessionError::Refused {
                reason: *reason,
                retry_after: Duration::from_secs(u64::from(*retry_after_s)),
            }),
        };
        Ok((answer, opened))
    }

    /// Its id.
    pub const fn id(&self) -> DeviceSessionId {
        self.id
    }

    /// Whether the session is over by the server's clock.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.ends
    }

    /// Waits until the server has something, at most `hold`. Proves nothing: a
    /// wake only means that it is worth fetching.
    ///
    /// # Errors
    /// When the link fails.
    pub async fn wait(
        &self,
        link: &mut impl Transport,
        hold: Duration,
    ) -> Result<Wake, SessionError> {
        let seconds = hold.as_secs();
        let timeout = hold + Duration::from_secs(15);
        let body =
            link.call_within(RouteName::Wait, &[&self.id, &seconds], Vec::new(), timeout).await?;
        Ok(cbor::decode(&body, 64).map_err(SealError::Malformed)?)
    }

    /// Takes orders, and says how much this agent knows and whether the accounts
    /// of the host have changed.
    ///
    /// # Errors
    /// When the link fails or the answer cannot be believed.
    pub async fn fetch(
        &mut self,
        link: &mut impl Transport,
        newest: Newest,
        trust: &Trust,
        time: &ServerTime,
        rng: &dyn Rng,
        accounts_changed: bool,
    ) -> Result<Fetched, SessionError> {
        let nonce = random_bytes(rng);
        let request = cbor::encode(&FetchRequest {
            nonce,
            highest_seq: newest.seq,
            newest_order: newest.order,
            accounts_changed,
            bundle_version: Some(trust.bundle().version),
        });
        let body = self.exchange(link, RouteName::Fetch, request, MAX_FETCH_ANSWER_BYTES).await?;
        let answer: FetchAnswer =
            cbor::decode(&body, MAX_FETCH_ANSWER_BYTES).map_err(SealError::Malformed)?;
        if answer.nonce != nonce {
            return Err(SealError::OtherContext("request").into());
        }
        time.learn(answer.server_time);
        let now = time.now();
        let orders = answer
            .orders
            .iter()
            .map(|sealed| message::open_order(sealed, &self.key, trust, &self.scope, now))
            .collect();
        let look_every = answer.look_every_s.map(|seconds| Duration::from_secs(seconds.into()));
        Ok(Fetched {
            orders,
            more: answer.more,
            look_every,
            gateways_first: answer.gateways_first,
            newest_bundle: answer.newest_bundle,
        })
    }

    /// Brings a signed receipt and returns the server's ack, which is bound to
    /// the receipt's hash.
    ///
    /// # Errors
    /// When the link fails or the ack cannot be believed.
    pub async fn report(
        &mut self,
        link: &mut impl Transport,
        signed: &[u8],
        trust: &Trust,
        time: &ServerTime,
        rng: &dyn Rng,
    ) -> Result<Ack, SessionError> {
        let key = trust.receipt_key(time.now()).ok_or(SessionError::NoReceiptKey)?;
        let site = trust.anchor().site;
        let envelope = message::seal_receipt(signed, site, self.device, &key.key, rng)?;
        let body = cbor::encode(&envelope);
        let answer = self.exchange(link, RouteName::Receipt, body, MAX_ACK_BYTES).await?;
        let ack: Ack = cbor::decode(&answer, MAX_ACK_BYTES).map_err(SealError::Malformed)?;
        if ack.receipt_hash != sha256(signed) {
            return Err(SealError::OtherContext("receipt").into());
        }
        Ok(ack)
    }

    /// Hands escrows in: the site is in recovery and asks for them.
    ///
    /// # Errors
    /// When the link fails or the answer cannot be believed.
    pub async fn hand_in(
        &mut self,
        link: &mut impl Transport,
        escrows: &[SealedEscrow],
    ) -> Result<(), SessionError> {
        // Also an agent without escrows says that it has no more to tell.
        let parts = escrows.len().div_ceil(MAX_ESCROWS).max(1);
        for part in 0..parts {
            let from = part * MAX_ESCROWS;
            let some = &escrows[from..escrows.len().min(from + MAX_ESCROWS)];
            let escrows = some.iter().map(|escrow| ByteBuf::from(cbor::encode(escrow))).collect();
            let highest_seq = (part + 1 == parts).then_some(self.highest_seq);
            let body = cbor::encode(&EscrowsHandedIn { escrows, highest_seq });
            let answer = self.exchange(link, RouteName::Escrow, body, 1024).await?;
            let taken: EscrowsTaken = cbor::decode(&answer, 1024).map_err(SealError::Malformed)?;
            tracing::info!(taken = taken.taken, "escrows handed in");
        }
        Ok(())
    }

    async fn exchange(
        &mut self,
        link: &mut impl Transport,
        name: RouteName,
        body: Vec<u8>,
        cap: usize,
    ) -> Result<Vec<u8>, SessionError> {
        // A counter is spent even if the call fails: the server may have seen it.
        self.sent += 1;
        let route = (name.route().method.as_str(), name.route().path);
        let frame = self.keys.frame(Direction::ToServer, self.id, self.sent, route, body);
        let answer = link.call(name, &[], cbor::encode(&frame)).await?;
        let answer: Frame =
            cbor::decode(&answer, cap + FRAME_OVERHEAD_BYTES).map_err(SealError::Malformed)?;
        if answer.session != self.id || answer.counter <= self.received {
            return Err(SealError::OtherContext("session").into());
        }
        self.keys.check(Direction::ToAgent { answers: self.sent }, route, &answer)?;
        self.received = answer.counter;
        Ok(answer.body)
    }
}
