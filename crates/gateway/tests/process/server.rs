//! The server's double, and the question by which it is seen that it is reached.

use std::net::SocketAddr;

use hyper::body::Bytes;
use sekisho_gatewaykit::{Call, Server as Double, Site, Told};
use sekisho_link::{Bootstrap as _, Endpoint, UnverifiedLink};
use sekisho_model::Clock as _;
use sekisho_model::clock::SystemClock;
use sekisho_model::rng::{SystemRng, random_bytes};
use sekisho_seal::message;
use sekisho_wire::bundle::SignedTime;
use sekisho_wire::gateway::{Limits, Rate};

pub(crate) use sekisho_gatewaykit::NAME;

/// A server that tells the time.
pub(crate) struct Server(Double);

impl std::ops::Deref for Server {
    type Target = Double;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Server {
    pub(crate) fn new() -> Self {
        let site = Site::new();
        // As a server of this version makes it, with room for tests that all come
        // from one address.
        let mut config = site.config(1);
        let much = Rate::per_second(100_000, 100_000);
        config.limits = Limits {
            handshakes_per_address: much,
            enrolment_per_address: much,
            enrolment: much,
            ..Limits::default()
        };
        Self(Double::new(site, config, answer))
    }

    /// Asks for the server's time as an agent would, over a new connection.
    pub(crate) fn ask_time(&self, agents: SocketAddr) -> Result<(), String> {
        let endpoint = Endpoint { host: agents.ip().to_string(), port: agents.port() };
        let nonce: [u8; 16] = random_bytes(&SystemRng);
        let link = UnverifiedLink::new(endpoint).map_err(|error| error.to_string())?;
        let asking = self.runtime().block_on(link.time(&nonce));
        let answer = asking.map_err(|error| error.to_string())?;
        let opened = message::open_time(&answer, &self.site().trust(), &nonce);
        opened.map(drop).map_err(|error| error.to_string())
    }
}

fn answer(site: &Site, call: Call) -> Told {
    let Some(nonce) = call.head.uri.path().strip_prefix("/agent/v1/time/") else {
        return Told { status: 500, body: Bytes::new() };
    };
    let nonce = data_encoding::HEXLOWER.decode(nonce.as_bytes()).expect("digits");
    let nonce = nonce.try_into().expect("16 bytes");
    let time = SignedTime { nonce, time: SystemClock.now() };
    Told { status: 200, body: Bytes::from(message::sign_time(&time, &site.order, site.id)) }
}
