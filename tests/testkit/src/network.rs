//! A network that loses what it is told to lose.

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sekisho_link::{LinkError, Transport};
use sekisho_pki::DeviceIdentity;
use sekisho_server::agents::{Peer, Plane};
use sekisho_wire::route::RouteName;

/// What happens to the next call of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request does not arrive.
    LoseRequest,
    /// The request arrives, its answer does not.
    LoseAnswer,
    /// The request arrives twice; the second answer comes back.
    Duplicate,
    /// Nothing, but somebody on the way keeps a copy of the request.
    Keep,
}

/// A request as somebody on the way keeps it: its path and its body.
pub type Kept = (String, Vec<u8>);

/// The way from one agent to a server.
#[derive(Clone)]
pub struct Network {
    plane: Arc<Mutex<Arc<Plane>>>,
    peer: Peer,
    faults: Arc<Mutex<Vec<(RouteName, Fault)>>>,
    kept: Arc<Mutex<Vec<Kept>>>,
}

impl Network {
    /// A network that leads to a server, for a peer with this certificate.
    pub fn new(plane: Arc<Plane>, identity: Option<DeviceIdentity>) -> Self {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Self {
            plane: Arc::new(Mutex::new(plane)),
            peer: Peer { address, identity, via: None },
            faults: Arc::default(),
            kept: Arc::default(),
        }
    }

    /// What the server sees of the peer.
    pub const fn peer(&self) -> &Peer {
        &self.peer
    }

    /// The server sees another peer from now on: somebody in between shows another
    /// certificate.
    pub fn come_as(&mut self, peer: Peer) {
        self.peer = peer;
    }

    /// It leads to another server from now on: one that was restarted.
    pub fn lead_to(&self, plane: Arc<Plane>) {
        *self.plane.lock().expect("no holder panics") = plane;
    }

    /// The next call of this route goes wrong. Faults of one route happen in
    /// the order they were given.
    pub fn break_next(&self, route: RouteName, fault: Fault) {
        self.faults.lock().expect("no holder panics").push((route, fault));
    }

    /// The copies of requests that were kept.
    pub fn kept(&self) -> Vec<Kept> {
        std::mem::take(&mut *self.kept.lock().expect("no holder panics"))
    }

    fn fault(&self, route: RouteName) -> Option<Fault> {
        let mut faults = self.faults.lock().expect("no holder panics");
        let at = faults.iter().position(|(of, _)| *of == route)?;
        Some(faults.remove(at).1)
    }
}

impl Transport for Network {
    async fn call_within(
        &mut self,
        name: RouteName,
        parameters: &[&dyn Display],
        body: Vec<u8>,
        timeout: Duration,
    ) -> Result<Vec<u8>, LinkError> {
        let fault = self.fault(name);
        if fault == Some(Fault::LoseRequest) {
            return Err(LinkError::TimedOut(timeout));
        }
        let plane = self.plane.lock().expect("no holder panics").clone();
        let (method, path) = (name.route().method.as_str(), name.path(parameters));
        if fault == Some(Fault::Keep) {
            let copy = (path.clone(), body.clone());
            self.kept.lock().expect("no holder panics").push(copy);
        }
        let mut answer = plane.call(&self.peer, method, &path, &body).await;
        if fault == Some(Fault::Duplicate) {
            answer = plane.call(&self.peer, method, &path, &body).await;
        }
        if fault == Some(Fault::LoseAnswer) {
            return Err(LinkError::TimedOut(timeout));
        }
        answer.map_err(|code| LinkError::Refused { code, retry_after: None })
    }
}
