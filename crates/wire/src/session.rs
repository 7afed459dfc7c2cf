//! Sessions: Hello, Welcome and the frames that carry a MAC.

use serde::{Deserialize, Serialize};

use sekisho_model::Timestamp;
use sekisho_model::device::Platform;
use sekisho_model::id::{DeviceId, DeviceSessionId, OrderId};

/// Longest Hello, in bytes.
pub const MAX_HELLO_BYTES: usize = 64 * 1024;

/// Longest bundles that a Hello carries along, in bytes.
pub const MAX_OFFERED_BYTES: usize = 48 * 1024;

/// Longest answer to a Hello, in bytes.
pub const MAX_WELCOME_BYTES: usize = 1024 * 1024;

/// A capability: the agent honours [`FetchAnswer::look_every_s`], so that it can
/// be dissociated, associated and remapped from the server.
///
/// [`FetchAnswer::look_every_s`]: crate::order::FetchAnswer::look_every_s
pub const MANAGED: &str = "managed";

/// The longest life of a session, in seconds.
pub const SESSION_TTL_S: u32 = 24 * 3600;

/// The Hello as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloEnvelope {
    /// The protocol version this was written for.
    pub protocol: u16,
    /// Who says hello.
    pub device: DeviceId,
    /// Which receipt key this is sealed to.
    #[serde(with = "serde_bytes")]
    pub receipt_kid: [u8; 8],
    /// HPKE encapsulated key.
    #[serde(with = "serde_bytes")]
    pub enc: [u8; 32],
    /// The sealed, signed [`Hello`].
    #[serde(with = "serde_bytes")]
    pub ciphertext: Vec<u8>,
    /// Signed bundles that the server was found to lack, oldest first and
    /// without gaps, at most [`MAX_OFFERED_BYTES`] in all: it was put back to an
    /// older copy. They prove themselves. They are not sealed, because the
    /// receipt key may be among what the server has lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bundles: Vec<serde_bytes::ByteBuf>,
}

/// Opens a session. Signed with the identity key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The protocol version this was written for.
    pub protocol: u16,
    /// The oldest protocol version the agent reads.
    pub min_protocol: u16,
    /// Who says hello.
    pub device: DeviceId,
    /// X25519; orders of this session are sealed to it. Lives in memory only.
    #[serde(with = "serde_bytes")]
    pub session_key: [u8; 32],
    /// Counts Hellos, fsynced before this one was sent. Going back means that
    /// the endpoint was reverted or copied.
    pub counter: u64,
    /// The highest order seq the agent has ever accepted.
    pub highest_seq: u64,
    /// The order that had this seq, as in
    /// [`FetchRequest::newest_order`](crate::order::FetchRequest::newest_order).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest_order: Option<OrderId>,
    /// The version of the newest bundle the agent holds.
    pub bundle_version: u64,
    /// Version of the agent.
    pub agent_version: String,
    /// The kind of agent.
    pub platform: Platform,
    /// What this agent can do beyond the first version.
    pub capabilities: Vec<String>,
    /// The device's own clock: shown, never trusted.
    pub wall_clock: Timestamp,
    /// Changes with every boot.
    pub boot: String,
    /// The interval of plain polls the agent is set to, in seconds.
    pub interval_s: u32,
    /// Binds the Welcome to this Hello.
    #[serde(with = "serde_bytes")]
    pub nonce: [u8; 32],
    /// The host's name: a claim, shown to people when the server has forgotten
    /// this device. Empty: an agent that does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub host: String,
}

/// The answer to a Hello as it travels: sealed to the session key, signed by
/// the order key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WelcomeEnvelope {
    /// HPKE encapsulated key.
    #[serde(with = "serde_bytes")]
    pub enc: [u8; 32],
    /// The sealed, signed [`HelloAnswer`].
    #[serde(with = "serde_bytes")]
    pub ciphertext: Vec<u8>,
}

/// The server's answer to a Hello.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloAnswer {
    /// The nonce of the Hello.
    #[serde(with = "serde_bytes")]
    pub nonce: [u8; 32],
    /// The server's clock.
    pub server_time: Timestamp,
    /// Signed bundles newer than the agent's, oldest first.
    pub bundles: Vec<serde_bytes::ByteBuf>,
    /// A session, or why there is none.
    pub outcome: HelloOutcome,
    /// The version of the server's newest bundle. An agent that holds a newer
    /// one shows it with its next Hello. `None`: a server that does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest_bundle: Option<u64>,
}

/// A session, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HelloOutcome {
    /// A session was opened.
    Welcome {
        /// Its id.
        session: DeviceSessionId,
        /// It ends after so many seconds.
        ttl_s: u32,
        /// What the server asks of the agent.
        directives: Directives,
    },
    /// There is no session.
    Refused {
        /// Why.
        reason: HelloRefusal,
        /// Say Hello again after so many seconds.
        retry_after_s: u32,
    },
}

