//! Calls of the route table over one connection.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use rustls::ClientConfig;
use sekisho_wire::bundle::{BundleChain, MAX_CHAIN_BYTES};
use sekisho_wire::cbor;
use sekisho_wire::enrolment::EnrolmentEnvelope;
use sekisho_wire::route::RouteName;

use crate::connection::{Connection, Failed};
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

    /// Only a connection that has answered is used again.
    fn keep(
        &mut self,
        connection: Connection,
        answer: Result<Vec<u8>, LinkError>,
    ) -> Result<Vec<u8>, LinkError> {
        if matches!(answer, Ok(_) | Err(LinkError::Refused { .. })) {
            self.connection = Some(connection);
        }
        answer
    }

    /// Where this link leads.
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}

impl Transport for Link {
    /// A call that is dropped half-way closes the connection; the link stays
    /// usable and the next call opens a new one. A call that a kept connection
    /// does not take any more, because the peer has closed it, goes out over a
    /// new one at once.
    async fn call_within(
        &mut self,
        name: RouteName,
        parameters: &[&dyn Display],
        body: Vec<u8>,
        timeout: Duration,
    ) -> Result<Vec<u8>, LinkError> {
        let (route, path, body) = (name.route(), name.path(parameters), Bytes::from(body));
        if let Some(mut kept) = self.connection.take() {
            match kept.call(route, &path, body.clone(), timeout).await {
                Err(Failed::Unsent(error)) => {
                    tracing::debug!(%error, "the connection had ended; opening another one");
                }
                answer => return self.keep(kept, answer.map_err(LinkError::from)),
            }
        }
        let proxy = self.proxy.as_ref();
        let mut new = Connection::open(&self.endpoint, self.config.clone(), proxy).await?;
        let answer = new.call(route, &path, body, timeout).await;
        self.keep(new, answer.map_err(LinkError::from))
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
        let path = name.path(parameters);
        Ok(connection.call(route, &path, Bytes::from(body), timeout).await?)
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::pin;
    use std::sync::atomic::{AtomicU32, Ordering};

    use hyper::server::conn::http2;
    use hyper::service::service_fn;
    use hyper::{Request, Response};
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use rcgen::PublicKeyData as _;
    use rustls::ServerConfig;
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use sekisho_model::clock::SystemClock;
    use tokio::net::TcpListener;
    use tokio::sync::Notify;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    /// A server that ends each connection once it has answered on it, as a gateway
    /// does whose successor works. Counts connections.
    async fn leaving(listener: TcpListener, tls: TlsAcceptor, connections: &AtomicU32) {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(tls) = tls.accept(stream).await else { continue };
            connections.fetch_add(1, Ordering::SeqCst);
            let answered = Arc::new(Notify::new());
            let tell = answered.clone();
            let service = service_fn(move |_: Request<hyper::body::Incoming>| {
                let tell = tell.clone();
                async move {
                    tell.notify_one();
                    let body = http_body_util::Full::new(Bytes::from("here"));
                    Ok::<_, Infallible>(Response::new(body))
                }
            });
            let builder = http2::Builder::new(TokioExecutor::new());
            let mut serving = pin!(builder.serve_connection(TokioIo::new(tls), service));
            tokio::select! {
                _ = serving.as_mut() => {}
                () = answered.notified() => {
                    serving.as_mut().graceful_shutdown();
                    let _ = serving.await;
                }
            }
        }
    }

    #[tokio::test]
    async fn a_call_that_a_closed_connection_did_not_take_goes_out_over_a_new_one() {
        let key = rcgen::KeyPair::generate().expect("a key");
        let pin = sekisho_seal::sha256(&key.subject_public_key_info());
        let names = vec!["localhost".to_owned()];
        let params = rcgen::CertificateParams::new(names).expect("a name");
        let certificate = params.self_signed(&key).expect("signed").der().clone();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .expect("a key");
        config.alpn_protocols = vec![b"h2".to_vec()];
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let connections = AtomicU32::new(0);
        let serving = leaving(listener, TlsAcceptor::from(Arc::new(config)), &connections);
        let calling = async {
            let endpoint = Endpoint { host: "127.0.0.1".to_owned(), port };
            let time = ServerTime::new(Arc::new(SystemClock));
            let mut link =
                Link::new(endpoint, &ServerCheck::PinnedKey(pin), None, time).expect("a link");
            for n in 0..50 {
                let called = link.call(RouteName::Time, &[&"00"], Vec::new()).await;
                assert_eq!(called.expect("an answer"), b"here", "call {n}");
            }
        };
        tokio::select! {
            () = serving => panic!("it serves"),
            () = calling => {}
        }
        assert!(connections.load(Ordering::SeqCst) > 1, "connections were closed in between");
    }
}
