//! Local accounts through the system's own tools.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sekisho_model::account::{DiscoveredAccount, PasswordField, VerifyResult};
use sekisho_model::name::AccountName;
use sekisho_model::order::RefusalClass;
use sekisho_model::{Clock, Secret};
use zeroize::Zeroizing;

use super::account_files::{PasswdEntry, ShadowEntry, is_compat_name, parse_passwd, parse_shadow};
use super::discovery::{Discovery, Sources, merge, state};
use super::locked::{self, record};
use super::outcome::{judge, one_line, refuse};
use super::tool::{self, Call, End};
use super::watch::FileWatch;
use super::{locks, readiness};
use crate::PlatformError;
use crate::accounts::{
    AccountBackend, AccountFilter, AccountWatch, Check, SetPasswordError, Verification,
};

/// Longest password PAM takes (`PAM_MAX_RESP_SIZE` with its closing NUL);
/// crypt(3) stops there as well.
const MAX_PASSWORD_BYTES: usize = 511;
/// Largest account file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 64 << 20;
/// Longest list of accounts taken from the directory, in bytes.
const MAX_GETENT_BYTES: usize = 32 << 20;

/// The accounts of a Linux host.
///
/// Changes go through `chpasswd`, checks through `unix_chkpwd`; neither the
/// account files nor PAM are touched by this program itself. One change runs
/// at a time.
pub struct LinuxAccounts {
    root: PathBuf,
    clock: Arc<dyn Clock>,
    deadline: Duration,
    lock_wait: Duration,
    one_change: Mutex<()>,
}

/// A local account as the files describe it now.
struct Found {
    passwd: PasswdEntry,
    shadow: Option<ShadowEntry>,
    field: PasswordField,
    scheme: Option<String>,
}

