//! A gateway: the string that pairs it, what makes it one of a site, and what
//! it works by.

use aws_lc_rs::aead;
use sekisho_model::{Rng, Secret};
use sekisho_wire::cbor;
use sekisho_wire::gateway::{
    GatewayConfig, MAX_CONFIG_BYTES, MAX_PAIRING_BYTES, Pairing, PairingAnswer, PairingEnvelope,
};
use zeroize::Zeroizing;

use crate::bundle::Trust;
use crate::message::verify_by_order_key;
use crate::purpose::{Purpose, Scope};
use crate::sealing::{self, Exporter, OpeningKey, Psk};
use crate::sign::SigningKey;
pub use crate::text_key::InvalidKeyText;
use crate::{SealError, text_key};

/// What every pairing string begins with.
pub const PREFIX: &str = "sekisho-gw1-";

const FIXED: usize = 16 + 32 + 32;

/// The longest address in a pairing string, in bytes: a DNS name and a port.
const MAX_ADDRESS: usize = 253 + 6;

/// A pairing string in the clear.
#[derive(Clone, Debug)]
pub struct PairingText {
    /// Which string; public.
    pub id: [u8; 16],
    /// The pre-shared key.
    pub secret: Secret,
    /// SHA-256 of the public key (SubjectPublicKeyInfo) of the gateway's link.
    pub key_sha256: [u8; 32],
    /// Where the gateway's private listener is, `host:port`.
    pub address: String,
}

impl PairingText {
    /// The text a person copies.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(FIXED + self.address.len()));
        bytes.extend_from_slice(&self.id);
        bytes.extend_from_slice(self.secret.expose());
        bytes.extend_from_slice(&self.key_sha256);
        bytes.extend_from_slice(self.address.as_bytes());
        text_key::encode(PREFIX, &bytes)
    }

    /// Reads what a person copied.
    ///
    /// # Errors
    /// Says what is wrong with the text, never what it holds.
    pub fn parse(text: &str) -> Result<Self, InvalidKeyText> {
        let bytes = text_key::decode_any(PREFIX, text)?;
        let (fixed, address) = bytes.split_at_checked(FIXED).ok_or(InvalidKeyText::Checksum)?;
        let address = std::str::from_utf8(address).map_err(|_| InvalidKeyText::Checksum)?;
        if address.is_empty()
            || address.len() > MAX_ADDRESS
            || !address.bytes().all(|b| b.is_ascii_graphic())
        {
            return Err(InvalidKeyText::Checksum);
        }
        let (mut id, mut key_sha256) = ([0; 16], [0; 32]);
        id.copy_from_slice(&fixed[..16]);
        key_sha256.copy_from_slice(&fixed[48..]);
        let secret = Secret::new(fixed[16..48].to_vec());
        Ok(Self { id, secret, key_sha256, address: address.to_owned() })
    }
}

/// What a pairing is bound to: the string, and the key the string pins.
fn pairing_info(id: &[u8; 16], key_sha256: &[u8; 32]) -> Vec<u8> {
    let mut info = b"sekisho\0".to_vec();
    info.extend_from_slice(&sekisho_wire::PROTOCOL.to_be_bytes());
    info.extend_from_slice(Purpose::Pairing.content_type().as_bytes());
    info.push(0);
    info.extend_from_slice(id);
    info.extend_from_slice(key_sha256);
    info
}

/// Seals a pairing to the key in the gateway's offer. The exporter opens the
/// answer.
///
/// # Errors
/// When the offered key is unusable.
pub fn seal_pairing(
    pairing: &Pairing,
    text: &PairingText,
    offered: &[u8; 32],
    rng: &dyn Rng,
) -> Result<(PairingEnvelope, Exporter), SealError> {
    let psk = Psk { secret: &text.secret, id: &text.id };
    let info = pairing_info(&text.id, &text.key_sha256);
    let plain = Zeroizing::new(cbor::encode(pairing));
    let (sealed, exporter) = sealing::seal(offered, Some(psk), &info, &plain, rng)?;
    let envelope = PairingEnvelope { id: text.id, enc: sealed.enc, ciphertext: sealed.ciphertext };
    Ok((envelope, exporter))
}

/// Opens a pairing. Success proves that the sender knows the secret.
///
/// # Errors
/// [`SealError::Unsealable`], whatever is wrong with it.
pub fn open_pairing(
    envelope: &PairingEnvelope,
    text: &PairingText,
    key: &OpeningKey,
) -> Result<(Pairing, Exporter), SealError> {
    if envelope.id != text.id {
        return Err(SealError::Unsealable);
    }
    let psk = Psk { secret: &text.secret, id: &text.id };
    let info = pairing_info(&text.id, &text.key_sha256);
    let (plain, exporter) =
        sealing::open(key, Some(psk), &info, &envelope.enc, &envelope.ciphertext)?;
    Ok((cbor::decode(&plain, MAX_PAIRING_BYTES)?, exporter))
}

const PAIRING_ANSWER: &[u8] = b"sekisho pairing answer";

