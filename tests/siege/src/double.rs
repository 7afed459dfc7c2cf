//! The server's double: what comes through the gateway is told to the
//! [`Witness`] and comes back.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use anyhow::{Result, anyhow};
use http::Version;
use http::header::{HOST, HeaderName, HeaderValue};
use hyper::body::Bytes;
use sekisho_gatewaykit::{Call, Server, Site, Told};
use sekisho_model::id::DeviceId;
use sekisho_seal::gateway::PairingText;
use sekisho_wire::cbor;
use sekisho_wire::gateway::{Limits, RouteLine, ToGateway};
use sekisho_wire::session::Wake;

use crate::witness::{Seen, Witness};

/// What of a body comes back in the answer, in bytes.
const ECHOED: usize = 200;

/// The bundle that is a long answer: as long as the route allows, in bytes.
pub(crate) const LONG_BUNDLE: (&str, usize) = ("/agent/v1/bundle/1048576", 1024 * 1024);

/// Made once: to make one for each of many calls would slow the double down, and
/// with it the agents that are listened to.
static LONG: LazyLock<Bytes> = LazyLock::new(|| vec![b'x'; LONG_BUNDLE.1].into());

/// What the gateway calls the server over HTTP/1.1.
const SERVER_AUTHORITY: &str = "server.sekisho.internal";

/// See the module. Clones are the same.
#[derive(Clone)]
pub struct Double {
    site: Arc<Site>,
    witness: Witness,
    server: Arc<Server>,
}

impl Double {
    /// A server of this site that wants these limits and routes.
    pub fn new(site: Arc<Site>, limits: Limits, routes: Vec<RouteLine>, witness: Witness) -> Self {
        let mut config = site.config(1);
        (config.limits, config.routes) = (limits, routes);
        let told = witness.clone();
        let server = Server::new(site.clone(), config, move |_, call| answer(&told, call));
        Self { site, witness, server: Arc::new(server) }
    }

    /// The site.
    pub fn site(&self) -> &Arc<Site> {
        &self.site
    }

    /// The witness.
    pub fn witness(&self) -> &Witness {
        &self.witness
    }

    /// Pairs by the string that a person brought. The private listener is at
    /// `address`, which may be another than in the string.
    ///
    /// # Errors
    /// When the gateway refuses.
    pub fn pair(&self, text: &str, address: SocketAddr) -> Result<()> {
        let text = PairingText::parse(text).map_err(|error| anyhow!("{error}"))?;
        self.server.pair(&text, address).map_err(|error| anyhow!("the gateway refused: {error}"))
    }

    /// Dials the gateway, now and whenever it asks for it.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn dial(&self, address: SocketAddr) -> Result<()> {
        self.server.dial(address).map_err(|error| anyhow!(error))
    }

    /// Connections of the link that stand.
    pub fn links(&self) -> usize {
        self.server.links()
    }

    /// These have something to fetch.
    pub fn wake(&self, devices: Vec<DeviceId>) {
        self.server.tell(&ToGateway::Wake(devices));
    }
}

fn answer(witness: &Witness, call: Call) -> Told {
    let target = call.head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    // The gateway's own, on a connection for calls; an agent's would have come through.
    let is_own = |name: &HeaderName, value: &HeaderValue| {
        call.head.version == Version::HTTP_11 && *name == HOST && *value == SERVER_AUTHORITY
    };
    let headers = call.head.headers.iter().filter(|(name, value)| !is_own(name, value));
    let seen = Seen {
        method: call.head.method.to_string(),
        target,
        headers: headers.map(|(n, v)| (n.to_string(), v.as_bytes().to_vec())).collect(),
        body: call.body.to_vec(),
    };
    witness.see(&seen);
    let body = if seen.target.starts_with("/agent/v1/wait/") {
        Bytes::from(cbor::encode(&Wake::Nothing))
    } else if seen.target == LONG_BUNDLE.0 {
        LONG.clone()
    } else {
        let echoed = &seen.body[..seen.body.len().min(ECHOED)];
        Bytes::from([seen.target.as_bytes(), b"\n", echoed].concat())
    };
    Told { status: 200, body }
}
