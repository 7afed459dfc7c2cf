//! Just enough of ASN.1 to walk through a PKCS#12 file: elements, one after the
//! other. BER is read as well as DER, because some programs write their files
//! with open lengths and strings in pieces.

use std::borrow::Cow;

use x509_parser::asn1_rs::{Any, Class, FromBer as _, Tag};

/// Strings in pieces of pieces are not read deeper than this.
const MAX_PIECES_DEPTH: usize = 4;

/// The bytes are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Elements that follow each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    /// Of a whole file, or of what an element holds.
    pub(super) const fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes that are not read yet.
    pub(super) const fn rest(self) -> &'a [u8] {
        self.0
    }

    /// Whether all are read.
    pub(super) const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// A SEQUENCE.
    pub(super) fn sequence(&mut self) -> Result<Self, Malformed> {
        self.expect(Class::Universal, Tag::Sequence).map(|found| Self(found.data))
    }

    /// What stands in `[number]`.
    pub(super) fn tagged(&mut self, number: u32) -> Result<Self, Malformed> {
        self.expect(Class::ContextSpecific, Tag(number)).map(|found| Self(found.data))
    }

    /// The bytes of an OBJECT IDENTIFIER.
    pub(super) fn oid(&mut self) -> Result<&'a [u8], Malformed> {
        self.expect(Class::Universal, Tag::Oid).map(|found| found.data)
    }

    /// An INTEGER of at most 32 bits, not negative.
    pub(super) fn number(&mut self) -> Result<u32, Malformed> {
        let found = self.expect(Class::Universal, Tag::Integer)?;
        let (Some(first), true) = (found.data.first(), found.data.len() <= 5) else {
            return Err(Malformed);
        };
        if *first >= 0x80 {
            return Err(Malformed);
        }
        let value = found.data.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        u32::try_from(value).map_err(|_| Malformed)
    }

    /// An OCTET STRING.
    pub(super) fn octets(&mut self) -> Result<Cow<'a, [u8]>, Malformed> {
        pieces(&self.expect(Class::Universal, Tag::OctetString)?, MAX_PIECES_DEPTH)
    }

    /// An OCTET STRING that bears `[number]` in the place of its own tag.
    pub(super) fn tagged_octets(&mut self, number: u32) -> Result<Cow<'a, [u8]>, Malformed> {
        pieces(&self.expect(Class::ContextSpecific, Tag(number))?, MAX_PIECES_DEPTH)
    }

    /// Passes over the next element.
    pub(super) fn skip(&mut self) -> Result<(), Malformed> {
        self.any().map(drop)
    }

    /// Whether a universal element of this tag comes next.
    pub(super) fn next_is(self, tag: Tag) -> bool {
        let mut ahead = self;
        ahead.expect(Class::Universal, tag).is_ok()
    }

    fn expect(&mut self, class: Class, tag: Tag) -> Result<Any<'a>, Malformed> {
        let found = self.any()?;
        if found.class() == class && found.tag() == tag { Ok(found) } else { Err(Malformed) }
    }

    fn any(&mut self) -> Result<Any<'a>, Malformed> {
        let (rest, found) = Any::from_ber(self.0).map_err(|_| Malformed)?;
        self.0 = rest;
        Ok(found)
    }
}

fn pieces<'a>(found: &Any<'a>, depth: usize) -> Result<Cow<'a, [u8]>, Malformed> {
    if !found.header.is_constructed() {
        return Ok(Cow::Borrowed(found.data));
    }
    let depth = depth.checked_sub(1).ok_or(Malformed)?;
    let mut rest = Elements(found.data);
    let mut whole = Vec::new();
    while !rest.is_empty() {
        let piece = rest.expect(Class::Universal, Tag::OctetString)?;
        whole.extend_from_slice(&pieces(&piece, depth)?);
    }
    Ok(Cow::Owned(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_in_pieces_is_put_together() {
        let open = [0x24, 0x80, 0x04, 0x02, 1, 2, 0x24, 0x03, 0x04, 0x01, 3, 0, 0];
        assert_eq!(Elements::of(&open).octets().as_deref(), Ok(&[1, 2, 3][..]));
        let deep = [0x24, 8, 0x24, 6, 0x24, 4, 0x24, 2, 0x24, 0];
        assert_eq!(Elements::of(&deep).octets(), Err(Malformed));
    }

    #[test]
    fn a_number_is_small_and_not_negative() {
        assert_eq!(Elements::of(&[2, 2, 8, 0]).number(), Ok(2048));
        assert_eq!(Elements::of(&[2, 5, 0, 0xff, 0xff, 0xff, 0xff]).number(), Ok(u32::MAX));
        for wrong in [&[2, 0][..], &[2, 1, 0x80], &[2, 5, 1, 0, 0, 0, 0], &[2, 6, 0, 0, 0, 0, 0, 1]]
        {
            assert_eq!(Elements::of(wrong).number(), Err(Malformed), "{wrong:?}");
        }
    }
}
