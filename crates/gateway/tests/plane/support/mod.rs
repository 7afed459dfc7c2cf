//! A gateway with a site around it: its server, its devices, and strangers.

mod client;
mod server;

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use sekisho_gateway::{
    Classic, Gateway, Identity, Issued, Keeper, Listeners, Paired, Parts, PassThroughListener,
    PrivateAnswer, PublicCertificate, Timeouts, start,
};
use sekisho_model::clock::SystemClock;
use sekisho_model::id::{DeviceId, GatewayId, SiteId};
use sekisho_model::rng::SystemRng;
use sekisho_model::{Clock, Secret};
use sekisho_pki::{KeyPair, SiteCa, SiteTrust, SubjectName};
use sekisho_seal::bundle::{Trust, published, sign_bundle};
use sekisho_seal::gateway::sign_gateway_config;
use sekisho_seal::sign::SigningKey;
use sekisho_wire::bundle::{Bundle, Mode, SiteAnchor, TlsCheck};
use sekisho_wire::gateway::{
    CertificateStatus, GatewayConfig, Limits, PassThrough, TlsPolicy, ToGateway, route_lines,
};
use serde_bytes::ByteBuf;

pub(crate) use client::{Agent, Raw};
pub(crate) use server::{Reply, Server, connect, private_client};

/// Long enough on a busy machine, short enough to fail in.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The server name that agents use.
pub(crate) const NAME: &str = "gw.example.jp";

/// A site with its keys.
pub(crate) struct Site {
    pub(crate) id: SiteId,
    pub(crate) ca: SiteCa,
    pub(crate) root: SigningKey,
    pub(crate) order: SigningKey,
    pub(crate) bundles: Vec<Vec<u8>>,
    pub(crate) gateway: GatewayId,
    issuing: Vec<u8>,
    issuing_key: Secret,
}

impl Site {
    pub(crate) fn new() -> Self {
        let now = SystemClock.now();
        let id = SiteId::new(&SystemClock, &SystemRng);
        let new = SiteCa::create(id, now, &SystemRng).expect("created");
        let issuing = new.issuing.certificate.clone();
        let trust =
            SiteTrust::new(id, &new.root, std::slice::from_ref(&issuing)).expect("in order");
        let ca = SiteCa::load(trust, &new.issuing.key).expect("loaded");
        let (root, order) = (SigningKey::generate(&SystemRng), SigningKey::generate(&SystemRng));
        let gateway = GatewayId::new(&SystemClock, &SystemRng);
        let (bundles, issuing_key) = (Vec::new(), new.issuing.key);
        let mut site = Self { id, ca, root, order, bundles, gateway, issuing, issuing_key };
        site.publish();
        site
    }

    /// Signs the next bundle, with the order key of this moment.
    pub(crate) fn publish(&mut self) {
        let begun = SystemClock.now().minus(Duration::from_secs(3600));
        let previous = self.bundles.last().map(|signed| sekisho_seal::sha256(signed).into());
        let bundle = Bundle {
            protocol: sekisho_wire::PROTOCOL,
            site: self.id,
            version: self.bundles.len() as u64 + 1,
            previous,
            issued: begun,
            min_mode: Mode::Certificate,
            order_keys: vec![published(self.order.public(), begun, None)],
            receipt_keys: Vec::new(),
            recovery_keys: Vec::new(),
            ca_roots: vec![ByteBuf::from(self.ca.trust().root())],
            server_tls: TlsCheck::SiteCa,
            gateways: Vec::new(),
            min_protocol: sekisho_wire::PROTOCOL_MIN,
        };
        self.bundles.push(sign_bundle(&bundle, &self.root));
    }

    pub(crate) fn trust(&self) -> Trust {
        let anchor = SiteAnchor { site: self.id, root_key: self.root.public() };
        Trust::from_chain(&anchor, &self.bundles).expect("a chain")
    }

    /// A configuration as this version's server makes it.
    pub(crate) fn config(&self, version: u64) -> GatewayConfig {
        GatewayConfig {
            site: self.id,
            gateway: self.gateway,
            version,
            issued: SystemClock.now(),
            server_version: "0.1.0".to_owned(),
            routes: route_lines(),
            tls: TlsPolicy {
                versions: vec![0x0304],
                suites: vec![0x1301, 0x1302, 0x1303],
                groups: vec![0x11ec, 0x001d, 0x0017],
            },
            limits: Limits::default(),
            offices: Vec::new(),
            ca_roots: vec![ByteBuf::from(self.ca.trust().root())],
            ca_issuing: vec![ByteBuf::from(self.issuing.clone())],
            revoked: Vec::new(),
            public_names: vec![NAME.to_owned()],
            pass_through: None,
        }
    }

    pub(crate) fn signed(&self, config: &GatewayConfig) -> ToGateway {
        ToGateway::Config(ByteBuf::from(sign_gateway_config(config, &self.order)))
    }

    /// A device with its certificate.
    pub(crate) fn device(&self) -> Agent {
        let id = DeviceId::new(&SystemClock, &SystemRng);
        let key = rcgen::KeyPair::generate().expect("a key");
        let now = SystemClock.now();
        let issued = self.ca.issue_device(&request(&key), id, now, &SystemRng).expect("issued");
        Agent::new(self, Some((id, vec![issued.der], key.serialize_der())))
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

    /// The certificate of a TLS server of the site, by this name.
    pub(crate) fn server_key(&self, name: &str) -> Arc<CertifiedKey> {
        self.certified(name).0
    }

    fn public(&self) -> PublicCertificate {
        let (key, status) = self.certified(NAME);
        PublicCertificate { key, status }
    }

    fn certified(&self, name: &str) -> (Arc<CertifiedKey>, CertificateStatus) {
        let key = KeyPair::generate().expect("a key");
        let names = [SubjectName::Dns(name.parse().expect("a name"))];
        let issued = self
            .ca
            .issue_server(&names, key.public_key(), SystemClock.now(), &SystemRng)
            .expect("issued");
        let chain = std::iter::once(issued.der).chain(issued.chain).map(CertificateDer::from);
        let der = PrivatePkcs8KeyDer::from(key.to_pkcs8().expect("a key").expose().to_vec());
        let signing =
            rustls::crypto::aws_lc_rs::sign::any_supported_type(&PrivateKeyDer::Pkcs8(der))
                .expect("a key");
        let status = CertificateStatus {
            names: vec![name.to_owned()],
            imported: false,
            not_after: issued.not_after,
            key_sha256: sekisho_seal::sha256(key.public_key().spki()),
        };
        (Arc::new(CertifiedKey::new(chain.collect(), signing)), status)
    }

    fn identity(&self) -> Identity {
        let key = rcgen::KeyPair::generate().expect("a key");
        let issued = self
            .ca
            .issue_gateway(&request(&key), self.gateway, SystemClock.now(), &SystemRng)
            .expect("issued");
        let chain = std::iter::once(issued.der).chain(issued.chain).collect();
        Identity { chain, key: Secret::new(key.serialize_der()) }
    }
}

fn request(key: &rcgen::KeyPair) -> Vec<u8> {
    rcgen::CertificateParams::default().serialize_request(key).expect("a request").der().to_vec()
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
}

impl Default for Wanted {
    fn default() -> Self {
        let patient = Timeouts {
            handshake: PATIENCE,
            head: PATIENCE,
            status: Duration::from_millis(100),
            ..Timeouts::default()
        };
        Self { timeouts: patient, paired: true, pass_through: true, dial: None }
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
