//! The socket through which an operator unseals the server.
//!
//! One request a connection: the passphrase, byte for byte, or nothing (*look
//! for the key now*), ended by closing the writing half. The answer is one
//! line of JSON. The folder and the socket are closed to others, and the
//! kernel says who is at the other end.

use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sekisho_model::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use zeroize::Zeroizing;

use super::Sealed;
use super::unseal::{MAX_PASSPHRASE_BYTES, Unsealed};
use crate::shutdown::Shutdown;

/// For sending the passphrase.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers until the stop; connections are taken one by one.
pub(super) async fn serve(sealed: Arc<Sealed>, shutdown: Shutdown) {
    let path = sealed.config.listen.control.clone();
    let listener = match bind(&path) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(%error, path = %path.display(), "the server cannot be unsealed by hand");
            return shutdown.soft().await;
        }
    };
    loop {
        let accepted = tokio::select! {
            () = shutdown.soft() => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { continue };
        tokio::select! {
            () = shutdown.hard() => break,
            answered = answer(&sealed, stream) => {
                if let Err(error) = answered {
                    tracing::debug!(%error, "an operator's connection ended");
                }
            }
        }
    }
    // The next start removes it as well.
    let _ = std::fs::remove_file(&path);
}

fn bind(path: &Path) -> std::io::Result<UnixListener> {
    // What a server that was killed left behind.
    if std::fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket()) {
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn answer(sealed: &Sealed, mut stream: UnixStream) -> std::io::Result<()> {
    let peer = stream.peer_cred()?.uid();
    let own = sekisho_platform::process::user();
    if peer != 0 && peer != own {
        tracing::warn!(peer, "somebody else tried to unseal the server");
        return Ok(());
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_PASSPHRASE_BYTES + 1));
    let mut limited = (&mut stream).take(MAX_PASSPHRASE_BYTES as u64 + 1);
    tokio::time::timeout(PATIENCE, limited.read_to_end(&mut bytes))
        .await
        .map_err(|_| std::io::ErrorKind::TimedOut)??;
    let given = std::mem::take(&mut *bytes);
    let passphrase = (!given.is_empty()).then(|| Secret::new(given));
    let answer = match sealed.try_open(passphrase, true).await {
        Ok(()) => Unsealed { unsealed: true, message: "the server is unsealed".to_owned() },
        Err(why) => Unsealed { unsealed: false, message: why.sentence().to_owned() },
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    stream.shutdown().await
}
