//! The recovery key: printed once at `init`, never in the data folder.

use sekisho_model::{Rng, Secret};
use zeroize::Zeroizing;

use crate::SealError;
use crate::sealing::{self, OpeningKey};
use crate::text_key;
pub use crate::text_key::InvalidKeyText;

/// What every recovery key begins with.
pub const PREFIX: &str = "sekisho-rk1-";

/// The text that is printed once and kept on paper or in a safe.
pub fn to_text(key: &OpeningKey) -> Zeroizing<String> {
    text_key::encode(PREFIX, key.to_secret().expose())
}

/// Reads what an operator typed.
///
/// # Errors
/// Says what is wrong with the text, never what it holds.
pub fn parse(text: &str) -> Result<OpeningKey, InvalidKeyText> {
    let bytes = text_key::decode(PREFIX, 32, text)?;
    OpeningKey::from_secret(&Secret::new(bytes.to_vec())).map_err(|_| InvalidKeyText::Checksum)
}

/// Binds a proof to its purpose (the `info` of RFC 9180).
const PROOF: &[u8] = b"sekisho recovery key proof v1";

/// What the exported secret of a proof is named.
const PROOF_LABEL: &[u8] = b"proof";

/// What somebody is asked who says that they hold the private half.
pub struct Challenge {
    /// The encapsulated key, which they are given.
    pub enc: [u8; 32],
    /// What only they can make of it.
    pub expected: Zeroizing<[u8; 32]>,
}

/// Asks the holder of the private half to show it without giving it away: an
/// HPKE exchange (RFC 9180, base mode) of which only the exported secret is used.
///
/// # Errors
/// When the public key is not a usable X25519 key.
pub fn challenge(public: &[u8; 32], rng: &dyn Rng) -> Result<Challenge, SealError> {
    let (sealed, exporter) = sealing::seal(public, None, PROOF, &[], rng)?;
    Ok(Challenge { enc: sealed.enc, expected: exporter.export(PROOF_LABEL) })
}

/// The answer to a challenge.
///
/// # Errors
/// When the challenge is none.
pub fn prove(key: &OpeningKey, enc: &[u8; 32]) -> Result<Zeroizing<[u8; 32]>, SealError> {
    Ok(sealing::receive(key, PROOF, enc)?.export(PROOF_LABEL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::rng::SeededRng;

    /// The console computes the same in the browser: `recovery-key.test.ts`
    /// reads this file, too.
    #[test]
    fn a_proof_is_what_the_console_computes() {
        let fixture: serde_json::Value = serde_json::from_str(include_str!(
            "../../../console/src/features/first-run/recovery-proof.json"
        ))
        .expect("JSON");
        let bytes = |name: &str| -> [u8; 32] {
            let text = fixture[name].as_str().expect(name);
            data_encoding::BASE64URL_NOPAD
                .decode(text.as_bytes())
                .expect(name)
                .try_into()
                .expect(name)
        };
        let key = parse(fixture["key"].as_str().expect("key")).expect("a key");
        assert_eq!(key.public(), bytes("public"));
        assert_eq!(*prove(&key, &bytes("enc")).expect("proved"), bytes("proof"));
    }

    #[test]
    fn who_holds_the_key_answers() {
        let key = OpeningKey::generate(&SeededRng::new(1));
        let asked = challenge(&key.public(), &SeededRng::new(2)).expect("asked");
        assert_eq!(prove(&key, &asked.enc).expect("proved"), asked.expected);
    }

    #[test]
    fn another_key_proves_nothing() {
        let (key, other) =
            (OpeningKey::generate(&SeededRng::new(1)), OpeningKey::generate(&SeededRng::new(2)));
        let asked = challenge(&key.public(), &SeededRng::new(3)).expect("asked");
        let again = challenge(&key.public(), &SeededRng::new(4)).expect("asked");
        assert_ne!(prove(&other, &asked.enc).expect("computed"), asked.expected);
        assert_ne!(prove(&key, &again.enc).expect("computed"), asked.expected, "each its own");
        assert!(challenge(&[0; 32], &SeededRng::new(5)).is_err(), "a key that everybody shares");
    }

    #[test]
    fn reads_its_own_text() {
        let key = OpeningKey::generate(&SeededRng::new(8));
        let text = to_text(&key);
        assert_eq!(parse(&text).expect("readable").public(), key.public());
    }
}
