//! The agent as a service of its host: `install`, `start`, `stop`, `remove`
//! . All of them need root, can be repeated, and change nothing when
//! there is nothing to change. `install` does not start anything.

mod systemd;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use sekisho_platform::process;

use crate::config::{Config, DEFAULT_PATH, DEFAULT_STATE_DIR};
use crate::journal::Journal;
use crate::leaving::{self, Loss};
use crate::state::{State, StateError};
use crate::status::{Phase, Status, StatusFile};
use systemd::{SERVICE, Systemd};

/// Refuses unless this process is root.
///
/// # Errors
/// Says which verb needs it.
pub fn require_root(verb: &str) -> anyhow::Result<()> {
    if !process::is_root() {
        bail!("`sekisho-agent {verb}` needs root: run it with sudo");
    }
    Ok(())
}

/// Whether a service of this host can be set up with these settings, asked
/// before anything is changed.
///
/// # Errors
/// Says what is in the way.
pub fn can_install(config_path: &Path, config: &Config) -> anyhow::Result<()> {
    Systemd::required()?;
    if config_path != Path::new(DEFAULT_PATH) {
        bail!("the service reads {DEFAULT_PATH}; leave --config out, or write your own unit");
    }
    if config.state_dir != Path::new(DEFAULT_STATE_DIR) {
        bail!(
            "the service keeps its memory in {DEFAULT_STATE_DIR}, not in {}; leave state_dir out, \
             or write your own unit",
            config.state_dir.display()
        );
    }
    Ok(())
}

/// Sets the service up, so that it starts with the system. It is not started.
///
/// # Errors
/// When the unit cannot be written or systemd refuses.
pub fn install(say: &dyn Fn(&str)) -> anyhow::Result<()> {
    let systemd = Systemd::required()?;
    if let Some(path) = systemd.write_unit()? {
        say(&format!("wrote {path}"));
    }
    systemd.call(&["daemon-reload"])?;
    systemd.call(&["--quiet", "enable", SERVICE])?;
    if systemd.is_active()? {
        say("installed; the agent is running");
    } else {
        say("installed; it starts with the system, and now with `sekisho-agent start`");
    }
    Ok(())
}

