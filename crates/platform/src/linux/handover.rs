//! Open files that a process hands to the program that takes over from it.
//!
//! Like systemd's `LISTEN_FDS` (sd_listen_fds(3)): the files are inherited
//! under the numbers they have, and one environment variable names them. Unlike
//! there, the numbers are not fixed, so that nothing has to be moved between
//! fork and exec.

#![expect(unsafe_code, reason = "numbers become files again; each has its reason below")]

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};

/// The variable that names what was inherited: `name=number`, with commas.
const VARIABLE: &str = "SEKISHO_INHERITED";

/// Has the program that `command` starts inherit these open files; there it
/// takes them with [`inherited`]. Names are letters, digits and `_`.
///
/// # Errors
/// When a name cannot be written down.
pub fn hand_over(command: &mut Command, files: Vec<(String, OwnedFd)>) -> io::Result<()> {
    let mut words = Vec::with_capacity(files.len());
    for (name, file) in &files {
        if name.is_empty() || !name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_') {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("'{name}' cannot name an open file"),
            ));
        }
        words.push(format!("{name}={}", file.as_raw_fd()));
    }
    command.env(VARIABLE, words.join(","));
    let keep_open = move || {
        for (_, file) in &files {
            fcntl_setfd(file, FdFlags::empty())?;
        }
        Ok(())
    };
    // SAFETY: the closure makes system calls only and allocates nothing, which
    // is allowed between fork and exec. It changes flags of the child's own
    // table of open files.
    unsafe {
        command.pre_exec(keep_open);
    }
    Ok(())
}

/// What this process was handed over, by name; nothing where nobody did. The
/// files close with the next exec again. The second call gives nothing.
///
/// # Errors
/// When the variable names what is no open file, or one that was opened by this
/// process: then somebody else has set it.
pub fn inherited() -> io::Result<BTreeMap<String, OwnedFd>> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    let Some(text) = std::env::var_os(VARIABLE) else { return Ok(BTreeMap::new()) };
    if TAKEN.swap(true, Ordering::SeqCst) {
        return Ok(BTreeMap::new());
    }
    let wrong = || {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("the variable {VARIABLE} does not name open files; it is not set by hand"),
        )
    };
    let text = text.into_string().map_err(|_| wrong())?;
    let mut numbers = BTreeMap::new();
    for word in text.split(',').filter(|word| !word.is_empty()) {
        let (name, number) = word.split_once('=').ok_or_else(wrong)?;
        let number: i32 = number.parse().map_err(|_| wrong())?;
        if number < 3 || !is_inherited(number) || numbers.values().any(|known| *known == number) {
            return Err(wrong());
        }
        numbers.insert(name.to_owned(), number);
    }
    Ok(numbers.into_iter().map(|(name, number)| (name, take(number))).collect())
}

/// Everything that this process opens itself is closed by an exec; what is not
/// was open before this program began.
fn is_inherited(number: i32) -> bool {
    // SAFETY: the number is used for one question, to which the kernel answers
    // EBADF when nothing is open under it.
    let file = unsafe { BorrowedFd::borrow_raw(number) };
    fcntl_getfd(file).is_ok_and(|flags| !flags.contains(FdFlags::CLOEXEC))
}

fn take(number: i32) -> OwnedFd {
    // SAFETY: the number is open and was so before this program began
    // (`is_inherited`), and `inherited` takes each once, so that nobody else
    // here owns it.
    let file = unsafe { OwnedFd::from_raw_fd(number) };
    // It is open, so this cannot fail; if it did, a program started later would
    // see one file too many.
    let _ = fcntl_setfd(&file, FdFlags::CLOEXEC);
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Write as _;
    use std::os::unix::net::UnixStream;
    use std::process::Stdio;

    fn script(text: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", text]).stdout(Stdio::piped());
        command
    }

    fn said(command: &mut Command) -> String {
        String::from_utf8(command.output().expect("it runs").stdout).expect("text")
    }

    #[test]
    fn the_child_has_the_file_and_finds_it_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("text");
        File::create(&path).expect("made").write_all(b"handed over\n").expect("written");
        let file = File::open(&path).expect("there");
        let mut command =
            script("echo $SEKISHO_INHERITED; eval \"cat <&${SEKISHO_INHERITED#text=}\"");
        hand_over(&mut command, vec![("text".to_owned(), file.into())]).expect("a good name");
        let said = said(&mut command);
        assert!(said.starts_with("text=") && said.ends_with("\nhanded over\n"), "{said}");
    }

    #[test]
    fn what_was_not_named_stays_here() {
        let (ours, _theirs) = UnixStream::pair().expect("a pair");
        let number = ours.as_raw_fd();
        let mut command = script(&format!("test -e /proc/self/fd/{number} && echo open"));
        hand_over(&mut command, Vec::new()).expect("nothing is fine");
        assert_eq!(said(&mut command), "");
        assert!(!is_inherited(number), "it is this process's own");
    }

    #[test]
    fn a_name_that_cannot_be_read_back_is_refused() {
        let mut command = script("true");
        for name in ["", "a,b", "a=b"] {
            let (file, _) = UnixStream::pair().expect("a pair");
            assert!(hand_over(&mut command, vec![(name.to_owned(), file.into())]).is_err());
        }
    }
}
