//! The key file: one line of text, readable by its owner only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE32_DNSSEC;
use sekisho_model::{Rng, Secret};
use zeroize::Zeroizing;

use crate::aead::KEY_BYTES;
use crate::error::{KekFileProblem, VaultError};

/// What the line begins with; the number is the format's version.
const PREFIX: &str = "sekisho-kek-1-";

const CHECKSUM_BYTES: usize = 5;

/// 32 + 5 bytes in base 32 (the lower-case alphabet of RFC 5155: 0-9, a-v).
const BODY_CHARS: usize = 60;

/// A file larger than this is not a key file.
const MAX_FILE_BYTES: usize = 512;

/// Makes a new random key and writes it to `path`, which must not exist: mode
/// 0600, file and folder synced. The file belongs outside the data folder and
/// into no backup of it.
pub fn create_kek_file(path: &Path, rng: &dyn Rng) -> Result<(), VaultError> {
    let line = encode(&random_key(rng));
    create(path, &line).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => refusal(path, KekFileProblem::Exists),
        _ => refusal(path, KekFileProblem::Io(error.to_string())),
    })
}

/// Reads the key, after making sure that nobody else can.
pub(crate) fn read(path: &Path) -> Result<Secret, VaultError> {
    read_judged(path, check_owner_and_mode)
}

/// Reads a systemd credential that holds the same line. systemd gives the
/// service's user access by a list, whose mask shows where the group's rights
/// would be; the folder around it is closed to everybody else.
pub(crate) fn read_credential(path: &Path) -> Result<Secret, VaultError> {
    read_judged(path, check_credential)
}

/// Judges owner, permission bits and own user.
type Judge = fn(u32, u32, u32) -> Result<(), KekFileProblem>;

fn read_judged(path: &Path, judge: Judge) -> Result<Secret, VaultError> {
    let refuse = |problem| refusal(path, problem);
    let io_problem = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => refuse(KekFileProblem::Missing),
        _ => refuse(KekFileProblem::Io(error.to_string())),
    };
    // Opening a named pipe would wait for ever: look first, then judge what
    // was opened, which is what counts.
    if !fs::metadata(path).map_err(io_problem)?.is_file() {
        return Err(refuse(KekFileProblem::NotAFile));
    }
    let file = File::open(path).map_err(io_problem)?;
    check_private(&file.metadata().map_err(io_problem)?, judge).map_err(refuse)?;
    let mut text = Zeroizing::new(Vec::with_capacity(MAX_FILE_BYTES));
    file.take(MAX_FILE_BYTES as u64).read_to_end(&mut text).map_err(io_problem)?;
    decode(&text).ok_or_else(|| refuse(KekFileProblem::Malformed))
}

/// A fresh 256-bit key, made where it stays: on the heap.
pub(crate) fn random_key(rng: &dyn Rng) -> Secret {
    let mut key = vec![0; KEY_BYTES];
    rng.fill(&mut key);
    Secret::new(key)
}

fn create(path: &Path, line: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let written = file.write_all(line).and_then(|()| file.sync_all());
    if written.is_err() {
        // A half-written key must not look like one; the first error counts.
        let _ = fs::remove_file(path);
    }
    written?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn check_private(meta: &fs::Metadata, judge: Judge) -> Result<(), KekFileProblem> {
    if !meta.is_file() {
        return Err(KekFileProblem::NotAFile);
    }
    let own = rustix::process::geteuid().as_raw();
    judge(meta.uid(), meta.mode() & 0o7777, own)
}

fn check_credential(uid: u32, mode: u32, own: u32) -> Result<(), KekFileProblem> {
    match check_owner_and_mode(uid, 0o400, own) {
        Ok(()) if mode & 0o037 == 0 => Ok(()),
        Ok(()) => Err(KekFileProblem::CredentialMode { mode }),
        Err(problem) => Err(problem),
    }
}

fn check_owner_and_mode(uid: u32, mode: u32, own: u32) -> Result<(), KekFileProblem> {
    if uid != 0 && uid != own {
        return Err(KekFileProblem::Owner { uid, own });
    }
    if !matches!(mode, 0o600 | 0o400) {
        return Err(KekFileProblem::Mode { mode });
    }
    Ok(())
}

fn encode(key: &Secret) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES + CHECKSUM_BYTES]);
    bytes[..KEY_BYTES].copy_from_slice(key.expose());
    bytes[KEY_BYTES..].copy_from_slice(&checksum(key.expose()));
    let mut line = Zeroizing::new(vec![0; PREFIX.len() + BODY_CHARS + 1]);
    line[..PREFIX.len()].copy_from_slice(PREFIX.as_bytes());
    BASE32_DNSSEC.encode_mut(&*bytes, &mut line[PREFIX.len()..PREFIX.len() + BODY_CHARS]);
    line[PREFIX.len() + BODY_CHARS] = b'\n';
    line
}