/// Encrypts the one answer to a pairing under a key both ends derive from it;
/// the key is used once, so the nonce is constant.
pub fn seal_pairing_answer(answer: &PairingAnswer, exporter: &Exporter) -> Vec<u8> {
    let mut bytes = cbor::encode(answer);
    let nonce = aead::Nonce::assume_unique_for_key([0; 12]);
    answer_key(exporter)
        .seal_in_place_append_tag(nonce, aead::Aad::from(PAIRING_ANSWER), &mut bytes)
        .expect("answers are shorter than the cipher's limit");
    bytes
}

/// Opens the answer to a pairing: it was made by who knows the secret.
///
/// # Errors
/// When it was not, or is unreadable.
pub fn open_pairing_answer(bytes: &[u8], exporter: &Exporter) -> Result<PairingAnswer, SealError> {
    let mut buffer = bytes.to_vec();
    let nonce = aead::Nonce::assume_unique_for_key([0; 12]);
    let plain = answer_key(exporter)
        .open_in_place(nonce, aead::Aad::from(PAIRING_ANSWER), &mut buffer)
        .map_err(|_| SealError::Unsealable)?;
    Ok(cbor::decode(plain, MAX_PAIRING_BYTES)?)
}

fn answer_key(exporter: &Exporter) -> aead::LessSafeKey {
    let key = exporter.export(PAIRING_ANSWER);
    let key = aead::UnboundKey::new(&aead::CHACHA20_POLY1305, &*key).expect("32 bytes are a key");
    aead::LessSafeKey::new(key)
}

/// Signs what a gateway works by.
pub fn sign_gateway_config(config: &GatewayConfig, signer: &SigningKey) -> Vec<u8> {
    signer.sign(Purpose::GatewayConfig, &Scope::site(config.site), cbor::encode(config))
}

/// Checks what a gateway shall work by. Whether it is for this gateway, and
/// not older than what it holds, is the caller's question.
///
/// # Errors
/// When it is not signed by an order key of the site.
pub fn open_gateway_config(signed: &[u8], trust: &Trust) -> Result<GatewayConfig, SealError> {
    let scope = Scope::site(trust.anchor().site);
    let payload = verify_by_order_key(Purpose::GatewayConfig, &scope, trust, signed)?;
    let config: GatewayConfig = cbor::decode(&payload, MAX_CONFIG_BYTES)?;
    if config.site != scope.site {
        return Err(SealError::OtherContext("site"));
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::Timestamp;
    use sekisho_model::id::{GatewayId, SiteId};
    use sekisho_model::rng::SeededRng;
    use sekisho_wire::bundle::SiteAnchor;

    fn text() -> PairingText {
        PairingText {
            id: [1; 16],
            secret: Secret::new(vec![2; 32]),
            key_sha256: [3; 32],
            address: "dmz.example.jp:8363".to_owned(),
        }
    }

    fn pairing() -> Pairing {
        let rng = SeededRng::new(1);
        let now = Timestamp::from_millis(1);
        Pairing {
            anchor: SiteAnchor { site: SiteId::at(now, &rng), root_key: [4; 32] },
            bundles: Vec::new(),
            gateway: GatewayId::at(now, &rng),
            name: "dmz".to_owned(),
            chain: Vec::new(),
            dial: None,
        }
    }

    #[test]
    fn a_pairing_string_is_read_back_and_a_slip_is_noticed() {
        let text = text();
        let written = text.to_text();
        let again = PairingText::parse(&written).expect("readable");
        assert_eq!((again.id, again.key_sha256), (text.id, text.key_sha256));
        assert_eq!((again.address, again.secret), (text.address, text.secret));
        for cut in 0..written.len() {
            assert!(PairingText::parse(&written[..cut]).is_err(), "{cut} characters");
        }
        assert!(PairingText::parse(&"0".repeat(1 << 20)).is_err());
    }

    #[test]
    fn a_pairing_is_opened_with_its_secret_only() {
        let rng = SeededRng::new(2);
        let key = OpeningKey::generate(&rng);
        let (envelope, asked) =
            seal_pairing(&pairing(), &text(), &key.public(), &rng).expect("sealed");
        let (opened, answering) = open_pairing(&envelope, &text(), &key).expect("the same secret");
        assert_eq!(opened, pairing());
        for other in [
            PairingText { secret: Secret::new(vec![9; 32]), ..text() },
            PairingText { key_sha256: [9; 32], ..text() },
            PairingText { id: [9; 16], ..text() },
        ] {
            assert!(open_pairing(&envelope, &other, &key).is_err());
        }
        let answer = PairingAnswer { gateway: opened.gateway, agents: "0.0.0.0:8383".to_owned() };
        let sealed = seal_pairing_answer(&answer, &answering);
        assert_eq!(open_pairing_answer(&sealed, &asked).expect("of the same pairing"), answer);
        let mut changed = sealed;
        changed[0] ^= 1;
        assert!(open_pairing_answer(&changed, &asked).is_err());
    }
}
