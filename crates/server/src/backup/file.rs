//! The file: written under another name, synced, then given its own.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sekisho_seal::backup::{
    self, BackupError, BackupHeader, CHUNK_BYTES, ChunkOpener, ChunkSealer, PREFIX_BYTES,
    PayloadKey, TAG_BYTES,
};
use sekisho_seal::sealing::OpeningKey;
use zeroize::Zeroizing;

/// The end of the name of a backup that is being written. It begins with a
/// dot; [`super::keep`] clears up those that nobody holds.
pub(super) const PARTIAL: &str = ".partial";

/// Writes a backup. Unless it is [published](Self::publish), nothing stays.
pub(super) struct Writer {
    file: File,
    target: PathBuf,
    partial: PathBuf,
    sealer: ChunkSealer,
    chunk: Zeroizing<Vec<u8>>,
    bytes: u64,
    published: bool,
}

impl Writer {
    pub(super) fn create(target: &Path, start: &[u8], sealer: ChunkSealer) -> anyhow::Result<Self> {
        anyhow::ensure!(!std::fs::exists(target)?, "{} exists already", target.display());
        let name = target.file_name().context("the backup needs a file name")?.to_string_lossy();
        let partial = target.with_file_name(format!(".{name}{PARTIAL}"));
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
            .open(&partial)
            .with_context(|| format!("cannot write the backup {}", partial.display()))?;
        let mut writer = Self {
            file,
            target: target.to_owned(),
            partial,
            sealer,
            chunk: Zeroizing::new(Vec::with_capacity(CHUNK_BYTES + TAG_BYTES)),
            bytes: 0,
            published: false,
        };
        // While it is locked, nobody takes it for the rest of a dead process.
        writer.file.lock().context("cannot lock the new backup")?;
        writer.put(start)?;
        Ok(writer)
    }

    /// Adds clear bytes.
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> anyhow::Result<()> {
        while !bytes.is_empty() {
            // A full chunk leaves only when more follows: the last is marked.
            if self.chunk.len() == CHUNK_BYTES {
                self.seal(false)?;
            }
            let room = (CHUNK_BYTES - self.chunk.len()).min(bytes.len());
            let (now, later) = bytes.split_at(room);
            self.chunk.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Writes the last chunk and makes everything durable, still under
    /// another name. Returns where, and how many bytes.
    pub(super) fn finish(&mut self) -> anyhow::Result<(&Path, u64)> {
        self.seal(true)?;
        self.file.sync_all().with_context(|| self.cannot())?;
        Ok((&self.partial, self.bytes))
    }

    /// Gives the backup its name, durably.
    pub(super) fn publish(mut self) -> anyhow::Result<()> {
        std::fs::rename(&self.partial, &self.target).with_context(|| self.cannot())?;
        self.published = true;
        sync_folder(&self.target)
    }

    fn seal(&mut self, last: bool) -> anyhow::Result<()> {
        self.sealer.seal(&mut self.chunk, last);
        let sealed = std::mem::take(&mut *self.chunk);
        self.put(&sealed)?;
        *self.chunk = sealed;
        self.chunk.clear();
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.file.write_all(bytes).with_context(|| self.cannot())?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn cannot(&self) -> String {
        format!("cannot write the backup {}; nothing was kept", self.target.display())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.published
            && let Err(error) = std::fs::remove_file(&self.partial)
        {
            tracing::warn!(%error, path = %self.partial.display(), "an unfinished backup stays");
        }
    }
}

/// Makes a name in a folder durable.
pub(super) fn sync_folder(path: &Path) -> anyhow::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.with_context(|| format!("cannot sync the folder {}", folder.display()))
}

/// A backup whose header was read and whose chunks are still closed.
pub(super) struct Sealed {
    file: BufReader<File>,
    start: Vec<u8>,
    header: BackupHeader,
}

impl Sealed {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let what = || format!("the backup {}", path.display());
        let mut file =
            BufReader::with_capacity(CHUNK_BYTES + TAG_BYTES, File::open(path).with_context(what)?);
        let mut prefix = [0; PREFIX_BYTES];
        read_start(&mut file, &mut prefix).with_context(what)?;
        let length = backup::header_length(&prefix).with_context(what)?;
        let mut start = vec![0; PREFIX_BYTES + length];
        start[..PREFIX_BYTES].copy_from_slice(&prefix);
        read_start(&mut file, &mut start[PREFIX_BYTES..]).with_context(what)?;
        let header = backup::read_header(&start[PREFIX_BYTES..]).with_context(what)?;
        Ok(Self { file, start, header })
    }

    pub(super) const fn header(&self) -> &BackupHeader {
        &self.header
    }

    pub(super) fn unlock(self, key: &OpeningKey) -> Result<Reader, BackupError> {
        let key = backup::open(&self.start, &self.header, key)?;
        Ok(self.with(&key))
    }

    pub(super) fn with(self, key: &PayloadKey) -> Reader {
        Reader {
            file: self.file,
            opener: key.opener(),
            chunk: Zeroizing::new(Vec::new()),
            read: 0,
            last: false,
        }
    }
}

/// A file that ends inside its header is no whole backup.
fn read_start(file: &mut BufReader<File>, into: &mut [u8]) -> anyhow::Result<()> {
    match file.read_exact(into) {
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Err(BackupError::NotABackup.into())
        }
        other => Ok(other?),
    }
}

/// The clear bytes of a backup, in order, a chunk at a time.
pub(super) struct Reader {
    file: BufReader<File>,
    opener: ChunkOpener,
    chunk: Zeroizing<Vec<u8>>,
    read: usize,
    last: bool,
}

impl Reader {
    /// Fills `into`; `false` when the backup ended, rightly, before its first
    /// byte.
    pub(super) fn read(&mut self, into: &mut [u8]) -> anyhow::Result<bool> {
        let mut done = 0;
        while done < into.len() {
            if self.read == self.chunk.len() {
                if self.last {
                    anyhow::ensure!(done == 0, "the backup ends in the middle of a record");
                    return Ok(false);
                }
                self.next_chunk()?;
                continue;
            }
            let count = (into.len() - done).min(self.chunk.len() - self.read);
            into[done..done + count].copy_from_slice(&self.chunk[self.read..self.read + count]);
            done += count;
            self.read += count;
        }
        Ok(true)
    }

    fn next_chunk(&mut self) -> anyhow::Result<()> {
        let mut chunk = Zeroizing::new(Vec::with_capacity(CHUNK_BYTES + TAG_BYTES));
        let cap = (CHUNK_BYTES + TAG_BYTES) as u64;
        (&mut self.file).take(cap).read_to_end(&mut chunk).context("cannot read the backup")?;
        // The opener believes this only if the writer said the same.
        self.last = self.file.fill_buf().context("cannot read the backup")?.is_empty();
        let clear = self.opener.open(&mut chunk, self.last)?.len();
        chunk.truncate(clear);
        self.chunk = chunk;
        self.read = 0;
        Ok(())
    }
}