impl LinuxAccounts {
    /// The accounts of this machine.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::at(Path::new("/"), clock)
    }

    /// The accounts of a file tree.
    ///
    /// With a root other than `/` the account is changed by `chpasswd -R ROOT
    /// -c METHOD`, which bypasses PAM; a verify answers *unknown*, because
    /// `unix_chkpwd` knows this machine's accounts only; the directory is not
    /// asked. Meant for scratch roots and images.
    pub fn at(root: &Path, clock: Arc<dyn Clock>) -> Self {
        Self {
            root: root.to_path_buf(),
            clock,
            deadline: Duration::from_secs(30),
            lock_wait: Duration::from_secs(5),
            one_change: Mutex::new(()),
        }
    }

    /// How long a tool may run before it is killed (30 s).
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// How long a change waits for other programs that hold the lock of the
    /// account files (5 s).
    #[must_use]
    pub fn with_lock_wait(self, lock_wait: Duration) -> Self {
        Self { lock_wait, ..self }
    }

    /// Like [`AccountBackend::discover`], with the lines that were skipped.
    ///
    /// # Errors
    /// As for [`AccountBackend::discover`].
    pub fn survey(&self, filter: &AccountFilter) -> Result<Discovery, PlatformError> {
        let filter = filter.compile()?;
        let (passwd, shadow) = (self.read("passwd")?, self.read("shadow")?);
        let group = self.read("group")?;
        let getent = if filter.wants_directory() && self.is_this_machine() {
            Some(self.ask_directory(&[OsStr::new("passwd")])?)
        } else {
            None
        };
        let sources = Sources {
            passwd: &passwd,
            shadow: &shadow,
            group: &group,
            getent: getent.as_ref().map(|bytes| bytes.as_slice()),
        };
        Ok(merge(&sources, &filter, self.today()))
    }

    fn etc(&self) -> PathBuf {
        self.root.join("etc")
    }

    fn is_this_machine(&self) -> bool {
        self.root == Path::new("/")
    }

    fn today(&self) -> i64 {
        self.clock.now().as_secs().div_euclid(24 * 60 * 60)
    }

    fn read(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, PlatformError> {
        let path = self.etc().join(name);
        let read = || {
            if fs::metadata(&path)?.len() > MAX_FILE_BYTES {
                return Err(io::Error::from(io::ErrorKind::FileTooLarge));
            }
            fs::read(&path)
        };
        read().map(Zeroizing::new).map_err(|error| PlatformError::io("read", &path, error))
    }

    /// The account, or `None` when the files do not have it.
    fn find(&self, name: &AccountName) -> Result<Option<Found>, PlatformError> {
        let passwd = parse_passwd(&self.read("passwd")?).entries;
        let Some(passwd) = passwd.into_iter().find(|entry| entry.name == *name) else {
            return Ok(None);
        };
        let shadow = parse_shadow(&self.read("shadow")?).entries;
        let shadow = shadow.into_iter().find(|entry| entry.name == *name);
        let (field, scheme) = state(&passwd, shadow.as_ref());
        Ok(Some(Found { passwd, shadow, field, scheme }))
    }

    /// Output of `getent`; it has no exit code for a directory that is down.
    fn ask_directory(&self, args: &[&OsStr]) -> Result<Zeroizing<Vec<u8>>, PlatformError> {
        let failed = |detail: String| PlatformError::Directory { detail };
        let getent =
            tool::find("getent").ok_or_else(|| failed("getent is not installed".to_owned()))?;
        let output = tool::run(Call {
            program: &getent,
            args,
            stdin: Zeroizing::default(),
            deadline: self.deadline,
            max_stdout_bytes: MAX_GETENT_BYTES,
        })
        .map_err(|error| failed(format!("cannot run getent: {error}")))?;
        if output.cut {
            return Err(failed(format!("it has more than {} MiB", MAX_GETENT_BYTES >> 20)));
        }
        match output.end {
            // 2: a key was not found, which only concerns single names.
            End::Exited(0 | 2) => Ok(output.stdout),
            End::Exited(code) => Err(failed(format!(
                "getent ended with code {code}: {}",
                one_line(&output.stderr, &Secret::default())
            ))),
            End::Signalled(signal) => Err(failed(format!("getent was ended by signal {signal}"))),
            End::Overdue => Err(failed("getent did not end in time and was killed".to_owned())),
        }
    }

    /// Why an account that is not in the files cannot be changed.
    fn not_local(&self, name: &AccountName) -> String {
        let numeric = name.as_str().bytes().all(|byte| byte.is_ascii_digit());
        // getent would look up digits as a uid.
        let known = self.is_this_machine()
            && !numeric
            && self
                .ask_directory(&[OsStr::new("passwd"), OsStr::new("--"), OsStr::new(name.as_str())])
                .is_ok_and(|answer| !answer.is_empty());
        if known {
            format!(
                "'{name}' is not a local account: it comes from a directory; \
                 change its password there"
            )
        } else {
            format!("there is no account '{name}' on this host")
        }
    }

    /// Runs `chpasswd` with one record.
    fn chpasswd(
        &self,
        chpasswd: &Path,
        args: &[&OsStr],
        stdin: Zeroizing<Vec<u8>>,
        secret: &Secret,
    ) -> Result<(), SetPasswordError> {
        let mut all = Vec::new();
        if !self.is_this_machine() {
            all.extend([OsStr::new("-R"), self.root.as_os_str()]);
        }
        all.extend(args);
        let output = tool::run(Call {
            program: chpasswd,
            args: &all,
            stdin,
            deadline: self.deadline,
            max_stdout_bytes: 0,
        })
        .map_err(|error| transient(format!("cannot run {}: {error}", chpasswd.display())))?;
        judge("chpasswd", &output, secret)
    }

    /// The account after a change: `Unknown` if the files cannot say.
    fn found_after(&self, name: &AccountName) -> Result<Found, SetPasswordError> {
        match self.find(name) {
            Ok(Some(found)) => Ok(found),
            Ok(None) => {
                refuse(RefusalClass::Unknown, "the account vanished while its password was set")
            }
            Err(error) => refuse(RefusalClass::Unknown, format!("after the change: {error}")),
        }
    }
}

fn transient(detail: impl Into<String>) -> SetPasswordError {
    SetPasswordError { class: RefusalClass::Transient, detail: detail.into() }
}

/// What the tools could misread, before any of them sees it.
fn check_password(new: &Secret) -> Result<(), SetPasswordError> {
    let policy = |detail: &str| refuse(RefusalClass::Policy, detail);
    match new.expose_str() {
        None => policy("the password is not UTF-8 text"),
        Some("") => policy("the password is empty"),
        // A newline would be a second record to chpasswd, a NUL the end of
        // the password to unix_chkpwd.
        Some(text) if text.chars().any(char::is_control) => {
            policy("the password contains a control character")
        }
        Some(text) if text.len() > MAX_PASSWORD_BYTES => {
            policy("the password is longer than 511 bytes, the most that PAM takes")
        }
        Some(_) => Ok(()),
    }
}

