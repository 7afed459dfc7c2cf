//! Frames of HTTP/2 as an attacker writes them (RFC 9113), and as much of an
//! answer as is needed to judge it. Nothing here refuses to write nonsense.

/// What a client sends first.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 0x1;
pub(crate) const END_HEADERS: u8 = 0x4;

/// A frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Preface and settings.
pub(crate) fn opening(settings: &[(u16, u32)]) -> Vec<u8> {
    let payload = settings.iter().flat_map(|(id, value)| {
        let (id, value) = (id.to_be_bytes(), value.to_be_bytes());
        [id[0], id[1], value[0], value[1], value[2], value[3]]
    });
    [PREFACE, &frame(SETTINGS, 0, 0, &payload.collect::<Vec<u8>>())].concat()
}

/// Fields as a header block: literals that are not indexed, without Huffman
/// coding, so that any bytes can stand in them.
pub(crate) fn block(fields: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            length(&mut block, text.len());
            block.extend_from_slice(text);
        }
    }
    block
}

/// An integer with a prefix of seven bits (RFC 7541 §5.1).
fn length(block: &mut Vec<u8>, value: usize) {
    let short = u8::try_from(value).ok().filter(|value| *value < 127);
    if let Some(short) = short {
        return block.push(short);
    }
    block.push(127);
    let mut rest = value - 127;
    while rest >= 128 {
        block.push(u8::try_from(rest % 128).expect("below 128") | 128);
        rest /= 128;
    }
    block.push(u8::try_from(rest).expect("below 128"));
}

/// The frames in a row of bytes: kind, flags, stream, payload.
pub(crate) fn read(bytes: &[u8]) -> Vec<(u8, u8, u32, &[u8])> {
    let (mut rest, mut frames) = (bytes, Vec::new());
    while let Some((head, after)) = rest.split_first_chunk::<9>() {
        let [a, b, c, kind, flags, stream @ ..] = *head;
        let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap_or(usize::MAX);
        let Some((payload, behind)) = after.split_at_checked(length) else { break };
        frames.push((kind, flags, u32::from_be_bytes(stream) & 0x7fff_ffff, payload));
        rest = behind;
    }
    frames
}

/// The status in the first header block of a connection. `None`: it does not
/// begin with one.
pub(crate) fn status(block: &[u8]) -> Option<u16> {
    match block {
        [0x88, ..] => Some(200),
        [0x89, ..] => Some(204),
        [0x8a, ..] => Some(206),
        [0x8b, ..] => Some(304),
        [0x8c, ..] => Some(400),
        [0x8d, ..] => Some(404),
        [0x8e, ..] => Some(500),
        // A literal whose name is that of an entry of the static table.
        [0x08..=0x0e | 0x18..=0x1e | 0x48..=0x4e, 3, digits @ ..] => {
            std::str::from_utf8(digits.get(..3)?).ok()?.parse().ok()
        }
        [0x08..=0x0e | 0x18..=0x1e | 0x48..=0x4e, length, coded @ ..] if length & 0x80 != 0 => {
            huffman_digits(coded.get(..usize::from(length & 0x7f))?)
        }
        _ => None,
    }
}

/// Three digits as RFC 7541 appendix B codes them: 0, 1 and 2 in five bits, the
/// others in six.
fn huffman_digits(coded: &[u8]) -> Option<u16> {
    let bit = |at: usize| coded.get(at / 8).map(|byte| u16::from(byte >> (7 - at % 8) & 1));
    let bits = |at: usize, count: usize| {
        (at..at + count).try_fold(0, |number, at| Some(number * 2 + bit(at)?))
    };
    let (mut at, mut number) = (0, 0);
    for _ in 0..3 {
        let digit = match bits(at, 5)? {
            short @ 0..=2 => (short, 5),
            _ => (bits(at, 6)?.checked_sub(0b01_1001)? + 3, 6),
        };
        number = number * 10 + digit.0;
        at += digit.1;
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_were_written_are_read() {
        let bytes = [frame(PING, 0, 0, &[7; 8]), frame(DATA, END_STREAM, 3, b"abc")].concat();
        let (ping, data): (&[u8], &[u8]) = (&[7; 8], b"abc");
        assert_eq!(read(&bytes), [(PING, 0, 0, ping), (DATA, END_STREAM, 3, data)]);
        assert_eq!(read(&bytes[..bytes.len() - 1]).len(), 1, "the second is not whole");
    }

    #[test]
    fn a_status_is_read_in_each_form() {
        assert_eq!(status(&[0x8d, 0x5f]), Some(404));
        assert_eq!(status(b"\x48\x03431"), Some(431));
        // 4, 2, 9: 011010 00010 011111.
        assert_eq!(status(&[0x48, 0x83, 0b0110_1000, 0b0100_1111, 0b1111_1111]), Some(429));
        assert_eq!(status(&[0x5f]), None);
    }

    #[test]
    fn long_values_have_long_lengths() {
        let long = vec![b'x'; 300];
        let block = block(&[(b"a", &long)]);
        // 300 = 127 + 45 + 1 × 128.
        assert_eq!(&block[..6], [0, 1, b'a', 127, 173, 1]);
        assert_eq!(block.len(), 6 + 300);
    }
}
