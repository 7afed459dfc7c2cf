//! Rows as bytes, and the sums that compare tables.

use sea_orm::sea_query;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::migrations::schema::Kind;

/// Longest text or binary value, in bytes. The largest that is stored is far
/// below it; the limit bounds what a forged backup can ask for.
pub const MAX_VALUE_BYTES: usize = 16 * 1024 * 1024;

/// One value of one row.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// No value.
    Null,
    /// A number.
    Int(i64),
    /// A UUID.
    Uuid([u8; 16]),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
    /// Yes or no.
    Flag(bool),
}

impl std::fmt::Debug for Value {
    /// The kind only: texts may be hashes of passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Int(_) => "Int(…)",
            Self::Uuid(_) => "Uuid(…)",
            Self::Text(_) => "Text(…)",
            Self::Blob(_) => "Blob(…)",
            Self::Flag(_) => "Flag(…)",
        })
    }
}

/// One row, its values in the order of the table's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(pub Vec<Value>);

/// Why bytes are not a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRow {
    /// The bytes end too early, go on too long, or hold an unknown tag.
    #[error("the bytes are not a row")]
    Malformed,
    /// Another number of columns.
    #[error("the row has {found} columns instead of {expected}")]
    Columns {
        /// Columns found.
        found: usize,
        /// Columns of the table.
        expected: usize,
    },
    /// A value of another kind than its column.
    #[error("column {column} holds another kind of value")]
    Kind {
        /// The column.
        column: &'static str,
    },
}

const NULL: u8 = 0;
const INT: u8 = 1;
const UUID: u8 = 2;
const TEXT: u8 = 3;
const BLOB: u8 = 4;
const NO: u8 = 5;
const YES: u8 = 6;

impl Value {
    pub(super) const fn fits(&self, kind: Kind) -> bool {
        matches!(
            (self, kind),
            (Self::Null, _)
                | (Self::Int(_), Kind::Integer)
                | (Self::Uuid(_), Kind::Uuid)
                | (Self::Text(_), Kind::Text)
                | (Self::Blob(_), Kind::Blob)
                | (Self::Flag(_), Kind::Flag)
        )
    }

    /// The value for a statement; an absent one has the kind of its column.
    pub(super) fn to_sql(&self, kind: Kind) -> sea_query::Value {
        match self {
            Self::Null => match kind {
                Kind::Uuid => None::<Uuid>.into(),
                Kind::Integer => None::<i64>.into(),
                Kind::Text => None::<String>.into(),
                Kind::Blob => None::<Vec<u8>>.into(),
                Kind::Flag => None::<bool>.into(),
            },
            Self::Int(number) => (*number).into(),
            Self::Uuid(bytes) => Uuid::from_bytes(*bytes).into(),
            Self::Text(text) => text.clone().into(),
            Self::Blob(bytes) => bytes.clone().into(),
            Self::Flag(flag) => (*flag).into(),
        }
    }
}

impl Row {
    /// The row as bytes: each value a tag, then the value; lengths are 4
    /// bytes, numbers 8, big endian. Equal rows have equal bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        for value in &self.0 {
            match value {
                Value::Null => out.push(NULL),
                Value::Int(number) => {
                    out.push(INT);
                    out.extend_from_slice(&number.to_be_bytes());
                }
                Value::Uuid(bytes) => {
                    out.push(UUID);
                    out.extend_from_slice(bytes);
                }
                Value::Text(text) => long(&mut out, TEXT, text.as_bytes()),
                Value::Blob(bytes) => long(&mut out, BLOB, bytes),
                Value::Flag(false) => out.push(NO),
                Value::Flag(true) => out.push(YES),
            }
        }
        out
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// When the bytes are not a row.
    pub fn decode(mut bytes: &[u8]) -> Result<Self, InvalidRow> {
        let mut values = Vec::new();
        while let Some((tag, rest)) = bytes.split_first() {
            bytes = rest;
            values.push(match *tag {
                NULL => Value::Null,
                INT => Value::Int(i64::from_be_bytes(array(&mut bytes)?)),
                UUID => Value::Uuid(array(&mut bytes)?),
                TEXT => {
                    let text = String::from_utf8(take_long(&mut bytes)?.to_vec());
                    Value::Text(text.map_err(|_| InvalidRow::Malformed)?)
                }
                BLOB => Value::Blob(take_long(&mut bytes)?.to_vec()),
                NO => Value::Flag(false),
                YES => Value::Flag(true),
                _ => return Err(InvalidRow::Malformed),
            });
        }
        Ok(Self(values))
    }
}

