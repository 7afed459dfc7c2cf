//! The frames of the control stream: four bytes of length, and so many of CBOR.

use sekisho_wire::gateway::MAX_FRAME_BYTES;

/// A frame that says it is longer than any may be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {0} bytes on the control stream; at most {MAX_FRAME_BYTES} are allowed")]
pub struct TooLong(pub usize);

/// Cuts a stream into frames. Holds no more than one of them.
#[derive(Debug, Default)]
pub struct Frames {
    bytes: Vec<u8>,
}

impl Frames {
    /// More of the stream. Each frame that is whole now is handed to `each`.
    ///
    /// # Errors
    /// When a frame says it is too long; the stream is of no use then.
    pub fn take(&mut self, bytes: &[u8], mut each: impl FnMut(&[u8])) -> Result<(), TooLong> {
        self.bytes.extend_from_slice(bytes);
        let mut rest = self.bytes.as_slice();
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
            if length > MAX_FRAME_BYTES {
                return Err(TooLong(length));
            }
            let Some((frame, behind)) = after.split_at_checked(length) else { break };
            each(frame);
            rest = behind;
        }
        self.bytes = rest.to_vec();
        Ok(())
    }
}

/// A message as a frame.
pub fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("messages are shorter than 4 GiB");
    [&length.to_be_bytes(), message].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(pieces: &[&[u8]]) -> Result<Vec<Vec<u8>>, TooLong> {
        let (mut frames, mut found) = (Frames::default(), Vec::new());
        for piece in pieces {
            frames.take(piece, |frame| found.push(frame.to_vec()))?;
        }
        Ok(found)
    }

    #[test]
    fn frames_come_whole_in_whatever_pieces() {
        let bytes = [frame(b"one"), frame(b""), frame(&[7; 1000])].concat();
        let whole = vec![b"one".to_vec(), Vec::new(), vec![7; 1000]];
        for size in 1..=bytes.len() {
            let pieces: Vec<_> = bytes.chunks(size).collect();
            assert_eq!(cut(&pieces).as_ref(), Ok(&whole), "pieces of {size}");
        }
        assert_eq!(cut(&[&bytes[..bytes.len() - 1]]), Ok(whole[..2].to_vec()));
    }

    #[test]
    fn a_frame_that_is_too_long_is_refused_by_its_first_bytes() {
        let length = u32::try_from(MAX_FRAME_BYTES + 1).expect("fits").to_be_bytes();
        assert_eq!(cut(&[&length]), Err(TooLong(MAX_FRAME_BYTES + 1)));
        assert_eq!(cut(&[&[0xff; 4]]), Err(TooLong(u32::MAX as usize)));
        assert_eq!(cut(&[&u32::to_be_bytes(4 * 1024 * 1024)]), Ok(Vec::new()));
    }
}
