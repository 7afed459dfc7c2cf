//! systemd, by its own tool.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// The name of the service.
pub(super) const SERVICE: &str = "sekisho-agent.service";

/// The unit as the packages install it, for hosts without a package.
const UNIT: &str = include_str!("../../../../packaging/systemd/sekisho-agent.service");

/// Where a unit of ours goes; the folder for what no package owns.
const UNIT_PATH: &str = "/etc/systemd/system/sekisho-agent.service";

/// Where packages put theirs.
const PACKAGED: [&str; 2] =
    ["/usr/lib/systemd/system/sekisho-agent.service", "/lib/systemd/system/sekisho-agent.service"];

/// The first line of a unit that we wrote and may therefore remove.
const MARK: &str = "# Written by `sekisho-agent install`; `sekisho-agent remove` removes it.\n";

/// The program that packages install.
const PROGRAM: &str = "/usr/bin/sekisho-agent";

/// The service manager of this host.
pub(super) struct Systemd {
    systemctl: PathBuf,
}

impl Systemd {
    /// It, if it runs here.
    pub(super) fn find() -> Option<Self> {
        // What sd_booted(3) looks at.
        if !Path::new("/run/systemd/system").is_dir() {
            return None;
        }
        let systemctl = ["/usr/bin/systemctl", "/bin/systemctl"].map(PathBuf::from);
        systemctl.into_iter().find(|path| path.is_file()).map(|systemctl| Self { systemctl })
    }

    /// [`find`](Self::find), or what to do without it.
    pub(super) fn required() -> anyhow::Result<Self> {
        Self::find().context(
            "systemd does not run here. Enrol this host with `sekisho-agent enroll` and have your \
             service manager start `sekisho-agent run` as root",
        )
    }

    /// Whether there is a unit, ours or another.
    pub(super) fn has_unit() -> bool {
        PACKAGED.iter().chain([&UNIT_PATH]).any(|path| Path::new(path).exists())
    }

    /// Writes the unit unless a package or an administrator has; says where.
    pub(super) fn write_unit(&self) -> anyhow::Result<Option<&'static str>> {
        if PACKAGED.iter().any(|path| Path::new(path).exists()) {
            return Ok(None);
        }
        let program = std::env::current_exe().context("this program does not know its own path")?;
        let unit = unit_for(&program)?;
        match std::fs::read_to_string(UNIT_PATH) {
            Ok(found) if found == unit => return Ok(None),
            // Somebody else's: it is theirs to say how the agent runs.
            Ok(found) if !found.starts_with(MARK) => return Ok(None),
            Ok(_) | Err(_) => {}
        }
        std::fs::write(UNIT_PATH, unit).with_context(|| format!("cannot write {UNIT_PATH}"))?;
        Ok(Some(UNIT_PATH))
    }

    /// Removes the unit that we wrote; says where it was.
    pub(super) fn remove_unit(&self) -> anyhow::Result<Option<&'static str>> {
        match std::fs::read_to_string(UNIT_PATH) {
            Ok(found) if found.starts_with(MARK) => {
                std::fs::remove_file(UNIT_PATH)
                    .with_context(|| format!("cannot remove {UNIT_PATH}"))?;
                self.call(&["daemon-reload"])?;
                Ok(Some(UNIT_PATH))
            }
            Ok(_) | Err(_) => Ok(None),
        }
    }

    /// Whether the service runs or is about to.
    pub(super) fn is_active(&self) -> anyhow::Result<bool> {
        let output = self
            .command(&["show", "--property", "ActiveState", "--value", SERVICE])
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| self.cannot_start())?;
        let state = String::from_utf8_lossy(&output.stdout);
        Ok(matches!(state.trim(), "active" | "activating" | "reloading" | "deactivating"))
    }

    /// Calls the tool; what it says goes to the person.
    pub(super) fn call(&self, args: &[&str]) -> anyhow::Result<()> {
        let status = self.command(args).status().with_context(|| self.cannot_start())?;
        if !status.success() {
            bail!("`systemctl {}` failed; `journalctl -u {SERVICE}` may say why", args.join(" "));
        }
        Ok(())
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.systemctl);
        command.args(args).stdin(Stdio::null());
        command
    }

    fn cannot_start(&self) -> String {
        format!("{} could not be started", self.systemctl.display())
    }
}

/// The unit that starts this very program.
fn unit_for(program: &Path) -> anyhow::Result<String> {
    let path = program.to_str().filter(|path| {
        // Everything else would have to be escaped for systemd.
        path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+".contains(c))
    });
    let Some(path) = path else {
        bail!(
            "the path of this program, {}, has characters that a unit cannot hold; install it as \
             {PROGRAM}",
            program.display()
        );
    };
    Ok(format!("{MARK}{}", UNIT.replace(PROGRAM, path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_starts_the_program_that_wrote_it() {
        let unit = unit_for(Path::new("/opt/sekisho/bin/sekisho-agent")).expect("a plain path");
        assert!(unit.starts_with(MARK));
        assert!(unit.contains("\nExecStart=/opt/sekisho/bin/sekisho-agent run "), "{unit}");
        assert!(!unit.contains(PROGRAM));
        assert!(unit.contains("\nWantedBy=multi-user.target"), "it can be enabled");
    }

    #[test]
    fn a_path_that_a_unit_cannot_hold_is_refused() {
        for path in ["/opt/my agent/a", "/opt/%h/a", "/opt/a\nUser=x"] {
            let error = unit_for(Path::new(path)).expect_err(path).to_string();
            assert!(error.contains("install it as /usr/bin/sekisho-agent"), "{error}");
        }
    }

    #[test]
    fn the_unit_reads_and_writes_where_the_program_does() {
        use crate::config::{DEFAULT_PATH, DEFAULT_STATE_DIR};
        assert!(UNIT.contains(&format!("run --config {DEFAULT_PATH}")));
        let folder = DEFAULT_STATE_DIR.strip_prefix("/var/lib/").expect("a state directory");
        assert!(UNIT.contains(&format!("\nStateDirectory={folder}\n")));
    }
}
