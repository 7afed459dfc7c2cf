//! Backups: a stream of chunks that only a recovery key opens.
//!
//! ```text
//! "sekisho backup\n"   15 bytes
//! format               2 bytes, big endian
//! length of the header 4 bytes, big endian
//! header               CBOR, in clear: site, time, versions, recipients
//! chunks               64 KiB each, sealed; the last one may be shorter
//! ```
//!
//! Each recovery key of the site gets the file key by HPKE. The chunks' key is
//! derived from it and from the hash of everything before the chunks, so that
//! a changed header opens nothing. Chunk *n* is AES-256-GCM under the nonce
//! *n*, whose last byte says whether it is the last one (the STREAM
//! construction): a chunk that is missing, doubled, moved, changed, or cut off
//! at the end does not open.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use sekisho_model::id::SiteId;
use sekisho_model::rng::random_bytes;
use sekisho_model::{Rng, Timestamp};
use sekisho_wire::cbor;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::purpose::{Purpose, Scope};
use crate::sealing::{self, OpeningKey};
use crate::{SealError, kid, sha256};

/// What every backup begins with.
pub const MAGIC: &[u8; 15] = b"sekisho backup\n";

/// The format that is written, and the newest that is read.
pub const FORMAT: u16 = 1;

/// Bytes before the header.
pub const PREFIX_BYTES: usize = MAGIC.len() + 2 + 4;

/// Longest header, in bytes.
pub const MAX_HEADER_BYTES: usize = 64 * 1024;

/// Clear bytes in a chunk; only the last one may hold fewer.
pub const CHUNK_BYTES: usize = 64 * 1024;

/// A sealed chunk is so many bytes longer.
pub const TAG_BYTES: usize = 16;

/// What a backup says about itself in clear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupHeader {
    /// The site.
    pub site: SiteId,
    /// The moment that is in it.
    pub created_at: Timestamp,
    /// The version of the program that made it.
    pub product: String,
    /// The newest migration of its database.
    pub schema: String,
    /// Who can open it.
    pub recipients: Vec<Recipient>,
}

/// The file key, sealed to one recovery key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// Which recovery key.
    #[serde(with = "serde_bytes")]
    pub recovery_kid: [u8; 8],
    /// HPKE encapsulated key.
    #[serde(with = "serde_bytes")]
    pub enc: [u8; 32],
    /// The sealed file key.
    #[serde(with = "serde_bytes")]
    pub ciphertext: Vec<u8>,
}

/// Why a backup was refused.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something else.
    #[error("this is not a backup of Sekisho, or its beginning was damaged")]
    NotABackup,
    /// Made by a newer version.
    #[error(
        "the backup has format {found}, but this version reads up to {FORMAT}; use the version of \
         Sekisho that made it"
    )]
    NewerFormat {
        /// Its format.
        found: u16,
    },
    /// One sentence for another key and for changed bytes: nobody who tries
    /// keys or flips bits learns which part it was.
    #[error("this recovery key does not open the backup, or the backup was damaged")]
    Closed,
    /// A chunk after the first is not what was written.
    #[error("the backup is damaged or cut off: chunk {chunk} is not what was written")]
    Damaged {
        /// Counted from 1.
        chunk: u64,
    },
    /// A recovery key of the site is not usable.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// The key of a backup's chunks, wiped when dropped.
pub struct PayloadKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for PayloadKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PayloadKey(…)")
    }
}

/// What is to be in the header of a new backup.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The site.
    pub site: SiteId,
    /// The moment that is in it.
    pub created_at: Timestamp,
    /// The version of this program.
    pub product: &'a str,
    /// The newest migration of the database.
    pub schema: &'a str,
}