/// Whether the account may get a password at all.
fn check_account(name: &AccountName, found: &Found) -> Result<(), SetPasswordError> {
    match found.field {
        PasswordField::Unusable => refuse(
            RefusalClass::Permanent,
            format!(
                "'{name}' never had a password; setting one would allow logins with it. \
                 Set a first one by hand if that is wanted"
            ),
        ),
        _ if found.shadow.is_none() || found.passwd.password.as_str() != "x" => refuse(
            RefusalClass::Permanent,
            format!(
                "the password of '{name}' is not kept in /etc/shadow but in /etc/passwd, which \
                 everyone can read; move it with pwconv first"
            ),
        ),
        PasswordField::Set | PasswordField::Empty | PasswordField::Locked => Ok(()),
        PasswordField::Hidden => {
            refuse(RefusalClass::Permanent, format!("the password of '{name}' is not visible"))
        }
    }
}

impl AccountBackend for LinuxAccounts {
    fn watch(&self) -> Option<Box<dyn AccountWatch>> {
        Some(Box::new(FileWatch::new(&self.root)))
    }

    fn discover(&self, filter: &AccountFilter) -> Result<Vec<DiscoveredAccount>, PlatformError> {
        let Discovery { accounts, warnings } = self.survey(filter)?;
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        Ok(accounts)
    }

    fn set_password(&self, name: &AccountName, new: &Secret) -> Result<(), SetPasswordError> {
        check_password(new)?;
        if is_compat_name(name.as_str()) {
            return refuse(
                RefusalClass::Permanent,
                format!("'{name}' begins with '+' or '-' and is no account to the system"),
            );
        }
        if !rustix::process::geteuid().is_root() {
            return refuse(RefusalClass::Permanent, "passwords can only be changed by root");
        }
        let Some(chpasswd) = tool::find("chpasswd") else {
            return refuse(RefusalClass::Permanent, "chpasswd is not installed on this host");
        };
        // Nothing is kept under this lock that a panic could have broken.
        let _one = self.one_change.lock().unwrap_or_else(PoisonError::into_inner);

        // Obstacles first: chpasswd reports them all with the same text. The
        // account is looked at when the lock is free, so that what another
        // program is about to write (a lock, say) is seen.
        let etc = self.etc();
        locks::writable(&etc).map_err(|obstacle| transient(obstacle.0))?;
        locks::enough_space(&etc).map_err(|obstacle| transient(obstacle.0))?;
        locks::wait_for_locks(&etc, self.lock_wait).map_err(|obstacle| transient(obstacle.0))?;
        let Some(before) = self.find(name).map_err(|error| transient(error.to_string()))? else {
            return refuse(RefusalClass::Permanent, self.not_local(name));
        };
        check_account(name, &before)?;

        if before.field == PasswordField::Locked {
            return self.set_locked(&chpasswd, name, new, &before);
        }
        let method = [OsStr::new("-c"), OsStr::new(locked::methods(before.scheme.as_deref())[0])];
        let args: &[&OsStr] = if self.is_this_machine() { &[] } else { &method };
        self.chpasswd(&chpasswd, args, record(name.as_str(), new.expose()), new)?;
        let after = self.found_after(name)?;
        let hash = |found: &Found| found.shadow.as_ref().map(|entry| entry.password.clone());
        if after.field != PasswordField::Set || hash(&after) == hash(&before) {
            return refuse(
                RefusalClass::Unknown,
                "chpasswd reported success, but the account has no new password in /etc/shadow",
            );
        }
        Ok(())
    }

    fn verify(&self, name: &AccountName, candidate: &Secret) -> Verification {
        let (result, detail) = self.judge_candidate(name, candidate);
        Verification { result, detail }
    }

    fn sync(&self) -> Result<(), PlatformError> {
        let etc = self.etc();
        for path in [etc.join("passwd"), etc.join("shadow"), etc] {
            File::open(&path)
                .and_then(|file| file.sync_all())
                .map_err(|error| PlatformError::io("sync", &path, error))?;
        }
        Ok(())
    }

    fn last_change_day(&self, name: &AccountName) -> Option<i64> {
        self.find(name).ok().flatten()?.shadow?.last_change
    }

    fn readiness(&self) -> Vec<Check> {
        readiness::checks(&self.etc())
    }
}

