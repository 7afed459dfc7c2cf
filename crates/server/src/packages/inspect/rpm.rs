//! The header of an RPM, as far as it says what the package is.
//!
//! A lead, then two headers of the same form: signatures and, at the next
//! multiple of eight bytes, the package (LSB 3.1, "RPM Package File Format").
//! The crate that writes ours trusts the offsets in a file that it reads, so it
//! is not asked to read those of strangers.

use super::Said;

/// Length of the lead, in bytes.
const LEAD: usize = 96;

/// What every header begins with: magic number and version.
const HEADER_MAGIC: [u8; 4] = [0x8e, 0xad, 0xe8, 0x01];

/// Length of a header's first part, and of each entry of its index, in bytes.
const ENTRY: usize = 16;

/// Type of an entry that is one text, ended by a zero byte.
const TEXT: u32 = 6;

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const ARCHITECTURE: u32 = 1022;

/// Reads what a package says of itself.
pub(super) fn read(bytes: &[u8]) -> Result<Said, &'static str> {
    let after_lead = bytes.get(LEAD..).ok_or("it ends in its first bytes")?;
    let signatures = Header::read(after_lead)?;
    let rest = after_lead.get(signatures.length.next_multiple_of(8)..);
    let header = Header::read(rest.ok_or("it ends in its signatures")?)?;
    Ok(Said {
        name: header.text(NAME)?,
        version: header.text(VERSION)?,
        architecture: header.text(ARCHITECTURE)?,
    })
}

/// A header: entries that point into what follows them.
struct Header<'a> {
    entries: &'a [[u8; ENTRY]],
    store: &'a [u8],
    /// Of the whole, in bytes.
    length: usize,
}

impl<'a> Header<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let short = "it ends in a header";
        let (first, rest) = bytes.split_first_chunk::<ENTRY>().ok_or(short)?;
        if !first.starts_with(&HEADER_MAGIC) {
            return Err("a header does not begin as one");
        }
        let entries = number(first, 8).checked_mul(ENTRY).ok_or(short)?;
        let store = number(first, 12);
        let (entries, rest) = rest.split_at_checked(entries).ok_or(short)?;
        let store = rest.get(..store).ok_or(short)?;
        let length = ENTRY + entries.len() + store.len();
        Ok(Self { entries: entries.as_chunks().0, store, length })
    }

    /// The text with this tag.
    fn text(&self, tag: u32) -> Result<String, &'static str> {
        let missing = "its header does not say its name, version and processor";
        let is_it = |entry: &&[u8; ENTRY]| word(entry, 0) == tag && word(entry, 4) == TEXT;
        let entry = self.entries.iter().find(is_it).ok_or(missing)?;
        let from = self.store.get(number(entry, 8)..).ok_or(missing)?;
        let end = from.iter().position(|byte| *byte == 0).ok_or(missing)?;
        let text = std::str::from_utf8(&from[..end]).map_err(|_| "its header is no text")?;
        Ok(text.to_owned())
    }
}

fn word(bytes: &[u8; ENTRY], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn number(bytes: &[u8; ENTRY], at: usize) -> usize {
    // Beyond the address space is beyond the file.
    usize::try_from(word(bytes, at)).unwrap_or(usize::MAX)
}