/// What the server asks of an agent for the time of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directives {
    /// How long a wait is held, in seconds.
    pub wait_hold_s: u32,
    /// An unconditional fetch is made at least so often, in seconds.
    pub fetch_every_s: u32,
    /// The protocol versions the server reads: oldest and newest.
    pub protocols: (u16, u16),
    /// The site is in recovery: hand in every escrow. There are no orders.
    pub escrows_wanted: bool,
}

/// Why a Hello did not open a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HelloRefusal {
    /// An administrator has not approved the device.
    Pending,
    /// An administrator blocked the device.
    Blocked,
    /// The device was taken out of service.
    Retired,
    /// Two sessions of this identity alternated.
    Suspended,
    /// The agent is too old for this server.
    AgentTooOld,
}

impl HelloRefusal {
    /// A sentence for the person at the endpoint.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Pending => "an administrator has not approved this device yet",
            Self::Blocked => "an administrator blocked this device",
            Self::Retired => "this device was taken out of service",
            Self::Suspended => {
                "another machine uses the same identity; an administrator must decide which one to keep"
            }
            Self::AgentTooOld => "this agent is too old for the server; install a newer one",
        }
    }
}

/// A message inside a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The session.
    pub session: DeviceSessionId,
    /// Strictly increasing in each direction.
    pub counter: u64,
    /// The message.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
    /// HMAC-SHA-256 over direction, session, counter, method, path, the hash
    /// of the body and, in an answer, the counter it answers.
    #[serde(with = "serde_bytes")]
    pub mac: [u8; 32],
}

/// Room a frame adds around its body, in bytes.
pub const FRAME_OVERHEAD_BYTES: usize = 256;

/// The answer to `wait`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wake {
    /// There may be orders: fetch.
    Fetch,
    /// Nothing happened in the time asked for.
    Nothing,
}

/// Most escrows in one message.
pub const MAX_ESCROWS: usize = 32;

/// Longest message with escrows, in bytes.
pub const MAX_ESCROWS_BYTES: usize = 448 * 1024;

/// Escrows, handed in during recovery. The server cannot open them: that takes
/// the recovery key, which only an operator has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscrowsHandedIn {
    /// At most [`MAX_ESCROWS`], each as the agent stored it.
    pub escrows: Vec<serde_bytes::ByteBuf>,
    /// In the last of several messages, the highest seq the agent has accepted:
    /// from here on the server knows what the agent knows. Left out before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub highest_seq: Option<u64>,
}

/// The server's word that escrows are durable at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscrowsTaken {
    /// How many were taken.
    pub taken: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor;
    use sekisho_model::rng::SeededRng;

    /// A Hello as it was before it could carry bundles along.
    #[derive(Serialize, Deserialize)]
    struct Before {
        protocol: u16,
        device: DeviceId,
        #[serde(with = "serde_bytes")]
        receipt_kid: [u8; 8],
        #[serde(with = "serde_bytes")]
        enc: [u8; 32],
        #[serde(with = "serde_bytes")]
        ciphertext: Vec<u8>,
    }

    #[test]
    fn a_hello_without_bundles_is_what_it_always_was() {
        let device = DeviceId::at(Timestamp::EPOCH, &SeededRng::new(1));
        let (receipt_kid, enc, ciphertext) = ([7; 8], [8; 32], vec![9; 40]);
        let before = cbor::encode(&Before {
            protocol: 1,
            device,
            receipt_kid,
            enc,
            ciphertext: ciphertext.clone(),
        });
        let plain = HelloEnvelope {
            protocol: 1,
            device,
            receipt_kid,
            enc,
            ciphertext,
            bundles: Vec::new(),
        };
        assert_eq!(cbor::encode(&plain), before);
        assert_eq!(cbor::decode::<HelloEnvelope>(&before, 1000).expect("read"), plain);

        let bundles = vec![serde_bytes::ByteBuf::from(vec![1; 100])];
        let showing = cbor::encode(&HelloEnvelope { bundles, ..plain });
        let read = cbor::decode::<Before>(&showing, 1000).expect("passed over");
        assert_eq!(read.device, device);
    }

    #[test]
    fn only_the_last_of_several_messages_with_escrows_says_what_the_agent_knows() {
        let mut handed = EscrowsHandedIn { escrows: Vec::new(), highest_seq: None };
        assert_eq!(cbor::encode(&handed), b"\xa1\x67escrows\x80");
        handed.highest_seq = Some(9);
        let bytes = cbor::encode(&handed);
        assert_eq!(bytes, b"\xa2\x67escrows\x80\x6bhighest_seq\x09");
        let read: EscrowsHandedIn = cbor::decode(&bytes, MAX_ESCROWS_BYTES).expect("read");
        assert_eq!(read, handed);
    }
}
