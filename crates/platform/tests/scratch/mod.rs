//! A private copy of the machine's account files for one test.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use sekisho_model::Secret;
use sekisho_model::account::VerifyResult;
use sekisho_model::clock::SystemClock;
use sekisho_model::name::AccountName;
use sekisho_platform::accounts::{AccountBackend, SetPasswordError};
use sekisho_platform::linux::LinuxAccounts;

/// Set inside the namespace.
const INSIDE: &str = "SEKISHO_TEST_INSIDE";
/// Asks [`hold_lock_if_asked`] to hold the lock.
const HOLD: &str = "SEKISHO_TEST_HOLD_LOCK";

const OVERLAYS: &str = "mount -t tmpfs tmpfs \"$1\" && for d in etc home var; do \
    mkdir -p \"$1/$d/u\" \"$1/$d/w\" && mount -t overlay overlay \
    -o \"lowerdir=/$d,upperdir=$1/$d/u,workdir=$1/$d/w\" \"/$d\" || exit 99; done; \
    shift; exec \"$@\"";

/// Runs the body of the named test in a namespace of its own and checks that
/// the machine's account files are as before.
pub(crate) fn isolated(test: &str, body: fn()) {
    if env::var_os(INSIDE).is_some() {
        assert_is_overlay("/etc");
        assert_is_overlay("/home");
        assert_is_overlay("/var");
        return body();
    }
    assert!(
        rustix::process::geteuid().is_root(),
        "these tests mount overlays and change passwords: run them as root"
    );
    let files = || ["/etc/passwd", "/etc/shadow", "/etc/group"].map(|file| fs::read(file).ok());
    let before = files();
    let base = tempfile::tempdir().expect("a scratch folder");
    let output = Command::new("unshare")
        .args(["-m", "-p", "-f", "--kill-child", "--mount-proc", "--propagation", "private"])
        .args(["sh", "-c", OVERLAYS, "sh"])
        .arg(base.path())
        .arg(env::current_exe().expect("this program"))
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .stdin(Stdio::null())
        .output()
        .expect("unshare is installed");
    let text = String::from_utf8_lossy(&output.stdout);
    let passed = output.status.success() && text.contains("1 passed");
    assert!(passed, "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(files(), before, "the machine's own account files were changed");
}

/// The last mount on the path is an overlay: nothing below is the machine's.
fn assert_is_overlay(path: &str) {
    let mounts = fs::read_to_string("/proc/self/mountinfo").expect("mountinfo");
    let last = mounts.lines().rfind(|line| line.split(' ').nth(4) == Some(path));
    assert!(
        last.is_some_and(|line| line.contains(" - overlay ")),
        "{path} is not a scratch overlay; {INSIDE} is set by the test itself only"
    );
}

pub(crate) fn accounts() -> LinuxAccounts {
    LinuxAccounts::new(Arc::new(SystemClock))
}

pub(crate) fn name(text: &str) -> AccountName {
    text.parse().expect("a name")
}

pub(crate) fn set(user: &str, password: &str) -> Result<(), SetPasswordError> {
    accounts().set_password(&name(user), &Secret::from(password))
}

pub(crate) fn verify(user: &str, password: &str) -> VerifyResult {
    accounts().verify(&name(user), &Secret::from(password)).result
}

pub(crate) fn shadow() -> Vec<u8> {
    fs::read("/etc/shadow").expect("readable")
}

/// The password field of an account.
pub(crate) fn field(user: &str) -> String {
    String::from_utf8(shadow())
        .expect("text")
        .lines()
        .find_map(|line| line.strip_prefix(user)?.strip_prefix(':')?.split(':').next())
        .expect("the account")
        .to_owned()
}

/// Runs a script of the test and expects it to succeed.
pub(crate) fn sh(script: &str) {
    let output = Command::new("sh").args(["-c", script]).output().expect("sh");
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

/// An ordinary account with this password field.
pub(crate) fn add_user(user: &str, field: &str) {
    add_line(user, 3900, "/bin/bash", field, "19000:0:99999:7:::");
}

/// Lines in both files; `useradd` would refuse most names of the tests.
pub(crate) fn add_line(user: &str, uid: usize, shell: &str, field: &str, days: &str) {
    let append = |file: &str, line: String| {
        let mut file = OpenOptions::new().append(true).open(file).expect("writable");
        file.write_all(line.as_bytes()).expect("written");
    };
    append("/etc/passwd", format!("{user}:x:{uid}:100::/nonexistent:{shell}\n"));
    append("/etc/shadow", format!("{user}:{field}:{days}\n"));
}

/// A hash by the system's own tool, made in a scratch root.
pub(crate) fn hashed(password: &str, method: &str) -> String {
    let root = tempfile::tempdir().expect("a scratch folder");
    fs::create_dir(root.path().join("etc")).expect("created");
    let file = |name: &str| root.path().join("etc").join(name);
    fs::write(file("passwd"), "u:x:1:1::/:/bin/sh\n").expect("written");
    fs::write(file("shadow"), "u:*:1:0:99999:7:::\n").expect("written");
    let mut child = Command::new("/usr/sbin/chpasswd")
        .arg("-R")
        .arg(root.path())
        .args(["-c", method])
        .stdin(Stdio::piped())
        .spawn()
        .expect("chpasswd");
    let mut stdin = child.stdin.take().expect("piped");
    writeln!(stdin, "u:{password}").expect("written");
    drop(stdin);
    assert!(child.wait().expect("ended").success());
    let shadow = fs::read_to_string(file("shadow")).expect("readable");
    shadow.split(':').nth(1).expect("a hash").to_owned()
}

/// Puts a script in the place of a tool, in this namespace only.
pub(crate) fn fake_tool(path: &str, script: &str) {
    let file = Path::new("/home").join(format!("fake{}", script.len()));
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("executable");
    sh(&format!("mount --bind {} {path}", file.display()));
}

/// Another process that holds the lock of lckpwdf(3) until it is dropped.
pub(crate) struct LockHolder(Child);

impl Drop for LockHolder {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

pub(crate) fn lock_in_another_process() -> LockHolder {
    let mut child = Command::new(env::current_exe().expect("this program"))
        .args(["lock_holder", "--exact", "--nocapture"])
        .env(HOLD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program again");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let held = lines.map_while(Result::ok).any(|line| line.contains("lock is held"));
    assert!(held, "the other process did not get the lock");
    LockHolder(child)
}

pub(crate) fn hold_lock_if_asked() {
    if env::var_os(HOLD).is_none() {
        return;
    }
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open("/etc/.pwd.lock")
        .expect("writable");
    rustix::fs::fcntl_lock(&file, rustix::fs::FlockOperation::LockExclusive).expect("locked");
    let mut out = std::io::stdout();
    writeln!(out, "the lock is held").expect("written");
    out.flush().expect("written");
    let _ = std::io::stdin().read(&mut [0]);
}
