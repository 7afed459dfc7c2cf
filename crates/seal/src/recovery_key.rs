//! The recovery key: printed once at `init`, never in the data folder.

use sekisho_model::Secret;
use zeroize::Zeroizing;

use crate::sealing::OpeningKey;
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

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::rng::SeededRng;

    #[test]
    fn reads_its_own_text() {
        let key = OpeningKey::generate(&SeededRng::new(8));
        let text = to_text(&key);
        assert_eq!(parse(&text).expect("readable").public(), key.public());
    }
}
