//! Who may read, and who said it.
//!
//! - [`sign`]: COSE_Sign1 (RFC 9052) over exact bytes, one content type and one
//!   context per kind of message; the algorithm follows from the kind and is
//!   never negotiated.
//! - [`sealing`]: HPKE (RFC 9180), base mode, and PSK mode for enrolment.
//! - [`message`]: the two together, one function pair per message.
//! - [`mac`]: the MAC with a counter that every frame of a session carries.
//! - [`audit_head`]: where an audit chain ended, signed for witnesses.
//! - [`bundle`]: the chain of trust bundles and the pin.
//! - [`enrolment_key`], [`recovery_key`]: the two keys that people carry.
//! - [`escrow`]: a candidate password, sealed for the day the server forgot it.
//! - [`gateway`]: a gateway's configuration, and how it becomes one of the site.
//! - [`backup`]: everything the server knows, sealed for the day it is gone.
//!
//! Everything is sign-then-seal: the signature is inside, where nobody on the
//! way can read or strip it.

pub mod audit_head;
pub mod backup;
pub mod bundle;
pub mod enrolment_key;
pub mod escrow;
pub mod gateway;
pub mod mac;
pub mod message;
pub mod purpose;
pub mod recovery_key;
pub mod sealing;
pub mod sign;
mod text_key;
pub mod witness_file;

use aws_lc_rs::digest;

/// Why a sealed or signed message was refused. One sentence each, and nothing
/// that would help somebody who guesses.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The message cannot be opened with this key in this context.
    #[error("the message is not sealed to this key, or was changed on the way")]
    Unsealable,
    /// The signature is wrong, or of another kind of message.
    #[error("the signature is wrong, or of another kind of message")]
    BadSignature,
    /// No key with that id is known.
    #[error("the message names a key that is not known")]
    UnknownKey,
    /// The key is known, and its time has not come.
    #[error("the message is signed with a key before its time")]
    KeyTooEarly,
    /// The content is not the message it should be.
    #[error(transparent)]
    Malformed(#[from] sekisho_wire::cbor::DecodeError),
    /// The message belongs to another site, device, session or request.
    #[error("the message belongs to another {0}")]
    OtherContext(&'static str),
    /// A key's bytes are not a key.
    #[error("the bytes are not a valid {0}")]
    BadKey(&'static str),
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// The short id of a public key: the first 8 bytes of its SHA-256.
pub fn kid(public_key: &[u8]) -> [u8; 8] {
    let mut out = [0; 8];
    out.copy_from_slice(&sha256(public_key)[..8]);
    out
}
