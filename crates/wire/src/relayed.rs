//! What a gateway tells its server of whoever called: two headers, each with
//! exactly one way to write it, and the frames of the control stream.
//!
//! The server reads these headers on connections whose TLS peer is a gateway of
//! its site, and on no others. They are hints for admission: who a device is, is
//! proved by what is inside of its messages.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use data_encoding::BASE64;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cbor::{self, DecodeError};
use crate::gateway::MAX_FRAME_BYTES;

/// The longest certificate that is passed on, in bytes.
pub const MAX_CLIENT_CERT_BYTES: usize = 8 * 1024;

/// The value of [`CLIENT_CERT_HEADER`](crate::gateway::CLIENT_CERT_HEADER): a
/// certificate (DER) as a byte sequence of structured fields (RFC 9440 §2.1,
/// RFC 8941 §3.3.5).
pub fn client_cert(der: &[u8]) -> String {
    format!(":{}:", BASE64.encode(der))
}

/// Reads what [`client_cert`] writes, and nothing else: no parameters, no second
/// value, no blanks, padding as it must be.
pub fn read_client_cert(value: &[u8]) -> Option<Vec<u8>> {
    let text = value.strip_prefix(b":")?.strip_suffix(b":")?;
    if text.is_empty() || text.len() > MAX_CLIENT_CERT_BYTES.div_ceil(3) * 4 {
        return None;
    }
    // Refuses bits behind the last byte, too: one value has one text.
    let der = BASE64.decode(text).ok()?;
    (der.len() <= MAX_CLIENT_CERT_BYTES).then_some(der)
}

/// The value of [`FORWARDED_HEADER`](crate::gateway::FORWARDED_HEADER): the
/// address of whoever called (RFC 7239 §4, §6).
pub fn forwarded(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("for={address}"),
        IpAddr::V6(address) => format!("for=\"[{address}]\""),
    }
}

/// Reads what [`forwarded`] writes, and nothing else: one address, no port, no
/// other parameter, no second element.
pub fn read_forwarded(value: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(value).ok()?.strip_prefix("for=")?;
    let address = match text.strip_prefix("\"[") {
        Some(rest) => IpAddr::V6(rest.strip_suffix("]\"")?.parse::<Ipv6Addr>().ok()?),
        None => IpAddr::V4(text.parse::<Ipv4Addr>().ok()?),
    };
    (forwarded(address).as_bytes() == value).then_some(address)
}

/// A message of the control stream with its length in front.
pub fn write_frame<T: Serialize>(message: &T) -> Vec<u8> {
    let body = cbor::encode(message);
    let length = u32::try_from(body.len()).expect("messages of the link are shorter than 4 GiB");
    let mut frame = Vec::with_capacity(4 + body.len());
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&body);
    frame
}

/// Puts the frames of a control stream together again, however they were cut.
#[derive(Debug, Default)]
pub struct Frames {
    held: Vec<u8>,
}

impl Frames {
    /// Takes what has arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// The next message, once it is complete.
    ///
    /// # Errors
    /// When it is longer than [`MAX_FRAME_BYTES`], or cannot be read; the stream
    /// is of no use any more then.
    pub fn take<T: DeserializeOwned>(&mut self) -> Result<Option<T>, DecodeError> {
        let Some((length, rest)) = self.held.split_first_chunk::<4>() else { return Ok(None) };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > MAX_FRAME_BYTES {
            return Err(DecodeError::TooLong { found: length, cap: MAX_FRAME_BYTES });
        }
        let Some(body) = rest.get(..length) else { return Ok(None) };
        let message = cbor::decode(body, MAX_FRAME_BYTES)?;
        self.held.drain(..4 + length);
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::FromGateway;

    #[test]
    fn a_certificate_has_one_way_to_be_written() {
        for der in [&b"0\x82\x01"[..], b"x", b"0123456789"] {
            assert_eq!(read_client_cert(client_cert(der).as_bytes()).as_deref(), Some(der));
        }
        for bad in [
            "",
            ":",
            "::",
            "eA==",
            ":eA:",
            ":eA=:",
            ":eB==:",
            ": eA==:",
            ":eA==:;a=1",
            ":eA==:,:eA==:",
            "\"eA==\"",
            ":eA==: ",
            ":e_A=:",
        ] {
            assert_eq!(read_client_cert(bad.as_bytes()), None, "{bad}");
        }
        let long = client_cert(&vec![0; MAX_CLIENT_CERT_BYTES + 1]);
        assert_eq!(read_client_cert(long.as_bytes()), None);
    }

    #[test]
    fn an_address_has_one_way_to_be_written() {
        for (text, address) in
            [("for=192.0.2.7", "192.0.2.7"), ("for=\"[2001:db8::1]\"", "2001:db8::1")]
        {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(forwarded(address), text);
            assert_eq!(read_forwarded(text.as_bytes()), Some(address));
        }
        let mapped: IpAddr = "::ffff:192.0.2.7".parse().expect("an address");
        assert_eq!(forwarded(mapped), "for=192.0.2.7");
        for bad in [
            "",
            "for=",
            "For=192.0.2.7",
            "for=192.0.2.7:80",
            "for=\"192.0.2.7\"",
            "for=2001:db8::1",
            "for=\"[2001:DB8::1]\"",
            "for=\"[::ffff:192.0.2.7]\"",
            "for=192.0.2.7;by=192.0.2.8",
            "for=192.0.2.7, for=192.0.2.8",
            "for=unknown",
            " for=192.0.2.7",
        ] {
            assert_eq!(read_forwarded(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn frames_are_put_together_however_they_were_cut() {
        let written = [write_frame(&FromGateway::DialAgain), write_frame(&FromGateway::DialAgain)];
        let written = written.concat();
        for size in 1..=written.len() {
            let mut frames = Frames::default();
            let mut found = 0;
            for part in written.chunks(size) {
                frames.push(part);
                while let Some(FromGateway::DialAgain) = frames.take().expect("readable") {
                    found += 1;
                }
            }
            assert_eq!(found, 2, "in parts of {size}");
        }
        let mut frames = Frames::default();
        frames.push(&[0xff; 4]);
        assert!(frames.take::<FromGateway>().is_err(), "longer than allowed");
    }
}
