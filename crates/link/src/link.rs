//! Calls of the route table over one connection.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use sekisho_wire::bundle::{BundleChain, MAX_CHAIN_BYTES};
use sekisho_wire::cbor;
use sekisho_wire::enrolment::EnrolmentEnvelope;
use sekisho_wire::route::RouteName;

use crate::connection::Connection;
use crate::{ClientIdentity, Endpoint, LinkError, Proxy, ServerCheck, ServerTime, tls};

/// Whatever carries calls of the route table: a [`Link`], or a simulated
/// network.
#[expect(async_fn_in_trait, reason = "agents run on one thread; nobody asks for Send")]
pub trait Transport {
    /// Calls a route and returns the body of the answer.
    ///
    /// # Errors
    /// When the call does not arrive, or is refused.
    async fn call_within(
        &mut self,
        name: RouteName,
        parameters: &[&dyn Display],
        body: Vec<u8>,
        timeout: Duration,
    ) -> Result<Vec<u8>, LinkError>;

    /// As [`Self::call_within`], with the route's own deadline.
    ///
    /// # Errors
    /// As [`Self::call_within`].
    async fn call(
        &mut self,
        name: RouteName,
        parameters: &[&dyn Display],
        body: Vec<u8>,
    ) -> Result<Vec<u8>, LinkError> {
        let timeout = Duration::from_secs(name.route().timeout_s);
        self.call_within(name, parameters, body, timeout).await
    }
}

/// Whatever carries the messages that prove themselves, before a device can check
/// anybody: an [`UnverifiedLink`], or a simulated network.
#[expect(async_fn_in_trait, reason = "agents run on one thread; nobody asks for Send")]
pub trait Bootstrap {
    /// Reads the chain of trust bundles after a version. The caller checks it
    /// against a pin or an anchor.
    ///
    /// # Errors
    /// When there is no answer or it is not a chain.
    async fn bundle(&self, after: u64) -> Result<BundleChain, LinkError>;

    /// Reads the server's signed time. The caller checks the signature.
    ///
    /// # Errors
    /// When there is no answer.
    async fn time(&self, nonce: &[u8; 16]) -> Result<Vec<u8>, LinkError>;

    /// Brings an enrolment. The answer is sealed.
    ///
    /// # Errors
    /// When there is no answer, or the server refuses without opening it.
    async fn enrol(&self, envelope: &EnrolmentEnvelope) -> Result<Vec<u8>, LinkError>;
}

/// A link to a server or gateway whose certificate is checked. Connects when
/// it is needed, and again after a failure.
pub struct Link {
    endpoint: Endpoint,
    config: Arc<ClientConfig>,
    proxy: Option<Proxy>,
    connection: Option<Connection>,
}

impl Link {
    /// A link that is not connected yet.
    ///
    /// # Errors
    /// When roots, certificate or key cannot be used.
    pub fn new(
        endpoint: Endpoint,
        check: &ServerCheck,
        identity: Option<&ClientIdentity>,
        time: ServerTime,
    ) -> Result<Self, LinkError> {
        let config = Arc::new(tls::checked(check, identity, time)?);
        Ok(Self { endpoint, config, proxy: None, connection: None })
    }

    /// The same link through a proxy, unless the proxy is not for its server.
    #[must_use]
    pub fn through(self, proxy: Option<Proxy>) -> Self {
        Self { proxy, connection: None, ..self }
    }

    /// Whether the connection, if there is one, speaks HTTP/2.
    pub fn is_h2(&self) -> Option<bool> {
        self.connection.as_ref().map(Connection::is_h2)
    }

    /// Closes the connection; the next call opens a new one.
    pub fn disconnect(&mut self) {
        self.connection = None;
    }

    /// Where this link leads.
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}

impl Transport for Link {
    /// A call that is dropped half-way closes the connection; the link stays
    /// usable and the next call opens a new one.
    async fn call_within(
        &mut self,
        name: RouteName,
        parameters: &[&dyn Display],
        body: Vec<u8>,
        timeout: Duration,
    ) -> Result<Vec<u8>, LinkError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let proxy = self.proxy.as_ref();
                Connection::open(&self.endpoint, self.config.clone(), proxy).await?
            }
        };
        let answer = connection.call(name.route(), &name.path(parameters), body, timeout).await;
        // Only a connection that has answered is used again.
        if matches!(answer, Ok(_) | Err(LinkError::Refused { .. })) {
            self.connection = Some(connection);
        }
        answer
    }
}

/// A link before the device can check anybody: the peer may be an impostor.
/// Only what proves itself goes over it.
pub struct UnverifiedLink {
    endpoint: Endpoint,
    config: Arc<ClientConfig>,
    proxy: Option<Proxy>,
}

impl UnverifiedLink {
    /// A link to an endpoint that cannot be checked yet.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(endpoint: Endpoint) -> Result<Self, LinkError> {
        Ok(Self { endpoint, config: Arc::new(tls::unverified()?), proxy: None })
    }

    /// The same link through a proxy, unless the proxy is not for its server.
    #[must_use]
    pub fn through(self, proxy: Option<Proxy>) -> Self {
        Self { proxy, ..self }
    }

    async fn call(
        &self,
        name: RouteName,
        parameters: &[&dyn Display],
        body: Vec<u8>,
    ) -> Result<Vec<u8>, LinkError> {
        let route = name.route();
        let proxy = self.proxy.as_ref();
        let mut connection = Connection::open(&self.endpoint, self.config.clone(), proxy).await?;
        let timeout = Duration::from_secs(route.timeout_s);
        connection.call(route, &name.path(parameters), body, timeout).await
    }
}

impl Bootstrap for UnverifiedLink {
    async fn bundle(&self, after: u64) -> Result<BundleChain, LinkError> {
        let body = self.call(RouteName::Bundle, &[&after], Vec::new()).await?;
        cbor::decode(&body, MAX_CHAIN_BYTES).map_err(|_| LinkError::Strange { status: 200 })
    }

    async fn time(&self, nonce: &[u8; 16]) -> Result<Vec<u8>, LinkError> {
        let nonce: String = nonce.iter().map(|byte| format!("{byte:02x}")).collect();
        self.call(RouteName::Time, &[&nonce], Vec::new()).await
    }

    async fn enrol(&self, envelope: &EnrolmentEnvelope) -> Result<Vec<u8>, LinkError> {
        self.call(RouteName::Enrol, &[], cbor::encode(envelope)).await
    }
}
