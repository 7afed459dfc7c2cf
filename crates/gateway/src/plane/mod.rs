//! The agent plane: from the listener to the request.

mod accept;
mod connection;
mod live;
mod registry;

pub(crate) use accept::{Ticket, accept};
pub(crate) use connection::{Patience, Peer, Shaken, receive, serve};
pub(crate) use live::{Answering, Ending, InProgress, Live};
pub(crate) use registry::Registry;
