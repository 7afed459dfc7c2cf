//! Accepting: what is checked before a byte is read.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::hub::{Hub, Pressure, Refused, Work};
use crate::limits::{Reason, Source};
use crate::worker::{Busy, Load};

/// A connection's place in the limits of its address; given up when dropped.
pub(crate) struct Ticket {
    hub: Arc<Hub>,
    /// From where.
    pub(crate) address: IpAddr,
    /// As limits count it.
    pub(crate) source: Source,
    /// The source is banned; only a device that shows itself may stay.
    pub(crate) devices_only: bool,
    /// What it weighs at its thread.
    pub(crate) load: Option<Load>,
    shaken: bool,
    device: bool,
}

impl Ticket {
    /// A place, if limits allow it. What they refuse is counted.
    pub(crate) fn take(hub: &Arc<Hub>, work: &Work, address: IpAddr) -> Option<Self> {
        let source = work.rules.offices.source(address);
        let from = Refused { address, source, device: None, rules: &work.rules };
        if hub.pressure() >= Pressure::High {
            hub.refuse(Reason::Memory, 0, &from);
            return None;
        }
        match hub.admission.accept(source, &work.rules, hub.now()) {
            Ok(accepted) => {
                if let Some(reason) = accepted.dry {
                    hub.refuse_dry(reason, &from);
                }
                let devices_only = accepted.devices_only;
                let hub = hub.clone();
                let (load, shaken, device) = (None, false, false);
                Some(Self { hub, address, source, devices_only, load, shaken, device })
            }
            Err(reason) => {
                hub.refuse(reason, 0, &from);
                None
            }
        }
    }

    /// The handshake is over; whether an approved device showed itself.
    ///
    /// # Errors
    /// Why it may not stay.
    pub(crate) fn shaken(&mut self, device: bool) -> Result<(), Reason> {
        if self.shaken {
            return Ok(());
        }
        (self.shaken, self.device) = (true, device);
        let (work, hub) = (self.hub.work(), &self.hub);
        let stays = hub.admission.shaken(self.source, device, &work.rules, hub.now());
        match (stays, device, self.devices_only) {
            (_, false, true) => Err(Reason::Banned),
            (false, ..) => Err(Reason::ConnectionsOfAddress),
            (true, ..) => Ok(()),
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        // Whatever it says, this is the end.
        let _ = self.shaken(false);
        self.hub.admission.left(self.source, self.device);
    }
}

/// Accepts until told to stop; whom limits let in is given to `receive`.
pub(crate) async fn accept(
    hub: &Arc<Hub>,
    thread: usize,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
    receive: impl Fn(TcpStream, Ticket) -> Result<(), Busy>,
) {
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, mostly: let some connections end.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let work = hub.work_of(thread);
        let Some(ticket) = Ticket::take(hub, &work, address.ip()) else { continue };
        if let Err(Busy) = receive(stream, ticket) {
            let source = work.rules.offices.source(address.ip());
            let from = Refused { address: address.ip(), source, device: None, rules: &work.rules };
            hub.refuse(Reason::Busy, 0, &from);
        }
    }
}
