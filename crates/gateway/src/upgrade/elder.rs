//! The process that works and starts its successor.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use sd_notify::NotifyState;
use sekisho_platform::handover;
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::{CHANNEL, Go, Word};
use crate::control::{Ask, Say, Upgrade};
use crate::lines::Lines;
use crate::run::{Running, notify};

/// Why there is no upgrade without a server.
pub(super) const NO_SERVER: &str = "the server is not connected, so a new program could not prove \
     itself. Connect it first (`sekisho-gateway status`); or stop the service, install the program \
     by hand and start it again";

/// How long a command may take to install what proved itself.
const INSTALL: Duration = Duration::from_secs(60);

/// How long a successor may take to answer agents once it shall.
const TAKE: Duration = Duration::from_secs(10);

/// Hands over to another program, and leaves when that one works.
///
/// # Errors
/// Says why not; everything is as it was.
pub(crate) async fn hand_over(
    running: &Running,
    upgrade: &Upgrade,
    command: &mut Lines,
) -> anyhow::Result<Say> {
    let Ok(_one) = running.upgrading.try_lock() else { bail!("another upgrade is under way") };
    // A program that cannot reach the server cannot prove itself.
    if running.plane.links() == 0 || running.plane.status().config_version.is_none() {
        bail!(NO_SERVER);
    }
    let successor = Successor::start(running, &upgrade.program)?;
    running.plane.hold_private(true);
    let limit = Duration::from_secs(upgrade.proof_s);
    match judge(running, successor, limit, command).await {
        Ok(pid) => {
            let drain = upgrade.drain_s.map_or(running.config.drain, Duration::from_secs);
            notify(&[NotifyState::MainPid(pid)]);
            // The one who listens is there for as long as the process.
            let _ = running.leave.send(drain).await;
            Ok(Say::HandedOver { pid, drain_s: drain.as_secs() })
        }
        Err(error) => {
            running.plane.hold_private(false);
            Err(error)
        }
    }
}

/// From the start to *took*. Dropping the successor ends it.
async fn judge(
    running: &Running,
    mut successor: Successor,
    limit: Duration,
    command: &mut Lines,
) -> anyhow::Result<u32> {
    let pid = successor.child.id();
    command.say(&Say::Step(format!("started as process {pid}"))).await?;
    let version =
        timeout(limit, proof(running, &mut successor, command)).await.map_err(|_| {
            anyhow::anyhow!(
                "the new program did not prove itself within {} seconds; its log may say why",
                limit.as_secs()
            )
        })??;
    command.say(&Say::Proved { version }).await?;
    match timeout(INSTALL, command.hear::<Ask>()).await {
        Ok(Ok(Ask::Installed)) => {}
        Ok(_) => bail!("the command that asked for the upgrade went away"),
        Err(_) => bail!("the new program was not installed in time"),
    }
    successor.channel.say(&Go::Go).await.context("the new process has ended")?;
    match timeout(TAKE, successor.hear()).await {
        Ok(Ok(Word::Took)) => {}
        Ok(Ok(Word::Failed(reason))) => bail!("the new process gave up: {reason}"),
        Ok(Ok(Word::Listening | Word::Step(_) | Word::Proved { .. })) => {
            bail!("the new process does not follow the order of an upgrade")
        }
        Ok(Err(error)) => return Err(error),
        Err(_) => bail!("the new process does not answer agents in time"),
    }
    successor.works = true;
    Ok(pid)
}

async fn proof(
    running: &Running,
    successor: &mut Successor,
    command: &mut Lines,
) -> anyhow::Result<String> {
    loop {
        match successor.hear().await? {
            Word::Listening => {
                running.plane.dial_again();
                command.say(&Say::Step("the server was asked to dial it".to_owned())).await?;
            }
            Word::Step(text) => command.say(&Say::Step(text)).await?,
            Word::Proved { version } => return Ok(version),
            Word::Failed(reason) => bail!("the new program did not prove itself: {reason}"),
            Word::Took => bail!("the new process does not follow the order of an upgrade"),
        }
    }
}

/// A process that may take over. Dropped before it does, it is ended.
struct Successor {
    child: Child,
    channel: Lines,
    works: bool,
}

impl Successor {
    fn start(running: &Running, program: &Path) -> anyhow::Result<Self> {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let mut files = running.sockets.hand_over(running.plane.pass_through())?;
        files.push((CHANNEL.to_owned(), theirs.into()));
        let mut command = Command::new(program);
        // As it is called where people look, not as it is staged.
        command.arg0("sekisho-gateway").args(&running.arguments).stdin(Stdio::null());
        // It is about this process; the successor has another id.
        command.env_remove("WATCHDOG_PID");
        handover::hand_over(&mut command, files)?;
        let child = command
            .spawn()
            .with_context(|| format!("{} could not be started", program.display()))?;
        let channel = Lines::new(UnixStream::from_std(ours)?);
        Ok(Self { child, channel, works: false })
    }

    async fn hear(&mut self) -> anyhow::Result<Word> {
        let heard = self.channel.hear().await;
        heard.map_err(|_| anyhow::anyhow!("the new process has ended; its log may say why"))
    }
}

impl Drop for Successor {
    fn drop(&mut self) {
        if !self.works {
            let _ = self.child.kill();
            // It was killed, so this does not wait for anything else.
            let _ = self.child.wait();
        }
    }
}
