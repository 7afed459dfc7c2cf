//! Ctrl-C ends the demo in good order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};
use tokio::signal::unix::{SignalKind, signal};

/// Whether somebody wants the demo to end.
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// From now on SIGINT and SIGTERM are noted instead of ending the process.
    pub(super) fn watch() -> Result<Self> {
        let came = Arc::new(AtomicBool::new(false));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let entered = runtime.enter();
        let mut interrupted = signal(SignalKind::interrupt()).context("watching SIGINT")?;
        let mut terminated = signal(SignalKind::terminate()).context("watching SIGTERM")?;
        drop(entered);
        let noted = Arc::clone(&came);
        // Lives as long as the process; it holds nothing but the flag.
        std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = interrupted.recv() => {}
                    _ = terminated.recv() => {}
                }
            });
            noted.store(true, Ordering::SeqCst);
        });
        Ok(Self(came))
    }

    /// For tests: nobody will ever want an end.
    #[cfg(test)]
    pub(super) fn never() -> Self {
        Self(Arc::new(AtomicBool::new(false)))
    }

    /// Whether an end was asked for.
    pub(super) fn came(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// An error once an end was asked for.
    pub(super) fn check(&self) -> Result<()> {
        if self.came() {
            bail!("interrupted");
        }
        Ok(())
    }
}
