//! The hash of a password, made by the system's own `chpasswd`.
//!
//! A locked account (`!hash`) must stay locked while its password changes.
//! `chpasswd` followed by `usermod -L` leaves a moment in which the account is
//! open, and a crash in it leaves the account open for good, with nobody
//! knowing that it was locked. So the hash is made first, in a scratch root
//! with one made-up account (`chpasswd -R SCRATCH -c METHOD`), and then given
//! to `chpasswd -e` with the lock in front: one replacement of the file, the
//! account is locked before, during and after it.
//!
//! The price: `-c` and `-e` bypass PAM, so the host's password rules are not
//! applied to locked accounts.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sekisho_model::Secret;
use sekisho_model::order::RefusalClass;
use zeroize::Zeroizing;

use super::account_files::{parse_shadow, scheme};
use super::outcome::{judge, refuse};
use super::tool::{self, Call};
use crate::accounts::SetPasswordError;

/// In memory, so that no disk ever holds the hash a second time.
const SCRATCH_PARENT: &str = "/run";
/// The only account of the scratch root.
const NOBODY: &str = "scratch";

/// Hashing methods to try, the account's own first. A host may lack one.
pub(crate) fn methods(scheme: Option<&str>) -> [&'static str; 2] {
    match scheme {
        Some("sha512") => ["SHA512", "YESCRYPT"],
        _ => ["YESCRYPT", "SHA512"],
    }
}

/// The hash of a password. Changes nothing on the host, so that no error has
/// the class *unknown*.
pub(crate) fn hash(
    chpasswd: &Path,
    new: &Secret,
    account_scheme: Option<&str>,
    deadline: Duration,
) -> Result<Zeroizing<String>, SetPasswordError> {
    let scratch = Scratch::create().map_err(|error| SetPasswordError {
        class: RefusalClass::Transient,
        detail: format!("cannot prepare the hash of a locked account's password: {error}"),
    })?;
    let mut last = None;
    for method in methods(account_scheme) {
        match scratch.hash(chpasswd, new, method, deadline) {
            Ok(hash) => return Ok(hash),
            Err(error) => last = Some(error),
        }
    }
    let detail = last.map(|error| error.detail).unwrap_or_default();
    refuse(
        RefusalClass::Permanent,
        super::outcome::shortened(&format!(
            "the account is locked and its password cannot be hashed without unlocking it: {detail}"
        )),
    )
}

/// A root folder with the two account files, removed when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn create() -> io::Result<Self> {
        let mut attempt = 0_u32;
        let scratch = loop {
            let name = format!("sekisho-hash.{}.{attempt}", std::process::id());
            let path = Path::new(SCRATCH_PARENT).join(name);
            // Fails on anything that exists: no prepared folder or link is used.
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => break Self(path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 100 => {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        };
        fs::create_dir(scratch.0.join("etc"))?;
        fs::write(scratch.0.join("etc/passwd"), format!("{NOBODY}:x:65534:65534::/:/bin/sh\n"))?;
        fs::write(scratch.0.join("etc/shadow"), format!("{NOBODY}:*:1:0:99999:7:::\n"))?;
        Ok(scratch)
    }

    fn hash(
        &self,
        chpasswd: &Path,
        new: &Secret,
        method: &str,
        deadline: Duration,
    ) -> Result<Zeroizing<String>, SetPasswordError> {
        let io_error = |error: io::Error| SetPasswordError {
            class: RefusalClass::Transient,
            detail: format!("chpasswd -R -c {method}: {error}"),
        };
        let output = tool::run(Call {
            program: chpasswd,
            args: &[OsStr::new("-R"), self.0.as_os_str(), OsStr::new("-c"), OsStr::new(method)],
            stdin: record(NOBODY, new.expose()),
            deadline,
            max_stdout_bytes: 0,
        })
        .map_err(io_error)?;
        judge(&format!("chpasswd -R -c {method}"), &output, new)?;
        let shadow = fs::read(self.0.join("etc/shadow")).map(Zeroizing::new).map_err(io_error)?;
        parse_shadow(&shadow)
            .entries
            .into_iter()
            .map(|entry| entry.password)
            .find(|hash| scheme(hash).is_some())
            .ok_or_else(|| io_error(io::ErrorKind::InvalidData.into()))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, path = %self.0.display(), "cannot remove a scratch folder");
        }
    }
}

/// One line for `chpasswd`, in a buffer that is never moved and is wiped.
pub(crate) fn record(name: &str, value: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut line = Zeroizing::new(Vec::with_capacity(name.len() + value.len() + 2));
    line.extend_from_slice(name.as_bytes());
    line.push(b':');
    line.extend_from_slice(value);
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accounts_own_scheme_comes_first() {
        assert_eq!(methods(Some("sha512"))[0], "SHA512");
        for other in [None, Some("yescrypt"), Some("md5")] {
            assert_eq!(methods(other)[0], "YESCRYPT");
        }
    }

    #[test]
    fn a_record_is_one_line() {
        assert_eq!(record("a", b"p:w").as_slice(), b"a:p:w\n");
    }
}
