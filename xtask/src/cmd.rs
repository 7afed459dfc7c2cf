//! Starting other programs: shown, checked, and never with a secret in argv.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

/// Runs a command with our terminal; an exit code other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| cannot_start(command))?;
    if !status.success() {
        bail!("`{}` failed: {status}", show(command));
    }
    Ok(())
}

/// Runs a command and returns what it printed; its errors go to our terminal.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| cannot_start(command))?;
    if !output.status.success() {
        bail!("`{}` failed: {}", show(command), output.status);
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` did not print UTF-8", show(command)))
}

/// Runs a command with `input` on its stdin and collects everything.
pub(crate) fn feed(command: &mut Command, input: &[u8]) -> Result<Output> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| cannot_start(command))?;
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(input) {
            // A program that needs no more input may close it early.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                return Err(error).with_context(|| format!("writing to `{}`", show(command)));
            }
            Err(_) | Ok(()) => {}
        }
    }
    child.wait_with_output().with_context(|| format!("waiting for `{}`", show(command)))
}

/// [`feed`], where an exit code other than 0 is an error with its stderr.
pub(crate) fn feed_checked(command: &mut Command, input: &[u8]) -> Result<String> {
    let output = feed(command, input)?;
    if !output.status.success() {
        bail!(
            "`{}` failed: {}\n{}",
            show(command),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether the command starts and ends with 0; its output is thrown away.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The command as a person would type it.
pub(crate) fn show(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| {
            let word = word.to_string_lossy();
            if word.is_empty() || word.contains([' ', '\n', '\'', '"', '$', '*']) {
                format!("'{}'", word.replace('\'', r"'\''"))
            } else {
                word.into_owned()
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether a program of this name is on the search path or in the folders
/// that hold the system's own tools.
pub(crate) fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(Into::into))
        .any(|folder| folder.join(program).is_file())
}

/// Whether this process may do everything.
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn cannot_start(command: &Command) -> String {
    format!("`{}` could not be started", show(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_command_is_named_with_its_stderr() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo the reason >&2; exit 3"]);
        let error = feed_checked(&mut command, b"").expect_err("exit code 3").to_string();
        assert!(error.contains("exit status: 3"), "{error}");
        assert!(error.contains("the reason"), "{error}");
    }

    #[test]
    fn input_reaches_the_child_and_output_comes_back() {
        let echoed = feed_checked(&mut Command::new("cat"), "鍵".as_bytes()).expect("cat works");
        assert_eq!(echoed, "鍵");
    }

    #[test]
    fn a_word_with_a_space_is_quoted() {
        let mut command = Command::new("echo");
        command.args(["a b", "it's"]);
        assert_eq!(show(&command), r"echo 'a b' 'it'\''s'");
    }
}
