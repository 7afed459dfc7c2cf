//! Receipts: what became of an order, signed by the device.

use serde::{Deserialize, Serialize};

use sekisho_model::Timestamp;
use sekisho_model::account::{DiscoveredAccount, VerifyResult};
use sekisho_model::id::{DeviceId, OrderId, SecretVersionId};
use sekisho_model::order::RefusalClass;

/// Longest receipt, in bytes (R: receipt ≤ 1 MiB).
pub const MAX_RECEIPT_BYTES: usize = 1024 * 1024;

/// Longest ack, in bytes.
pub const MAX_ACK_BYTES: usize = 1024;

/// Most accounts in one discovery; a host with more says so.
pub const MAX_ACCOUNTS: usize = 2_000;

/// A receipt as it travels: sealed to the receipt key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptEnvelope {
    /// Which receipt key this is sealed to.
    #[serde(with = "serde_bytes")]
    pub receipt_kid: [u8; 8],
    /// HPKE encapsulated key.
    #[serde(with = "serde_bytes")]
    pub enc: [u8; 32],
    /// The sealed, padded, signed [`Receipt`].
    #[serde(with = "serde_bytes")]
    pub ciphertext: Vec<u8>,
}

/// What became of an order. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The protocol version this was written for.
    pub protocol: u16,
    /// The order.
    pub order: OrderId,
    /// The device.
    pub device: DeviceId,
    /// SHA-256 of the signed order.
    #[serde(with = "serde_bytes")]
    pub order_hash: [u8; 32],
    /// The seq the order came with.
    pub seq: u64,
    /// When it was started, by the device's clock.
    pub started: Timestamp,
    /// When it was finished, by the device's clock.
    pub finished: Timestamp,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A reset was carried out.
    Reset {
        /// Whether the value was set.
        result: ResetResult,
        /// What the check after it said of the new value.
        verified: VerifyResult,
        /// The day of the last change in the account database afterwards.
        last_change_day: Option<i64>,
        /// What the system's tools said, one line, scrubbed.
        detail: String,
    },
    /// Values were tried.
    Verify {
        /// One answer for each value tried.
        results: Vec<Tried>,
        /// The day of the last change in the account database.
        last_change_day: Option<i64>,
    },
    /// The accounts of the host.
    Discover {
        /// At most [`MAX_ACCOUNTS`].
        accounts: Vec<DiscoveredAccount>,
        /// The ids of further accounts that exist and that the agent's filter
        /// leaves out: they are not gone.
        left_out: Vec<String>,
        /// Lines that could not be read, and other remarks; at most 100.
        warnings: Vec<String>,
        /// The host has more accounts than fit.
        truncated: bool,
    },
    /// The order was not run at all.
    Refused {
        /// Why.
        reason: OrderRefusal,
        /// One line for people.
        detail: String,
    },
}

/// Whether a value was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetResult {
    /// The system's tools said yes.
    Applied,
    /// The system's tools said no; nothing was changed.
    Rejected(RefusalClass),
    /// It is not known whether the value was set.
    Unknown,
}

/// The answer for one value that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// Which version.
    pub version: SecretVersionId,
    /// Whether it works.
    pub result: VerifyResult,
    /// One line for people.
    pub detail: String,
}

/// Why an agent did not run an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderRefusal {
    /// It came after its expiry.
    Expired,
    /// Its seq is not above the highest the agent has seen.
    SeqConflict,
    /// The agent holds another applied version than the server believes.
    Fenced {
        /// What the agent holds.
        held: SecretVersionId,
    },
    /// The account has another id on the host than the order says.
    OtherAccount,
    /// This agent cannot do it.
    Unsupported,
    /// The journal or the escrow could not be written: nothing was started.
    NotRecorded,
}

/// The server's word that a receipt is durable at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// The order.
    pub order: OrderId,
    /// SHA-256 of the signed receipt.
    #[serde(with = "serde_bytes")]
    pub receipt_hash: [u8; 32],
    /// What the server did with it.
    pub disposition: Disposition,
}

/// What the server did with a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// It was taken over, now or earlier.
    Recorded,
    /// The server has no such order: it was restored from an older backup. The
    /// agent keeps the receipt and its escrow.
    UnknownOrder,
}