fn long(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("no value in a database has 4 GiB");
    out.push(tag);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], InvalidRow> {
    let (found, rest) = bytes.split_first_chunk().ok_or(InvalidRow::Malformed)?;
    *bytes = rest;
    Ok(*found)
}

fn take_long<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], InvalidRow> {
    let length = u32::from_be_bytes(array(bytes)?) as usize;
    if length > MAX_VALUE_BYTES {
        return Err(InvalidRow::Malformed);
    }
    let (found, rest) = bytes.split_at_checked(length).ok_or(InvalidRow::Malformed)?;
    *bytes = rest;
    Ok(found)
}

/// How many rows, and the SHA-256 of each, added up: the same for the same
/// rows in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableSum {
    /// Rows.
    pub rows: u64,
    lanes: [u64; 4],
}

impl TableSum {
    /// Adds a row as [`Row::encode`] gives it.
    pub fn add(&mut self, encoded: &[u8]) {
        self.rows += 1;
        let hash = Sha256::digest(encoded);
        for (lane, part) in self.lanes.iter_mut().zip(hash.chunks_exact(8)) {
            let part = part.try_into().expect("8 bytes");
            *lane = lane.wrapping_add(u64::from_be_bytes(part));
        }
    }

    /// The sum as 32 bytes.
    pub fn bytes(&self) -> [u8; 32] {
        let mut out = [0; 32];
        for (place, lane) in out.chunks_exact_mut(8).zip(self.lanes) {
            place.copy_from_slice(&lane.to_be_bytes());
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row(vec![
            Value::Null,
            Value::Int(-5),
            Value::Uuid([7; 16]),
            Value::Text("日本\0".to_owned()),
            Value::Blob(vec![0, 255]),
            Value::Flag(true),
            Value::Flag(false),
        ])
    }

    #[test]
    fn a_row_reads_back_and_no_part_of_it_does() {
        let bytes = row().encode();
        assert_eq!(Row::decode(&bytes).expect("a row"), row());
        for end in 0..bytes.len() {
            assert_ne!(Row::decode(&bytes[..end]).ok(), Some(row()), "{end}");
        }
        let mut damaged = bytes.clone();
        for at in 0..damaged.len() {
            damaged[at] ^= 0xff;
            assert_ne!(Row::decode(&damaged).ok(), Some(row()));
            damaged[at] ^= 0xff;
        }
    }

    #[test]
    fn a_length_beyond_the_limit_asks_for_no_memory() {
        assert_eq!(Row::decode(&[BLOB, 255, 255, 255, 255]), Err(InvalidRow::Malformed));
    }

    #[test]
    fn sums_do_not_depend_on_the_order_but_on_every_row() {
        let sum = |rows: &[&[u8]]| {
            let mut sum = TableSum::default();
            rows.iter().for_each(|row| sum.add(row));
            sum
        };
        assert_eq!(sum(&[b"a", b"b", b"c"]), sum(&[b"c", b"a", b"b"]));
        assert_ne!(sum(&[b"a", b"b"]), sum(&[b"a", b"c"]));
        assert_ne!(sum(&[b"a", b"a", b"b"]).bytes(), sum(&[b"b"]).bytes());
    }

    #[test]
    fn values_are_never_printed() {
        let printed = format!("{:?}", Row(vec![Value::Text("$argon2id$".to_owned())]));
        assert!(!printed.contains("argon"), "{printed}");
    }
}
