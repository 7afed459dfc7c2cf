//! What the process gives the data plane to work with, and what it hears back.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use rustls::sign::CertifiedKey;
use sekisho_model::id::GatewayId;
use sekisho_model::{Clock, Rng, Secret, Timestamp};
use sekisho_seal::bundle::Trust;
use sekisho_wire::gateway::{CertificateStatus, GatewayConfig, GatewayListeners};
use serde_bytes::ByteBuf;

/// All that a data plane works with. See [`start`](crate::start).
pub struct Parts {
    /// What it shows on the private listener, and to a server it dials.
    pub identity: Identity,
    /// The site it belongs to. `None`: it waits for its pairing, answers on the
    /// private listener and relays nothing.
    pub paired: Option<Paired>,
    /// Its sockets, bound and listening.
    pub listeners: Listeners,
    /// What agents see. `None`: no handshake succeeds until there is one.
    pub public: Option<PublicCertificate>,
    /// Worker threads, and as many that receive who comes (at most 4); as many
    /// connections of the link are asked for (at least 2, at most 16). One per core
    /// is right.
    pub workers: usize,
    /// This program's version.
    pub version: String,
    /// What was not there at the start and need not be, one sentence each: for
    /// `/getstatus`.
    pub notes: Vec<String>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// The process.
    pub keeper: Arc<dyn Keeper>,
    /// How long things may take.
    pub timeouts: Timeouts,
}

/// How long things may take (`trust.md` §4.3). The defaults are right; tests
/// have less time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// A TLS handshake.
    pub handshake: Duration,
    /// The head of a request, and the time until the first one begins.
    pub head: Duration,
    /// A body may be as slow as it likes for so long; then it must have come at
    /// 1 KiB a second.
    pub body_grace: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// An answer may take so long to be read.
    pub answer: Duration,
    /// Nothing of an answer was read for so long.
    pub blocked: Duration,
    /// After the last answer, for bytes that still come.
    pub linger: Duration,
    /// Until the server's link is found dead.
    pub link: Duration,
    /// How often the gateway tells how it is.
    pub status: Duration,
    /// A pass-through stream without a byte in either direction.
    pub pass_through_idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(10),
            body_grace: Duration::from_secs(5),
            idle: Duration::from_secs(300),
            answer: Duration::from_secs(120),
            blocked: Duration::from_secs(30),
            linger: Duration::from_secs(2),
            link: Duration::from_secs(10),
            status: Duration::from_secs(10),
            pass_through_idle: Duration::from_secs(3600),
        }
    }
}

/// The key of the link and the certificate it is shown with.
#[derive(Clone)]
pub struct Identity {
    /// Leaf first, DER: the site's link certificate, or a self-signed one before
    /// the pairing. The server looks at its key only.
    pub chain: Vec<Vec<u8>>,
    /// The private key, PKCS#8.
    pub key: Secret,
}

/// A gateway that belongs to a site.
#[derive(Clone)]
pub struct Paired {
    /// Who it is.
    pub gateway: GatewayId,
    /// What is believed about the site: the whole chain of bundles, checked.
    pub trust: Trust,
    /// The classic direction; `None`: the server dials.
    pub classic: Option<Classic>,
}

/// The classic direction: this gateway dials its server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classic {
    /// `host:port`.
    pub dial: String,
}

/// The sockets.
pub struct Listeners {
    /// For agents. Several addresses are several listeners.
    pub agents: Vec<TcpListener>,
    /// For the server's link, pairing and status. Never a public address.
    pub private: Vec<TcpListener>,
    /// For TLS that passes through: where to listen while the configuration
    /// says so. `None`: never.
    pub pass_through: Option<PassThroughListener>,
}

impl Listeners {
    /// As the server is told of them.
    pub(crate) fn addresses(&self) -> GatewayListeners {
        let agents = self.agents.iter().filter_map(|socket| socket.local_addr().ok());
        GatewayListeners {
            agents: agents.map(|address| address.to_string()).collect(),
            pass_through: self.pass_through.as_ref().map(|listener| listener.address.to_string()),
        }
    }
}

/// The listener that exists only while the configuration wants it.
pub struct PassThroughListener {
    /// Where.
    pub address: SocketAddr,
    /// The socket, if a predecessor handed it over.
    pub inherited: Option<TcpListener>,
}

/// The certificate of the public listeners.
#[derive(Clone)]
pub struct PublicCertificate {
    /// Chain and key.
    pub key: Arc<CertifiedKey>,
    /// What `/getstatus` says about it.
    pub status: CertificateStatus,
}

/// A certificate that the server issued (`ToGateway::Certificate`).
#[derive(Clone, Debug)]
pub struct Issued {
    /// For the link, or for the public listeners.
    pub for_link: bool,
    /// Leaf first, DER.
    pub chain: Vec<Vec<u8>>,
    /// When to ask for the next.
    pub renew_at: Timestamp,
    /// Its end.
    pub not_after: Timestamp,
}

/// What the process does for the data plane. Called on the data plane's control
/// thread, one call at a time ([`Keeper::answer`]: on threads of its own); a call
/// may take as long as a file takes to be written, and no longer.
pub trait Keeper: Send + Sync {
    /// Newer trust bundles are believed from now on. Kept durably before a
    /// configuration that a key in them signed is worked by.
    ///
    /// # Errors
    /// A sentence: they could not be kept, and are not believed then.
    fn keep_bundles(&self, bundles: &[ByteBuf]) -> Result<(), String>;

    /// The server issued a certificate that
    /// [`Gateway::request_certificate`](crate::Gateway::request_certificate)
    /// asked for. The keeper judges and stores it and calls
    /// [`Gateway::show`](crate::Gateway::show) or
    /// [`Gateway::identify`](crate::Gateway::identify).
    fn issued(&self, issued: Issued);

    /// A configuration was taken over; `public_names` and the like may have
    /// changed. Called after each.
    fn configured(&self, config: &GatewayConfig);

    /// A request on the private listener that is neither link nor status: the
    /// pairing (`wire::gateway::PAIRING_PATH`). `None`: no such path.
    fn answer(&self, method: &str, path: &str, body: &[u8]) -> Option<PrivateAnswer>;
}

/// An answer of [`Keeper::answer`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The media type.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}
