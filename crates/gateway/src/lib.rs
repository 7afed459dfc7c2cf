//! The Sekisho gateway: it stands in the DMZ, where agents on the internet can
//! reach it, and relays over the link what the server's signed table of routes
//! allows. Everything else does not exist.
//!
//! It holds no authority: orders and receipts pass through it sealed, its
//! configuration lives in memory only and is signed by the server, and its own
//! two keys are good for TLS and nothing else.
//!
//! # The two halves
//! - The **process** reads files, pairs, imports certificates, hands sockets
//!   over to its successor: `main`, `command`, `config`, `state`, `pairing`,
//!   `certificate`, `upgrade`.
//! - The **data plane** works: it gets its [`Parts`] and never touches a file.
//!   [`start`] makes its threads, [`Gateway`] is how the process talks to it
//!   afterwards, [`Keeper`] is how it talks to the process.
//!
//! # The way of a request
//! `plane` accepts and shakes hands, within `limits` as far as this machine can
//! keep them (`fit`); `guard` looks at the bytes before hyper does; `filter` matches the route; `relay` sends it on
//! over `link`, or parks it (`park`). `passthrough` copies TLS that is not for
//! the gateway. `status` and `metrics` say what it does.

mod answer;
pub mod certificate;
pub mod command;
pub mod config;
mod control;
pub mod data_plane;
pub mod filter;
mod fit;
mod gateway;
mod guard;
mod hub;
pub mod limits;
mod lines;
mod link;
mod manual;
mod metrics;
mod names;
pub mod pairing;
mod park;
mod parts;
mod passthrough;
mod plane;
mod private;
pub mod process;
mod relay;
pub mod report;
mod resolve;
pub mod run;
mod self_check;
pub mod settings;
mod snapshot;
mod socket;
pub mod state;
mod status;
mod tasks;
mod tls;
pub mod upgrade;
mod worker;

pub use gateway::{Gateway, QueueFull, StartError, start, start_held};
pub use guard::Frames as Http2Frames;
pub use link::{
    AnswerHead, Frames as ControlFrames, TooLong, frame as control_frame, read_answer_head,
};
pub use parts::{
    Classic, Identity, Issued, Keeper, Listeners, Paired, Parts, PassThroughListener,
    PrivateAnswer, PublicCertificate, Timeouts,
};
pub use passthrough::{Hello, MAX_HELLO_BYTES, read_hello};
pub use snapshot::{NotBelieved, Snapshot};
pub use status::StatusPage;
pub use tls::TlsSetup;

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
