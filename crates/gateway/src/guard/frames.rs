//! The frames of HTTP/2 as they go by (RFC 9113 §4.1): hyper reads them, this
//! only counts. h2 bounds what a peer can make it store; here end the things
//! that cost a peer nothing and this side time: frames that do nothing, and a
//! header block that never ends.

use std::time::Duration;

use sekisho_wire::gateway::Rate;

use crate::limits::{Bucket, Reason};

/// What a client sends first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Frames that carry neither a request nor a part of a body. An agent sends a
/// few at the beginning and a ping a minute.
const IDLE_FRAMES: Rate = Rate::per_second(20, 200);

/// Streams taken back: an agent does so when it gives up a wait. Each has cost this
/// side a request.
const RESETS: Rate = Rate::per_second(1, 20);

/// Continuations of one header block: 16 KiB fit in one frame.
const MAX_CONTINUATIONS: u32 = 4;

/// The longest frame that a client may send, by the settings it is told.
const MAX_FRAME: u32 = 16 * 1024;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;

/// Where in the frames a connection is.
#[derive(Debug, Default)]
pub struct Frames {
    preface: usize,
    header: [u8; 9],
    /// Bytes of the header that are there.
    have: usize,
    /// Bytes of the payload that are not.
    left: u32,
    /// A header block has begun and not ended.
    in_block: bool,
    continuations: u32,
    idle: Bucket,
    resets: Bucket,
}

impl Frames {
    /// Sees what came.
    ///
    /// # Errors
    /// Why the connection is to be closed.
    pub fn see(&mut self, bytes: &[u8], now: Duration) -> Result<(), Reason> {
        let mut bytes = bytes;
        while let Some((first, rest)) = bytes.split_first() {
            if self.preface < PREFACE.len() {
                if PREFACE[self.preface] != *first {
                    return Err(Reason::Malformed);
                }
                (self.preface, bytes) = (self.preface + 1, rest);
            } else if self.left > 0 {
                let here = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
                // At most `left`, which is a u32.
                self.left -= u32::try_from(here).unwrap_or(self.left);
                bytes = &bytes[here..];
            } else {
                let here = (self.header.len() - self.have).min(bytes.len());
                self.header[self.have..self.have + here].copy_from_slice(&bytes[..here]);
                (self.have, bytes) = (self.have + here, &bytes[here..]);
                if self.have == self.header.len() {
                    self.have = 0;
                    self.begin(now)?;
                }
            }
        }
        Ok(())
    }

    /// Whether no frame but one of a body is begun, and no header block.
    pub fn is_between(&self) -> bool {
        let of_body = self.left > 0 && self.header[3] == DATA;
        self.preface == PREFACE.len()
            && self.have == 0
            && !self.in_block
            && (self.left == 0 || of_body)
    }

    /// A frame's header is there.
    fn begin(&mut self, now: Duration) -> Result<(), Reason> {
        let [a, b, c, kind, flags, ..] = self.header;
        self.left = u32::from_be_bytes([0, a, b, c]);
        if self.left > MAX_FRAME {
            return Err(Reason::Malformed);
        }
        let does_something = match kind {
            HEADERS => {
                (self.in_block, self.continuations) = (flags & END_HEADERS == 0, 0);
                true
            }
            CONTINUATION => {
                self.continuations += 1;
                self.in_block = flags & END_HEADERS == 0;
                if self.continuations > MAX_CONTINUATIONS {
                    return Err(Reason::Flood);
                }
                self.left > 0
            }
            DATA => self.left > 0 || flags & END_STREAM != 0,
            _ => false,
        };
        let allowed = match kind {
            RST_STREAM => self.resets.take(RESETS, now),
            _ => does_something || self.idle.take(IDLE_FRAMES, now),
        };
        if allowed { Ok(()) } else { Err(Reason::Flood) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, 1], payload].concat()
    }

    fn started() -> Frames {
        let mut frames = Frames::default();
        frames.see(PREFACE, NOW).expect("the preface");
        frames
    }

    #[test]
    fn a_request_in_any_pieces_is_seen_the_same() {
        let bytes = [
            PREFACE,
            &frame(4, 0, &[0; 12]),
            &frame(HEADERS, END_HEADERS, &[0; 100]),
            &frame(DATA, END_STREAM, &[0; 300]),
        ]
        .concat();
        for size in 1..bytes.len() {
            let mut frames = Frames::default();
            for piece in bytes.chunks(size) {
                frames.see(piece, NOW).expect("in order");
            }
            assert!(frames.is_between(), "pieces of {size}");
        }
    }

    #[test]
    fn a_header_block_that_has_not_ended_is_noticed_and_a_body_is_none() {
        let mut frames = started();
        frames.see(&frame(HEADERS, 0, &[0; 10]), NOW).expect("begun");
        assert!(!frames.is_between());
        frames.see(&frame(CONTINUATION, END_HEADERS, &[0; 10]), NOW).expect("ended");
        assert!(frames.is_between());
        frames.see(&frame(DATA, 0, &[0; 100])[..50], NOW).expect("begun");
        assert!(frames.is_between());
        let mut frames = started();
        frames.see(&frame(HEADERS, END_HEADERS, &[0; 10])[..15], NOW).expect("begun");
        assert!(!frames.is_between());
    }

    #[test]
    fn floods_end() {
        for (what, one) in [
            ("ping", frame(6, 0, &[0; 8])),
            ("settings", frame(4, 0, &[])),
            ("window update", frame(8, 0, &[0; 4])),
            ("priority", frame(2, 0, &[0; 5])),
            ("empty data", frame(DATA, 0, &[])),
            ("unknown", frame(0xfa, 0, &[1, 2, 3])),
        ] {
            let mut frames = started();
            let passed = (0..10_000).take_while(|_| frames.see(&one, NOW).is_ok()).count();
            assert_eq!(passed, 200, "{what}");
        }
        let mut frames = started();
        let one = [frame(HEADERS, END_HEADERS, &[0; 10]), frame(RST_STREAM, 0, &[0; 4])].concat();
        assert_eq!((0..100).take_while(|_| frames.see(&one, NOW).is_ok()).count(), 20);
        let mut frames = started();
        frames.see(&frame(HEADERS, 0, &[0; 10]), NOW).expect("begun");
        let one = frame(CONTINUATION, 0, &[0; 10]);
        assert_eq!((0..100).take_while(|_| frames.see(&one, NOW).is_ok()).count(), 4);
    }

    #[test]
    fn what_is_no_http_2_ends() {
        assert_eq!(Frames::default().see(b"GET / HTTP/1.1", NOW), Err(Reason::Malformed));
        let long = [&[0xff, 0xff, 0xff, DATA, 0, 0, 0, 0, 1][..]].concat();
        assert_eq!(started().see(&long, NOW), Err(Reason::Malformed));
    }
}
