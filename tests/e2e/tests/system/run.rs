//! Running programs, and waiting for what they bring about.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use sekisho_model::clock::{Clock as _, SystemClock};

/// How a program ended and what it printed.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code; -1 after a signal.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Both outputs, for looking for a sentence.
    pub(crate) fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Its standard output; it must have ended with 0.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}", self.said());
        self.stdout
    }

    /// It must have failed and said this.
    #[track_caller]
    pub(crate) fn refused_with(&self, part: &str) {
        assert_ne!(self.code, 0, "it was not refused: {}", self.said());
        assert!(self.said().contains(part), "no '{part}' in: {}", self.said());
    }
}

/// Runs a command to its end with `input` on its standard input.
pub(crate) fn run(command: &mut Command, input: &[u8]) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"));
    if let Some(mut stdin) = child.stdin.take() {
        // A program that needs no more input may close it early.
        let _ = stdin.write_all(input);
    }
    let output = child.wait_with_output().expect("the child is ours to wait for");
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Looks until there is an answer.
#[track_caller]
pub(crate) fn until<T>(what: &str, limit_s: u64, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = SystemClock.elapsed() + Duration::from_secs(limit_s);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(SystemClock.elapsed() < deadline, "{what}: not seen within {limit_s} s");
        std::thread::sleep(Duration::from_millis(30));
    }
}

/// A program of the workspace, next to this test's own folder.
pub(crate) fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a running program has a path");
    let folder = own.parent().and_then(|deps| deps.parent()).expect("target/debug/deps");
    let path = folder.join(name);
    assert!(path.is_file(), "{} is not built; run `cargo xtask test e2e`", path.display());
    path
}

/// Different loopback ports that nobody uses at the moment.
pub(crate) fn free_ports<const N: usize>() -> [u16; N] {
    let held: [TcpListener; N] = std::array::from_fn(|_| {
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback")
    });
    held.map(|listener| listener.local_addr().expect("a bound port has an address").port())
}
