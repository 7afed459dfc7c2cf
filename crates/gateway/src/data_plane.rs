//! The data plane as the process drives it.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use sekisho_model::Timestamp;
use sekisho_wire::gateway::GatewayStatus;

use crate::gateway::{Gateway, start_held};
use crate::parts::{Identity, Paired, Parts, PublicCertificate};
use crate::process::Plane;

/// Starts the data plane; agents are answered when it is opened.
///
/// # Errors
/// When the key of the link cannot be used, or the system refuses a thread.
pub fn start(parts: Parts) -> anyhow::Result<Arc<dyn Plane>> {
    Ok(Arc::new(start_held(parts).context("the data plane")?))
}

impl Plane for Gateway {
    fn open(&self) {
        Self::open(self);
    }

    fn hold_private(&self, held: bool) {
        Self::hold_private(self, held);
    }

    fn identify(&self, identity: Identity) {
        if let Err(error) = Self::identify(self, identity) {
            tracing::error!(%error, "the link's certificate cannot be used; the former one stays");
        }
    }

    fn belong(&self, paired: Option<Paired>) {
        let done = match paired {
            Some(paired) => Self::pair(self, paired),
            None => Self::unpair(self),
        };
        if let Err(error) = done {
            tracing::error!(%error, "the change of the site takes a restart to work");
        }
    }

    fn show(&self, public: PublicCertificate) {
        Self::show(self, public);
    }

    fn request_certificate(&self, for_link: bool, request: Vec<u8>) {
        // Asked again in a minute, if it is still due.
        if let Err(error) = Self::request_certificate(self, for_link, request) {
            tracing::debug!(%error, for_link, "a certificate could not be asked for");
        }
    }

    fn dial_again(&self) {
        if let Err(error) = Self::dial_again(self) {
            tracing::warn!(%error, "the server was not asked to dial again; it does so by itself");
        }
    }

    fn status(&self) -> GatewayStatus {
        Self::status(self)
    }

    fn links(&self) -> u64 {
        self.page().links as u64
    }

    fn server_heard(&self) -> Option<Timestamp> {
        Self::server_heard(self)
    }

    fn pass_through(&self) -> Option<TcpListener> {
        self.listeners().ok()?.pass_through?.inherited
    }

    fn check_itself(&self, patience: Duration) -> Result<(), String> {
        Self::check_itself(self, patience)
    }

    fn drain(&self, spread: Duration, grace: Duration) {
        let left = Self::drain(self, spread, grace);
        if left > 0 {
            tracing::warn!(left, "connections were closed that had something in progress");
        }
        self.shutdown();
    }
}
