//! What crosses a trust boundary between agents, gateway and server.
//!
//! Every message type, its size cap and the **route table** live here, used by
//! both ends. Nothing here reads a socket or knows a key: `sekisho-seal` signs
//! and seals these values, `sekisho-link` and the server carry the bytes.
//!
//! # Versions
//! A message names the protocol version it was written for. A reader accepts
//! [`PROTOCOL_MIN`]`..=`[`PROTOCOL`]; what is newer or older is refused by name.
//! Within a version, unknown map fields are ignored, so that fields may be
//! added; unknown enum values are errors.

pub mod bundle;
pub mod cbor;
pub mod certificate;
pub mod enrolment;
pub mod gateway;
pub mod order;
pub mod problem;
pub mod receipt;
pub mod relayed;
pub mod route;
pub mod session;

/// The protocol version this build writes.
pub const PROTOCOL: u16 = 1;

/// The oldest protocol version this build reads.
pub const PROTOCOL_MIN: u16 = 1;

/// The media type of every body on the agent plane.
pub const MEDIA_TYPE: &str = "application/cbor";
