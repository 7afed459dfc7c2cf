//! The MAC of a session's frames.

use aws_lc_rs::hmac;
use sekisho_model::id::DeviceSessionId;
use sekisho_wire::session::Frame;
use zeroize::Zeroizing;

use crate::sealing::Exporter;
use crate::{SealError, sha256};

/// Which way a frame travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Agent to server.
    ToServer,
    /// Server to agent, in answer to the frame with this counter.
    ToAgent {
        /// The counter of the frame that is answered.
        answers: u64,
    },
}

/// The two MAC keys of a session, exported from its Welcome.
pub struct SessionKeys {
    to_server: Zeroizing<[u8; 32]>,
    to_agent: Zeroizing<[u8; 32]>,
}

impl SessionKeys {
    /// The keys that both ends of a Welcome can derive.
    pub fn export(exporter: &Exporter) -> Self {
        Self {
            to_server: exporter.export(b"sekisho frame to server"),
            to_agent: exporter.export(b"sekisho frame to agent"),
        }
    }

    /// The keys as stored bytes, for the server's vault.
    pub fn to_secret(&self) -> sekisho_model::Secret {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(&*self.to_server);
        bytes.extend_from_slice(&*self.to_agent);
        sekisho_model::Secret::new(bytes)
    }

    /// The keys from stored bytes.
    ///
    /// # Errors
    /// When there are not 64 bytes.
    pub fn from_secret(bytes: &sekisho_model::Secret) -> Result<Self, SealError> {
        let (first, second) =
            bytes.expose().split_at_checked(32).ok_or(SealError::BadKey("session key"))?;
        let key = |half: &[u8]| -> Result<Zeroizing<[u8; 32]>, SealError> {
            Ok(Zeroizing::new(half.try_into().map_err(|_| SealError::BadKey("session key"))?))
        };
        Ok(Self { to_server: key(first)?, to_agent: key(second)? })
    }

    /// A frame with its MAC.
    pub fn frame(
        &self,
        direction: Direction,
        session: DeviceSessionId,
        counter: u64,
        (method, path): (&str, &str),
        body: Vec<u8>,
    ) -> Frame {
        let input = input(direction, session, counter, method, path, &body);
        let mut mac = [0; 32];
        mac.copy_from_slice(hmac::sign(&self.key(direction), &input).as_ref());
        Frame { session, counter, body, mac }
    }

    /// Checks a frame's MAC in constant time. Whether its counter is new is
    /// for the caller to decide.
    ///
    /// # Errors
    /// [`SealError::BadSignature`] when it is wrong.
    pub fn check(
        &self,
        direction: Direction,
        (method, path): (&str, &str),
        frame: &Frame,
    ) -> Result<(), SealError> {
        let input = input(direction, frame.session, frame.counter, method, path, &frame.body);
        hmac::verify(&self.key(direction), &input, &frame.mac).map_err(|_| SealError::BadSignature)
    }

    fn key(&self, direction: Direction) -> hmac::Key {
        let bytes = match direction {
            Direction::ToServer => &*self.to_server,
            Direction::ToAgent { .. } => &*self.to_agent,
        };
        hmac::Key::new(hmac::HMAC_SHA256, bytes)
    }
}

impl std::fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKeys(…)")
    }
}

fn input(
    direction: Direction,
    session: DeviceSessionId,
    counter: u64,
    method: &str,
    path: &str,
    body: &[u8],
) -> Vec<u8> {
    let mut out = b"sekisho frame 1\0".to_vec();
    match direction {
        Direction::ToServer => out.push(0),
        Direction::ToAgent { answers } => {
            out.push(1);
            out.extend_from_slice(&answers.to_be_bytes());
        }
    }
    out.extend_from_slice(session.as_bytes());
    out.extend_from_slice(&counter.to_be_bytes());
    for text in [method, path] {
        out.extend_from_slice(&(text.len() as u64).to_be_bytes());
        out.extend_from_slice(text.as_bytes());
    }
    out.extend_from_slice(&sha256(body));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealing::{OpeningKey, seal};
    use sekisho_model::Timestamp;
    use sekisho_model::rng::SeededRng;

    #[test]
    fn a_frame_fits_only_its_direction_path_and_session() {
        let rng = SeededRng::new(1);
        let key = OpeningKey::generate(&rng);
        let (_, exporter) = seal(&key.public(), None, b"", b"", &rng).expect("seals");
        let keys = SessionKeys::export(&exporter);
        let session = DeviceSessionId::at(Timestamp::EPOCH, &rng);
        let to = ("POST", "/agent/v1/fetch");
        let frame = keys.frame(Direction::ToServer, session, 1, to, b"body".to_vec());
        assert!(keys.check(Direction::ToServer, to, &frame).is_ok());
        assert!(keys.check(Direction::ToAgent { answers: 1 }, to, &frame).is_err());
        assert!(keys.check(Direction::ToServer, ("POST", "/agent/v1/receipt"), &frame).is_err());
        let replayed = Frame { counter: 2, ..frame.clone() };
        assert!(keys.check(Direction::ToServer, to, &replayed).is_err());
        let changed = Frame { body: b"bodz".to_vec(), ..frame };
        assert!(keys.check(Direction::ToServer, to, &changed).is_err());

        let answer = keys.frame(Direction::ToAgent { answers: 1 }, session, 1, to, vec![]);
        assert!(keys.check(Direction::ToAgent { answers: 2 }, to, &answer).is_err());
    }

    #[test]
    fn keys_survive_the_vault() {
        let rng = SeededRng::new(1);
        let key = OpeningKey::generate(&rng);
        let (_, exporter) = seal(&key.public(), None, b"", b"", &rng).expect("seals");
        let keys = SessionKeys::export(&exporter);
        let again = SessionKeys::from_secret(&keys.to_secret()).expect("64 bytes");
        assert_eq!(keys.to_secret(), again.to_secret());
        assert!(SessionKeys::from_secret(&sekisho_model::Secret::new(vec![0; 63])).is_err());
    }
}
