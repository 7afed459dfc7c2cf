//! CBOR (RFC 8949) with a size cap and nothing after the value.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why bytes could not be read as a message.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Longer than the message may be.
    #[error("the message has {found} bytes; at most {cap} are allowed")]
    TooLong {
        /// Bytes found.
        found: usize,
        /// Bytes allowed.
        cap: usize,
    },
    /// Not CBOR, or not this message.
    #[error("the message is malformed: {0}")]
    Malformed(String),
    /// Bytes follow the message.
    #[error("{0} bytes follow the message")]
    Trailing(usize),
    /// Written for another protocol version.
    #[error("the message is of protocol version {found}; this build reads {min} to {max}")]
    Version {
        /// Version found.
        found: u16,
        /// Oldest version read.
        min: u16,
        /// Newest version read.
        max: u16,
    },
}

/// The message as CBOR.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512);
    // Our messages hold nothing that CBOR cannot express and a Vec never fails.
    ciborium::into_writer(message, &mut bytes).expect("every message can be written as CBOR");
    bytes
}

/// Reads a message of at most `cap` bytes.
///
/// # Errors
/// When the bytes are too many, malformed or more than the message.
pub fn decode<T: DeserializeOwned>(bytes: &[u8], cap: usize) -> Result<T, DecodeError> {
    if bytes.len() > cap {
        return Err(DecodeError::TooLong { found: bytes.len(), cap });
    }
    let mut rest = bytes;
    let message = ciborium::de::from_reader_with_recursion_limit(&mut rest, 32)
        .map_err(|error| DecodeError::Malformed(describe(&error)))?;
    if !rest.is_empty() {
        return Err(DecodeError::Trailing(rest.len()));
    }
    Ok(message)
}

/// Says what is wrong without repeating what was received: a message may hold
/// a secret.
fn describe(error: &ciborium::de::Error<std::io::Error>) -> String {
    match error {
        ciborium::de::Error::Io(_) => "it ends too early".to_owned(),
        ciborium::de::Error::Syntax(at) => format!("invalid CBOR at byte {at}"),
        ciborium::de::Error::Semantic(at, _) => {
            format!(
                "unexpected content{}",
                at.map(|at| format!(" at byte {at}")).unwrap_or_default()
            )
        }
        ciborium::de::Error::RecursionLimitExceeded => "it is nested too deeply".to_owned(),
    }
}

/// Refuses a protocol version that this build does not read.
///
/// # Errors
/// Names the version found and those that are read.
pub fn check_version(found: u16) -> Result<(), DecodeError> {
    let (min, max) = (crate::PROTOCOL_MIN, crate::PROTOCOL);
    if (min..=max).contains(&found) {
        Ok(())
    } else {
        Err(DecodeError::Version { found, min, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_too_long_cut_or_followed() {
        let bytes = encode(&("a", 5u8));
        assert!(matches!(
            decode::<(String, u8)>(&bytes, 2),
            Err(DecodeError::TooLong { found: 4, cap: 2 })
        ));
        for cut in 0..bytes.len() {
            assert!(decode::<(String, u8)>(&bytes[..cut], 100).is_err());
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(matches!(decode::<(String, u8)>(&longer, 100), Err(DecodeError::Trailing(1))));
        assert_eq!(decode::<(String, u8)>(&bytes, 100).expect("valid"), ("a".to_owned(), 5));
    }

    #[test]
    fn deep_nesting_is_refused() {
        let bytes = vec![0x81; 4000];
        assert!(decode::<ciborium::Value>(&bytes, 10_000).is_err());
    }
}
