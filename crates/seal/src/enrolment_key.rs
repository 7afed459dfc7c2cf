//! The enrolment key a person copies: id, 256-bit secret, pin, checksum.

use sekisho_model::Secret;
use sekisho_model::id::EnrolmentKeyId;
use sekisho_wire::bundle::SiteAnchor;
use uuid::Uuid;
use zeroize::Zeroizing;

pub use crate::text_key::InvalidKeyText;
use crate::{sha256, text_key};

/// What every enrolment key begins with.
pub const PREFIX: &str = "sekisho-ek1-";

const LENGTH: usize = 16 + 32 + 16;

/// The first 128 bits of the hash of a site anchor: enough that nobody finds
/// another anchor that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin(pub [u8; 16]);

impl Pin {
    /// The pin of a site.
    pub fn of(anchor: &SiteAnchor) -> Self {
        let mut input = b"sekisho site anchor 1\0".to_vec();
        input.extend_from_slice(anchor.site.as_bytes());
        input.extend_from_slice(&anchor.root_key);
        let mut pin = [0; 16];
        pin.copy_from_slice(&sha256(&input)[..16]);
        Self(pin)
    }
}

/// An enrolment key in the clear.
#[derive(Clone, Debug)]
pub struct EnrolmentKeyText {
    /// Which key.
    pub id: EnrolmentKeyId,
    /// The pre-shared key.
    pub secret: Secret,
    /// Which site.
    pub pin: Pin,
}

impl EnrolmentKeyText {
    /// The text a person copies.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH));
        bytes.extend_from_slice(self.id.as_bytes());
        bytes.extend_from_slice(self.secret.expose());
        bytes.extend_from_slice(&self.pin.0);
        text_key::encode(PREFIX, &bytes)
    }

    /// Reads what a person copied.
    ///
    /// # Errors
    /// Says what is wrong with the text, never what it holds.
    pub fn parse(text: &str) -> Result<Self, InvalidKeyText> {
        let bytes = text_key::decode(PREFIX, LENGTH, text)?;
        let id = Uuid::from_slice(&bytes[..16]).map_err(|_| InvalidKeyText::Checksum)?;
        let mut pin = [0; 16];
        pin.copy_from_slice(&bytes[48..]);
        Ok(Self {
            id: EnrolmentKeyId::from_uuid(id),
            secret: Secret::new(bytes[16..48].to_vec()),
            pin: Pin(pin),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::Timestamp;
    use sekisho_model::rng::SeededRng;

    #[test]
    fn reads_its_own_text() {
        let key = EnrolmentKeyText {
            id: EnrolmentKeyId::at(Timestamp::from_millis(1), &SeededRng::new(1)),
            secret: Secret::new(vec![3; 32]),
            pin: Pin([4; 16]),
        };
        let text = key.to_text();
        assert!(text.len() < 128, "{} characters are too many to copy", text.len());
        let again = EnrolmentKeyText::parse(&text).expect("readable");
        assert_eq!((again.id, again.pin), (key.id, key.pin));
        assert_eq!(again.secret, key.secret);
    }
}
