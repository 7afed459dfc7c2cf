//! Orders: sealed to a session, signed by the order key.

use std::fmt;

use serde::{Deserialize, Serialize};

use sekisho_model::id::{AccountId, DeviceId, DeviceSessionId, OrderId, SecretVersionId, SiteId};
use sekisho_model::name::AccountName;
use sekisho_model::order::Operation;
use sekisho_model::{Secret, Timestamp};

/// Longest signed order, in bytes (R: order ≤ 64 KiB).
pub const MAX_ORDER_BYTES: usize = 64 * 1024;

/// Most orders in one answer to a fetch.
pub const MAX_ORDERS_PER_FETCH: usize = 4;

/// Longest fetch request, in bytes.
pub const MAX_FETCH_BYTES: usize = 1024;

/// Longest answer to a fetch, in bytes.
pub const MAX_FETCH_ANSWER_BYTES: usize = 448 * 1024;

/// Orders and receipts are padded to a multiple of this many bytes, so that
/// their size says little about what they hold.
pub const PADDING_BYTES: usize = 512;

/// Takes orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchRequest {
    /// Binds the answer to this fetch.
    #[serde(with = "serde_bytes")]
    pub nonce: [u8; 16],
    /// The highest seq the agent has accepted. A server that knows less was put
    /// back to an older copy, and must notice before it gives another order.
    #[serde(default)]
    pub highest_seq: u64,
    /// The order that had this seq, unless the server has been told everything
    /// since. A server that gave the seq to another order was put back, too: a
    /// number alone may have been given a second time. Left out by programs that
    /// do not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest_order: Option<OrderId>,
    /// The accounts of the host have changed since they were last listed. Left
    /// out when they have not; programs that do not know it pass it over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accounts_changed: bool,
    /// The version of the newest trust bundle that the agent holds. Left out by
    /// programs that do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle_version: Option<u64>,
}

/// Orders for the device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchAnswer {
    /// The nonce of the fetch.
    #[serde(with = "serde_bytes")]
    pub nonce: [u8; 16],
    /// The server's clock.
    pub server_time: Timestamp,
    /// At most [`MAX_ORDERS_PER_FETCH`].
    pub orders: Vec<SealedOrder>,
    /// More are waiting: fetch again when these are done.
    pub more: bool,
    /// The agent is dissociated from its resource: it gets no orders,
    /// and looks again after so many seconds at the latest. Left out
    /// while it is associated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_every_s: Option<u32>,
    /// The gateways that this agent takes before the others, best first, each with
    /// its addresses: those of its office. Only addresses that the trust
    /// bundle names count. Left out when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gateways_first: Vec<Vec<String>>,
    /// The version of the server's newest trust bundle. An agent that holds an older
    /// one says Hello, which brings it. `None`: a server that does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest_bundle: Option<u64>,
}

/// An order as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedOrder {
    /// HPKE encapsulated key.
    #[serde(with = "serde_bytes")]
    pub enc: [u8; 32],
    /// The sealed, padded, signed [`Order`].
    #[serde(with = "serde_bytes")]
    pub ciphertext: Vec<u8>,
}

/// A task for one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The protocol version this was written for.
    pub protocol: u16,
    /// Stays the same over redeliveries.
    pub order: OrderId,
    /// The site that gives it.
    pub site: SiteId,
    /// The device it is for.
    pub device: DeviceId,
    /// The session it is sealed to.
    pub session: DeviceSessionId,
    /// Strictly increasing per device; a redelivery has a new one.
    pub seq: u64,
    /// Not run before, by the server's clock.
    pub not_before: Timestamp,
    /// Not started after, by the server's clock.
    pub expires: Timestamp,
    /// What to do.
    pub task: Task,
    /// Who asked for it, for the host's own log.
    pub initiator: String,
}

