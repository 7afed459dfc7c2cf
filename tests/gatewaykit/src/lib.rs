//! A site around a gateway: its keys and certificates ([`Site`]), the server's
//! end of the link ([`link`]), and a server that pairs, dials, configures and
//! answers ([`Server`]), without a database.
//!
//! For tests and figures of the gateway's program alone. The gateway is tested
//! with the real server elsewhere.

pub mod link;
mod server;
mod site;

pub use server::{Call, Server, Told};
pub use site::{Certified, NAME, Site, request};
