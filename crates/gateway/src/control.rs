//! How commands on this machine speak to the gateway that runs: a socket in its
//! memory's folder, which only its user and root can enter.
//!
//! Each message is one line of JSON. A command asks once; an upgrade goes on
//! for a while, with steps from the gateway and one word more from the command.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use crate::report::Report;

/// Longest line, in bytes.
pub(crate) const MAX_LINE_BYTES: usize = 1024 * 1024;

/// How long an answer may take where nothing has to be waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// The socket of a gateway with this memory.
pub(crate) fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("control.sock")
}

/// From a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ask {
    /// How are you?
    Status,
    /// The memory was changed: look at it again.
    LookAgain,
    /// Hand over to this program.
    Upgrade(Upgrade),
    /// The program that proved itself is installed: go.
    Installed,
}

/// What an upgrade is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Upgrade {
    /// The program.
    pub(crate) program: PathBuf,
    /// So long it may take to prove itself, in seconds.
    pub(crate) proof_s: u64,
    /// So long the former process finishes what it has begun, in seconds;
    /// `None`: as it is set.
    pub(crate) drain_s: Option<u64>,
}

/// From the gateway.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Say {
    /// The answer to [`Ask::Status`].
    Status(Box<Report>),
    /// It is done.
    Done,
    /// It was not done, with the reason. Nothing was changed.
    Failed(String),
    /// An upgrade goes on.
    Step(String),
    /// The successor has proved itself; it may be installed.
    Proved {
        /// Its version.
        version: String,
    },
    /// The successor works.
    HandedOver {
        /// Its process.
        pid: u32,
        /// So long this one goes on with what it has begun, in seconds.
        drain_s: u64,
    },
}

/// Nobody listens.
#[derive(Debug, thiserror::Error)]
#[error(
    "the gateway does not run (nobody listens on {0}); start it with 'systemctl start \
     sekisho-gateway'"
)]
pub(crate) struct NotRunning(PathBuf);

/// The command's end.
pub(crate) struct Client {
    stream: BufReader<UnixStream>,
}

impl Client {
    /// Reaches the gateway with this memory.
    ///
    /// # Errors
    /// [`NotRunning`], or the system refuses.
    pub(crate) fn connect(state_dir: &Path) -> anyhow::Result<Self> {
        let path = path(state_dir);
        match UnixStream::connect(&path) {
            Ok(stream) => {
                stream.set_write_timeout(Some(PATIENCE))?;
                stream.set_read_timeout(Some(PATIENCE))?;
                Ok(Self { stream: BufReader::new(stream) })
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) =>
            {
                Err(NotRunning(path).into())
            }
            Err(error) => Err(error).with_context(|| format!("cannot reach {}", path.display())),
        }
    }

    /// Waits so long for an answer from now on.
    pub(crate) fn be_patient(&mut self, patience: Duration) -> anyhow::Result<()> {
        Ok(self.stream.get_ref().set_read_timeout(Some(patience))?)
    }

    pub(crate) fn ask(&mut self, ask: &Ask) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(ask)?;
        line.push(b'\n');
        self.stream.get_mut().write_all(&line).context("the gateway does not listen any more")
    }

    pub(crate) fn hear(&mut self) -> anyhow::Result<Say> {
        let mut line = String::new();
        (&mut self.stream)
            .take(MAX_LINE_BYTES as u64)
            .read_line(&mut line)
            .context("the gateway did not answer in time")?;
        if line.is_empty() {
            bail!("the gateway ended while it was asked; its log may say why");
        }
        serde_json::from_str(&line).context("the gateway's answer cannot be read")
    }
}

/// Asks once.
///
/// # Errors
/// [`NotRunning`], or what the gateway says.
pub(crate) fn ask(state_dir: &Path, ask: &Ask) -> anyhow::Result<Say> {
    let mut client = Client::connect(state_dir)?;
    client.ask(ask)?;
    match client.hear()? {
        Say::Failed(reason) => bail!("{reason}"),
        said => Ok(said),
    }
}

/// Tells a running gateway that its memory was changed. Whether one runs.
///
/// # Errors
/// When it runs and does not take it.
pub(crate) fn look_again(state_dir: &Path) -> anyhow::Result<bool> {
    match ask(state_dir, &Ask::LookAgain) {
        Ok(_) => Ok(true),
        Err(error) if error.is::<NotRunning>() => Ok(false),
        Err(error) => Err(error),
    }
}