fn decode(text: &[u8]) -> Option<Secret> {
    let body = text.trim_ascii().strip_prefix(PREFIX.as_bytes())?;
    if body.len() != BODY_CHARS {
        return None;
    }
    // 60 characters hold 37 bytes and four bits, which the decoder wants zero.
    let mut bytes = Zeroizing::new(vec![0; BASE32_DNSSEC.decode_len(body.len()).ok()?]);
    BASE32_DNSSEC.decode_mut(body, &mut bytes).ok()?;
    let (key, sum) = bytes.split_at_checked(KEY_BYTES)?;
    (sum == checksum(key)).then(|| Secret::new(key.to_vec()))
}

fn checksum(key: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut input = Zeroizing::new(Vec::with_capacity(PREFIX.len() + KEY_BYTES));
    input.extend_from_slice(PREFIX.as_bytes());
    input.extend_from_slice(key);
    let hash = digest(&SHA256, &input);
    *hash.as_ref().first_chunk().expect("SHA-256 gives 32 bytes")
}

fn refusal(path: &Path, problem: KekFileProblem) -> VaultError {
    VaultError::KekFile { path: path.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use sekisho_model::rng::SeededRng;

    use super::*;

    fn problem(result: Result<Secret, VaultError>) -> KekFileProblem {
        match result {
            Err(VaultError::KekFile { problem, .. }) => problem,
            other => panic!("expected a refusal of the file, got {other:?}"),
        }
    }

    #[test]
    fn what_was_created_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kek");
        create_kek_file(&path, &SeededRng::new(1)).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("sekisho-kek-1-") && text.ends_with('\n'), "{text}");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(read(&path).unwrap(), random_key(&SeededRng::new(1)));
    }

    #[test]
    fn an_existing_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kek");
        create_kek_file(&path, &SeededRng::new(1)).unwrap();
        let before = fs::read(&path).unwrap();
        let error = create_kek_file(&path, &SeededRng::new(2)).unwrap_err();
        assert_eq!(
            error,
            VaultError::KekFile { path: path.clone(), problem: KekFileProblem::Exists }
        );
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kek");
        create_kek_file(&path, &SeededRng::new(1)).unwrap();
        for mode in [0o640, 0o604, 0o644, 0o700, 0o660, 0o200, 0o4600] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(problem(read(&path)), KekFileProblem::Mode { mode });
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let sentence = read(&path).unwrap_err().to_string();
        assert!(sentence.ends_with("expected 0600 or 0400, run: chmod 600 <file>"), "{sentence}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(read(&path).is_ok());
    }

    #[test]
    fn only_root_and_the_server_may_own_the_file() {
        assert_eq!(check_owner_and_mode(0, 0o600, 990), Ok(()));
        assert_eq!(check_owner_and_mode(990, 0o400, 990), Ok(()));
        assert_eq!(
            check_owner_and_mode(1000, 0o600, 990),
            Err(KekFileProblem::Owner { uid: 1000, own: 990 })
        );
        // Root does not read what a user could exchange.
        assert_eq!(
            check_owner_and_mode(1000, 0o600, 0),
            Err(KekFileProblem::Owner { uid: 1000, own: 0 })
        );
    }

    #[test]
    fn a_credential_as_systemd_makes_it_is_read_and_an_open_one_is_not() {
        for mode in [0o400, 0o440, 0o600] {
            assert_eq!(check_credential(0, mode, 990), Ok(()), "{mode:o}");
        }
        for mode in [0o444, 0o404, 0o460, 0o660] {
            let refused = Err(KekFileProblem::CredentialMode { mode });
            assert_eq!(check_credential(0, mode, 990), refused, "{mode:o}");
        }
        assert_eq!(
            check_credential(1000, 0o400, 990),
            Err(KekFileProblem::Owner { uid: 1000, own: 990 })
        );
    }

    #[test]
    fn what_is_no_key_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(problem(read(&folder.path().join("none"))), KekFileProblem::Missing);
        assert_eq!(problem(read(folder.path())), KekFileProblem::NotAFile);
    }

    #[test]
    fn any_typing_error_is_noticed() {
        let line = encode(&random_key(&SeededRng::new(3)));
        let line = line.trim_ascii().to_vec();
        assert!(decode(&line).is_some());
        for at in 0..line.len() {
            let mut typo = line.clone();
            typo[at] = if typo[at] == b'7' { b'8' } else { b'7' };
            assert!(decode(&typo).is_none(), "position {at}");
        }
        assert!(decode(&line[..line.len() - 1]).is_none());
        assert!(decode(b"").is_none());
    }
}