impl LinuxAccounts {
    /// One replacement of the shadow file: locked before, during and after.
    fn set_locked(
        &self,
        chpasswd: &Path,
        name: &AccountName,
        new: &Secret,
        before: &Found,
    ) -> Result<(), SetPasswordError> {
        let hash = locked::hash(chpasswd, new, before.scheme.as_deref(), self.deadline)?;
        let old = before.shadow.as_ref().map_or("", |entry| entry.password.as_str());
        let marks = old.len() - old.trim_start_matches('!').len();
        let field = Zeroizing::new(format!("{}{}", "!".repeat(marks), hash.as_str()));
        let stdin = record(name.as_str(), field.as_bytes());
        // Here the hash is what must not show up in an error text.
        let secret = Secret::from(field.as_str());
        self.chpasswd(chpasswd, &[OsStr::new("-e")], stdin, &secret)?;
        let after = self.found_after(name)?;
        match after.shadow {
            Some(entry) if entry.password == field => Ok(()),
            Some(_) | None => refuse(
                RefusalClass::Unknown,
                "chpasswd reported success, but the locked account does not have its new hash \
                 in /etc/shadow; check whether it is still locked",
            ),
        }
    }

    fn judge_candidate(&self, name: &AccountName, candidate: &Secret) -> (VerifyResult, String) {
        let found = match self.find(name) {
            Ok(Some(found)) => found,
            Ok(None) => return (VerifyResult::Unknown, self.not_local(name)),
            Err(error) => return (VerifyResult::Unreachable, error.to_string()),
        };
        if let Some(answer) = closed(&found) {
            return answer;
        }
        if !self.is_this_machine() {
            let why = format!(
                "passwords below {} cannot be checked: unix_chkpwd knows this machine only",
                self.root.display()
            );
            return (VerifyResult::Unknown, why);
        }
        match self.matches(name, candidate) {
            Err(why) => (VerifyResult::Unknown, why),
            Ok(false) => {
                // It may have been locked since the files were read.
                let now = self.find(name).ok().flatten();
                now.as_ref().and_then(closed).unwrap_or((VerifyResult::OutOfSync, String::new()))
            }
            Ok(true) => {
                let (today, shadow) = (self.today(), found.shadow);
                if shadow.as_ref().is_some_and(|entry| entry.account_expired(today)) {
                    (VerifyResult::Expired, "the account has expired".to_owned())
                } else if shadow.is_some_and(|entry| entry.password_expired(today)) {
                    let why = "the password must be changed at the next login";
                    (VerifyResult::Expired, why.to_owned())
                } else {
                    (VerifyResult::InSync, String::new())
                }
            }
        }
    }

    /// Whether `unix_chkpwd` accepts the password.
    fn matches(&self, name: &AccountName, candidate: &Secret) -> Result<bool, String> {
        let bytes = candidate.expose();
        // The tool would compare only what is in front of a NUL or of its
        // limit: such a value can never have been set.
        if bytes.contains(&0) || bytes.len() > MAX_PASSWORD_BYTES {
            return Ok(false);
        }
        let unix_chkpwd = tool::find("unix_chkpwd")
            .ok_or_else(|| "unix_chkpwd is not installed on this host".to_owned())?;
        let mut stdin = Zeroizing::new(Vec::with_capacity(bytes.len() + 1));
        stdin.extend_from_slice(bytes);
        stdin.push(0);
        let output = tool::run(Call {
            program: &unix_chkpwd,
            args: &[OsStr::new(name.as_str()), OsStr::new("nonull")],
            stdin,
            deadline: self.deadline,
            max_stdout_bytes: 0,
        })
        .map_err(|error| format!("cannot run unix_chkpwd: {error}"))?;
        match output.end {
            End::Exited(0) => Ok(true),
            // PAM_AUTH_ERR.
            End::Exited(7) => Ok(false),
            End::Exited(code) => Err(format!("unix_chkpwd ended with code {code}")),
            End::Signalled(signal) => Err(format!("unix_chkpwd was ended by signal {signal}")),
            End::Overdue => Err("unix_chkpwd did not end in time and was killed".to_owned()),
        }
    }
}

/// The answer for accounts whose password cannot be asked for.
fn closed(found: &Found) -> Option<(VerifyResult, String)> {
    match found.field {
        PasswordField::Set => None,
        PasswordField::Locked => {
            Some((VerifyResult::Locked, "the account is locked on the host".to_owned()))
        }
        PasswordField::Unusable => {
            Some((VerifyResult::Disabled, "the account has no password on the host".to_owned()))
        }
        PasswordField::Empty => Some((
            VerifyResult::OutOfSync,
            "the account has an empty password on the host: anyone may log in".to_owned(),
        )),
        PasswordField::Hidden => {
            Some((VerifyResult::Unknown, "the password field is not visible".to_owned()))
        }
    }
}
