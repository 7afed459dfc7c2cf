//! The escrow: a candidate password sealed to the recovery key, kept at the
//! agent, so that a server restored from an old backup learns what it forgot.

use sekisho_model::id::{AccountId, DeviceId, OrderId, SecretVersionId, SiteId};
use sekisho_model::name::AccountName;
use sekisho_model::{Rng, Timestamp};
use sekisho_wire::cbor;
use sekisho_wire::order::SecretBytes;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::purpose::{Purpose, Scope};
use crate::sealing::{self, OpeningKey};
use crate::{SealError, kid};

/// Longest escrow, in bytes.
pub const MAX_ESCROW_BYTES: usize = 8 * 1024;

/// What an escrow says, in the clear only for the holder of the recovery key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escrow {
    /// The account's id at the server that gave the order.
    pub account: AccountId,
    /// Its name on the host.
    pub name: AccountName,
    /// Its id on the host.
    pub native_id: Option<String>,
    /// The version the value is.
    pub version: SecretVersionId,
    /// The order it came with.
    pub order: OrderId,
    /// The order's seq.
    pub seq: u64,
    /// When the order was given, by the server's clock.
    pub at: Timestamp,
    /// The value.
    pub value: SecretBytes,
}

/// An escrow as it is kept: who it is about in the clear, the value sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedEscrow {
    /// The account's id at the server.
    pub account: AccountId,
    /// The version the value is.
    pub version: SecretVersionId,
    /// The order it came with.
    pub order: OrderId,
    /// The order's seq.
    pub seq: u64,
    /// When it was made, by the server's clock.
    pub at: Timestamp,
    /// Which recovery key it is sealed to.
    #[serde(with = "serde_bytes")]
    pub recovery_kid: [u8; 8],
    /// HPKE encapsulated key.
    #[serde(with = "serde_bytes")]
    pub enc: [u8; 32],
    /// The sealed [`Escrow`].
    #[serde(with = "serde_bytes")]
    pub ciphertext: Vec<u8>,
}

/// Seals afresh to a recovery key.
///
/// # Errors
/// When the recovery key is not a usable X25519 key.
pub fn seal(
    escrow: &Escrow,
    recovery_key: &[u8; 32],
    site: SiteId,
    device: DeviceId,
    rng: &dyn Rng,
) -> Result<SealedEscrow, SealError> {
    let plain = Zeroizing::new(cbor::encode(escrow));
    let padded = sealing::pad(&plain, sekisho_wire::order::PADDING_BYTES);
    let info = Scope::device(site, device).bytes(Purpose::Escrow);
    let (sealed, _) = sealing::seal(recovery_key, None, &info, &padded, rng)?;
    Ok(SealedEscrow {
        account: escrow.account,
        version: escrow.version,
        order: escrow.order,
        seq: escrow.seq,
        at: escrow.at,
        recovery_kid: kid(recovery_key),
        enc: sealed.enc,
        ciphertext: sealed.ciphertext,
    })
}

/// Opens an escrow with the recovery key.
///
/// # Errors
/// When it is not sealed to this key, or what is sealed does not fit what
/// stands outside.
pub fn open(
    sealed: &SealedEscrow,
    key: &OpeningKey,
    site: SiteId,
    device: DeviceId,
) -> Result<Escrow, SealError> {
    let info = Scope::device(site, device).bytes(Purpose::Escrow);
    let (padded, _) = sealing::open(key, None, &info, &sealed.enc, &sealed.ciphertext)?;
    let escrow: Escrow = cbor::decode(sealing::unpad(&padded)?, MAX_ESCROW_BYTES)?;
    let inside = (escrow.account, escrow.version, escrow.order, escrow.seq);
    if inside != (sealed.account, sealed.version, sealed.order, sealed.seq) {
        return Err(SealError::OtherContext("order"));
    }
    Ok(escrow)
}