/// Begins a backup for the holders of these recovery keys: the bytes before
/// the chunks, and the chunks' key.
///
/// # Errors
/// When a recovery key is not a usable X25519 key.
pub fn begin(
    facts: Facts<'_>,
    recovery_keys: &[[u8; 32]],
    rng: &dyn Rng,
) -> Result<(Vec<u8>, PayloadKey), BackupError> {
    if recovery_keys.is_empty() {
        return Err(SealError::UnknownKey.into());
    }
    let file_key = Zeroizing::new(random_bytes::<32>(rng));
    let info = Scope::site(facts.site).bytes(Purpose::Backup);
    let recipients = recovery_keys
        .iter()
        .map(|key| {
            let (sealed, _) = sealing::seal(key, None, &info, &*file_key, rng)?;
            let (enc, ciphertext) = (sealed.enc, sealed.ciphertext);
            Ok(Recipient { recovery_kid: kid(key), enc, ciphertext })
        })
        .collect::<Result<_, SealError>>()?;
    let header = cbor::encode(&BackupHeader {
        site: facts.site,
        created_at: facts.created_at,
        product: facts.product.to_owned(),
        schema: facts.schema.to_owned(),
        recipients,
    });
    let length = u32::try_from(header.len()).map_err(|_| BackupError::NotABackup)?;
    let mut start = Vec::with_capacity(PREFIX_BYTES + header.len());
    start.extend_from_slice(MAGIC);
    start.extend_from_slice(&FORMAT.to_be_bytes());
    start.extend_from_slice(&length.to_be_bytes());
    start.extend_from_slice(&header);
    let key = payload_key(&file_key, &start);
    Ok((start, key))
}

/// How long the header is, from the first [`PREFIX_BYTES`].
///
/// # Errors
/// When it is no backup, or one of a newer format.
pub fn header_length(prefix: &[u8; PREFIX_BYTES]) -> Result<usize, BackupError> {
    let (magic, rest) = prefix.split_at(MAGIC.len());
    let (format, length) = rest.split_at(2);
    if magic != MAGIC {
        return Err(BackupError::NotABackup);
    }
    let found = u16::from_be_bytes(format.try_into().map_err(|_| BackupError::NotABackup)?);
    if found > FORMAT {
        return Err(BackupError::NewerFormat { found });
    }
    let length = u32::from_be_bytes(length.try_into().map_err(|_| BackupError::NotABackup)?);
    let length = usize::try_from(length).map_err(|_| BackupError::NotABackup)?;
    if found == 0 || length > MAX_HEADER_BYTES {
        return Err(BackupError::NotABackup);
    }
    Ok(length)
}

/// Reads a header. What it says is proved only by the chunks.
///
/// # Errors
/// When the bytes are not a header.
pub fn read_header(header: &[u8]) -> Result<BackupHeader, BackupError> {
    cbor::decode(header, MAX_HEADER_BYTES).map_err(|_| BackupError::NotABackup)
}

/// Gets the chunks' key. `start` is everything before the chunks.
///
/// # Errors
/// [`BackupError::Closed`] when no recipient is this key.
pub fn open(
    start: &[u8],
    header: &BackupHeader,
    key: &OpeningKey,
) -> Result<PayloadKey, BackupError> {
    let info = Scope::site(header.site).bytes(Purpose::Backup);
    let own = kid(&key.public());
    for recipient in header.recipients.iter().filter(|one| one.recovery_kid == own) {
        let opened = sealing::open(key, None, &info, &recipient.enc, &recipient.ciphertext);
        if let Ok((file_key, _)) = opened
            && let Ok(file_key) = <[u8; 32]>::try_from(file_key.as_slice())
        {
            return Ok(payload_key(&Zeroizing::new(file_key), start));
        }
    }
    Err(BackupError::Closed)
}

fn payload_key(file_key: &[u8; 32], start: &[u8]) -> PayloadKey {
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, &sha256(start));
    let mut key = Zeroizing::new([0; 32]);
    salt.extract(file_key)
        .expand(&[b"sekisho backup chunks"], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut *key))
        .expect("HKDF gives 32 bytes");
    PayloadKey(key)
}