/// What an order asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Set a password.
    Reset {
        /// The account.
        target: Target,
        /// The version the new value replaces; `None` = nothing was known.
        base: Option<SecretVersionId>,
        /// The newest versions the server knows of this account, at most
        /// [`MAX_LINEAGE`]. An agent that holds another one refuses: the server
        /// has forgotten something, or two servers give orders (RST-4).
        lineage: Vec<SecretVersionId>,
        /// The new value.
        candidate: Candidate,
    },
    /// Check which of these values work. Changes nothing.
    Verify {
        /// The account.
        target: Target,
        /// Values to try, most likely first; at most [`MAX_CANDIDATES`].
        candidates: Vec<Candidate>,
    },
    /// List the accounts of the host. Changes nothing.
    Discover {},
}

/// Most versions in a lineage.
pub const MAX_LINEAGE: usize = 32;

/// Most values in one verify.
pub const MAX_CANDIDATES: usize = 32;

impl Task {
    /// The kind of task.
    pub const fn operation(&self) -> Operation {
        match self {
            Self::Reset { .. } => Operation::Reset,
            Self::Verify { .. } => Operation::Verify,
            Self::Discover {} => Operation::Discover,
        }
    }

    /// The account the task is about.
    pub const fn target(&self) -> Option<&Target> {
        match self {
            Self::Reset { target, .. } | Self::Verify { target, .. } => Some(target),
            Self::Discover {} => None,
        }
    }
}

/// The account an order is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its id at the server.
    pub account: AccountId,
    /// Its name on the host.
    pub name: AccountName,
    /// Its id on the host, if known. An account with the same name and another
    /// id is another account: the order is refused.
    pub native_id: Option<String>,
}

/// A value and the version it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Which version.
    pub version: SecretVersionId,
    /// The clear value; exists in the memory of server and agent only.
    pub value: SecretBytes,
}

/// A clear secret inside a message that will be sealed. Wiped when dropped,
/// never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretBytes(pub Secret);

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(…)")
    }
}

impl Serialize for SecretBytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0.expose())
    }
}

impl<'de> Deserialize<'de> for SecretBytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = serde_bytes::ByteBuf::deserialize(deserializer)?;
        Ok(Self(Secret::new(bytes.into_vec())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor;

    #[test]
    fn a_secret_in_a_message_does_not_print() {
        let candidate = Candidate {
            version: SecretVersionId::from_uuid(Default::default()),
            value: SecretBytes(Secret::from("hunter2")),
        };
        assert!(!format!("{candidate:?}").contains("hunter2"));
    }

    /// `{"nonce": h'0707…', "highest_seq": 3}`.
    fn without_news() -> Vec<u8> {
        [&b"\xa2\x65nonce\x50"[..], &[7; 16], b"\x6bhighest_seq\x03"].concat()
    }

    #[test]
    fn a_fetch_without_news_has_the_bytes_it_always_had() {
        let fetch = FetchRequest {
            nonce: [7; 16],
            highest_seq: 3,
            newest_order: None,
            accounts_changed: false,
            bundle_version: None,
        };
        assert_eq!(cbor::encode(&fetch), without_news());
        let read: FetchRequest = cbor::decode(&without_news(), MAX_FETCH_BYTES).expect("read");
        assert_eq!(read, fetch);
        let first = [&b"\xa1\x65nonce\x50"[..], &[7; 16]].concat();
        let read: FetchRequest = cbor::decode(&first, MAX_FETCH_BYTES).expect("read");
        assert_eq!(read, FetchRequest { highest_seq: 0, ..fetch });
    }

    #[test]
    fn a_fetch_with_news_is_read_by_programs_that_do_not_know_it() {
        /// As it was before.
        #[derive(serde::Deserialize)]
        struct Before {
            highest_seq: u64,
        }
        let newest_order = Some(OrderId::from_uuid(Default::default()));
        let fetch = FetchRequest {
            nonce: [7; 16],
            highest_seq: 3,
            newest_order,
            accounts_changed: true,
            bundle_version: Some(2),
        };
        let bytes = cbor::encode(&fetch);
        assert_ne!(bytes, without_news());
        let read: FetchRequest = cbor::decode(&bytes, MAX_FETCH_BYTES).expect("read");
        assert_eq!(read, fetch);
        let before: Before = cbor::decode(&bytes, MAX_FETCH_BYTES).expect("read");
        assert_eq!(before.highest_seq, 3);
    }
}