/// So long a start waits for the first session, and so often it looks.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Starts the service, and says whether it has reached the server.
///
/// # Errors
/// When this host is not enrolled, or systemd cannot start it. An agent that
/// does not reach the server goes on trying, and is no error.
pub fn start(state_dir: &Path, state: &State, say: &dyn Fn(&str)) -> anyhow::Result<()> {
    let systemd = Systemd::required()?;
    if !Systemd::has_unit() {
        bail!("there is no service {SERVICE}; run `sekisho-agent install` first");
    }
    match state.enrolled() {
        Ok(_) => {}
        Err(StateError::NotEnrolled) => {
            bail!("this host is not enrolled; run `sekisho-agent install` first")
        }
        Err(error) => return Err(error.into()),
    }
    systemd.call(&["start", SERVICE])?;
    let status = StatusFile::in_dir(state_dir);
    let mut said = None;
    for _ in 0..PATIENCE.as_millis() / LOOK_EVERY.as_millis() {
        said = status.find().filter(Status::is_current);
        if said.as_ref().is_some_and(|said| said.phase == Phase::Connected) {
            break;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    say(&started(said.as_ref()));
    Ok(())
}

fn started(said: Option<&Status>) -> String {
    let problem = match said {
        Some(said) if said.phase == Phase::Connected => {
            return "the agent is running and connected".to_owned();
        }
        Some(Status { problem: Some(problem), .. }) => format!(": {problem}"),
        Some(_) | None => String::new(),
    };
    format!(
        "the agent is running, but not connected yet{problem}\nIt goes on trying; `sekisho-agent \
         status` says how it is"
    )
}

/// Stops the service; an order that is being carried out is finished first.
///
/// # Errors
/// When systemd cannot stop it.
pub fn stop(say: &dyn Fn(&str)) -> anyhow::Result<()> {
    let systemd = Systemd::required()?;
    if !systemd.is_active()? {
        say("the agent is not running");
        return Ok(());
    }
    systemd.call(&["stop", SERVICE])?;
    say("the agent has stopped; it starts again with the system unless it is removed");
    Ok(())
}

/// What would be lost if the memory in this folder were gone.
///
/// # Errors
/// When it cannot be read: then nobody knows.
pub fn losses(state_dir: &Path, state: &State) -> anyhow::Result<Vec<Loss>> {
    if !state_dir.exists() {
        return Ok(Vec::new());
    }
    let journal = Journal::open(state.clone()).context("it is not known what would be lost")?;
    leaving::losses(&journal).context("it is not known what would be lost")
}

/// Stops and disables the service and erases the agent's memory. The settings
/// stay, and so does the device at the server.
///
/// # Errors
/// When something would be lost and `force` is off; nothing is changed then.
pub fn remove(
    state_dir: &Path,
    state: &State,
    force: bool,
    say: &dyn Fn(&str),
) -> anyhow::Result<()> {
    refuse_losses(&losses(state_dir, state)?, force)?;
    let systemd = Systemd::find();
    match &systemd {
        Some(systemd) => stop_for_good(systemd, state_dir, state, force)?,
        None => refuse_running(state_dir)?,
    }
    // Once more, as it may have worked until it was stopped.
    let lost = losses(state_dir, state)?;
    for loss in &lost {
        say(&format!("lost: {loss}"));
    }
    let was_enrolled = state_dir.exists() && state.enrolled().is_ok();
    if state_dir.exists() {
        state.erase()?;
        remove_folder(state_dir)?;
    }
    if let Some(systemd) = &systemd
        && let Some(path) = systemd.remove_unit()?
    {
        say(&format!("removed {path}"));
    }
    say(if was_enrolled {
        "removed: this host has forgotten its device; the server lists it until an administrator \
         blocks it (`sekisho devices block`)"
    } else {
        "removed; this host was not enrolled"
    });
    Ok(())
}

/// Fails with a list when something would be lost.
///
/// # Errors
/// Names each thing, and the two ways out.
pub fn refuse_losses(losses: &[Loss], force: bool) -> anyhow::Result<()> {
    if losses.is_empty() || force {
        return Ok(());
    }
    let list: String = losses.iter().map(|loss| format!("\n  {loss}")).collect();
    bail!(
        "nothing was removed, because the server does not have yet:{list}\n\
         Let the agent report first (`sekisho-agent start`; `sekisho-agent status` shows open \
         receipts), or give up what is listed with `sekisho-agent remove --force`"
    );
}

fn stop_for_good(
    systemd: &Systemd,
    state_dir: &Path,
    state: &State,
    force: bool,
) -> anyhow::Result<()> {
    let was_active = systemd.is_active()?;
    if was_active {
        systemd.call(&["stop", SERVICE])?;
    }
    if let Err(refused) = refuse_losses(&losses(state_dir, state)?, force) {
        if was_active {
            // It is the agent that can bring the receipt.
            systemd.call(&["start", SERVICE])?;
        }
        return Err(refused);
    }
    if Systemd::has_unit() {
        systemd.call(&["--quiet", "disable", SERVICE])?;
    }
    Ok(())
}

/// Without a service manager nobody but the person can stop it.
fn refuse_running(state_dir: &Path) -> anyhow::Result<()> {
    let said = StatusFile::in_dir(state_dir).find();
    let Some(status) = said.filter(|status| status.phase != Phase::Stopped) else { return Ok(()) };
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", status.pid)).unwrap_or_default();
    // `29 (sekisho-agent) S …`; Z has ended, and its parent has not asked yet.
    let rest = stat.split_once(" (sekisho-agent) ").map(|(_, rest)| rest);
    if rest.is_some_and(|rest| !rest.starts_with('Z')) {
        bail!("the agent runs as process {}; stop it first", status.pid);
    }
    Ok(())
}

/// The folder with what is no part of the memory proper. What somebody else
/// put there stays, and so does the folder then.
fn remove_folder(state_dir: &Path) -> anyhow::Result<()> {
    let failed = || format!("cannot remove {}", state_dir.display());
    let status = state_dir.join("status.json");
    if status.exists() {
        std::fs::remove_file(status).with_context(failed)?;
    }
    for folder in crate::journal::FOLDERS.iter().map(|name| state_dir.join(name)) {
        if folder.exists() {
            std::fs::remove_dir(folder).with_context(failed)?;
        }
    }
    match std::fs::remove_dir(state_dir) {
        Err(error) if error.kind() != std::io::ErrorKind::DirectoryNotEmpty => {
            Err(error).with_context(failed)
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_that_did_not_reach_the_server_says_so() {
        let with = |phase, problem: Option<&str>| Status {
            phase,
            since: sekisho_model::Timestamp::EPOCH,
            problem: problem.map(str::to_owned),
            clock_skew_s: None,
            pid: 1,
            ways: Vec::new(),
        };
        let reached = started(Some(&with(Phase::Connected, None)));
        assert_eq!(reached, "the agent is running and connected");
        let refused = started(Some(&with(Phase::Waiting, Some("connection refused"))));
        assert!(refused.contains("but not connected yet: connection refused\n"), "{refused}");
        assert!(started(None).contains("but not connected yet\n"));
    }
}