impl PayloadKey {
    /// To write the chunks. Only once: a second writer would use the same
    /// nonces for other bytes.
    pub fn sealer(&self) -> ChunkSealer {
        ChunkSealer(self.chunks())
    }

    /// To read the chunks.
    pub fn opener(&self) -> ChunkOpener {
        ChunkOpener(self.chunks())
    }

    fn chunks(&self) -> Chunks {
        let key = UnboundKey::new(&AES_256_GCM, &*self.0).expect("the key has 32 bytes");
        Chunks { key: LessSafeKey::new(key), next: 0 }
    }
}

#[derive(Debug)]
struct Chunks {
    key: LessSafeKey,
    next: u64,
}

impl Chunks {
    fn nonce(&mut self, last: bool) -> Nonce {
        let mut nonce = [0; NONCE_LEN];
        nonce[NONCE_LEN - 9..NONCE_LEN - 1].copy_from_slice(&self.next.to_be_bytes());
        nonce[NONCE_LEN - 1] = u8::from(last);
        self.next += 1;
        Nonce::assume_unique_for_key(nonce)
    }
}

/// Writes chunks.
#[derive(Debug)]
pub struct ChunkSealer(Chunks);

impl ChunkSealer {
    /// Seals the next chunk where it stands; it becomes [`TAG_BYTES`] longer.
    pub fn seal(&mut self, chunk: &mut Vec<u8>, last: bool) {
        let nonce = self.0.nonce(last);
        self.0
            .key
            .seal_in_place_append_tag(nonce, Aad::empty(), chunk)
            .expect("a chunk is far shorter than AES-GCM allows");
    }
}

/// Reads chunks.
#[derive(Debug)]
pub struct ChunkOpener(Chunks);

