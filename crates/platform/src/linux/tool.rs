//! Runs a program of the system: no shell, no search path, no environment of
//! ours, bounded output, a deadline.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process_group};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};
use zeroize::Zeroizing;

/// Where programs are looked for; never in `$PATH`, which the caller's
/// environment controls.
const FOLDERS: [&str; 4] = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];
/// What the program itself sees, should it start others.
const PATH: &str = "/usr/sbin:/sbin:/usr/bin:/bin";
/// Error text kept of a program, in bytes.
const MAX_STDERR_BYTES: usize = 16 * 1024;
/// How often an exit is looked for while another process holds the pipes.
const TICK: Duration = Duration::from_millis(20);
/// How long a killed program may take to end before it is given up.
const KILL_WAIT: Duration = Duration::from_secs(5);
/// Reads of an ended program's pipes (8 KiB each, 64 KiB a pipe).
const MAX_DRAIN_READS: usize = 16;
/// Bytes a pipe takes without a reader (`PIPE_BUF`): input up to this size
/// can never block.
const MAX_STDIN_BYTES: usize = 4096;

/// The program's file, if it is installed in one of the fixed folders and
/// nobody but root can have changed it.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    FOLDERS.iter().map(|folder| Path::new(folder).join(name)).find(|path| {
        fs::metadata(path).is_ok_and(|facts| {
            let mode = facts.mode();
            facts.is_file() && facts.uid() == 0 && mode & 0o022 == 0 && mode & 0o111 != 0
        })
    })
}

/// One run of a program.
pub(crate) struct Call<'a> {
    pub(crate) program: &'a Path,
    pub(crate) args: &'a [&'a OsStr],
    /// At most 4,096 bytes.
    pub(crate) stdin: Zeroizing<Vec<u8>>,
    pub(crate) deadline: Duration,
    /// Standard output kept, in bytes; more is read and dropped.
    pub(crate) max_stdout_bytes: usize,
}

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Exited(i32),
    Signalled(i32),
    /// Killed at its deadline.
    Overdue,
}

/// What the program left behind.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) end: End,
    pub(crate) stdout: Zeroizing<Vec<u8>>,
    pub(crate) stderr: Zeroizing<Vec<u8>>,
    /// Whether standard output was longer than what was kept.
    pub(crate) cut: bool,
}

/// Runs the program to its end or its deadline.
///
/// # Errors
/// Only while nothing has been written to the program: it has done nothing.
pub(crate) fn run(call: Call<'_>) -> io::Result<Output> {
    if call.stdin.len() > MAX_STDIN_BYTES {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    let timer = timer(call.deadline)?;
    let mut command = Command::new(call.program);
    command
        .args(call.args)
        .env_clear()
        .env("PATH", PATH)
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Its own group, so that what it starts can be killed with it.
        .process_group(0);
    end_with_us(&mut command);
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ends without reading is judged by how it ended.
        let _ = stdin.write_all(&call.stdin);
    }
    let mut stdout = Capture::new(child.stdout.take(), call.max_stdout_bytes);
    let mut stderr = Capture::new(child.stderr.take(), MAX_STDERR_BYTES);
    let end = watch(&mut child, &timer, &mut stdout, &mut stderr);
    Ok(Output { end, cut: stdout.cut, stdout: stdout.kept, stderr: stderr.kept })
}

/// A change must not happen after its agent is dead: the next one would look
/// what works, decide on it, and be overtaken.
#[expect(unsafe_code, reason = "the only way to run code between fork and exec")]
fn end_with_us(command: &mut Command) {
    let us = rustix::process::getpid();
    let ask_for_death = move || {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        // We may have died before the line above.
        if rustix::process::getppid() == Some(us) {
            Ok(())
        } else {
            Err(rustix::io::Errno::SRCH.into())
        }
    };
    // SAFETY: the closure makes two system calls and allocates nothing, which
    // is allowed between fork and exec.
    unsafe {
        command.pre_exec(ask_for_death);
    }
}

fn watch(
    child: &mut Child,
    timer: &OwnedFd,
    stdout: &mut Capture<impl Read + AsFd>,
    stderr: &mut Capture<impl Read + AsFd>,
) -> End {
    loop {
        let overdue = wait_for_events(timer, stdout, stderr, TICK);
        // `try_wait` fails only if somebody else reaped the child: then how it
        // ended is not known, as with one that was killed.
        match child.try_wait() {
            Ok(Some(status)) => {
                // What it wrote before it ended is in the pipes by now, at
                // most 64 KiB each; what others still write is not ours.
                for _ in 0..MAX_DRAIN_READS {
                    if !has_more(stdout) && !has_more(stderr) {
                        break;
                    }
                    wait_for_events(timer, stdout, stderr, Duration::ZERO);
                }
                return ended(status);
            }
            Ok(None) if !overdue => {}
            Ok(None) | Err(_) => {
                kill(child);
                return End::Overdue;
            }
        }
    }
}

fn ended(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exited(code),
        (None, signal) => End::Signalled(signal.unwrap_or(0)),
    }
}

