//! What is in the memory of a process that runs: every map that can be read,
//! searched for what must not be there.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;

/// So much is read at once, in bytes.
const PIECE: usize = 4 * 1024 * 1024;

/// Shortest value that is looked for, in bytes: shorter ones are found by chance.
const SHORTEST: usize = 12;

/// Which of these values are in the memory of a process, and where. Needs the
/// right to look at it: root.
///
/// # Errors
/// When the process is not there, or may not be looked at.
pub fn find(pid: u32, values: &[(String, Vec<u8>)]) -> io::Result<BTreeSet<(String, String)>> {
    let search = Search::new(values);
    let memory = File::open(format!("/proc/{pid}/mem"))?;
    let mut found = BTreeSet::new();
    let mut read_bytes = 0;
    for line in fs::read_to_string(format!("/proc/{pid}/maps"))?.lines() {
        let Some((from, to)) = readable(line) else { continue };
        let map = line.split_whitespace().nth(5).unwrap_or("anonymous");
        let mut at = from;
        while at < to {
            let wanted = usize::try_from(to - at).unwrap_or(PIECE).min(PIECE);
            let mut piece = vec![0; wanted];
            // Some maps of the kernel's own cannot be read by anybody.
            let Ok(read) = memory.read_at(&mut piece, at) else { break };
            if read == 0 {
                break;
            }
            piece.truncate(read);
            read_bytes += read;
            search.look(&piece, |name| {
                found.insert((name.to_owned(), map.to_owned()));
            });
            let whole = at + read as u64 >= to;
            // What lies across two pieces is whole in the second.
            let step = if whole { read } else { read - search.longest.min(read - 1) };
            at += step as u64;
        }
    }
    if read_bytes == 0 {
        return Err(io::Error::other("nothing of the memory could be read"));
    }
    Ok(found)
}

/// Begin and end of a map that can be read.
fn readable(line: &str) -> Option<(u64, u64)> {
    let mut words = line.split_whitespace();
    let (from, to) = words.next()?.split_once('-')?;
    let is_readable = words.next()?.starts_with('r');
    let number = |text| u64::from_str_radix(text, 16).ok();
    Some((number(from)?, number(to)?)).filter(|_| is_readable)
}

/// All values at once: memory is long, and each byte is looked at once.
struct Search<'v> {
    values: Vec<(&'v str, &'v [u8])>,
    /// Whether a value begins with these two bytes.
    begins: Vec<bool>,
    longest: usize,
}

impl<'v> Search<'v> {
    fn new(values: &'v [(String, Vec<u8>)]) -> Self {
        let mut begins = vec![false; 1 << 16];
        for (name, value) in values {
            assert!(value.len() >= SHORTEST, "{name} is too short to be looked for");
            begins[usize::from(u16::from_le_bytes([value[0], value[1]]))] = true;
        }
        let longest = values.iter().map(|(_, value)| value.len()).max().unwrap_or_default();
        let values = values.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
        Self { values: values.collect(), begins, longest }
    }

    fn look(&self, bytes: &[u8], mut each: impl FnMut(&str)) {
        for at in 0..bytes.len().saturating_sub(1) {
            if self.begins[usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))] {
                let rest = &bytes[at..];
                for (name, value) in &self.values {
                    if rest.starts_with(value) {
                        each(name);
                    }
                }
            }
        }
    }
}
