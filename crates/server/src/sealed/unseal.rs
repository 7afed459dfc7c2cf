//! The operator's end of the socket.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use sekisho_model::Secret;
use serde::{Deserialize, Serialize};

/// The longest passphrase, in bytes.
pub(super) const MAX_PASSPHRASE_BYTES: usize = 4096;

/// The longest answer, in bytes.
const MAX_ANSWER_BYTES: u64 = 4096;

/// A key takes its time, and tries stand in line.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Unsealed {
    /// Whether the server goes on.
    pub unsealed: bool,
    /// A sentence.
    pub message: String,
}

/// Hands the passphrase to a sealed server, or has it look for its key now.
///
/// # Errors
/// When no sealed server is there.
pub fn unseal(control: &Path, passphrase: Option<&Secret>) -> anyhow::Result<Unsealed> {
    let mut stream = match UnixStream::connect(control) {
        Ok(stream) => stream,
        Err(error)
            if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) =>
        {
            bail!(
                "no sealed server listens on {}: it is unsealed already, or does not run",
                control.display()
            )
        }
        Err(error) => {
            return Err(error).with_context(|| format!("cannot reach {}", control.display()));
        }
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    if let Some(passphrase) = passphrase {
        anyhow::ensure!(
            passphrase.len() <= MAX_PASSPHRASE_BYTES,
            "the passphrase has more than {MAX_PASSPHRASE_BYTES} bytes"
        );
        stream.write_all(passphrase.expose())?;
    }
    stream.shutdown(Shutdown::Write)?;
    let mut line = String::new();
    stream
        .take(MAX_ANSWER_BYTES)
        .read_to_string(&mut line)
        .context("the server did not answer in time")?;
    serde_json::from_str(&line).context("the server closed the connection; are you root?")
}