/// Kills the program and what it started, and waits a bounded time for it.
fn kill(child: &mut Child) {
    // Not reaped yet, so the number still belongs to it.
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    let steps = KILL_WAIT.as_millis() / TICK.as_millis();
    for _ in 0..steps {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(TICK);
    }
    tracing::warn!(pid = child.id(), "a killed program of the system does not end");
}

/// Reads what is there; returns whether the deadline has passed.
fn wait_for_events(
    timer: &OwnedFd,
    stdout: &mut Capture<impl Read + AsFd>,
    stderr: &mut Capture<impl Read + AsFd>,
    at_most: Duration,
) -> bool {
    let timeout = timespec(at_most);
    let (overdue, out, err) = {
        let mut fds = vec![PollFd::new(timer, PollFlags::IN)];
        let sources =
            [stdout.source.as_ref().map(AsFd::as_fd), stderr.source.as_ref().map(AsFd::as_fd)];
        let places = sources.each_ref().map(|source| {
            source.as_ref().map(|fd| {
                fds.push(PollFd::new(fd, PollFlags::IN));
                fds.len() - 1
            })
        });
        // An interrupted poll is a tick without events.
        if poll(&mut fds, Some(&timeout)).is_err() {
            return false;
        }
        let ready = |place: Option<usize>| place.is_some_and(|at| !fds[at].revents().is_empty());
        (!fds[0].revents().is_empty(), ready(places[0]), ready(places[1]))
    };
    if out {
        stdout.read();
    }
    if err {
        stderr.read();
    }
    overdue
}

fn has_more(capture: &Capture<impl Read + AsFd>) -> bool {
    capture.source.as_ref().is_some_and(|source| {
        let mut fds = [PollFd::new(source, PollFlags::IN)];
        poll(&mut fds, Some(&timespec(Duration::ZERO))).is_ok_and(|ready| ready > 0)
    })
}

/// The beginning of a stream; the rest is read and dropped, so that the
/// program does not wait for a reader.
struct Capture<R> {
    source: Option<R>,
    kept: Zeroizing<Vec<u8>>,
    limit: usize,
    cut: bool,
}

impl<R: Read + AsFd> Capture<R> {
    fn new(source: Option<R>, limit: usize) -> Self {
        Self { source, kept: Zeroizing::default(), limit, cut: false }
    }

    /// One read of a stream that has data or has ended.
    fn read(&mut self) {
        let Some(source) = &mut self.source else { return };
        let mut buffer = Zeroizing::new([0_u8; 8192]);
        match source.read(buffer.as_mut_slice()) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => self.source = None,
            Ok(length) => {
                let room = self.limit.saturating_sub(self.kept.len()).min(length);
                self.kept.extend_from_slice(&buffer[..room]);
                self.cut |= room < length;
            }
        }
    }
}

/// A timer that becomes readable at the deadline. It counts time that the
/// machine runs: a program is not overdue because the lid was closed.
fn timer(after: Duration) -> io::Result<OwnedFd> {
    let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC)?;
    let once = Itimerspec { it_interval: timespec(Duration::ZERO), it_value: timespec(after) };
    timerfd_settime(&timer, TimerfdTimerFlags::empty(), &once)?;
    Ok(timer)
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, stdin: &[u8], deadline: Duration) -> Output {
        run(Call {
            program: Path::new("/bin/sh"),
            args: &[OsStr::new("-c"), OsStr::new(script)],
            stdin: Zeroizing::new(stdin.to_vec()),
            deadline,
            max_stdout_bytes: 1000,
        })
        .unwrap()
    }

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn input_output_and_exit_code_pass_through() {
        let output = shell("read a; echo \"<$a>\"; echo no >&2; exit 7", b"hi\n", LONG);
        assert_eq!(output.end, End::Exited(7));
        assert_eq!(output.stdout.as_slice(), b"<hi>\n");
        assert_eq!(output.stderr.as_slice(), b"no\n");
    }

    #[test]
    fn the_environment_is_not_ours() {
        let output = shell("/usr/bin/env | /usr/bin/sort", b"", LONG);
        assert_eq!(output.stdout.as_slice(), format!("LC_ALL=C\nPATH={PATH}\nPWD=/\n").as_bytes());
    }

    #[test]
    fn endless_output_is_cut_and_endless_programs_are_killed() {
        let output = shell("while :; do echo xxxxxxxx; done", b"", Duration::from_millis(200));
        assert_eq!(output.end, End::Overdue);
        assert_eq!(output.stdout.len(), 1000);
        assert!(output.cut);
    }

    #[test]
    fn a_grandchild_that_keeps_the_pipes_does_not_hold_us() {
        let output = shell("sleep 30 & echo done", b"", LONG);
        assert_eq!(output.end, End::Exited(0));
        assert_eq!(output.stdout.as_slice(), b"done\n");
    }

    #[test]
    fn signals_and_unread_input_are_no_errors_of_ours() {
        let output = shell("kill -9 $$", &[b'x'; 4096], LONG);
        assert_eq!(output.end, End::Signalled(9));
    }

    #[test]
    fn programs_are_found_in_fixed_folders_only() {
        assert!(find("sh").is_some());
        assert!(find("no-such-program").is_none());
    }
}
