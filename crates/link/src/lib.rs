//! The outbound client that every part which dials out shares.
//!
//! - [`Link`]: one connection to a server or gateway whose certificate was
//!   checked; carries the calls of the route table.
//! - [`UnverifiedLink`]: before a device can check anybody. It can only read
//!   bundle and time and bring an enrolment; each of them proves itself.
//! - [`Proxy`]: the way through an HTTP proxy, TLS end to end.
//! - [`Backoff`]: full-jitter exponential waiting between tries.
//! - [`ServerTime`]: the server's clock as far as this device can know it.

mod backoff;
mod connection;
mod endpoint;
mod error;
mod link;
mod proxy;
mod time;
mod tls;

pub use backoff::Backoff;
pub use endpoint::{Endpoint, InvalidEndpoint};
pub use error::{LinkError, TlsProblem};
pub use link::{Bootstrap, Link, Transport, UnverifiedLink};
pub use proxy::{
    InvalidProxy, MAX_CREDENTIALS_BYTES, Proxy, ProxyError, ProxyProblem, ProxyUrl, Stream,
};
pub use time::ServerTime;
pub use tls::{ClientIdentity, ServerCheck};
