//! A gateway with a site around it: its server, its devices, and strangers.

mod client;
mod server;

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sekisho_gateway::{
    Classic, Gateway, Identity, Issued, Keeper, Listeners, Paired, Parts, PassThroughListener,
    PrivateAnswer, PublicCertificate, Timeouts, start,
};
use sekisho_gatewaykit::request;
use sekisho_model::Clock;
use sekisho_model::clock::SystemClock;
use sekisho_model::id::DeviceId;
use sekisho_model::rng::SystemRng;
use sekisho_wire::gateway::{CertificateStatus, GatewayConfig, PassThrough};
use serde_bytes::ByteBuf;

pub(crate) use sekisho_gatewaykit::NAME;
pub(crate) use sekisho_gatewaykit::link::Who;

pub(crate) use client::{Agent, Raw};
pub(crate) use server::{Reply, Server, connect, private_client};

/// Long enough on a busy machine, short enough to fail in.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A site with its keys, and the devices that come from it.
pub(crate) struct Site(sekisho_gatewaykit::Site);

impl std::ops::Deref for Site {
    type Target = sekisho_gatewaykit::Site;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl std::ops::DerefMut for Site {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl Site {
    pub(crate) fn new() -> Self {
        Self(sekisho_gatewaykit::Site::new())
    }

    /// A device with its certificate.
    pub(crate) fn device(&self) -> Agent {
        let key = rcgen::KeyPair::generate().expect("a key");
        let (id, certificate) = self.0.device(&request(&key));
        Agent::new(self, Some((id, vec![certificate], key.serialize_der())))
    }

    /// A device whose certificate was good until a minute ago. Signed with the
    /// issuing key itself: the authority makes none that short.
    pub(crate) fn expired_device(&self) -> Agent {
        let id = DeviceId::new(&SystemClock, &SystemRng);
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut params = rcgen::CertificateParams::default();
        let since = u64::try_from(SystemClock.now().as_secs()).expect("after 1970");
        let before =
            |seconds| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(since - seconds);
        (params.not_before, params.not_after) = (before(240), before(60));
        let uri = sekisho_pki::device_uri(self.id, id).try_into().expect("ASCII");
        params.subject_alt_names = vec![rcgen::SanType::URI(uri)];
        params.is_ca = rcgen::IsCa::ExplicitNoCa;
        params.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
        let issuing = rcgen::KeyPair::try_from(self.issuing_key.expose()).expect("a key");
        let issuer = rcgen::Issuer::from_ca_cert_der(&self.issuing.as_slice().into(), issuing);
        let signed = params.signed_by(&key, &issuer.expect("an authority")).expect("signed");
        Agent::new(self, Some((id, vec![signed.der().to_vec()], key.serialize_der())))
    }

    /// Somebody without a certificate.
    pub(crate) fn stranger(&self) -> Agent {
        Agent::new(self, None)
    }

    fn public(&self) -> PublicCertificate {
        let certified = self.tls_server(NAME);
        let status = CertificateStatus {
            names: vec![NAME.to_owned()],
            imported: false,
            not_after: certified.not_after,
            key_sha256: certified.key_sha256,
        };
        PublicCertificate { key: certified.ready(), status }
    }

    fn identity(&self) -> Identity {
        let certified = self.link_gateway();
        Identity { chain: certified.chain, key: certified.key }
    }
}

/// A process that remembers what it was told.
#[derive(Default)]
pub(crate) struct Process {
    pub(crate) bundles: Mutex<Vec<Vec<u8>>>,
    pub(crate) issued: Mutex<Vec<Issued>>,
    pub(crate) configured: Mutex<Vec<u64>>,
}

impl Keeper for Process {
    fn keep_bundles(&self, bundles: &[ByteBuf]) -> Result<(), String> {
        let mut kept = self.bundles.lock().expect("free");
        kept.extend(bundles.iter().map(|bundle| bundle.to_vec()));
        Ok(())
    }

    fn issued(&self, issued: Issued) {
        self.issued.lock().expect("free").push(issued);
    }

    fn configured(&self, config: &GatewayConfig) {
        self.configured.lock().expect("free").push(config.version);
    }

    fn answer(&self, method: &str, path: &str, body: &[u8]) -> Option<PrivateAnswer> {
        (path == "/gateway/v1/pairing").then(|| PrivateAnswer {
            status: 200,
            content_type: "text/plain",
            body: [method.as_bytes(), b" ", body].concat(),
        })
    }
}

/// What of a gateway a test wants otherwise.
pub(crate) struct Wanted {
    pub(crate) timeouts: Timeouts,
    pub(crate) paired: bool,
    pub(crate) pass_through: bool,
    /// Where it dials its server, in the classic direction.
    pub(crate) dial: Option<String>,
    pub(crate) notes: Vec<String>,
}

impl Default for Wanted {
    fn default() -> Self {
        let patient = Timeouts {
            handshake: PATIENCE,
            head: PATIENCE,
            status: Duration::from_millis(100),
            ..Timeouts::default()
        };
        Self { timeouts: patient, paired: true, pass_through: true, dial: None, notes: Vec::new() }
    }
}

/// A gateway of a site.
pub(crate) struct World {
    pub(crate) site: Site,
    pub(crate) gateway: Gateway,
    pub(crate) process: Arc<Process>,
    pub(crate) agents: SocketAddr,
    pub(crate) private: SocketAddr,
}

impl World {
    /// A gateway that nobody has dialled.
    pub(crate) fn alone(wanted: Wanted) -> Self {
        Self::of(Site::new(), wanted)
    }

    /// A gateway of this site that nobody has dialled.
    pub(crate) fn of(site: Site, wanted: Wanted) -> Self {
        let process = Arc::new(Process::default());
        let listen = || TcpListener::bind("127.0.0.1:0").expect("a port");
        let (agents, private) = (listen(), listen());
        let addresses = (agents.local_addr().expect("bound"), private.local_addr().expect("bound"));
        let pass_through = wanted.pass_through.then(|| PassThroughListener {
            address: "127.0.0.1:0".parse().expect("an address"),
            inherited: None,
        });
        let paired = wanted.paired.then(|| Paired {
            gateway: site.gateway,
            trust: site.trust(),
            classic: wanted.dial.map(|dial| Classic { dial }),
        });
        let gateway = start(Parts {
            identity: site.identity(),
            paired,
            listeners: Listeners { agents: vec![agents], private: vec![private], pass_through },
            public: Some(site.public()),
            workers: 1,
            version: "0.1.0-test".to_owned(),
            notes: wanted.notes,
            clock: Arc::new(SystemClock),
            rng: Arc::new(SystemRng),
            keeper: process.clone(),
            timeouts: wanted.timeouts,
        });
        let gateway = gateway.expect("started");
        Self { site, gateway, process, agents: addresses.0, private: addresses.1 }
    }

    /// A gateway at work, and its server.
    pub(crate) async fn new() -> (Self, Server) {
        Self::with(Wanted::default(), |_| {}).await
    }

    /// A gateway at work with another configuration.
    pub(crate) async fn with(
        wanted: Wanted,
        change: impl FnOnce(&mut GatewayConfig),
    ) -> (Self, Server) {
        let world = Self::alone(wanted);
        let mut config = world.site.config(1);
        change(&mut config);
        let server = Server::dial(&world, 2).await;
        server.say(world.site.signed(&config)).await;
        until("it relays", || world.gateway.is_ready()).await;
        (world, server)
    }

    /// Sends a configuration and waits until it is in force.
    pub(crate) async fn configure(&self, server: &Server, config: &GatewayConfig) {
        server.say(self.site.signed(config)).await;
        let version = Some(config.version);
        until("it is configured", || self.gateway.status().config_version == version).await;
    }

    pub(crate) fn refused(&self, reason: &str) -> u64 {
        let counts = self.gateway.status().refused;
        counts.iter().find(|(known, _)| known == reason).map_or(0, |(_, count)| *count)
    }
}

/// Console and sessions through the gateway, by this name.
pub(crate) fn passing(name: &str) -> Option<PassThrough> {
    Some(PassThrough { names: vec![name.to_owned()] })
}

/// Awaits a condition.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "in vain: {what}");
}
