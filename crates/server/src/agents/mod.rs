//! The agent plane: what agents say to the server, on port 8383.
//!
//! Requests are matched against the route table of `sekisho-wire` and nothing
//! else; a total match over [`RouteName`] chooses the handler (INV-5). What
//! TLS says about the peer is admission only: who a device is, is proved by
//! the signatures and MACs inside the messages.

mod certificate;
mod enrol;
mod exchanges;
mod frame;
mod hello;
mod plane;
mod recovered;
mod rehome;
mod relayed;
mod session;
mod swapped;
mod tls;
mod wait;

pub use plane::{Plane, serve};
pub(crate) use plane::{refuse, respond};
pub(crate) use relayed::hints;
pub use swapped::Swapped;
pub use tls::server_config;

use std::net::IpAddr;
use std::time::Duration;

use sekisho_model::event::{Actor, Origin};
use sekisho_model::id::{GatewayId, RequestId};
use sekisho_pki::DeviceIdentity;
use sekisho_store::{OperationContext, StoreError};
use sekisho_wire::problem::ProblemCode;

use crate::app::App;
use crate::orders::OrderError;

#[cfg(doc)]
use sekisho_wire::route::RouteName;

/// Who is on the other end, as far as TLS can tell; behind a gateway, as far as
/// the gateway says and its certificate proves.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The peer's address.
    pub address: IpAddr,
    /// The device whose certificate it showed.
    pub identity: Option<DeviceIdentity>,
    /// The gateway it came through; `None`: it is connected to this server.
    pub via: Option<GatewayId>,
}

/// What a call is answered with.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// The body.
    body: Vec<u8>,
    /// To a wait of zero seconds from a gateway: when an order becomes due by
    /// itself.
    next_due: Option<Duration>,
}

impl From<Vec<u8>> for Answer {
    fn from(body: Vec<u8>) -> Self {
        Self { body, next_due: None }
    }
}

/// Why a request was refused outside any sealed message.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The peer's fault.
    Peer(ProblemCode),
    /// The database cannot be reached: nothing was done, or nobody can say.
    Unavailable(String),
    /// Ours.
    Internal(String),
}

impl Refusal {
    /// What the peer is told; the rest goes into the log.
    fn told(&self) -> ProblemCode {
        match self {
            Self::Peer(code) => return *code,
            Self::Unavailable(reason) => tracing::warn!(reason, "the database is not available"),
            Self::Internal(error) => tracing::error!(error, "a request of an agent failed"),
        }
        ProblemCode::Unavailable
    }
}

impl From<ProblemCode> for Refusal {
    fn from(code: ProblemCode) -> Self {
        Self::Peer(code)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { reason } | StoreError::Held { reason } => {
                Self::Unavailable(reason)
            }
            StoreError::Undecided { .. } | StoreError::Behind { .. } => {
                Self::Unavailable(error.to_string())
            }
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<StoreError>() {
            Ok(error) => error.into(),
            Err(other) => Self::Internal(format!("{other:#}")),
        }
    }
}

impl From<OrderError> for Refusal {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::Store(error) => error.into(),
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<sekisho_vault::VaultError> for Refusal {
    fn from(error: sekisho_vault::VaultError) -> Self {
        match error {
            // Another process has made a data key that this one reads in a
            // moment.
            sekisho_vault::VaultError::UnknownKeyVersion { .. } => {
                Self::Unavailable(error.to_string())
            }
            other => Self::Internal(other.to_string()),
        }
    }
}

/// The context of an operation that a device asked for.
pub(crate) fn context(app: &App, peer: &Peer, actor: Actor) -> OperationContext {
    let now = app.clock.now();
    let request = RequestId::at(now, app.rng.as_ref());
    OperationContext { actor, origin: Origin { request, address: Some(peer.address) }, now }
}

/// Claims are shown to people: one printable line, at most 200 characters.
fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect::<String>().trim().to_owned()
}