impl ChunkOpener {
    /// Opens the next chunk where it stands.
    ///
    /// # Errors
    /// [`BackupError::Closed`] for the first chunk: the header or the key may
    /// be to blame as well. [`BackupError::Damaged`] for others.
    pub fn open<'a>(
        &mut self,
        chunk: &'a mut [u8],
        last: bool,
    ) -> Result<&'a mut [u8], BackupError> {
        let nonce = self.0.nonce(last);
        let number = self.0.next;
        self.0.key.open_in_place(nonce, Aad::empty(), chunk).map_err(|_| match number {
            1 => BackupError::Closed,
            chunk => BackupError::Damaged { chunk },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sekisho_model::rng::SeededRng;

    fn facts(rng: &SeededRng) -> Facts<'static> {
        let created_at = "2026-11-22T06:00:00Z".parse().expect("a time");
        Facts { site: SiteId::at(created_at, rng), created_at, product: "0.1.0", schema: "m1" }
    }

    fn written(rng: &SeededRng, keys: &[[u8; 32]]) -> (Vec<u8>, Vec<Vec<u8>>) {
        let (start, key) = begin(facts(rng), keys, rng).expect("begins");
        let mut sealer = key.sealer();
        let chunks = [(b"one".to_vec(), false), (b"two".to_vec(), false), (b"3".to_vec(), true)];
        let sealed = chunks.map(|(mut chunk, last)| {
            sealer.seal(&mut chunk, last);
            chunk
        });
        (start, sealed.to_vec())
    }

    /// Reads a whole backup as a program does.
    fn read(start: &[u8], chunks: &[Vec<u8>], key: &OpeningKey) -> Result<Vec<u8>, BackupError> {
        let prefix = start.first_chunk().ok_or(BackupError::NotABackup)?;
        let length = header_length(prefix)?;
        let header = start.get(PREFIX_BYTES..PREFIX_BYTES + length);
        let header = read_header(header.ok_or(BackupError::NotABackup)?)?;
        let mut opener = open(start, &header, key)?.opener();
        let mut out = Vec::new();
        for (place, chunk) in chunks.iter().enumerate() {
            let mut chunk = chunk.clone();
            out.extend_from_slice(opener.open(&mut chunk, place + 1 == chunks.len())?);
        }
        Ok(out)
    }

    #[test]
    fn each_recovery_key_opens_it_and_no_other() {
        let rng = SeededRng::new(1);
        let [one, two, other] = [(); 3].map(|()| OpeningKey::generate(&rng));
        let (start, chunks) = written(&rng, &[one.public(), two.public()]);
        assert_eq!(read(&start, &chunks, &one).expect("opens"), b"onetwo3");
        assert_eq!(read(&start, &chunks, &two).expect("opens"), b"onetwo3");
        let error = read(&start, &chunks, &other).expect_err("refused");
        assert!(matches!(error, BackupError::Closed), "{error}");
        assert!(begin(facts(&rng), &[], &rng).is_err(), "nobody could open it");
    }

    #[test]
    fn chunks_that_are_missing_doubled_or_moved_do_not_open() {
        let rng = SeededRng::new(2);
        let key = OpeningKey::generate(&rng);
        let (start, chunks) = written(&rng, &[key.public()]);
        let [a, b, c] = [&chunks[0], &chunks[1], &chunks[2]].map(Vec::clone);
        for wrong in [
            vec![a.clone()],
            vec![a.clone(), b.clone()],
            vec![b.clone(), a.clone(), c.clone()],
            vec![a.clone(), a.clone(), b.clone(), c.clone()],
            vec![a.clone(), c.clone()],
            vec![a.clone(), b.clone(), c.clone(), c.clone()],
            vec![c.clone()],
        ] {
            assert!(read(&start, &wrong, &key).is_err(), "{} chunks", wrong.len());
        }
        // Not even a chunk of another backup of the same site fits.
        let (_, others) = written(&rng, &[key.public()]);
        assert!(read(&start, &[a, b, others[2].clone()], &key).is_err());
    }

    #[test]
    fn a_flipped_bit_anywhere_is_found() {
        let rng = SeededRng::new(3);
        let key = OpeningKey::generate(&rng);
        let (start, chunks) = written(&rng, &[key.public()]);
        for at in 0..start.len() * 8 {
            let mut start = start.clone();
            start[at / 8] ^= 1 << (at % 8);
            assert!(read(&start, &chunks, &key).is_err(), "bit {at} of the header");
        }
        for at in 0..chunks[1].len() * 8 {
            let mut chunks = chunks.clone();
            chunks[1][at / 8] ^= 1 << (at % 8);
            let error = read(&start, &chunks, &key).expect_err("found");
            assert!(matches!(error, BackupError::Damaged { chunk: 2 }), "{error}");
        }
    }

    #[test]
    fn a_newer_format_is_named() {
        let rng = SeededRng::new(4);
        let (start, _) = written(&rng, &[OpeningKey::generate(&rng).public()]);
        let mut prefix = *start.first_chunk::<PREFIX_BYTES>().expect("long enough");
        prefix[MAGIC.len() + 1] = 2;
        let error = header_length(&prefix).expect_err("refused").to_string();
        assert!(error.contains("format 2") && error.contains("reads up to 1"), "{error}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_header_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            // Neither may panic.
            let _ = read_header(&bytes);
            if let Some(prefix) = bytes.first_chunk() {
                let _ = header_length(prefix);
            }
        }

        #[test]
        fn a_header_that_was_tampered_with_never_panics(
            at in 0usize..200, with in proptest::collection::vec(any::<u8>(), 1..20),
        ) {
            let rng = SeededRng::new(5);
            let key = OpeningKey::generate(&rng);
            let (mut start, chunks) = written(&rng, &[key.public()]);
            let at = at.min(start.len() - 1);
            let end = (at + with.len()).min(start.len());
            let before = start.clone();
            start[at..end].copy_from_slice(&with[..end - at]);
            prop_assert!(read(&start, &chunks, &key).is_err() || start == before);
        }
    }
}
